"""What a split keeps together: the class of each picture, and the group that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vidfx_engines.spec import OTHER
from vidfx_training.dataset.index import PART_FOLDERS, Picture
from vidfx_training.errors import RecipeError


def strata(pictures: Sequence[Picture], target: str | None) -> list[str]:
    """The class of each picture: its label, or target against other."""
    if target is None:
        return [p.label for p in pictures]
    return [target if p.label == target else OTHER for p in pictures]


def group_names(pictures: Sequence[Picture], group_by: str, target: str | None) -> list[str | None]:
    """The group of each picture; None where it is a group of its own.

    A folder name that occurs below two labels is one group. With votes, folders are no labels, and
    any folder is a group. With a target, other people are grouped by label, except for the label
    "other", which holds many people. Raises RecipeError where a regex does not match.
    """
    many = (OTHER, target)
    return [_group(p, group_by) if target is None or p.label in many else p.label for p in pictures]


def _group(picture: Picture, group_by: str) -> str | None:
    if group_by == "source":
        return picture.source
    if group_by == "folder":
        folders = picture.path.split("/")[:-1]
        return "/".join(folders[_above(picture, folders) :]) or None
    found = re.search(group_by.removeprefix("regex:"), picture.path)
    if found is None:
        raise RecipeError(
            f"group by: {group_by.removeprefix('regex:')!r} does not match {picture.path}",
            hint="fix the pattern",
        )
    return found[1] if found.re.groups and found[1] is not None else found[0]


def _above(picture: Picture, folders: Sequence[str]) -> int:
    """How many of ``folders`` name the part or the label."""
    if picture.votes is not None:
        return int(bool(folders) and folders[0].lower() in PART_FOLDERS)
    return 1 if folders[0] == picture.label else 2
