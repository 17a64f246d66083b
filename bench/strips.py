"""Whole numbers on drawn strips: how often a number without a `?` is wrong, and whether its confidence is true.

    python -m bench.strips                   5,000 strips of MNIST's test digits, kept
    python -m bench.strips --validation      of training digits 55,001–60,000: for developing; nothing is kept

A strip holds one number of one to ten digits in one hand (data/synthesis/strips.py), on clean paper; digits lean,
overlap and touch. Its hands are MNIST's only, not those that training draws beside them. Nothing is chosen by the kept
figures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.shared import store
from bench.shared.digit_strings import Transcription, extract_digits, transcribe_pages
from bench.shared.risk import compute_area
from bench.shared.whole_numbers import is_as_printed, is_sure
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.strip_texts import sample_integer
from inkdigits.data.synthesis.strips import FormNeighbours, draw_strip
from inkdigits.data.synthesis.strokes import Strokes
from inkdigits.reading.reader import Reader
from inkdigits.training.evaluate import load_test_digits

STRIP_COUNT = 5_000
STRIP_WIDTH_PIXELS = 320
ENLARGEMENT = 2  # times
MARGIN_PIXELS = 30
PAPER, INK_DEPTH, NOISE_SD = 225.0, 170.0, 4.0  # grey levels
CONFIDENCE_BINS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="training digits 55,001–60,000; nothing is kept")
    parser.add_argument("--strips", type=int, default=STRIP_COUNT, help="another number; nothing is kept then")
    args = parser.parse_args()
    digits = mnist.load("train").slice(55_000, 60_000) if args.validation else load_test_digits()
    started, reader = time.perf_counter(), Reader(threads=1)
    answers = [
        (transcribe_pages([reader.read(image)], 0.0), truth) for image, truth in draw_strips(digits, args.strips)
    ]
    score = score_strips(answers) | {"seconds": time.perf_counter() - started}
    for name, value in score.items():
        print(f"{name:24} {value:.4f}" if isinstance(value, float) else f"{name:24} {value}")
    if not args.validation and args.strips == STRIP_COUNT:
        conditions = {"drawn_with": digits.name, "sha256": digits.sha256}
        store.save("strips", score | conditions | {"model": f"{reader.model.name} {reader.model.version}"})


def draw_strips(digits: Digits, count: int) -> Iterator[tuple[NDArray[np.uint8], str]]:
    """Pictures of one number each, uint8 H×W, and what stands on them. Equal arguments give equal strips."""
    material = Material(Strokes.from_digits(digits))
    hands = FormNeighbours.from_strokes(material.digits)
    for number in range(count):
        rng = np.random.default_rng(number)
        strip = draw_strip(material, hands, rng, STRIP_WIDTH_PIXELS, sample_integer(rng), is_cluttered=False)
        if strip.text:
            yield _make_picture(strip.ink, rng), strip.text


def _make_picture(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Ink in 0..1 as grey paper that was written on, with a margin."""
    large = cv2.resize(np.pad(ink, MARGIN_PIXELS), None, fx=ENLARGEMENT, fy=ENLARGEMENT, interpolation=cv2.INTER_CUBIC)
    grey = PAPER - INK_DEPTH * large + rng.normal(0, NOISE_SD, large.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


def score_strips(answers: list[tuple[Transcription, str]]) -> store.Json:
    """Counts over strips, and how far confidence is from the share that is right: the mean over equally filled bins
    (expected calibration error), and the areas under risk against coverage."""
    right = np.array([each.digits == extract_digits(truth) for each, truth in answers])
    confidence = np.array([each.confidence or 0.0 for each, _ in answers])
    by_digits = [each.digits_confidence or 0.0 for each, _ in answers]
    sure = np.array([is_sure(each) and bool(each.digits) for each, _ in answers])
    bins = np.array_split(np.argsort(confidence, kind="stable"), CONFIDENCE_BINS)
    return {
        "strips": len(answers),
        "exact": int(right.sum()),
        "as_printed": sum(is_as_printed(each, truth) for each, truth in answers),
        "sure": int(sure.sum()),
        "silently_wrong": int((sure & ~right).sum()),
        "mean_confidence": float(confidence.mean()),
        "calibration_error": sum(
            len(each) * abs(float(confidence[each].mean() - right[each].mean())) for each in bins if len(each)
        )
        / max(1, len(answers)),
        "area": compute_area(zip(confidence.tolist(), right.tolist(), strict=True)),
        "area_by_digits": compute_area(zip(by_digits, right.tolist(), strict=True)),
    }


if __name__ == "__main__":
    main()
