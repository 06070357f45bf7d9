"""``python -m vidfx_training.detector FACES -o OUT``: train the detector and export it."""

from __future__ import annotations

import argparse
from pathlib import Path

from vidfx_training.detector.export import export
from vidfx_training.detector.labelled_images import read_labelled_images
from vidfx_training.detector.recipe import read_detector_recipe
from vidfx_training.detector.train import name_of, train
from vidfx_training.errors import TrainingError
from vidfx_training.recipe import recipes_folder
from vidfx_training.torch_device import choose_device

RECIPE = "detector/detector-embedded.toml"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidfx_training.detector")
    parser.add_argument("faces", type=Path, help="a folder with faces.json")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, help=f"default: {RECIPE}")
    parser.add_argument(
        "--without", type=int, nargs="+", metavar="FOLD",
        help="train one detector without each of these folds instead of one on all",
    )  # fmt: skip
    parser.add_argument("--init", type=Path, metavar="SAFETENSORS", help="initial weights")
    parser.add_argument("--minutes", type=float, help="stop after this time")
    parser.add_argument("--workers", type=int, default=0, help="processes that make mosaics")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    try:
        recipe = read_detector_recipe(args.recipe or recipes_folder() / RECIPE)
        pictures = read_labelled_images(args.faces)
        without = args.without or [None]
        steps = train(
            recipe, pictures, args.out, without=without, init=args.init,
            device=choose_device(args.device), minutes=args.minutes, workers=args.workers,
        )  # fmt: skip
        print(f"{steps} steps on {len(pictures)} pictures")
        for fold in without:
            print(export(recipe, args.out, name_of(fold)))
    except TrainingError as error:
        raise SystemExit(f"vidfx: {error}") from None


if __name__ == "__main__":
    main()
