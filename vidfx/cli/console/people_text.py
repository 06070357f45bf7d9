"""How `vidfx people` shows galleries."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from vidfx.cli.console.tables import write_line, write_table
from vidfx.cli.console.text import say, write_error
from vidfx.enrol.request import Enrolled
from vidfx.forget.request import Forgotten
from vidfx.notation import counted
from vidfx.people.gallery import Gallery

SCHEMA = "vidfx.people/1"


def write_enrolled(enrolled: Enrolled) -> None:
    """A line for each picture that was rejected, for each note, and for the person."""
    for rejected in enrolled.rejected:
        write_line(f"rejected: {rejected.file}: {rejected.reason}")
    for note in enrolled.notes:
        write_line(f"note: {note}")
    faces = counted(enrolled.added, "face")
    write_line(
        f"{enrolled.name}: {faces} added, {enrolled.in_all} in all; "
        f"{_number_of_people(enrolled.people)} in the gallery"
    )


def write_gallery(gallery: Gallery) -> None:
    rows = [
        (name, len(rows), f"{np.mean([p.quality for p in rows]):.2f}", len(rejected))
        for name, rows, rejected in _people(gallery)
    ]
    write_table(("name", "faces", "mean quality", "rejected"), rows)
    model = gallery.engine or "an unknown model"
    write_line(f"{_number_of_people(len(rows))}; embeddings of {model}")


def write_forgotten(done: Forgotten) -> None:
    """What was taken out and from where; on stderr what failed, and what still has the name."""
    would = "would be " if done.dry_run else ""
    if done.also_called:
        write_line(f"{done.name} is also called {', '.join(done.also_called)}")
    if done.gallery_faces:
        write_line(f"gallery: {counted(done.gallery_faces, 'face')} {would}removed")
    for one in done.results:
        rows, embeddings = counted(one.rows, "row"), counted(one.embeddings, "embedding")
        write_line(f"{one.summary}: {rows} {would}changed, {embeddings} {would}removed")
    for path, lines in done.corrections.items():
        write_line(f"{path}: {counted(lines, 'line')} {would}changed or removed")
    for path, tracks in done.groups.items():
        write_line(f"{path}: {counted(tracks, 'track')} {would}taken out")
    for path in done.made_again:
        write_line(f"{path}: made again")
    for outcome in done.failed:
        assert outcome.error is not None
        write_error(outcome.error)
    for path in done.remaining:
        say(f"warning: {path}: it still says the name, or may show it: delete it or make it again")


def gallery_json(gallery: Gallery) -> dict[str, Any]:
    people = [
        {
            "name": name,
            "faces": [asdict(picture) for picture in pictures],
            "rejected": [asdict(picture) for picture in rejected],
        }
        for name, pictures, rejected in _people(gallery)
    ]
    about = {"schema": SCHEMA, "model": gallery.model, "engine": gallery.engine}
    return about | {"crop": gallery.crop, "people": people}


def _number_of_people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _people(gallery: Gallery) -> list[tuple[str, list[Any], tuple[Any, ...]]]:
    """Name, pictures and rejected pictures of each."""
    return [
        (
            name,
            [gallery.pictures[row] for row in np.flatnonzero(gallery.person == person).tolist()],
            gallery.rejected[person] if gallery.rejected else (),
        )
        for person, name in enumerate(gallery.names)
    ]
