"""The settings that say how faces are drawn."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from vidfx.setting import Name, Option

Style = Literal["default", "boxes", "minimal", "none"]
ColourBy = Literal["expression", "person"]


@dataclass(frozen=True)
class LookSettings:
    """Of the annotated video; the values are those of vidfx.overlay.looks.Looks."""

    style: Annotated[
        Style,
        Option(
            "How faces are drawn: default, boxes (without labels), minimal or none.",
            "`minimal` is a thin box with the name, or else the track's number. `none` draws "
            "nothing on a face; `--landmarks` and `--clock` still do.",
            decides="video",
            group="What to write",
        ),
    ] = "default"
    colour_by: Annotated[
        ColourBy,
        Option(
            "What the colours show: the expression or the person.",
            "A person keeps one of eight colours, by name or else by track. Colour-blind people "
            "can tell them apart. The ninth person gets the first colour again.",
            decides="video",
            group="What to write",
        ),
    ] = "expression"
    font_scale: Annotated[
        float,
        Meta(ge=0.5, le=3),
        Option(
            "Size of texts, relative to the usual one, 0.5 to 3.",
            "The usual size depends on the picture's diagonal and on the size of the face.",
            decides="video",
            group="What to write",
        ),
    ] = 1.0
    font: Annotated[
        Name,
        Option(
            "Font of names and messages: auto or a FILE (TTF, OTF or TTC).",
            "`auto` is the included font, and a font of this computer for characters that it "
            "lacks. If no font has a character, the run does not start.",
            decides="video",
            group="What to write",
        ),
    ] = "auto"
    bars: Annotated[
        bool,
        Option(
            "Draw the probability of every expression as a bar beside the face.",
            decides="video",
            group="What to write",
        ),
    ] = False
    landmarks: Annotated[
        bool,
        Option(
            "Draw the five landmarks: eyes, nose and corners of the mouth.",
            decides="video",
            group="What to write",
        ),
    ] = False
    clock: Annotated[
        bool,
        Option(
            "Draw the playback time in a corner: the `time_s` of the CSVs, as H:MM:SS.mmm.",
            "Photographs have none.",
            decides="video",
            group="What to write",
        ),
    ] = False
