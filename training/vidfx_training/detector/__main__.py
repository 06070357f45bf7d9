"""``python -m vidfx_training.detector FACES -o OUT``: train the detector and export it."""

from __future__ import annotations

import argparse
from pathlib import Path

from vidfx_training.compute import choose
from vidfx_training.detector.export import export
from vidfx_training.detector.pictures import read_pictures
from vidfx_training.detector.recipe import read_detector_recipe
from vidfx_training.detector.train import name_of, train
from vidfx_training.errors import TrainingError
from vidfx_training.recipe import recipes_folder

RECIPE = "detector/detector-embedded.toml"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidfx_training.detector")
    parser.add_argument("faces", type=Path, help="a folder with faces.json")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, help=f"default: {RECIPE}")
    parser.add_argument(
        "--without", type=int, nargs="+", metavar="FOLD",
        help="train one without each of these instead of one that sees everything",
    )  # fmt: skip
    parser.add_argument("--init", type=Path, metavar="SAFETENSORS", help="start from these")
    parser.add_argument("--minutes", type=float, help="end by then")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw canvases")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    try:
        recipe = read_detector_recipe(args.recipe or recipes_folder() / RECIPE)
        pictures = read_pictures(args.faces)
        without = args.without or [None]
        steps = train(
            recipe, pictures, args.out, without=without, init=args.init, device=choose(args.device),
            minutes=args.minutes, workers=args.workers,
        )  # fmt: skip
        print(f"{steps} steps on {len(pictures)} pictures")
        for fold in without:
            print(export(recipe, args.out, name_of(fold)))
    except TrainingError as error:
        raise SystemExit(f"vidfx: {error}") from None


if __name__ == "__main__":
    main()
