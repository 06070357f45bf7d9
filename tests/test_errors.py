import errno
import os
from pathlib import Path

import pytest

from vidfx.errors import OutputError, output_errors


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_errors_of_writing_say_path_and_reason_and_hint(code: int) -> None:
    with pytest.raises(OutputError) as caught, output_errors(Path("out/a.csv")):
        raise OSError(code, os.strerror(code))
    assert str(caught.value) == f"cannot write out/a.csv: {os.strerror(code)}"
    assert caught.value.hint
