"""What every backend must do, run over all of them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.engines import toys
from vidfx_engines.base import Engine, device_text
from vidfx_engines.device import CPU
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineRunError
from vidfx_engines.names import index_of
from vidfx_engines.select import select

BACKENDS = ("openvino", "onnxruntime", "torch")


def load(path: Path, backend: str) -> Engine:
    pytest.importorskip(backend)
    return select(path, backend=backend, device="cpu", threads=2, precision="f32").engine


@pytest.fixture(scope="module", params=BACKENDS)
def classifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("toy")
    toys.classifier(folder)
    return load(folder / "toy.onnx", request.param)


@pytest.fixture(scope="module", params=BACKENDS)
def detector(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = load(embedded("centerface"), request.param)
    yield engine
    engine.close()


def pictures(n: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (n, height, width, 3), np.uint8)


def test_it_says_what_it_is(classifier: Engine) -> None:
    assert classifier.backend in BACKENDS
    assert classifier.precision == "f32"
    assert classifier.device == CPU
    assert device_text(classifier) == "CPU, f32"
    assert classifier.spec.labels == toys.LABELS


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 9, 17])
def test_a_row_for_every_crop_whatever_their_number(classifier: Engine, n: int) -> None:
    crops = pictures(17, toys.SIDE, toys.SIDE)
    (all_of_them,) = classifier.run(crops)
    (prob,) = classifier.run(crops[:n])
    assert prob.shape == (n, 4)
    assert prob.dtype == np.float32
    np.testing.assert_allclose(prob, all_of_them[:n], atol=1e-6)
    np.testing.assert_allclose(prob.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_detector_takes_any_sides_and_number(detector: Engine, n: int) -> None:
    for height, width in ((64, 96), (96, 64), (32, 32), (64, 64), (64, 96)):
        frames = pictures(3, height, width)
        whole, part = detector.run(frames), detector.run(frames[:n])
        for a, b, channels in zip(whole, part, (1, 2, 2, 10), strict=True):
            assert a.shape == (3, channels, height // 4, width // 4)
            assert len(b) == n
            if n:
                np.testing.assert_allclose(a[:n], b, atol=1e-5)


def test_results_are_the_callers_own(classifier: Engine) -> None:
    first = classifier.run(pictures(2, toys.SIDE, toys.SIDE))[0]
    before = first.copy()
    classifier.run(255 - pictures(2, toys.SIDE, toys.SIDE))
    np.testing.assert_array_equal(first, before)
    first[:] = 0


def test_strided_and_read_only_input_is_taken(classifier: Engine) -> None:
    wide = pictures(4, toys.SIDE, 2 * toys.SIDE)
    view = wide[::2, ::-1, : toys.SIDE]
    view.flags.writeable = False
    expected = classifier.run(np.ascontiguousarray(view))[0]
    np.testing.assert_array_equal(classifier.run(view)[0], expected)
    frozen = np.ascontiguousarray(view)
    frozen.flags.writeable = False
    np.testing.assert_array_equal(classifier.run(frozen)[0], expected)


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((1, 32, 32, 3), np.float32),
        np.zeros((1, 3, 32, 32), np.uint8),
        np.zeros((32, 32, 3), np.uint8),
        np.zeros((1, 32, 33, 3), np.uint8),
        np.zeros((1, 0, 0, 3), np.uint8),
    ],
    ids=lambda batch: f"{batch.shape}-{batch.dtype}",
)
def test_what_it_cannot_take_is_reported(classifier: Engine, batch: np.ndarray) -> None:
    with pytest.raises(EngineRunError, match=r"toy: takes .*, was given"):
        classifier.run(batch)


def test_sides_that_are_not_multiples_of_32_are_reported(detector: Engine) -> None:
    with pytest.raises(EngineRunError, match="multiples of 32, was given 100x64"):
        detector.run(np.zeros((1, 64, 100, 3), np.uint8))


@pytest.mark.parametrize("backend", BACKENDS)
def test_closing_twice_is_fine_and_running_then_is_not(tmp_path: Path, backend: str) -> None:
    toys.classifier(tmp_path)
    engine = load(tmp_path / "toy.onnx", backend)
    engine.close()
    engine.close()
    with pytest.raises(EngineRunError, match="closed"):
        engine.run(pictures(1, toys.SIDE, toys.SIDE))


def test_backends_agree(tmp_path: Path) -> None:
    toys.classifier(tmp_path)
    for path, batch in (
        (tmp_path / "toy.onnx", pictures(5, toys.SIDE, toys.SIDE)),
        (embedded("centerface"), pictures(2, 96, 64)),
        (embedded("detector-embedded"), pictures(3, 64, 96)),
        (embedded("emotion-embedded"), pictures(9, 96, 96)),
        (embedded("emotion-embedded-8"), pictures(9, 96, 96)),
    ):
        first, *others = (load(path, backend).run(batch) for backend in BACKENDS)
        for other in others:
            for x, y in zip(first, other, strict=True):
                np.testing.assert_allclose(x, y, atol=1e-3, rtol=1e-3)


FOUR = ("angry", "happy", "neutral", "sad")
EIGHT = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("name", "labels"), [("emotion-embedded", FOUR), ("emotion-embedded-8", EIGHT)]
)
def test_the_embedded_expressions_are_probabilities(
    name: str, labels: tuple[str, ...], backend: str
) -> None:
    path = embedded(name)
    assert path.stat().st_size <= 8 << 20
    engine = load(path, backend)
    assert engine.spec.labels == labels
    side = engine.spec.input.size or 0
    (prob,) = engine.run(pictures(9, side, side))
    assert prob.min() >= 0
    np.testing.assert_allclose(prob.sum(axis=1), 1, atol=1e-5)


def grey_pictures(archive: zipfile.ZipFile, names: Iterable[str]) -> list[np.ndarray]:
    files = (np.frombuffer(archive.read(name), np.uint8) for name in names)
    return [cv2.imdecode(file, cv2.IMREAD_GRAYSCALE) for file in files]


def test_the_embedded_expressions_still_know_the_labels_of_fer2013(test_data: Path) -> None:
    """Its own labels, of which ten people often see something else: docs/expressions.md."""
    engine = load(embedded("emotion-embedded"), "openvino")
    with zipfile.ZipFile(test_data / "fer4.zip") as fer4:
        names = [name for name in fer4.namelist() if name.endswith(".jpg")]
        train = grey_pictures(fer4, (name for name in names if "/train/" in name))
        val_names = [name for name in names if "/val/" in name]
        val = grey_pictures(fer4, val_names)
    known = {picture.tobytes() for picture in train}
    fresh = [i for i, picture in enumerate(val) if picture.tobytes() not in known]
    assert len(fresh) == 2518
    prob = probabilities(engine, [val[i] for i in fresh])
    truth = [engine.spec.labels.index(val_names[i].split("/")[-2]) for i in fresh]
    assert float((prob.argmax(axis=1) == truth).mean()) >= 0.68


@pytest.mark.parametrize(
    ("name", "most", "least"),
    [("emotion-embedded", 2396, 0.91), ("emotion-embedded-8", 2817, 0.87)],
)
def test_the_embedded_expressions_are_as_right_as_they_say(
    name: str, most: int, least: float, test_data: Path
) -> None:
    """On the majority of ten people, on pictures of which training has no copy."""
    engine = load(embedded(name), "openvino")
    with zipfile.ZipFile(test_data / "ferplus.zip") as ferplus:
        lines = ferplus.read("ferplus/votes.csv").decode().splitlines()
        answers = lines[0].split(",")[1:]
        votes = {path: [*map(int, n)] for path, *n in (line.split(",") for line in lines[1:])}
        known = {ferplus.read(f"ferplus/{path}") for path in votes if path.startswith("train/")}
        found: list[str] = []
        truth: list[int] = []
        for path, given in votes.items():
            label = index_of(answers[given.index(max(given))], engine.spec.labels)
            if path.startswith("val/") and label is not None and max(given) > 5:
                found.append(path)
                truth.append(label)
        fresh = [i for i, path in enumerate(found) if ferplus.read(f"ferplus/{path}") not in known]
        prob = probabilities(engine, grey_pictures(ferplus, (f"ferplus/{found[i]}" for i in fresh)))
    assert 0.9 * most < len(fresh) < most
    right = prob.argmax(axis=1) == np.array(truth)[fresh]
    assert right.mean() >= least
    # of the split's test set, from which near-duplicates are left out too
    assert right.mean() == pytest.approx(engine.spec.metrics["test_accuracy"], abs=0.01)
    neutral = engine.spec.labels.index("neutral")
    assert right[np.array(truth)[fresh] == neutral].mean() >= 0.89


def probabilities(engine: Engine, pictures: list[np.ndarray]) -> np.ndarray:
    """Of grey pictures of 48 px, whose pixels the engine's averaging gives back."""
    crops = np.array(pictures).repeat(2, axis=1).repeat(2, axis=2)
    return engine.run(crops[..., None].repeat(3, axis=3))[0]
