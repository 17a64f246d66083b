"""Numbers out of people's own pictures: us, Tesseract and RapidOCR on any folder of labelled pictures.

    python -m bench.reading --pictures DIR                   all that is installed
    python -m bench.reading --pictures DIR --only ours --kinds lines,orand --failures

DIR has a labels.csv with columns file, truth and, if there are several, kind. `truth` is the digits from top to bottom
and from left to right; anything else in it (spaces, `|` between lines) is dropped, and so it is in what is read. A `?`
counts by its best candidate; what is accepted is counted apart, at the default threshold. Pictures of kind `single`,
one digit each, are read both as pages and, by us, as single digits; kind `negative` has an empty truth, so `taken` is
its figure.
Tesseract is shown in the page mode that is best for each kind. These are development sets: things are chosen by them,
no weights are fitted to them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from pathlib import Path

from bench import store
from bench.others import PAGE_MODES, Engine, has_rapidocr, has_tesseract, rapidocr, tesseract, version
from bench.strings import Answer, only_digits, row, score, summed
from inkdigits.errors import DataError, InkdigitsError
from inkdigits.reading.reader import Reader

ENGINES = ("ours", "tesseract", "rapidocr")
TOGETHER = ("lines", "boxes", "table", "expr", "orand")
Rows = dict[str, list[tuple[str, str]]]  # kind → file and truth of each picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--only", choices=ENGINES)
    parser.add_argument("--kinds", help="some kinds only, parted by commas; nothing is kept then")
    parser.add_argument("--first", type=int, help="so many pictures of each kind; nothing is kept then")
    parser.add_argument("--failures", action="store_true", help="print file, truth and what was read")
    parser.add_argument("--model", type=Path, help="an exported network; by default the packaged one")
    given = parser.parse_args()
    try:
        rows = labelled(given.pictures, given.kinds.split(",") if given.kinds else None, given.first)
    except DataError as error:
        sys.exit(str(error))
    for name in [given.only] if given.only else ENGINES:
        kinds = measured(name, given.pictures, rows, given.model, given.failures)
        if kinds and not (given.kinds or given.first or given.model):
            who = version(name) if name != "ours" else Reader().model.version
            labels = hashlib.sha256((given.pictures / "labels.csv").read_bytes()).hexdigest()
            scores = {"kinds": kinds, "together": together(kinds)}
            store.save(f"reading-{name}", {"version": who, "labels_sha256": labels} | scores)


def labelled(folder: Path, kinds: list[str] | None = None, first: int | None = None) -> Rows:
    """The pictures of a folder by kind (`all` where its labels.csv has no such column), in the order of its labels.csv.

    Raises DataError when there is no such table, it lacks a column, a picture that it names is missing, or it has none.
    """
    rows: Rows = {}
    for line in _table(folder / "labels.csv"):
        kind = line.get("kind") or "all"
        if kinds is None or kind in kinds:
            rows.setdefault(kind, []).append((line["file"], only_digits(line["truth"])))
    if missing := [file for pictures in rows.values() for file, _ in pictures if not (folder / file).is_file()]:
        raise DataError(f"{folder}: {len(missing)} labelled pictures are missing, {missing[0]} first.")
    if not rows:
        raise DataError(f"{folder}: its labels.csv has no picture of the kinds that are asked for.")
    return {kind: pictures[:first] for kind, pictures in rows.items()}


def _table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(f"{path} is missing; it says for each picture its file, truth and kind.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if not {"file", "truth"} <= set(table.fieldnames or ()):
            raise DataError(f"{path}: columns `file` and `truth` are needed, these are {table.fieldnames}.")
        return list(table)


def measured(name: str, folder: Path, rows: Rows, model: Path | None, failures: bool) -> dict[str, store.Json]:
    """The scores of one engine for every kind, printed as they come; none if the engine is not installed."""
    print(f"\n{name}")
    if (name == "tesseract" and not has_tesseract()) or (name == "rapidocr" and not has_rapidocr()):
        print("not installed, left out")
        return {}
    scores: dict[str, store.Json] = {}
    for kind, engines in _asked(name, rows, model).items():
        pictures = rows[kind.partition(" ")[0]]
        tried = {label: score_of(engine, folder, pictures, failures) for label, engine in engines.items()}
        label, best = max(tried.items(), key=lambda item: (item[1]["exact"], -item[1]["edits"]))
        scores[kind] = best | ({"mode": label, "modes": tried} if len(tried) > 1 else {})
        print(row(kind, best), label if len(tried) > 1 else "", flush=True)
    print(row("together", together(scores)))
    return scores


def _asked(name: str, rows: Rows, model: Path | None) -> dict[str, dict[str, Engine]]:
    """For every kind, the ways in which an engine is asked; the best of them counts."""
    if name == "tesseract":
        modes = {f"--psm {mode}": tesseract(mode) for mode in PAGE_MODES}
        return dict.fromkeys(rows, modes)
    if name == "rapidocr":
        engine = rapidocr()
        return {kind: {"": engine} for kind in rows}
    reader = Reader(model)
    read = ours(reader)
    asked = {kind: {"": read} for kind in rows}
    if "single" in rows:
        asked["single --single"] = {"": ours(reader, single=True)}
    return asked


def ours(reader: Reader, single: bool = False) -> Engine:
    """Our reader on every page of a picture; a picture that it cannot open reads as nothing."""

    def read(path: Path) -> Answer:
        start = time.perf_counter()
        try:
            digits = [digit for page in reader.read_pages(path, single=single) for digit in page.digits]
        except InkdigitsError as error:
            print(f"{path.name}: {error}")
            digits = []
        text = "".join(str(digit.digit) for digit in digits)
        return Answer(text, tuple(digit.accepted for digit in digits), time.perf_counter() - start)

    return read


def score_of(engine: Engine, folder: Path, pictures: list[tuple[str, str]], failures: bool) -> store.Json:
    """One engine on pictures of one kind."""
    answers = [(engine(folder / file), truth) for file, truth in pictures]
    if failures:
        for (file, truth), (answer, _) in zip(pictures, answers, strict=True):
            if answer.digits != truth:
                print(f"{file}\n  truth {truth}\n  read  {marked(answer)}")
    return score(answers)


def marked(answer: Answer) -> str:
    """What was read, digits that were not accepted followed by `?`."""
    pairs = zip(answer.digits, answer.accepted, strict=True)
    return "".join(digit if accepted else f"{digit}?" for digit, accepted in pairs)


def together(scores: dict[str, store.Json]) -> store.Json:
    """The kinds of several digits in one score."""
    return summed([scores[kind] for kind in TOGETHER if kind in scores])


if __name__ == "__main__":
    main()
