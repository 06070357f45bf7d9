"""ONE photograph: its faces, found and read alone, and the picture with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vidfx.annotation.context import Context
from vidfx.annotation.drawing.draw_context import DrawContext
from vidfx.annotation.photographs.detector import PhotographDetector
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.stage_timer import StageTimer
from vidfx.corrections.hidden import GivenNames, HideOrShow
from vidfx.corrections.line import Correction
from vidfx.overlay.labels import FaceLabel
from vidfx.overlay.painter import Painter
from vidfx.people.people_file import People
from vidfx.people.readings import readings, with_readings
from vidfx.people.who import who_are
from vidfx.privacy.hiding import Hiding
from vidfx.saved.named import named
from vidfx.stages.pixels import to_rgb
from vidfx.stages.settled import Settled, UnshownFaces
from vidfx.types import Frame
from vidfx.video.read.colours import rgb_colour
from vidfx.video.read.pixels import RgbToI420
from vidfx.video.read.rgb_info import rgb_info


def photograph_context(context: Context) -> Context:
    """The context for photographs: they are on the host, and each is detected on at two sizes."""
    models = context.models
    detector = PhotographDetector(models.detector, models.threshold, models.checker)
    models = replace(
        models,
        detector=detector,
        threshold=detector.threshold,
        checker=None,
        tensors_on=None,
        embedding=models.embedding if models.people else None,
    )
    return replace(context, models=models)


def settle_photograph(
    path: Path, rgb: np.ndarray, context: Context, timer: StageTimer
) -> tuple[Settled, list[str]]:
    """The faces of a picture (H, W, 3) uint8, and warnings about engines. Raises EngineError.

    A track is one face; they are numbered from left to right.
    """
    height, width = rgb.shape[:2]
    info = rgb_info(path, width, height)
    pipeline = Pipeline(info, context.settings, context.models, timer)
    (settled,) = pipeline([Frame(0, 0, rgb)])
    faces = settled.faces
    if (people := context.models.people) and pipeline.best_crops:
        shown: list[int] = faces.track.tolist()
        spans = dict.fromkeys(shown, (0.0, 0.0))
        kept, known = pipeline.best_crops.kept(), people.of_photograph
        settled = named(settled, People(who_are(kept, spans, known)))
        faces = replace(with_readings(settled, readings(kept, *known)).faces, person=None)
    order = np.argsort(faces.box[:, 0] + faces.box[:, 2])
    numbered = replace(faces.rows(order), track=np.arange(1, len(faces) + 1))
    warnings = pipeline.observe.faults.warnings(context.models.names())
    return replace(settled, faces=numbered), warnings


def hiding_of(
    rgb: np.ndarray, settled: Settled, context: Context, lines: Sequence[Correction]
) -> Hiding | None:
    """Who is hidden in a picture, whose corrections are ``lines``; None: nobody.

    All that either detector finds counts.
    """
    if not context.settings.hide and not any(line.action == "hide" for line in lines):
        return None
    detector, height = context.models.detector, rgb.shape[0]
    assert isinstance(detector, PhotographDetector)
    found = detector.every_face(Frame(0, 0, rgb), rgb_colour(height).matrix)
    unshown = settled.unshown
    every = UnshownFaces(
        np.zeros(len(unshown) + len(found), np.int64),
        np.concatenate([unshown.box, found.box]),
        np.concatenate([unshown.score, found.score]),
    )
    rows = replace(settled, unshown=every)
    return Hiding(context.settings, lambda: [rows], HideOrShow(lines).said, GivenNames(lines).of)


def drawn(rgb: np.ndarray, labels: Sequence[FaceLabel], context: DrawContext) -> np.ndarray:
    """A picture (H, W, 3) uint8 with its labels; what they do not cover stays as it is."""
    if not labels:
        return rgb
    height, width = rgb.shape[:2]
    colour = rgb_colour(height)
    planes = RgbToI420(colour)(rgb)
    before = planes.copy()
    painter = Painter(
        width,
        height,
        matrix=colour.matrix,
        messages=context.messages,
        looks=replace(context.looks, clock=False),
        people=context.people,
    )
    painter.paint(planes, labels, 0.0)
    y, u, v = _planes(planes)
    in_y, in_u, in_v = _planes((planes != before).astype(np.uint8))
    size = planes.shape[1], len(y)
    in_chroma = cv2.resize(cv2.bitwise_or(in_u, in_v), size, interpolation=cv2.INTER_NEAREST)
    changed = cv2.bitwise_or(in_y, in_chroma)
    chroma = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v)]
    painted = to_rgb([y, *chroma], colour.matrix)
    result = rgb.copy()
    cv2.copyTo(painted[:height, :width], changed[:height, :width], result)
    return result


def _planes(i420: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Views (H, W) and twice (H / 2, W / 2) of planes (H * 3 / 2, W)."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    return i420[:height], chroma[0], chroma[1]
