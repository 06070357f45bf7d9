"""Which frames are one moment."""

from __future__ import annotations

import pytest

from tests.corrections.corrected_rows import rows, together
from vidfx.clips.moments import Span, find_moments
from vidfx.clips.where import Where


@pytest.mark.parametrize("sizes", [[1], [7, 3], [50]])
@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(0, 0, 0), [(0.4, 0.8, 10), (1.0, 1.2, 5), (1.8, 2.0, 5)]),
        (Span(0, 0.2, 0), [(0.4, 1.2, 15), (1.8, 2.0, 5)]),
        (Span(0, 0, 0.3), [(0.4, 0.8, 10)]),
        (Span(0.1, 0, 0), [(0.3, 1.3, 15), (1.7, 2.0, 5)]),
        (Span(5, 0, 0), [(0.0, 2.0, 20)]),
    ],
)
def test_moments_have_margins_and_are_joined(
    span: Span, expected: list[tuple[float, float, int]], sizes: list[int]
) -> None:
    saved = rows({1: [*range(10, 20), *range(25, 30)], 2: range(50), 3: range(45, 50)})
    where = Where("track_id != 2")
    found = find_moments(together(saved, sizes), where, span, 0.04)
    assert [(m.from_s, m.to_s, m.frames) for m in found] == [pytest.approx(e) for e in expected]
    assert found[-1].tracks >= ({3} if len(expected) > 1 else {1})
    assert all(2 not in moment.tracks for moment in found)


def test_a_column_that_the_rows_lack_is_named() -> None:
    with pytest.raises(KeyError, match="p_bored"):
        find_moments(rows({1: range(5)}), Where("p_bored > 0.5"), Span(), 0.04)
