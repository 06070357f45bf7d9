"""ONE video of a data set whose faces people boxed and labelled; see ``cvat_boxes``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vidfx.annotation.models import Models
from vidfx.annotation.source_faces import is_photograph
from vidfx.errors import EngineFailedError, InputError
from vidfx.extract.crop_selection import CropSelector
from vidfx.extract.cvat_boxes import CvatBoxes, LabelledBox, read_cvat
from vidfx.extract.dataset_writer import DatasetWriter, PendingCrop
from vidfx.extract.recut_picture import CANVAS, THRESHOLD
from vidfx.extract.request import ExtractRequest
from vidfx.extract.source import open_frames, source_entry, within_limit
from vidfx.jobs.outcomes import Outcome
from vidfx.stages import align
from vidfx.stages.detect import Detector
from vidfx.stages.settled import DETECTED, SettledFaces
from vidfx.types import Frame, Stretch, VideoInfo
from vidfx_engines.base import Engine
from vidfx_engines.errors import EngineError

QUALITY_CROP = ("arcface", 112)
"""Template and size in px of the crop by which sharpness is rated."""
AROUND = 2.0
"""The detector searches in a square of this many times the longer side of a box."""


def extract_corrected(
    path: Path,
    request: ExtractRequest,
    models: Models,
    writer: DatasetWriter,
    advanced: Callable[[float], None],
) -> Outcome:
    """Add the faces that the annotations of ``path`` have, each with its own label.

    The detector only finds their landmarks, by which they are cut as ``annotate`` cuts them.
    ``advanced`` receives the part read, 0 to 1. Raises InputError, EngineFailedError and
    OutputError; ``writer.discard`` then removes its crops.
    """
    began = time.perf_counter()
    if is_photograph(path):
        raise InputError(f"{path}: a photograph has no annotations of a video", hint="leave it out")
    boxes = read_cvat(request.annotations_of(path), request.label_from)
    entries = {label: source_entry(path, label, request, writer.root) for label in boxes.labels()}
    entries = {label: entry for label, entry in entries.items() if entry not in writer}
    if boxes.by_frame and not entries:
        return Outcome(str(path), "skipped")
    criteria = replace(request.criteria, largest_only=False)
    with open_frames(path, request) as source:
        _check_size(path, boxes, source.info)
        stretch = source.info.stretch
        selectors = {label: CropSelector(criteria, stretch) for label in entries}
        pending: dict[str, list[PendingCrop]] = {label: [] for label in entries}
        finder = _FaceFinder(models.detector.engine, stretch)
        last = max(boxes.by_frame, default=0)
        for frame in source:
            if frame.index > last:
                break
            some = [box for box in boxes.by_frame.get(frame.index, ()) if box.label in entries]
            for label, faces in finder.faces(frame, some).items():
                crops = selectors[label].add(source.info.seconds(frame.pts), frame.rgb, faces)
                pending[label] += [writer.keep(crop, photograph=False) for crop in crops]
            advanced(frame.index / max(last, 1))
        left_out: Counter[str] = Counter()
        kept: dict[str, int] = {}
        for label, selector in selectors.items():
            pending[label] += [writer.keep(crop, photograph=False) for crop in selector.finish()]
            crops = within_limit(pending[label], criteria.limit, photograph=False)
            reasons = {**selector.left_out, "over_limit": len(pending[label]) - len(crops)}
            writer.commit(entries[label], path.stem, crops, reasons)
            left_out.update(reasons)
            kept[label] = len(crops)
    return Outcome(
        str(path),
        "done",
        counts={"labels": kept, "crops": sum(kept.values()), **left_out},
        seconds=round(time.perf_counter() - began, 3),
        warnings=(*source.warnings, *_warnings(boxes, request.label_from, finder.missed)),
    )


def _check_size(path: Path, boxes: CvatBoxes, info: VideoInfo) -> None:
    if boxes.size not in (None, (info.width, info.height)):
        width, height = boxes.size or (0, 0)
        raise InputError(
            f"{path}: has {info.width}x{info.height} px, its annotations are of a video with "
            f"{width}x{height} px",
            hint="give each video its own annotations",
        )


def _warnings(boxes: CvatBoxes, attribute: str, missed: int) -> Iterator[str]:
    if boxes.unlabelled:
        yield f"left out: {boxes.unlabelled} boxes whose {attribute} is empty, unknown or unsure"
    if missed:
        yield f"left out: {missed} boxes in which the detector finds no face"


class _FaceFinder:
    """Finds the landmarks of the faces in boxes."""

    def __init__(self, engine: Engine, stretch: Stretch) -> None:
        self.missed = 0
        "boxes without a face so far"
        self._detector = Detector(engine, threshold=THRESHOLD, long_side=CANVAS)
        self._stretch = stretch

    def faces(self, frame: Frame, boxes: Sequence[LabelledBox]) -> dict[str, SettledFaces]:
        """Those of ``boxes`` in which there is a face, by label. Raises EngineFailedError."""
        found: dict[str, list[tuple[LabelledBox, float, np.ndarray]]] = {}
        for box in boxes:
            face = self._face(frame.rgb, np.array(box.box))
            if face is None:
                self.missed += 1
            else:
                found.setdefault(box.label, []).append((box, *face))
        return {label: self._settled(frame.rgb, some) for label, some in found.items()}

    def _face(self, rgb: np.ndarray, box: np.ndarray) -> tuple[float, np.ndarray] | None:
        """Score and landmarks (5, 2) px of the best face whose middle is in ``box`` (4,)."""
        middle, reach = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() * AROUND / 2
        limits = np.array([rgb.shape[1], rgb.shape[0]])
        left, top = np.clip(np.floor(middle - reach), 0, limits).astype(int)
        right, bottom = np.clip(np.ceil(middle + reach), 0, limits).astype(int)
        if right - left < 2 or bottom - top < 2:
            return None
        region = np.ascontiguousarray(rgb[top:bottom, left:right])
        try:
            faces = self._detector([Frame(0, 0, region)], stretch=self._stretch)
        except EngineError as error:
            raise EngineFailedError(f"the detector failed: {error}", hint=error.hint) from error
        corner = np.array([left, top], np.float32)
        middles = (faces.box[:, :2] + faces.box[:, 2:]) / 2 + corner
        inside = ((middles >= box[:2]) & (middles <= box[2:])).all(1)
        for row in np.flatnonzero(inside).tolist():  # the best score comes first
            return float(faces.score[row]), faces.landmarks[row] + corner
        return None

    def _settled(
        self, rgb: np.ndarray, found: Sequence[tuple[LabelledBox, float, np.ndarray]]
    ) -> SettledFaces:
        boxes = np.array([box.box for box, _, _ in found], np.float32)
        marks = np.stack([landmarks for _, _, landmarks in found])
        crops = align.crops(rgb, marks, *QUALITY_CROP, self._stretch)
        sharpness = np.array([align.sharpness(crop) for crop in crops])
        return SettledFaces(
            track=np.array([box.track for box, _, _ in found], np.int64),
            box=boxes,
            landmarks=marks,
            source=np.full(len(found), DETECTED, np.int64),
            score=np.array([score for _, score, _ in found], np.float32),
            quality=align.quality(boxes, marks, sharpness, self._stretch),
            **dict.fromkeys(
                ("identity", "emotion", "emotion_reason", "raw_identity", "raw_emotion")
            ),
        )
