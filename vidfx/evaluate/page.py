"""An evaluation as one HTML page, without scripts or external files."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import cv2

from vidfx.evaluate.mistakes import MistakePicture
from vidfx_engines.pages import templates

LINES = 60
"lines of a table"


def page(
    document: dict[str, Any],
    pictures: Mapping[str, bytes],
    mistakes: Sequence[Sequence[MistakePicture]],
) -> str:
    """The page for ``document``, the content of report.json; ``pictures``: PNGs by name;
    ``mistakes``: of each model.
    """
    return rendered(
        "report.html.jinja",
        document,
        pictures,
        mistakes=[[(_thumbnail(one), one.mistake) for one in of_one] for of_one in mistakes],
    )


def rendered(
    template: str, document: dict[str, Any], pictures: Mapping[str, bytes], **more: object
) -> str:
    """``template`` with a document, PNGs by name and what ``more`` it wants."""
    environment = templates("vidfx.evaluate")
    environment.filters |= {"percent": percent, "number": number}
    return environment.get_template(template).render(
        **document,
        lines=LINES,
        pictures={name: _uri("png", content) for name, content in pictures.items()},
        **more,
    )


def percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f}"


def number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _thumbnail(one: MistakePicture) -> str:
    bgr = cv2.cvtColor(one.pixels, cv2.COLOR_RGB2BGR)
    return _uri("jpeg", cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
