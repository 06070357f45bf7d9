"""``python -m vidfx.cli.specs_page`` prints docs/specs.md, made of the classes of engine specs."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from vidfx_engines.built import Build, Profile
from vidfx_engines.spec import SCHEMA, CropSpec, EngineSpec, InputSpec, Thresholds

_HEAD = f"""# Engine specs

Made by `python -m vidfx.cli.specs_page > docs/specs.md`; the source is
`engines/vidfx_engines/spec.py` and `built.py`.

An engine is two files: the weights, and `NAME.spec.json` beside them. The spec is the contract:
what the weights take, what their outputs mean, which thresholds decide, and where they come from.
`vidfx train` and `vidfx build-engine` write it, `vidfx engines inspect FILE` prints it, `vidfx
engines check FILE` says what is wrong with one. A spec of your own makes another network usable
([an example](explanation/crops.md#a-model-of-your-own)).

A file with a field that is unknown, missing or out of range is refused, with the name of the field;
so are weights that do not have the `sha256` of the spec. The first field is `"schema": {SCHEMA}`.
In `input`, only `size` may be missing: the defaults are those of Python.
"""
_PARTS = {
    "The spec": EngineSpec,
    "`input`": InputSpec,
    "`crop`": CropSpec,
    "`thresholds`": Thresholds,
    "`build`": Build,
    "`build.profile`": Profile,
}
_NAMES = {str: "text", int: "whole number", float: "number", bool: "true, false"}


def markdown() -> str:
    """The page, as Markdown."""
    text = _HEAD
    for title, kind in _PARTS.items():
        text += f"\n## {title}\n\n{inspect.getdoc(kind)}\n\n"
        text += "| field | value | without it | meaning |\n| --- | --- | --- | --- |\n"
        text += "".join(_rows(kind))
    return text.replace("``", "`")


def _rows(kind: Any) -> Iterator[str]:
    types, meanings = get_type_hints(kind), _meanings(kind)
    for field in fields(kind):
        default = "" if field.default_factory is MISSING else "none"
        if field.default is MISSING and not default:
            default = "refused"
        elif field.default not in (MISSING, None, ""):
            value = field.default
            of_channels = isinstance(value, tuple)
            default = ", ".join(map(str, cast("Any", value))) if of_channels else f"{value}"
            default = default.lower() if isinstance(value, bool) else default
        meaning = meanings.get(field.name, "")
        yield f"| `{field.name}` | {_value(types[field.name])} | {default} | {meaning} |\n"


def _meanings(kind: type) -> dict[str, str]:
    """The texts below the fields of a class, in its source."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[before.target.id] = str(after.value.value)
    return found


def _value(kind: Any) -> str:
    """What the field may hold, in words."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in parts)
    if origin is tuple:
        what = _value(parts[0])
        return f"list of {what}s" if Ellipsis in parts else f"list of {len(parts)} {what}s"
    if NoneType in parts:
        return ", ".join([*(_value(part) for part in parts if part is not NoneType), "null"])
    return "object" if is_dataclass(kind) or origin is not None else _NAMES[kind]


if __name__ == "__main__":
    sys.stdout.write(markdown())
