"""Numbers on drawn everyday pages (datasets/everyday_pages.py), kind by kind: what is right, and what silently wrong.

    python -m bench.everyday                      twenty pages of each kind, of MNIST's test digits, kept
    python -m bench.everyday --validation         of training digits 55,001–60,000: for developing; nothing is kept
    python -m bench.everyday --validation --kinds bill form --pages 5 --save DIR    some of them, as PNG

Scored as people's pictures are (shared/whole_numbers.py). Nothing is chosen by the kept figures.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2

from bench.datasets.everyday_pages import KINDS, draw_everyday_page
from bench.datasets.held_out_signs import load_hands
from bench.datasets.sign_pages import SignMaterial
from bench.datasets.unseen_words import describe_fonts, load_faces
from bench.shared import store
from bench.shared.digit_strings import Transcription, transcribe_pages
from bench.shared.whole_numbers import score_numbers
from inkdigits.data.sets import mnist
from inkdigits.reading.reader import Reader
from inkdigits.training.evaluate import load_test_digits

RESULT_NAME = "everyday"
PAGES_PER_KIND = 20
TOGETHER = "together"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="training digits 55,001–60,000; nothing is kept")
    parser.add_argument("--pages", type=int, default=PAGES_PER_KIND, help="of each kind; with others nothing is kept")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="some; nothing is kept then")
    parser.add_argument("--save", type=Path, help="a folder for the pages, and for what was read")
    args = parser.parse_args()
    digits = mnist.load("train").slice(55_000, 60_000) if args.validation else load_test_digits()
    material, faces, reader = SignMaterial.from_digits(digits, load_hands()), load_faces(), Reader(threads=1)
    scores, answers = {}, list[tuple[Transcription, str]]()
    started = time.perf_counter()
    for kind in args.kinds:
        own = list[tuple[Transcription, str]]()
        for number in range(args.pages):
            page = draw_everyday_page(material, faces, kind, number)
            reading = reader.read(page.image)
            own.append((transcribe_pages([reading], 0.0), page.text))
            if args.save:
                args.save.mkdir(parents=True, exist_ok=True)
                path = args.save / f"{kind.replace(' ', '-')}-{number}"
                cv2.imwrite(str(path.with_suffix(".png")), page.image[:, :, ::-1])
                path.with_suffix(".txt").write_text(f"{page.text}\n\n{reading.text}\n", encoding="utf-8")
        scores[kind] = score_numbers(own) | {"pages": len(own)}
        answers += own
        print(format_row(kind, scores[kind]), flush=True)
    scores[TOGETHER] = score_numbers(answers) | {"pages": len(answers)}
    print(format_row(TOGETHER, scores[TOGETHER]))
    if not args.validation and args.pages == PAGES_PER_KIND and args.kinds == list(KINDS):
        conditions = {"drawn_with": digits.name, "sha256": digits.sha256, "fonts": describe_fonts(faces)}
        model = {"model": f"{reader.model.name} {reader.model.version}"}
        store.save(RESULT_NAME, {"kinds": scores, "seconds": time.perf_counter() - started} | conditions | model)


def format_row(kind: str, score: store.Json) -> str:
    """One line of a table."""
    return (
        f"{kind:<14} as printed {score['as_printed']:>3} of {score['pages']:>3}   "
        f"silently wrong {score['silently_wrong']:>2} of {score['sure']:>3} sure   "
        f"numbers {score['numbers_right']:>5} of {score['numbers']:>5}   accepted digits in none {score['stray']:>4}"
    )


if __name__ == "__main__":
    main()
