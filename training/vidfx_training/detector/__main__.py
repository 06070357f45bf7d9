"""``python -m vidfx_training.detector FACES -o OUT``: train the detector and export it."""

from __future__ import annotations

import argparse
from pathlib import Path

from vidfx_training.compute import choose
from vidfx_training.detector.export import export
from vidfx_training.detector.pictures import read_pictures
from vidfx_training.detector.recipe import read_detector_recipe
from vidfx_training.detector.train import train
from vidfx_training.errors import TrainingError
from vidfx_training.recipe import recipes_folder

RECIPE = "detector/detector-embedded.toml"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidfx_training.detector")
    parser.add_argument("faces", type=Path, help="a folder with faces.json")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, help=f"default: {RECIPE}")
    parser.add_argument("--folds", type=int, default=0, help="train one without each, as well")
    parser.add_argument("--minutes", type=float, help="end by then")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw canvases")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    try:
        recipe = read_detector_recipe(args.recipe or recipes_folder() / RECIPE)
        pictures = read_pictures(args.faces)
        steps = train(
            recipe, pictures, args.out, folds=args.folds, device=choose(args.device),
            minutes=args.minutes, workers=args.workers,
        )  # fmt: skip
        print(f"{steps} steps on {len(pictures)} pictures")
        for name in ("all", *(f"without-{k}" for k in range(args.folds))):
            print(export(recipe, args.out, name))
    except TrainingError as error:
        raise SystemExit(f"vidfx: {error}") from None


if __name__ == "__main__":
    main()
