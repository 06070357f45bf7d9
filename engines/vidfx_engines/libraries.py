"""Importing big libraries, and saying what to install where that fails."""

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
"""Debian and Ubuntu packages that hold what wheels expect the system to have."""


@contextmanager
def importing(name: str, install: str = "") -> Generator[None]:
    """Turns a failed import of ``name`` into EngineUnavailable with what to install."""
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
