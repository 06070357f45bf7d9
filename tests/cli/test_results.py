"""Finished results are never mistaken for those of another input, and never lost to a later run."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.vidfx_command import results_in, vidfx
from tests.worker_faults import worker_faults
from vidfx.jobs import outcomes as outcome
from vidfx.output.strict_json import to_json

SHORT = ["--emotion", "none", "--detector-size", "320", "--preset", "ultrafast", "--end", "0.2"]


def state(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.*")) if p.is_file()}


def test_results_of_another_input_are_never_overwritten(clip: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "clip.mp4", tmp_path / "b" / "clip.mp4"
    for path in (first, second):
        path.parent.mkdir()
        shutil.copy(clip, path)
    assert vidfx("annotate", first, "-o", tmp_path / "out", *SHORT).exit_code == 0
    os.utime(first, (1, 1))
    again = vidfx("annotate", first, "-o", tmp_path / "out", *SHORT)
    assert again.exit_code == 0 and "only the input's date changed" in again.stderr
    before = state(tmp_path / "out")
    with second.open("r+b") as file:
        file.write(b"another")
    done = vidfx("annotate", second, "-o", tmp_path / "out", *SHORT, "--overwrite")
    assert done.exit_code == 1 and f"the results of another input, {first}: " in done.stderr
    assert state(tmp_path / "out") == before


def test_other_options_are_other_work(clip: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text('happy = "Ha!"')
    args = (clip, "-o", tmp_path / "out", "--messages", words, *SHORT)
    assert vidfx("annotate", *args).exit_code == 0
    assert "skipped" in vidfx("annotate", *args).stderr
    words.write_text('happy = "Ho!"')
    assert vidfx("annotate", *args).exit_code == 1


def test_a_result_that_was_removed_is_made_again(clip: Path, tmp_path: Path) -> None:
    args = (clip, "-o", tmp_path, *SHORT)
    assert vidfx("annotate", *args).exit_code == 0
    (tmp_path / "clip.mp4.annotated.mp4").unlink()
    assert vidfx("annotate", *args).exit_code == 0
    assert (tmp_path / "clip.mp4.annotated.mp4").is_file()


@pytest.mark.parametrize("video", ["--video", "--no-video"])
def test_a_failed_overwrite_leaves_the_old_results(clip: Path, tmp_path: Path, video: str) -> None:
    assert vidfx("annotate", clip, "-o", tmp_path, *SHORT).exit_code == 0
    before = state(tmp_path)
    late = ["--start", "99", "--end", "100"]
    done = vidfx("annotate", clip, "-o", tmp_path, *SHORT, *late, video, "--overwrite")
    assert done.exit_code != 0 and "there is no frame" in done.stderr
    assert state(tmp_path) == before


def test_one_video_that_breaks_an_engine_does_not_end_the_batch(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_faults(
        monkeypatch,
        tmp_path,
        """
        from vidfx_engines.errors import EngineRunError
        from vidfx.annotation import whole
        class Breaks(whole.Pipeline):
            def __call__(self, frames):
                if self.observe.info.path.stem == "other":
                    raise EngineRunError("the engine broke")
                if self.observe.info.path.stem == "third":
                    raise ZeroDivisionError("odd")
                return super().__call__(frames)
        whole.Pipeline = Breaks
        """,
    )
    others = [tmp_path / "other.mp4", tmp_path / "third.mp4"]
    for other in others:
        shutil.copy(clip, other)
    done = vidfx("annotate", *others, clip, "-o", tmp_path / "out", *SHORT, "--json")
    results = json.loads(done.stdout)["results"]
    assert [r["status"] for r in results] == ["failed", "failed", "done"]
    assert "the engine broke" in results[0]["error"]["message"]
    assert results[0]["error"]["type"] == "EngineFailedError"
    assert "ZeroDivisionError" in results[1]["error"]["message"]
    assert done.exit_code == 1
    alone = vidfx("annotate", others[0], "-o", tmp_path / "out", *SHORT)
    assert alone.exit_code == 4  # not 3: the input can be read


def test_a_video_of_other_rows_does_not_stay(clip: Path, tmp_path: Path) -> None:
    assert vidfx("annotate", clip, "-o", tmp_path, *SHORT).exit_code == 0
    other = ["--no-video", "--every", 2, "--overwrite"]
    assert vidfx("annotate", clip, "-o", tmp_path, *SHORT, *other).exit_code == 0
    assert results_in(tmp_path) == {
        "clip.mp4.faces.csv",
        "clip.mp4.frames.csv",
        "clip.mp4.summary.json",
        "clip.mp4.unshown.csv",
    }


def test_an_input_that_changes_while_it_is_read_is_not_done(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_faults(
        monkeypatch,
        tmp_path,
        """
        from vidfx.annotation import whole
        class Grows(whole.Pipeline):
            def __call__(self, frames):
                path = self.observe.info.path
                if path.stem == "grows":
                    with path.open("ab") as file:
                        file.write(b"more")
                if path.stem == "goes":
                    path.unlink()
                return super().__call__(frames)
        whole.Pipeline = Grows
        """,
    )
    inputs = [tmp_path / "grows.mp4", tmp_path / "goes.mp4"]
    for path in inputs:
        shutil.copy(clip, path)
    done = vidfx("annotate", *inputs, "-o", tmp_path / "out", *SHORT, "--json")
    results = json.loads(done.stdout)["results"]
    assert [r["error"]["type"] for r in results] == ["ChangedError"] * 2
    assert done.exit_code == 1 and not results_in(tmp_path / "out")


def test_what_differs_from_what_is_there_is_said(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    content = clip.read_bytes()
    path.write_bytes(content)
    args = (path, "-o", tmp_path / "out", *SHORT, "--no-video")
    assert vidfx("annotate", *args).exit_code == 0
    same = ["--device", "cpu", "--detector", "embedded", "--crf", "40", "--start", "0"]
    assert vidfx("annotate", *args, *same).exit_code == 0
    other = vidfx("annotate", *args, "--every", 2).stderr
    assert "from other settings (every: 0 before, 2 now) (use --overwrite" in other
    shown = vidfx("status", tmp_path / "out").stdout
    assert "refused: " in shown and "2 now) (use --overwrite" in shown and "retry" not in shown
    retried = vidfx("retry", tmp_path / "out")
    assert retried.exit_code == 2 and "nothing to retry; refused, 1 in all" in retried.stderr
    other = vidfx("annotate", *args, "--emotion", "embedded").stderr
    assert "from other models (emotion: none before, 'emotion-embedded " in other


def test_numbers_that_are_not_finite_are_null_in_json() -> None:
    content = {"a": [math.nan, (math.inf, 1.5)], "b\udcff": {"c": -math.inf, "d": True, 3: None}}
    assert json.loads(to_json(content), parse_constant=pytest.fail) == {
        "a": [None, [None, 1.5]],
        "b\udcff": {"c": None, "d": True, "3": None},
    }


def test_a_name_that_is_not_utf8(clip: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"x\xff\x1b[31m.mp4")
    shutil.copy(clip, tmp_path / name)
    done = vidfx("annotate", tmp_path / name, "-o", tmp_path / "out", *SHORT, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["input"].endswith(name)
    assert "\x1b" not in done.stderr
    assert (
        "\x1b" not in vidfx("annotate", tmp_path / name, "-o", tmp_path / "new", "--dry-run").stdout
    )
    assert len(results_in(tmp_path / "out")) == 5


def test_a_folder_in_the_place_of_a_result(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4.frames.csv").mkdir()
    done = vidfx("annotate", clip, "-o", tmp_path, *SHORT, "--overwrite")
    assert done.exit_code == 1 and "clip.mp4.frames.csv" in done.stderr
    assert not results_in(tmp_path)


def test_a_dry_run_says_what_would_happen(clip: Path, tmp_path: Path) -> None:
    assert vidfx("annotate", clip, "-o", tmp_path, *SHORT).exit_code == 0
    done = vidfx("annotate", clip, "-o", tmp_path, *SHORT, "--dry-run", "--json")
    assert json.loads(done.stdout)["results"][0]["status"] == "skipped"
    other = vidfx("annotate", clip, "-o", tmp_path, *SHORT, "--dry-run", "--every", 2)
    assert other.exit_code == 1


def test_json_has_errors_before_any_work_too(clip: Path, tmp_path: Path) -> None:
    done = vidfx("annotate", clip, "-o", tmp_path, "--recognition", "no.onnx", "--json")
    content = json.loads(done.stdout)
    assert content["exit_code"] == done.exit_code == 4
    assert "no.onnx" in content["error"]["message"]


def test_an_image_is_a_photograph(astronaut: np.ndarray, tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "one.png"), astronaut[:, :, ::-1])
    done = vidfx(
        "annotate", tmp_path / "one.png", "-o", tmp_path / "out", "--emotion", "none", "--json"
    )
    assert done.exit_code == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["counts"] == {"frames": 1, "frames_with_faces": 1, "face_rows": 1}
    assert (tmp_path / "out/one.annotated.png").is_file()


def test_exit_codes_of_mixed_outcomes() -> None:
    from vidfx.errors import NotMediaError, OutputExistsError, UnavailableError

    def code(*errors: Exception | None) -> int:
        return outcome.exit_code(
            [outcome.Outcome("x", "failed" if e else "done", error=e) for e in errors]  # pyright: ignore[reportArgumentType]
        )

    bad, exists = NotMediaError("no", hint="."), OutputExistsError("there", hint=".")
    assert code() == 0 and code(None, None) == 0
    assert code(None, bad) == 1
    assert code(bad, bad) == 3
    assert code(exists) == 1 and code(bad, exists) == 1
    assert code(UnavailableError("no")) == 4
