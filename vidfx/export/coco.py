"""``NAME.coco.json``: frames as images, faces as annotations with their landmarks."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from vidfx import schema
from vidfx.export.escapes import one_line
from vidfx.export.writer import TextWriter, what
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

CATEGORY = 1


class Coco(TextWriter):
    """Images are written at once; annotations are kept in a temporary file until the end."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._annotations = tempfile.TemporaryFile(  # noqa: SIM115 - close() closes it
            "w+", encoding="ascii", dir=self.folder
        )
        self._count = 0
        self._separator = "\n"
        category = {
            "id": CATEGORY,
            "name": "face",
            "supercategory": "person",
            "keypoints": list(schema.LANDMARKS),
            "skeleton": [],
        }
        info = {"description": f"faces of {one_line(video.name)}"}
        self.text.write(f'{{"info": {json.dumps(info)}, "licenses": [],\n')
        self.text.write(f'"categories": [{json.dumps(category)}],\n"images": [')

    def add(self, settled: Settled) -> None:
        width, height = self.video.size
        folder = one_line(self.video.name)
        images = (
            {
                "id": frame.frame.index,
                "file_name": f"{folder}/{frame.frame.index:06d}.jpg",
                "width": width,
                "height": height,
                "time_s": round(frame.time_s, 6),
            }
            for frame in settled.frames
        )
        self.text.write(self._separator + _lines(images))
        self._separator = ",\n"
        if len(settled.faces):
            separator = ",\n" if self._count else "\n"
            self._annotations.write(separator + _lines(self._of(settled)))

    def _of(self, settled: Settled) -> Iterator[dict[str, Any]]:
        faces = settled.faces
        numbers = [frame.frame.index for frame in settled.frames]
        labels = faces.identity.texts() if faces.identity else [None] * len(faces)
        rows = zip(
            *(settled.places, faces.track.tolist(), faces.box.tolist(), faces.landmarks.tolist()),
            *(faces.score.tolist(), faces.sources(), labels, what(settled)),
            strict=True,
        )
        for place, track, (x1, y1, x2, y2), points, score, source, identity, emotion in rows:
            self._count += 1
            width, height = round(x2 - x1, 2), round(y2 - y1, 2)
            yield {
                "id": self._count,  # from 1: pycocotools takes 0 for no match
                "image_id": numbers[place],
                "category_id": CATEGORY,
                "bbox": [round(x1, 2), round(y1, 2), width, height],
                "area": round(width * height, 2),
                "iscrowd": 0,
                "keypoints": [value for point in points for value in _keypoint(*point)],
                "num_keypoints": sum(not math.isnan(x) for x, _ in points),
                **({} if math.isnan(score) else {"score": round(score, 4)}),
                "track_id": track,
                "attributes": {"identity": identity, "emotion": emotion, "source": source},
            }

    def finish(self) -> None:
        self.text.write('],\n"annotations": [')
        self._annotations.seek(0)
        shutil.copyfileobj(self._annotations, self.text)
        self.text.write("]}\n")
        self.close()

    def close(self) -> None:
        self._annotations.close()
        super().close()


def _keypoint(x: float, y: float) -> tuple[float, float, int]:
    """With COCO's flag: 2 is visible, 0 not known, as in boxes that were drawn by hand."""
    return (0, 0, 0) if math.isnan(x) else (round(x, 2), round(y, 2), 2)


def _lines(objects: Iterable[dict[str, Any]]) -> str:
    return ",\n".join(map(json.dumps, objects))
