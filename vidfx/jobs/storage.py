"""Videos and results on object storage: fetched before the work, delivered after it.

Any URL that fsspec knows (``s3://``, ``gs://``, ...), with that store's own package. Only whole
files are copied: a video into the spool, a local folder, and its results back, the summary last.
All other modules see local files only.
"""

# fsspec has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from vidfx.errors import InputError, OutputError, UnavailableError, UsageError, VidfxError
from vidfx.jobs.spool import make_spool, own_folder, remove_dead, spool
from vidfx_engines.offline import HINT, VARIABLE, is_offline

_ESCAPED = re.compile("^%$|%(?=2E|00|25)")
"""What would look like an escape of ``_safe``."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
PACKAGES = {
    "s3": "vidfx[s3]",
    "s3a": "vidfx[s3]",
    "gs": "vidfx[gs]",
    "gcs": "vidfx[gs]",
} | dict.fromkeys(("az", "abfs"), "adlfs")
READ = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az", "memory"})
"""Object storage only: ``http:`` and ``ftp:`` URLs are not read."""


@dataclass(frozen=True)
class Origin:
    """Where a video comes from."""

    url: str
    size: int
    "bytes"
    stamp: str
    "changes when the object does: its ETag, or when it was written"


@dataclass(frozen=True)
class Listed:
    """A file below a URL that the user named."""

    origin: Origin
    local: Path
    "a path in the spool that identifies it; it is fetched to another one, under the same name"
    relative: Path
    "path below what was named"
    named: bool
    "the URL named this very file"


def is_url(text: str) -> bool:
    """Whether ``text`` names storage. ``file://`` is a path: see ``local_path``."""
    return bool(_URL.match(text)) and not text.startswith("file://")


def local_path(text: str) -> str:
    """``text`` without ``file://``, whose escapes are undone."""
    return unquote(urlsplit(text).path) if text.startswith("file://") else text


def folder_for(out: str | Path) -> Path:
    """The local folder for ``out``: itself, or for a URL one in the spool."""
    text = local_path(str(out))
    return spool() / "out" / _short(text.rstrip("/")) if is_url(text) else Path(text)


def check_output_url(url: str) -> None:
    """Raises UnavailableError where the store's package is missing, UsageError for another URL."""
    try:
        _files(url)
    except InputError as error:
        raise UsageError(f"--out {error}", hint=error.hint) from error
    with _errors(url, OutputError):
        make_spool()


def find(url: str) -> list[Listed]:
    """The file that ``url`` names, or all files below it that are not hidden.

    Raises InputError where there is nothing or it may not be read, UnavailableError where the
    store's package is missing.
    """
    files = _files(url)
    remove_dead()
    with _errors(url, InputError):
        root = files._strip_protocol(url.rstrip("/"))
        below: dict[str, Any] = files.find(root, detail=True)
    scheme = url.partition("://")[0]
    found: list[Listed] = []
    for name, info in sorted(below.items()):
        relative = PurePosixPath(name).name if name == root else name[len(root) :]
        relative = relative.removeprefix("/")
        hidden = any(part.startswith(".") for part in PurePosixPath(relative).parts)
        if name != root and hidden:
            continue
        stamp = next((info[k] for k in ("ETag", "etag", "LastModified", "updated", "mtime")
                      if info.get(k) is not None), "")  # fmt: skip
        address = f"{scheme}://{name}"
        origin = Origin(address, int(info.get("size") or 0), str(stamp).strip('"'))
        safe = Path(*(_safe(part) for part in relative.split("/")))
        local = spool() / "in" / _short(root) / safe
        found.append(Listed(origin, local, safe, named=name == root))
    if not found:
        raise InputError(f"{url}: no file is there", hint="check the URL, and whose keys are used")
    return found


def results(destination: str, names: Sequence[str]) -> tuple[dict[str, int], Any]:
    """Of the files ``names`` at ``destination``: the sizes of those there, and the summary.

    The summary is the last of ``names``; None where it is missing or cannot be read.
    """
    files = _files(destination)
    summary = None
    with _errors(destination, OutputError):
        files.invalidate_cache()
        prefix = names[-1].removesuffix("summary.json")
        there = files.find(destination, prefix=prefix, detail=True).values()
        known = {PurePosixPath(info["name"]).name: int(info["size"]) for info in there}
        sizes = {name: known[name] for name in names if name in known}
        if names[-1] in sizes:
            with suppress(ValueError, FileNotFoundError):
                summary = json.loads(files.cat_file(f"{destination}/{names[-1]}"))
    return sizes, summary if isinstance(summary, dict) else None


def names_below(url: str) -> frozenset[str]:
    """The names of all objects below ``url``, relative to it. Raises OutputError."""
    files = _files(url)
    with _errors(url, OutputError):
        files.invalidate_cache()
        root = files._strip_protocol(url)
        return frozenset(name[len(root) + 1 :] for name in files.find(root))


def contents(urls: Sequence[str]) -> dict[str, bytes]:
    """Those of ``urls`` that exist. Raises OutputError."""
    if not urls:
        return {}
    files = _files(urls[0])
    keys = {files._strip_protocol(url): url for url in urls}
    with _errors(urls[0], OutputError):
        found = files.cat([*keys], on_error="omit")
    return {keys[key]: content for key, content in found.items()}


@contextmanager
def opened(url: str) -> Generator[IO[bytes]]:
    """An object, to read parts of it within the block. Raises InputError."""
    with _errors(url, InputError), _files(url).open(url, "rb", cache_type="none") as stream:
        yield stream


@contextmanager
def fetched(origin: Origin, name: str, on_progress: Callable[[], None]) -> Generator[Path]:
    """The video as a local file ``name``, within the block; calls ``on_progress`` as it is copied.

    Raises InputError.
    """
    with ExitStack() as stack:
        with _errors(origin.url, InputError):
            file = stack.enter_context(own_folder()) / name
            file.touch(mode=0o600, exist_ok=False)
            _files(origin.url).get_file(origin.url, str(file), callback=_callback(on_progress))
            if (size := file.stat().st_size) != origin.size:
                raise InputError(
                    f"{origin.url}: only {size} of {origin.size} bytes arrived",
                    hint="it is being written, or the connection broke; try again",
                )
        yield file


def deliver(paths: Sequence[Path], destination: str, on_progress: Callable[[], None]) -> None:
    """Copy those of ``paths`` that exist, in this order, and remove them here.

    An object gets its name when it is whole. An object of a path that does not exist is removed: it
    is of an earlier run. Raises OutputError.
    """
    files = _files(destination)
    for path in paths:
        target = f"{destination}/{path.name}"
        with _errors(target, OutputError):
            if path.exists():
                files.put_file(str(path), target, callback=_callback(on_progress))
                path.unlink()
            elif files.exists(target):
                files.rm_file(target)


def _files(url: str) -> Any:
    scheme = url.partition("://")[0].lower()
    if scheme not in READ:
        raise InputError(
            f"{url}: {scheme}:// is not read", hint="name a file, or storage: s3://, gs://"
        )
    if not url.partition("://")[2].strip("/"):
        raise InputError(f"{url}: names no bucket", hint="write s3://BUCKET/FOLDER")
    if is_offline() and scheme != "memory":
        raise UnavailableError(f"{url}: is on the network, which {VARIABLE} forbids", hint=HINT)
    package = PACKAGES.get(scheme, "fsspec")
    try:
        fsspec = importlib.import_module("fsspec")
        return fsspec.filesystem(scheme)
    except (ImportError, ValueError) as error:
        raise UnavailableError(
            f"{url}: {scheme}:// needs a package that is not installed: {error}",
            hint=f"pip install '{package}'",
        ) from error


@contextmanager
def _errors(url: str, kind: type[VidfxError]) -> Generator[None]:
    """Any error of a store's package as a ``kind``, in one line."""
    try:
        yield
    except VidfxError:
        raise
    except FileNotFoundError as error:
        raise kind(f"{url}: there is no such object or bucket", hint="check the URL") from error
    except PermissionError as error:
        raise kind(
            f"{url}: the store refuses: {error}", hint="check the keys and their rights"
        ) from error
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise kind(f"{url}: {lines[0][:200]}", hint="check the store and its keys") from error


def _callback(on_progress: Callable[[], None]) -> Any:
    callbacks: Any = importlib.import_module("fsspec.callbacks")

    class ProgressCallback(callbacks.Callback):
        def call(self, *_: Any, **__: Any) -> None:
            on_progress()

    return ProgressCallback()


def _safe(part: str) -> str:
    """A part of an object's name as a unique file name. Stores allow any, even ``..`` or none."""
    part = _ESCAPED.sub("%25", part)
    if set(part) <= {"."}:
        return part.replace(".", "%2E") or "%"
    return part.replace("\0", "%00")


def _short(name: str) -> str:
    """A unique folder name for a URL."""
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.")[:60]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
