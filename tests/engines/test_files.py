import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vidfx_engines.files import AtomicFile, part_name, read_regular, read_text, write_atomically


def test_gets_its_name_only_when_committed(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pending = AtomicFile(path)
    pending.writable.write_bytes(b"whole")
    assert [p.name for p in tmp_path.iterdir()] == [f".rows.csv.{os.getpid()}.part"]
    pending.commit()
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]
    assert path.read_bytes() == b"whole"


def test_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")
    with AtomicFile(path) as pending:
        pending.writable.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")
    with pytest.raises(error), AtomicFile(path) as pending:
        pending.writable.write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_discard_may_come_twice_and_after_commit(tmp_path: Path) -> None:
    pending = AtomicFile(tmp_path / "a")
    pending.discard()
    pending.discard()
    assert not list(tmp_path.iterdir())
    pending = AtomicFile(tmp_path / "a")
    pending.commit()
    pending.discard()
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_lost_part_is_an_error(tmp_path: Path) -> None:
    pending = AtomicFile(tmp_path / "a")
    pending.part.unlink()
    with pytest.raises(OSError, match="No such file"):
        pending.commit()


def planted(folder: Path, name: str, victim: Path) -> Path:
    """A link where the temporary file of ``name`` will be."""
    victim.write_bytes(b"theirs")
    link = folder / part_name(name)
    link.symlink_to(victim)
    return link


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    planted(tmp_path, "a.csv", victim)
    with AtomicFile(tmp_path / "a.csv") as pending:
        pending.writable.write_bytes(b"mine")
    assert (victim.read_bytes(), (tmp_path / "a.csv").read_bytes()) == (b"theirs", b"mine")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="names no open files")
def test_a_link_planted_over_the_open_file_is_not_written(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    pending = AtomicFile(tmp_path / "a.csv")
    pending.part.unlink()
    link = planted(tmp_path, "a.csv", victim)
    pending.writable.write_bytes(b"mine")
    assert pending.size() == 4 and link.is_symlink()
    pending.discard()
    assert victim.read_bytes() == b"theirs"


def test_a_link_that_appears_meanwhile_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    planted(tmp_path, "a.csv", victim)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # it is back at once
    with pytest.raises(OSError, match="File exists"):
        AtomicFile(tmp_path / "a.csv")
    assert victim.read_bytes() == b"theirs"


@pytest.mark.parametrize("letter", ["n", "ü"])
def test_a_name_of_the_full_length_is_written(tmp_path: Path, letter: str) -> None:
    name = letter * ((255 - 4) // len(letter.encode())) + ".csv"
    with AtomicFile(tmp_path / name) as pending:
        pending.writable.write_bytes(b"x")
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "file" / "a.csv", "Not a directory"),
        (lambda folder: folder / "nowhere" / "a.csv", "No such file or directory"),
        (lambda folder: folder / ("n" * 300), "File name too long"),
        (lambda folder: folder / "folder", "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written(tmp_path: Path, make, reason: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    path = make(tmp_path)
    with pytest.raises(OSError, match=reason):
        AtomicFile(path).commit()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_failed_sync_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), AtomicFile(tmp_path / "a"):
        pass
    assert not list(tmp_path.iterdir())


def synced(monkeypatch: pytest.MonkeyPatch, error: int | None = None) -> list[bool]:
    """For each fsync whether it was of a folder, which fails with ``error``."""
    calls: list[bool] = []

    def fsync(opened: int) -> None:
        calls.append(stat.S_ISDIR(os.fstat(opened).st_mode))
        if calls[-1] and error is not None:
            raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


def test_the_folder_is_synced_after_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = synced(monkeypatch)
    write_atomically(tmp_path / "a", b"x")
    assert calls == [False, True]


def test_without_sync_nothing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = synced(monkeypatch)
    write_atomically(tmp_path / "a", b"x", sync=False)
    assert not calls and [file.read_bytes() for file in tmp_path.iterdir()] == [b"x"]


def test_a_folder_that_cannot_be_synced_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert synced(monkeypatch, errno.EINVAL) == []
    write_atomically(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


def test_a_folder_that_is_not_written_to_the_disk_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        write_atomically(tmp_path / "a", b"x")
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


@pytest.mark.parametrize(("mode", "umask", "expected"), [(0o666, 0o027, 0o640), (0o600, 0, 0o600)])
def test_the_mode_is_as_asked_less_the_umask(
    tmp_path: Path, mode: int, umask: int, expected: int
) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "a", b"x", mode)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == expected


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf" + "ü".encode())
    assert read_text(tmp_path / "a") == "ü"
    (tmp_path / "a").write_bytes(b"x" * (3 << 20))
    assert len(read_regular(tmp_path / "a", 3 << 20)) == 3 << 20
    with pytest.raises(ValueError, match="larger than 2 MB"):
        read_regular(tmp_path / "a", 2 << 20)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        read_text(tmp_path / "pipe")


def test_importing_it_imports_no_numpy() -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]; import vidfx_engines.files; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *filter(None, sys.path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "numpy" not in done.stdout.split()
