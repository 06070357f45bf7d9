"""A video annotated with hidden faces: frames unseen at first, and what could name somebody."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vidfx.annotation import video as annotate_one
from vidfx.annotation.context import Context, load_context
from vidfx.annotation.drawing import verify as search
from vidfx.config import Settings
from vidfx.errors import FaceSeenError
from vidfx.jobs.plan import Job, Outputs
from vidfx.types import Frame
from vidfx.video.read.frame_source import FrameSource

UNSEEN = (5,)


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    settings = Settings(
        hide=("all",), emotion="none", sound="drop", preset="ultrafast", verify=True, threads=1
    )
    with load_context(settings) as loaded:
        yield loaded


class _WithoutSome(FrameSource):
    """A reader that leaves frames out."""

    def __init__(self, source: FrameSource) -> None:
        super().__init__()
        self._source, self.info, self.name = source, source.info, source.name

    def __iter__(self) -> Iterator[Frame]:
        yield from (frame for number, frame in enumerate(self._source) if number not in UNSEEN)

    def close(self) -> None:
        self._source.close()


def of(context: Context, **changes: Any) -> Context:
    return replace(context, settings=replace(context.settings, **changes))


def pictures(video: Path) -> list[np.ndarray]:
    with av.open(str(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_frame_that_was_not_seen_at_first_is_hidden_whole(
    context: Context, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = annotate_one.open_video

    def without_some(path: Path, run: Context) -> tuple[FrameSource, str]:
        source, why = opened(path, run)
        return _WithoutSome(source), why

    monkeypatch.setattr(annotate_one, "open_video", without_some)
    job = Job(clip, Outputs.of(tmp_path / "a"))
    run = of(context, verify=False, end=0.4)
    summary = annotate_one.annotate_video(job, run, lambda _: None)
    written = pictures(job.outputs.video)
    assert len(written) == 12 and summary["counts"]["frames"] == 11
    assert [n for n, picture in enumerate(written) if picture.std() < 4] == [*UNSEEN]
    assert any("1 frames differ when the video is decoded again" in w for w in summary["warnings"])


def test_nothing_is_published_where_a_face_is_seen(
    context: Context, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a search that takes nothing for hidden: an earlier result stays as it was."""
    monkeypatch.setattr(search, "COVERED", 1.1)
    monkeypatch.setattr(search, "SAME_FACE", 1.1)
    job = Job(clip, Outputs.of(tmp_path / "a"))
    shown = of(context, end=0.1, hide=("track:99",))
    with pytest.raises(FaceSeenError, match=r"clip\.mp4: a face that should be hidden is seen on"):
        annotate_one.annotate_video(job, shown, lambda _: None)
    assert not [*tmp_path.iterdir()]


def test_what_could_name_somebody_is_dropped_and_the_search_finds_no_face(
    context: Context, clip: Path, tmp_path: Path
) -> None:
    named, times = tmp_path / "named.mkv", Fraction(1, 1000)
    with av.open(str(clip)) as source, av.open(str(named), "w") as out:
        out.metadata.update({"title": "Ana", "artist": "Ana", "location": "+48.1+011.5/"})
        title = {"title": "Ana comes in"}
        out.set_chapters([{"id": 1, "start": 0, "end": 900, "time_base": times, "metadata": title}])
        copies = {s.index: out.add_stream_from_template(s) for s in source.streams}
        copies[1].metadata.update({"title": "Ana's voice", "language": "eng"})
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
    for number, (changes, frames) in enumerate(
        [({"end": 0.5, "sound": "keep"}, 15), ({"start": 0.3, "end": 0.6}, 9)]
    ):
        job = Job(named, Outputs.of(tmp_path / "out" / f"{number}"))
        annotate_one.annotate_video(job, of(context, **changes), lambda _: None)
        text = job.outputs.privacy.read_text()
        assert f'"frames": {frames},\n  "faces_seen": 0' in text
        with av.open(str(job.outputs.video)) as written:
            assert not written.chapters() and not {*written.metadata} & {"title", "artist"}
            assert b"Ana" not in job.outputs.video.read_bytes()
            assert len(written.streams.audio) == (number == 0)
