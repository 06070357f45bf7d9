"""Hidden faces in written videos: checked by a detector that did not hide them."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vidfx_command import read_csv, results_in, vidfx
from vidfx.annotation.drawing.verify import verify
from vidfx.errors import FaceSeenError
from vidfx.result_settings import ResultSettings
from vidfx.stages.detect import Detector
from vidfx.types import Frame
from vidfx.video.read.photograph import read_photograph
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select

QUICK = ["--emotion", "none", "--preset", "ultrafast"]


def frames_of(video: Path) -> Iterator[np.ndarray]:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def other_detector(long_side: int = 960, threshold: float = 0.5) -> Detector:
    return Detector(
        select(embedded("centerface"), device="cpu").engine,
        threshold=threshold,
        long_side=long_side,
    )


def seen_in(frames: Iterator[np.ndarray], detector: Detector) -> list[int]:
    """The frames on which ``detector`` finds a face."""
    return [
        index
        for index, rgb in enumerate(frames)
        if len(detector([Frame(index, index, np.ascontiguousarray(rgb))]))
    ]


@pytest.mark.parametrize("segments", [1, 2])
def test_no_frame_of_a_written_video_shows_a_hidden_face(
    segments: int, clip: Path, tmp_path: Path
) -> None:
    options = ["--hide", "all", "--sound", "drop", "--segments", segments, *QUICK]
    assert vidfx("annotate", clip, "-o", tmp_path, *options).exit_code == 0
    video = tmp_path / "clip.mp4.annotated.mp4"
    detector = other_detector(480)
    assert len(list(frames_of(video))) == 60
    assert seen_in(frames_of(video), detector) == []
    assert len(seen_in(frames_of(clip), detector)) == 60
    with av.open(str(video)) as container:
        assert not container.streams.audio and "title" not in container.metadata
    told = json.loads((tmp_path / "clip.mp4.privacy.json").read_text())
    rows = read_csv(tmp_path / "clip.mp4.faces.csv")
    assert told["rows_hidden"] == told["rows"] == len(rows) > 60
    assert told["frames_with_masks"] == 60 and told["least_margin"] >= 0.3
    assert told["frames_with_a_detection_outside_masks"] == []
    again = vidfx("annotate", clip, "-o", tmp_path, *options)
    assert again.exit_code == 0 and "done already" in again.stderr


def test_a_face_that_is_seen_fails_the_search_with_the_times(clip: Path) -> None:
    """All of its frames show one, and none of them is said to be shown."""
    with pytest.raises(FaceSeenError, match=r"a\.mp4: .* seen on 60 of 60 frames, at 0\.00, 0\.03"):
        verify("a.mp4", clip, [], ResultSettings(detector_size=320), int, lambda: None)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--hide", "others"], "faces have no names here"),
        (["--hide", "track:x"], "--hide: 'track:x': track: needs the number of a track"),
        (["--hide", "all", "--hold", "11"], "hold"),
        (["--hide", "all", "--no-video"], "--video says that none is written"),
    ],
)
def test_what_cannot_be_hidden_is_refused(
    options: list[str], why: str, clip: Path, tmp_path: Path
) -> None:
    done = vidfx("annotate", clip, "-o", tmp_path, *QUICK, *options)
    assert done.exit_code == 2 and why in done.stderr and not results_in(tmp_path)


def real(name: str) -> Path:
    root = os.environ.get("VIDFX_TEST_DATA")
    if not root:
        pytest.skip("VIDFX_TEST_DATA is not set")
    return Path(root) / name


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "faceswap_ss-test_video_02-no_audio.mp4",
        "intel-again.mkv",
        "intel-head-pose-face-detection-female-and-male.gif",
        "lipnet_grid-bbaf2n.mpg",
        "liveportrait-d13.mp4",
        "pyfeat-noface_face.mov",
    ],
)
def test_real_clips_show_no_hidden_face(name: str, tmp_path: Path) -> None:
    clip = real(f"clips/{name}")
    options = ["--hide", "all", "--end", "6", *QUICK]
    assert vidfx("annotate", clip, "-o", tmp_path, *options).exit_code == 0
    (video,) = tmp_path.glob("*.annotated.mp4")
    assert seen_in(frames_of(video), other_detector()) == []


@pytest.mark.slow
def test_photographs_show_no_hidden_face(tmp_path: Path) -> None:
    with zipfile.ZipFile(real("facemask.zip")) as archive:
        names = [n for n in archive.namelist() if n.endswith(".jpg")][:40]
        for name in names:
            (tmp_path / Path(name).name).write_bytes(archive.read(name))
    out = tmp_path / "out"
    done = vidfx("annotate", tmp_path, "-o", out, "--hide", "all", "--no-sequence", *QUICK)
    assert done.exit_code == 0
    found = sorted(out.glob("*.annotated.jpg"))
    assert len(found) == len(names)
    detector = other_detector()
    pictures = (read_photograph(path).rgb for path in found)
    seen = seen_in(pictures, detector)
    assert len(seen) <= len(names) // 20, [found[i].name for i in seen]


def test_saved_rows_are_hidden_and_the_drawn_part_is_searched(clip: Path, tmp_path: Path) -> None:
    assert vidfx("annotate", clip, "-o", tmp_path, "--no-video", *QUICK).exit_code == 0
    part = ["--start", "0.5", "--end", "1", "--preset", "ultrafast"]
    done = vidfx("render", tmp_path, "--hide", "all", "--verify", *part)
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "clip.mp4.rendered.json").read_text())
    assert record["privacy"]["verified"] == {"frames": 15, "faces_seen": 0}
    assert any(warning.startswith("the sound is kept") for warning in record["warnings"])
