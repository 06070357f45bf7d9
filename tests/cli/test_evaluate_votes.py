"""`vidfx evaluate` on pictures with the votes of several people; figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.engine_files import brightness_classifier, constant_classifier
from tests.vidfx_command import read_csv, vidfx, vidfx_json
from vidfx_engines.spec import EngineSpec

pytest.importorskip("matplotlib")
pytest.importorskip("scipy")

PROBS = {"angry": 0.5, "happy": 0.2, "neutral": 0.2, "sad": 0.1}
VOTES = """picture,neutral,happiness,surprise,sadness,anger,unknown
a.png,0,0,0,0,10,0
b.png,0,0,0,4,6,0
c.png,0,8,2,0,0,0
d.png,0,0,9,0,1,0
e.png,0,3,0,0,0,7
f.png,5,0,0,5,0,0
g.png,3,3,4,0,0,0
"""


def grey(file: Path, level: float = 100) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), np.full((24, 20, 3), level, np.uint8))


def document(*args: object) -> dict[str, Any]:
    return vidfx_json("evaluate", *args)


@pytest.fixture
def voted(tmp_path: Path) -> Path:
    root = tmp_path / "voted"
    for line in VOTES.splitlines()[1:]:
        grey(root / line.split(",")[0])
    (root / "votes.csv").write_text(VOTES)
    return root


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    return constant_classifier(tmp_path, "always-angry", "emotion", PROBS)


def test_accuracy_is_against_the_majority(voted: Path, engine: Path) -> None:
    found = document(engine, voted)
    assert found["data"]["most_votes"]["surprise"] == 2
    (model,) = found["models"]
    assert (model["n"], model["accuracy"]) == (3, pytest.approx(2 / 3))
    assert model["confusion"] == [[2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert [m["path"] for m in model["mistakes"]] == ["c.png"]
    votes = model["votes"]
    assert votes["agreement"] == 0.5
    assert votes["majority"]["pictures"] == 3
    assert votes["other_majority"] == {"surprise": 1, "unknown": 1}
    assert votes["no_majority"] == 2
    assert model["ignored"] == {}

    (stricter,) = document(engine, voted, "--agreement", 0.6)["models"]
    assert (stricter["n"], stricter["votes"]["no_majority"]) == (2, 3)
    assert stricter["votes"]["cross_entropy"] == votes["cross_entropy"]


def test_probabilities_are_compared_with_the_votes(voted: Path, engine: Path) -> None:
    votes = document(engine, voted)["models"][0]["votes"]
    assert votes["compared"] == 5  # a, b, c, f and g
    angry, happy, sad = (log(PROBS[name]) for name in ("angry", "happy", "sad"))
    b, f = 0.6 * angry + 0.4 * sad, (happy + sad) / 2
    assert votes["cross_entropy"] == pytest.approx(-(angry + b + happy + f + happy) / 5)
    disagreement = 0.6 * log(0.6) + 0.4 * log(0.4) + 2 * log(0.5)
    assert votes["entropy"] == pytest.approx(-disagreement / 5)
    assert votes["ece"] == pytest.approx(0.5 - (1 + 0.6) / 5)


def test_no_engine_is_better_than_the_votes(tmp_path: Path, voted: Path) -> None:
    (voted / "votes.csv").write_text("picture,happy,Sadness\na.png,3,1\nb.png,0.75,0.25\n")
    engine = constant_classifier(tmp_path, "exact", "emotion", {"sad": 0.25, "happy": 0.75})
    votes = document(engine, voted)["models"][0]["votes"]
    assert votes["cross_entropy"] == pytest.approx(votes["entropy"])
    assert votes["ece"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("least", "shown"), [(0.0, 1.0), (0.45, 1.0), (0.55, 0.0)])
def test_confidence_on_other_classes(voted: Path, engine: Path, least: float, shown: float) -> None:
    replace(EngineSpec.load(engine), min_prob=least).save(engine.parent)
    votes = document(engine, voted)["models"][0]["votes"]
    assert votes["min_prob"] == (least or 0.5)
    sure = {"shown": shown, "median_probability": pytest.approx(0.5)}
    assert votes["majority"] == {"pictures": 3, **sure}
    assert votes["other_classes"] == {"pictures": 1, **sure}  # d; unknown is no class


def test_engines_with_other_labels_are_compared_on_common_pictures(
    tmp_path: Path, voted: Path, engine: Path
) -> None:
    probs = {"Surprise": 0.9, "anger": 0.1}
    other = constant_classifier(tmp_path, "surprised", "emotion", probs)
    found = document(engine, other, voted, "-o", tmp_path / "out")
    assert [m["n"] for m in found["models"]] == [3, 3]  # a, b, c and a, b, d
    assert found["models"][1]["votes"]["other_majority"] == {"happiness": 1, "unknown": 1}
    (change,) = found["differences"]
    assert (change["n"], change["accuracy_difference"]) == (2, -1)
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "1 surprise, 1 unknown, 2 without a majority" in html
    rows = {(r["path"], r["model"]): r for r in read_csv(tmp_path / "out" / "predictions.csv")}
    assert len(rows) == 14
    cells = [rows[f"{name}.png", "always-angry"] for name in "bd"]
    assert [(c["label"], c["truth"], c["agreement"]) for c in cells] == [
        ("anger", "angry", "0.600"),
        ("surprise", "", "0.900"),
    ]


def test_the_table(voted: Path, engine: Path) -> None:
    result = vidfx("evaluate", engine, voted)
    assert result.exit_code == 0, result.output
    assert "votes above 50 %" in result.stdout
    assert (
        "not in accuracy and recall: 1 surprise, 1 unknown, 2 without a majority" in result.stdout
    )


def test_unanimous_votes_give_the_report_of_folders(tmp_path: Path) -> None:
    labels = ("happy", "neutral", "sad")
    engine = brightness_classifier(tmp_path, "shade", "emotion", labels)
    data = tmp_path / "data"
    rows = ["picture,sadness,neutral,happiness"]
    for number, folder in enumerate(("happiness", "Neutral", "sad")):
        for level in (20, 70, 130, 190, 240):
            path = f"{folder}/{level}.png"
            grey(data / path, level + 5 * number)
            rows.append(f"{path},{','.join('1' if 2 - number == i else '0' for i in range(3))}")
    by_folder = document(engine, data)
    assert by_folder["models"][0]["votes"] is None
    assert {row["agreement"] for row in read_csv(tmp_path / "evaluation" / "predictions.csv")} == {
        ""
    }
    (data / "votes.csv").write_text("\n".join(rows))
    by_votes = document(engine, data)
    assert by_votes["models"][0].pop("votes")["entropy"] == 0
    assert by_folder["models"][0].pop("votes") is None
    assert by_votes["models"] == by_folder["models"]


def test_mistakes_of_the_user(tmp_path: Path, voted: Path, engine: Path) -> None:
    shades = constant_classifier(tmp_path, "shades", "emotion", {"dark": 0.5, "bright": 0.5})
    person = constant_classifier(tmp_path, "ana", "identity", {"other": 0.5, "anger": 0.5})
    afraid = constant_classifier(tmp_path, "afraid", "emotion", {"fear": 0.5, "sad": 0.5})
    grey(tmp_path / "folders" / "happy" / "a.png")
    cases: list[tuple[tuple[object, ...], int, str]] = [
        ((shades, voted), 2, "no column is named after a label; shades has the labels dark"),
        ((person, voted), 2, "votes are for expressions"),
        ((engine, voted, "--agreement", 0.4), 2, "--agreement 0.4: a share from 0.5"),
        ((engine, voted, "--agreement", 1), 2, "--agreement 1: a share from 0.5"),
        ((engine, tmp_path / "folders", "--agreement", 0.6), 2, "--agreement has no effect here"),
        ((afraid, voted), 3, "on none of 7 pictures do most people agree on a label of afraid"),
    ]
    for args, code, text in cases:
        result = vidfx("evaluate", *args, "-o", tmp_path / "out")
        lines = [line for line in result.stderr.splitlines() if line.startswith("vidfx: ")]
        assert (result.exit_code, len(lines)) == (code, 1), (args, result.output)
        assert text in lines[0]
        assert lines[0].endswith(")"), f"no hint: {lines[0]}"
