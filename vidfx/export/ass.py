"""``NAME.ass``: boxes and labels that follow the faces, drawn by the player over the video."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidfx.export.escapes import for_subtitles, one_line
from vidfx.export.writer import TextWriter, what, who
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

PIECE_S = 0.2
"""How long a box moves in one straight line."""
_FONT_SIZE = 0.035
"of the height of the picture"
_HEADER = """[Script Info]
Title: {title}
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Label,Sans,{size},&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,\
{line},0,2,0,0,0,1
Style: Box,Sans,{size},&HFF000000,&HFF000000,&H0000C8FF,&H00000000,0,0,0,0,100,100,0,0,1,\
{line},0,7,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass
class _Piece:
    """A face with one label that moves in a straight line."""

    start_s: float
    box: np.ndarray
    "(4,) xyxy px, where it begins"
    text: str
    last: np.ndarray
    "(4,) on the latest frame"


class Ass(TextWriter):
    """Writes a line for each box and each label, and each fifth of a second."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        width, height = video.size
        size = max(round(height * _FONT_SIZE), 8)
        header = _HEADER.format(
            title=one_line(video.name),
            width=width,
            height=height,
            size=size,
            line=max(round(height / 360), 1),
        )
        self.text.write(header)
        self._open: dict[int, _Piece] = {}
        "by track"
        self._last_s = 0.0
        "the time of the latest frame"

    def add(self, settled: Settled) -> None:
        faces = settled.faces
        texts = [
            f"{name}: {label}" if label else name
            for name, label in zip(who(settled), what(settled), strict=True)
        ]
        tracks: list[int] = faces.track.tolist()
        rows = list(zip(tracks, faces.box, texts, strict=True))
        end = 0
        for frame, count in zip(settled.frames, settled.counts.tolist(), strict=True):
            start, end = end, end + count
            here = {track: (box, text) for track, box, text in rows[start:end]}
            for track in [t for t in self._open if t not in here]:
                self._write(track, self._open.pop(track), frame.time_s, None)
            for track, (box, text) in here.items():
                piece = self._open.get(track)
                if piece and (piece.text != text or frame.time_s - piece.start_s > PIECE_S - 1e-6):
                    self._write(track, piece, frame.time_s, box)
                    piece = None
                if piece is None:
                    piece = self._open[track] = _Piece(frame.time_s, box, text, box)
                piece.last = box
            self._last_s = frame.time_s

    def finish(self) -> None:
        end_s = self._last_s + 1 / self.video.frame_rate
        for track, piece in self._open.items():
            self._write(track, piece, end_s, None)
        self.close()

    def _write(self, track: int, piece: _Piece, end_s: float, box: np.ndarray | None) -> None:
        """``box`` is where the face is at the end; None: where it was last."""
        begin, end = piece.box.tolist(), (piece.last if box is None else box).tolist()
        times = f"{_clock(piece.start_s)},{_clock(end_s)}"
        width, height = ((begin[i + 2] - begin[i] + end[i + 2] - end[i]) / 2 for i in (0, 1))
        shape = f"m 0 0 l {width:.0f} 0 {width:.0f} {height:.0f} 0 {height:.0f}"
        moves = f"\\move({begin[0]:.0f},{begin[1]:.0f},{end[0]:.0f},{end[1]:.0f})"
        self.text.write(f"Dialogue: 0,{times},Box,,0,0,0,,{{{moves}\\p1}}{shape}\n")
        above = [(b[0] + b[2]) / 2 for b in (begin, end)]
        moves = f"\\move({above[0]:.0f},{begin[1]:.0f},{above[1]:.0f},{end[1]:.0f})"
        text = for_subtitles(piece.text)
        self.text.write(f"Dialogue: 1,{times},Label,track {track},0,0,0,,{{{moves}}}{text}\n")


def _clock(seconds: float) -> str:
    whole, hundredths = divmod(round(max(seconds, 0.0) * 100), 100)
    minutes, second = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}.{hundredths:02d}"
