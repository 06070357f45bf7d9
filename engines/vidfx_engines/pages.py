"""HTML pages of templates: every text in them is escaped."""

from __future__ import annotations

import jinja2


def templates(package: str) -> jinja2.Environment:
    """Those in the folder ``templates`` of a package; a value that is missing is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
