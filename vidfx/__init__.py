"""vidfx: find, follow, name and read faces in many videos, on the machine you have."""

__version__ = "0.1.0"
