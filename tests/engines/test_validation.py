"""Annotated types: what is converted, and the one line for what is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from vidfx_engines.validation import check_fields, convert, describe, text


@dataclass(frozen=True)
class Inner:
    size: Annotated[int, Meta(ge=8, le=64)]
    pair: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.size == 13:
            raise ValueError("size 13 is not built")


@dataclass(frozen=True)
class Outer:
    name: Annotated[str, text(10)]
    kind: Literal["a", "b"] = "a"
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()


def test_tables_and_lists_become_dataclasses_and_tuples() -> None:
    raw = {"name": "x", "inner": {"size": 8, "pair": [1, 2]}, "many": [{"size": 9}]}
    assert convert(raw, Outer) == Outer("x", inner=Inner(8, (1.0, 2.0)), many=(Inner(9),))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (3, "a table is needed, not 3"),
        ({}, "name: missing"),
        ({"name": "x", "nme": 1}, "nme: unknown; known: name, kind, inner, many"),
        ({"name": "x", "inner": {}}, "inner.size: missing"),
        (
            {"name": "x", "inner": {"size": True}},
            "inner.size: a whole number from 8 to 64 is needed",
        ),
        ({"name": "x", "inner": {"size": 10**5000}}, "(a value too long to print)"),
        ({"name": "x", "inner": {"size": 13}}, "inner: size 13 is not built"),
        ({"name": "x", "many": [{"size": 8}, {"size": 8.5}]}, "many[1].size: a whole number"),
        ({"name": "x", "many": [{"size": 8, "pair": [1, "2"]}]}, "many[0].pair[1]: a number is"),
        ({"name": "x", "kind": "\ud800"}, "kind: one of a, b is needed, not '\\ud800'"),
        ({"name": "\u202e"}, "name: has control characters: '\\u202e'"),
        ({"name": "x" * 1000}, "name: a text of 1 to 10 characters is needed, not 'xxx"),
    ],
)
def test_one_line_names_the_key_and_what_is_allowed(raw: Any, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        convert(raw, Outer)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


def test_fields_of_a_dataclass_are_checked_as_a_file_is() -> None:
    good = Outer("x", inner=Inner(8))
    check_fields(good)
    with pytest.raises(ValueError, match=r"inner\.size: a whole number from 8 to 64"):
        check_fields(replace(good, inner=Inner(100)))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Annotated[float, Meta(gt=0, lt=100)], "a number above 0 and below 100"),
        (
            Annotated[int, Meta(ge=8, multiple_of=8)],
            "a whole number of at least 8 and a multiple of 8",
        ),
        (tuple[int, int], "a list of 2 values"),
        (bool | None, "true or false"),
    ],
)
def test_descriptions(kind: Any, words: str) -> None:
    assert describe(kind) == words
