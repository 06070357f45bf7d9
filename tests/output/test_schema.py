"""The order of the columns is fixed, and their documentation is made from them."""

from __future__ import annotations

from pathlib import Path

from vidfx import schema
from vidfx.schema.page import markdown

ROOT = Path(__file__).parents[2]


def test_order_of_the_first_columns() -> None:
    names = [c.name for c in schema.faces_columns()]
    promised = "frame,time_s,track_id,x1_px,y1_px,x2_px,y2_px,score,left_eye_x_px,left_eye_y_px"
    assert ",".join(names[:10]) == promised
    after = names.index("right_mouth_y_px") + 1
    assert names[after : after + 9] == [
        *("identity", "identity_prob", "emotion", "emotion_prob", "emotion_reason"),
        *("p_angry", "p_happy", "p_neutral", "p_sad"),
    ]
    assert names[-2:] == ["source", "person_id"]
    assert len(names) == len(set(names))
    frames = [c.name for c in schema.frames_columns()]
    assert frames[:2] == ["frame", "time_s"]
    assert {"faces", "target_present", "dominant_emotion"} <= set(frames)


def test_documentation_is_current() -> None:
    committed = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
    assert committed == markdown(), "run: make docs"
