"""Who is hidden in a video that is drawn again."""

from __future__ import annotations

from vidfx.corrections.apply import apply
from vidfx.corrections.hidden import HideOrShow, hidden_spans
from vidfx.errors import InputError
from vidfx.privacy.hiding import Hiding
from vidfx.privacy.selection import Selection
from vidfx.render.work import RenderWork
from vidfx.saved.frames import read_settled


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
    if settings.verify:
        raise InputError(
            f"{video.path}: --verify is not for render, which runs no model",
            hint="use vidfx annotate --hide ... --verify",
        )
    lines = corrections.lines
    said = HideOrShow(hidden_spans(lines)).said
    return Hiding(settings, lambda: apply(read_settled(video), lines), said)
