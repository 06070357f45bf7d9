"""A video that is annotated again is drawn with its corrections; its rows have none."""

from __future__ import annotations

from pathlib import Path

from vidfx.annotation.context import load_context
from vidfx.annotation.video import annotate_video
from vidfx.config import Settings
from vidfx.jobs.plan import Job, Outputs


def test_what_is_drawn_is_corrected_and_the_rows_are_not(clip: Path, tmp_path: Path) -> None:
    job = Job(clip, Outputs.of(tmp_path / "clip.mp4"))
    file = tmp_path / "clip.mp4.corrections.csv"
    with load_context(Settings(end=0.2, threads=1)) as context:
        first = annotate_video(job, context, lambda _: None)
        rows, picture = job.outputs.faces.read_bytes(), job.outputs.video.read_bytes()
        assert "corrections" not in first
        text = "track_id,from_s,to_s,action,value\n1,,,rename,Ana\n99,,,drop,\n"
        file.write_text(text)
        again = annotate_video(job, context, lambda _: None)
    assert job.outputs.faces.read_bytes() == rows and again["tracks"] == first["tracks"]
    assert job.outputs.video.read_bytes() != picture and file.read_text() == text
    assert again["corrections"]["lines"] == 2 and again["corrections"]["other_faces"] == []
    assert [w for w in again["warnings"] if w not in first["warnings"]] == [
        f"{file}, line 3: drop of track 99 fits no row"
    ]
