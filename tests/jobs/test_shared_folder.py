"""Output folders that others may write to: links are not followed, and locks are shared."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vidfx.config import Settings
from vidfx.errors import OutputError
from vidfx.jobs.events import Ended, Failed, Heartbeat
from vidfx.jobs.ledger import Ledger
from vidfx.jobs.locks import FOLDER, Locks


def test_a_link_in_the_place_of_our_folder_is_one_line(tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    out.mkdir()
    victim.mkdir()
    (out / FOLDER).symlink_to(victim)
    with pytest.raises(OutputError, match="is a link") as caught:
        Locks(out)
    assert caught.value.hint and not list(victim.iterdir())


def test_links_to_the_locks_and_the_ledger_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "locks").symlink_to(victim)
    with pytest.raises(OutputError, match="is a link"):
        Locks(tmp_path)
    (tmp_path / FOLDER / "ledger.sqlite").symlink_to(victim)
    told: list[str] = []
    ledger = Ledger(tmp_path, [], Settings(), told.append)
    ledger.handle(Failed("a.mp4", OutputError("no")))
    ledger.handle(Heartbeat())
    ledger.handle(Ended((), 0.0))
    assert "link" in told[0] and not victim.exists()


@pytest.mark.parametrize("mode", [0o755, 0o775, 0o2770, 0o1777])
def test_our_files_are_as_open_as_the_folder(tmp_path: Path, mode: int) -> None:
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(mode)
    Locks(out).close()
    ledger = Ledger(out, [], Settings(), print)
    ledger.handle(Heartbeat())
    ledger.close()

    def of(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert of(out / FOLDER) == mode
    for name in ("locks", "alive", "ledger.sqlite"):
        assert of(out / FOLDER / name) == mode & 0o666


def test_locks_of_another_user_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vidfx.jobs.locks.os.open", refuse)
    with pytest.raises(OutputError, match="another user's") as caught:
        Locks(tmp_path)
    assert "chmod" in caught.value.hint
