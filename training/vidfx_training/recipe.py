"""A recipe: everything that a training run needs to know, in one TOML file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from vidfx_engines.spec import Template
from vidfx_engines.validation import Label, Share, check_fields, convert, text
from vidfx_training.errors import RecipeError

TrainingTask = Literal["recognition", "emotion"]
Arch = Literal["resnet18", "vggface", "small"]
Norm = Literal["picture", "imagenet", "vggface"]
ColourMode = Literal["rgb", "grey"]
HeadKind = Literal["linear", "fc"]
Layers = Literal["all", "last", "head"]
Balance = Literal["none", "sampler", "loss"]
NotNegative = Annotated[float, Meta(ge=0, lt=1e6)]
CountOrZero = Annotated[int, Meta(ge=0, lt=1_000_000)]
PictureSide = Annotated[int, Meta(ge=16, le=512)]

NAME = "a file name of at most 50 letters, digits, blanks, dots and dashes"


@dataclass(frozen=True)
class Input:
    """What the network sees of a face."""

    template: Template = "arcface"
    "how the face is cut; a data set that was cut otherwise is cut again"
    side: PictureSide = 112
    "px of the pictures that the network sees"
    crop: Annotated[int, Meta(ge=0, le=1024)] = 0
    "px of the crop that the engine takes, a multiple of `side`, averaged down; 0: `side`"
    colour: ColourMode = "rgb"
    min_face_px: Annotated[float, Meta(ge=0, le=10_000)] = 20.0
    "smaller faces are not classified"


@dataclass(frozen=True)
class Model:
    """The network and where its weights start."""

    arch: Arch = "resnet18"
    init: str = "scratch"
    "scratch, imagenet, vggface, or a file of weights"
    norm: Norm = "picture"
    "how the input is normalised: each picture by its own mean and spread, or as the start was"
    head: HeadKind = "linear"
    "vggface only: fc keeps fc6 and fc7, 119 of 138 million parameters; linear averages conv5"
    width: Annotated[int, Meta(ge=8, le=1024, multiple_of=8)] = 48
    "small only: channels of the first stage"
    dropout: Annotated[float, Meta(ge=0, le=0.9)] = 0.3
    mirror: bool = False
    "the output is the mean over a face and its mirror image, for twice the work"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn; the seed is part of it, so that a run can be repeated."""

    epochs: Annotated[int, Meta(ge=1)] = 30
    batch: Annotated[int, Meta(ge=1)] = 128
    lr: Annotated[float, Meta(gt=0, lt=100)] = 0.1
    "peak learning rate of SGD with Nesterov momentum 0.9, reached after `warmup` epochs"
    warmup: NotNegative = 1.0
    weight_decay: NotNegative = 5e-4
    label_smoothing: Annotated[float, Meta(ge=0, le=0.9)] = 0.1
    "share of the target given to all classes equally; none where pictures have votes"
    ema: Annotated[float, Meta(ge=0, lt=1)] = 0.998
    "decay per step of the averaged weights, which are the ones evaluated and kept"
    sides: tuple[tuple[NotNegative, PictureSide], ...] = ()
    "progressive resizing: from this share of the epochs on, pictures of this side"
    balance: Balance = "none"
    "against imbalance: draw rarer classes more often (sampler) or weigh them more (loss)"
    head_epochs: CountOrZero = 0
    "first, the head alone on features of the frozen rest, which are computed once"
    layers: Layers = "all"
    "what learns after that: all layers, the last stage and the head, or the head alone"
    backbone_lr: NotNegative = 1.0
    "learning rate of all but the head, as a share of `lr`"
    patience: CountOrZero = 0
    "stop after so many epochs without a better one; 0 never stops"
    distil: Share = 0.0
    "share of the teacher's output in the target, if there is a teacher"
    seed: Annotated[int, Meta(ge=0, le=4_294_967_295)] = 0


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture may be changed; a zero switches the change off."""

    flip: Share = 0.5
    "probability of a mirror image"
    rotation: Annotated[float, Meta(ge=0, le=180)] = 15.0
    "degrees, either way"
    scale: Share = 0.15
    "relative zoom, either way"
    shift: Share = 0.08
    "of the side, either way"
    turn: Share = 0.0
    "squeeze of one half of the face, as if the head were turned, at most; 1: by 0.41 of its width"
    contrast: Share = 0.3
    "relative contrast and gamma, either way"
    colour: Share = 0.0
    "relative gain of each colour, and saturation, either way"
    grey: Share = 0.0
    "probability that colour is taken away"
    dark: Share = 0.0
    "probability of low light: down to a tenth, with noise"
    blur: Share = 0.3
    "probability that a picture is blurred"
    motion: Share = 0.0
    "probability of motion blur: along a line of any direction, up to a quarter of the side"
    small: Share = 0.0
    "probability that a picture is made of few pixels, down to a quarter of the side"
    jpeg: Share = 0.0
    "probability of JPEG's damage, quality 20 to 80"
    noise: Share = 0.02
    "standard deviation of added noise, of the full range, at most"
    cutout: Share = 0.25
    "side of the erased square, of the picture's side, at most"
    mixup: Annotated[float, Meta(ge=0, le=100)] = 0.1
    "alpha of the beta distribution from which the mixing weight is drawn"


@dataclass(frozen=True)
class Votes:
    """How the votes of several people are used."""

    min_agreement: Share = 0.0
    "share of the votes that the most frequent answer must have for a picture to be learnt from"
    shown: Annotated[float, Meta(gt=0, le=1)] = 1.0
    "share of the pictures with a majority whose expression is shown: sets the engine's min_prob"


@dataclass(frozen=True)
class Recipe:
    """What to train, from what, for how long, and what is stated about the result."""

    name: Annotated[str, Meta(pattern=r"\A\w[\w .-]{0,49}\Z", description=NAME)]
    "of the files that are made"
    task: TrainingTask
    labels: tuple[Label, ...] = ()
    "the classes in the order of the outputs; empty: the data's own, sorted"
    licence: Annotated[str, text(10_000)] = (
        "not stated: say what it is before you pass the weights on"
    )
    training_data: Annotated[str, text(10_000, empty=True)] = ""
    "what is stated about the data besides its counts"
    input: Input = field(default_factory=Input)
    votes: Votes = field(default_factory=Votes)
    model: Model = field(default_factory=Model)
    schedule: Schedule = field(default_factory=Schedule)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        try:
            check_fields(self)
            _check_rules(self)
        except ValueError as error:
            hint = "correct the recipe, or the option that changes it"
            raise RecipeError(str(error), hint=hint) from error

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
            return convert(json.loads(text), cls)
        except (ValueError, RecursionError) as error:
            raise RecipeError(f"recipe: {error}", hint="the checkpoint is damaged") from error


def recipes_folder() -> Path:
    """The folder of the recipes of vidfx: in the package, or beside it in a checkout."""
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
        return convert(tomllib.loads(path.read_text(encoding="utf-8")), Recipe)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}", hint="check the path") from error
    except (RecipeError, ValueError, RecursionError) as error:
        raise RecipeError(f"{path}: {error}", hint="correct the recipe") from error


def _check_rules(recipe: Recipe) -> None:
    """ValueError, one line, for what would fail only after hours of training."""
    given, model, schedule = recipe.input, recipe.model, recipe.schedule
    starts = [start for start, _ in schedule.sides]
    sides = [side for _, side in schedule.sides]
    wrong = {
        "labels: two or more different names are needed": recipe.labels
        and len(set(recipe.labels)) < max(2, len(recipe.labels)),
        "input.crop: 0 or a multiple of input.side is needed": recipe.crop % given.side,
        "model.head: only vggface has fc6 and fc7": model.head == "fc" and model.arch != "vggface",
        "schedule.sides: the first starts at 0 and each later than the one before": starts
        and (starts[0] != 0 or starts != sorted(set(starts))),
        "schedule.sides: none is larger than input.side": sides and max(sides) > given.side,
        "votes.shown: only an expression can be hidden, not a person": recipe.votes.shown < 1
        and recipe.task == "recognition",
        "schedule.layers: the head alone needs head_epochs": schedule.layers == "head"
        and not schedule.head_epochs,
    }
    for message, applies in wrong.items():
        if applies:
            raise ValueError(message)
