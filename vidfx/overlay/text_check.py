"""Finds texts that cannot be drawn, before anything is."""

from __future__ import annotations

from collections.abc import Iterable

from vidfx.errors import UnavailableError, UsageError
from vidfx.messages import printable
from vidfx.overlay.font import Font
from vidfx.overlay.looks import Looks
from vidfx.overlay.typefaces import can_shape, needs_shaping

SHOWN = 5
"characters that are listed"


def check_texts(texts: Iterable[tuple[str, str]], looks: Looks) -> None:
    """Nothing, if ``looks`` draws no text or all characters of ``texts`` can be drawn.

    Each is a pair of what it is, for people, and the text.

    Raises UsageError for a font that cannot be read or that lacks characters, UnavailableError
    where Pillow is missing, or what it needs.
    """
    if looks.style in ("boxes", "none"):
        return
    try:
        font = Font(looks.font)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"{looks.font}: cannot be read as a font: {reason}",
            hint="give a TTF, OTF or TTC file with outlines",
        ) from error
    except ImportError as error:
        raise UnavailableError(
            f"--font {looks.font}: needs Pillow", hint='pip install "vidfx[text]"'
        ) from error
    for what, text in texts:
        missing = font.missing(printable(text))
        if not missing:
            continue
        shown = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        if needs_shaping(missing) and not can_shape():
            raise UnavailableError(
                f"{what}: {text!r} cannot be drawn: its script needs Pillow with Raqm",
                hint='pip install "vidfx[text]", on Linux also apt install libfribidi0; '
                "or --style boxes",
            )
        raise UsageError(
            f"{what}: {text!r} cannot be drawn: no font here has {shown}{more}",
            hint="name a font that has them by --font FILE, change the text, or --style boxes",
        )
