"""The parts of `vidfx people forget`, in an order that a run which was ended can take up again.

The gallery is changed last: with it the next run knows which results are of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from vidfx.corrections.places import BATCH, ENDING, batch_folder
from vidfx.corrections.read import person_lines
from vidfx.enrol.add import writing
from vidfx.errors import GalleryError, OutputError, UsageError
from vidfx.forget.correction_lines import forget_in_corrections
from vidfx.forget.faces import Known
from vidfx.forget.names import Names, names_of
from vidfx.forget.overviews import make_again
from vidfx.forget.photographs import forget_in_journal
from vidfx.forget.remaining import files_saying
from vidfx.forget.request import ForgetRequest, Forgotten
from vidfx.forget.results import Galleries, forget_in_results
from vidfx.jobs.locks import is_run_locked
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.photographs import PHOTOGRAPHS
from vidfx.jobs.result_names import SUMMARY
from vidfx.people.gallery import Gallery
from vidfx.people.groups_file import GROUPS, GroupedTrack, Groups, read_groups, write_groups
from vidfx.people.thresholds import thresholds
from vidfx.saved.runs import find_summaries


def forget(request: ForgetRequest) -> Forgotten:
    """Take somebody out of a gallery, and out of all results that ``request`` names.

    A video whose results cannot be changed ends no others. Raises UsageError where there are no
    results or nobody has the name, InputError where a file of corrections or groups is wrong,
    GalleryError and OutputError.
    """
    summaries = [path.absolute() for path in find_summaries(request.places)]
    with _gallery(request) as gallery:
        batches = {
            folder: _Batch(folder, request, gallery)
            for folder in sorted({batch_folder(path) for path in summaries})
        }
        for path in summaries:
            batches[batch_folder(path)].add(path)
        folders = _folders(request.places, batches)
        done = Forgotten(request.name, request.dry_run)
        for batch in batches.values():
            batch.read(folders)
        everything = dict.fromkeys(n for batch in batches.values() for n in batch.names.spelled)
        names = Names((request.name, *(n for n in everything if n != request.name)))
        done.also_called = [*names.spelled[1:]]
        after = _without(gallery, names)
        for batch in batches.values():
            batch.forget(done, after)
        if gallery is not None and after is not None:
            done.gallery_faces = len(gallery.person) - len(after.person)
            if done.gallery_faces and not request.dry_run:
                assert request.gallery is not None
                after.write(request.gallery)
    if done.is_nobody:
        raise UsageError(
            f"{request.places[0]}: nobody has the name {request.name}",
            hint="`vidfx people list` and people.csv of `vidfx tables` have all names",
        )
    if not request.dry_run:
        make_again(folders, [Path(one.summary) for one in done.results], done)
    shown = [Path(one.summary.removesuffix(SUMMARY)) for one in done.results]
    shown += [Path(name) for name in done.photographs]
    saying = files_saying(names, folders, shown)
    changed = _changed(done) if request.dry_run else set[str]()
    done.remaining = [path for path in saying if path not in changed]
    return done


def _folders(places: Sequence[Path], batches: Iterable[Path]) -> list[Path]:
    """Those that may have groups, tables and a report: that were named, and of whole batches."""
    named = (place.absolute() for place in places if place.is_dir())
    return [*dict.fromkeys((*batches, *named))]


def _changed(done: Forgotten) -> set[str]:
    """The files that say the name only until they are changed."""
    beside = [str(Path(one.summary).with_name(file)) for one in done.results for file in one.files]
    return {*beside, *done.corrections, *done.groups}


@contextmanager
def _gallery(request: ForgetRequest) -> Generator[Gallery | None]:
    """Nobody else changes it meanwhile."""
    if request.gallery is None:
        yield None
        return
    Gallery.read(request.gallery)
    if request.dry_run:
        yield Gallery.read(request.gallery)
        return
    with writing(request.gallery):
        yield Gallery.read(request.gallery)


def _without(gallery: Gallery | None, names: Names) -> Gallery | None:
    for name in names.spelled if gallery else ():
        assert gallery is not None
        person = gallery.of(name)
        gallery = gallery if person is None else gallery.without(person)
    return gallery


class _Batch:
    """The results of one output folder, in which a person has the same names everywhere."""

    def __init__(self, folder: Path, request: ForgetRequest, gallery: Gallery | None) -> None:
        self._folder, self._request, self._gallery = folder, request, gallery
        self._summaries: list[Path] = []
        self._groups: dict[Path, Groups] = {}
        self.names = Names((request.name,))

    def add(self, summary: Path) -> None:
        self._summaries.append(summary)

    def read(self, tops: Sequence[Path]) -> None:
        """What the person is called; groups may be in all folders from those of ``tops`` on.

        Raises InputError; OutputError where a run goes on.
        """
        if is_run_locked(self._folder):
            raise OutputError(
                f"{self._folder}: a run into this folder goes on", hint="wait for it to end"
            )
        above = {folder for summary in self._summaries for folder in summary.parents}
        for folder in sorted(above):
            if any(folder.is_relative_to(top) for top in tops):
                groups = read_groups(folder)
                if groups is not None:
                    self._groups[folder] = groups
        lines = person_lines(self._folder / BATCH)
        self.names = names_of(self._request.name, lines, self._groups.values())

    def forget(self, done: Forgotten, after: Gallery | None) -> None:
        """Add what was taken out to ``done``. Raises InputError and OutputError."""
        galleries, known = None, None
        if self._gallery is not None and after is not None:
            galleries = Galleries(self._gallery.fingerprint(), after.fingerprint())
            known = _known(self._gallery)
        grouped = self._grouped()
        for summary in self._summaries:
            self._from_results(done, summary, grouped[summary], known, galleries)
        self._from_corrections(done)
        self._from_groups(done)

    def _from_results(
        self,
        done: Forgotten,
        summary: Path,
        grouped: set[int],
        known: Known | None,
        galleries: Galleries | None,
    ) -> None:
        dry_run = self._request.dry_run
        try:
            if summary.name == PHOTOGRAPHS + SUMMARY:
                files = forget_in_journal(summary.parent, self.names, galleries, dry_run=dry_run)
                done.photographs += files
            found = forget_in_results(
                summary,
                self.names,
                grouped=grouped,
                known=known,
                galleries=galleries,
                dry_run=dry_run,
            )
        except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
            failure = as_failure(summary, error)
            done.failed.append(Outcome(str(summary), "failed", error=failure))
        else:
            done.results += [found] if found else []

    def _grouped(self) -> defaultdict[Path, set[int]]:
        """Tracks of the person's groups, by summary."""
        found: defaultdict[Path, set[int]] = defaultdict(set)
        for folder, groups in self._groups.items():
            for name, video in groups.videos.items():
                theirs = {one.track for one in video.tracks if self.names.has(one.first_name)}
                found[folder / f"{name}{SUMMARY}"] |= theirs
        return found

    def _from_corrections(self, done: Forgotten) -> None:
        files = {self._folder / BATCH}
        for folder in {summary.parent for summary in self._summaries}:
            files.update(folder.glob(f"*{ENDING}"))
            if (folder / f"{PHOTOGRAPHS}{SUMMARY}") in self._summaries:
                files.update(folder.rglob(f"*{ENDING}"))
        for path in sorted(files):
            lines = forget_in_corrections(path, self.names, dry_run=self._request.dry_run)
            if lines:
                done.corrections[str(path)] = lines

    def _from_groups(self, done: Forgotten) -> None:
        for folder in self._groups:
            groups = read_groups(folder) or Groups()  # another batch below may have changed it
            now = _ungrouped(groups, self.names)
            if now == groups:
                continue
            tracks = [one for video in groups.videos.values() for one in video.tracks]
            theirs = sum(self.names.has(one.first_name) for one in tracks)
            done.groups[str(folder / GROUPS)] = theirs
            if not self._request.dry_run:
                write_groups(folder, now)


def _known(gallery: Gallery) -> Known | None:
    """By which saved embeddings are compared with it; None where nobody can be named."""
    with suppress(GalleryError):
        return gallery, thresholds(gallery)
    return None


def _ungrouped(groups: Groups, names: Names) -> Groups:
    """Without the person; the number of a stranger is given to nobody else."""

    def without(one: GroupedTrack) -> GroupedTrack:
        if not names.has(one.first_name):
            return one
        return msgspec.structs.replace(one, first_name=None, doubt=0.0)

    videos = {
        name: msgspec.structs.replace(video, tracks=[*map(without, video.tracks)])
        for name, video in groups.videos.items()
    }
    return msgspec.structs.replace(
        groups,
        names={first: now for first, now in groups.names.items() if not names.has(first)},
        videos=videos,
        alike=[e for e in groups.alike if not names.has(e.one) and not names.has(e.other)],
    )
