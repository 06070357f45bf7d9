"""``--only``: some people or tracks are drawn, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from vidfx.errors import UsageError
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled, SettledFaces

TRACK = "track:"


def check_only(texts: Sequence[str]) -> None:
    """Raises UsageError where a track is not named by its number."""
    _tracks(texts)


def _tracks(texts: Sequence[str]) -> dict[int, str]:
    numbers = {text.removeprefix(TRACK): text for text in texts if text.startswith(TRACK)}
    wrong = next((n for n in numbers if not (n.isascii() and n.isdigit() and len(n) < 10)), None)
    if wrong is not None:
        raise UsageError(
            f"--only {TRACK}{wrong}: a track is named by its number",
            hint=f"write {TRACK}7, with a number of the column track_id",
        )
    return {int(number): text for number, text in numbers.items()}


class Only:
    """Leaves the faces that ``texts`` name: people, and ``track:N``.

    A person has all rows of a track that has the name in the end, except those with another name.
    """

    def __init__(self, texts: Sequence[str], video: SavedVideo) -> None:
        """Raises UsageError."""
        self._tracks = _tracks(texts)
        self._names = [text for text in texts if not text.startswith(TRACK)]
        tracks = video.summary.get("tracks", ())
        self._named_later = [t["track_id"] for t in tracks if t["identity"] in self._names]
        self._texts = tuple(dict.fromkeys(texts))
        self._seen = set[str]()

    @property
    def unseen(self) -> list[str]:
        """Those that no face had so far, as they were typed."""
        return [text for text in self._texts if text not in self._seen]

    def __call__(self, settled: Iterable[Settled]) -> Iterator[Settled]:
        """All frames, with the faces that are chosen."""
        for some in settled:
            keep = self._chosen(some.faces)
            yield replace(some, place=some.place[keep], faces=some.faces.rows(keep))

    def _chosen(self, faces: SettledFaces) -> np.ndarray:
        """(N,) bool."""
        chosen = np.isin(faces.track, [*self._tracks])
        numbers: list[int] = np.unique(faces.track[chosen]).tolist()
        self._seen |= {self._tracks[number] for number in numbers}
        if faces.identity:
            named = np.array([*(name in self._names for name in faces.identity.names), False])
            own = named[faces.identity.index]
            self._seen |= {str(text) for text in faces.identity.rows(own).texts()}
            later = np.isin(faces.track, self._named_later) & ~faces.identity.are_people()
            chosen |= own | later
        return chosen
