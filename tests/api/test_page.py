"""docs/python.md is a session that works."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs/python.md"


def test_the_code_of_the_page_works(
    in_folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (in_folder / "recordings").mkdir()
    (in_folder / "talk.mp4").rename(in_folder / "recordings/talk.mp4")
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 6
    names: dict[str, Any] = {}
    with caplog.at_level(logging.INFO, "vidfx"):
        exec(compile("\n".join(blocks), str(PAGE), "exec"), names)
    said = capsys.readouterr()
    assert "talk.mp4 done None" in said.out and "inputs" in said.err
    assert "talk.mp4" in caplog.text
    assert [outcome.status for outcome in names["planned"]] == ["skipped"]
    assert len(names["tracks"]) > 0 and names["seconds"]["talk.mp4"] > 0.3
    assert [len(faces) for faces in (*names["first"], *names["later"])] == [0, 0]
    assert len(names["outputs"][0]) == 1
    assert "nothing" in said.out
