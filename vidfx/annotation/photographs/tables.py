"""The tables and the summary of all photographs in an output folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from vidfx.errors import output_errors
from vidfx.jobs.content import OF
from vidfx.jobs.photographs import PhotographRecord, in_order
from vidfx.jobs.plan import Outputs
from vidfx.output.origin import describe_making, versions
from vidfx.output.strict_json import to_json
from vidfx.output.summary import write_summary
from vidfx_engines.files import AtomicFile

PRIVACY_SCHEMA = "vidfx.photographs-privacy/1"


def write_tables(
    outputs: Outputs,
    headers: Sequence[str],
    records: Iterable[PhotographRecord],
    content: dict[str, Any],
    command: str | None,
) -> dict[str, Any]:
    """Write both CSVs, in the order of the file names, and the summary; returns it.

    ``content`` is what the summary has besides, ``command`` the line that was typed. Raises
    OutputError.
    """
    records = in_order(records)
    hidden = {record.file: record.privacy for record in records if record.privacy}
    lines = [record.face_lines for record in records], [record.frame_lines for record in records]
    with ExitStack() as stack:
        files: list[AtomicFile] = []
        private = [outputs.privacy] if hidden else []
        for path in (outputs.faces, outputs.frames, *private, outputs.summary):
            with output_errors(path):
                files.append(AtomicFile(path))
            stack.callback(files[-1].discard)
        *tables, summary_file = files
        for file, header, own in zip(tables[:2], headers, lines, strict=True):
            with output_errors(file.path):
                with file.writable.open("w", encoding="utf-8", newline="") as text:
                    text.write(header)
                    text.writelines(own)
                file.seal()
        for file in tables[2:]:
            with output_errors(file.path):
                text = to_json({"schema": PRIVACY_SCHEMA, "photographs": hidden}, indent=1)
                file.writable.write_text(f"{text}\n", encoding="ascii")
                file.seal()
        places = {"faces": outputs.faces.name, "frames": outputs.frames.name}
        summary = {
            "made": describe_making(command),
            **content,
            "counts": counts(records),
            "outputs": places | ({"privacy": outputs.privacy.name} if hidden else {}),
            "bytes": {file.path.name: file.size() for file in tables},
            "photographs": [record.described() for record in records],
            "content_hash_of": OF,
            "versions": versions(),
        }
        write_summary(summary_file, summary)
        if not hidden:
            with output_errors(outputs.privacy):
                outputs.privacy.unlink(missing_ok=True)
        for file in files:
            with output_errors(file.path):
                file.publish()
    return summary


def counts(records: Sequence[PhotographRecord]) -> dict[str, Any]:
    """For the summary; each photograph counts as a frame."""
    return {
        "frames": len(records),
        "frames_with_faces": sum(record.faces > 0 for record in records),
        "face_rows": sum(record.faces for record in records),
    }
