"""Names of classes: their list in a message to the user, and which of them mean the same."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 5
"""Names that a message lists."""

_EXPRESSIONS = {
    "anger": "angry",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "contemptuous": "contempt",
}
"""The name that vidfx uses for an expression, by other names that data sets and models give it."""


def some(names: Sequence[str]) -> str:
    """The first of ``names``, and the number of the others."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def expression(name: str) -> str:
    """The usual name of the expression ``name``, in lower case: ``angry`` for ``Anger``."""
    folded = name.casefold()
    return _EXPRESSIONS.get(folded, folded)


def index_of(name: str, labels: Sequence[str], *, expressions: bool = True) -> int | None:
    """The index of the label that ``name`` means; None where there is none.

    An identical label comes first, then one that differs in case only, then, among
    ``expressions``, another name of the same one.
    """
    for key in (str, str.casefold, *([expression] if expressions else [])):
        for index, label in enumerate(labels):
            if key(label) == key(name):
                return index
    return None
