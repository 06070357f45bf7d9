"""Files of corrections, as people and spreadsheets write them, and what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corrections.corrected_rows import rows, seen
from tests.saved.saved_videos import save_video
from vidfx.corrections.read import corrected, read_corrections, read_lines
from vidfx.errors import InputError
from vidfx.saved.runs import SavedVideo

HEADER = "track_id,from_s,to_s,action,value\n"
TWO = {1: range(20), 2: range(10, 50)}


@pytest.fixture
def video(tmp_path: Path) -> SavedVideo:
    return save_video(tmp_path / "day", rows(TWO))


def write(video: SavedVideo, text: str | bytes) -> Path:
    file = video.path.with_name("talk.mp4.corrections.csv")
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def facts(video: SavedVideo) -> list[tuple[object, ...]]:
    corrections = read_corrections(video.path, video.expressions)
    return [line.facts() for line in corrections.lines]


def test_the_rows_of_a_video_have_its_corrections(video: SavedVideo) -> None:
    assert seen(corrected(video)) == {1: [*range(20)], 2: [*range(10, 50)]}
    write(video, HEADER + "1,,,drop,\n")
    assert seen(corrected(video)) == {2: [*range(10, 50)]}
    write(video, "")
    assert seen(corrected(video)) == {1: [*range(20)], 2: [*range(10, 50)]}


def test_the_file_of_a_batch_is_found_without_its_ledger(tmp_path: Path) -> None:
    video = save_video(tmp_path / "out" / "day", rows(TWO))
    (tmp_path / "out" / "corrections.csv").write_text(f"video,{HEADER}day/talk.mp4,1,,,drop,\n")
    assert [line.action for line in read_corrections(video.path, None).lines] == ["drop"]
    (video.path.parent / ".vidfx").mkdir()  # as a render of this folder leaves it
    assert read_corrections(video.path, None).lines
    (video.path.parent / ".vidfx" / "ledger.sqlite").touch()
    assert not read_corrections(video.path, None).lines


def test_the_example_in_the_docs_is_right(video: SavedVideo) -> None:
    page = (Path(__file__).parents[2] / "docs/corrections.md").read_text(encoding="utf-8")
    example = next(part for part in page.split("```") if part.strip().startswith("track_id"))
    write(video, example.strip())
    assert len(facts(video)) == 11


def test_a_batch_has_one_file_and_the_line_of_a_video_comes_later(
    tmp_path: Path, video: SavedVideo
) -> None:
    batch = tmp_path / "corrections.csv"
    batch.write_text(
        "video,track_id,from_s,to_s,action,value\nday/talk.mp4,1,,,rename,Ana\nother.mp4,x,,,y,\n"
    )
    write(video, HEADER + "1,,,rename,Bo\n")
    some = read_corrections(video.path, None).lines
    assert [(line.name, Path(line.place).name) for line in some] == [
        ("Ana", "corrections.csv, line 2"),
        ("Bo", "talk.mp4.corrections.csv, line 2"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + "1,0:01.5,2,Rename, Zoë \n",
        HEADER.replace("\n", "\r\n") + "1,1.5,2,rename,Zoë\r\n\r\n",
        HEADER.replace(",", ";") + "1;1,5;2,0;rename;Zoë;;\n",
        HEADER.replace(",", "\t") + "1\t1.5\t2\trename\tZoë",
        'note,value,action,to_s,from_s,track_id\n"a, b",Zoë,rename,2,1.5,1\n',
        HEADER.strip() + ',note,\n1,1.5,2,rename,"Zoë"\n,,,,\n',
    ],
)
def test_what_spreadsheets_write_is_read(text: str, video: SavedVideo) -> None:
    write(video, text)
    assert facts(video) == [("rename", 1, 1.5, 2.0, "Zoë", 0, None)]


def test_boxes_have_the_decimal_sign_of_the_file(video: SavedVideo) -> None:
    write(video, HEADER.replace(",", ";") + "3;0,5;;box;1,5 2 30 40\n")
    assert facts(video)[0][-1] == (1.5, 2, 30, 40)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,,,vanish,", "action 'vanish' is not one of split, merge, box, drop, rename"),
        ("0,,,drop,", "track_id: '0' is not the number of a track"),
        ("1_0,,,drop,", "track_id: '1_0'"),
        ("99999999999999999999,,,drop,", "track_id"),
        ("1,later,,drop,", "from_s: 'later' is not a time"),
        ("1,nan,,drop,", "from_s: 'nan'"),
        ("1,5,4,drop,", "from_s 5 is after to_s 4"),
        ("1,,,drop,yes", "drop has no value, not 'yes'"),
        ("1,,,rename,", "value of rename: a name of 1 to 64 characters"),
        ("1,,,rename,=1+1", "value of rename"),
        ("1,,,rename,a\x1b[31mb", "control characters"),
        ("1,,,expression,bored", "'bored' is not one of angry, happy, neutral, sad, none"),
        ("1,5,,split,one", "value of split: 'one' is not the number"),
        ("1,,,split,4", "split needs the time"),
        ("1,,,merge,1", "1 is the track itself"),
        ("1,,,box,1 2 3 4", "box needs its time in from_s"),
        ("1,1,,box,1 2 3", "is not x1 y1 x2 y2"),
        ("1,1,,box,5 2 3 4", "with x1 < x2"),
        ("1,1,,box,0 0 inf 4", "is not x1 y1 x2 y2"),
        ("1,,,drop,,,more", "it has 7 cells, not 5"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number(line: str, why: str, video: SavedVideo) -> None:
    file = write(video, f"{HEADER}1,,,hide,\n{line}\n{line}\n1,,,show,\n")
    with pytest.raises(InputError) as caught:
        corrected(video)
    text = str(caught.value)
    assert text.startswith(f"{file}, line 3: ") and text.endswith("(and 1 more)")
    assert why in text and text.isprintable()
    some, problems = read_lines(video.path, video.expressions)
    assert [line.action for line in some] == ["hide", "show"] and len(problems) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"track,action\n1,drop\n", "first line must be track_id,from_s,to_s,action,value"),
        (HEADER.encode("utf-16"), "not UTF-8 text"),
        (HEADER.encode() + b'1,,,drop,"\n', "unexpected end of data"),
        (HEADER.encode() + b"1,,,drop," + b"x" * 200_000, "field larger than"),
    ],
)
def test_a_file_that_is_no_table_of_corrections(
    content: bytes, why: str, video: SavedVideo
) -> None:
    write(video, content)
    with pytest.raises(InputError, match=why):
        corrected(video)


def test_expressions_need_an_engine(video: SavedVideo) -> None:
    write(video, HEADER + "1,,,expression,happy\n")
    with pytest.raises(InputError, match="none were read in this video"):
        read_corrections(video.path, None)


def test_the_fingerprint_is_of_what_the_lines_say(video: SavedVideo) -> None:
    def fingerprint() -> str | None:
        return read_corrections(video.path, video.expressions).fingerprint()

    assert fingerprint() is None
    write(video, HEADER + "1,1.5,,hide,\n")
    before = fingerprint()
    write(video, HEADER.replace(",", ";") + "\n1;1,50;;Hide;;\n")
    assert fingerprint() == before is not None
    write(video, HEADER + "1,1.5,,show,\n")
    assert fingerprint() != before
