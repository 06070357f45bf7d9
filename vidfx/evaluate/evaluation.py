"""``vidfx evaluate``: evaluate engines on one data set."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from vidfx.engine_argument import find_engine
from vidfx.errors import UsageError
from vidfx.evaluate.engines import is_packaged, names_of
from vidfx.evaluate.labels import ChosenPart, choose_part, labelled, left_out
from vidfx.evaluate.predict import Predictions, predict
from vidfx.evaluate.report import FEW_GROUPS, difference, figures, is_wanted
from vidfx.evaluate.thresholds import ThresholdChoice, best_name, choose, evidence, write_thresholds
from vidfx.evaluate.votes import vote_figures
from vidfx_engines.base import device_text
from vidfx_engines.names import some
from vidfx_engines.select import Selection, select
from vidfx_engines.spec import EngineSpec, Thresholds, spec_path
from vidfx_training.dataset.index import Dataset, read_dataset
from vidfx_training.dataset.votes import MAJORITY
from vidfx_training.dataset.votes_file import VOTES_FILE

SCHEMA = "vidfx.evaluate/1"


@dataclass(frozen=True)
class EvaluationRequest:
    """The options of ``vidfx evaluate``."""

    models: tuple[str, ...]
    data: Path
    split: Path | None = None
    part: str | None = None
    ignore_unknown: bool = False
    agreement: float | None = None
    "with votes: the label of a picture has a larger share than this, from 0.5; None is 0.5"
    target_far: float | None = None
    "false-accept rate, above 0, up to 0.5: set thresholds by it and write them into the specs"
    threshold_part: str | None = None
    device: str = "auto"
    backend: str = "auto"
    threads: int | None = None
    batch: int = 64
    "pictures per call of the engine"
    seed: int = 0


@dataclass(frozen=True)
class LoadedModel:
    """An engine under evaluation."""

    name: str
    "of the engine, or the argument if two engines have the same name"
    path: Path
    selection: Selection


@dataclass(frozen=True)
class ModelResult:
    """The results of one model."""

    model: LoadedModel
    spec: EngineSpec
    "with the thresholds of this run"
    predictions: Predictions
    "of all pictures, also those without a label"
    report: dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """The results of all models."""

    chosen: ChosenPart
    results: tuple[ModelResult, ...]
    document: dict[str, Any]
    "the content of ``report.json``"


class EvaluationProgress(Protocol):
    """Receives messages and progress."""

    def say(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def advanced(self, model: str, done: int, total: int) -> None: ...


def evaluate(request: EvaluationRequest, progress: EvaluationProgress) -> Evaluation:
    """Run every model on the data and compute all figures; write thresholds last.

    Raises UsageError where models, data and options do not fit together, DataError where pictures
    cannot be read, EngineError where an engine cannot run, OutputError where a spec cannot be
    written.
    """
    paths = [find_engine(name) for name in request.models]
    data = read_dataset(request.data, split=request.split)
    chosen = choose_part(data, request.part)
    progress.say(f"part: {chosen.part} ({chosen.why})")
    if request.agreement is not None and not data.answers:
        raise UsageError(
            f"--agreement has no effect here: there is no {data.root / VOTES_FILE}",
            hint="leave it out",
        )
    setting = _setting(request, paths, data)
    with ExitStack() as stack:
        selections: list[Selection] = []
        for path in paths:
            selection = select(
                path, device=request.device, backend=request.backend, threads=request.threads
            )
            stack.callback(selection.engine.close)
            selections.append(selection)
        specs = [s.engine.spec for s in selections]
        _check(specs, request)
        results = tuple(
            _evaluate_one(request, chosen, setting, LoadedModel(name, path, selection), progress)
            for name, path, selection in zip(
                names_of(specs, request.models), paths, selections, strict=True
            )
        )
    for warning in dict.fromkeys(w for result in results for w in result.report["warnings"]):
        progress.say(f"warning: {warning}")
    for result in results if setting else ():
        assert result.spec.thresholds is not None
        file = spec_path(result.model.path)
        write_thresholds(result.spec.thresholds, file, of=result.spec)
        progress.say(f"{result.model.name}: thresholds written to {file}")
    return Evaluation(chosen, results, _document(request, chosen, results))


def _setting(request: EvaluationRequest, paths: list[Path], data: Dataset) -> ChosenPart | None:
    """The part that sets the thresholds; None without --target-far. Raises UsageError."""
    if request.target_far is None:
        if request.threshold_part is not None:
            raise UsageError("--threshold-part has no effect here", hint="add --target-far")
        return None
    for path in filter(is_packaged, paths):
        raise UsageError(
            f"{path.stem}: is part of vidfx and is not changed",
            hint="copy its .onnx and .spec.json, and name the copy; or leave --target-far out",
        )
    return choose_part(data, request.threshold_part or "val", option="--threshold-part")


def _check(specs: list[EngineSpec], request: EvaluationRequest) -> None:
    """Raises UsageError for detectors, mixed tasks, and thresholds of other tasks."""
    for spec in specs:
        if spec.task == "detection":
            raise UsageError(f"{spec.name}: a detector", hint="name classifiers")
        if spec.task != specs[0].task:
            raise UsageError(
                f"{specs[0].name} is for {specs[0].task}, {spec.name} for {spec.task}",
                hint="evaluate them one by one",
            )
        if request.target_far is not None and spec.task != "identity":
            raise UsageError(
                f"{spec.name}: only identity has thresholds", hint="leave --target-far out"
            )


def _evaluate_one(
    request: EvaluationRequest,
    chosen: ChosenPart,
    setting: ChosenPart | None,
    model: LoadedModel,
    progress: EvaluationProgress,
) -> ModelResult:
    engine, agreement = model.selection.engine, request.agreement or MAJORITY
    progress.say(f"{model.name}: {model.selection.explanation}")

    def run(part: ChosenPart) -> Predictions:
        data, truth = labelled(
            part.data, engine.spec, ignore_unknown=request.ignore_unknown, agreement=agreement
        )
        return predict(
            engine,
            data,
            truth,
            batch=request.batch,
            threads=request.threads,
            advanced=lambda done: progress.advanced(model.name, done, len(data)),
        )

    found, spec = run(chosen), engine.spec
    warnings: list[str] = []
    if found.broken:
        listed = some([f"{path}: {why}" for path, why in found.broken.items()])
        warnings.append(f"{chosen.data.root}: unreadable pictures left out: {listed}")
    choice: ThresholdChoice | None = None
    if setting is not None and request.target_far is not None:
        same = setting.part == chosen.part
        there = found if same else run(setting)
        others = len(set(there.group[~is_wanted(there)].tolist()))
        choice, spec = _with_thresholds(spec, there, setting, request, others)
        if others < FEW_GROUPS:
            warnings.append(
                f"the thresholds were set with pictures of only {others} other people or groups:"
                " too few to know who else is accepted; add pictures of more people"
            )
        if same:
            warnings.append(
                f"the part {chosen.part} set the thresholds and is reported with them,"
                " so the results are too good"
            )
    if chosen.part == "train":
        warnings.append("the model may be trained on these pictures, so the results are too good")
    report = figures(found.with_truth, spec, seed=request.seed)
    if choice is not None and setting is not None:
        report["thresholds"]["set_on"] = {"part": setting.part, **asdict(choice)}
    report["ignored"] = left_out(chosen.data, spec)
    voted = bool(chosen.data.answers)
    report["votes"] = vote_figures(found, chosen.data, spec, agreement) if voted else None
    report["warnings"] = [*warnings, *report["warnings"]]
    return ModelResult(model, spec, found, report)


def _with_thresholds(
    spec: EngineSpec,
    found: Predictions,
    setting: ChosenPart,
    request: EvaluationRequest,
    groups: int,
) -> tuple[ThresholdChoice, EngineSpec]:
    assert request.target_far is not None
    score = best_name(found.prob, found.labels)[1]
    choice = choose(score, is_wanted(found), request.target_far)
    text = evidence(
        choice,
        request.target_far,
        data=setting.data.root.resolve().name,
        part=setting.part,
        groups=groups,
    )
    return choice, replace(spec, thresholds=Thresholds(choice.accept, choice.reject, text))


def _document(
    request: EvaluationRequest, chosen: ChosenPart, results: tuple[ModelResult, ...]
) -> dict[str, Any]:
    first = results[0]
    differences = [
        {
            "model": other.model.name,
            "against": first.model.name,
            **difference(
                first.predictions.with_truth, other.predictions.with_truth, seed=request.seed
            ),
        }
        for other in results[1:]
    ]
    return {
        "schema": SCHEMA,
        "data": {
            "path": str(request.data),
            "part": chosen.part,
            "why": chosen.why,
            "pictures": len(chosen.data),
            "most_votes" if chosen.data.answers else "folders": chosen.data.counts(),
        },
        "seed": request.seed,
        "models": [_described(result) for result in results],
        "differences": differences,
    }


def _described(result: ModelResult) -> dict[str, Any]:
    selection, spec = result.model.selection, result.spec
    return {
        "name": result.model.name,
        "path": str(result.model.path),
        "sha256": spec.sha256,
        "task": spec.task,
        "labels": list(spec.labels),
        "backend": selection.engine.backend,
        "device": device_text(selection.engine),
        "precision": selection.engine.precision,
        "why": selection.reason,
        **result.report,
    }
