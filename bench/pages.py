"""Digits found on drawn pages with known boxes: precision and recall at IoU ≥ 0.5, what is right, what is accepted.

    python -m bench.pages                        ten pages of MNIST's test digits (datasets/drawn_pages.py), kept
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

from bench.datasets.drawn_pages import DIGITS_PER_PAGE, MAX_DIGIT_HEIGHT, MIN_DIGIT_HEIGHT, Sheet, draw_sheet
from bench.datasets.unseen_words import describe_fonts, load_faces
from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.reading.reader import Reader
from inkdigits.training.evaluate import load_test_digits
from inkdigits.types import Digit

PAGE_COUNT = 10
MIN_IOU = 0.5  # intersection over union from which on a box is found
SUMMED_KEYS = ("digits", "touching", "shown", "found", "found_touching", "right", "accepted", "wrong")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="training digits 55,001–60,000; nothing is kept")
    parser.add_argument("--pages", type=int, default=PAGE_COUNT, help="another number; nothing is kept then")
    parser.add_argument("--model", type=Path, help="an exported network; nothing is kept then")
    parser.add_argument("--save", type=Path, help="a folder for the pages")
    args = parser.parse_args()
    digits = mnist.load("train").slice(55_000, 60_000) if args.validation else load_test_digits()
    reader, families = Reader(args.model), load_faces()
    scores = []
    for number in range(args.pages):
        page = draw_sheet(digits, families, number)
        scores.append(measure_page(reader, page, args.save and args.save / f"page-{number}.png"))
        print(format_row(f"{number} {page.kind}", scores[-1]), flush=True)
    print(format_row("together", sum_pages(scores)))
    if not (args.validation or args.model or args.pages != PAGE_COUNT):
        conditions = {
            "drawn_with": digits.name,
            "sha256": digits.sha256,
            "fonts": describe_fonts(families),
            "each": DIGITS_PER_PAGE,
        }
        model = {"model": f"{reader.model.name} {reader.model.version}"}
        store.save(
            "pages",
            sum_pages(scores)
            | {"heights": [MIN_DIGIT_HEIGHT, MAX_DIGIT_HEIGHT], "by_page": scores}
            | conditions
            | model,
        )


def measure_page(reader: Reader, page: Sheet, path: Path | None = None) -> store.Json:
    """The figures of one page and the hash of its pixels; with a `path`, the page with what was found is saved."""
    started = time.perf_counter()
    digits = [digit for reading in reader.read_pages(page.image) for digit in reading.digits]
    seconds = time.perf_counter() - started
    pairs = match_boxes(page.boxes, np.array([digit.box.as_list() for digit in digits]).reshape(-1, 4))
    if path:
        _save_with_boxes(page, digits, pairs, path)
    digest = hashlib.sha256(page.image.tobytes()).hexdigest()
    return score_page(page, digits, pairs) | {"kind": page.kind, "seconds": seconds, "sha256": digest}


def match_boxes(true_boxes: NDArray[np.int64], found_boxes: NDArray[np.int64]) -> dict[int, int]:
    """Which true box (row of K×4) each found one is (row of N×4; x, y, width, height): the pairs that cover each other
    best come first, none below OVERLAP, none twice. Found ones that are no true box are not in it."""
    ious = compute_ious(true_boxes, found_boxes)
    pairs: dict[int, int] = {}
    for flat_index in np.argsort(-ious, axis=None, kind="stable")[: int((ious >= MIN_IOU).sum())].tolist():
        true_index, found_index = divmod(flat_index, len(found_boxes))
        if found_index not in pairs and true_index not in pairs.values():
            pairs[found_index] = true_index
    return pairs


def compute_ious(true_boxes: NDArray[np.int64], found_boxes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of K×4 boxes with N×4 boxes, float64 K×N."""
    a, b = true_boxes[:, None].astype(float), found_boxes[None].astype(float)
    ends = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    intersections = np.clip(ends - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(axis=-1)
    return np.asarray(
        intersections / np.maximum(a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - intersections, 1e-9)
    )


def score_page(page: Sheet, digits: Sequence[Digit], pairs: dict[int, int]) -> store.Json:
    """Counts: `digits` there are, `touching` of them; `shown` by the reader, of which `found` are where a digit is
    (`found_touching` a touching one) and `right` are that digit; `accepted` at the default threshold, of which `wrong`
    are another digit or stand where none is."""
    correct = {index for index, truth_index in pairs.items() if digits[index].digit == page.labels[truth_index]}
    accepted = {index for index, digit in enumerate(digits) if digit.accepted}
    return {
        "digits": len(page.labels),
        "touching": int(page.touching.sum()),
        "shown": len(digits),
        "found": len(pairs),
        "found_touching": sum(bool(page.touching[truth_index]) for truth_index in pairs.values()),
        "right": len(correct),
        "accepted": len(accepted),
        "wrong": len(accepted - correct),
    }


def sum_pages(scores: Sequence[store.Json]) -> store.Json:
    """Several pages: their counts summed, and the shares of these sums."""
    total = {key: sum(score[key] for score in scores) for key in SUMMED_KEYS}
    digits_apart, found_apart = total["digits"] - total["touching"], total["found"] - total["found_touching"]
    return {"pages": len(scores)} | total | {
        "recall": _divide(total["found"], total["digits"]),
        "recall_touching": _divide(total["found_touching"], total["touching"]),
        "recall_apart": _divide(found_apart, digits_apart),
        "precision": _divide(total["found"], total["shown"]),
        "right_of_found": _divide(total["right"], total["found"]),
        "accepted_right": _divide(total["accepted"] - total["wrong"], total["digits"]),
        "wrong_of_accepted": _divide(total["wrong"], total["accepted"]),
    }  # fmt: skip


def _divide(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def format_row(name: str, score: store.Json) -> str:
    """One line of a table."""
    shares = sum_pages([score])
    seconds = f"{score['seconds']:.2f} s" if "seconds" in score else ""
    return (
        f"{name:<12} recall {100 * shares['recall']:6.2f} % (touching {100 * shares['recall_touching']:6.2f} %)   "
        f"precision {100 * shares['precision']:6.2f} %   right {100 * shares['right_of_found']:6.2f} %   "
        f"accepted {score['accepted']:>4}, wrong {score['wrong']:>3}   {seconds}"
    )


def _save_with_boxes(page: Sheet, digits: Sequence[Digit], pairs: dict[int, int], path: Path) -> None:
    """The page with true boxes that were missed in red, what was found right in green, wrong or too many in orange."""
    image = page.image.copy()
    for truth_index in set(range(len(page.labels))) - set(pairs.values()):
        _draw_box(image, page.boxes[truth_index].tolist(), (220, 0, 0))
    for index, digit in enumerate(digits):
        is_correct = index in pairs and digit.digit == page.labels[pairs[index]]
        _draw_box(image, digit.box.as_list(), (0, 160, 0) if is_correct else (255, 140, 0), digit.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[:, :, ::-1])


def _draw_box(image: NDArray[np.uint8], box: list[int], colour: tuple[int, int, int], text: str = "") -> None:
    x, y, width, height = box
    cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), colour, 1)
    cv2.putText(image, text, (x, y - 2), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


if __name__ == "__main__":
    main()
