"""`vidfx engines`: what is built, what a file is, and whether it fits this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.help import GroupedCommand, SentenceGroup
from vidfx.cli.options import AsJson, Debug
from vidfx.errors import UnavailableError

engines = typer.Typer(
    cls=SentenceGroup,
    name="engines",
    help="List engines, inspect one, check one.",
    no_args_is_help=True,
)
Engine = Annotated[
    str,
    typer.Argument(
        metavar="ENGINE",
        help="A name of `vidfx engines list`, a file (.onnx, .plan or .spec.json), or the folder "
        "of a training.",
    ),
]


@engines.callback()
def _engines() -> None:
    """List engines, inspect one, check one."""


@engines.command("list")
def list_engines(as_json: AsJson = False, debug: Debug = False) -> None:
    """List the engines that come with vidfx, and those built here, in the user's cache."""
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_table
        from vidfx.cli.console.text import say
        from vidfx_engines.embedded import ORIGINS, embedded
        from vidfx_engines.spec import EngineSpec
        from vidfx_engines.store import cached_engines

        packaged = [(EngineSpec.load(embedded(n)), embedded(n).parent) for n in ORIGINS]
        kept = cached_engines()
        whole = [(k.spec, k.path.parent) for k in kept if k.spec and not k.fault]
        found = [_facts(spec, folder) for spec, folder in (*packaged, *whole)]
        left_out = [k.fault for k in kept if k.fault]
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object({"schema": "vidfx.engines/1", "engines": found, "left_out": left_out})
            return
        head = ("name", "task", "built for", "precision", "built", "file")
        write_table(head, [[str(f[column]) for column in head] for f in found])
        for fault in left_out:
            say(f"left out: {fault}")


@engines.command(cls=GroupedCommand)
def inspect(engine: Engine, as_json: AsJson = False, debug: Debug = False) -> None:
    """Print inputs and outputs of an engine, its measured quality and how it was built."""
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx.engine_argument import find_engine
        from vidfx_engines.spec import EngineSpec

        content = json.loads(EngineSpec.load(find_engine(engine)).to_json())
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(content)
            return
        for name, value in _flat(content):
            write_line(f"{name}: {value}")


@engines.command(cls=GroupedCommand)
def check(engine: Engine, as_json: AsJson = False, debug: Debug = False) -> None:
    """Check that the file is intact, and what can run it here; exit code 4 if nothing can."""
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx.engine_argument import find_engine
        from vidfx_engines.select import where_it_runs
        from vidfx_engines.spec import EngineSpec, spec_path

        file = find_engine(engine)
        spec = EngineSpec.load(file)
        spec.read_weights(spec_path(file).parent)
        places = where_it_runs(spec)
        if as_json:
            runs = [{"backend": b, "device": d, "reason": why} for b, d, why in places]
            content = {"schema": "vidfx.engines.check/1", "file": str(file), "runs": runs}
            from vidfx.cli.console.results import write_object

            write_object(content)
        else:
            write_line(f"{file}: intact, sha256 {spec.sha256}")
            for backend, device, reason in places:
                write_line(f"{backend} on {device}: {reason or 'runs here'}")
        if all(reason for _, _, reason in places):
            if spec.is_plan and spec.build:
                own = [why for backend, _, why in places if backend == spec.build.backend]
                raise UnavailableError(f"{file}: nothing here can run it: {own[0]}")
            raise UnavailableError(f"{file}: nothing here can run it", hint="see vidfx doctor")


def _facts(spec: Any, folder: Path) -> dict[str, str]:
    build = spec.build
    return {
        "name": spec.name,
        "task": spec.task,
        "built for": build.backend if build else "any",
        "precision": build.precision if build else "as made",
        "built": build.date[:10] if build else "packaged",
        "file": str(folder / spec.weights),
    }


def _flat(content: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for name, value in content.items():
        if isinstance(value, dict):
            lines += _flat(value, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, list):
            lines.append((prefix + name, ", ".join(map(str, value))))  # pyright: ignore[reportUnknownArgumentType]
        elif value is not None:
            lines.append((prefix + name, str(value)))
    return lines
