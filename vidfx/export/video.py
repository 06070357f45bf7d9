"""ONE video into the files of all formats that were asked for."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from vidfx.corrections.read import corrected
from vidfx.errors import output_errors
from vidfx.export.formats import Writers
from vidfx.export.writer import Writer
from vidfx.render.source import find_source
from vidfx.saved.runs import SavedVideo
from vidfx_engines.files import AtomicFile


def export_video(
    video: SavedVideo, writers: Writers, folder: Path, sources: Path | None = None
) -> list[Path]:
    """Write the files of ``video`` into ``folder``, all or none; returns their paths.

    ``sources`` is a folder of inputs. Raises InputError where the tables of the video are damaged,
    or its input is needed and missing; OutputError where a file cannot be written.
    """
    if any(writer.needs_source for writer in writers.values()):
        video = replace(video, source=find_source(video, sources))
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files: list[AtomicFile] = []
        opened: list[Writer] = []
        for ending, writer in writers.items():
            path = folder / (video.name + ending)
            with output_errors(path):
                files.append(AtomicFile(path))
                stack.callback(files[-1].discard)
                opened.append(writer(video, files[-1]))
                stack.callback(opened[-1].close)
        for settled in corrected(video):
            for file, writer in zip(files, opened, strict=True):
                with output_errors(file.path):
                    writer.add(settled)
        for file, writer in zip(files, opened, strict=True):
            with output_errors(file.path):
                writer.finish()
        for file in files:
            with output_errors(file.path):
                file.commit()
    return [file.path for file in files]
