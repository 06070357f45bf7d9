"""Saved benchmarks, and the comparison of two."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.compare import change, compare
from benchmarks.saved import Row, read, show

MACHINE = {"cpu": "abacus", "cores": "2"}


def test_a_run_is_saved_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["x", "--turns", "2"])
    rows = [Row("ours", "frames/s", (10.0, 12.0, 11.0)), Row("start", "s", (1.0,), "less")]
    show("jobs", "About.", rows, MACHINE, tmp_path, ["A note."])
    assert read(tmp_path / "jobs.json") == ("jobs", rows, MACHINE)
    page = (tmp_path / "jobs.md").read_text()
    assert "| ours | frames/s | 11 | 10 | 12 |" in page and "A note." in page
    assert "python -m benchmarks jobs --turns 2" in page and "jobs.svg" in page
    assert "<svg" in (tmp_path / "jobs.svg").read_text()


def test_a_file_that_is_no_saved_benchmark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(SystemExit, match="not a saved benchmark"):
        read(tmp_path / "x.json")


def test_noise_is_not_a_change() -> None:
    before = Row("a", "frames/s", (100.0, 90.0, 110.0))
    assert (
        change(before, Row("a", "frames/s", (91.0, 80.0, 100.0)), 0.03)[1] == "same, within noise"
    )
    assert change(before, Row("a", "frames/s", (70.0, 60.0, 80.0)), 0.03) == (0.7, "WORSE")
    assert change(before, Row("a", "frames/s", (130.0, 120.0, 140.0)), 0.03)[1] == "better"
    tight = Row("a", "s", (1.0, 1.001), "less")
    assert change(tight, Row("a", "s", (1.01, 1.011), "less"), 0.03)[1] == "same, within noise"
    assert change(tight, Row("a", "s", (2.0, 2.1), "less"), 0.03)[1] == "WORSE"


def test_other_machines_share_only_ratios() -> None:
    rows = [Row("a", "frames/s", (1.0,)), Row("a", "ratio", (0.5,)), Row("b", "s", (1.0,))]
    after = [Row("a", "frames/s", (2.0,)), Row("a", "ratio", (0.6,))]
    both = compare(rows, after, least=0.03, ratios_only=False)
    assert [name for name, _, _ in both] == ["a, frames/s", "a, ratio"]
    alone = compare(rows, after, least=0.03, ratios_only=True)
    assert [name for name, _, _ in alone] == ["a, ratio"]
