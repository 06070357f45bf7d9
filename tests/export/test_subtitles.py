"""Subtitles, boxes and chapters as other programs read them, with hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.exported_videos import HOSTILE, exported, two_people
from vidfx.export.escapes import for_ffmetadata, for_subtitles, for_vtt, for_xml, one_line

SHOWN = HOSTILE.replace("\n", " ")
AS_SUBTITLE = SHOWN.translate(str.maketrans("<>{}\\", "＜＞｛｝＼"))


def test_vtt_has_a_cue_for_each_label(tmp_path: Path) -> None:
    webvtt = pytest.importorskip("webvtt")
    (file,) = exported(two_people(tmp_path), "vtt", tmp_path)
    assert file.name == "talk.mp4.vtt"
    cues = [(c.start_in_seconds, c.end_in_seconds, c.text) for c in webvtt.read(str(file))]
    name = for_vtt(HOSTILE)
    assert [(round(start, 3), round(end, 3), text) for start, end, text in _ms(file)] == [
        (0.0, 1.6, f"{name}: happy"),
        (0.4, 2.0, "unknown 2: happy"),
        (2.0, 4.0, "unknown 2: sad"),
        (2.4, 4.0, f"{name}: happy"),
    ]
    assert [text for *_, text in cues] == [text for *_, text in _ms(file)]


def _ms(file: Path) -> list[tuple[float, float, str]]:
    """The cues of a WebVTT file, by the grammar of the standard."""
    found: list[tuple[float, float, str]] = []
    for block in file.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
        times, text = block.split("\n")
        start, end = times.split(" --> ")
        found.append((_seconds(start), _seconds(end), text))
    return found


def _seconds(clock: str) -> float:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


@pytest.mark.parametrize("kind", ["srt", "ass"])
def test_srt_and_ass_are_read_as_they_were_meant(kind: str, tmp_path: Path) -> None:
    pysubs2 = pytest.importorskip("pysubs2")
    (file,) = exported(two_people(tmp_path), kind, tmp_path)
    read = pysubs2.load(str(file))
    lines = [e for e in read if not e.is_drawing]
    assert {e.plaintext for e in lines} == {
        f"{AS_SUBTITLE}: happy",
        "unknown 2: happy",
        "unknown 2: sad",
    }
    assert (min(e.start for e in lines), max(e.end for e in lines)) == (0, 4000)


def test_boxes_of_ass_follow_the_face_without_a_gap(tmp_path: Path) -> None:
    (file,) = exported(two_people(tmp_path), "ass", tmp_path)
    text = file.read_text(encoding="utf-8")
    assert "PlayResX: 640\nPlayResY: 360\n" in text
    boxes = [line for line in text.splitlines() if ",Box,," in line]
    first = [line for line in boxes if ",20)\\p1" in line and "(300," not in line]
    assert first[0] == (
        "Dialogue: 0,0:00:00.00,0:00:00.20,Box,,0,0,0,,"
        "{\\move(10,20,15,20)\\p1}m 0 0 l 40 0 40 50 0 50"
    )
    times = [line.split(",")[1:3] for line in first]
    cuts = [i for i in range(1, len(times)) if times[i][0] != times[i - 1][1]]
    assert [times[i] for i in cuts] == [["0:00:02.40", "0:00:02.60"]]  # it was not seen before


def test_chapters_begin_at_cuts_and_short_shots_belong_to_the_one_before(tmp_path: Path) -> None:
    vtt, ffmetadata = exported(two_people(tmp_path), "chapters", tmp_path)
    names = for_vtt(HOSTILE)
    assert _ms(vtt) == [(0.0, 2.0, f"Shot 1: {names}"), (2.0, 4.0, f"Shot 2: {names}")]
    import av

    with av.open(str(ffmetadata)) as container:
        chapters = container.chapters()
    assert [(c["start"], c["end"]) for c in chapters] == [(0, 2000), (2000, 4000)]
    assert chapters[0]["metadata"]["title"] == f"Shot 1: {SHOWN}"


@pytest.mark.parametrize(
    ("escape", "text", "escaped"),
    [
        (one_line, "a\r\n\tb\x00c\u2028d\ud800", "a b c d\ufffd"),
        (one_line, "क्\u200dष 👩\u200d🔬", "क्\u200dष 👩\u200d🔬"),
        (for_vtt, "a --> <c>&", "a --&gt; &lt;c&gt;&amp;"),
        (for_subtitles, "{\\an8}<i>", "｛＼an8｝＜i＞"),
        (for_ffmetadata, "a=b;#\\", "a\\=b\\;\\#\\\\"),
        (for_xml, 'a"<&>\x01\uffff', "a&quot;&lt;&amp;&gt; \ufffd"),
    ],
)
def test_escapes(escape: object, text: str, escaped: str) -> None:
    assert callable(escape)
    assert escape(text) == escaped
