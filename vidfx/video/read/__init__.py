"""Frames from files and folders. Begin with ``source.py``, which chooses the reader."""
