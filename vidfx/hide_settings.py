"""The settings that say who is hidden, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from vidfx.notation import seconds
from vidfx.setting import Name, Option

How = Literal["solid", "ellipse", "mosaic", "blur"]
Sound = Literal["keep", "drop"]
NOT, TRACK = "not:", "track:"


def one_or_more(value: str | Sequence[str]) -> list[str]:
    """What is typed once, or several times. Raises ValueError."""
    values = [value] if isinstance(value, str) else [*value]
    for text in values:
        if not text.removeprefix(NOT).strip():
            raise ValueError(f"{text!r} names nobody")
        if text.startswith(TRACK) and not _is_number(text.removeprefix(TRACK)):
            raise ValueError(f"{text!r}: {TRACK} needs the number of a track, from 1")
    return values


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 11 and int(text) > 0


@dataclass(frozen=True)
class HideSettings:
    """Of the annotated video."""

    hide: Annotated[
        tuple[Name, ...],
        Meta(max_length=100, description="all, others, unknown, NAME, not:NAME or track:N"),
        Option(
            "Hide faces: all, others (without a name), unknown, NAME, not:NAME or track:N. Can be "
            "given several times.",
            "In doubt a face is hidden. No detector finds every face: look at the result before "
            "you publish it ([hide.md](hide.md)).",
            default="nobody",
            decides="video",
            read=one_or_more,
            group="Privacy",
        ),
    ] = ()
    how: Annotated[
        How,
        Option(
            "How faces are hidden: solid, ellipse, mosaic or blur.",
            "Mosaic and blur can be undone in part: do not use them where somebody must not be "
            "recognised.",
            decides="video",
            group="Privacy",
        ),
    ] = "solid"
    hold: Annotated[
        float,
        Meta(ge=0, le=10),
        Option(
            "Seconds that a face is hidden before its first row and after its last one.",
            decides="video",
            read=seconds,
            group="Privacy",
        ),
    ] = 0.5
    sound: Annotated[
        Sound,
        Option(
            "Keep or drop the sound of the video.",
            "Hiding a face does not hide the voice.",
            decides="video",
            group="Privacy",
        ),
    ] = "keep"
    verify: Annotated[
        bool,
        Option(
            "Search the finished video with another detector; fail if it finds a hidden face.",
            "The included detector that did not hide the faces runs on every frame, in a larger "
            "picture. It takes longer than all other steps; a video that fails is not written.",
            decides="video",
            group="Privacy",
        ),
    ] = False
