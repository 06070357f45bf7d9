"""Videos with what is counted of each, so that tables and pages are of one reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vidfx.errors import VidfxError
from vidfx.jobs.outcomes import as_failure
from vidfx.tables.corrected import with_corrections
from vidfx.tables.listing import Listed
from vidfx.tables.summaries import Summary, read


@dataclass(frozen=True)
class Counted:
    """A video of an output folder."""

    listed: Listed
    summary: Summary | None
    "with its corrections; without them where they cannot be counted, None where it has none"
    error: VidfxError | None
    "why it, or its corrections, cannot be counted"


def counted(videos: Iterable[Listed]) -> Iterator[Counted]:
    """Read one after the other; one that cannot be counted has its error, and ends nothing."""
    for listed in videos:
        summary, failure = None, None
        if listed.summary is not None:
            try:
                summary = read(listed.summary)
                summary = with_corrections(listed.summary, summary)
            except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
                failure = as_failure(listed.summary, error)
        yield Counted(listed, summary, failure)
