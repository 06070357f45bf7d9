"""From the arguments of a command to jobs."""

from __future__ import annotations

import os
import struct
import tempfile
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidfx.errors import NotMediaError, OutputError, OutputExistsError, UsageError
from vidfx.jobs.locks import Locks
from vidfx.jobs.plan import find_media, plan_jobs
from vidfx.video.read.image_source import ImageSource, pictures_in


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def stems(root: Path, *inputs: str) -> list[str]:
    out = root / "out"
    work = plan_jobs(inputs, out)
    assert not work.refused
    return [
        str(job.outputs.summary.relative_to(out)).removesuffix(".summary.json") for job in work.jobs
    ]


def test_a_folder_is_mirrored(tmp_path: Path) -> None:
    touch(tmp_path, "in/b.mp4", "in/a.MOV", "in/day 2/a.mkv", "in/notes.txt", "in/.hidden.mp4")
    assert stems(tmp_path, f"{tmp_path}/in") == ["a.MOV", "b.mp4", "day 2/a.mkv"]


def test_a_name_follows_from_the_input_whatever_is_beside_it(tmp_path: Path) -> None:
    touch(tmp_path, "in/day/talk.mkv")
    alone = stems(tmp_path, f"{tmp_path}/in")
    touch(tmp_path, "in/day/talk.mp4", "in/talk.mkv", "in/talk/1.png", "in/day/talk/1.png")
    assert alone == ["day/talk.mkv"] and alone[0] in stems(tmp_path, f"{tmp_path}/in")


def test_names_do_not_depend_on_the_order_of_arguments(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/day/a.mp4", "other/a.mp4", "b.mp4")
    (tmp_path / "b-link.mp4").symlink_to("b.mp4")
    names = ("in", "in/day/a.mp4", "in/day", "b-link.mp4", "b.mp4", "in/*/*.mp4")
    for order in permutations(names):
        found = stems(tmp_path, *(f"{tmp_path}/{name}" for name in order))
        assert sorted(found) == ["a.mp4", "b.mp4", "day/a.mp4"]
    for order in (("in/a.mp4", "other/a.mp4"), ("other/a.mp4", "in/a.mp4")):
        found = stems(tmp_path, *(f"{tmp_path}/{name}" for name in order))
        assert found == [*order]  # two inputs of one name are told apart by their folders


NAMES = st.sampled_from(["a.mp4", "a.mkv", "a.mp4.mov", "b.mkv", "a", "x"])
FOLDERS = st.lists(st.sampled_from(["x", "y", "a", "a.mp4"]), max_size=3)


@given(st.sets(st.tuples(FOLDERS.map("/".join), NAMES), min_size=1, max_size=12), st.data())
def test_no_two_jobs_share_a_name(tree: set[tuple[str, str]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        for folder, file in tree:
            path = root / folder / file
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            except OSError:  # a file where another wants a folder
                continue
        named = data.draw(st.lists(st.sampled_from(sorted(root.rglob("*")) or [root]), min_size=1))
        jobs = plan_jobs([str(path) for path in named], root / "out").jobs
        outputs = [path for job in jobs for path in job.outputs]
        assert len(set(outputs)) == len(outputs)
        assert all(path.is_relative_to(root / "out") for path in outputs)


def test_one_input_named_twice_is_one_job(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    assert stems(tmp_path, f"{tmp_path}/in", f"{tmp_path}/in/a.mp4") == ["a.mp4"]


def test_globs_and_lists(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/b.mp4", "in/[c].mp4")
    assert stems(tmp_path, f"{tmp_path}/in/?.mp4") == ["a.mp4", "b.mp4"]
    assert stems(tmp_path, f"{tmp_path}/in/[c].mp4") == ["[c].mp4"]
    (tmp_path / "list.txt").write_text("# mine\nin/b.mp4\n\nin/a.mp4\n")
    assert stems(tmp_path, f"{tmp_path}/list.txt") == ["b.mp4", "a.mp4"]


def test_results_are_not_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/out/a.annotated.mp4")
    assert stems(tmp_path, f"{tmp_path}/in") == ["a.mp4"]


def left_out(root: Path, *inputs: str) -> tuple[list[str], list[str]]:
    """Names of the inputs taken, and what is said of the others."""
    work = plan_jobs(inputs, root / "out")
    assert not work.refused
    return [job.source.name for job in work.jobs], list(work.left_out)


TRANSPORT = b"".join(b"G" + bytes([number]) * 187 for number in range(4))
OTHER_FILES = {
    "player.ts": b"export const rate: number = 25;\n" * 40,
    "song.mod": b"song" + bytes(1076) + b"M.K.",
    "song.ogg": b"OggS" + bytes(24) + b"\x01vorbis" + bytes(400),
    "paper.ps": b"%!PS-Adobe-3.0\n",
    "cache.dat": b"GGGGGGGGG" + bytes(8000),
    "song.rm": b".RMF" + bytes(40) + b"audio/x-pn-realaudio",
}
SHARED_ENDINGS = {
    "film.ts": TRANSPORT,
    "cut.ts": b"x" * 77 + TRANSPORT,
    "blu.ts": b"".join(bytes(4) + packet for packet in (TRANSPORT[:188],) * 4),
    "camera.mod": b"\x00\x00\x01\xba" + bytes(20),
    "film.ogg": b"OggS" + bytes(24) + b"\x80theora" + bytes(40),
    "part.m4s": bytes(4) + b"ftypiso5",
    "disc.dat": b"RIFF" + bytes(4) + b"CDXAfmt ",
}


def test_files_with_ambiguous_suffixes_are_opened(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, content in (OTHER_FILES | SHARED_ENDINGS).items():
        (tmp_path / "in" / name).write_bytes(content)
    taken, (line,) = left_out(tmp_path, f"{tmp_path}/in")
    assert taken == sorted(SHARED_ENDINGS)
    assert line.startswith(f"{len(OTHER_FILES)} files were not taken: ")
    assert all(f"{Path(name).suffix} (1)" in line for name in OTHER_FILES)
    named = [f"{tmp_path}/in/{name}" for name in OTHER_FILES]
    assert left_out(tmp_path, *named) == (list(OTHER_FILES), [])


TAKEN = "a.3G2 b.m2t c.264 d.divx e.insv f.h265 g.apng h.heic i.dav j.y4m k.m1v l.wtv"
SILENT = "notes.txt a.srt table.csv Thumbs.db .hidden.xyz done.annotated.mp4 done.summary.json"
SAID = "x.xyz y.xyz z.mp3 README half.mp4.part lost.annotated.mp4"


def test_what_is_in_a_folder_is_taken_or_said(tmp_path: Path) -> None:
    touch(tmp_path, *(f"in/{name}" for name in f"{TAKEN} {SILENT} {SAID}".split()))
    names, (line,) = left_out(tmp_path, f"{tmp_path}/in")
    assert names == TAKEN.split()
    told, hint = line.removeprefix("6 files were not taken: ").split("; ")
    counts = {".xyz (2)", ".annotated.mp4 (1)", "no ending (1)", ".part (1)", ".mp3 (1)"}
    assert set(told.split(", ")) == counts and hint == "name them to read them"
    work = plan_jobs([f"{tmp_path}/in", f"{tmp_path}/in/x.xyz"], tmp_path / "out")
    told_of = {job.source.name for job in work.jobs if job.left_out == work.left_out}
    assert told_of == set(TAKEN.split()) and work.jobs[-1].left_out == ()


def test_pictures_beside_videos_are_photographs(tmp_path: Path) -> None:
    pictures = ["in/frame1.jpg", "in/frame2.jpg", "in/one/1.jpg"]
    touch(tmp_path, "in/logo.gif", *pictures, "in/shot/frame1.png", "in/shot/frame2.png")
    inputs, out = [f"{tmp_path}/in"], tmp_path / "out"
    work = plan_jobs(inputs, out)
    *videos, photographs = work.jobs
    assert [job.source.name for job in videos] == ["logo.gif", "shot"]
    assert photographs.photographs and photographs.source == tmp_path / "in"
    assert [p.file for p in work.photographs] == ["frame1.jpg", "frame2.jpg", "one/1.jpg"]
    assert work.photographs[2].result == out / "one/1.annotated.jpg"
    about_sequence, about_photographs = work.notices
    assert "in/shot: its pictures are one video; --no-sequence" in about_sequence
    assert about_photographs.startswith("3 pictures are photographs")
    alone = plan_jobs(inputs, out, sequence=False)
    assert [job.source.name for job in alone.jobs] == ["logo.gif", "in"] and not alone.notices
    assert len(alone.photographs) == 5
    films = plan_jobs(inputs, out, sequence=True)
    assert not films.photographs and not films.notices
    assert [job.source.name for job in films.jobs] == ["logo.gif", "in", "one", "shot"]
    search = find_media(inputs)  # each picture is one
    assert len(search.found) == 6 and not list(search.left_out.lines())


def test_named_pictures_are_photographs(tmp_path: Path) -> None:
    names = ["x/frame1.jpg", "x/frame2.jpg", "x/old.PGM", "y/frame1.jpg"]
    touch(tmp_path, *names)
    work = plan_jobs([f"{tmp_path}/{name}" for name in names], tmp_path / "out")
    results = [str(p.result.relative_to(tmp_path / "out")) for p in work.photographs]
    assert results == [
        "x/frame1.annotated.jpg",
        "frame2.annotated.jpg",
        "old.PGM.annotated.png",
        "y/frame1.annotated.jpg",
    ]
    one = plan_jobs([f"{tmp_path}/x/frame1.jpg"], tmp_path / "out")
    assert one.jobs[0].source == tmp_path / "x/frame1.jpg" and not one.notices
    refused = plan_jobs([f"{tmp_path}/x/frame1.jpg"], tmp_path / "out", sequence=True).refused
    assert "one picture is no sequence" in str(refused[0][1])


def test_annotated_pictures_are_results(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.annotated.jpg", "sub/b.annotated.png", "photos.summary.json")
    work = plan_jobs([str(tmp_path)], tmp_path)
    assert [p.file for p in work.photographs] == ["a.jpg"] and not work.left_out
    named = plan_jobs([f"{tmp_path}/a.jpg", f"{tmp_path}/a.annotated.jpg"], tmp_path)
    assert len(named.photographs) == 1 and "1 result of an earlier run" in named.left_out[0]
    alone = plan_jobs([f"{tmp_path}/a.annotated.jpg"], tmp_path / "out")
    assert [p.file for p in alone.photographs] == ["a.annotated.jpg"] and len(alone.jobs) == 1


def test_annotated_pictures_are_no_frames(tmp_path: Path) -> None:
    touch(tmp_path, *(f"frame{i}.png" for i in range(3)), "frame1.annotated.png")
    assert [path.name for path in pictures_in(tmp_path)] == [f"frame{i}.png" for i in range(3)]


def test_a_picture_whose_result_is_an_input_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.annotated.jpg")
    work = plan_jobs([f"{tmp_path}/a.jpg", f"{tmp_path}/a.annotated.jpg"], tmp_path)
    ((name, error),) = work.refused
    assert name.endswith("a.jpg") and "would overwrite" in str(error)


def test_an_animation_is_a_video(tmp_path: Path) -> None:
    webp = b"RIFF" + bytes(4) + b"WEBPVP8X" + bytes(4) + b"\x02"
    apng = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 8, b"acTL", 2, 0)
    for name, content in (("a.webp", webp), ("b.png", apng), ("c.png", apng[:8])):
        (tmp_path / name).write_bytes(content)
    work = plan_jobs([str(tmp_path)], tmp_path / "out")
    assert [job.source.name for job in work.jobs[:-1]] == ["a.webp", "b.png"]
    assert [p.file for p in work.photographs] == ["c.png"]


RENDERED_NAMES = ["a.rendered.mp4", "a.rendered.json"]
RESULT_NAMES = [
    *("a.annotated.mp4", "a.faces.csv", "a.frames.csv", "a.unshown.csv", "a.privacy.json"),
    *("a.embeddings.npz", "a.people.json", "a.summary.json"),
]


def test_results_named_beside_inputs_are_left_and_said(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", *RESULT_NAMES, "mine.annotated.mp4", *RENDERED_NAMES)
    named = [f"{tmp_path}/{name}" for name in ["a.mp4", *RESULT_NAMES]]
    taken, (line,) = left_out(tmp_path, *named)
    assert taken == ["a.mp4"] and line.startswith("8 results of an earlier run were not taken: ")
    assert left_out(tmp_path, f"{tmp_path}/a*")[0] == ["a.mp4"]
    (tmp_path / "list.txt").write_text("\n".join(named))
    assert left_out(tmp_path, f"{tmp_path}/list.txt")[0] == ["a.mp4"]
    for alone in (named[1:2], named[1:]):  # who names nothing else means it
        assert left_out(tmp_path, *alone) == (["a.annotated.mp4"], [])
    assert left_out(tmp_path, named[0], f"{tmp_path}/mine.annotated.mp4")[1] == []


def test_a_line_that_is_not_utf8_is_a_path_of_these_bytes(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).touch()
    touch(tmp_path, "b\u2028c.mp4")
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.mp4\r\nb\xe2\x80\xa8c.mp4\n")
    work = plan_jobs([f"{tmp_path}/list.txt"], tmp_path / "out")
    assert [os.fsencode(job.source.name) for job in work.jobs] == [
        b"caf\xe9.mp4",
        b"b\xe2\x80\xa8c.mp4",
    ]


@pytest.mark.parametrize("content", ["a.mp4\n".encode("utf-16"), b"\x00\xff" * 100])
def test_what_is_no_list_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    ((_, error),) = plan_jobs([f"{tmp_path}/list.txt"], tmp_path / "out").refused
    assert "not a list of paths" in str(error) and len(str(error)) < 400


def test_a_pipe_is_neither_a_list_nor_a_video_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in/a.mp4")
    os.mkfifo(tmp_path / "in/b.png")
    touch(tmp_path, "in/c.mp4")
    work = plan_jobs([f"{tmp_path}/in"], tmp_path / "out")
    assert [job.source.name for job in work.jobs] == ["c.mp4"]
    assert all("not a regular file" in str(error) for _, error in work.refused)
    assert len(work.refused) == 2
    os.mkfifo(tmp_path / "list.txt")
    named = [f"{tmp_path}/list.txt", f"{tmp_path}/in/a.mp4", "/dev/null"]
    work = plan_jobs(named, tmp_path / "out")
    assert not work.jobs and all("not a regular file" in str(e) for _, e in work.refused)
    assert len(work.refused) == 3


def test_a_folder_of_frames_is_one_video(tmp_path: Path) -> None:
    touch(tmp_path, "in/shot.v1/frame1.png", "in/shot.v1/frame2.png", "in/clip.mp4")
    assert stems(tmp_path, f"{tmp_path}/in") == ["clip.mp4", "shot.v1"]


@pytest.mark.parametrize("text", ["nothing.mp4", "*.nothing", "empty", "empty.txt", "bad\0name"])
def test_what_cannot_be_a_job_is_refused(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "empty/readme.md", "empty.txt", "ok.mp4")
    work = plan_jobs([f"{tmp_path}/{text}", f"{tmp_path}/ok.mp4"], tmp_path / "out")
    ((_, error),) = work.refused
    assert isinstance(error, NotMediaError) and error.hint
    assert [job.source.name for job in work.jobs] == ["ok.mp4"]


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_input_is_not_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    touch(tmp_path, "a.mp4")
    monkeypatch.chdir(tmp_path)
    work = plan_jobs([text], tmp_path / "out")
    ((name, error),) = work.refused
    assert not work.jobs and name == text and isinstance(error, NotMediaError) and error.hint


def refusals(root: Path, *inputs: str) -> tuple[list[str], list[str]]:
    work = plan_jobs(inputs, root / "out")
    assert all(error.hint and name in str(error) for name, error in work.refused)
    return [job.source.name for job in work.jobs], [name for name, _ in work.refused]


def test_a_bad_line_costs_no_other(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4", "c.mp4", "empty/readme.md")
    lines = ["a.mp4", "no.mp4", "bad\0name", "x" * 300, "[bc].mp4", "empty", "?.nothing"]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    work = plan_jobs([f"{tmp_path}/list.txt"], tmp_path / "out")
    assert [job.source.name for job in work.jobs] == ["a.mp4", "b.mp4", "c.mp4"]
    bad = ["no.mp4", "bad\0name", "x" * 300, "empty", "?.nothing"]
    assert [name for name, _ in work.refused] == bad


def test_a_bad_match_costs_no_other(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/b/readme.md", "in/z.mp4")
    for name in ("in/broken.mp4", "in/*.mp4"):
        (tmp_path / name).symlink_to("nowhere")
    good, bad = refusals(tmp_path, f"{tmp_path}/in/[!*]*")
    assert good == ["a.mp4", "z.mp4"]
    assert bad == [f"{tmp_path}/in/{name}" for name in ("b", "broken.mp4")]
    good, bad = refusals(tmp_path, f"{tmp_path}/in")
    assert good == ["a.mp4", "z.mp4"]
    assert bad == [f"{tmp_path}/in/{name}" for name in ("*.mp4", "broken.mp4")]


@pytest.mark.parametrize("text", ["in", "in/**", "in/**/*.mp4"])
def test_a_folder_that_may_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    touch(tmp_path, "in/a.mp4", "in/locked/b.mp4", "in/open/c.mp4")
    scandir = os.scandir

    def guarded(path: str):  # the tests may run as root, who may read anything
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    good, bad = refusals(tmp_path, f"{tmp_path}/{text}")
    assert good == ["a.mp4", "c.mp4"] and bad == [f"{tmp_path}/in/locked"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["in", "in/**", "in/**/*.mp4", "in/**/**/a.mp4"])
def test_loops_of_links_end(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "in/x/a.mp4", "in/y/z/a.mp4")
    for name in ("in/1", "in/2", "in/x/3"):
        (tmp_path / name).symlink_to(tmp_path / "in")
    (tmp_path / "in/self").symlink_to("self")
    assert set(stems(tmp_path, f"{tmp_path}/{text}")) == {"x/a.mp4", "y/z/a.mp4"}


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    (tmp_path / "in/loop.mp4").symlink_to("loop.mp4")
    good, bad = refusals(tmp_path, f"{tmp_path}/in")
    assert good == ["a.mp4"] and bad == [f"{tmp_path}/in/loop.mp4"]
    assert refusals(tmp_path, f"{tmp_path}/in/loop.mp4") == ([], bad)


def test_globs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "in/a.mp4", "in/d/b.mp4", "in/d/e/c.mp4", "in/.h/d.mp4", "in/a.annotated.mp4")
    (tmp_path / "in/[l]").mkdir()
    (tmp_path / "in/[l]/list.lst").write_text("../?.mp4\n../d/**/c.mp4\n")
    assert stems(tmp_path, f"{tmp_path}/in/[[]l]/*.lst") == ["[l]/list.lst"]
    assert stems(tmp_path, f"{tmp_path}/in/[l]/list.lst") == ["a.mp4", "e/c.mp4"]
    monkeypatch.chdir(tmp_path)
    assert stems(tmp_path, "in/**") == ["a.mp4", "d/b.mp4", "d/e/c.mp4"]
    assert stems(tmp_path, "**/*.mp4") == ["in/a.mp4", "in/d/b.mp4", "in/d/e/c.mp4"]
    assert stems(tmp_path, "in/*.mp4") == ["a.mp4"]
    assert stems(tmp_path, "in/d*/") == ["d/b.mp4", "d/e/c.mp4"]
    assert stems(tmp_path, "in/d*/../../in/a.mp4") == ["a.mp4"]
    assert [str(job.source) for job in plan_jobs(["in/d/*.mp4"], Path("out")).jobs] == [
        "in/d/b.mp4"
    ]


def test_no_result_overwrites_an_input(tmp_path: Path) -> None:
    names = ("x.mp4", "x.mp4.annotated.mp4", "y.mp4")
    touch(tmp_path, *(f"io/{name}" for name in names))
    (tmp_path / "link").symlink_to("io")
    inputs = [f"{tmp_path}/io/{name}" for name in names]
    for out in ("io", "link"):
        work = plan_jobs(inputs, tmp_path / out)
        ((name, error),) = work.refused
        assert name == inputs[0] and isinstance(error, OutputExistsError) and error.hint
        assert [str(job.source) for job in work.jobs] == inputs[1:]
    assert not plan_jobs(inputs, tmp_path / "out").refused


def test_links_out_of_a_folder_are_refused(tmp_path: Path) -> None:
    for name in ("in", "secret"):
        (tmp_path / name).mkdir()
    for name in ("in/a.mp4", "secret/b.mp4"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "in/out.mp4").symlink_to(tmp_path / "secret/b.mp4")
    (tmp_path / "in/within.mp4").symlink_to(tmp_path / "in/a.mp4")
    found = plan_jobs([str(tmp_path / "in")], tmp_path / "o")
    assert [job.source.name for job in found.jobs] == ["a.mp4"]
    ((name, error),) = found.refused
    assert name.endswith("out.mp4") and "link out of the folder" in str(error)
    assert len(plan_jobs([str(tmp_path / "in/out.mp4")], tmp_path / "o").jobs) == 1


def test_a_link_refused_in_a_folder_of_pictures_is_not_read(tmp_path: Path) -> None:
    for name, grey in (("in/1.png", 80), ("in/2.png", 80), ("secret.png", 250)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((32, 32, 3), grey, np.uint8))
    (tmp_path / "in/9.png").symlink_to("../secret.png")
    (tmp_path / "in/3.png").symlink_to("1.png")
    os.mkfifo(tmp_path / "in/4.png")
    work = plan_jobs([str(tmp_path / "in")], tmp_path / "out")
    assert len(work.jobs) == 1 and len(work.refused) == 2
    frames = [frame.rgb for frame in ImageSource(work.jobs[0].source)]
    assert [int(frame.mean()) for frame in frames] == [80, 80, 80]


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("", "--out is empty"),
        ("s3://", "names no bucket"),
        ("http://127.0.0.1:9/o", "http:// is not read"),
    ],
)
def test_an_output_folder_that_is_refused(tmp_path: Path, out: str, told: str) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(UsageError, match=told):
        plan_jobs([str(tmp_path / "a.mp4")], out)


@pytest.mark.parametrize("there", ["file", "dangling"])
def test_an_output_folder_that_is_no_folder(tmp_path: Path, there: str) -> None:
    out = tmp_path / "out"
    if there == "file":
        out.touch()
    else:
        out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="it is not a folder"):
        Locks(out)
