import errno
import os
from pathlib import Path

import pytest

from vidfx.atomic import Pending, output_errors, part_name
from vidfx.errors import OutputError


def test_gets_its_name_only_when_committed(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pending = Pending(path)
    pending.file.write_bytes(b"whole")
    assert [p.name for p in tmp_path.iterdir()] == [f".rows.csv.{os.getpid()}.part"]
    pending.commit()
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]
    assert path.read_bytes() == b"whole"


def test_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")
    with Pending(path) as pending:
        pending.file.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")
    with pytest.raises(error), Pending(path) as pending:
        pending.file.write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_discard_may_come_twice_and_after_commit(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "a")
    pending.discard()
    pending.discard()
    assert not list(tmp_path.iterdir())
    pending = Pending(tmp_path / "a")
    pending.commit()
    pending.discard()
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_lost_part_is_an_error(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "a")
    pending.part.unlink()
    with pytest.raises(OutputError, match="No such file"):
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
    with Pending(tmp_path / "a.csv") as pending:
        pending.file.write_bytes(b"mine")
    assert (victim.read_bytes(), (tmp_path / "a.csv").read_bytes()) == (b"theirs", b"mine")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="names no open files")
def test_a_link_planted_over_the_open_file_is_not_written(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    pending = Pending(tmp_path / "a.csv")
    pending.part.unlink()
    link = planted(tmp_path, "a.csv", victim)
    pending.file.write_bytes(b"mine")
    assert pending.size() == 4 and link.is_symlink()
    pending.discard()
    assert victim.read_bytes() == b"theirs"


def test_a_link_that_appears_meanwhile_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    planted(tmp_path, "a.csv", victim)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # it is back at once
    with pytest.raises(OutputError, match="File exists"):
        Pending(tmp_path / "a.csv")
    assert victim.read_bytes() == b"theirs"


@pytest.mark.parametrize("letter", ["n", "ü"])
def test_a_name_of_the_full_length_is_written(tmp_path: Path, letter: str) -> None:
    name = letter * ((255 - 4) // len(letter.encode())) + ".csv"
    with Pending(tmp_path / name) as pending:
        pending.file.write_bytes(b"x")
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
    with pytest.raises(OutputError, match=reason) as caught:
        Pending(path).commit()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_errors_say_path_and_reason_and_hint(code: int) -> None:
    with pytest.raises(OutputError) as caught, output_errors(Path("out/a.csv")):
        raise OSError(code, os.strerror(code))
    assert str(caught.value) == f"cannot write out/a.csv: {os.strerror(code)}"
    assert caught.value.hint


def test_a_failed_sync_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"), Pending(tmp_path / "a"):
        pass
    assert not list(tmp_path.iterdir())
