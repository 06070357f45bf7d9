"""The icons and colours of expressions."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.overlay.colours import COLOURS, PLAIN, colour_of
from vidfx.overlay.shapes import expression_icon


def test_other_names_of_an_expression_look_the_same() -> None:
    for usual, other in (("happy", "happiness"), ("angry", "Anger"), ("sad", "sadness")):
        assert colour_of(usual) == colour_of(other)
        assert np.array_equal(expression_icon(usual, 24)[1], expression_icon(other, 24)[1])
    assert colour_of("bored") == colour_of(None) == PLAIN
    assert not expression_icon("bored", 24)[1].any()


@pytest.mark.parametrize("size", [12, 24, 48])
def test_every_expression_with_a_colour_has_an_icon_of_its_own(size: int) -> None:
    icons = {name: expression_icon(name, size)[1] for name in COLOURS}
    disc = expression_icon("happy", size)[0]
    assert len(set(COLOURS.values())) == len(icons) == 8
    for name, icon in icons.items():
        assert np.all(icon <= disc + 0.01)
        assert all(np.abs(icon - o).sum() > 0.01 * size**2 for n, o in icons.items() if n != name)
