"""Finished results as files for other programs: players, annotation tools and data frames.

``batch`` exports many videos, ``video`` one: its rows are read once, some frames at a time, and
every file that was asked for is written on the way (``formats`` lists them). A file that lists its
faces by track keeps them on the disk until the end (``track_rows``).
"""
