"""``NAME.eaf``: a tier a person for ELAN, with an annotation for each expression."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from vidfx.export.cues import Cue, Cues
from vidfx.export.escapes import for_xml
from vidfx.export.writer import TextWriter
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

_TYPE = "expression"
_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="vidfx" DATE="{date}" FORMAT="3.0" VERSION="3.0" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="{url}" RELATIVE_MEDIA_URL="{relative}" MIME_TYPE="{kind}"/>
</HEADER>
"""


class Elan(TextWriter):
    """Cues are kept until the end, since the times of all come before the first tier."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._cues = Cues(1 / video.frame_rate)
        self._done: list[Cue] = []

    def add(self, settled: Settled) -> None:
        self._done += self._cues.add(settled)

    def finish(self) -> None:
        self._done += self._cues.finish()
        self.text.write(self._header())
        self.text.writelines(self._times())
        annotation = 0
        for name, cues in self._tiers().items():
            self.text.write(f'<TIER TIER_ID="{name}" PARTICIPANT="{name}" ')
            self.text.write(f'LINGUISTIC_TYPE_REF="{_TYPE}">\n')
            for number in cues:
                annotation += 1
                self.text.write(self._annotation(annotation, number))
            self.text.write("</TIER>\n")
        self.text.write(
            f'<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="{_TYPE}" TIME_ALIGNABLE="true" '
            'GRAPHIC_REFERENCES="false"/>\n</ANNOTATION_DOCUMENT>\n'
        )
        self.close()

    def _header(self) -> str:
        source = self.video.source
        relative = os.path.relpath(source, self.folder) if source.is_absolute() else source
        return _HEADER.format(
            date=datetime.now().astimezone().isoformat(timespec="seconds"),
            url=for_xml(source.as_uri() if source.is_absolute() else quote(bytes(source))),
            relative=for_xml(quote(b"./" + bytes(Path(relative)))),
            kind=mimetypes.guess_type(source.name)[0] or "unknown",
        )

    def _times(self) -> Iterator[str]:
        """Two for each cue, named after its number, in order of time."""
        slots = [
            (round(time_s * 1000), f"ts{2 * number + end}")
            for number, cue in enumerate(self._done, 1)
            for end, time_s in enumerate((cue.start_s, max(cue.end_s, cue.start_s + 0.001)))
        ]
        yield "<TIME_ORDER>\n"
        for time_ms, name in sorted(slots):
            yield f'<TIME_SLOT TIME_SLOT_ID="{name}" TIME_VALUE="{time_ms}"/>\n'
        yield "</TIME_ORDER>\n"

    def _tiers(self) -> dict[str, list[int]]:
        """Numbers of cues by the escaped name of the tier.

        One who is seen twice at a time has a second tier.
        """
        tiers: dict[str, list[int]] = {}
        end_s: dict[str, float] = {}
        for number, cue in enumerate(self._done, 1):
            person = tier = for_xml(cue.who)
            copy = 1
            while end_s.get(tier, 0.0) > cue.start_s:
                copy += 1
                tier = f"{person} ({copy})"
            end_s[tier] = cue.end_s
            tiers.setdefault(tier, []).append(number)
        return tiers

    def _annotation(self, annotation: int, number: int) -> str:
        cue = self._done[number - 1]
        return (
            f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{annotation}" '
            f'TIME_SLOT_REF1="ts{2 * number}" TIME_SLOT_REF2="ts{2 * number + 1}">'
            f"<ANNOTATION_VALUE>{for_xml(cue.what)}</ANNOTATION_VALUE>"
            "</ALIGNABLE_ANNOTATION></ANNOTATION>\n"
        )
