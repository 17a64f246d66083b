"""The example forms, and sheets of them that are filled with digits of MNIST's training set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.random import Generator

from inkdigits.data.sets import mnist
from inkdigits.data.synthesis.sheets import Entry, WritingHands, fill_sheet, lay_on_blank
from inkdigits.files import write_atomically
from inkdigits.forms.examples import EXAMPLES, STATIONS, STUDENTS, format_roster
from inkdigits.forms.template import Template, load_template, save_template
from inkdigits.reading.imaging.pixels import encode_png

_HANDS = slice(0, 600)  # of MNIST's training digits: enough to choose hands from
_WRONG_SHEET = 2  # of each form: the second one's writer added wrongly


def write_examples(folder: Path, sheets: int) -> None:
    """Blanks, templates, the roster and filled sheets, the second of each with a wrong sum. Raises WriteError."""
    write_atomically(folder / "roster.csv", format_roster())
    hands = WritingHands.from_digits(mnist.load("train").slice(_HANDS.start, _HANDS.stop))
    for name, draw in EXAMPLES.items():
        blank, content = draw()
        write_atomically(folder / f"{name}.png", encode_png(blank))
        save_template(content, folder / f"{name}.json")
        template = load_template(folder / f"{name}.json")
        for number in range(1, sheets + 1):
            rng = np.random.default_rng([len(name), number])
            truth = sample_numbers(template, number == _WRONG_SHEET, rng)
            entries = [Entry(each.box, truth[each.name], each.cells) for each in template.fields]
            sheet = lay_on_blank(blank, fill_sheet(blank.shape, entries, hands, rng))
            write_atomically(folder / "filled" / f"{name}-{number}.png", encode_png(sheet))


def sample_numbers(template: Template, is_wrong: bool, rng: Generator) -> dict[str, str]:
    """What is written in each field; of a wrong sheet, the last sum is ten too many."""
    if template.name == "Mark sheet":
        marks = {f"q{number}": int(rng.integers(0, 12)) for number in range(1, 9)}
        numbers = marks | {"total": sum(marks.values()) + 10 * is_wrong}
        return {"id": str(rng.choice(STUDENTS)), **{name: str(number) for name, number in numbers.items()}}
    votes = {f"votes{number}": int(rng.integers(0, 400)) for number in range(1, 7)}
    valid, invalid = sum(votes.values()), int(rng.integers(0, 40))
    numbers = {**votes, "valid": valid, "invalid": invalid, "cast": valid + invalid + 10 * is_wrong}
    return {"station": str(rng.choice(STATIONS)), **{name: str(number) for name, number in numbers.items()}}
