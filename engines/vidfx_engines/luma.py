"""How much red, green and blue count in luma."""

from __future__ import annotations

from typing import NamedTuple


class LumaWeights(NamedTuple):
    """They sum to 1."""

    red: float
    green: float
    blue: float


BT601 = LumaWeights(0.299, 0.587, 0.114)
_OTHERS = {
    1: LumaWeights(0.2126, 0.7152, 0.0722),
    7: LumaWeights(0.212, 0.701, 0.087),
    9: LumaWeights(0.2627, 0.678, 0.0593),
}


def luma_weights(matrix: int) -> LumaWeights:
    """By a matrix code of ISO/IEC 23091-2.

    1 is BT.709, 7 SMPTE 240M, 9 BT.2020; all others are read as BT.601.
    """
    return _OTHERS.get(matrix, BT601)
