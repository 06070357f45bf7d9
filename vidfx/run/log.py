"""The events of a run in the log ``vidfx``, as the terminal shows them."""

from __future__ import annotations

import logging

from vidfx.errors import error_line
from vidfx.jobs.event_lines import (
    done_line,
    retried_line,
    skipped_line,
    started_line,
    warning_lines,
)
from vidfx.jobs.events import Done, Event, Failed, LeftOut, Notice, Retried, Skipped, Started

logger = logging.getLogger("vidfx")
logger.addHandler(logging.NullHandler())  # nothing is printed unless the program asks for it


def log_event(event: Event) -> None:
    """A line for what a person would want to read afterwards."""
    match event:
        case Notice(text=text, detail=detail):
            logger.log(logging.DEBUG if detail else logging.INFO, text)
        case LeftOut(line=line):
            logger.warning(line)
        case Started():
            logger.info(started_line(event))
        case Retried(job=job, why=why):
            logger.warning(retried_line(job, why))
        case Done(job=job, summary=summary):
            logger.info(done_line(job, summary))
            for line in warning_lines(job, summary):
                logger.warning(line)
        case Skipped(job=job, why=why):
            logger.info(skipped_line(job, why))
        case Failed(error=error):
            logger.error(error_line(error))
        case _:
            pass
