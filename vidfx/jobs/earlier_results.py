"""Results that earlier runs gave another name, so that no input is done twice.

The name of a result is an end of its input's path. Earlier versions left out the input's suffix;
and the same input, named by another folder or together with others, may have a longer or a shorter
end of its path.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from vidfx.errors import OutputError
from vidfx.jobs import storage
from vidfx.jobs.content import content_hash
from vidfx.jobs.result_names import SUMMARY
from vidfx.jobs.search import Found


def names_kept(
    items: Sequence[Found], names: Sequence[Path], folder: Path, url: str | None
) -> dict[Path, Path]:
    """Of ``items``, those whose results have another name than that of ``names``: place -> name.

    Results are in ``folder``, or at ``url``. No two items get the same name.
    """
    listing = _Local(folder) if url is None else _Stored(url)
    candidates = {
        item: [name, *others]
        for item, name in zip(items, names, strict=True)
        if (others := [end for end in _ends(item, listing) if end != name])
    }
    if not candidates:
        return {}
    owners: defaultdict[Path, set[Path]] = defaultdict(set)
    for item, name in zip(items, names, strict=True):
        for own in (name, name.with_name(_stem(item))):
            owners[own].add(item.place)
    recorded = listing.recorded_inputs({end for ends in candidates.values() for end in ends})
    kept: dict[Path, Path] = {}
    taken: set[Path] = set()
    for item in sorted(candidates, key=lambda item: item.place):
        name, *_ = ends = candidates[item]
        free = (end for end in ends if item.place in owners.get(end, {item.place}))
        end = next((end for end in free if _is_about(recorded.get(end), item)), name)
        if end != name and end not in taken:
            kept[item.place] = end
            taken.add(end)
    return kept


def _ends(item: Found, listing: _Local | _Stored) -> Iterator[Path]:
    """The names, of those that a run may have given to the results of ``item``, that are there."""
    for folder in _folders(item.place.parent):
        stems = listing.stems(folder)
        for stem in dict.fromkeys((item.place.name, _stem(item))):
            if stem in stems:
                yield Path(folder, stem)


@cache
def _folders(folder: Path) -> tuple[str, ...]:
    """The ends of a path, the shortest first: "", "day", "archive/day"."""
    parts = folder.parts[1:]
    return tuple("/".join(parts[len(parts) - count :]) for count in range(len(parts) + 1))


def _stem(item: Found) -> str:
    """What earlier versions called the results of ``item``."""
    return item.place.name if item.path.is_dir() else item.place.stem


def _is_about(recorded: Any, item: Found) -> bool:
    """Whether an input, as ``_input`` describes it, has the names and sizes of this one.

    A file with a new date must also have the same content, as far as a hash of it is known.
    """
    with suppress(OSError, TypeError, ValueError, IndexError):
        entries, known_hash = recorded
        sizes = {entry[0]: entry[1] for entry in entries}
        if item.origin:
            return sizes == {item.origin.url: item.origin.size}
        if item.path.is_dir():
            return bool(sizes) and all(
                (item.path / name).stat().st_size == size for name, size in sizes.items()
            )
        stat = item.path.stat()
        if sizes != {item.path.name: stat.st_size}:
            return False
        dated = entries[0][2] == stat.st_mtime_ns or known_hash is None
        return dated or known_hash == content_hash([item.path])
    return False


class _Local:
    """The summaries in a folder, each of whose folders is listed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stems: dict[str, Collection[str]] = {}

    def stems(self, below: str) -> Collection[str]:
        """The names in the folder ``below`` that have a summary."""
        if below not in self._stems:
            self._stems[below] = ()
            with suppress(OSError):
                names = [file.name for file in (self._folder / below).iterdir()]
                self._stems[below] = _stems(names)
        return self._stems[below]

    def recorded_inputs(self, names: Collection[Path]) -> Mapping[Path, Any]:
        found: dict[Path, Any] = {}
        for name in names:
            with suppress(OSError):
                found[name] = _input((self._folder / f"{name}{SUMMARY}").read_bytes())
        return found


class _Stored:
    """The summaries below a URL, which is listed once; none where the store cannot be read.

    The jobs report that.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        names: defaultdict[str, list[str]] = defaultdict(list)
        with suppress(OutputError):
            for path in storage.names_below(url):
                folder, _, name = path.rpartition("/")
                names[folder].append(name)
        self._stems = {folder: _stems(some) for folder, some in names.items()}

    def stems(self, below: str) -> Collection[str]:
        """The names in the folder ``below`` that have a summary."""
        return self._stems.get(below, ())

    def recorded_inputs(self, names: Collection[Path]) -> Mapping[Path, Any]:
        urls = {f"{self._url}/{name.as_posix()}{SUMMARY}": name for name in names}
        with suppress(OutputError):
            contents = storage.contents([*urls])
            return {urls[url]: _input(content) for url, content in contents.items()}
        return {}


def _stems(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.removesuffix(SUMMARY) for name in names if name.endswith(SUMMARY))


def _input(summary: bytes) -> Any:
    """Files of the input in the fingerprint of a summary, and their hash; None where unknown."""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        content = json.loads(summary)
        known_hash = content.get("input", {}).get("content_hash", {}).get("hex")
        return content["fingerprint"]["input"], known_hash
    return None
