"""Each line of the corrections of finished videos, compared with their rows."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vidfx.corrections.apply import Corrector
from vidfx.corrections.check_people import check_people
from vidfx.corrections.check_photographs import check_photographs, photographs_in
from vidfx.corrections.line import Correction
from vidfx.corrections.places import BATCH, ENDING, batch_folder
from vidfx.corrections.read import Corrections, other_faces, read_lines, videos_named
from vidfx.corrections.steps import Renumber, Step
from vidfx.errors import InputError
from vidfx.jobs.photographs import PHOTOGRAPHS
from vidfx.jobs.result_names import SUMMARY
from vidfx.saved.frames import read_settled
from vidfx.saved.runs import SavedVideo, load_video
from vidfx.stages.settled import Settled

Verdict = Literal["fits", "note", "problem"]
"""note: it does less than it seems to, and may be meant so."""
QUESTIONS = tuple(map(frozenset, (["rename"], ["expression"], ["drop"], ["hide", "show"])))
"""Actions of which a later line replaces an earlier one."""
AFTER = {"split": "", "merge": " after the splits", "drop": " after splits and merges"}
LATER = " after splits, merges and drops"
Spans = dict[int, tuple[float, float]]
"""First and last time of each track, s."""


@dataclass(frozen=True)
class Checked:
    """What became of a line; of a wrong line or file only ``place`` and ``why``."""

    video: str
    "path of the results, as far as their summary's ending; empty where there is none"
    place: str
    verdict: Verdict
    why: str = ""
    rows: int | None = None
    "that it is about; None where that was not counted"
    action: str = ""
    track: int | None = None


def check_videos(summaries: Sequence[Path]) -> Iterator[Checked]:
    """Every line of every file of corrections that these videos, or their folders, have.

    What is wrong with a file of several videos is reported once.
    """
    reported: set[tuple[str, str]] = set()
    for summary in summaries:
        for checked in _check_video(summary):
            if checked.action or (checked.place, checked.why) not in reported:
                reported.add((checked.place, checked.why))
                yield checked
    yield from _of_people(summaries)
    yield from _of_no_video(summaries)


def _of_people(summaries: Sequence[Path]) -> Iterator[Checked]:
    """Lines about people, in the files of batches."""
    photographs = [place for summary in summaries for place in photographs_in(summary).values()]
    batches: defaultdict[Path, list[Path]] = defaultdict(list)
    for summary in summaries:
        batches[batch_folder(summary)].append(summary)
    for folder, own in sorted(batches.items()):
        for line, why in check_people(folder, own, photographs):
            verdict: Verdict = "problem" if why else "fits"
            yield Checked("", line.place, verdict, why, action=line.action)


def _check_video(summary: Path) -> Iterator[Checked]:
    name = str(summary).removesuffix(SUMMARY)
    if summary.name == PHOTOGRAPHS + SUMMARY:
        yield from _check_photographs(summary)
        return
    if not any(read_lines(summary, None)):
        return
    try:
        video = load_video(summary)
        lines, problems = read_lines(summary, video.expressions)
        for problem in problems:
            yield Checked(name, problem.place, "problem", problem.why)
        yield from _check_rows(name, video, lines)
    except InputError as error:
        yield Checked(name, str(summary), "problem", f"{error} ({error.hint})")


def _check_photographs(summary: Path) -> Iterator[Checked]:
    for photograph in check_photographs(summary):
        for problem in photograph.problems:
            yield Checked(photograph.name, problem.place, "problem", problem.why)
        for line, rows, why in photograph.lines:
            verdict: Verdict = "problem" if why else "fits"
            yield Checked(photograph.name, line.place, verdict, why, rows, line.action, line.track)


def _check_rows(name: str, video: SavedVideo, lines: Sequence[Correction]) -> Iterator[Checked]:
    """Raises InputError."""
    corrector = Corrector(lines)
    before: list[Spans] = [{} for _ in corrector.steps]
    for some in read_settled(video):
        settled = some
        for step, spans in zip(corrector.steps, before, strict=True):
            _extend(spans, settled)
            settled = step(settled)
    others = other_faces(video, Corrections(tuple(lines)))
    contradictions = _contradictions(lines)
    steps = zip(corrector.steps, before, strict=True)
    of_line = {line: (step, spans) for step, spans in steps for line in step.lines}
    for line in lines:
        step, spans = of_line[line]
        rows = step.rows[line]
        problem = contradictions.get(line, "") if rows else _misfit(line, spans)
        if line.track in others:
            problem = f"track {line.track} was another face before the video was annotated again"
        note = "" if problem else _note(line, step, spans, video)
        verdict: Verdict = "problem" if problem else "note" if note else "fits"
        why = problem or note
        yield Checked(name, line.place, verdict, why, rows, line.action, line.track)


def _extend(spans: Spans, settled: Settled) -> None:
    if not len(settled.faces):
        return
    times = np.array([frame.time_s for frame in settled.frames])[settled.place]
    order = np.argsort(settled.faces.track, kind="stable")  # a frame's order is that of time
    tracks, starts = np.unique(settled.faces.track[order], return_index=True)
    ends = np.append(starts[1:], len(order)) - 1
    numbers: list[int] = tracks.tolist()
    firsts: list[float] = times[order[starts]].tolist()
    lasts: list[float] = times[order[ends]].tolist()
    for number, first, last in zip(numbers, firsts, lasts, strict=True):
        spans[number] = spans.get(number, (first, last))[0], last


def _misfit(line: Correction, spans: Spans) -> str:
    """Why a line is about no row."""
    if line.action == "box":
        return "no frame has this box: a track needs boxes at two times, or a box and its end"
    if line.track not in spans:
        return f"there is no track {line.track}{AFTER.get(line.action, LATER)}"
    first, last = spans[line.track]
    return f"track {line.track} is from {first:.3f} s to {last:.3f} s, and not then"


def _contradictions(lines: Sequence[Correction]) -> dict[Correction, str]:
    """Why lines are of no use: a later one answers the same for all of their rows."""
    later: dict[tuple[int, frozenset[str]], _Spans] = {}
    found: dict[Correction, str] = {}
    for line in reversed(lines):
        question = next((ask for ask in QUESTIONS if line.action in ask), None)
        if question is None:
            continue
        if other := later.setdefault((line.track, question), _Spans()).around(line):
            same = (other.action, other.name) == (line.action, line.name)
            verb = "says it again" if same else "contradicts it, and counts"
            found[line] = f"{other.place} {verb}"
    return found


class _Spans:
    """Lines of which none is within another: each begins and ends after the one before it."""

    def __init__(self) -> None:
        self._from: list[float] = []
        self._lines: list[Correction] = []

    def around(self, line: Correction) -> Correction | None:
        """One of the lines within whose span ``line`` is; else None, and ``line`` is added."""
        place = bisect_right(self._from, line.from_s)
        if place and self._lines[place - 1].to_s >= line.to_s:
            return self._lines[place - 1]
        start = bisect_left(self._from, line.from_s)
        end = start
        while end < len(self._lines) and self._lines[end].to_s <= line.to_s:
            end += 1
        self._from[start:end], self._lines[start:end] = [line.from_s], [line]
        return None


def _note(line: Correction, step: Step, spans: Spans, video: SavedVideo) -> str:
    if line.action == "split" and line.new_track in spans:
        return f"track {line.new_track} is there already, so that the two are one from now on"
    if line.action == "merge" and line.new_track not in spans:
        return f"there is no track {line.new_track} that it could become part of"
    if isinstance(step, Renumber) and (kept := step.kept[line]):
        return f"{kept} of its rows keep their number: track {line.new_track} is on these frames"
    if line.box is not None:
        (width, height), (x1, y1, x2, y2) = video.size, line.box
        if x2 <= 0 or y2 <= 0 or x1 >= width or y1 >= height:
            return f"the box is outside of the picture, which has {width} x {height} px"
    return ""


def _of_no_video(summaries: Sequence[Path]) -> Iterator[Checked]:
    """Files of corrections, and lines of those of batches, to which no result belongs."""
    known = {Path(os.path.abspath(summary)) for summary in summaries}  # noqa: PTH100
    photographs = {place for summary in known for place in photographs_in(summary).values()}
    batches = {path.parent: batch_folder(path) for path in (*known, *photographs)}
    for folder in sorted(batches):
        if batches[folder] != folder and (stray := folder / BATCH).exists():
            why = f"it is not read: that of these videos is {batches[folder] / BATCH}"
            yield Checked("", str(stray), "problem", why)
        for file in sorted(folder.glob(f"*{ENDING}")):
            summary = file.with_name(file.name.removesuffix(ENDING) + SUMMARY)
            if not (summary.exists() or summary in photographs):
                yield Checked("", str(file), "problem", f"there is no {summary.name} beside it")
    for folder in sorted({*batches.values()}):
        for name, place in videos_named(folder / BATCH).items():
            summary = folder / (name + SUMMARY)
            if not (summary.exists() or summary in photographs):
                yield Checked("", place, "problem", f"there is no {summary}")
