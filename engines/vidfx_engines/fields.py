"""Reading JSON that may be hostile: every value is checked, every complaint names its field."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")
REQUIRED: Any = object()


class Fields:
    """One JSON object, whose fields are taken one by one; raises ValueError with one line."""

    def __init__(self, raw: object, where: str = "") -> None:
        self.where = where
        if not isinstance(raw, dict):
            raise ValueError(f"{where or 'the file'}: a JSON object is needed, not {_show(raw)}")
        self._left: dict[str, object] = dict(cast("dict[str, object]", raw))

    def _name(self, field: str) -> str:
        return f"{self.where}.{field}" if self.where else field

    def take(self, field: str, read: Callable[[object], T], default: T = REQUIRED) -> T:
        """The field's value, through ``read``, whose ValueError is told with the field's name."""
        if field not in self._left:
            if default is REQUIRED:
                raise ValueError(f"{self._name(field)}: missing")
            return default
        try:
            return read(self._left.pop(field))
        except ValueError as error:
            raise ValueError(f"{self._name(field)}: {error}") from None

    def nested(self, field: str) -> Fields:
        """The field's value as an object of its own."""
        raw = self.take(field, lambda value: value)
        return Fields(raw, self._name(field))

    def nothing(self, field: str) -> bool:
        """Whether the field is absent or null; a null is taken."""
        if self._left.get(field) is not None:
            return False
        self._left.pop(field, None)
        return True

    def done(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise ValueError(f"{self._name(min(self._left))}: unknown field")


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def text(limit: int, *, empty: bool = False) -> Callable[[object], str]:
    """Printable text of at most ``limit`` characters."""

    def read(raw: object) -> str:
        if not isinstance(raw, str):
            raise ValueError(f"text is needed, not {_show(raw)}")
        if len(raw) > limit:
            raise ValueError(f"longer than {limit} characters")
        if not empty and not raw.strip():
            raise ValueError("empty")
        if not raw.replace("\n", " ").isprintable():
            raise ValueError(f"has control characters: {_show(raw)}")
        return raw

    return read


def label(raw: object) -> str:
    """A name that can stand in a CSV cell, in a table and on a picture, and is no formula."""
    name = text(64)(raw)
    if "\n" in name or "|" in name or name.lstrip()[0] in "=+-@":
        raise ValueError(
            f"no line break, no | and no =, +, - or @ at the beginning may be in {_show(raw)}"
        )
    return name


def file_name(raw: object) -> str:
    """A bare file name, which cannot lead out of its folder."""
    name = text(200)(raw)
    if name in (".", "..") or set(name) & set('/\\:\n<>"|?*'):
        raise ValueError(f"a bare file name is needed, not {_show(raw)}")
    return name


def sha256(raw: object) -> str:
    if not isinstance(raw, str) or len(raw) != 64 or set(raw) - set("0123456789abcdef"):
        raise ValueError(f"64 lower-case hexadecimal digits are needed, not {_show(raw)}")
    return raw


def choice(options: Collection[T]) -> Callable[[object], T]:
    def read(raw: object) -> T:
        for option in options:
            if type(raw) is type(option) and raw == option:
                return option
        raise ValueError(f"one of {', '.join(map(str, options))} is needed, not {_show(raw)}")

    return read


def number(least: float, most: float) -> Callable[[object], float]:
    def read(raw: object) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not least <= raw <= most:
            raise ValueError(f"a number from {least:g} to {most:g} is needed, not {_show(raw)}")
        return float(raw)

    return read


def integer(least: int, most: int) -> Callable[[object], int]:
    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
            raise ValueError(f"an integer from {least} to {most} is needed, not {_show(raw)}")
        return raw

    return read


def items(
    read: Callable[[object], T], least: int, most: int, *, unique: bool = False
) -> Callable[[object], tuple[T, ...]]:
    """A list of ``least`` to ``most`` values."""

    def read_all(raw: object) -> tuple[T, ...]:
        if not isinstance(raw, list):
            raise ValueError(f"a list is needed, not {_show(raw)}")
        values = cast("list[object]", raw)
        if not least <= len(values) <= most:
            counts = f"{least} to {most}" if least < most else f"{least}"
            raise ValueError(f"{counts} values are needed, not {len(values)}")
        found = tuple(read(value) for value in values)
        if unique and len(set(found)) < len(found):
            raise ValueError("the same value stands twice")
        return found

    return read_all


def numbers_by_name(raw: object) -> Mapping[str, float]:
    """An object of at most 1000 finite numbers."""
    if not isinstance(raw, dict):
        raise ValueError(f"a JSON object is needed, not {_show(raw)}")
    values = cast("dict[str, object]", raw)
    if len(values) > 1000:
        raise ValueError("more than 1000 values")
    found: dict[str, float] = {}
    for name, value in values.items():
        text(100)(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name}: a number is needed, not {_show(value)}")
        if not abs(value) <= sys.float_info.max:  # also integers that no float can hold
            raise ValueError(f"{name}: not finite")
        found[name] = float(value)
    return found
