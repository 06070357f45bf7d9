"""The HTML of a report: one page that loads its data by scripts, or one file with all in it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

from vidfx.report.scripts import call
from vidfx.version import __version__
from vidfx_engines.pages import templates

STYLES = ("uplot.css", "style.css")
SCRIPTS = (
    *("uplot.js", "page.js", "codes.js", "lanes.js", "player.js", "curves.js"),
    *("corrections.js", "video.js", "people.js", "batch.js", "main.js"),
)
OTHER_ASSETS = ("uplot.LICENSE",)
_LOCAL = "'self' file:"
POLICY = (
    f"default-src 'none'; script-src {_LOCAL}; style-src {_LOCAL}; img-src {_LOCAL} data:; "
    f"media-src {_LOCAL}; connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def asset(name: str) -> str:
    """The text of a file that pages load."""
    return (files("vidfx.report") / "assets" / name).read_text(encoding="utf-8")


def folder_page(
    title: str, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> str:
    """The page of a folder; its table is for browsers without JavaScript."""
    return _page(
        title=title,
        caption=caption,
        heads=heads,
        rows=rows,
        policy=POLICY,
        style_files=[f"assets/{name}" for name in STYLES],
        script_files=[*(f"assets/{name}" for name in SCRIPTS), "data/index.js"],
    )


def single_page(
    title: str, content: Any, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> str:
    """The page of one video in one file, besides the video."""
    styles = [asset(name) for name in STYLES]
    scripts = [*map(asset, SCRIPTS), call("single", content)]
    policy = (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        f"img-src data:; media-src {_LOCAL}; base-uri 'none'; form-action 'none'"
    )
    return _page(
        title=title,
        caption=caption,
        heads=heads,
        rows=rows,
        policy=policy,
        styles=styles,
        scripts=scripts,
    )


def _page(**values: Any) -> str:
    environment = templates("vidfx.report")
    nothing: dict[str, Any] = dict.fromkeys(
        ("style_files", "script_files", "styles", "scripts"), ()
    )
    page = environment.get_template("page.html.jinja")
    return page.render(**nothing | values, version=__version__)


def _hashes(texts: Sequence[str]) -> str:
    digests = (base64.b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
