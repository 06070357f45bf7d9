"""``python -m benchmarks cores`` compares rows before speeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.annotate import cores


def test_the_thread_that_tracks_is_part_of_the_process(clip: Path) -> None:
    for threads in (1, cores.LOOKING_AHEAD):
        of_thread, of_process = cores.cpu_times(clip, threads)
        assert 0 < of_thread < of_process


def test_other_rows_are_an_error(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows_of(*given: object) -> dict[str, bytes]:
        return {"clip.mp4.faces.csv": b"other" if given[-1] == "2" else b"same"}

    monkeypatch.setattr(cores, "rows_of", rows_of)
    with pytest.raises(SystemExit, match="--segments 2 has other rows than one thread"):
        cores.check({}, clip, tmp_path, [])
