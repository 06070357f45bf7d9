"""The view of the people of a folder, in a real browser: it names, merges and splits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.identify.test_group import add_video, run, who
from vidfx.report.build import write_report
from vidfx.report.server import ReportServer

HOSTILE = "<img src=x onerror='alert(1)'>"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    add_video(tmp_path, "a.mp4", {1: "A", 2: "B"})
    add_video(tmp_path, f"{HOSTILE[:8]}.mp4", {1: "B", 2: "C"})
    lines = f"a.mp4,1,,,rename,{HOSTILE}\n"
    (tmp_path / "corrections.csv").write_text("video,track_id,from_s,to_s,action,value\n" + lines)
    run(tmp_path)
    write_report(tmp_path, faces=False, report=lambda _: None)
    return tmp_path


def named_bo(dialog: Any) -> None:
    dialog.accept("Bo")


def heads(page: Any) -> list[str]:
    return page.locator("h2").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_people_are_shown_escaped_and_for_everybody(out: Path, browser: Any, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{(out / 'report/index.html').as_uri()}#view=people")
    page.wait_for_selector("h2")
    assert sorted(heads(page)) == sorted(["Person 1", "Person 2", HOSTILE])
    assert not page.locator("img").count()
    found = axe.Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    page.close()


def test_without_a_server_corrections_are_downloaded(out: Path, browser: Any) -> None:
    page = browser.new_page(accept_downloads=True)
    page.goto(f"{(out / 'report/index.html').as_uri()}#view=people")
    page.get_by_role("button", name="track 2 of a.mp4 is not Person 1").click()
    page.get_by_role("button", name="track 2 of a.mp4 is a person of its own").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save corrections").click()
    text = Path(download.value.path()).read_text()
    assert text.splitlines()[1:] == ["a.mp4,2,,,not,Person 1", "a.mp4,2,,,rename,Person 3"]
    page.close()


def test_a_served_page_saves_and_groups_again(out: Path, browser: Any) -> None:
    with ReportServer(out, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.on("dialog", named_bo)
        page.goto(f"{server.address}#view=people")
        page.get_by_role("button", name="Rename Person 1").click()
        page.get_by_role("button", name="Save corrections").click()
        page.get_by_role("heading", name="Bo", exact=True).wait_for(timeout=20_000)
        assert who(out, "a.mp4")[2] == "Bo"
        page.close()
        server.shutdown()
