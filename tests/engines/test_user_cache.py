"""Files kept between runs are trusted only where no other user can have written them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vidfx_engines import compiled_cache
from vidfx_engines.user_cache import make_private, user_cache, why_untrusted

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX has owners and modes")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in a cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compiled_cache.keep("a", b"compiled")
    return user_cache("openvino") / "a"


def places(kept: Path) -> list[Path]:
    """From the file up to the folder that holds the cache."""
    return [kept, *list(kept.parents)[:3]]


def test_what_vidfx_made_itself_is_trusted(kept: Path) -> None:
    assert why_untrusted(kept) is None
    assert compiled_cache.fetch("a") == b"compiled"
    assert [place.stat().st_mode & 0o777 for place in places(kept)[:3]] == [0o600, 0o700, 0o700]


@pytest.mark.parametrize("place", range(4))
def test_what_all_may_change_is_not(kept: Path, place: int) -> None:
    changed = places(kept)[place]
    changed.chmod(0o777)
    assert why_untrusted(kept) == f"{changed} may be changed by all, so what is in it is not used"
    assert compiled_cache.fetch("a") is None
    compiled_cache.keep("b", b"more")
    assert compiled_cache.fetch("b") is None or place == 0


@pytest.mark.parametrize("place", range(3))
def test_nor_what_a_group_may_change(kept: Path, place: int) -> None:
    places(kept)[place].chmod(0o770)
    assert "may be changed by its group" in str(why_untrusted(kept))


@pytest.mark.parametrize("place", range(4))
def test_what_is_of_somebody_else_is_not_unless_that_is_root(
    kept: Path, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, stat = places(kept)[place], Path.stat

    def owned_by(uid: int) -> None:
        def told(path: Path, **how: bool) -> os.stat_result:
            found = stat(path, **how)
            owner = uid if path == changed else os.geteuid()
            return os.stat_result((*found[:4], owner, *found[5:]))

        monkeypatch.setattr(Path, "stat", told)
        monkeypatch.setattr(Path, "lstat", told)

    owned_by(os.geteuid() + 12345)
    assert f"{changed} belongs to another user" in str(why_untrusted(kept))
    assert compiled_cache.fetch("a") is None
    owned_by(0)
    assert why_untrusted(kept) is None


def test_a_cache_in_tmp_is_trusted_where_it_is_the_users_own(kept: Path) -> None:
    kept.parents[2].chmod(0o1777)
    assert why_untrusted(kept) is None


def test_a_link_into_a_folder_that_all_may_change_is_not(kept: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    kept.parent.rename(shared)
    kept.parent.symlink_to(shared)
    assert why_untrusted(kept) is None
    shared.chmod(0o777)
    assert "may be changed by all" in str(why_untrusted(kept))


def test_what_is_missing_is_made_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = user_cache("engines") / "one"
    assert why_untrusted(folder) is None
    make_private(folder)
    for made in (folder, *list(folder.parents)[:2]):
        assert made.stat().st_mode & 0o777 == 0o700
    folder.parent.chmod(0o777)
    with pytest.raises(PermissionError, match="may be changed by all"):
        make_private(folder)


def test_a_file_in_the_place_of_the_cache_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert why_untrusted(user_cache("openvino")) is None
    compiled_cache.keep("a", b"compiled")
    assert compiled_cache.fetch("a") is None
