"""Data as scripts that call a function of the page, which pages may load from any place."""

from __future__ import annotations

import json
from typing import Any, Literal

Function = Literal["index", "video", "single", "serve"]
"""Of ``assets/main.js``."""


def call(function: Function, content: Any) -> str:
    """The text of the script; it is also safe inside a page."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"vidfx.{function}({text});\n"
