"""The problems of a data set, in sentences, worst first."""

from __future__ import annotations

from collections.abc import Iterator

from vidfx_engines.names import some
from vidfx_training.dataset.report import Problem, Report
from vidfx_training.dataset.votes_file import VOTES_FILE

SMALL = 32
"px, the shorter side below which a face is small"
UNEVEN = 5.0
"times as many pictures in the largest class as in the smallest, from which it is a problem"
FEW = 20
"pictures, below which a class is a problem"


def problems(report: Report, command: str) -> Iterator[Problem]:
    """Worst first: what makes figures wrong, then what makes training worse.

    ``command`` makes a split without leaks or conflicts. That people disagree is no problem.
    """
    yield from _leaking(report, command)
    if report.conflicts:
        what = "votes" if report.votes else "labels"
        text = f"{report.conflicting} pictures with equal pixels have different {what}"
        yield Problem(f"{text}: {' = '.join(report.conflicts[0].values())}", command)
    if len(report.classes) == 1:
        yield Problem(f"there is one class only: {report.classes[0]}")
    for part, missing in report.missing.items():
        if lacking := [name for name in missing if not (report.votes and _is_rare(report, name))]:
            yield Problem(f"{part} has no pictures of {some(lacking)}", command)
    if report.broken:
        text = f"{_pictures(len(report.broken))} cannot be read: {some(list(report.broken))}"
        yield Problem(text, command)
    if report.without_picture:
        n = len(report.without_picture)
        text = f"{n} line{'s' if n > 1 else ''} of {VOTES_FILE} without a picture"
        yield Problem(f"{text}: {some(report.without_picture)}", command)
    if report.without_votes:
        text = f"{_pictures(len(report.without_votes))} not in {VOTES_FILE}, and so left out"
        yield Problem(f"{text}: {some(report.without_votes)}")
    yield from _weakening(report, command)


def _leaking(report: Report, command: str) -> Iterator[Problem]:
    for kind, how in (("exact", "pixel for pixel"), ("near", "as near-duplicates")):
        for where, n in report.leaks.items():
            later, _, earlier = where.split()
            if n[kind]:
                yield Problem(f"{_pictures(n[kind])} of {later} also in {earlier}, {how}", command)
    if report.straddling:
        names = some([group.name for group in report.straddling])
        yield Problem(f"groups in more than one part: {names}", command)


def _weakening(report: Report, command: str) -> Iterator[Problem]:
    if repeated := report.exact.pictures - report.exact.sets:
        yield Problem(f"{_pictures(repeated)} repeated, pixel for pixel", command)
    if not report.votes and (n := report.near.across_labels):
        yield Problem(f"{_pictures(n)} in sets of near-duplicates with different labels")
    if report.empty:
        yield Problem(f"folders without pictures: {some(report.empty)}")
    if few := [name for name in _sizes(report) if _is_rare(report, name)]:
        majority = " with a majority" if report.votes else ""
        yield Problem(f"classes of fewer than {FEW} pictures{majority}: {some(few)}")
    if report.imbalance >= UNEVEN:
        times = f"{report.imbalance:g} times"
        yield Problem(f"the largest class has {times} the pictures of the smallest")
    if report.small:
        yield Problem(f"{_pictures(report.small)} smaller than {SMALL} px")


def _is_rare(report: Report, name: str) -> bool:
    return _sizes(report)[name] < FEW


def _sizes(report: Report) -> dict[str, int]:
    """Pictures by class; of voted pictures those with a majority for it."""
    if report.votes:
        return {name: answer.majority for name, answer in report.votes.classes.items()}
    return {name: by_part["all"] for name, by_part in report.counts.items()}


def _pictures(n: int) -> str:
    return f"{n} picture{'s' if n > 1 else ''}"
