"""Digits of other people, which no network of ours has learnt from: scikit-learn's, and any folder of labelled ones.

    python -m bench.shift --pictures DIR

`load_digits` are 1,797 digits of 43 Turkish writers at 8×8 (E. Alpaydin and C. Kaynak, optdigits). DIR, if given, has a
labels.csv with columns file, truth and kind, of which kind `single` is read here, and .npz files with `labels` and
`images`, uint8 N×H×W, or with `labels` and `jpeg`, uint8, of which the bytes from `offsets[i]` to `offsets[i + 1]` are
picture i: digits cut out of lines, and parts of their neighbours with them. These are development sets: things are
chosen by them, no weights are fitted to them.
"""

from __future__ import annotations

import argparse
import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from bench.shared import store
from inkdigits.reading.reader import Reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--model", type=Path, help="an exported network; by default the packaged one")
    args = parser.parse_args()
    reader = Reader(args.model)
    sets = {"load_digits": score_load_digits(reader)}
    if args.pictures:
        sets |= score_arrays(reader, args.pictures) | {"single pictures": score_single_pictures(reader, args.pictures)}
    for name, score in sets.items():
        print(f"{name:<20} {score['right']:>5} of {score['n']:>5}   {100 * score['right'] / score['n']:.2f} %")
    if args.model is None:
        store.save("shift", {"sets": sets, "model": f"{reader.model.name} {reader.model.version}"})


def score_load_digits(reader: Reader) -> store.Json:
    """load_digits: 0–16 to 0–255, then read as any other image is."""
    digits = load_digits()
    return score_images(reader, np.round(digits.images * (255 / 16)).astype(np.uint8), digits.target)


def score_arrays(reader: Reader, folder: Path) -> dict[str, store.Json]:
    """Every .npz that holds digits."""
    scores = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as content:
            if "images" in content:
                scores[path.stem] = score_images(reader, content["images"], content["labels"])
            elif "jpeg" in content:
                scores[path.stem] = score_jpegs(reader, content["jpeg"], content["offsets"], content["labels"])
    return scores


def score_jpegs(reader: Reader, jpeg: np.ndarray, offsets: np.ndarray, labels: np.ndarray) -> store.Json:
    """JPEG files end to end, a digit each, by `read_digit`."""
    files = (jpeg[start:end].tobytes() for start, end in pairwise(offsets))
    correct_count = sum(reader.read_digit(file).digit == int(label) for file, label in zip(files, labels, strict=True))
    return {"n": len(labels), "right": correct_count}


def score_single_pictures(reader: Reader, folder: Path) -> store.Json:
    """Pictures of one digit, by `read_digit`; a digit that was not accepted counts by its best guess."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "single"]
    wrong = [row["file"] for row in rows if reader.read_digit(folder / row["file"]).digit != int(row["truth"])]
    print("\n".join(f"wrong: {name}" for name in wrong))
    return {"n": len(rows), "right": len(rows) - len(wrong)}


def score_images(reader: Reader, images: np.ndarray, labels: np.ndarray) -> store.Json:
    predictions = reader.classify(images).probabilities.argmax(axis=1)
    return {"n": len(labels), "right": int((predictions == labels).sum())}


if __name__ == "__main__":
    main()
