"""Names and labels as text of each format, whatever characters they have."""

from __future__ import annotations

import re
import unicodedata

_LOOKALIKES = str.maketrans("<>{}\\", "\uff1c\uff1e\uff5b\uff5d\uff3c")
"""Those of characters that SRT and ASS read as commands and cannot escape."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """``text`` without line breaks and control characters, for any encoding of Unicode."""
    kinds = (unicodedata.category(character) for character in text)
    kept = (
        _REPLACEMENT if kind == "Cs" else " " if kind in ("Cc", "Zl", "Zp") else character
        for character, kind in zip(text, kinds, strict=True)
    )
    return " ".join("".join(kept).split())


def for_vtt(text: str) -> str:
    """The text of a WebVTT cue."""
    escaped = one_line(text).replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace(">", "&gt;")


def for_subtitles(text: str) -> str:
    """The text of an SRT or ASS line: commands become characters that look like theirs."""
    return one_line(text).translate(_LOOKALIKES)


def for_ffmetadata(text: str) -> str:
    """A value in a file of FFmpeg's metadata."""
    return re.sub(r"([=;#\\])", r"\\\1", one_line(text))


def for_xml(text: str) -> str:
    """The text of an element or of an attribute in double quotes."""
    known = _NOT_XML.sub(_REPLACEMENT, one_line(text))
    escaped = known.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;")


def person(identity: str | None, track: int, *, is_named: bool) -> str:
    """Who a face is: its name, or what is known of it with the number of its track."""
    return identity if is_named and identity else f"{identity or 'face'} {track}"
