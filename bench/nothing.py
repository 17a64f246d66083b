"""Pictures without a digit (datasets/negatives.py): how many of 1,000 have a digit that our reader accepts.

    python -m bench.nothing                     250 of each kind, kept
    python -m bench.nothing --each 20 --save DIR    some of each, those that were read as PNG; nothing is kept
    python -m bench.nothing --fashion FILE      Fashion-MNIST's test images, where Debian's dataset-fashion-mnist is not

Clothes need Fashion-MNIST, words the fonts that training does not use; without them the kind is left out. Nothing
learns from these pictures. But what keeps letters, stains and edges from being accepted (letters.py, decide.py,
scoring.py and reader.py in reading/) was thought of, and its settings chosen, while looking at the first 60 of each
kind and at mistakes on all of them and on the 250 textures and scribbles after them.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.datasets.negatives import KINDS, SIZES, Material, draw_negative
from bench.datasets.unseen_words import describe_fonts, load_faces
from bench.shared import store
from inkdigits.data.sets import idx
from inkdigits.reading.reader import Reader
from inkdigits.types import Reading

PICTURES_PER_KIND = 250
SUMMED_KEYS = ("pictures", "accepted", "shown", "digits", "seconds")
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", type=Path, default=FASHION_MNIST)
    parser.add_argument(
        "--each", type=int, default=PICTURES_PER_KIND, help="another number of each kind; nothing is kept then"
    )
    parser.add_argument("--model", type=Path, help="an exported network; nothing is kept then")
    parser.add_argument("--save", type=Path, help="a folder for the pictures in which a digit was accepted")
    args = parser.parse_args()
    reader, material = Reader(args.model), load_material(args.fashion)
    kinds = {}
    for kind in list_drawable_kinds(material):
        kinds[kind] = score_kind(reader, kind, material, args.each, args.save)
        print(format_row(kind, kinds[kind]), flush=True)
    print(format_row("together", sum_kinds(kinds)))
    if args.each == PICTURES_PER_KIND and not args.model:
        conditions = {"fonts": describe_fonts(material.families), "sizes": [list(size) for size in SIZES]}
        model = {"model": f"{reader.model.name} {reader.model.version}"}
        store.save("nothing", {"kinds": kinds, "together": sum_kinds(kinds)} | conditions | model)


def load_material(fashion_path: Path) -> Material:
    """What there is to draw with on this machine."""
    clothes = idx.read(fashion_path) if fashion_path.exists() else np.zeros((0, 28, 28), np.uint8)
    return Material(clothes, load_faces())


def list_drawable_kinds(material: Material) -> Iterator[str]:
    """The kinds that can be drawn with the material."""
    is_missing = {"clothes": not len(material.clothes), "words": not material.families}
    for kind in KINDS:
        if is_missing.get(kind):
            print(f"{kind}: left out, what they are drawn with is not installed")
        else:
            yield kind


def score_kind(
    reader: Reader, kind: str, material: Material, picture_count: int, save_folder: Path | None = None
) -> store.Json:
    """Pictures of one kind, with the hash of their pixels: `accepted` are those with an accepted digit, `shown` those
    with any, also one unsure; `digits` all accepted ones."""
    readings, durations, digest = [], [], hashlib.sha256()
    for number in range(picture_count):
        picture = draw_negative(kind, number, material)
        digest.update(picture.tobytes())
        start = time.perf_counter()
        readings.append(reader.read(picture))
        durations.append(time.perf_counter() - start)
        if save_folder and count_accepted(readings[-1]):
            _save_with_boxes(picture, readings[-1], save_folder / f"{kind}-{number}.png")
    return {
        "pictures": picture_count,
        "accepted": sum(count_accepted(reading) > 0 for reading in readings),
        "shown": sum(bool(reading.lines) for reading in readings),
        "digits": sum(count_accepted(reading) for reading in readings),
        "seconds": sum(durations),
        "sha256": digest.hexdigest(),
    }


def count_accepted(reading: Reading) -> int:
    """How many digits of a reading are accepted."""
    return sum(digit.accepted for digit in reading.digits)


def sum_kinds(kinds: dict[str, store.Json]) -> store.Json:
    """All kinds summed."""
    return {key: sum(score[key] for score in kinds.values()) for key in SUMMED_KEYS}


def format_row(name: str, score: store.Json) -> str:
    """One line of a table."""
    return (
        f"{name:<10} accepted in {score['accepted']:>3} of {score['pictures']:>4} pictures "
        f"({100 * score['accepted'] / score['pictures']:4.1f} %), {score['digits']:>4} digits; "
        f"something shown in {score['shown']:>3}   {score['seconds'] / score['pictures']:.2f} s each"
    )


def _save_with_boxes(picture: NDArray[np.uint8], reading: Reading, path: Path) -> None:
    """The picture with a box around every accepted digit."""
    image = picture.copy()
    for box in (digit.box for digit in reading.digits if digit.accepted):
        cv2.rectangle(image, (box.x, box.y), (box.right - 1, box.bottom - 1), (255, 0, 0), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[:, :, ::-1])


if __name__ == "__main__":
    main()
