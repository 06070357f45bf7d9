"""Rows of the tables, from the summary of one video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vidfx.output.overview import is_person
from vidfx.tables.listing import Listed
from vidfx.tables.summaries import Summary, Track

Cell = str | int | float | None


def track_rows(
    video: str, tracks: Sequence[Track], expressions: Sequence[str]
) -> Iterator[list[Cell]]:
    """Those of ``tracks.csv``, with columns for these expressions."""
    for track in tracks:
        yield [
            *(video, track.track_id, track.person_id, track.identity, track.identity_prob),
            *(track.first_s, track.last_s, track.shown_s),
            None if track.appearances is None else len(track.appearances),
            *(track.frames, track.sources.get("detected", 0) if track.sources else None),
            *expression_cells(
                track.emotion_share, track.unsure_share, track.emotion_mean, expressions
            ),
            *(track.best_quality, track.mean_quality),
        ]


def expression_cells(
    share: Mapping[str, float],
    unsure: float | None,
    mean: Mapping[str, float],
    expressions: Sequence[str],
) -> list[Cell]:
    """Shares are 0 for expressions that a face never had, and empty where it had none at all."""
    none = 0.0 if share else None
    return [*(share.get(name, none) for name in expressions), unsure, *map(mean.get, expressions)]


def appearance_rows(video: str, tracks: Sequence[Track]) -> Iterator[list[Cell]]:
    """Those of ``appearances.csv``."""
    for track in tracks:
        for number, one in enumerate(track.appearances or (), 1):
            yield [
                *(video, track.track_id, track.identity, number),
                *(one.from_s, one.to_s, one.frames, one.ended),
            ]


STATUS = 3
"""The place of the status in a row of ``videos.csv``."""


def video_row(listed: Listed, summary: Summary | None, damage: str | None) -> list[Cell]:
    """That of ``videos.csv``; ``damage`` is why it, or its corrections, could not be counted."""
    entry = listed.entry
    if summary is None:
        return [
            *(listed.video, entry and entry.input, "video", *_state(listed, summary, damage)),
            *(entry and entry.attempts, *[None] * 14),
        ]
    of, counts, photographs = summary.input, summary.counts, summary.photographs is not None
    names = sorted({track.identity or "" for track in summary.tracks if is_person(track.identity)})
    return [
        *(listed.video, entry.input if entry else of.path),
        "photographs" if photographs else "video",
        *_state(listed, summary, damage),
        *(entry and entry.attempts, summary.made.at, summary.seconds.total),
        *(of.duration_s, of.width_px, of.height_px, of.frame_rate),
        *(counts.frames, counts.frames_with_faces, counts.face_rows),
        *((None, None) if photographs else (len(summary.tracks), counts.cuts)),
        *("|".join(names), len(summary.warnings)),
        None if photographs else int(summary.corrected),
    ]


def _state(listed: Listed, summary: Summary | None, damage: str | None) -> tuple[str, str | None]:
    """Status and reason. A running or failed video may have a summary of an earlier run."""
    entry = listed.entry
    reason = entry.reason if entry and entry.error else None
    if damage:
        return "uncorrected" if summary else "damaged", damage
    if entry and entry.status != "done":
        return entry.status, reason
    if summary is None:
        return "missing", "its results are not there any more (annotate it again)"
    return "done", reason
