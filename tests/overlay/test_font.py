"""Texts in any script: drawn right, or found before anything is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vidfx.errors import UnavailableError, UsageError
from vidfx.overlay import font as fonts
from vidfx.overlay import installed_fonts, text_check
from vidfx.overlay.font import BOLD, REGULAR, Font
from vidfx.overlay.looks import Looks
from vidfx.overlay.text_check import check_texts
from vidfx.overlay.typefaces import BuiltIn, can_shape, needs_shaping, runs_from_right

BUILT_IN = "Keep smiling!! José Олег 李小龙 한국 → 87%…?"
needs_raqm = pytest.mark.skipif(not can_shape(), reason="Pillow with Raqm is not here")


@pytest.fixture
def dejavu() -> str:
    """A font with Latin, Arabic, Hebrew and some emoji, and neither Chinese nor Indic."""
    matplotlib = pytest.importorskip("matplotlib")
    return str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"))


@pytest.fixture
def _no_installed_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_fonts, "font_folders", lambda: [])


def ink(font: Font, text: str) -> np.ndarray:
    return font.mask(text, 40, REGULAR)


def test_the_built_in_font_knows_what_it_has() -> None:
    face = BuiltIn()
    assert all(face.has(c) for c in BUILT_IN)
    assert not any(face.has(c) for c in "😀☺❤नไქשم\u0301")


@pytest.mark.usefixtures("_no_installed_font")
def test_missing_characters_are_listed_once_each() -> None:
    assert Font().missing(BUILT_IN) == ""
    assert Font().missing("a😀b😀न") == "😀न"


@needs_raqm
@pytest.mark.usefixtures("_no_installed_font")
def test_a_file_adds_its_characters_and_draws_them_with_its_own_shapes(dejavu: str) -> None:
    font = Font(dejavu)
    assert font.missing("Ana 😀 ❤ שלום مرحبا 李小龙") == ""
    assert font.missing("न") == "न"
    shapes = [ink(font, c) for c in "😀☺❤"]
    assert all(shape.sum() > 50 for shape in shapes)
    assert not np.array_equal(shapes[0], shapes[1])


@needs_raqm
def test_hebrew_runs_from_right_to_left(dejavu: str) -> None:
    """Its first letter is the rightmost."""
    font = Font(dejavu)
    first, whole = ink(font, "ש"), ink(font, "שהה")
    width = first.shape[1] - 2
    assert np.abs(whole[:, -width - 2 :] - first).mean() < 0.02
    assert np.abs(whole[:, : width + 2] - first).mean() > 0.02


@needs_raqm
def test_arabic_letters_are_joined(dejavu: str) -> None:
    font = Font(dejavu)
    apart = sum(font.width(c, 40, REGULAR) for c in "بببب")
    assert font.width("بببب", 40, REGULAR) < 0.8 * apart
    assert font.width("بب\u200cبب", 40, REGULAR) > font.width("بببب", 40, REGULAR)


@needs_raqm
@pytest.mark.usefixtures("_no_installed_font")
def test_a_text_in_two_fonts_is_drawn_in_pieces(dejavu: str) -> None:
    font = Font(dejavu)
    mixed = ink(font, "Ana 李小龙")
    assert mixed.shape[1] - 2 == sum(font.width(t, 40, REGULAR) for t in ("Ana ", "李小龙"))
    assert np.array_equal(mixed[:, -60:-2], ink(Font(), "李小龙")[:, -60:-2])


def test_texts_are_not_cut_inside_a_letter(dejavu: str) -> None:
    font = Font(dejavu)
    text = "e\u0331\u0330" * 12
    for width in range(30, 200, 13):
        shown = font.shortened(text, 20, BOLD, width).removesuffix("…")
        assert len(shown) % 3 == 0


def test_which_texts_need_shaping_and_from_which_side_they_run() -> None:
    assert [needs_shaping(t) for t in ("Ana 李", "שלום", "مرحبا", "नमस्ते", "ไทยที่")] == [
        False,
        *[True] * 4,
    ]
    assert [runs_from_right(t) for t in ("Ana שלום", "12 שלום", "😀")] == [False, True, False]


# -- the check before a run --------------------------------------------------------------------


@pytest.mark.usefixtures("_no_installed_font")
def test_a_text_that_no_font_has_is_one_line() -> None:
    with pytest.raises(UsageError, match=r"m\.toml, happy: .*no font here has 😀 \(U\+1F600\)"):
        check_texts([("m.toml, sad", "ok"), ("m.toml, happy", "Ha 😀")], Looks())
    for style in ("boxes", "none"):
        check_texts([("m.toml, happy", "😀")], Looks(style=style))


def test_without_raqm_a_joined_script_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fonts, text_check):
        monkeypatch.setattr(module, "can_shape", lambda: False)
    with pytest.raises(UnavailableError, match="its script needs Pillow with Raqm") as error:
        check_texts([("a person's name", "محمد")], Looks())
    assert "vidfx[text]" in str(error.value.hint)


def test_a_font_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    broken = tmp_path / "broken.ttf"
    broken.write_text("no font")
    for path in (broken, tmp_path / "missing.ttf"):
        with pytest.raises(UsageError, match=f"{path.name}: cannot be read as a font"):
            check_texts([], Looks(font=str(path)))


def test_fonts_of_this_computer_are_the_last_choice(
    dejavu: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.ttf").write_text("no font")
    (tmp_path / "Sans.ttf").symlink_to(dejavu)
    monkeypatch.setattr(installed_fonts, "font_folders", lambda: [tmp_path])
    assert Font().missing("Ha 😀न") == "न"
    assert np.array_equal(ink(Font(), "😀"), ink(Font(dejavu), "😀"))
    assert not np.array_equal(ink(Font(), "Ha"), ink(Font(dejavu), "Ha"))
