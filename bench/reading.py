"""Numbers out of people's own pictures: us, Tesseract and RapidOCR on folders of labelled pictures.

    python -m bench.reading --pictures DIR [DIR ...]         all readers, and their figures are kept
    python -m bench.reading --pictures DIR [DIR ...] --only ours        ours anew, beside what is kept of the others
    python -m bench.reading --pictures DIR --only ours --kinds lines,orand --failures

A DIR has a labels.csv with columns file, truth and, if there are several, kind. `truth` is the numbers as written, from
top to bottom and from left to right, with spaces between them and `|` between lines. All is scored twice: as a user has
it (`bench.shared.whole_numbers`: spaces, lines and every `?` count), and by its digits alone, where a `?` counts by its
best candidate (`bench.shared.digit_strings`). `bench.shared.risk` asks whether confidence tells right digits from wrong
ones: a number's own, which speaks of its signs too, and that of the same picture read once more with signs dropped.

Ours is `inkdigits.read` at its defaults, and once more with `--second`; what the others are given says
`bench.peers.ocr`. Tesseract is shown in the page mode that is best for each kind. Pictures of kind `single`, one digit
each, are read both as pages and, by us, as single digits; the truth of kind `negative` is empty. The total is of all
kinds but these two. These are development sets: things are chosen by them, no weights are fitted to them.

RapidOCR is used where it can be imported: install it with inkdigits, or name its environment's packages in PYTHONPATH.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.peers.ocr import (
    TESSERACT_PAGE_MODES,
    Engine,
    find_version,
    has_rapidocr,
    has_tesseract,
    make_rapidocr,
    make_rapidocr_recogniser,
    make_tesseract,
)
from bench.shared import store
from bench.shared.digit_strings import Transcription, extract_digits, score_transcriptions, transcribe_pages
from bench.shared.risk import score_risk
from bench.shared.whole_numbers import is_as_printed, normalise_text, score_numbers
from inkdigits.errors import DataError, InkdigitsError
from inkdigits.reading.reader import Reader

RESULT_NAME = "numbers"
RAPIDOCR_MAKERS: Mapping[str, Callable[[], Engine]] = {
    "rapidocr": make_rapidocr,
    "rapidocr-recogniser": make_rapidocr_recogniser,
    "rapidocr-digits": lambda: make_rapidocr_recogniser(digits_only=True),
}
WITH_SECOND = "ours-second"
OWN_READERS = ("ours", WITH_SECOND)
READERS = (*OWN_READERS, "tesseract", *RAPIDOCR_MAKERS)
SINGLE, NEGATIVE, SINGLE_WITH_OPTION = "single", "negative", "single --single"
NOT_SUMMED = (SINGLE, NEGATIVE, SINGLE_WITH_OPTION)
LabelledPictures = dict[str, list[tuple[Path, str]]]  # kind → file and truth of each picture
Answers = list[tuple[Transcription, str]]  # what was read and the truth of each picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument(
        "--only", choices=READERS, nargs="+", help="some readers only; what is kept of the others stays"
    )
    parser.add_argument("--kinds", help="some kinds only, parted by commas; nothing is kept then")
    parser.add_argument("--first", type=int, help="so many pictures of each kind; nothing is kept then")
    parser.add_argument("--failures", action="store_true", help="print file, truth and what was read")
    parser.add_argument("--model", type=Path, help="an exported network, not the packaged one; nothing is kept then")
    args = parser.parse_args()
    try:
        labels = load_labels(args.pictures, args.kinds.split(",") if args.kinds else None, args.first)
    except DataError as error:
        sys.exit(str(error))
    scores = {name: measure_reader(name, labels, args.model, args.failures) for name in args.only or READERS}
    if args.kinds or args.first or args.model:
        return
    if missing := [name for name, score in scores.items() if not score]:
        sys.exit(
            f"Nothing is kept: {', '.join(missing)} are not installed, and readers are compared on the same pictures."
        )
    labels_sha256 = [hashlib.sha256((folder / "labels.csv").read_bytes()).hexdigest() for folder in args.pictures]
    kept = store.load(RESULT_NAME) if args.only else None
    if args.only and (kept is None or kept["labels_sha256"] != labels_sha256):
        sys.exit("Nothing is kept: the figures of the other readers are of other pictures; leave --only out.")
    store.save(RESULT_NAME, {"labels_sha256": labels_sha256, "readers": (kept["readers"] if kept else {}) | scores})


def load_labels(folders: list[Path], kinds: list[str] | None = None, first: int | None = None) -> LabelledPictures:
    """The pictures of all folders by kind (`all` where a labels.csv has no such column), in the order of the tables.

    The truth has an end of line for each `|`. Raises DataError when a folder has no such table or it lacks a column,
    when a picture that it names is missing, or when there is none.
    """
    pictures_by_kind: LabelledPictures = {}
    for folder in folders:
        for line in _read_table(folder / "labels.csv"):
            kind = line.get("kind") or "all"
            if kinds is None or kind in kinds:
                picture = folder / line["file"], line["truth"].replace("|", "\n")
                pictures_by_kind.setdefault(kind, []).append(picture)
    if missing := [file for pictures in pictures_by_kind.values() for file, _ in pictures if not file.is_file()]:
        raise DataError(f"{len(missing)} labelled pictures are missing, {missing[0]} first.")
    if not pictures_by_kind:
        raise DataError(f"{', '.join(map(str, folders))}: no labels.csv has a picture of the kinds that are asked for.")
    return {kind: pictures[:first] for kind, pictures in pictures_by_kind.items()}


def _read_table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(f"{path} is missing; it says for each picture its file, truth and kind.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if not {"file", "truth"} <= set(table.fieldnames or ()):
            raise DataError(f"{path}: columns `file` and `truth` are needed, these are {table.fieldnames}.")
        return list(table)


def measure_reader(name: str, labels: LabelledPictures, model: Path | None, show_failures: bool) -> store.Json:
    """A reader's version, its scores for every kind, printed as they come, and `together`; none if not installed."""
    print(f"\n{name}")
    needs_rapidocr = name == WITH_SECOND or name in RAPIDOCR_MAKERS
    if (name == "tesseract" and not has_tesseract()) or (needs_rapidocr and not has_rapidocr()):
        print("not installed, left out")
        return {}
    scores: dict[str, store.Json] = {}
    summed: Answers = []
    for kind, engines in _list_variants(name, labels, model).items():
        answers_by_mode = {mode: read_pictures(read, labels[_strip_option(kind)]) for mode, read in engines.items()}
        score_by_mode = {mode: score_answers(answers) for mode, answers in answers_by_mode.items()}
        best = max(score_by_mode, key=lambda mode: rank_score(score_by_mode[mode]))
        scores[kind] = score_by_mode[best] | ({"mode": best} if best else {})
        print(format_row(kind, scores[kind]), best, flush=True)
        if show_failures:
            print_failures(labels[_strip_option(kind)], answers_by_mode[best])
        summed += answers_by_mode[best] if kind not in NOT_SUMMED else []
    together = score_answers(summed)
    print(format_row("together", together))
    version = Reader(model).model.version if name in OWN_READERS else find_version(name)
    return {"version": version, "kinds": scores, "together": together}


def _strip_option(kind: str) -> str:
    """The kind of the pictures, without the option with which we read them."""
    return kind.partition(" ")[0]


def _list_variants(name: str, labels: LabelledPictures, model: Path | None) -> dict[str, dict[str, Engine]]:
    """For every kind, the modes in which a reader is asked; the best of them counts. An only one has no name."""
    if name in OWN_READERS:
        reader = Reader(model, second=name == WITH_SECOND)
        modes = {"": make_our_reader(reader)}
        single = {SINGLE_WITH_OPTION: {"": make_our_reader(reader, single=True)}} if SINGLE in labels else {}
        return dict.fromkeys(labels, modes) | single
    if name == "tesseract":
        modes = {f"--psm {mode}": make_tesseract(mode) for mode in TESSERACT_PAGE_MODES}
    else:
        modes = {"": RAPIDOCR_MAKERS[name]()}
    return dict.fromkeys(labels, modes)


def make_our_reader(reader: Reader, single: bool = False) -> Engine:
    """Our reader on every page of a picture; a picture that it cannot open reads as nothing."""

    def read(path: Path) -> Transcription:
        start = time.perf_counter()
        try:
            pages = list(reader.read_pages(path, single=single))
        except InkdigitsError as error:
            print(f"{path.name}: {error}")
            return transcribe_pages([], time.perf_counter() - start, [])
        seconds = time.perf_counter() - start
        return transcribe_pages(pages, seconds, list(reader.read_pages(path, single=single, signs="drop")))

    return read


def read_pictures(read: Engine, pictures: list[tuple[Path, str]]) -> Answers:
    """What a reader makes of the pictures of one kind, each with its truth."""
    return [(read(file), truth) for file, truth in pictures]


def score_answers(answers: Answers) -> store.Json:
    """All figures of some pictures: by digits, by whole numbers, and `risk` where confidences are told."""
    by_digits = score_transcriptions((transcription, extract_digits(truth)) for transcription, truth in answers)
    risk = score_risk(answers)
    return by_digits | score_numbers(answers) | ({"risk": risk} if risk else {})


def rank_score(score: store.Json) -> tuple[int, int, int]:
    """What makes a score the better one."""
    return score["as_printed"], score["exact"], -score["edits"]


def print_failures(pictures: list[tuple[Path, str]], answers: Answers) -> None:
    """Every picture that did not read as printed: its file, its truth, what was read, and with best candidates."""
    for (file, truth), (transcription, _) in zip(pictures, answers, strict=True):
        if not is_as_printed(transcription, truth):
            read = normalise_text(transcription.text)
            print(f"{file}\n  truth {truth!r}\n  read  {read!r}\n  digits {transcription.digits}")


def format_row(name: str, score: store.Json) -> str:
    """One line of a table: as printed, digits right, silently wrong, character error rate, numbers right, time."""
    error_rate = f"{100 * score['edits'] / score['digits']:5.1f} %" if score["digits"] else "      –"
    return (
        f"{name:<15} of {score['pictures']:>3}: as printed {score['as_printed']:>3}, digits {score['exact']:>3}, "
        f"sure {score['sure']:>3}, silently wrong {score['silently_wrong']:>3}   CER {error_rate}   "
        f"numbers {score['numbers_right']:>3} of {score['numbers']:>3}   stray {score['stray']:>3}   "
        f"accepted {score['taken']:>4}, wrong {score['wrong']:>3}   {score['seconds']:.3f} s"
    )


if __name__ == "__main__":
    main()
