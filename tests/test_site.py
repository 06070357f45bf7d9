"""The site: its list of pages, and what `make site` builds of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from mkdocs_hooks import DECISIONS, HOME, OUTSIDE, with_links_of_site
from vidfx.cli import settings_page, specs_page
from vidfx.schema import summaries

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
GENERATED = {
    "settings": settings_page.markdown,
    "specs": specs_page.markdown,
    "summaries": summaries.markdown,
}


def listed(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    return [
        path for item in (nav.values() if isinstance(nav, dict) else nav) for path in listed(item)
    ]


def test_every_page_is_in_the_list_once() -> None:
    """Pages of decisions and of single benchmarks are linked from a page that lists them."""
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    pages = {path for path in pages if not path.startswith(("benchmarks/", "decisions/"))}
    outside = {path for path in OUTSIDE if path.endswith(".md") and path != "README.md"}
    found = listed(CONFIG["nav"])
    assert sorted(found) == sorted(pages | outside | {HOME, DECISIONS})


@pytest.mark.parametrize("name", GENERATED)
def test_pages_made_from_code_are_up_to_date(name: str) -> None:
    written = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert written == GENERATED[name](), "make docs"


@pytest.mark.parametrize(
    ("where", "link", "expected"),
    [
        ("index.md", "docs/hide.md", "hide.md"),
        ("CONTRIBUTING.md", "docs/decisions", "decisions/index.md"),
        ("howto/elan.md", "../export.md#mot", "../export.md#mot"),
        ("tutorial.md", "../README.md#speed", "index.md#speed"),
        (
            "install.md",
            "../engines/vidfx_engines/embedded/a.CARD.md",
            "engines/vidfx_engines/embedded/a.CARD.md",
        ),
        ("faq.md", "https://example.org/a.md", "https://example.org/a.md"),
        ("faq.md", "#speed", "#speed"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(
    where: str, link: str, expected: str
) -> None:
    assert with_links_of_site(f"[a]({link})", where) == f"[a]({expected})"


class Links(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        self.places |= {own[name] for name in ("id", "name") if name in own}
        if tag == "a" and "href" in own:
            self.links.append(own["href"])
        self.loads += [own[name] for name in ("src", "srcset", "poster") if name in own]
        if tag == "link" and own.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(own["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_is_whole(site: Path) -> None:
    """Each link leads to a file of the site, and to a place that it has."""
    pages = {path: Links(path) for path in site.rglob("*.html")}
    assert len(pages) > 40
    for path, of in pages.items():
        for link in of.links:
            parts = urlsplit(link)
            if parts.scheme or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            if parts.fragment and target in pages:
                places = pages[target].places | {"__codelineno", ""}
                assert unquote(parts.fragment) in places, f"{path.relative_to(site)}: {link}"


def test_the_site_needs_no_network(site: Path) -> None:
    for path in site.rglob("*.html"):
        for address in Links(path).loads:
            assert not re.match(r"(\w+:)?//", address), f"{path.relative_to(site)}: {address}"
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text), style.name
