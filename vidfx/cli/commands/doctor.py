"""`vidfx doctor`: what works here, and how to fix the rest."""

from __future__ import annotations

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug
from vidfx.errors import UnavailableError


def doctor(
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print what is installed, what works, and what annotate would choose here and why.

    Exit code 4 where something that every run needs does not work.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx.run.doctor import examine

        findings = examine()
        if as_json:
            content = {"schema": "vidfx.doctor/1", "findings": [f.to_json() for f in findings]}
            from vidfx.cli.console.results import write_object

            write_object(content)
        else:
            width = max(len(f.name) for f in findings)
            for found in findings:
                mark = "ok" if found.works else "no" if found.needed else "-"
                hint = f" ({found.hint})" if found.hint else ""
                write_line(f"{mark:<2} {found.name:<{width}}  {found.detail}{hint}")
        broken = [f.name for f in findings if f.needed and not f.works]
        if broken:
            raise UnavailableError(
                f"annotate cannot run: {', '.join(broken)}", hint="see the lines above"
            )
