"""Who is hidden: what is asked for, and how sure the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.privacy.test_masks import faces
from vidfx.errors import UsageError
from vidfx.hide_settings import one_or_more
from vidfx.privacy.selection import Selection
from vidfx.privacy.verdicts import Verdicts
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.settled import Labels, Settled
from vidfx.types import Frame

NAMES = ("Ana", "Bob", "other", "unknown")


def labels(texts: Sequence[str | None]) -> Labels:
    index = np.array([-1 if text is None else NAMES.index(text) for text in texts], np.int64)
    return Labels(NAMES, index, np.ones(len(texts)))


def track(decided: Sequence[str | None], read: Sequence[str | None]) -> Settled:
    """One track, a frame a second: what is decided by then, and what each frame alone says."""
    n = len(read)
    rows = faces([7] * n, np.zeros((n, 4)), labels(decided))
    rows = replace(rows, raw_identity=labels(read))
    frames = [ObservedFrame(Frame(i, i, np.zeros(0)), float(i), True, False) for i in range(n)]
    return Settled(frames, np.arange(n), rows)


def hidden(hide: Sequence[str], settled: Settled) -> str:
    """ "#" for each row that is hidden."""
    verdicts = Verdicts(Selection.of(hide))
    verdicts.add(settled)
    return "".join("-#"[int(row)] for row in verdicts.hidden(settled))


ANA = track(["unknown", "unknown", "Ana", "Ana"], [None, "Ana", None, "Ana"])
OTHER = track(["unknown", "other"], ["other", "other"])
UNSURE = track(["unknown", "unknown"], ["Ana", None])
UNREAD = track([None, None], [None, None])


@pytest.mark.parametrize(
    ("hide", "ana", "other", "unsure"),
    [
        (["all"], 1, 1, 1),
        (["others"], 0, 1, 1),
        (["unknown"], 0, 0, 1),
        (["Ana"], 1, 0, 1),
        (["Bob"], 0, 0, 1),
        (["not:Ana"], 0, 1, 1),
        (["not:Bob"], 1, 1, 1),
        (["not:Ana", "not:Bob"], 0, 1, 1),
        (["track:7"], 1, 1, 1),
        (["track:8"], 0, 0, 0),
        (["not:Ana", "track:7"], 1, 1, 1),
    ],
)
def test_who_is_not_surely_shown_is_hidden(
    hide: list[str], ana: int, other: int, unsure: int
) -> None:
    """A decision that comes late holds for the whole track."""
    for settled, expected in ((ANA, ana), (OTHER, other), (UNSURE, unsure), (UNREAD, unsure)):
        assert hidden(hide, settled) == "-#"[expected] * len(settled.faces)


def test_a_track_that_goes_over_to_somebody_else_is_hidden_until_readings_agree() -> None:
    read = ["Ana", None, "other", None, None, "Ana", None]
    settled = track(["Ana"] * 7, read)
    assert hidden(["not:Ana"], settled) == "-####--"


@pytest.mark.parametrize("text", ["", " ", "not:", "track:", "track:x", "track:0", "track:-1"])
def test_what_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names nobody|number of a track"):
        one_or_more(text)


def test_names_must_be_known() -> None:
    Selection.of(["all", "track:3"]).check(None)
    Selection.of(["not:Ana", "others"]).check(["other", "Ana"])
    with pytest.raises(UsageError, match="faces have no names"):
        Selection.of(["others"]).check(None)
    with pytest.raises(UsageError, match="Anna: nobody can have this name"):
        Selection.of(["not:Anna"]).check(["other", "Ana"])


def test_a_name_that_a_person_gave_counts_whatever_the_readings_say() -> None:
    settled = track(["Ana"] * 4, ["other", "Ana", "unknown", "Bob"])
    for given, shown in ((["Ana"] * 4, "----"), (["Ana", None, None, "unknown"], "--##")):

        def of(_: Settled, given: Sequence[str | None] = given) -> Sequence[str | None]:
            return given

        verdicts = Verdicts(Selection.of(["not:Ana"]), of)
        verdicts.add(settled)
        assert "".join("-#"[int(row)] for row in verdicts.hidden(settled)) == shown


def test_a_name_that_a_person_gave_to_a_part_of_a_track_is_not_that_of_the_rest() -> None:
    settled = track(["Ana", "Ana", "Ana", "Bob"], ["Ana"] * 4)
    verdicts = Verdicts(Selection.of(["not:Ana"]), lambda _: [None, None, None, "Bob"])
    verdicts.add(settled)
    assert [*verdicts.hidden(settled)] == [False, False, False, True]
