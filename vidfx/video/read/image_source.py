"""Reads pictures: a folder of them is a video at 25 frames per second, one is one frame."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from vidfx.errors import NotMediaError
from vidfx.notation import natural_order
from vidfx.suffixes import ANNOTATED_PICTURE, IMAGE_SUFFIXES
from vidfx.types import Frame, VideoInfo
from vidfx.video.container.kinds import kind_of
from vidfx.video.read.colours import rgb_colour
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.pixels import RgbToI420
from vidfx_engines.files import leads_out

FRAME_RATE = Fraction(25)

cv2.utils.logging.setLogLevel(
    cv2.utils.logging.LOG_LEVEL_SILENT
)  # vidfx reports itself what cannot be read


def pictures_in(path: Path) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10), or the picture itself.

    Annotated photographs, and links that lead out of the folder, are left out. Raises
    NotMediaError where there is no picture.
    """
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        found = [
            p
            for p in path.iterdir()
            if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")
            if not p.stem.endswith(ANNOTATED_PICTURE)
            if p.is_file() and not leads_out(p, path)
        ]
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else "may not be read"
        raise NotMediaError(f"{path}: {reason}", hint="check the path") from error
    if not found:
        raise NotMediaError(
            f"{path}: a folder without pictures",
            hint=f"pictures are {', '.join(sorted(IMAGE_SUFFIXES))}",
        )
    return sorted(found, key=lambda p: (natural_order(p.stem), p.name))


def read_picture_or_none(path: Path) -> np.ndarray | None:
    """(H, W, 3) uint8 RGB, turned upright as its EXIF data says; None if it cannot be read."""
    try:
        bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    # None where it is not a picture, whatever the stubs say
    return None if bgr is None else cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # pyright: ignore


def has_more(path: Path) -> bool:
    """Whether a picture is the first of several in its file."""
    if path.suffix.lower() not in (".tif", ".tiff"):
        return kind_of(path) != "pictures"
    try:
        return cv2.imcount(str(path)) > 1
    except (cv2.error, UnicodeEncodeError):
        return False


class ImageSource(FrameSource):
    """Pictures as frames; Frame.index and Frame.pts are the position in the folder.

    The first picture gives the size; others are scaled to fit, with black bars. A picture that
    cannot be read is left out, with a warning. Raises NotMediaError where not one can be read.
    """

    name = "images"

    def __init__(
        self,
        path: Path,
        *,
        planes: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        super().__init__(start_s=start_s, end_s=end_s)
        self._pictures, self._planes = pictures_in(path), planes
        first = next((p for p in map(read_picture_or_none, self._pictures) if p is not None), None)
        if first is None:
            raise NotMediaError(
                f"{path}: no picture that can be read", hint="open it in a viewer to check it"
            )
        height, width = first.shape[:2]
        self.info = VideoInfo(
            path=path,
            width=width,
            height=height,
            time_base=1 / FRAME_RATE,
            start_pts=0,
            frame_rate=FRAME_RATE,
            n_frames=len(self._pictures),
            duration_s=float(len(self._pictures) / FRAME_RATE),
            rotation=0,
            codec="images",
            pixel_format="rgb24",
            has_audio=False,
            colour=rgb_colour(height),
        )

    def __iter__(self) -> Iterator[Frame]:
        to_i420 = RgbToI420(self.info.colour)
        unreadable = resized = of_several = 0
        for index, path in enumerate(self._pictures):
            if self.is_before_start(index):
                continue
            if self.is_past_end(index):
                break
            rgb = read_picture_or_none(path)
            if rgb is None:
                unreadable += 1
                continue
            of_several += has_more(path)
            if rgb.shape[:2] != (self.info.height, self.info.width):
                resized += 1
                rgb = _fit(rgb, self.info.width, self.info.height)
            rgb.setflags(write=False)
            yield Frame(index, index, rgb, to_i420(rgb) if self._planes else None)
        if unreadable:
            self.warnings.append(
                f"{unreadable} of the pictures could not be read and were left out"
            )
        if of_several:
            self.warnings.append(
                f"{of_several} of the pictures had more pages or frames; the first was read"
            )
        if resized:
            self.warnings.append(
                f"{resized} of the pictures had another size and were scaled to fit the first one's"
            )


def _fit(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    scale = min(width / rgb.shape[1], height / rgb.shape[0])
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    scaled = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    fitted = np.zeros((height, width, 3), np.uint8)
    fitted[top : top + size[1], left : left + size[0]] = scaled
    return fitted
