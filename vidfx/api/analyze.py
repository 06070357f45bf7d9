"""``vidfx.analyze`` and ``vidfx.Analyzer``."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np

from vidfx.annotation.context import Context, load_context
from vidfx.annotation.photographs.picture import photograph_context, settle_photograph
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.errors import UsageError
from vidfx.load_settings import with_changes
from vidfx.stages.settled import Expressions, Labels, Settled, SettledFaces
from vidfx.types import Frame
from vidfx.video.read.rgb_info import rgb_info

_IN_MEMORY = Path("frames in memory")
MOST_RATE = 1000.0


@dataclass(frozen=True, eq=False)
class Faces:
    """The N faces of one frame, by track."""

    index: int
    "the number of the frame, from 0"
    box: np.ndarray
    "(N, 4) float32 xyxy px; (0, 0) is the outer corner of the first pixel"
    landmarks: np.ndarray
    "(N, 5, 2) float32 px: left eye, right eye, nose, left and right mouth corner, as seen"
    score: np.ndarray
    "(N,) float32, the detector's, 0 to 1; NaN where a box is between two detections"
    quality: np.ndarray
    "(N,) float64, 0 (useless) to 1: size x sharpness x frontality; NaN as ``score``"
    track: np.ndarray
    "(N,) int64, from 1: the same number is the same face; alone, they count from left to right"
    identity: tuple[str | None, ...]
    "N names, ``other`` or ``unknown``; None without a recognition engine"
    identity_prob: np.ndarray
    "(N,) float64, 0 to 1; NaN where there is none"
    emotion: tuple[str | None, ...]
    "N facial expressions; None where none is certain enough"
    emotion_prob: np.ndarray
    "(N,) float64, of the expression, or of the most likely one; NaN where none was read"
    emotion_probs: np.ndarray
    "(N, K) float64, of each of ``emotions``"
    emotions: tuple[str, ...]
    "the K expressions that the engine knows"

    def __len__(self) -> int:
        return len(self.box)


class Analyzer:
    """Engines that stay loaded, for frames that come at different times.

    ``settings`` and ``changes`` are those of ``vidfx.annotate``; those about files count for
    nothing. Entering it loads the engines, which takes a second or two, and leaving it frees them.
    It is used by one thread at a time.

    Raises UsageError for wrong settings, and UnavailableError, when it is entered, where an engine
    or a device is not here.

    Examples:
        >>> picture = np.zeros((180, 320, 3), np.uint8)
        >>> with vidfx.Analyzer(emotion="none") as analyzer:
        ...     for _ in range(2):
        ...         (faces,) = analyzer.analyze([picture])
        ...         print(len(faces))
        0
        0
    """

    def __init__(self, settings: Settings | None = None, **changes: object) -> None:
        self._settings = with_changes(settings or Settings(), changes)
        self._loaded = ExitStack()
        self._context: Context | None = None

    def __enter__(self) -> Analyzer:
        self._context = self._loaded.enter_context(load_context(self._settings))
        return self

    def __exit__(self, *_: object) -> None:
        self._context = None
        self._loaded.close()

    def analyze(
        self, frames: Iterable[np.ndarray], *, rate: float | None = None
    ) -> Generator[Faces]:
        """As ``vidfx.analyze``, with these engines. Each call with a ``rate`` is a new video."""
        _check_rate(rate)
        if self._context is None:
            raise UsageError(
                "this Analyzer has no engines: it is not entered, or already left",
                hint="with vidfx.Analyzer() as analyzer: ...",
            )
        return _faces(frames, self._context, rate)


def analyze(
    frames: Iterable[np.ndarray],
    settings: Settings | None = None,
    *,
    rate: float | None = None,
    **changes: object,
) -> Generator[Faces]:
    """Find and read the faces in frames that a program has.

    ``frames`` are arrays (H, W, 3) uint8 RGB: pictures, each read alone as a photograph is, of any
    sizes. With ``rate``, frames a second, they are the consecutive frames of one video, all of one
    size: faces are followed, and their readings smoothed, so that results come about a second
    later. ``settings`` and ``changes`` are those of ``vidfx.annotate``; those about files count for
    nothing.

    Yields the ``Faces`` of each frame, in order. The engines are loaded for the first frame, which
    takes a second or two, and freed at the end: give all frames to one call, or use an
    ``Analyzer``. ``frames`` may be a generator, such as of a camera.

    Raises UsageError for frames of another shape and for wrong settings, UnavailableError where an
    engine or a device is not here.

    Examples:
        >>> frame = np.zeros((180, 320, 3), np.uint8)
        >>> for faces in vidfx.analyze([frame, frame], emotion="none"):
        ...     print(faces.index, len(faces), faces.box.shape, faces.landmarks.shape)
        0 0 (0, 4) (0, 5, 2)
        1 0 (0, 4) (0, 5, 2)
    """
    _check_rate(rate)
    return _loaded_for(Analyzer(settings, **changes), _checked(frames), rate)


def _loaded_for(
    analyzer: Analyzer, frames: Iterator[np.ndarray], rate: float | None
) -> Generator[Faces]:
    first = next(frames, None)
    if first is not None:
        with analyzer:
            yield from analyzer.analyze(chain([first], frames), rate=rate)


def _check_rate(rate: float | None) -> None:
    if rate is not None and not 0 < rate <= MOST_RATE:
        raise UsageError(
            f"rate={rate}: frames a second are above 0, and at most {MOST_RATE:g}",
            hint="leave it out for pictures that are no video",
        )


def _faces(frames: Iterable[np.ndarray], context: Context, rate: float | None) -> Generator[Faces]:
    checked = _checked(frames)
    if rate is None:
        yield from _alone(checked, photograph_context(context))
    elif (first := next(checked, None)) is not None:
        every = chain([first], checked)
        yield from _followed(every, first, context, Fraction(rate).limit_denominator(1001))


def _alone(frames: Iterable[np.ndarray], context: Context) -> Iterator[Faces]:
    for index, frame in enumerate(frames):
        settled, _ = settle_photograph(_IN_MEMORY, frame, context, StageTimer())
        yield _of(index, settled.faces, context)


def _followed(
    frames: Iterable[np.ndarray], first: np.ndarray, context: Context, rate: Fraction
) -> Iterator[Faces]:
    height, width = first.shape[:2]
    models = replace(context.models, tensors_on=None)
    info = rgb_info(_IN_MEMORY, width, height, rate=rate, n_frames=None)
    pipeline = Pipeline(info, context.settings, models, StageTimer())

    def numbered() -> Iterator[Frame]:
        for index, frame in enumerate(frames):
            if frame.shape != first.shape:
                raise UsageError(
                    f"frame {index}: is {frame.shape}, and the first one {first.shape}",
                    hint="give frames of one size, or no rate",
                )
            yield Frame(index, index, frame.copy())  # a camera may use its memory again

    settled: Generator[Settled] = (some for some in pipeline(numbered()))
    with closing(settled):
        for some in settled:
            for frame, faces in some.each():
                yield _of(frame.frame.index, faces, context)


def _checked(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for index, frame in enumerate(frames):
        is_picture = frame.ndim == 3 and frame.shape[2] == 3 and frame.size > 0
        if not is_picture or frame.dtype != np.uint8:
            raise UsageError(
                f"frame {index}: is {frame.shape} {frame.dtype}, not (H, W, 3) uint8 RGB",
                hint="OpenCV reads BGR: frame[..., ::-1] makes RGB of it",
            )
        yield np.ascontiguousarray(frame)


def _of(index: int, faces: SettledFaces, context: Context) -> Faces:
    count = len(faces)
    emotions = context.emotions if context.models.emotion else ()
    identity, identity_prob = _labels(faces.identity, count)
    emotion, emotion_prob = _labels(faces.emotion, count)
    probs = np.zeros((count, 0)) if faces.emotion is None else faces.emotion.probs
    return Faces(
        index=index,
        box=faces.box,
        landmarks=faces.landmarks,
        score=faces.score,
        quality=faces.quality.prod(1),
        track=faces.track,
        identity=identity,
        identity_prob=identity_prob,
        emotion=emotion,
        emotion_prob=emotion_prob,
        emotion_probs=probs.astype(np.float64),
        emotions=emotions,
    )


def _labels(
    labels: Labels | Expressions | None, count: int
) -> tuple[tuple[str | None, ...], np.ndarray]:
    if labels is None:
        return (None,) * count, np.full(count, np.nan)
    return tuple(labels.texts()), labels.prob.astype(np.float64)
