"""A wrong or unusual sound costs the sound at most, and is reported."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video import media
from tests.vidfx_command import run_python
from vidfx.errors import NotMediaError
from vidfx.video.container.protection import is_scrambled
from vidfx.video.read.pyav_source import PyAVSource
from vidfx.video.sound import mp4_codecs
from vidfx.video.sound.aac import AacEncoding, Frames, Packets

PTS = list(range(0, 25 * media.STEP, media.STEP))
RATE = 48_000
KEYS = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
    "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
}


def quicktime(path: Path, tag: int, heard: int) -> Path:
    """PCM of 8 channels, one of which is heard, that lie as a layout tag of QuickTime's says."""
    tone = np.zeros((RATE, 8), np.int16)
    tone[:, heard] = 8000 * np.sin(np.arange(RATE) * 0.06)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "7.1"
        frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), "s16", "7.1")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    box = data.index(b"chan")
    data[box + 8 : box + 16] = (tag << 16 | 8).to_bytes(4, "big") + bytes(4)
    path.write_bytes(data)
    return path


WRITE = """
import sys
from pathlib import Path
from tests.video import media
for sound in map(Path, sys.argv[1:]):
    out = sound.with_suffix(".mp4")
    report = media.write_video(out, media.info(), list(range(0, 12800, 512)), sound)
    print(report.audio, report.warnings)
"""
ORDERS = [
    (128, 4, "SL"),  # of FL FR FC LFE SL SR BL BR
    (128, 6, "BL"),
    (126, 5, "SR"),  # of FL FR FC LFE SL SR FLC FRC
    (127, 0, "FC"),  # of FC FLC FRC FL FR SL SR LFE
]


def loudest(path: Path) -> str:
    """The name of a file's loudest channel."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        names = [channel.name for channel in stream.layout.channels]
        resampler, power = av.AudioResampler("flt"), np.zeros(len(names))
        for frame in container.decode(stream):
            frame.pts = None
            for part in resampler.resample(frame):
                power += (part.to_ndarray().reshape(part.samples, -1) ** 2).sum(0)
    return names[int(power.argmax())]


def test_channels_in_an_order_of_their_own(tmp_path: Path) -> None:
    """In a process of its own: the bindings abort theirs where they free a layout twice."""
    sounds = [
        quicktime(tmp_path / f"{number}.mov", tag, stored)
        for number, (tag, stored, _) in enumerate(ORDERS)
    ]
    done = run_python(WRITE, *sounds)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["pcm_s16le re-encoded to aac ()"] * len(ORDERS)
    heard = [loudest(sound.with_suffix(".mp4")) for sound in sounds]
    assert heard == [name for _, _, name in ORDERS]


def test_a_sound_that_the_muxer_refuses_is_encoded(out: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mp4_codecs, "COPIED", {"adpcm_ms"})
    sound = media.write_sound(tmp_path / "a.wav", "adpcm_ms")
    report = media.write_video(out, media.info(), PTS, sound)
    assert report.audio == "adpcm_ms re-encoded to aac"
    assert len(media.presentation_times(out)) == 25


def test_a_sound_that_fails_midway_costs_no_picture(out: Path, tmp_path: Path, monkeypatch) -> None:
    make = AacEncoding.packets

    def some_packets(self: AacEncoding, frames: Frames) -> Packets:
        yield from islice(make(self, frames), 20)
        raise av.error.PatchWelcomeError(-1, "not yet implemented")

    monkeypatch.setattr(AacEncoding, "packets", some_packets)
    sound = media.write_sound(tmp_path / "a.mkv", "vorbis")
    report = media.write_video(out, media.info(), PTS, sound)
    assert report.audio == "vorbis re-encoded to aac"
    assert "could not be kept to its end" in report.warnings[0]
    assert len(media.presentation_times(out)) == 25


def test_a_sound_that_is_encrypted_is_left_out(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", container_options=KEYS) as container:
        stream = container.add_stream("aac", rate=RATE)
        for n in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, n * 1024, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    report = media.write_video(out, media.info(), PTS, path)
    assert report.audio == "none"
    assert report.warnings == ("the sound is encrypted and was left out",)
    assert len(media.presentation_times(out)) == 25


def test_an_encrypted_video_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", container_options=KEYS) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(NotMediaError, match=r"a\.mp4: is encrypted \(DRM\)"):
        PyAVSource(path)


def test_a_scrambled_broadcast_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    media.write_sound(path, "mp2")
    assert not is_scrambled(path)
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 188):
        data[at + 3] |= 0x80
    path.write_bytes(data)
    assert is_scrambled(path)
