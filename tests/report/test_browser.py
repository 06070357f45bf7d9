"""The pages in a real browser: what they show, keys, links, and that they ask for nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.clips.recorded import Reported
from tests.report.reported_videos import reported
from vidfx.jobs.result_names import REPORT
from vidfx.report.build import PAGE, write_report
from vidfx.report.make import single_pages
from vidfx.report.server import ReportServer

HOSTILE = "<img src=x onerror='alert(1)'>"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    reported(folder, "talk.mp4")
    reported(folder / "day 1", "walk #2.mp4", tracks=3)
    reported(folder, f"{HOSTILE}.mp4", count=1)
    (folder / "talk.mp4.corrections.csv").write_text(
        f"track_id,from_s,to_s,action,value\n1,,,rename,Ana\n2,,,rename,{HOSTILE}\n"
    )
    write_report(folder, faces=False, report=lambda _: None)
    return folder


class Page:
    """A page, and everything that it did besides being shown."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.page: Any = browser.new_page(**options)
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._log)
        self.page.on("pageerror", self._fail)
        self.page.on("request", self._request)
        self.page.on("dialog", self._fail)
        self.page.set_default_timeout(10_000)
        self.page.goto(address)
        self.page.wait_for_selector("main > *")

    def _log(self, message: Any) -> None:
        if message.type == "error" and "ERR_FILE_NOT_FOUND" not in message.text:
            self.problems.append(message.text)

    def _fail(self, what: Any) -> None:
        self.problems.append(what.message)

    def _request(self, request: Any) -> None:
        self.requests.append(request.url)

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture
def open_page(browser: Any, out: Path) -> Iterator[Any]:
    opened: list[Page] = []

    def open_at(fragment: str = "", file: Path | None = None, **options: Any) -> Page:
        address = (file or out / REPORT / PAGE).as_uri() + fragment
        opened.append(Page(browser, address, **options))
        return opened[-1]

    yield open_at
    for one in opened:
        one.page.close()
        assert one.problems == []
        assert all(url.startswith(("file:", "data:")) for url in one.requests)


def test_all_videos_are_listed_and_names_are_text(open_page: Any) -> None:
    page = open_page()
    assert page.texts("tbody td:first-child a") == [
        f"{HOSTILE}.mp4",
        "day 1/walk #2.mp4",
        "talk.mp4",
    ]
    assert page.page.locator("img").count() == 0
    assert "Ana" in page.texts("tbody tr:last-child")[0]


def test_filters_leave_what_they_say_and_are_in_the_address(open_page: Any, browser: Any) -> None:
    page = open_page()
    page.page.get_by_label("Person").select_option("Ana")
    assert page.texts("tbody td:first-child a") == ["talk.mp4"]
    assert "person=Ana" in page.page.url
    again = open_page(f"#{page.page.url.partition('#')[2]}")
    assert again.texts("tbody td:first-child a") == ["talk.mp4"]
    again.page.get_by_role("tab", name="Appearances").click()
    assert again.texts(".cards strong") == ["Ana"]


def test_videos_are_sorted_by_a_column(open_page: Any) -> None:
    page = open_page()
    page.page.get_by_role("button", name="Tracks").click()
    page.page.get_by_role("button", name="Tracks").click()
    assert page.texts("tbody td:first-child a")[0] == "day 1/walk #2.mp4"
    heads = page.page.locator("th[aria-sort=descending]")
    assert heads.all_inner_texts() == ["Tracks ▼"]


def test_a_link_opens_a_video_at_a_time(open_page: Any) -> None:
    page = open_page("#video=day+1%2Fwalk+%232.mp4&t=1.200")
    page.page.wait_for_selector(".lanes canvas")
    assert page.texts(".bar > .number") == ["0:01.200, frame 30"]
    assert page.page.title() == "walk #2.mp4"


def test_keys_go_by_frame_and_by_appearance(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    position = page.page.locator(".bar > .number")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")
    assert position.inner_text().endswith("frame 2")
    page.page.keyboard.press("ArrowLeft")
    assert position.inner_text().endswith("frame 1")
    page.page.keyboard.press("j")  # no appearance begins later
    assert position.inner_text().endswith("frame 1")


def test_people_have_their_time_and_expressions(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    first, second = page.texts(".person")
    assert "Ana" in first and "on screen 4 s" in first
    assert "happy 50 %, neutral 50 % of its time" in first
    assert "none 100 % of its time" in second and "<img src=x" in second


def test_a_correction_is_a_line_of_a_file(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    page.page.locator(".person").nth(1).get_by_role("button", name="Hide").click()
    assert page.texts("[role=status]") == ["1 correction not saved yet. Save Undo"]
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "talk.mp4.corrections.csv"
    text = Path(download.value.path()).read_text()
    assert text == "track_id,from_s,to_s,action,value\n2,,,hide,\n"


def test_undo_takes_back_what_a_correction_changed(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    page.page.locator(".person").nth(1).get_by_role("button", name="Hide").click()
    page.page.locator(".person").nth(0).get_by_role("button", name="Drop").click()
    page.page.get_by_role("button", name="Undo").click()
    assert len(page.texts(".person")) == 2
    page.page.get_by_role("button", name="Undo").click()
    assert page.page.get_by_role("button", name="Hide").count() == 2
    assert page.texts("[role=status]") == [""]


def test_without_javascript_there_is_a_table(open_page: Any) -> None:
    page = open_page(java_script_enabled=False)
    assert page.texts("tbody td:first-child")[-1] == "talk.mp4"


def test_a_single_file_needs_nothing_else(open_page: Any, out: Path) -> None:
    (outcome,) = single_pages(
        [out / "talk.mp4.summary.json"], thumbnails=False, progress=Reported()
    )
    page = open_page(file=Path(outcome.outputs["page"]))
    assert len(page.texts(".person")) == 2
    assert [url for url in page.requests if url.endswith((".js", ".css"))] == []


@pytest.mark.parametrize("fragment", ["", "#view=hits", "#view=matrix", "#video=talk.mp4"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_inaccessible(fragment: str, scheme: str, open_page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(fragment, color_scheme=scheme, bypass_csp=True)
    found = axe.run(page.page, options={"preload": False}).response["violations"]
    serious = [(v["id"], v["nodes"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.fixture
def server(out: Path) -> Iterator[ReportServer]:
    with ReportServer(out) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_corrections_are_saved_from_a_served_page(
    browser: Any, server: ReportServer, out: Path
) -> None:
    corrections = out / "day 1" / "walk #2.mp4.corrections.csv"
    page = Page(browser, f"{server.address}#video=day+1%2Fwalk+%232.mp4")
    page.page.locator(".person").nth(2).get_by_role("button", name="Drop").click()
    with page.page.expect_navigation():  # to the page itself, once they are saved
        page.page.get_by_role("button", name="Save").click()
    page.page.wait_for_selector(".person")
    assert page.page.locator(".person").count() == 2
    assert corrections.read_text() == "track_id,from_s,to_s,action,value\n3,,,drop,\n"
    page.page.close()


def status(url: str, method: str = "GET", **headers: str) -> int:
    request = Request(url, method=method, headers=headers, data=b"x" if method == "POST" else None)
    try:
        with urlopen(request) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_the_server_answers_only_who_has_the_token_and_means_it(server: ReportServer) -> None:
    root = server.address.removesuffix("report/index.html")
    assert status(server.address) == 200
    assert status(f"http://{server.host}/report/index.html") == 404
    assert status(server.address, Host="evil.example") == 404
    assert status(f"{root}../../../../etc/passwd") == 404
    assert status(f"{root}%2e%2e/%2e%2e/etc/passwd") == 404
    assert status(f"{root}source/..%2f..%2fetc/passwd") == 404
    assert status(f"{root}corrections", "POST", Origin="http://evil.example") == 403
    assert status(f"{root}corrections", "POST") == 403
    assert status(f"{root}talk.mp4.faces.csv") == 404, "the pages do not show it"
    assert status(f"{root}source/talk.mp4%00") == 404
    assert status(f"{root}report/{'a' * 5000}") == 404
    assert status(server.address, Range="bytes=0-9") == 206
    assert status(server.address, Range="bytes=99999999-") == 416
    assert status(server.address, Range="bytes=9-2") == 200, "it means nothing"


def test_a_page_that_was_left_does_not_change_the_address(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    page.page.keyboard.press("ArrowRight")
    page.page.locator("#back").click()
    page.page.wait_for_selector("[role=tablist]")
    page.page.wait_for_timeout(400)
    assert "video=" not in page.page.url


def test_a_changed_address_of_the_same_video_is_followed(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    page.page.evaluate("location.hash = '#video=talk.mp4&t=0.4'")
    page.page.wait_for_function(
        "document.querySelector('.bar .number').textContent.includes('frame 10')"
    )
    page.page.evaluate("location.hash = '#video=talk.mp4&t=1e999'")
    page.page.wait_for_timeout(100)


def test_a_renamed_track_gets_a_lane_and_spaces_are_no_name(open_page: Any) -> None:
    page = open_page("#video=talk.mp4")
    answers = iter(["   ", " Bo "])
    page.page.remove_listener("dialog", page._fail)
    page.page.on("dialog", lambda dialog: dialog.accept(next(answers)))
    rename = page.page.locator(".person").nth(1).get_by_role("button", name="Rename")
    rename.click()
    assert "not saved yet" not in page.texts("[role=status]")[0]
    rename.click()
    assert "1 correction not saved yet" in page.texts("[role=status]")[0]
    assert page.texts(".person button[aria-pressed]")[1] == "Bo"
    page.page.get_by_role("button", name="Undo").click()


def test_a_link_is_not_to_the_frame_before(open_page: Any) -> None:
    page = open_page()
    times = page.page.evaluate("[0.04, 1.2, 2.2713, 7199.960001].map(linked)")
    assert times == ["0.040", "1.200", "2.272", "7199.960"]


def test_print_has_names_without_tools_and_dark_pages_become_light(open_page: Any) -> None:
    page = open_page("#video=talk.mp4", color_scheme="dark")
    picture = "document.querySelector('.lanes canvas').toDataURL()"
    dark = page.page.evaluate(picture)
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.page.evaluate(picture) != dark
    page.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.page.evaluate(picture) == dark
    page.page.emulate_media(media="print")
    assert page.page.get_by_role("button", name="Ana", exact=True).is_visible()
    assert not page.page.get_by_role("button", name="Rename").first.is_visible()
