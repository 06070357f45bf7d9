"""What each action does with the rows of some frames; ``apply.py`` has their order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from vidfx.corrections.line import ROUNDING_S, Correction
from vidfx.stages.certainty import CERTAIN, NO_LABEL, NOT_READ
from vidfx.stages.settled import Expressions, Labels, Settled
from vidfx.stages.smooth import UNKNOWN


class Step(ABC):
    """One action with all of its lines, in their order; it takes the frames of a video in order."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        self.lines = lines
        self.rows: Counter[Correction] = Counter()
        "that each line was about so far"
        self._from = np.array([line.from_s for line in lines])
        self._to = np.array([line.to_s for line in lines])

    @abstractmethod
    def __call__(self, settled: Settled) -> Settled:
        """The rows with these corrections."""

    def about(self, settled: Settled, track: np.ndarray) -> Iterator[tuple[Correction, np.ndarray]]:
        """Each line that is about rows, and (N,) bool, which; ``track`` may change in between."""
        times = np.array([frame.time_s for frame in settled.frames])
        if not len(track):
            return
        begun = self._from <= times.max() + ROUNDING_S
        times = times[settled.place]
        for number in np.flatnonzero(begun & (self._to >= times.min() - ROUNDING_S)).tolist():
            line = self.lines[number]
            inside = (times >= line.from_s - ROUNDING_S) & (times <= line.to_s + ROUNDING_S)
            which = inside & (track == line.track)
            if count := int(np.count_nonzero(which)):
                self.rows[line] += count
                yield line, which


class Renumber(Step):
    """split and merge. On a frame that has the new number already, a row keeps its own."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        super().__init__(lines)
        self.kept: Counter[Correction] = Counter()
        "rows that kept their number"

    def __call__(self, settled: Settled) -> Settled:
        track = settled.faces.track.copy()
        for line, which in self.about(settled, track):
            taken = np.isin(settled.place, settled.place[track == line.new_track])
            self.kept[line] += int(np.count_nonzero(which & taken))
            track[which & ~taken] = line.new_track
        if (track == settled.faces.track).all():
            return settled
        order = np.lexsort((track, settled.place))
        faces = replace(settled.faces, track=track).rows(order)
        return replace(settled, place=settled.place[order], faces=faces)


class Drop(Step):
    def __call__(self, settled: Settled) -> Settled:
        keep = np.ones(len(settled.faces), bool)
        for _, which in self.about(settled, settled.faces.track):
            keep &= ~which
        if keep.all():
            return settled
        return replace(settled, place=settled.place[keep], faces=settled.faces.rows(keep))


class Rename(Step):
    """A name that a person gave has the probability 1, also where no engine read any."""

    def __call__(self, settled: Settled) -> Settled:
        faces, count = settled.faces, len(settled.faces)
        old = faces.identity or Labels((), np.full(count, NO_LABEL), np.full(count, np.nan))
        names, index, prob = [*old.names], old.index.copy(), old.prob.copy()
        for line, which in self.about(settled, faces.track):
            assert line.name is not None
            if line.name not in names:
                names.append(line.name)
            index[which], prob[which] = names.index(line.name), 1.0
        return replace(settled, faces=replace(faces, identity=Labels(tuple(names), index, prob)))


class Deny(Step):
    """Who is not a person is unknown, where this is the identity; others stay as they are."""

    def __call__(self, settled: Settled) -> Settled:
        old = settled.faces.identity
        if old is None:
            return settled
        names = old.names if UNKNOWN in old.names else (*old.names, UNKNOWN)
        index, prob = old.index.copy(), old.prob.copy()
        for line, which in self.about(settled, settled.faces.track):
            if line.name in names:
                denied = which & (old.index == names.index(line.name))
                index[denied], prob[denied] = names.index(UNKNOWN), np.nan
        return replace(settled, faces=replace(settled.faces, identity=Labels(names, index, prob)))


class Express(Step):
    """An expression that a person gave has the probability 1, and all others 0."""

    def __call__(self, settled: Settled) -> Settled:
        old, reason = settled.faces.emotion, settled.faces.emotion_reason
        if old is None or reason is None:
            return settled
        index, prob, probs, reason = (a.copy() for a in (old.index, old.prob, old.probs, reason))
        for line, which in self.about(settled, settled.faces.track):
            if line.name is None:
                index[which], prob[which], probs[which] = NO_LABEL, np.nan, np.nan
                reason[which] = NOT_READ
            else:
                label = old.names.index(line.name)
                index[which], prob[which], probs[which] = label, 1.0, 0.0
                probs[which, label], reason[which] = 1.0, CERTAIN
        emotion = Expressions(old.names, index, prob, probs)
        return replace(
            settled, faces=replace(settled.faces, emotion=emotion, emotion_reason=reason)
        )
