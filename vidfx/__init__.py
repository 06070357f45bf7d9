"""vidfx: find, follow, name and read faces in many videos, on the machine you have.

    import vidfx

    for outcome in vidfx.annotate("recordings/", "results", video=False):
        print(outcome.input, outcome.status)
    vidfx.read("results").tracks.to_pandas()

``__all__`` is what is promised, and nothing else; docs/python.md is the manual. Nothing is imported
before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from vidfx.version import __version__

if TYPE_CHECKING:
    from vidfx.api.analyze import Analyzer, Faces, analyze
    from vidfx.api.annotate import annotate
    from vidfx.api.progress import Progress
    from vidfx.api.read import Results, read
    from vidfx.api.table import Table
    from vidfx.config import Settings
    from vidfx.errors import VidfxError
    from vidfx.jobs.outcomes import Outcome

__all__ = [
    "Analyzer",
    "Faces",
    "Outcome",
    "Progress",
    "Results",
    "Settings",
    "Table",
    "VidfxError",
    "__version__",
    "analyze",
    "annotate",
    "read",
]
_PLACES = {
    "Analyzer": "vidfx.api.analyze",
    "Faces": "vidfx.api.analyze",
    "Outcome": "vidfx.jobs.outcomes",
    "Progress": "vidfx.api.progress",
    "Results": "vidfx.api.read",
    "Settings": "vidfx.config",
    "Table": "vidfx.api.table",
    "VidfxError": "vidfx.errors",
    "analyze": "vidfx.api.analyze",
    "annotate": "vidfx.api.annotate",
    "read": "vidfx.api.read",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
