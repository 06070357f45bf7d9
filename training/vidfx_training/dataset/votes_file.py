"""Read ``votes.csv``: what several people, or a model, said about each picture.

The first column, ``picture``, is the path relative to the data set's folder, with slashes; each
other column is an answer. The numbers are counts or probabilities::

    picture,neutral,happiness,sadness,unknown
    train/0000000.png,6,0,3,1
"""

from __future__ import annotations

import csv
import math
from pathlib import Path, PurePosixPath

from vidfx_training.errors import DataError

VOTES_FILE = "votes.csv"
_NO_CLASS = ("unknown", "no face", "nf")


def names_class(answer: str) -> bool:
    """Whether an answer is a class: not that nobody can tell, or that there is no face."""
    return answer.casefold().replace("_", " ") not in _NO_CLASS


def read_votes(root: Path) -> tuple[tuple[str, ...], list[tuple[str, tuple[float, ...]]]]:
    """The answers, and path and votes of each picture, in the order of ``root/votes.csv``.

    Raises DataError, with the line, where the file is not of this form, a path leads out of
    ``root`` or stands twice, or a picture has no votes.
    """
    file = root / VOTES_FILE
    found: dict[str, tuple[float, ...]] = {}
    line = 1
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            answers = _answers(next(rows, [""]))
            for row in rows:
                line = rows.line_num
                if row:
                    path, votes = _checked(row, len(answers))
                    if path in found:
                        raise ValueError(f"{path} a second time")
                    found[path] = votes
    except OSError as error:
        raise DataError(f"{file}: {error.strerror}", hint="check the file") from error
    except (ValueError, csv.Error) as error:
        raise DataError(f"{file}: line {line}: {error}", hint="correct the file") from error
    if not found:
        raise DataError(f"{file}: lists no picture", hint="one line a picture is needed")
    return tuple(answers), list(found.items())


def _answers(header: list[str]) -> list[str]:
    """The columns but the first. Raises ValueError."""
    first, *answers = map(str.strip, header or [""])
    if not first and not any(answers):
        raise ValueError("is empty; it must name the columns")
    if "" in answers:
        raise ValueError(f"column {answers.index('') + 2} has no name")
    if first != "picture" or len(answers) < 2 or len(set(answers)) < len(answers):
        raise ValueError("the columns are picture, and two or more different answers")
    return answers


def _checked(row: list[str], answers: int) -> tuple[str, tuple[float, ...]]:
    """The path and the votes of one row. Raises ValueError."""
    path, *numbers = row
    if len(numbers) != answers:
        raise ValueError(f"{len(numbers)} numbers, not {answers}")
    if "\\" in path:
        raise ValueError(f"{path[:200]!r} has a backslash; folders are separated by /")
    place = PurePosixPath(path)
    if not path or "\0" in path or place.is_absolute() or ".." in place.parts:
        raise ValueError(f"{path[:200]!r} is not a path below the data set's folder")
    votes = tuple(float(n or 0) for n in numbers)
    if not all(0 <= v < math.inf for v in votes):
        raise ValueError("numbers of 0 or more are needed")
    if not sum(votes):
        raise ValueError("no votes for any answer")
    return str(place), votes
