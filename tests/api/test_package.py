"""What `import vidfx` brings and promises."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vidfx
from tests.vidfx_command import run_python

DOCUMENTED = [getattr(vidfx, name) for name in vidfx.__all__ if not name.startswith("_")]


def test_the_package_is_imported_fast_and_lazily() -> None:
    code = (
        "import sys, vidfx\n"
        "first = set(sys.modules)\n"
        "vidfx.Settings\n"
        "print('msgspec' in first, 'numpy' in first, 'numpy' in sys.modules)\n"
        "print(*[m for m in first if m.startswith('vidfx')])"
    )
    heavy, own = run_python(code).stdout.splitlines()
    assert heavy == "False False False"
    assert set(own.split()) == {"vidfx", "vidfx.version"}


def test_every_name_is_there_and_documented() -> None:
    assert vidfx.__all__ == sorted(vidfx.__all__)
    assert dir(vidfx) == vidfx.__all__
    assert all(len(inspect.getdoc(found) or "") > 20 for found in DOCUMENTED)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(vidfx, "nothing")  # noqa: B009


def test_no_module_takes_the_place_of_what_is_promised() -> None:
    """The import of a module sets an attribute of the package."""
    assert {module.name for module in pkgutil.iter_modules(vidfx.__path__)}.isdisjoint(
        vidfx.__all__
    )


def _examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(recurse=False)
    for found in DOCUMENTED:
        (test,) = finder.find(found, globs={"vidfx": vidfx, "np": np})
        if test.examples:
            yield test


def test_the_examples_of_the_docstrings_work(in_folder: Path) -> None:
    tests = sorted(_examples(), key=lambda test: test.name != "annotate")  # others read its results
    names = {"Analyzer", "Results", "Table", "analyze", "annotate", "read"}
    assert {test.name for test in tests} == names
    for test in tests:
        said: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
        assert not said, "".join(said)
