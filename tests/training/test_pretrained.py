"""Initial weights: each in its place, or one line that says what is wrong and what to do."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from urllib.error import URLError

import pytest

pytest.importorskip("torch")
import torch
from torchvision.models import ResNet18_Weights, resnet18, vgg16

from vidfx_training.checkpoint import load_checkpoint, save_checkpoint
from vidfx_training.errors import WeightsError
from vidfx_training.networks import pretrained
from vidfx_training.networks.classifier import Network, build
from vidfx_training.networks.pretrained import norm_of, read_weights, start
from vidfx_training.recipe import Model, Recipe


def network(arch: str, **model: object) -> Network:
    return build(Recipe("x", "emotion", model=Model(arch, **model)), 3)  # type: ignore[arg-type]


def fails(net: Network, arch: str, init: object) -> tuple[str, str]:
    with pytest.raises(WeightsError) as caught:
        start(net, "abc", arch, str(init), lambda _: None)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value), caught.value.hint


@pytest.fixture(scope="module")
def vgg_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layout of vgg_face_dag.pth: its names and shapes, fc6 and fc7 narrow, random numbers."""
    rng = torch.Generator().manual_seed(0)
    tensors = {
        name: torch.randn(tensor.shape, generator=rng)
        for name, tensor in network("vggface").backbone.state_dict().items()
    }
    for name, shape in (("fc6", (8, 9)), ("fc7", (8, 8)), ("fc8", (2622, 8))):
        tensors |= {f"{name}.weight": torch.randn(shape), f"{name}.bias": torch.randn(shape[0])}
    file = tmp_path_factory.mktemp("weights") / "vgg_face_dag.pth"
    torch.save(tensors, file)
    return file


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    net = network("small")
    tensors = {n: t.clone() for n, t in net.state_dict().items()}
    name = next(n for n in tensors if n.startswith("backbone.") and n.endswith("weight"))
    tensors[name].view(-1)[0] = torch.nan
    file = tmp_path / "broken.pt"
    torch.save(tensors, file)
    told, _ = fails(network("small"), "small", file)
    assert "contains NaN" in told and name.removeprefix("backbone.") in told
    net.load_state_dict(tensors)
    recipe = Recipe("x", "emotion", model=Model("small"))
    save_checkpoint(tmp_path / "x.safetensors", net, recipe, ("a", "b", "c"), {})
    with pytest.raises(WeightsError, match="contains NaN"):
        load_checkpoint(tmp_path / "x.safetensors")


@pytest.fixture(scope="module")
def with_fc() -> Network:
    """The whole of VGG-16, 134 million parameters, made once."""
    return network("vggface", head="fc")


def test_vggface_lands_in_its_place(vgg_face: Path) -> None:
    net = network("vggface")
    said: list[str] = []
    start(net, "abc", "vggface", str(vgg_face), said.append)
    wanted = torch.load(vgg_face, weights_only=True)
    for name, tensor in net.backbone.state_dict().items():
        assert torch.equal(tensor, wanted[name]), name
    assert "head has random weights" in said[0]
    assert "fc6.weight" in said[0], "what is not used is said"


def test_vggface_is_found_where_the_error_says(
    vgg_face: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    message, hint = fails(network("vggface"), "vggface", "vggface")
    place = tmp_path / "vidfx" / "weights" / "vgg_face_dag.pth"
    assert str(place) in message
    assert "https://" in hint
    place.parent.mkdir(parents=True)
    place.write_bytes(vgg_face.read_bytes())
    start(network("vggface"), "abc", "vggface", "vggface", lambda _: None)


def test_shapes_and_names_that_do_not_fit_are_named(
    vgg_face: Path, with_fc: Network, tmp_path: Path
) -> None:
    tensors = torch.load(vgg_face, weights_only=True)
    tensors["conv2_1.weight"] = torch.zeros(128, 64, 5, 5)
    del tensors["conv5_3.bias"]
    torch.save(tensors, tmp_path / "odd.pth")
    message, _ = fails(network("vggface"), "vggface", tmp_path / "odd.pth")
    assert "conv5_3.bias" in message
    assert "(128, 64, 5, 5), not (128, 64, 3, 3)" in message
    message, _ = fails(with_fc, "vggface", vgg_face)
    assert "fc6.weight is (8, 9), not (4096, 25088)" in message


def test_the_published_fc6_and_fc7_land_in_their_places(
    vgg_face: Path, with_fc: Network, tmp_path: Path
) -> None:
    tensors = torch.load(vgg_face, weights_only=True)
    for name, value, shape in (("fc6", 0.25, (4096, 25088)), ("fc7", -0.5, (4096, 4096))):
        tensors[f"{name}.weight"] = torch.full((1,), value).expand(shape)  # true, yet small on disk
        tensors[f"{name}.bias"] = torch.full((1,), value).expand(shape[:1])
    torch.save(tensors, tmp_path / "vgg_face_dag.pth")
    net = with_fc
    said: list[str] = []
    start(net, "abc", "vggface", str(tmp_path / "vgg_face_dag.pth"), said.append)
    found = net.backbone.state_dict()
    assert bool((found["fc6.weight"] == 0.25).all())
    assert bool((found["fc7.weight"] == -0.5).all())
    assert bool((found["fc7.bias"] == -0.5).all())
    assert torch.equal(found["conv1_1.weight"], tensors["conv1_1.weight"])
    assert "not used" not in said[0]


def test_torchvisions_files(tmp_path: Path) -> None:
    theirs = resnet18()
    torch.save(theirs.state_dict(), tmp_path / "resnet18.pth")
    net = network("resnet18")
    start(net, "abc", "resnet18", str(tmp_path / "resnet18.pth"), lambda _: None)
    assert torch.equal(net.backbone.state_dict()["net.conv1.weight"], theirs.conv1.weight)
    assert torch.equal(
        net.backbone.state_dict()["net.layer4.1.bn2.running_var"], theirs.layer4[1].bn2.running_var
    )
    features = {n: t for n, t in vgg16().state_dict().items() if n.startswith("features")}
    torch.save({"state_dict": features}, tmp_path / "vgg.pth")
    vgg = network("vggface")
    start(vgg, "abc", "vggface", str(tmp_path / "vgg.pth"), lambda _: None)
    assert torch.equal(vgg.backbone.state_dict()["conv5_3.weight"], features["features.28.weight"])


def test_the_head_of_a_checkpoint_is_kept_for_the_same_labels_only(tmp_path: Path) -> None:
    recipe = Recipe("x", "emotion", model=Model("small", width=8))
    trained = build(recipe, 3)
    save_checkpoint(tmp_path / "best.safetensors", trained, recipe, ("a", "b", "c"), {})
    for labels, kept in (("abc", True), ("acb", False), ("xyz", False)):
        net = network("small", width=8)
        said: list[str] = []
        start(net, labels, "small", str(tmp_path / "best.safetensors"), said.append)
        assert torch.equal(net.head.weight, trained.head.weight) is kept, labels
        assert ("its head has the weights of the file" in said[0]) is kept


def test_a_checkpoint_of_our_own_brings_its_norm(tmp_path: Path) -> None:
    recipe = Recipe("faces", "recognition", model=Model("resnet18", norm="picture"))
    trained = build(recipe, 7)
    file = tmp_path / "best.safetensors"
    save_checkpoint(file, trained, recipe, tuple("abcdefg"), {})
    net = network("resnet18", norm="imagenet")
    start(net, "abc", "resnet18", str(file), lambda _: None)
    ours, theirs = net.backbone.state_dict(), trained.backbone.state_dict()
    assert all(torch.equal(t, theirs[n]) for n, t in ours.items())
    assert net.head.weight.shape == (3, 512), "the head of seven other classes is not taken over"
    assert norm_of(str(file)) == "picture"
    assert norm_of("imagenet") == "imagenet"
    assert norm_of("scratch") is None
    message, _ = fails(network("small", width=8), "small", file)
    assert "not the weights of small" in message


class Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.marker),)


def test_a_hostile_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    marker, file = tmp_path / "ran", tmp_path / "evil.pth"
    torch.save({"conv1_1.weight": Hostile(marker)}, file)
    assert "more than tensors" in fails(network("vggface"), "vggface", file)[0]
    file.write_bytes(pickle.dumps(Hostile(marker)))
    assert "more than tensors" in fails(network("vggface"), "vggface", file)[0]
    assert not marker.exists()


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_what_is_no_file_of_weights(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        read_weights(tmp_path / name)
    (tmp_path / name).write_bytes(b"\x80garbage" * 9)
    with pytest.raises(WeightsError, match=name):
        read_weights(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="not a table of tensors"):
        read_weights(tmp_path / "list.pth")


def test_imagenet_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(pretrained, "IMAGENET", {"resnet18": ResNet18_Weights.IMAGENET1K_V1})
    monkeypatch.setattr(ResNet18_Weights, "get_state_dict", offline)
    message, hint = fails(network("resnet18"), "resnet18", "imagenet")
    assert "https://download.pytorch.org/models/resnet18-" in message
    assert "no route to host" in message
    assert "--init PATH" in hint and "checkpoints" in hint
    assert "small" in fails(network("small", width=8), "small", "imagenet")[0]
