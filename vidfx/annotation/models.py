"""The engines of a run: loaded once, with the reasons for their choice."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vidfx.annotation.embedding_engine import load_embedding
from vidfx.annotation.known_people import KnownPeople, check_model, load_people
from vidfx.annotation.model_pack import PACK, insightface_pack
from vidfx.annotation.selecting import engine_errors, selected
from vidfx.auto_device import choose_device
from vidfx.config import Settings
from vidfx.engine_argument import PACKAGED, find_engine
from vidfx.errors import UsageError
from vidfx.jobs.events import Notice
from vidfx.stages.analyze import Analyzer, HostAnalyzer, ReadTask
from vidfx.stages.certainty import NO_LIMITS, Certainty
from vidfx.stages.detect import Detector, Letterbox
from vidfx.stages.detector_heads import HEADS
from vidfx.stages.smooth import DEFAULT_THRESHOLDS
from vidfx.types import SQUARE, Stretch
from vidfx_engines.base import Engine, PreparesShapes, device_text
from vidfx_engines.cores import available_cores
from vidfx_engines.device import Device
from vidfx_engines.dlib_face.convert import DLIB_FACE
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineUnavailable
from vidfx_engines.select import Selection
from vidfx_engines.user_cache import CACHE_HINT, user_cache, why_untrusted

WEAK = 0.5
"""A detection of at least this share of the threshold can continue a track, but not start one."""
FOLLOWED = 0.3
"""The same share for a detector that is checked: its weak detections are near verified faces."""
DETECTORS = {"embedded": "detector-embedded", "centerface": "centerface"}
"""The detectors that come with vidfx, by their names for ``--detector``."""
CHECKERS = {"embedded": "centerface"}
"""The second detector of those that have one."""
THOROUGH = 1.5
"""Factor on the long side of the detector's input with ``--thorough``."""


@dataclass(frozen=True)
class Models:
    """The engines that the pipeline runs, closed when the context ends."""

    detector: Detector
    threshold: float
    "least score of a face that starts a track"
    identity: Engine | None
    emotion: Engine | None
    selections: tuple[Selection, ...]
    notes: tuple[str, ...] = ()
    "for the user: terms of use, a cache that is not used"
    certainty: Certainty = NO_LIMITS
    "what a face must reach to have an expression"
    tensors_on: Device | None = None
    "the device that holds frames and faces as tensors; None: they are arrays on the host"
    threads: int = 1
    "cores that one video may use"
    checker: Detector | None = None
    "the second detector, whose detections decide what is a face"
    embedding: Engine | None = None
    "of faces, by which people are told apart"
    people: KnownPeople | None = None
    "who is named by it"

    def notices(self) -> list[Notice]:
        """For the user: terms of use, what runs where, and why nothing better does.

        That the first choice runs is a detail.
        """
        notices = [Notice(line) for line in self.notes]
        for selection in self.selections:
            line = f"{self.task_of(selection.engine)}: {selection.explanation}"
            notices.append(Notice(line, detail=not selection.passed_over))
        if self.identity and self.identity.spec.thresholds is None:
            notices.append(
                Notice(
                    "identity: the engine has no thresholds; "
                    f"accepting from {DEFAULT_THRESHOLDS.accept:g} on, rejecting up to "
                    f"{DEFAULT_THRESHOLDS.reject:g}; these are defaults, not measured"
                )
            )
        return notices

    def names(self) -> dict[str, str]:
        """Of the engines, by task; where two detect faces, of both."""
        names: dict[str, str] = {}
        for spec in (selection.engine.spec for selection in self.selections):
            before = f"{names[spec.task]} or " if spec.task in names else ""
            names[spec.task] = before + spec.name
        return names

    def describe(self) -> list[dict[str, Any]]:
        """For the summary: every model with its hash, licence and backend, and the reasons."""
        return [_describe(s, self.task_of(s.engine), self.certainty) for s in self.selections]

    def task_of(self, engine: Engine) -> str:
        """What an engine does in this run: "check" is the second detector's."""
        is_checker = self.checker is not None and engine is self.checker.engine
        return "check" if is_checker else engine.spec.task

    def describe_people(self) -> dict[str, Any]:
        """For the summary; nothing without a gallery."""
        return {"people": self.people.describe()} if self.people else {}

    def readers(self) -> dict[ReadTask, Engine]:
        """The engines that read faces."""
        engines: dict[ReadTask, Engine | None] = {
            "identity": self.identity,
            "emotion": self.emotion,
            "embedding": self.embedding,
        }
        return {task: engine for task, engine in engines.items() if engine}

    def analyzer(self) -> Analyzer:
        """A new analyzer, for the frames of one video."""
        engines = self.readers()
        if self.tensors_on is None:
            return HostAnalyzer(self.detector, engines, self.threads, self.checker)
        device: Any = importlib.import_module("vidfx.device.analyze")  # brings torch
        return device.DeviceAnalyzer(self.detector, engines, str(self.tensors_on), self.checker)

    def prepare(self, width: int, height: int, stretch: Stretch = SQUARE) -> None:
        """Have engines prepare their batch shapes, in threads, for a video of this size."""
        if self.tensors_on is not None and self.tensors_on.kind == "cpu":
            return
        box = Letterbox.fit(width, height, self.detector.long_side, stretch)
        for selection in self.selections:
            if isinstance(selection.engine, PreparesShapes):
                selection.engine.prepare(box.height, box.width)

    def close(self) -> None:
        for selection in self.selections:
            selection.engine.close()

    def __enter__(self) -> Models:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _describe(selection: Selection, task: str, certainty: Certainty) -> dict[str, Any]:
    engine = selection.engine
    spec = engine.spec
    limits = {
        "min_confidence": certainty.min_prob,
        "min_quality": certainty.min_quality,
        "min_face_px": certainty.min_face_px,
    }
    return {
        "task": task,
        "name": spec.name,
        "sha256": spec.sha256,
        "labels": list(spec.labels),
        "limits": limits if spec.task == "emotion" else None,
        "licence": spec.licence,
        "training_data": spec.training_data,
        "backend": engine.backend,
        "device": device_text(engine),
        "precision": engine.precision,
        "why": selection.reason,
        "passed_over": [{"backend": b, "reason": r} for b, r in selection.passed_over],
    }


def load_models(settings: Settings, *, checks: bool = True) -> Models:
    """Load the detector and the classifiers that the settings name.

    ``checks``: the second detector is loaded too, where the first one has one.
    Raises UsageError where an engine is for another task, UnavailableError where one cannot be
    loaded here, GalleryError where people cannot be named.
    """
    notices: list[str] = []
    if fault := why_untrusted(user_cache("openvino")):
        notices.append(f"cache: {fault}, and engines are compiled in every run; {CACHE_HINT}")
    choice = choose_device(settings)
    settings = replace(settings, device=choice.device)
    if choice.reason:
        notices.append(choice.reason)
    size, name = settings.detector_size, settings.detector
    if settings.thorough:
        size, name = round(THOROUGH * size), CHECKERS.get(name, name)
    with engine_errors("detector"):
        detector = selected(_detector_path(name, notices), settings)
        second = CHECKERS.get(name) if checks else None
        checker = selected(embedded(second), settings) if second else None
    chosen = [detector, checker] if checker else [detector]
    classifiers: dict[str, Engine | None] = {"identity": None, "emotion": None}
    for task, name in (("identity", settings.recognition), ("emotion", settings.emotion)):
        if name == "none":
            continue
        with engine_errors(task):
            packaged = task == "emotion" and name in PACKAGED
            path = embedded(PACKAGED[name]) if packaged else _existing(name)
            selection = selected(path, settings)
        if selection.engine.spec.task != task:
            raise UsageError(
                f"{name}: this is an engine for {selection.engine.spec.task}, not for {task}",
                hint="name the other engine, or none",
            )
        chosen.append(selection)
        classifiers[task] = selection.engine
    people, embedding = load_people(settings), None
    if people or settings.embeddings:
        name = settings.embedding_engine
        if name == "auto":
            name = people.gallery.engine if people else DLIB_FACE
        crop = people.gallery.crop if people else None
        chosen.append(load_embedding(name, crop, settings, notices))
        embedding = chosen[-1].engine
        if people:
            check_model(people, embedding.spec)
            notices.append(f"people: {people.thresholds.evidence}")
    family = detector.engine.spec.family
    if family is None:
        raise UsageError(
            f"{settings.detector}: this is not a detector",
            hint="name a SCRFD, YuNet or CenterFace file",
        )
    threshold = settings.detector_threshold or HEADS[family].threshold
    weak = WEAK * threshold
    followed = FOLLOWED * threshold if checker else weak
    return Models(
        detector=Detector(detector.engine, threshold=followed, long_side=size),
        threshold=threshold,
        identity=classifiers["identity"],
        emotion=classifiers["emotion"],
        selections=tuple(chosen),
        notes=tuple(notices),
        certainty=_certainty(classifiers["emotion"], settings),
        tensors_on=_tensors_on(detector.engine),
        threads=settings.threads or available_cores(),
        checker=Detector(checker.engine, threshold=weak, long_side=size) if checker else None,
        embedding=embedding,
        people=people,
    )


def _certainty(engine: Engine | None, settings: Settings) -> Certainty:
    """The limits that the settings name, else the engine's own."""
    least_px, least_prob = settings.min_face, settings.min_confidence
    if engine and least_px is None:
        least_px = engine.spec.min_face_px
    if engine and least_prob is None:
        least_prob = engine.spec.least_prob
    return Certainty(least_px or 0.0, settings.min_quality, least_prob or 0.0)


def _tensors_on(detector: Engine) -> Device | None:
    """Where the detector takes tensors; the other engines then get theirs there too."""
    return detector.device if hasattr(detector, "run_tensor") else None


def _detector_path(name: str, notices: list[str]) -> Path:
    if name in DETECTORS:
        return embedded(DETECTORS[name])
    if PACK.fullmatch(name):
        return insightface_pack(name, notices)
    return _existing(name)


def _existing(name: str) -> Path:
    path = Path(name)
    if path.is_dir():
        return find_engine(name)
    if not path.is_file():
        raise EngineUnavailable(
            f"{name}: {'not a regular file' if path.exists() else 'there is no such file'}",
            hint="name an engine file; `vidfx annotate --help` lists the names that need none",
        )
    return path
