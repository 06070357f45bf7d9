"""The other tools of ``benchmarks rivals``, each run as its users run it.

``python peers.py NAME CLIP OUT ...`` needs a Python with that tool and not vidfx. It writes a
video, and the boxes of every frame to OUT/boxes.json, (x1, y1, x2, y2) in px.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

Boxes = list[list[list[float]]]


def insightface_loop(clip: Path, out: Path, args: argparse.Namespace) -> Boxes:
    """A loop over frames, as tutorials have it: SCRFD, then two networks, one face at a time."""
    import cv2  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415
    from insightface.model_zoo.scrfd import SCRFD  # noqa: PLC0415
    from insightface.utils import face_align  # noqa: PLC0415

    detector = SCRFD(str(args.scrfd))
    detector.prepare(-1, det_thresh=0.5, input_size=(640, 640))
    nets = [onnxruntime.InferenceSession(str(net)) for net in args.nets]
    reader = cv2.VideoCapture(str(clip))
    size = (int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    fourcc = cv2.VideoWriter_fourcc(*"mp4v")  # type: ignore[attr-defined]
    writer = cv2.VideoWriter(str(out / "out.mp4"), fourcc, reader.get(cv2.CAP_PROP_FPS), size)
    found: Boxes = []
    while True:
        more, frame = reader.read()
        if not more:
            break
        boxes, marks = detector.detect(frame)
        for box, points in zip(boxes, marks, strict=True):
            face = face_align.norm_crop(frame, points, 112)
            crop = face[:, :, ::-1].transpose(2, 0, 1)[None].copy()
            for net in nets:
                net.run(None, {net.get_inputs()[0].name: crop})
            x1, y1, x2, y2 = (int(v) for v in box[:4])
            cv2.rectangle(frame, (x1, y1), (x2, y2), (0, 255, 0), 2)
            cv2.putText(frame, "happy", (x1, y1 - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 255, 0), 2)
        writer.write(frame)
        found.append([[float(v) for v in box[:4]] for box in boxes])
    writer.release()
    return found


def fer_analyze(clip: Path, out: Path, _: argparse.Namespace) -> Boxes:
    """``fer``'s Video.analyze, every frame, its video drawn."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import cv2  # noqa: PLC0415
    import fer  # type: ignore # noqa: PLC0415
    from fer.classes import Video  # type: ignore # noqa: PLC0415
    from fer.fer import FER  # type: ignore # noqa: PLC0415

    # It asks for keys and closes windows, which a build of OpenCV without a screen cannot.
    cv2.waitKey = lambda *_: -1  # type: ignore[assignment]
    cv2.destroyAllWindows = lambda: None
    cascade = Path(fer.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
    rows: Any = Video(str(clip), outdir=str(out)).analyze(
        FER(cascade_file=str(cascade)), frequency=1, save_frames=False, zip_images=False
    )
    found: Boxes = []
    for row in rows:
        boxes = [row[key] for key in sorted(row) if key.startswith("box")]
        found.append([[x, y, x + w, y + h] for x, y, w, h in (map(float, b) for b in boxes)])
    return found


def deface_boxes(clip: Path, _: Path, __: argparse.Namespace) -> Boxes:
    """What deface's detector finds at its best setting; its speed is that of its own command."""
    import av  # noqa: PLC0415
    from deface.centerface import CenterFace  # noqa: PLC0415

    detector = CenterFace(in_shape=(640, 384))
    with av.open(clip) as container:
        frames = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        return [
            [[float(v) for v in row[:4]] for row in detector(f, threshold=0.2)[0]] for f in frames
        ]


PEERS = {"insightface": insightface_loop, "fer": fer_analyze, "deface": deface_boxes}


def main() -> None:
    parser = argparse.ArgumentParser(prog="peers.py")
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("clip", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scrfd", type=Path)
    parser.add_argument("--nets", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found = PEERS[args.name](args.clip, args.out, args)
    (args.out / "boxes.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
