"""``vidfx.read``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vidfx.api.saved_rows import Kind, SavedRows, columns_of
from vidfx.api.table import Table, TableBuilder
from vidfx.errors import InputError, UsageError
from vidfx.jobs.result_names import SUMMARY
from vidfx.jobs.storage import is_url, local_path
from vidfx.saved.runs import find_summaries
from vidfx.schema import batch
from vidfx.tables.batch_rows import BatchRows
from vidfx.tables.listing import Listed, list_videos

_VIDEO = batch.APPEARANCES_COLUMNS[0]
"""The column that all tables begin with."""


def read(out: str | os.PathLike[str]) -> Results:
    """The finished results of ``out``: an output folder of ``vidfx annotate``, or one summary.

    Corrections count, as in all commands: names, expressions and boxes are the corrected ones. A
    batch may still run; what is finished is read.

    Raises UsageError where nothing finished is there.

    Examples:
        >>> results = vidfx.read("results")
        >>> results.videos["status"].tolist(), len(results.frames)
        (['done'], 12)
        >>> int(results.tracks.to_pandas()["frames"].sum()) == len(results.faces)
        True
    """
    place = os.fspath(out)
    if is_url(place):
        raise UsageError(
            f"{place}: results on storage are not read",
            hint="copy the summaries and tables to a folder and name that",
        )
    path = Path(local_path(place))
    if path.is_dir():
        return Results(path, tuple(list_videos(path)))
    (summary,) = find_summaries([path])
    return Results(summary, (Listed(summary.name.removesuffix(SUMMARY), None, summary),))


@dataclass(frozen=True)
class Results:
    """Finished results; each table is read when it is first asked for, and kept.

    Iterate for one ``Results`` a video, where all rows together would need too much memory.
    Everything raises InputError where a file is missing or damaged, or a correction is wrong.

    Examples:
        >>> for one in vidfx.read("results"):
        ...     print(one.name, one.faces["video"][0])
        talk.mp4 talk.mp4
    """

    path: Path
    "the folder, or the summary"
    listed: tuple[Listed, ...]
    "the videos, also those that are not done"

    @property
    def name(self) -> str:
        """Of a single video: the name of its results, as in the column ``video``."""
        return self.listed[0].video if len(self.listed) == 1 else self.path.name

    def __iter__(self) -> Iterator[Results]:
        """The results of each finished video alone."""
        for one in self.listed:
            if one.summary:
                yield Results(self.path, (one,))

    def __repr__(self) -> str:
        return f"Results of {len(self.listed)} videos in {self.path}"

    @cached_property
    def faces(self) -> Table:
        """A row for each face and frame: boxes, landmarks, names, expressions with probabilities.

        The columns are those of ``NAME.faces.csv``, after one for the video.
        """
        return self._rows("faces")

    @cached_property
    def frames(self) -> Table:
        """A row for each frame: the columns of ``NAME.frames.csv``, after one for the video."""
        return self._rows("frames")

    @property
    def tracks(self) -> Table:
        """A row for each face that was followed: the columns of ``tables/tracks.csv``."""
        return self._tables["tracks"]

    @property
    def appearances(self) -> Table:
        """A row for each stretch of frames that shows a track: ``tables/appearances.csv``."""
        return self._tables["appearances"]

    @property
    def people(self) -> Table:
        """A row for each name, over all videos: the columns of ``tables/people.csv``."""
        return self._tables["people"]

    @property
    def videos(self) -> Table:
        """A row for each video, also those that are not done: ``tables/videos.csv``."""
        return self._tables["videos"]

    @cached_property
    def _tables(self) -> dict[str, Table]:
        rows = BatchRows(self.listed)
        columns = batch.tables(rows.expressions)
        builders = {name: TableBuilder(own) for name, own in columns.items()}
        for name, some in rows:
            builders[name].add(columns[name], some)
        if rows.damaged:
            raise InputError(rows.damaged[0], hint="`vidfx tables` counts the other videos")
        return {name: builder.table() for name, builder in builders.items()}

    def _rows(self, kind: Kind) -> Table:
        found = [(one.video, SavedRows(one.summary)) for one in self.listed if one.summary]
        expressions = dict.fromkeys(name for _, rows in found for name in rows.expressions)
        named = any(rows.named for _, rows in found)
        builder = TableBuilder([_VIDEO, *columns_of(kind, [*expressions], named=named)])
        for name, rows in found:
            rows.add_to(builder, kind, name)
        return builder.table()
