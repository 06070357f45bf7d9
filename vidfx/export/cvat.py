"""``NAME.cvat.xml``: tracks in the format "CVAT for video 1.1"."""

from __future__ import annotations

from collections.abc import Iterator

from vidfx.export.escapes import for_xml
from vidfx.export.track_rows import TrackFile, TrackRows
from vidfx.export.writer import TextWriter
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

LABEL = "face"
UNSURE = "unsure"
"""The expression where none is certain."""


class Cvat(TextWriter):
    """Rows that were measured are key frames. The attribute ``identity`` is of the whole track,
    ``expression`` of each key frame.
    """

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._tracks = TrackFile(self.folder)

    def add(self, settled: Settled) -> None:
        self._tracks.add(settled)

    def finish(self) -> None:
        self.text.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
        self.text.write("<version>1.1</version>\n")
        self.text.writelines(self._meta())
        for track in self._tracks.tracks():
            self.text.writelines(self._track(track))
        self.text.write("</annotations>\n")
        self.close()

    def close(self) -> None:
        self._tracks.close()
        super().close()

    def _meta(self) -> Iterator[str]:
        name, last = for_xml(self.video.name), self._tracks.last
        width, height = self.video.size
        yield f"<meta><task><name>{name}</name><size>{last + 1}</size><mode>interpolation</mode>\n"
        yield f"<start_frame>0</start_frame><stop_frame>{last}</stop_frame>\n"
        yield f"<labels><label><name>{LABEL}</name><attributes>\n"
        yield _attribute_kind("identity", "text", mutable=False, default="", values="")
        if self.video.expressions is not None:
            values = "\n".join(map(for_xml, (UNSURE, *self.video.expressions)))
            yield _attribute_kind(
                "expression", "select", mutable=True, default=UNSURE, values=values
            )
        yield "</attributes></label></labels>\n"
        yield f"<original_size><width>{width}</width><height>{height}</height></original_size>\n"
        yield f"<source>{name}</source></task></meta>\n"

    def _track(self, track: TrackRows) -> Iterator[str]:
        identity = f'<attribute name="identity">{for_xml(track.identity or "")}</attribute>'
        rows = zip(
            *(track.frame.tolist(), track.box.tolist(), track.is_key.tolist()),
            *(track.ends.tolist(), track.labels),
            strict=True,
        )
        settings = self.video.summary.get("fingerprint", {}).get("settings", {})
        goes_on = settings.get("end") is not None  # after the last frame that was annotated
        yield f'<track id="{track.number}" label="{LABEL}" source="auto">\n'
        for frame, box, is_key, ends, label in rows:
            attributes = identity
            if self.video.expressions is not None:
                text = for_xml(label or UNSURE)
                attributes += f'<attribute name="expression">{text}</attribute>'
            yield _box(frame, box, attributes, is_key=is_key)
            if ends and (goes_on or frame < self._tracks.last):
                yield _box(frame + 1, box, attributes, is_key=True, outside=True)
        yield "</track>\n"


def _box(
    frame: int, box: list[float], attributes: str, *, is_key: bool, outside: bool = False
) -> str:
    sides = " ".join(
        f'{name}="{value:.2f}"'
        for name, value in zip(("xtl", "ytl", "xbr", "ybr"), box, strict=True)
    )
    return (
        f'<box frame="{frame}" outside="{outside:d}" occluded="0" keyframe="{is_key:d}" {sides} '
        f'z_order="0">{attributes}</box>\n'
    )


def _attribute_kind(name: str, kind: str, *, mutable: bool, default: str, values: str) -> str:
    return (
        f"<attribute><name>{name}</name><mutable>{mutable}</mutable><input_type>{kind}</input_type>"
        f"<default_value>{default}</default_value><values>{values}</values></attribute>\n"
    )
