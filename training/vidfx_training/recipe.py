"""A recipe: everything that a training run needs to know, in one TOML file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_type_hints

from vidfx_engines.fields import label as checked_label
from vidfx_engines.fields import text as checked_text
from vidfx_engines.spec import Template
from vidfx_training.errors import RecipeError

Task = Literal["recognition", "emotion"]
Arch = Literal["resnet18", "vggface", "small"]
Norm = Literal["picture", "imagenet", "vggface"]
Colour = Literal["rgb", "grey"]
Head = Literal["linear", "fc"]
Layers = Literal["all", "last", "head"]
Balance = Literal["none", "sampler", "loss"]
T = TypeVar("T")


@dataclass(frozen=True)
class Input:
    """What the network sees of a face."""

    template: Template = "arcface"
    "how the face is cut; a data set that was cut otherwise is cut again"
    side: int = 112
    "px of the pictures that the network sees"
    crop: int = 0
    "px of the crop that the engine takes, a multiple of `side`, averaged down; 0: `side`"
    colour: Colour = "rgb"
    min_face_px: float = 20.0
    "faces smaller than this are not worth reading"


@dataclass(frozen=True)
class Model:
    """The network and where its weights start."""

    arch: Arch = "resnet18"
    init: str = "scratch"
    "scratch, imagenet, vggface, or a file of weights"
    norm: Norm = "picture"
    "how the input is normalised: each picture by its own mean and spread, or as the start was"
    head: Head = "linear"
    "vggface only: fc keeps fc6 and fc7, 119 of 138 million parameters; linear averages conv5"
    width: int = 48
    "small only: channels of the first stage"
    dropout: float = 0.3
    mirror: bool = False
    "the verdict is the mean over a face and its mirror image, for twice the work"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn; the seed is part of it, so that a run can be repeated."""

    epochs: int = 30
    batch: int = 128
    lr: float = 0.1
    "peak learning rate of SGD with Nesterov momentum 0.9, reached after `warmup` epochs"
    warmup: float = 1.0
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    ema: float = 0.998
    "decay per step of the averaged weights, which are the ones evaluated and kept"
    sides: tuple[tuple[float, int], ...] = ()
    "progressive resizing: from this share of the epochs on, pictures of this side"
    balance: Balance = "none"
    "against imbalance: draw rarer classes more often (sampler) or weigh them more (loss)"
    head_epochs: int = 0
    "first, the head alone on features of the frozen rest, which are computed once"
    layers: Layers = "all"
    "what learns after that: all layers, the last stage and the head, or the head alone"
    backbone_lr: float = 1.0
    "learning rate of all but the head, as a share of `lr`"
    patience: int = 0
    "stop after so many epochs without a better one; 0 never stops"
    distil: float = 0.0
    "share of the teacher's opinion in the target, where a teacher is named"
    seed: int = 0


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture may be changed; a zero switches the change off."""

    flip: float = 0.5
    "probability of a mirror image"
    rotation: float = 15.0
    "degrees, either way"
    scale: float = 0.15
    "relative zoom, either way"
    shift: float = 0.08
    "of the side, either way"
    contrast: float = 0.3
    "relative contrast and gamma, either way"
    colour: float = 0.0
    "relative gain of each colour, and saturation, either way"
    grey: float = 0.0
    "probability that colour is taken away"
    dark: float = 0.0
    "probability of low light: down to a tenth, with noise"
    blur: float = 0.3
    "probability that a picture is blurred"
    small: float = 0.0
    "probability that a picture is made of few pixels, down to a quarter of the side"
    jpeg: float = 0.0
    "probability of JPEG's damage, quality 20 to 80"
    noise: float = 0.02
    "standard deviation of added noise, of the full range, at most"
    cutout: float = 0.25
    "side of the erased square, of the picture's side, at most"
    mixup: float = 0.1
    "alpha of the beta distribution from which the mixing weight is drawn"


@dataclass(frozen=True)
class Recipe:
    """What to train, from what, how long, and what to say of the result."""

    name: str
    "of the files that come out"
    task: Task
    labels: tuple[str, ...] = ()
    "the classes in the order of the outputs; empty: the data's own, sorted"
    licence: str = "not stated: say what it is before you pass the weights on"
    training_data: str = ""
    "what to say of the data besides its counts"
    input: Input = field(default_factory=Input)
    model: Model = field(default_factory=Model)
    schedule: Schedule = field(default_factory=Schedule)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        _check(self)

    @property
    def crop(self) -> int:
        """px of the engine's crop."""
        return self.input.crop or self.input.side

    def with_values(self, **tables: Mapping[str, Any]) -> Recipe:
        """The recipe with some values of its tables replaced; raises RecipeError."""
        changed = {name: replace(getattr(self, name), **values) for name, values in tables.items()}
        return replace(self, **changed)

    def resized(self, side: int) -> Recipe:
        """The recipe for pictures of ``side`` px, with crop and progressive sides in proportion."""
        before = self.input.side
        crop = self.input.crop // before * side
        sides = tuple(
            (start, max(16, round(px * side / before))) for start, px in self.schedule.sides
        )
        return replace(
            self,
            input=replace(self.input, side=side, crop=crop),
            schedule=replace(self.schedule, sides=sides),
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Raises RecipeError."""
        try:
            return _build(cls, json.loads(text), "")
        except (ValueError, RecursionError) as error:
            raise RecipeError(f"recipe: {error}", hint="the checkpoint is damaged") from error


def recipes_folder() -> Path:
    """Where the recipes stand that come with vidfx: in the package, or beside it in a checkout."""
    here = Path(__file__).parent / "recipes"
    return here if here.is_dir() else here.parents[1] / "recipes"


def named_recipe(name: str) -> Recipe:
    """A recipe that comes with vidfx, by its file's stem. Raises RecipeError."""
    folder = recipes_folder()
    known = sorted(p.stem for p in folder.glob("*.toml"))
    if name not in known:
        raise RecipeError(f"no recipe is named {name!r}", hint=f"known: {', '.join(known)}")
    return read_recipe(folder / f"{name}.toml")


def recipe_for(task: str, arch: str, init: str) -> Recipe:
    """The recipe that comes with vidfx for these; a start from a file is tuned as ImageNet's is.

    Raises RecipeError where there is none.
    """
    if arch == "small":
        name = f"{task}-small"
    elif arch == "vggface":
        name = f"{task}-vggface"
    else:
        name = f"{task}-resnet18-{'scratch' if init == 'scratch' else 'imagenet'}"
    recipe = named_recipe(name).with_values(model={"init": init})
    if arch == "vggface" and init == "scratch":  # a frozen network of random weights is no use
        learns = {"head_epochs": 0, "layers": "all", "backbone_lr": 1.0}
        return recipe.with_values(model={"norm": "picture"}, schedule=learns)
    return recipe


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises RecipeError, in one line, naming the file."""
    try:
        return _build(Recipe, tomllib.loads(path.read_text(encoding="utf-8")), "")
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}", hint="check the path") from error
    except (RecipeError, ValueError) as error:
        raise RecipeError(f"{path}: {error}", hint="mend the recipe") from error


def _build(cls: type[T], raw: object, where: str) -> T:
    """A dataclass out of a table of plain values; ValueError names the key."""
    if not isinstance(raw, dict):
        raise ValueError(f"{where.rstrip('.')}: a table is needed")
    table = cast("dict[str, Any]", raw)
    kinds = get_type_hints(cls)
    known = {f.name for f in fields(cast("Any", cls))}
    for name in table:
        if name not in known:
            raise ValueError(f"{where}{name}: unknown; known: {', '.join(sorted(known))}")
    values = {name: _value(kinds[name], value, f"{where}{name}") for name, value in table.items()}
    try:
        return cls(**values)
    except TypeError as error:
        missing = re.findall(r"'(\w+)'", str(error))
        raise ValueError(f"{where}{', '.join(missing)}: missing") from error


def _value(kind: Any, value: Any, name: str) -> Any:
    if hasattr(kind, "__dataclass_fields__"):
        return _build(kind, value, f"{name}.")
    if options := get_args(kind):
        if isinstance(options[0], str):
            if value not in options:
                raise ValueError(f"{name}: one of {', '.join(options)} is needed, not {value!r}")
            return value
        return _tuple(options[0], value, name)
    kinds: tuple[type, ...] = (int, float) if kind is float else (kind,)
    if type(value) not in kinds:
        raise ValueError(f"{name}: {value!r} is no {kind.__name__}")
    return kind(value)


def _tuple(kind: Any, value: Any, name: str) -> tuple[Any, ...]:
    """A list of texts, or of pairs (number, whole number)."""
    items = cast("list[Any]", value) if isinstance(value, list | tuple) else [None]
    if kind is str and all(isinstance(item, str) for item in items):
        return tuple(items)
    if kind is not str:
        with suppress(TypeError, ValueError):
            pairs = [cast("tuple[Any, Any]", tuple(cast("Any", item))) for item in items]
            return tuple((float(start), int(side)) for start, side in pairs)
    raise ValueError(f"{name}: {value!r} is not a list of {'texts' if kind is str else 'pairs'}")


_MEND = "mend the recipe, or the option that changes it"


def _check(recipe: Recipe) -> None:
    """RecipeError for what would only break after hours of training."""
    given, model, schedule = recipe.input, recipe.model, recipe.schedule
    starts = [start for start, _ in schedule.sides]
    sides = [side for _, side in schedule.sides]
    wrong = {
        "name: cannot be the name of a file": not re.fullmatch(r"\w[\w .-]{0,49}", recipe.name),
        "labels: two or more different names are needed": recipe.labels
        and len(set(recipe.labels)) < max(2, len(recipe.labels)),
        "input.side: 16 to 512 is needed": not 16 <= given.side <= 512,
        "input.crop: a multiple of input.side is needed": recipe.crop % given.side,
        "input.crop: 8 to 1024 is needed": not 8 <= recipe.crop <= 1024,
        "input.min_face_px: 0 to 10000 is needed": not 0 <= given.min_face_px <= 10_000,
        "model.width: a multiple of 8 is needed": model.width < 8 or model.width % 8,
        "model.width: no more than 1024 is needed": model.width > 1024,
        "model.head: only vggface has fc6 and fc7": model.head == "fc" and model.arch != "vggface",
        "model.dropout: 0 to 0.9 is needed": not 0 <= model.dropout <= 0.9,
        "schedule: epochs and batch of 1 or more are needed": min(schedule.epochs, schedule.batch)
        < 1,
        "schedule.lr: more than 0 is needed": not 0 < schedule.lr < 100,
        "schedule.sides: the first starts at 0 and each later than the one before": starts
        and (starts[0] != 0 or starts != sorted(set(starts))),
        "schedule.sides: 16 px or more, and no more than input.side": sides
        and not 16 <= min(sides) <= max(sides) <= given.side,
        "schedule.ema, schedule.distil: 0 to 1 is needed": not (
            0 <= schedule.ema < 1 and 0 <= schedule.distil <= 1
        ),
        "schedule.label_smoothing: 0 to 0.9 is needed": not 0 <= schedule.label_smoothing <= 0.9,
        "schedule.seed: 0 to 4294967295 is needed": not 0 <= schedule.seed < 1 << 32,
        "schedule.layers: the head alone needs head_epochs": schedule.layers == "head"
        and not schedule.head_epochs,
    }
    for name in ("warmup", "weight_decay", "head_epochs", "backbone_lr", "patience"):
        value = getattr(schedule, name)
        wrong[f"schedule.{name}: 0 or more is needed"] = not 0 <= value < 1e6
    for name, value in asdict(recipe.augmentation).items():
        most = {"rotation": 180, "mixup": 100}.get(name, 1)
        wrong[f"augmentation.{name}: 0 to {most} is needed"] = not 0 <= value <= most
    for message, applies in wrong.items():
        if applies:
            raise RecipeError(message, hint=_MEND)
    told = {"licence": checked_text(10_000), "training_data": checked_text(10_000, empty=True)}
    for key, check, value in (
        *(("labels", checked_label, name) for name in recipe.labels),
        *((key, check, getattr(recipe, key)) for key, check in told.items()),
    ):
        try:
            check(value)
        except ValueError as error:
            raise RecipeError(f"{key}: {error}", hint=_MEND) from error
