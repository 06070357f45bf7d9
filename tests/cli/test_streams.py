"""stdout and stderr that are closed, full or left by their reader, and a working folder that is
gone: what was asked for is done all the same, or one line says why not."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vidfx_command import run_python, same_imports

MAIN = "from vidfx.cli import main; main()"
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


def shell(words: str, redirections: str) -> subprocess.CompletedProcess[str]:
    """`vidfx WORDS REDIRECTIONS`, as a shell runs it."""
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(MAIN)} {words} {redirections}"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        check=False,
        text=True,
        env=same_imports(),
    )


@needs_full
@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "2>&- >&- <&-"])
def test_a_batch_does_not_end_over_its_log(clip: Path, tmp_path: Path, stderr: str) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"no picture")
    out = tmp_path / "out"
    words = f"annotate {tmp_path}/in/a.png {clip} {tmp_path}/in/b.png -o {out} --no-video"
    assert shell(f"{words} --end 0.2", stderr).returncode == 1
    summary = json.loads((out / "clip.mp4.summary.json").read_text())
    assert summary["counts"]["frames"] == 6


@needs_full
@pytest.mark.parametrize("words", ["--version", "--help", "annotate --help"])
@pytest.mark.parametrize(("stdout", "reason"), [(">/dev/full", "No space"), (">&-", "Bad file")])
def test_what_stdout_does_not_take_is_one_line(words: str, stdout: str, reason: str) -> None:
    ended = shell(words, stdout)
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1 and "cannot write to stdout" in line and reason in line


def test_a_reader_that_leaves_is_no_fault() -> None:
    ended = shell("annotate --help", "| true")
    assert ended.stderr == "" and ended.returncode in (0, 1)


@needs_full
def test_json_that_cannot_be_written_is_an_error_after_the_work(tmp_path: Path) -> None:
    words = f"annotate {tmp_path}/no.mp4 -o {tmp_path}/out --json -q"
    ended = shell(words, ">/dev/full")
    assert ended.returncode == 3 and "no such file" in ended.stderr
    assert "Traceback" not in ended.stderr and "Exception" not in ended.stderr


@pytest.mark.parametrize("words", ["annotate a.mp4 -o out", "annotate /a.mp4 -o /tmp/out"])
def test_a_working_folder_that_is_gone_is_one_line(tmp_path: Path, words: str) -> None:
    gone = tmp_path / "gone"
    command = f"mkdir {gone}; cd {gone}; rmdir {gone}; {shlex.quote(sys.executable)} -c"
    ended = subprocess.run(
        ["bash", "-c", f"{command} {shlex.quote(MAIN)} {words}"],
        capture_output=True,
        check=False,
        text=True,
        env=same_imports(),
    )
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 2 and "the working folder does not exist" in line


def test_what_the_terminal_cannot_show_is_escaped() -> None:
    script = f"import sys; sys.argv[1:] = ['annotate', 'caf\\udce9.mp4', '-o', 'o']; {MAIN}"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=False,
        env=same_imports() | {"PYTHONIOENCODING": "ascii:strict"},
    )
    assert ended.returncode == 3 and b"Traceback" not in ended.stderr
    assert b"there is no such file" in ended.stderr


def test_an_interruption_before_a_command_begins_is_one_line() -> None:
    interrupted = "import vidfx.cli.app as app\ndef run(): raise KeyboardInterrupt\napp.run = run\n"
    done = run_python(interrupted + MAIN, "status", ".")
    assert (done.returncode, done.stderr) == (130, "vidfx: interrupted\n")
