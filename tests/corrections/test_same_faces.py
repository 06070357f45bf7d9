"""After another run a track number may be of another face; the corrections about it are told."""

from __future__ import annotations

from pathlib import Path

from tests.corrections.corrected_rows import lines, rows, together
from tests.saved.saved_videos import save_video
from vidfx.corrections.same_faces import SameFaces

LINES = lines("1,,,hide,", "2,1,,split,7", "7,,,rename,Ana", "2,,,show,")


def other_faces(tmp_path: Path, now: dict[int, range]) -> list[int]:
    before = save_video(tmp_path, rows({1: range(20), 2: range(50), 3: range(50)}))
    compare = SameFaces(before, LINES)
    for settled in together(rows(now), [9, 2]):
        compare.add(settled)
    told = [*compare.warnings()]
    assert len(told) == sum(line.track in compare.other_faces() for line in LINES)
    assert all(" was another face before" in line for line in told)
    return compare.other_faces()


def test_the_same_rows_have_the_same_faces(tmp_path: Path) -> None:
    assert other_faces(tmp_path, {1: range(20), 2: range(50), 3: range(50)}) == []
    assert other_faces(tmp_path, {1: range(9, 20), 2: range(24, 50)}) == []


def test_a_number_that_is_gone_late_or_elsewhere_is_another_face(tmp_path: Path) -> None:
    assert other_faces(tmp_path, {3: range(50)}) == [1, 2]
    assert other_faces(tmp_path, {1: range(11, 50), 2: range(50)}) == [1]


def test_faces_that_changed_numbers_are_found_by_their_boxes(tmp_path: Path) -> None:
    before = save_video(tmp_path, rows({1: range(20), 5: range(20)}))
    compare = SameFaces(before, lines("1,,,show,", "5,,,show,"))
    for settled in rows({1: range(20), 5: range(20)}):
        settled.faces.track[:] = settled.faces.track[::-1].copy()
        compare.add(settled)
    assert compare.other_faces() == [1, 5]
