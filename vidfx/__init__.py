"""vidfx: find, follow, name and read faces in many videos, on the machine you have."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("vidfx")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
