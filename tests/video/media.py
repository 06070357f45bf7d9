"""Small media made on the spot, and readers for what was written."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from vidfx.types import Colour, Frame, VideoInfo
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.encoder_choice import DEFAULT, EncoderChoice
from vidfx.video.write.muxer import Mp4Muxer, VideoReport
from vidfx_engines.files import AtomicFile

WIDTH, HEIGHT = 64, 36
STEP = 512
"ticks of 1/12800 s between frames at 25 per second"


def info(time_base: Fraction = Fraction(1, 12800), **facts: object) -> VideoInfo:
    """What a reader would say about a small video at 25 frames per second."""
    return VideoInfo(
        **{  # type: ignore[arg-type]
            "path": Path("made-here.mp4"),
            "width": WIDTH,
            "height": HEIGHT,
            "time_base": time_base,
            "start_pts": 0,
            "frame_rate": Fraction(25),
            "n_frames": None,
            "duration_s": None,
            "rotation": 0,
            "codec": "h264",
            "pixel_format": "yuv420p",
            "has_audio": False,
            "colour": Colour(1, 1, 1),
            **facts,
        }
    )


def frames(pts: Iterable[int], *, height: int = HEIGHT, width: int = WIDTH) -> Iterator[Frame]:
    """Frames with a bar that moves."""
    rgb = np.zeros((height, width, 3), np.uint8)
    for index, stamp in enumerate(pts):
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = 16
        planes[:height, index % width] = 235
        yield Frame(index, stamp, rgb, planes)


def write_frames(
    path: Path,
    info: VideoInfo,
    frames: Iterable[Frame],
    sound: Path | None = None,
    *,
    choice: EncoderChoice = DEFAULT,
    **part: float,
) -> VideoReport:
    """``frames`` into an MP4, with the sound of ``sound``."""
    with AtomicFile(path) as file, Mp4Muxer(file, info, audio_from=sound, **part) as mp4:
        encoder = VideoEncoder(mp4, choice)
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
        return mp4.complete()


def write_video(
    path: Path, info: VideoInfo, pts: list[int], sound: Path | None = None, **options
) -> VideoReport:
    """Small pictures at ``pts`` into an MP4, with the sound of ``sound``."""
    return write_frames(path, info, frames(pts), sound, **options)


def beeps(at: Iterable[float], *, seconds: float, rate: int, channels: int) -> np.ndarray:
    """(channels, n) float32 silence with 50 ms of 1 kHz at the given seconds."""
    time = np.arange(round(seconds * rate)) / rate
    sound = np.zeros(time.shape, np.float32)
    for begin in at:
        on = (time >= begin) & (time < begin + 0.05)
        sound[on] = 0.8 * np.sin(2 * np.pi * 1000 * (time[on] - begin) + np.pi / 2)
    return np.tile(sound, (channels, 1))


def write_sound(
    path: Path,
    codec: str,
    *,
    at: Iterable[float] = (0.5, 1.5),
    seconds: float = 2.0,
    rate: int = 48_000,
    channels: int = 2,
    layout: str = "",
    begin: float = 0.0,
    copies: int = 1,
) -> Path:
    """A file with sound that beeps ``at`` seconds after ``begin``, where its first sample lies."""
    sound = beeps(at, seconds=seconds, rate=rate, channels=channels)
    layout = layout or {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels]
    with av.open(str(path), "w") as container:
        streams = []
        for _ in range(copies):
            stream = container.add_stream(codec, rate=rate, options={"strict": "experimental"})
            stream.layout = layout
            streams.append(stream)
        for n in range(0, sound.shape[1], 1024):
            for stream in streams:
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(sound[:, n : n + 1024].T).reshape(1, -1), "flt", layout
                )
                frame.sample_rate = rate
                frame.time_base = Fraction(1, rate)
                frame.pts = round(begin * rate) + n
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def presentation_times(path: Path) -> list[Fraction]:
    """Seconds of every frame that a decoder gives."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.pts * frame.time_base for frame in container.decode(stream)]


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Seconds and bytes of every packet of the first sound stream."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


def beep_times(path: Path) -> list[float]:
    """Seconds at which the first channel rises out of silence."""
    pieces: list[np.ndarray] = []
    times: list[np.ndarray] = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("flt")
        for frame in container.decode(stream):
            begin = float(frame.pts * frame.time_base)
            frame.pts = None
            for part in resampler.resample(frame):
                samples = part.to_ndarray().reshape(part.samples, -1)[:, 0]
                pieces.append(samples)
                times.append(begin + np.arange(samples.size) / part.sample_rate)
    time = np.concatenate(times)
    loud = time[np.abs(np.concatenate(pieces)) > 0.2]
    return [float(b) for a, b in pairwise([-np.inf, *loud]) if b - a > 0.2]


def atoms(path: Path) -> list[str]:
    """Types of the top-level boxes of an MP4, in order."""
    data = path.read_bytes()
    found: list[str] = []
    position = 0
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        found.append(kind.decode())
        if size == 1:
            size = struct.unpack_from(">Q", data, position + 8)[0]
        position += size
    return found


def write_recording(
    path: Path,
    *,
    seconds: float = 2.0,
    begin: float = 0.0,
    video: str = "libx264",
    sound: str | None = "aac",
    sound_from: float = 0.0,
    rate: int = 48_000,
    frame_rate: int | Fraction = 25,
    container: str | None = None,
) -> Path:
    """White for 80 ms and a beep at ``begin`` (seconds of the file's clock) and every 0.5 s on."""
    with av.open(str(path), "w", format=container) as out:
        picture = out.add_stream(video, rate=frame_rate, options={"bf": "2", "g": "12"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream = out.add_stream(sound, rate=rate) if sound else None
        if stream:
            stream.layout = "mono"
        flashes = np.arange(0, seconds, 0.5)
        samples = beeps(flashes, seconds=seconds, rate=rate, channels=1)
        samples[:, : round(sound_from * rate)] = 0
        for number in range(round(seconds * frame_rate)):
            white = any(0 <= number / frame_rate - at < 0.08 for at in flashes)
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = 235 if white else 16 + number % 64
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.time_base = 1 / Fraction(frame_rate)
            frame.pts = round(begin * frame_rate) + number
            out.mux(picture.encode(frame))
            if stream is None or number / frame_rate < sound_from:
                continue
            first, last = (round(n * rate / frame_rate) for n in (number, number + 1))
            piece = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[:, first:last]), "fltp", "mono"
            )
            piece.sample_rate, piece.time_base = rate, Fraction(1, rate)
            piece.pts = round(begin * rate) + first
            out.mux(stream.encode(piece))
        out.mux(picture.encode(None))
        if stream:
            out.mux(stream.encode(None))
    return path


def join(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def flash_times(path: Path) -> list[float]:
    """Seconds at which the picture turns white."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        shown = [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="gray").mean() > 170)
            for frame in container.decode(stream)
        ]
    before = [False, *(white for _, white in shown)]
    return [time for (time, white), was in zip(shown, before, strict=False) if white and not was]
