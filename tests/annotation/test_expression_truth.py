"""Expressions of whole clips agree with what a viewer sees in them: expression_truth.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.annotation.expression_truth import (
    LEAST_NEUTRAL,
    LEAST_SHOWN,
    Clip,
    Row,
    neutral_share,
    read_truth,
    rows_of,
    score,
    shown_share,
)
from tests.vidfx_command import read_csv
from vidfx.annotation.context import load_context
from vidfx.annotation.video import annotate_video
from vidfx.config import Settings
from vidfx.jobs.plan import plan_jobs

TRUTH = read_truth()
ENGINES = ("embedded", pytest.param("embedded-8", marks=pytest.mark.slow))
Annotate = Callable[[str], list[Row] | None]


@pytest.fixture(scope="module", params=ENGINES)
def annotate(
    request: pytest.FixtureRequest, test_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Annotate]:
    """Gives the rows of a clip by an included engine; None where the clip is absent."""
    out = tmp_path_factory.mktemp("truth")
    with load_context(Settings(device="cpu", video=False, emotion=request.param)) as context:

        @cache
        def rows(name: str) -> list[Row] | None:
            clip = test_data / "clips" / name
            if not clip.is_file():
                return None
            (job,) = plan_jobs([str(clip)], out).jobs
            annotate_video(job, context, lambda _: None)
            return rows_of(read_csv(job.outputs.faces))

        yield rows


def test_people_who_talk_are_neutral(annotate: Annotate) -> None:
    found = {clip.file: annotate(clip.file) for clip in TRUTH if clip.talker}
    present = {name: rows for name, rows in found.items() if rows is not None}
    if not present:
        pytest.skip("the clips of people who talk are absent")
    shares = "\n".join(f"{name}: {neutral_share(rows):.1%}" for name, rows in present.items())
    pooled = [row for rows in present.values() for row in rows]
    assert neutral_share(pooled) >= LEAST_NEUTRAL, f"neutral rows\n{shares}"


@pytest.mark.parametrize("clip", TRUTH, ids=lambda clip: clip.file)
def test_expressions_are_found_and_held(annotate: Annotate, clip: Clip) -> None:
    rows = annotate(clip.file)
    if rows is None:
        pytest.skip(f"{clip.file} is absent")
    faults = [fault for one in clip.stretches for fault in score(one, rows).faults()]
    clear = any(stretch.shows for stretch in clip.stretches)
    if clear and (shown := shown_share(clip, rows)) <= LEAST_SHOWN:
        faults.append(f"an expression is shown on only {shown:.0%} of the rows")
    assert not faults, "\n".join([clip.file, *faults])


def test_an_expression_is_shown_on_most_rows(annotate: Annotate) -> None:
    found = {clip: rows for clip in TRUTH if (rows := annotate(clip.file)) is not None}
    if not found:
        pytest.skip("the clips are absent")
    silent = [clip.file for clip, rows in found.items() if shown_share(clip, rows) <= LEAST_SHOWN]
    assert len(silent) <= len(found) / 10, f"hardly ever an expression in {silent}"
