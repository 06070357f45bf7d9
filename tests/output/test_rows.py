"""Cells hold numbers, or nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vidfx.output.rows import _number, _px
from vidfx.output.strict_json import to_json

NONE = (float("nan"), float("inf"), float("-inf"))


@pytest.mark.parametrize("number", NONE)
def test_a_number_that_is_none_is_an_empty_cell_and_null(number: float) -> None:
    assert _number(number, 4) is None
    assert _px(np.array([[1.5, number]], np.float32)) == ["1.50", None]
    told = to_json({"a": [number, {"b": number}], "c": 1.5})
    assert json.loads(told) == {"a": [None, {"b": None}], "c": 1.5}
