"""Loads one engine as the settings say."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx_engines.errors import EngineError
from vidfx_engines.select import Selection, select
from vidfx_engines.spec import EngineSpec


def selected(path: Path, settings: Settings, spec: EngineSpec | None = None) -> Selection:
    """The engine at ``path`` on the device of the settings; see vidfx_engines.select."""
    return select(
        path,
        spec=spec,
        device=settings.device,
        backend=settings.backend,
        threads=settings.threads or None,
    )


@contextmanager
def engine_errors(what: str) -> Generator[None]:
    """Name the task in an engine's error. Raises UnavailableError."""
    try:
        yield
    except EngineError as error:
        raise UnavailableError(f"{what}: {error}", hint=error.hint) from error
