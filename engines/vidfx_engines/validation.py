"""Plain values from JSON, TOML and options, checked against annotated types; errors in one line.

msgspec checks types and ranges. Here is what it lacks: unknown keys, text that cannot be printed,
and messages that name the key, the value and all that is allowed.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

import msgspec
from msgspec import Meta

from vidfx_engines.errors import shown

T = TypeVar("T")
KeyedValue = tuple[object, Any, str]
"A value, its annotated type and its key."
PRINTABLE = {"printable": True}


def text(most: int, *, empty: bool = False) -> Meta:
    """The limits of a text without control characters, of at most ``most`` characters."""
    return Meta(
        max_length=most,
        pattern=None if empty else r"\S",
        description=f"a text of {'at most' if empty else '1 to'} {most} characters",
        extra=PRINTABLE,
    )


Share = Annotated[float, Meta(ge=0, le=1)]
Finite = Annotated[
    float, Meta(ge=-sys.float_info.max, le=sys.float_info.max, description="a finite number")
]
Sha256 = Annotated[
    str,
    Meta(pattern=r"\A[0-9a-f]{64}\Z", description="a sha256, 64 lower-case hexadecimal digits,"),
]
Label = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=r"\A\s*[^\s=+\-@|][^|\n]*\Z",
        description="a name of 1 to 64 characters with no line break, no | and no =, +, - or @ at "
        "its beginning",
        extra=PRINTABLE,
    ),
]
"""Safe in a CSV cell, where it is no formula, in a Markdown table and in a line of a picture."""
FileName = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=r'\A(?!\.{1,2}\Z)(?=.*\S)[^/\\:\n<>"|?*]+\Z',
        description="a file name without a folder",
        extra=PRINTABLE,
    ),
]

Figures = Annotated[Mapping[Annotated[str, text(100)], Finite], Meta(max_length=1000)]
"""Measured numbers by name."""


@overload
def convert(raw: object, kind: type[T], key: str = "") -> T: ...
@overload
def convert(raw: object, kind: Any, key: str = "") -> Any: ...
def convert(raw: object, kind: Any, key: str = "") -> Any:
    """``raw`` as a ``kind``, an annotated type: tables become dataclasses, lists become tuples.

    Raises ValueError, one line that begins with the key. The ``__post_init__`` of a dataclass may
    raise ValueError too; then the key of its table is put before its message.
    """
    base, limits = _split(kind)
    for value, its_kind, its_key in _parts(raw, base, key):
        convert(value, its_kind, its_key)
    if limits.extra == PRINTABLE and isinstance(raw, str) and not _is_printable(raw):
        raise ValueError(_line(key, f"has control characters: {shown(raw)}"))
    try:
        return msgspec.convert(raw, kind)
    except ValueError as error:  # also UnicodeEncodeError, for half of a surrogate pair
        rule = error.__cause__
        needed = f"{describe(kind)} is needed, not {shown(raw)}"
        raise ValueError(_line(key, str(rule) if rule else needed)) from error


def check_fields(record: object) -> None:
    """Raises ValueError, as ``convert`` does, where a dataclass breaks its own annotations."""
    hints = _hints(type(record))
    for name, value in dataclasses.asdict(cast("Any", record)).items():
        convert(value, hints[name], name)


def describe(kind: Any) -> str:
    """What values of an annotated type may be, such as "a whole number from 0 to 51"."""
    base, limits = _split(kind)
    if limits.description:
        return limits.description
    if get_origin(base) is Literal:
        return f"one of {', '.join(map(str, get_args(base)))}"
    if base in (int, float):
        return ("a whole number" if base is int else "a number") + _range(limits)
    if get_origin(base) is tuple:
        return "a list" + _count(get_args(base), limits)
    return {bool: "true or false", str: "a text"}.get(base, "a table")


def plain_type(kind: Any) -> Any:
    """The type itself, without `Annotated` and `| None`."""
    return _split(kind)[0]


def _parts(raw: object, base: Any, key: str) -> Iterator[KeyedValue]:
    """What is in a table or list, with the types that ``base`` gives it. Raises ValueError."""
    parts = get_args(base)
    if isinstance(raw, dict):
        table = cast("dict[str, object]", raw)
        if dataclasses.is_dataclass(base):
            yield from _parts_of_table(table, cast("type", base), key)
        elif get_origin(base) in (dict, Mapping):
            for name, value in table.items():
                yield name, parts[0], _inner(key, shown(name))
                yield value, parts[1], _inner(key, name)
    elif isinstance(raw, list | tuple) and get_origin(base) is tuple:
        items = cast("list[object]", raw)
        kinds = parts[:1] * len(items) if parts[-1] is ... else parts
        for number, (value, kind) in enumerate(zip(items, kinds, strict=False)):
            yield value, kind, f"{key}[{number}]"


def _parts_of_table(table: dict[str, object], base: type, key: str) -> Iterator[KeyedValue]:
    hints = _hints(base)
    for name, value in table.items():
        if name not in hints:
            raise ValueError(f"{_inner(key, name[:80])}: unknown; known: {', '.join(hints)}")
        yield value, hints[name], _inner(key, name)
    for field in dataclasses.fields(cast("Any", base)):
        optional = (field.default, field.default_factory) != (dataclasses.MISSING,) * 2
        if field.name not in table and not optional:
            raise ValueError(f"{_inner(key, field.name)}: missing")


def _split(kind: Any) -> tuple[Any, Meta]:
    """The plain type and its limits."""
    limits = Meta()
    while True:
        if get_origin(kind) is Annotated:
            limits = next((m for m in kind.__metadata__ if isinstance(m, Meta)), limits)
            kind = kind.__origin__
        elif get_origin(kind) in (Union, UnionType):
            kind = get_args(kind)[0]
        else:
            return kind, limits


def _range(limits: Meta) -> str:
    if limits.ge is not None and limits.le is not None:
        words = [f"from {limits.ge:.12g} to {limits.le:.12g}"]
    else:
        bounds = {"of at least": limits.ge, "above": limits.gt, "below": limits.lt}
        words = [f"{word} {bound:.12g}" for word, bound in bounds.items() if bound is not None]
    if limits.multiple_of is not None:
        words.append(f"a multiple of {limits.multiple_of}")
    return f" {' and '.join(words)}" if words else ""


def _count(parts: tuple[Any, ...], limits: Meta) -> str:
    if parts[-1] is not ...:
        return f" of {len(parts)} values"
    if limits.max_length is None:
        return ""
    if limits.min_length == limits.max_length:
        return f" of {limits.max_length} values"
    return f" of {limits.min_length or 0} to {limits.max_length} values"


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _is_printable(words: str) -> bool:
    return words.replace("\n", " ").isprintable()


def _inner(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _line(key: str, message: str) -> str:
    return f"{key}: {message}" if key else message
