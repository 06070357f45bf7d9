"""A batch survives kills at any moment, damaged files, hostile names and a full disk."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from benchmarks import clips
from tests.processes import children
from tests.vidfx_command import results_in, run, start, vidfx

FAST = ("--emotion", "none", "--detector-size", "320", "--preset", "ultrafast")
SIZE = (320, 180)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of faces with sound, small."""
    path = tmp_path_factory.mktemp("short") / "short.mp4"
    clips.write_clip(path, clips.demo_frames(SIZE, seconds=0.5), SIZE, g="4", sc_threshold="0")
    return path


def rows(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.csv"))}


def kill_at_random(short: Path, tmp_path: Path, times: int, seed: int, *options: object) -> None:
    """Kill a run or a worker of it again and again; then let it end, and compare."""
    luck = random.Random(seed)
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(6):
        shutil.copy(short, folder / f"v{i}.mp4")
    assert vidfx("annotate", folder, "-o", tmp_path / "calm", *FAST, "-q").exit_code == 0
    out = tmp_path / "out"
    for i in range(times):
        process = start(
            "annotate", folder, "-o", out, *FAST, "--jobs", 2, "--overwrite", *options, quiet=True
        )
        time.sleep(luck.uniform(0.1, 4.0))
        victims = children(process.pid, recursive=True)
        if i % 2 and victims:
            os.kill(luck.choice(victims), signal.SIGKILL)
            process.wait(timeout=120)
        else:
            process.kill()
            process.wait()
        for name in results_in(out) if out.exists() else ():
            if name.endswith(".summary.json"):
                json.loads((out / name).read_text())
            if name.endswith(".annotated.mp4"):
                assert (out / name).stat().st_size > 1000
    done = vidfx("annotate", folder, "-o", out, *FAST, *options, "--json")
    assert done.exit_code == 0, done.stderr
    assert rows(out) == rows(tmp_path / "calm")
    assert results_in(out) == results_in(tmp_path / "calm")


def test_kills_at_random_moments(short: Path, tmp_path: Path) -> None:
    kill_at_random(short, tmp_path, times=3, seed=1)


@pytest.mark.slow
def test_twenty_kills_at_random_moments(short: Path, tmp_path: Path) -> None:
    kill_at_random(short, tmp_path, times=20, seed=2)


@pytest.mark.slow
def test_twenty_kills_at_random_moments_of_videos_in_segments(short: Path, tmp_path: Path) -> None:
    kill_at_random(short, tmp_path, 20, 3, "--segments", 2)


def mutated(content: bytes, luck: random.Random, other: bytes) -> bytes:
    """A damaged copy: bytes flipped, zeroed, cut out, cut off, or spliced with another file."""
    data = bytearray(content)
    kind = luck.choice(["flip", "zero", "cut", "truncate", "splice", "header"])
    at, length = luck.randrange(len(data)), luck.choice([1, 16, 400, 4000])
    if kind == "flip":
        for _ in range(luck.choice([1, 10, 200])):
            data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
    elif kind == "zero":
        data[at : at + length] = bytes(length)
    elif kind == "cut":
        del data[at : at + length]
    elif kind == "truncate":
        del data[at:]
    elif kind == "splice":
        data[at : at + length] = other[at : at + length]
    else:
        for _ in range(8):
            data[luck.randrange(min(2000, len(data)))] = luck.randrange(256)
    return bytes(data)


def survive_damage(sources: list[Path], tmp_path: Path, files: int, seed: int) -> dict[str, int]:
    """Annotate damaged copies; each must end as done or as failed with a reason."""
    luck = random.Random(seed)
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    contents = [path.read_bytes() for path in sources]
    for i in range(files):
        which = i % len(sources)
        data = mutated(contents[which], luck, luck.choice(contents))
        (folder / f"{i:03}{sources[which].suffix}").write_bytes(data)
    done = vidfx(
        *("annotate", folder, "-o", out, *FAST, "--end", 2, "--json", "--stall-timeout", "60"),
        "--quiet",
    )
    assert done.exit_code in (0, 1, 3), done.stderr
    results = json.loads(done.stdout)["results"]
    assert len(results) == files
    statuses: dict[str, int] = {}
    for result in results:
        statuses[result["status"]] = statuses.get(result["status"], 0) + 1
        if result["status"] == "failed":
            error = result["error"]
            assert error["message"] and error["hint"], result
            kind = error["type"]
            statuses[kind] = statuses.get(kind, 0) + 1
            assert "unexpected" not in error["message"], result
    assert statuses.get("done", 0) + statuses.get("failed", 0) == files
    assert not any(name.endswith(".part") for name in results_in(out))
    return statuses


def test_damaged_files(short: Path, tmp_path: Path) -> None:
    statuses = survive_damage([short], tmp_path, files=24, seed=1)
    assert statuses.get("done", 0) > 2 and statuses.get("failed", 0) > 2, statuses


@pytest.mark.slow
def test_five_hundred_damaged_files(short: Path, test_data: Path, tmp_path: Path) -> None:
    names = ("intel-yes.mkv", "lipnet_grid-bbaf2n.mpg", "faceswap_ss-test_video_04-mov-temp_.mov")
    real = [test_data / "clips" / name for name in names]
    sources = [short, *(path for path in real if path.stat().st_size < 3 << 20)]
    statuses = survive_damage(sources, tmp_path, files=500, seed=2)
    print(statuses)


NAMES = [
    "line\nbreak.mp4",
    "'quote\".mp4",
    "-o.mp4",
    "--help.mp4",
    "<script>alert(1)</script>".replace("/", "_") + ".mp4",
    "=cmd|' _C calc'!A0.mp4",
    os.fsdecode(b"latin-\xe9.mp4"),
    "a" * 234 + ".mp4",
    "emoji 🙂 and \u202eright-to-left.mp4",
]


def test_hostile_names(short: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(short, folder / name)
    done = vidfx("annotate", folder, "-o", out, *FAST, "--end", "0.1", "--progress", "text")
    assert done.exit_code == 0, done.stderr
    assert len(results_in(out)) == 5 * len(NAMES)
    assert "\nbreak" not in done.stderr and "\u202e" not in done.stderr
    told = vidfx("status", out)
    assert told.exit_code == 0 and f"{len(NAMES)}" in told.stdout
    again = vidfx("annotate", folder, "-o", out, *FAST, "--end", "0.1", "--json")
    assert {r["status"] for r in json.loads(again.stdout)["results"]} == {"skipped"}


def test_no_room_in_the_middle_of_a_batch(short: Path, tmp_path: Path) -> None:
    """A limit on the size of a file stands for a disk: the longer video does not fit."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(short, folder / "a.mp4")
    clips.write_clip(folder / "b.mp4", clips.demo_frames((960, 540), seconds=2), (960, 540))
    shutil.copy(short, folder / "c.mp4")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))"
    done = run("annotate", folder, "-o", out, *FAST, "--json", first=limit)
    results = {Path(r["input"]).stem: r for r in json.loads(done.stdout)["results"]}
    assert done.returncode == 1
    assert [results[n]["status"] for n in "abc"] == ["done", "failed", "done"], done.stderr
    assert "cannot write" in results["b"]["error"]["message"]
    assert not any(name.endswith(".part") for name in results_in(out))
    again = vidfx("annotate", folder, "-o", out, *FAST, "--json")
    assert [r["status"] for r in json.loads(again.stdout)["results"]] == [
        "skipped",
        "done",
        "skipped",
    ]
