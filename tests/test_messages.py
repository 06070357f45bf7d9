from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vidfx.errors import UsageError
from vidfx.messages import DEFAULT_MESSAGES, MAX_LENGTH, default_messages, load_messages, printable

LABELS = ["angry", "happy", "neutral", "sad"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_four_promised() -> None:
    assert DEFAULT_MESSAGES == {
        "angry": "Take a deep breath...",
        "happy": "Keep smiling!!",
        "neutral": "Steady as she goes.",
        "sad": "It's okay to feel blue.",
    }


@pytest.mark.parametrize("name", ["m.toml", "m.json", "M.JSON", "m.txt"])
def test_a_partial_file_fills_from_the_defaults(tmp_path: Path, name: str) -> None:
    said = {"happy": "继续微笑 😀"}
    text = json.dumps(said) if name.lower().endswith("json") else 'happy = "继续微笑 😀"'
    messages = load_messages(write(tmp_path, name, text), LABELS)
    assert messages == DEFAULT_MESSAGES | said


def test_only_the_labels_of_the_engine_have_messages(tmp_path: Path) -> None:
    path = write(tmp_path, "m.toml", 'surprised = "Oh"')
    assert load_messages(path, ["happy", "surprised"]) == {
        "happy": DEFAULT_MESSAGES["happy"],
        "surprised": "Oh",
    }


EIGHT = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]


def test_other_names_of_an_expression_have_its_message() -> None:
    assert default_messages(LABELS) == DEFAULT_MESSAGES
    assert default_messages(EIGHT) == {
        "neutral": DEFAULT_MESSAGES["neutral"],
        "happiness": DEFAULT_MESSAGES["happy"],
        "sadness": DEFAULT_MESSAGES["sad"],
        "anger": DEFAULT_MESSAGES["angry"],
    }


def test_a_file_may_have_any_name_of_an_expression(tmp_path: Path) -> None:
    path = write(tmp_path, "m.toml", 'happy = "Yes"\nSurprised = "Oh"\ncontempt = "Hm"\n')
    said = {"happiness": "Yes", "surprise": "Oh", "contempt": "Hm"}
    assert load_messages(path, EIGHT) == default_messages(EIGHT) | said
    path = write(tmp_path, "m.toml", 'happiness = "Yes"')
    assert load_messages(path, LABELS)["happy"] == "Yes"
    path = write(tmp_path, "m.toml", 'happiness = "Yes"\nhappy = "No"')
    with pytest.raises(UsageError, match="'happy' is a second message for 'happy'"):
        load_messages(path, LABELS)


def test_a_byte_order_mark_and_an_empty_file_are_fine(tmp_path: Path) -> None:
    assert load_messages(write(tmp_path, "m.toml", "\ufeff"), LABELS) == DEFAULT_MESSAGES


def test_control_characters_are_taken_out(tmp_path: Path) -> None:
    path = write(tmp_path, "m.toml", r'sad = "one\ntwo\t\u0007\u202ethree"')
    assert load_messages(path, LABELS)["sad"] == "one two three"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.toml", 'joyful = "x"', "joyful"),
        ("m.toml", "happy = 3", "happy"),
        ("m.toml", "happy = ", "not valid"),
        ("m.json", "{", "not valid"),
        ("m.json", "[" * 100_000, "not valid"),
        ("m.json", '["happy"]', "table"),
        ("m.toml", f'happy = "{"x" * (MAX_LENGTH + 1)}"', "121 characters"),
    ],
)
def test_a_bad_file_is_one_line_and_a_hint(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        load_messages(write(tmp_path, name, text), LABELS)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_an_unknown_label_names_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_messages(write(tmp_path, "m.toml", 'joyful = "x"'), LABELS)
    assert all(label in caught.value.hint for label in LABELS)


def test_a_pipe_or_a_huge_file_is_refused_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", Path("/dev/zero")):
        with pytest.raises(UsageError, match="not a regular file"):
            load_messages(path, ["happy"])
    with pytest.raises(UsageError, match="larger than 1 MB"):
        load_messages(write(tmp_path, "huge.toml", "#" * (2 << 20)), ["happy"])


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    binary = tmp_path / "m.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(UsageError):
            load_messages(path, LABELS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jose\u0301", "José"),
        ("a\udcffb", "a?b"),
        ("\x00a\u200bb\ufe0f", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (" a  b ", "a b"),
        ("李小龙 שלום", "李小龙 שלום"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
