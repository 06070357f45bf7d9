"""The measures of a picture; a broken picture does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx_training.dataset.index import read_dataset
from vidfx_training.dataset.measure import Measures, extracted, measure
from vidfx_training.errors import DataError


def measured(root: Path) -> tuple[Measures, dict[str, int]]:
    found = measure(read_dataset(root))
    return found, {Path(p.path).stem: row for row, p in enumerate(found.pictures)}


def test_each_measure_says_one_thing(
    tmp_path: Path, draw: Callable[[int], np.ndarray], save: Callable[[Path, np.ndarray], Path]
) -> None:
    plain = draw(1)
    pictures = {
        "plain": plain,
        "dark": plain // 4,
        "blurred": cv2.GaussianBlur(plain, (0, 0), 4),
        "large": cv2.resize(plain, (256, 192), interpolation=cv2.INTER_CUBIC),
    }
    for name, rgb in pictures.items():
        save(tmp_path / "ann" / f"{name}.png", rgb)
    found, row = measured(tmp_path)
    assert found.size[row["large"]].tolist() == [256, 192]
    assert found.side[row["large"]] == 192
    assert found.brightness[row["dark"]] == pytest.approx(found.brightness[row["plain"]] / 4, abs=1)
    assert found.contrast[row["dark"]] == pytest.approx(found.contrast[row["plain"]] / 4, abs=1)
    assert found.sharpness[row["blurred"]] < found.sharpness[row["plain"]] / 4
    assert found.sharpness[row["large"]] == pytest.approx(found.sharpness[row["plain"]], rel=0.2)


def test_the_digest_is_of_pixels_not_of_files(
    tmp_path: Path, draw: Callable[[int], np.ndarray], save: Callable[[Path, np.ndarray], Path]
) -> None:
    save(tmp_path / "ann" / "a.png", draw(1))
    cv2.imwrite(str(tmp_path / "ann" / "b.bmp"), cv2.cvtColor(draw(1), cv2.COLOR_RGB2BGR))
    save(tmp_path / "ann" / "c.png", draw(2))
    a, b, c = measured(tmp_path)[0].digest
    assert a == b != c


def test_broken_pictures_are_named_and_the_others_measured(folder: Path) -> None:
    (folder / "ann" / "empty.png").touch()
    cut = folder / "ann" / "00.png"
    cut.write_bytes(cut.read_bytes()[:200])
    told: list[int] = []
    found = measure(read_dataset(folder), told.append)
    assert set(found.broken) == {"ann/00.png", "ann/empty.png"}
    assert all("cannot be read" in reason for reason in found.broken.values())
    assert len(found) == 39
    assert told[-1] == 41


def test_what_extract_knows(folder: Path) -> None:
    head = "path,label,source,time_s,track,face_px,score,quality\n"
    pictures = read_dataset(folder).pictures
    (folder / "faces.csv").write_text(head + "ann/00.png,ann,a.mp4,1.5,1,80,0.9,0.5\n")
    known = extracted(folder, pictures)
    assert known.face_px[0] == 80
    assert known.score[0] == pytest.approx(0.9)
    assert np.isnan(known.score[1:]).all()
    (folder / "faces.csv").write_text(head + "ann/00.png,ann,a.mp4,1.5,1,tall,0.9,0.5\n")
    with pytest.raises(DataError, match=r"faces\.csv: face_px: .*tall"):
        extracted(folder, pictures)
