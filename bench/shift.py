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

from bench import store
from inkdigits.reading.reader import Reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--model", type=Path, help="an exported network; by default the packaged one")
    given = parser.parse_args()
    reader = Reader(given.model)
    sets = {"load_digits": sklearn_digits(reader)}
    if given.pictures:
        sets |= arrays(reader, given.pictures) | {"single pictures": singles(reader, given.pictures)}
    for name, score in sets.items():
        print(f"{name:<20} {score['right']:>5} of {score['n']:>5}   {100 * score['right'] / score['n']:.2f} %")
    if given.model is None:
        store.save("shift", {"sets": sets, "model": f"{reader.model.name} {reader.model.version}"})


def sklearn_digits(reader: Reader) -> store.Json:
    """load_digits: 0–16 to 0–255, then read as any other image is."""
    digits = load_digits()
    return scored(reader, np.round(digits.images * (255 / 16)).astype(np.uint8), digits.target)


def arrays(reader: Reader, folder: Path) -> dict[str, store.Json]:
    """Every .npz that holds digits."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as content:
            if "images" in content:
                found[path.stem] = scored(reader, content["images"], content["labels"])
            elif "jpeg" in content:
                found[path.stem] = cut_out(reader, content["jpeg"], content["offsets"], content["labels"])
    return found


def cut_out(reader: Reader, jpeg: np.ndarray, offsets: np.ndarray, labels: np.ndarray) -> store.Json:
    """JPEG files end to end, a digit each, by `read_digit`."""
    files = (jpeg[start:end].tobytes() for start, end in pairwise(offsets))
    right = sum(reader.read_digit(file).digit == int(label) for file, label in zip(files, labels, strict=True))
    return {"n": len(labels), "right": right}


def singles(reader: Reader, folder: Path) -> store.Json:
    """Pictures of one digit, by `read_digit`; a digit that was not accepted counts by its best guess."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "single"]
    wrong = [row["file"] for row in rows if reader.read_digit(folder / row["file"]).digit != int(row["truth"])]
    print("\n".join(f"wrong: {name}" for name in wrong))
    return {"n": len(rows), "right": len(rows) - len(wrong)}


def scored(reader: Reader, images: np.ndarray, labels: np.ndarray) -> store.Json:
    guesses = reader.classify(images).probabilities.argmax(axis=1)
    return {"n": len(labels), "right": int((guesses == labels).sum())}


if __name__ == "__main__":
    main()
