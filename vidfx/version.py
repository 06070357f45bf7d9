"""The version of vidfx, which its results name."""

__version__ = "0.1.0"
