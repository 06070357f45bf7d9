import errno
import os
import re
from pathlib import Path

import pytest

from vidfx import errors
from vidfx.errors import InputError, OutputError, VidfxError, output_errors
from vidfx_engines.errors import EngineError, EngineFileError, EngineRunError, EngineUnavailable
from vidfx_training.errors import DataError, DivergedError, RecipeError, WeightsError


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_errors_of_writing_say_path_and_reason_and_hint(code: int) -> None:
    with pytest.raises(OutputError) as caught, output_errors(Path("out/a.csv")):
        raise OSError(code, os.strerror(code))
    assert str(caught.value) == f"cannot write out/a.csv: {os.strerror(code)}"
    assert caught.value.hint


def test_every_error_has_its_exit_code() -> None:
    """Also those of engines and training, which are re-raised as they are."""
    codes = {
        EngineUnavailable: 4,
        EngineFileError: 4,
        EngineRunError: 4,
        DataError: 3,
        RecipeError: 2,
        WeightsError: 4,
        DivergedError: 1,
    }
    assert {kind: kind.exit_code for kind in codes} == codes
    assert all(issubclass(kind, VidfxError) for kind in codes)
    assert not issubclass(EngineError, InputError)


def test_the_tree_is_drawn_whole() -> None:
    def below(kind: type[VidfxError]) -> set[type[VidfxError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    modules = {"vidfx.errors", "vidfx_engines.errors", "vidfx_training.errors"}
    kinds = {kind.__name__ for kind in below(VidfxError) if kind.__module__ in modules}
    drawn = re.findall(r"^[ │├└─]+(\w+)", str(errors.__doc__), re.MULTILINE)
    assert sorted(kinds) == sorted(drawn)
