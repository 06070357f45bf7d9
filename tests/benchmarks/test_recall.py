"""Faces that one run has and another has not, counted on known boxes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.__main__ import BENCHMARKS
from benchmarks.detection.recall import compare, overlap

A, B = (0.0, 0.0, 10.0, 10.0), (100.0, 0.0, 110.0, 10.0)


def test_overlap() -> None:
    assert overlap(A, A) == 1
    assert overlap(A, B) == 0
    assert overlap(A, (5.0, 0.0, 15.0, 10.0)) == pytest.approx(1 / 3)


def test_each_face_counts_once() -> None:
    wanted = {("c", "1"): [A, B], ("c", "2"): [A]}
    found = {("c", "1"): [(1.0, 0.0, 11.0, 10.0)], ("c", "3"): [A]}
    total, overlaps, more = compare(wanted, found)
    assert total == 3
    assert overlaps == [pytest.approx(9 / 11)]
    assert more == 1


def test_the_list_of_benchmarks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert all(name in done.stderr for name in BENCHMARKS)
