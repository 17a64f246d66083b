"""Digits found on drawn pages with known boxes: precision and recall at IoU ≥ 0.5, what is right, what is accepted.

    python -m bench.pages                        ten pages of MNIST's test digits (sheets.py), kept
    python -m bench.pages --validation           of training digits 55,001–60,000: for developing; nothing is kept
    python -m bench.pages --validation --save DIR    the pages as PNG, what was found drawn in

Everything that the reader shows counts as found, also what it is unsure of. A box is matched with the true box that it
covers best, each at most once. Words are in fonts that training does not use. Nothing is chosen by the kept figures.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench import store
from bench.sheets import COUNT, HIGH, LOW, Sheet, sheet
from bench.words import faces, told
from inkdigits.data import mnist
from inkdigits.reading.reader import Reader
from inkdigits.training.evaluate import test_digits
from inkdigits.types import Digit

PAGES = 10
OVERLAP = 0.5  # intersection over union from which on a box is found
COUNTED = ("digits", "touching", "shown", "found", "found_touching", "right", "accepted", "wrong")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="training digits 55,001–60,000; nothing is kept")
    parser.add_argument("--pages", type=int, default=PAGES, help="another number; nothing is kept then")
    parser.add_argument("--model", type=Path, help="an exported network; nothing is kept then")
    parser.add_argument("--save", type=Path, help="a folder for the pages")
    given = parser.parse_args()
    digits = mnist.load("train").part(55_000, 60_000) if given.validation else test_digits()
    reader, families = Reader(given.model), faces()
    scores = []
    for number in range(given.pages):
        page = sheet(digits, families, number)
        scores.append(measured(reader, page, given.save and given.save / f"page-{number}.png"))
        print(row(f"{number} {page.kind}", scores[-1]), flush=True)
    print(row("together", together(scores)))
    if not (given.validation or given.model or given.pages != PAGES):
        conditions = {"drawn_with": digits.name, "sha256": digits.sha256, "fonts": told(families), "each": COUNT}
        model = {"model": f"{reader.model.name} {reader.model.version}"}
        store.save("pages", together(scores) | {"heights": [LOW, HIGH], "by_page": scores} | conditions | model)


def measured(reader: Reader, page: Sheet, path: Path | None = None) -> store.Json:
    """The figures of one page and the hash of its pixels; with a `path`, the page with what was found is saved."""
    start = time.perf_counter()
    digits = [digit for reading in reader.read_pages(page.image) for digit in reading.digits]
    seconds = time.perf_counter() - start
    pairs = matched(page.boxes, np.array([digit.box.as_list() for digit in digits]).reshape(-1, 4))
    if path:
        _draw(page, digits, pairs, path)
    same = hashlib.sha256(page.image.tobytes()).hexdigest()
    return score(page, digits, pairs) | {"kind": page.kind, "seconds": seconds, "sha256": same}


def matched(true: NDArray[np.int64], found: NDArray[np.int64]) -> dict[int, int]:
    """Which true box (row of K×4) each found one is (row of N×4; x, y, width, height): the pairs that cover each other
    best come first, none below OVERLAP, none twice. Found ones that are no true box are not in it."""
    overlap = overlaps(true, found)
    pairs: dict[int, int] = {}
    for place in np.argsort(-overlap, axis=None, kind="stable")[: int((overlap >= OVERLAP).sum())].tolist():
        one, other = divmod(place, len(found))
        if other not in pairs and one not in pairs.values():
            pairs[other] = one
    return pairs


def overlaps(true: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of K×4 boxes with N×4 boxes, float64 K×N."""
    a, b = true[:, None].astype(float), found[None].astype(float)
    ends = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    both = np.clip(ends - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(axis=-1)
    return np.asarray(both / np.maximum(a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - both, 1e-9))


def score(page: Sheet, digits: Sequence[Digit], pairs: dict[int, int]) -> store.Json:
    """Counts: `digits` there are, `touching` of them; `shown` by the reader, of which `found` are where a digit is
    (`found_touching` a touching one) and `right` are that digit; `accepted` at the default threshold, of which `wrong`
    are another digit or stand where none is."""
    right = {place for place, true in pairs.items() if digits[place].digit == page.labels[true]}
    accepted = {place for place, digit in enumerate(digits) if digit.accepted}
    return {
        "digits": len(page.labels),
        "touching": int(page.touching.sum()),
        "shown": len(digits),
        "found": len(pairs),
        "found_touching": sum(bool(page.touching[true]) for true in pairs.values()),
        "right": len(right),
        "accepted": len(accepted),
        "wrong": len(accepted - right),
    }


def together(scores: Sequence[store.Json]) -> store.Json:
    """Several pages: their counts summed, and the shares of these sums."""
    total = {key: sum(score[key] for score in scores) for key in COUNTED}
    apart, found_apart = total["digits"] - total["touching"], total["found"] - total["found_touching"]
    return {"pages": len(scores)} | total | {
        "recall": _share(total["found"], total["digits"]),
        "recall_touching": _share(total["found_touching"], total["touching"]),
        "recall_apart": _share(found_apart, apart),
        "precision": _share(total["found"], total["shown"]),
        "right_of_found": _share(total["right"], total["found"]),
        "accepted_right": _share(total["accepted"] - total["wrong"], total["digits"]),
        "wrong_of_accepted": _share(total["wrong"], total["accepted"]),
    }  # fmt: skip


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def row(name: str, score: store.Json) -> str:
    """One line of a table."""
    shares = together([score])
    seconds = f"{score['seconds']:.2f} s" if "seconds" in score else ""
    return (
        f"{name:<12} recall {100 * shares['recall']:6.2f} % (touching {100 * shares['recall_touching']:6.2f} %)   "
        f"precision {100 * shares['precision']:6.2f} %   right {100 * shares['right_of_found']:6.2f} %   "
        f"accepted {score['accepted']:>4}, wrong {score['wrong']:>3}   {seconds}"
    )


def _draw(page: Sheet, digits: Sequence[Digit], pairs: dict[int, int], path: Path) -> None:
    """The page with true boxes that were missed in red, what was found right in green, wrong or too many in orange."""
    image = page.image.copy()
    for true in set(range(len(page.labels))) - set(pairs.values()):
        _frame(image, page.boxes[true].tolist(), (220, 0, 0))
    for place, digit in enumerate(digits):
        good = place in pairs and digit.digit == page.labels[pairs[place]]
        _frame(image, digit.box.as_list(), (0, 160, 0) if good else (255, 140, 0), digit.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[:, :, ::-1])


def _frame(image: NDArray[np.uint8], box: list[int], colour: tuple[int, int, int], text: str = "") -> None:
    x, y, width, height = box
    cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), colour, 1)
    cv2.putText(image, text, (x, y - 2), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


if __name__ == "__main__":
    main()
