"""`vidfx bench`: what this machine will do on a video, and which stage is the limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, TypedSettings, with_settings

if TYPE_CHECKING:
    from vidfx.run.bench import Bench, Timing


@with_settings("recognition", "emotion", "detector", "every", "read", "preset", "device", "threads")
def bench(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="One of your videos.")],
    given: TypedSettings,
    seconds: Annotated[
        float, typer.Option(min=2, max=3600, help="Approximate duration of the measurement.")
    ] = 20.0,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Time annotate on the first part of a video: CPU, GPU where there is one, decoding alone.

    \b
    vidfx bench talk.mp4
    vidfx bench talk.mp4 --recognition runs/ana --seconds 60

    Takes about half a minute. With both devices, the faster is what --device auto takes from now
    on, with the same settings.

    vidfx.toml and VIDFX_ variables count as for annotate.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.render import renderer_for
        from vidfx.load_settings import load_settings
        from vidfx.run.bench import bench as run

        settings = load_settings(given)
        with renderer_for("none" if as_json else "auto", debug=debug) as renderer:
            found = run(video, settings, seconds, renderer.handle)
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(found.as_json())
        else:
            _write(found)


def _write(found: Bench) -> None:
    from vidfx.cli.console.tables import write_line, write_table
    from vidfx.notation import duration

    write_line(
        f"{found.video}: {found.width}x{found.height} {found.codec}, {found.frame_rate:.4g}"
        f" frames/s, {found.faces:.1f} faces a frame; {found.cores} cores"
    )
    for device in found.devices:
        models = ", ".join(
            f"{m['task']}: {m['name']}, {m['backend']} {m['precision']}" for m in device.models
        )
        write_line(f"{device.device}: engines loaded in {device.start_s:.1f} s; {models}")
    write_line("")
    rows = [(d, t) for d in found.devices for t in (*d.timings, d.decoding)]
    write_table(
        ("one video at a time", "frames/s", "of decoding", "x real time", "whole video", "cores"),
        [
            (
                f"{device.device}: {t.name}",
                f"{t.rate:.1f}",
                f"{t.rate / device.decoding.rate:.2f}",
                f"{t.rate / found.frame_rate:.1f}",
                "?" if found.frames is None else duration(found.frames / t.rate),
                f"{t.cpu_seconds / t.seconds:.1f}",
            )
            for device, t in rows
        ],
    )
    _write_limits(found, [(f"{d.device}: {t.name}", t) for d in found.devices for t in d.timings])


def _write_limits(found: Bench, timings: list[tuple[str, Timing]]) -> None:
    from vidfx.cli.console.tables import write_line, write_table
    from vidfx.run.bench import ADVICE, THREADS

    write_table(
        ("ms a frame", *(name for name, _ in timings)),
        [
            (f"{thread}: {stage}", *(_ms(t.by_stage.get(stage), t.frames) for _, t in timings))
            for thread, stages in THREADS.items()
            for stage in stages
        ],
    )
    for name, timing in timings:
        thread, share = timing.thread()
        stage = timing.stage()
        advice = f"; {ADVICE[stage]}" if stage in ADVICE else ""
        write_line(f"{name}: {thread} is busy {share:.0%} of the time, most of it {stage}{advice}")
    if any(t.cpu_seconds / t.seconds > 0.85 * found.cores for _, t in timings):
        write_line("all cores are busy: what lowers any stage helps, and more cores do")


def _ms(seconds: float | None, frames: int) -> str:
    return "" if seconds is None else f"{1000 * seconds / frames:.2f}"
