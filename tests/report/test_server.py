"""What the server of a report gives away, and which part of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.reported_videos import reported
from vidfx.report.build import write_report
from vidfx.report.server import ReportServer, byte_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        *(("", None), ("bytes=-", None), ("bytes=5-4", None), ("bytes=0-1,5-6", None)),
        *(("bytes=0-3", range(4)), ("bytes=4-", range(4, 10)), ("bytes=9-99", range(9, 10))),
        *(("bytes=-3", range(7, 10)), ("bytes=-99", range(10))),
        *(("bytes=10-", range(0)), ("bytes=-0", range(0))),
    ],
)
def test_the_bytes_of_a_range(header: str, part: range | None) -> None:
    found = byte_range(header, 10)
    assert (found is None) == (part is None)
    assert [*(found or ())] == [*(part or ())]


def test_only_what_the_pages_show_is_served(tmp_path: Path) -> None:
    """A source that is in the folder itself, before and after somebody in it is hidden."""
    reported(tmp_path, "talk.mp4")
    source = tmp_path / "talk.mp4"
    source.write_bytes(b"a video")
    write_report(tmp_path, faces=False, report=lambda _: None)
    with ReportServer(tmp_path) as server:
        assert server.served("source/talk.mp4") == source
        assert server.served("report/index.html") == tmp_path / "report/index.html"
        for path in ("talk.mp4", "talk.mp4.faces.csv", "report/../talk.mp4", "report/../../x"):
            assert server.served(path) is None, path
        (tmp_path / "talk.mp4.corrections.csv").write_text(
            "track_id,from_s,to_s,action,value\n1,,,hide,\n"
        )
        assert server.served("source/talk.mp4") is None
