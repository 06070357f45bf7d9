"""Expressions of whole clips agree with what a viewer sees in them: expression_truth.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.annotate.expression_truth import (
    LEAST_NEUTRAL,
    Clip,
    Row,
    neutral_share,
    read_truth,
    rows_of,
    score,
)
from tests.vidfx_command import read_csv
from vidfx.annotate.context import load_context
from vidfx.annotate.video import annotate_video
from vidfx.config import Settings
from vidfx.jobs.plan import plan_jobs

TRUTH = read_truth()
Annotate = Callable[[str], list[Row]]


@pytest.fixture(scope="module")
def annotate(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Annotate]:
    """Gives the rows of a clip; a clip that is absent skips the test."""
    out = tmp_path_factory.mktemp("truth")
    with load_context(Settings(device="cpu", video=False)) as context:

        @cache
        def rows(name: str) -> list[Row]:
            clip = test_data / "clips" / name
            if not clip.is_file():
                pytest.skip(f"{clip} is absent")
            (job,) = plan_jobs([str(clip)], out).jobs
            annotate_video(job, context, lambda _: None)
            return rows_of(read_csv(job.outputs.faces))

        yield rows


def test_people_who_talk_are_neutral(annotate: Annotate) -> None:
    clips = {clip.file: annotate(clip.file) for clip in TRUTH if clip.talker}
    shares = "\n".join(f"{name}: {neutral_share(rows):.1%}" for name, rows in clips.items())
    pooled = [row for rows in clips.values() for row in rows]
    assert neutral_share(pooled) >= LEAST_NEUTRAL, f"neutral rows\n{shares}"


@pytest.mark.parametrize("clip", TRUTH, ids=lambda clip: clip.file)
def test_expressions_are_found_and_held(annotate: Annotate, clip: Clip) -> None:
    rows = annotate(clip.file)
    faults = [fault for one in clip.stretches for fault in score(one, rows).faults()]
    assert not faults, "\n".join([clip.file, *faults])
