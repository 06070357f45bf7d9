"""Results that earlier runs gave another name, so that no input is done twice.

The name of a result is an end of its input's path. Earlier versions left out the input's suffix;
and the same input, named by another folder or together with others, may have a longer or a shorter
end of its path.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from vidfx.errors import OutputError
from vidfx.jobs import storage
from vidfx.jobs.result_names import SUMMARY
from vidfx.jobs.search import Found


def names_kept(
    items: Sequence[Found], names: Sequence[Path], folder: Path, url: str | None
) -> dict[Path, Path]:
    """Of ``items``, those whose results have another name than that of ``names``: place -> name.

    Results are in ``folder``, or at ``url``. No two items get the same name.
    """
    listing = _Local(folder) if url is None else _Stored(url)
    owners: defaultdict[Path, set[Path]] = defaultdict(set)
    for item, name in zip(items, names, strict=True):
        for own in (name, _without_suffix(item, name)):
            owners[own].add(item.place)
    candidates: dict[Found, list[Path]] = {}
    for item, name in zip(items, names, strict=True):
        ends = [
            end
            for end in _ends(item)
            if end != name and item.place in owners.get(end, {item.place})
            if listing.has_summary(end)
        ]
        if ends:
            candidates[item] = [name, *ends]
    recorded = listing.recorded_inputs({end for ends in candidates.values() for end in ends})
    kept: dict[Path, Path] = {}
    taken: set[Path] = set()
    for item in sorted(candidates, key=lambda item: item.place):
        name, *_ = ends = candidates[item]
        end = next((end for end in ends if _is_about(recorded.get(end), item)), name)
        if end != name and end not in taken:
            kept[item.place] = end
            taken.add(end)
    return kept


def _ends(item: Found) -> Iterator[Path]:
    """Every name that a run may have given to the results of ``item``, the shortest first."""
    parts = item.place.parts[1:]
    for count in range(1, len(parts) + 1):
        end = Path(*parts[-count:])
        yield from dict.fromkeys((end, _without_suffix(item, end)))


def _without_suffix(item: Found, name: Path) -> Path:
    """The name that earlier versions gave to the results of ``item`` in place of ``name``."""
    return name if item.path.is_dir() else name.with_suffix("")


def _is_about(recorded: Any, item: Found) -> bool:
    """Whether an input, as a summary's fingerprint describes it, has the names and sizes of this.

    A new date does not matter here; whether the work is done is decided later.
    """
    with suppress(OSError, TypeError, ValueError, IndexError):
        sizes = {entry[0]: entry[1] for entry in recorded}
        if item.origin:
            return sizes == {item.origin.url: item.origin.size}
        if item.path.is_dir():
            return bool(sizes) and all(
                (item.path / name).stat().st_size == size for name, size in sizes.items()
            )
        return sizes == {item.path.name: item.path.stat().st_size}
    return False


class _Local:
    """The summaries in a folder, each of whose folders is listed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[Path, frozenset[str]] = {}

    def has_summary(self, name: Path) -> bool:
        names = self._names.get(name.parent)
        if names is None:
            names = frozenset[str]()
            with suppress(OSError):
                names = frozenset(f.name for f in (self._folder / name.parent).iterdir())
            self._names[name.parent] = names
        return name.name + SUMMARY in names

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
        self._names = frozenset[str]()
        with suppress(OutputError):
            self._names = storage.names_below(url)

    def has_summary(self, name: Path) -> bool:
        return f"{name.as_posix()}{SUMMARY}" in self._names

    def recorded_inputs(self, names: Collection[Path]) -> Mapping[Path, Any]:
        urls = {f"{self._url}/{name.as_posix()}{SUMMARY}": name for name in names}
        with suppress(OutputError):
            contents = storage.contents([*urls])
            return {urls[url]: _input(content) for url, content in contents.items()}
        return {}


def _input(summary: bytes) -> Any:
    """The input in the fingerprint of a summary; None where there is none."""
    with suppress(ValueError, TypeError, KeyError):
        return json.loads(summary)["fingerprint"]["input"]
    return None
