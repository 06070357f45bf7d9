"""``python -m benchmarks.gpu.nvdec VIDEO STREAMS``: NVDEC alone, in threads of one process."""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from typing import Any

BATCH = 32


def main() -> None:
    video, streams = sys.argv[1], int(sys.argv[2])
    nvcodec: Any = importlib.import_module("PyNvVideoCodec")
    frames: list[int] = []

    def decode() -> None:
        colours = nvcodec.OutputColorType.NATIVE
        decoder = nvcodec.ThreadedDecoder(
            video, BATCH, 0, use_device_memory=True, output_color_type=colours
        )
        count = 0
        while batch := decoder.get_batch_frames(BATCH):
            count += len(batch)
        decoder.end()
        frames.append(count)

    threads = [threading.Thread(target=decode) for _ in range(streams)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"frames": sum(frames), "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
