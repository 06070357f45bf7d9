"""Who is hidden in a video that is drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidfx.corrections.apply import apply
from vidfx.corrections.hidden import GivenNames, HideOrShow
from vidfx.errors import InputError
from vidfx.privacy.hiding import Hiding
from vidfx.privacy.selection import Selection
from vidfx.render.work import RenderWork
from vidfx.saved.frames import read_settled


def verify_rendered(
    work: RenderWork,
    part: Path,
    hiding: Hiding,
    input_pts: Callable[[Fraction], int],
    alive: Callable[[], None],
) -> dict[str, Any]:
    """Search the drawn video ``part`` for hidden faces; returns what the record says of it.

    The detector is another one than that which made the rows. See ``verify``. Raises FaceSeenError.
    """
    from vidfx.annotation.drawing.verify import verify  # noqa: PLC0415 - brings a model

    names = ("detector", "detector_size", "thorough")
    recorded = work.video.summary.get("fingerprint", {}).get("settings", {})
    found_by = {name: recorded[name] for name in names if name in recorded}
    settings = replace(work.context.settings, **found_by)
    return verify(work.job.name, part, hiding.masked(), settings, input_pts, alive)


def hiding_of(work: RenderWork) -> Hiding | None:
    """None where nobody is hidden.

    Raises UsageError for names that the rows do not have, InputError where the results lack the
    detections that are in no row.
    """
    settings, video, corrections = work.context.settings, work.video, work.corrections
    if not settings.hide and not corrections.of("hide"):
        return None
    selection = Selection.of(settings.hide)
    named = video.recognises or corrections.name_people
    selection.check(work.context.people if named else None)
    if selection.hides_unshown and video.unshown is None:
        raise InputError(
            f"{video.path}: an earlier version made it, without weak detections, to hide them too",
            hint="annotate the video again; `vidfx annotate` has --hide too",
        )
    lines = corrections.lines
    said, given = HideOrShow(lines).said, GivenNames(lines).of
    return Hiding(settings, lambda: apply(read_settled(video), lines), said, given)
