"""Who the tracks of one video are: by a gallery where there is one, and which are of one person."""

from __future__ import annotations

from collections.abc import Mapping

from vidfx.people.decide import Span, decide
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.people_file import TrackPerson
from vidfx.people.persons import persons
from vidfx.people.thresholds import Thresholds


def who_are(
    tracks: TrackEmbeddings,
    spans: Mapping[int, Span],
    known: tuple[Gallery, Thresholds] | None = None,
) -> dict[int, TrackPerson]:
    """All tracks of ``spans``, which has their times in s, by number.

    Those with one name are of one person.
    """
    person = persons(tracks, spans)
    decided = decide(tracks, *known, spans, person) if known else {}
    first: dict[str, int] = {}
    for number, one in decided.items():
        if one.name is not None:
            person[number] = first.setdefault(one.name, number)
    found: dict[int, TrackPerson] = {}
    for number, own in person.items():
        one = decided.get(number)
        if one is None:
            found[number] = TrackPerson(number, own)
        else:
            found[number] = TrackPerson(number, own, one.verdict, one.name, round(one.score, 4))
    return found
