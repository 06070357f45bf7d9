"""The gallery of a run, and the engine that makes embeddings like its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engines import toys
from vidfx.annotation.models import load_models
from vidfx.config import Settings
from vidfx.errors import GalleryError
from vidfx.people.gallery import Gallery
from vidfx_engines.embedding_files import embedding_spec_for
from vidfx_engines.spec import Template

PEOPLE = 12
"""So many that they say how alike strangers are."""


def gallery(folder: Path, model: Path, crop: Template) -> Path:
    """People of one picture each, by a model without a spec."""
    vectors = np.random.default_rng(0).normal(size=(PEOPLE, toys.COLUMNS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    Gallery(
        tuple(f"P{number}" for number in range(PEOPLE)),
        np.arange(PEOPLE),
        vectors.astype(np.float32),
        embedding_spec_for(model, crop).embedding_model,
        str(model),
        crop,
    ).write(folder / "people")
    return folder / "people"


def settings(people: Path, engine: str) -> Settings:
    return Settings(people=str(people), embedding_engine=engine, emotion="none", device="cpu")


@pytest.mark.parametrize("crop", ["arcface", "dlib"])
@pytest.mark.parametrize("is_named", [False, True])
def test_faces_are_cut_as_for_the_gallery(tmp_path: Path, crop: Template, is_named: bool) -> None:
    model = toys.embedding(tmp_path)
    people = gallery(tmp_path, model, crop)
    with load_models(settings(people, str(model) if is_named else "auto"), checks=False) as models:
        assert models.embedding and models.embedding.spec.crop
        assert models.embedding.spec.crop.template == crop


def test_another_engine_than_that_of_the_gallery_is_one_line(tmp_path: Path) -> None:
    people = gallery(tmp_path, toys.embedding(tmp_path), "dlib")
    other = tmp_path / "other"
    other.mkdir()
    model = toys.embedding(other, normalises=True)
    with pytest.raises(GalleryError, match="made by another model than"):
        load_models(settings(people, str(model)), checks=False)
