"""What still says or shows a person's name: files that are not changed, for the user to look at."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from vidfx.forget.names import Names
from vidfx.jobs.locks import LEDGER
from vidfx_engines.files import read_regular

MOST_BYTES = 1 << 28
_TEXTS = frozenset((
    ".csv", ".tsv", ".json", ".jsonl", ".txt", ".md", ".html", ".js", ".vtt", ".srt", ".eaf",
    ".xml", ".toml", ".log", ".sqlite",
))  # fmt: skip


def files_saying(names: Names, folders: Sequence[Path], shown: Collection[Path]) -> list[str]:
    """Files below ``folders`` that say the name, or may: also those about the inputs ``shown``.

    ``shown`` are the stems of results (``out/talk.mp4``) that had the person: pictures, videos and
    other files that are no text and have their names. Sorted.
    """
    says = re.compile("|".join(map(_spelled, names.spelled)), re.IGNORECASE)
    stems = sorted({s for path in shown for s in (path.name, path.stem)}, key=len, reverse=True)
    any_stem = "|".join(map(re.escape, stems))
    of_shown = re.compile(rf"(?:{any_stem})[.\-_ ]" if stems else r"(?!)")
    inputs = {path.name for path in shown}
    found: set[str] = set()
    for path in _below(folders):
        if _is_text(path):
            if says.search(path.name) or says.search(_text(path)):
                found.add(str(path))
        elif says.search(path.name) or _may_show(path, of_shown, inputs):
            found.add(str(path))
    return sorted(found)


def _may_show(path: Path, of_shown: re.Pattern[str], inputs: Collection[str]) -> bool:
    is_other = path.name in inputs or path.suffix == ".npz"  # embeddings have no names
    return not is_other and of_shown.match(path.name) is not None


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in _TEXTS or path.name == LEDGER


def _spelled(name: str) -> str:
    """The name as a word, also as JSON escapes it."""
    both = dict.fromkeys((name, json.dumps(name)[1:-1]))
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, both))})(?!\w)"


def _text(path: Path) -> str:
    with suppress(OSError, ValueError):
        return read_regular(path, MOST_BYTES).decode(errors="replace")
    return ""


def _below(folders: Sequence[Path]) -> Iterator[Path]:
    seen: set[str] = set()
    for top in folders:
        for folder, below, names in os.walk(top):
            real = os.path.realpath(folder)
            if real in seen:
                below.clear()
                continue
            seen.add(real)
            yield from (Path(folder, name) for name in names)
