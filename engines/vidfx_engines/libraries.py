"""Import large libraries, with an error that says what to install."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

from vidfx_engines.errors import EngineUnavailable

SYSTEM_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libtbb.so.12": "libtbb12",
    "libOpenCL.so.1": "ocl-icd-libopencl1",
}
"""Debian and Ubuntu packages of the system libraries that wheels need."""


def installed_version(package: str) -> str:
    """The version of an installed package; empty where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@contextmanager
def importing(name: str, install: str = "") -> Generator[None]:
    """Raises EngineUnavailable, with what to install, where ``name`` cannot be imported inside."""
    try:
        yield
    except ImportError as error:
        library = re.search(r"(lib[\w.+-]+\.so[.\d]*)", str(error))
        if isinstance(error, ModuleNotFoundError) and error.name == name:
            message, hint = f"{name} is not installed", install or f"pip install {name}"
        elif library:
            package = SYSTEM_PACKAGES.get(library[1])
            message = f"{name} needs the system library {library[1]}, which is missing"
            hint = f"sudo apt-get install {package}" if package else f"install {library[1]}"
        else:
            message = f"{name} cannot be imported: {error}"
            hint = f"pip install --force-reinstall {name}"
        raise EngineUnavailable(message, hint=hint) from error
