"""One video that is being annotated: what each step of it needs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vidfx.annotation.context import Context
from vidfx.annotation.corrections import RowCorrections
from vidfx.annotation.drawing.draw_work import DrawWork
from vidfx.errors import EngineFailedError
from vidfx_engines.errors import EngineError


@dataclass(frozen=True)
class VideoWork(DrawWork):
    """A video that is being annotated, with the models that do it."""

    context: Context
    corrections: RowCorrections = field(default_factory=RowCorrections)
    "what people corrected in earlier results of this video, for what is drawn"

    @contextmanager
    def engine_errors(self) -> Generator[None]:
        """Turn any EngineError of the block into an EngineFailedError about this video."""
        try:
            yield
        except EngineError as error:
            raise EngineFailedError(f"{self.job.source}: {error}", hint=error.hint) from error
