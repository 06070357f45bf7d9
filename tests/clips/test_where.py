"""What a condition accepts and means, and where its errors point."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.clips.where import Where
from vidfx.errors import UsageError

ROWS = {
    "identity": np.array(["Ana", "Ben", "", "O'Neil"]),
    "emotion": np.array(["happy", "", "sad", "happy"]),
    "quality": np.array([0.8, np.nan, 0.2, 0.5]),
    "faces": np.array([1.0, 2.0, 3.0, 4.0]),
    "p_sad": np.array([0.1, np.nan, 0.9, 0.2]),
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("identity == 'Ana' and emotion == 'happy'", [0]),
        ('identity == "O\'Neil"', [3]),
        ("identity != 'Ana'", [1, 2, 3]),
        ("identity == ''", [2]),
        ("identity in ('Ana', 'Ben')", [0, 1]),
        ("identity not in ['Ana', 'Ben']", [2, 3]),
        ("quality > 0.3", [0, 3]),
        ("not quality > 0.3", [1, 2]),
        ("0.1 < quality <= 0.5", [2, 3]),
        ("p_sad >= .9 or faces == 1", [0, 2]),
        (" (faces in {1, 4}) ", [0, 3]),
        ("faces > -1", [0, 1, 2, 3]),
    ],
)
def test_a_condition_chooses_faces(text: str, rows: list[int]) -> None:
    assert np.flatnonzero(Where(text).matches(ROWS)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "--where"),
        (" identity = 'Ana'", "character 11: invalid syntax"),
        ("identty == 'Ana'", "character 1, at 'identty': there is no column identty"),
        ("  emotion == 3", "character 14, at '3': text cannot be compared with a number"),
        ("identity == 'Zoë' and emotion == 3", "character 34, at '3'"),
        ("quality in (1, 'a')", "character 16, at \"'a'\": a number was expected"),
        ("emotion > 'a'", "text has no order"),
        ("emotion", "character 1, at 'emotion': a comparison was expected"),
        ("quality is 1", "only == !="),
        ("quality == True", "at 'True'"),
        ("quality == 1 + 1", "at '1 + 1'"),
        ("identity in 'Ana'", "a list was expected"),
        ("__import__('os').system('true')", "a comparison was expected"),
        ("quality == [x for x in (1,)]", "a column, a number or a text"),
        ("().__class__ == 1", "at '().__class__'"),
        ("quality == f'{1}'", "a column, a number"),
        ("quality == 1; 2", "--where"),
        ("a" * 3000, "more than 2000"),
        ("(" * 500 + "1" + ")" * 500, "--where"),
        ("quality == 1\0", "--where"),
    ],
)
def test_an_error_points_to_its_place(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Where(text)
    assert says in str(caught.value) and "columns: identity" in (caught.value.hint or "")
    assert "\n" not in str(caught.value)
