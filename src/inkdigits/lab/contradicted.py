"""Labels that every run contradicts, all with the same other digit: where the label, not the network, may be wrong.

Runs that differ in their seeds only make different mistakes where they do not know. Where all of them agree against a
label, and are sure, a person should look. They may still share a mistake: nothing here changes a label.
Compare Northcutt, Athalye and Mueller, "Pervasive label errors in test sets destabilize machine learning benchmarks",
2021, who looked for label errors by a network's confident disagreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.glyph import GLYPH_SIDE
from inkdigits.lab import theme as style
from inkdigits.lab import tiles

COLUMNS = 7
CELL, ROW = GLYPH_SIDE + 10, GLYPH_SIDE + 22  # from digit to digit, to the right and down
HEADINGS = ("number", "label", "all say", "confidence")


@dataclass(frozen=True)
class Contradiction:
    """The digit `number` has the label `label`, and all runs say `guess`, with mean `confidence` (0..1)."""

    number: int
    label: int
    guess: int
    confidence: float


def find_contradictions(digits: Digits, logits: Sequence[Tensor], first: int = 1) -> list[Contradiction]:
    """Labels that every run contradicts with the same other digit, the most confident first.

    `logits` are N×10, of at least two runs on the same N digits, `first` is the number of the first of them.
    Raises UsageError when there are fewer runs or the lengths differ.
    """
    if len(logits) < 2:
        raise UsageError("Labels that all runs contradict need at least two runs of one recipe with different seeds.")
    if any(len(each) != len(digits) for each in logits):
        raise UsageError(f"Every run must have logits for each of the {len(digits)} digits.")
    guesses = np.stack([each.argmax(dim=1).numpy() for each in logits])  # runs×N
    mean = torch.stack([each.softmax(dim=1) for each in logits]).mean(dim=0).numpy()  # N×10
    is_contradicted = (guesses == guesses[0]).all(axis=0) & (guesses[0] != digits.labels)
    indices = np.flatnonzero(is_contradicted)
    confidences = mean[indices, guesses[0, indices]]
    return [
        Contradiction(int(index) + first, int(digits.labels[index]), int(guesses[0, index]), float(confidence))
        for index, confidence in sorted(zip(indices, confidences, strict=True), key=lambda pair: -pair[1])
    ]


def text(contradicted_labels: Sequence[Contradiction]) -> str:
    """The contradictions as lines of text under headings, with a line break at the end of each."""
    rows = [
        HEADINGS,
        *((f"{c.number}", f"{c.label}", f"{c.guess}", f"{c.confidence:.4f}") for c in contradicted_labels),
    ]
    return "".join("  ".join(f"{cell:>{len(HEADINGS[i])}}" for i, cell in enumerate(row)) + "\n" for row in rows)


def draw_contradictions(
    digits: Digits, contradicted_labels: Sequence[Contradiction], runs: int, first: int = 1, most: int = 42
) -> Figure:
    """The `most` (1 to 60) most confident contradictions of so many runs; `first` is the number of the first digit.

    Raises UsageError when `most` is out of range.
    """
    if not 1 <= most <= 60:
        raise UsageError(f"A figure of contradicted labels shows 1 to 60 of them, not {most}.")
    if not contradicted_labels:
        return style.new_figure(1.2, f"{digits.name}: no label is contradicted by all {runs} runs")
    shown = contradicted_labels[:most]
    title = f"{digits.name}: labels that all {runs} runs contradict, {len(contradicted_labels):,} of {len(digits):,}"
    note = f"The {len(shown)} most confident. " if len(shown) < len(contradicted_labels) else ""
    note += "Sure: the mean confidence of the runs. The label may be wrong, or all runs are: look at the digit."
    page, axes = tiles.canvas(COLUMNS * CELL, -(-len(shown) // COLUMNS) * ROW, title, note)
    for place, each in enumerate(shown):
        x, y = place % COLUMNS * CELL, place // COLUMNS * ROW
        tiles.put_text(axes, f"label {each.label}, all say {each.guess}", x, y, style.INK, style.SMALL)
        tiles.put_glyph(axes, digits.images[each.number - first], x, y + 6)
        tiles.put_text(axes, f"{style.percent(each.confidence)} sure", x, y + GLYPH_SIDE + 7, size=6.5)
        tiles.put_text(axes, f"no. {each.number}", x, y + GLYPH_SIDE + 11.5, size=6.5)
    return page
