"""What `mkdocs build` adds to docs/: pages that the repository has elsewhere, a list of decisions.

README.md is the home page; model cards and the pages of the root keep their paths. Links between
all of them lead to the right place in the site, as in the repository.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent
DOCS = "docs/"
README, HOME = "README.md", "index.md"
DECISIONS = "decisions/index.md"
OUTSIDE = (
    *(README, "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE"),
    *("CITATION.cff", "RESPONSIBLE_USE.md", "SECURITY.md"),
    *("docker/cpu.Dockerfile", "docker/cuda.Dockerfile"),
)
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")
"""The path of a link of Markdown, without its anchor; not an address."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    cards = (ROOT / "engines/vidfx_engines/embedded").glob("*.CARD.md")
    for path in (*OUTSIDE, *sorted(card.relative_to(ROOT).as_posix() for card in cards)):
        files.append(File.generated(config, in_site(path), abs_src_path=str(ROOT / path)))
    files.append(File.generated(config, DECISIONS, content=decisions()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return with_links_of_site(markdown, page.file.src_uri)


def with_links_of_site(markdown: str, page: str) -> str:
    """The text of the site's ``page``, whose links are those of the repository, for the site."""
    here, there = posixpath.dirname(in_repository(page)), posixpath.dirname(page)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, found[1]))
        if (ROOT / target).is_dir():
            target += "/index.md"
        return posixpath.relpath(in_site(target), there or ".")

    return LINK.sub(link, markdown)


def in_site(path: str) -> str:
    """Where the site has the file that has this path in the repository."""
    return HOME if path == README else path.removeprefix(DOCS)


def in_repository(page: str) -> str:
    """The inverse of ``in_site``."""
    if page == HOME:
        return README
    return page if (ROOT / page).is_file() else DOCS + page


def decisions() -> str:
    """A page that lists the pages of decisions by their titles."""
    lines = [
        "# Decisions",
        "",
        "Why things are as they are. The numbers are only an order in time.",
        "",
    ]
    for path in sorted((ROOT / DOCS / "decisions").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"- [{path.name[:4]}: {title}]({path.name})")
    return "\n".join(lines) + "\n"
