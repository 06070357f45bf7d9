"""Initial weights of a network: random, ImageNet's, VGGFace's or from a file."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.error import URLError

import torch
from torchvision.models import ResNet18_Weights, VGG16_Weights

from vidfx_engines.offline import HINT, VARIABLE, is_offline
from vidfx_engines.user_cache import user_cache
from vidfx_training.errors import WeightsError
from vidfx_training.networks.classifier import Network, Vgg16
from vidfx_training.recipe import Norm, Recipe
from vidfx_training.tensor_file import read_tensors

VGGFACE_FILE = "vgg_face_dag.pth"
VGGFACE_PAGE = "https://www.robots.ox.ac.uk/~albanie/pytorch-models.html"
IMAGENET = {
    "resnet18": ResNet18_Weights.IMAGENET1K_V1,
    "vggface": VGG16_Weights.IMAGENET1K_V1,
}
LICENCES = {
    "imagenet": "started from torchvision's ImageNet weights (BSD-3; ImageNet's terms)",
    "vggface": "started from VGGFace (Parkhi 2015), licensed for non-commercial research",
}


def start(
    net: Network, labels: Sequence[str], arch: str, init: str, say: Callable[[str], None]
) -> None:
    """Load the weights that ``init`` names into ``net``: scratch, imagenet, vggface or a file.

    The head keeps its random weights, except where a checkpoint of vidfx has the same ``labels`` in
    the same order; unused tensors are reported. Raises WeightsError where the file is missing,
    cannot be downloaded, is of another network or is no file of weights.
    """
    if init == "scratch":
        return
    known: list[str] | None = None
    if init == "imagenet":
        tensors, name = _imagenet(arch), "ImageNet"
    elif init == "vggface":
        file = weights_folder() / VGGFACE_FILE
        if not file.is_file():
            raise WeightsError(
                f"--init vggface: {file} is missing, and it cannot be downloaded automatically",
                hint=f"get {VGGFACE_FILE} from {VGGFACE_PAGE} and put it there, or name it:"
                " --init PATH",
            )
        tensors, name = read_weights(file), str(file)
    else:
        (tensors, known), name = _read_with_labels(Path(init)), init
    unused = _fill_backbone(net, arch, _renamed(tensors, arch), name)
    head = _head(tensors, net) if known == list(labels) else {}
    if head:
        net.head.load_state_dict(head)
    whose = "the weights of the file" if head else "random weights"
    say(f"{arch} starts from {name}; its head has {whose}"
        + (f"; not used: {', '.join(unused[:4])}" if unused else ""))  # fmt: skip


def norm_of(init: str) -> Norm | None:
    """The input normalisation of these weights; None if unknown."""
    known: dict[str, Norm] = {"imagenet": "imagenet", "vggface": "vggface"}
    if init == "scratch" or init in known or not init.endswith(".safetensors"):
        return known.get(init)
    meta = read_tensors(Path(init))[1]
    return Recipe.from_json(meta["recipe"]).model.norm if "recipe" in meta else None


def weights_folder() -> Path:
    """The folder for published weights, by default ``~/.cache/vidfx/weights``."""
    return user_cache("weights")


def read_weights(file: Path) -> dict[str, torch.Tensor]:
    """Tensors by name, of a .safetensors file or of a pickle with nothing but tensors.

    Raises WeightsError for any other file.
    """
    if file.suffix == ".safetensors":
        return read_tensors(file)[0]
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise WeightsError(f"{file}: there is no such file", hint="check the path") from error
    except Exception as error:
        raise WeightsError(
            f"{file}: not loaded: not a file of weights, or it contains more than tensors",
            hint="save its state_dict as .safetensors on a machine that trusts it",
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(
        isinstance(t, torch.Tensor) for t in content.values()
    ):
        raise WeightsError(f"{file}: is not a table of tensors", hint="a state_dict is needed")
    return {str(name): tensor for name, tensor in content.items()}


def _imagenet(arch: str) -> dict[str, torch.Tensor]:
    if arch not in IMAGENET:
        raise WeightsError(
            f"--init imagenet: no ImageNet weights for the network {arch!r}",
            hint=f"use --arch {' or '.join(IMAGENET)}, or --init scratch",
        )
    weights = IMAGENET[arch]
    name = weights.url.rsplit("/", 1)[-1]
    place = Path(torch.hub.get_dir()) / "checkpoints" / name
    if is_offline() and not place.is_file():
        raise WeightsError(
            f"--init imagenet: {place} is missing, and {VARIABLE} forbids to download it", hint=HINT
        )
    try:
        return dict(weights.get_state_dict(progress=False, check_hash=True))
    except (URLError, OSError, RuntimeError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(
            f"--init imagenet: {weights.url} could not be downloaded: {reason}",
            hint=f"put {name} at {place}, or name it: --init PATH",
        ) from error


def _renamed(tensors: Mapping[str, torch.Tensor], arch: str) -> dict[str, torch.Tensor]:
    """``tensors`` with the names of our backbone, from torchvision's, VGGFace's or our own."""
    own = {n.removeprefix("backbone."): t for n, t in tensors.items() if n.startswith("backbone.")}
    if own:
        return own
    if arch == "resnet18":
        return {f"net.{name}": t for name, t in tensors.items() if not name.startswith("fc.")}
    if arch == "vggface":
        return {_vgg_name(n): t for n, t in tensors.items() if not n.startswith("fc8")}
    return dict(tensors)


def _vgg_name(name: str) -> str:
    """VGGFace's name for features.N and classifier.N of torchvision's vgg16."""
    place, _, kind = name.rpartition(".")
    convs = [n for stage in Vgg16(fc=False).stages for n in stage] if "features" in name else []
    numbers = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    known = {f"features.{i}": conv for i, conv in zip(numbers, convs, strict=False)}
    known |= {"classifier.0": "fc6", "classifier.3": "fc7"}
    return f"{known.get(place, place)}.{kind}"


def _read_with_labels(file: Path) -> tuple[dict[str, torch.Tensor], list[str] | None]:
    """Tensors by name, and the labels of a checkpoint of vidfx; None for those of other files."""
    if file.suffix != ".safetensors":
        return read_weights(file), None
    tensors, meta = read_tensors(file)
    return tensors, json.loads(meta["labels"]) if "labels" in meta else None


def _head(tensors: Mapping[str, torch.Tensor], net: Network) -> dict[str, torch.Tensor]:
    """The head of a checkpoint of the same network and labels; empty if it is not all there."""
    wanted = net.head.state_dict()
    head = {name: tensors[f"head.{name}"] for name in wanted if f"head.{name}" in tensors}
    usable = len(head) == len(wanted) and all(
        head[name].shape == wanted[name].shape and head[name].isfinite().all() for name in wanted
    )
    return head if usable else {}


def _fill_backbone(
    net: Network, arch: str, tensors: dict[str, torch.Tensor], name: str
) -> list[str]:
    """Load ``tensors`` into the backbone; returns the names of those it has no use for."""
    wanted = net.backbone.state_dict()
    counters = {n for n in wanted if n.endswith("num_batches_tracked")}
    missing = sorted(set(wanted) - set(tensors) - counters)
    shapes = {n: (tuple(tensors[n].shape), tuple(w.shape)) for n, w in wanted.items()
              if n in tensors and tensors[n].shape != w.shape}  # fmt: skip
    if missing or shapes:
        what = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
        problems = [f"it lacks {what}"] if missing else []
        problems += [f"{n} is {a}, not {b}" for n, (a, b) in sorted(shapes.items())[:2]]
        raise WeightsError(
            f"{name}: not the weights of {arch}: {'; '.join(problems)}",
            hint="name the file of this network, or the --arch of this file",
        )
    if broken := [n for n in wanted if n in tensors and not tensors[n].isfinite().all()]:
        raise WeightsError(
            f"{name}: contains NaN or infinite values, in {broken[0]}",
            hint="name weights of a training that did not diverge",
        )
    unused = sorted(set(tensors) - set(wanted) - {"fc8.weight", "fc8.bias"})
    net.backbone.load_state_dict({n: tensors[n] for n in wanted if n in tensors}, strict=False)
    return unused
