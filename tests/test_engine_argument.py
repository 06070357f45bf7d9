"""The engines that arguments name: included ones, files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine_files import constant_classifier
from vidfx.annotation.models import load_models
from vidfx.config import Settings
from vidfx.engine_argument import find_engine
from vidfx_engines.embedded import embedded

EIGHT = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


@pytest.fixture
def included(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two included expression engines, of two and of eight labels."""
    constant_classifier(tmp_path, "emotion-embedded", "emotion", {"happy": 0.6, "sad": 0.4})
    constant_classifier(tmp_path, "emotion-embedded-8", "emotion", dict.fromkeys(EIGHT, 1 / 8))
    monkeypatch.setattr("vidfx_engines.embedded.__file__", str(tmp_path / "__init__.py"))
    return tmp_path


@pytest.mark.parametrize("prefix", ["", "emotion-"])
def test_two_expression_engines_are_included(prefix: str, included: Path) -> None:
    assert find_engine(f"{prefix}embedded") == included / "emotion-embedded.onnx"
    assert find_engine(f"{prefix}embedded-8") == included / "emotion-embedded-8.onnx"


DETECTOR = str(embedded("detector-embedded"))


@pytest.mark.parametrize("name", ["embedded-8", "emotion-embedded-8"])
def test_the_expressions_are_those_of_the_engine_that_is_named(name: str, included: Path) -> None:
    with load_models(Settings(detector=DETECTOR, emotion=name)) as models:
        assert models.emotion is not None
        assert models.emotion.spec.labels == EIGHT
