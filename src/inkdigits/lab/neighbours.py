"""Mistakes beside the training digits that the network finds most like them: why it may have guessed as it did.

Alike is what lies at a small angle in the network's `embedding`, the layer from which the logits are made: nearest
neighbours by cosine similarity, found by comparing with every training digit.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import int64
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.glyph import GLYPH_SIDE, to_float
from inkdigits.lab import theme as style
from inkdigits.lab import tiles
from inkdigits.lab.answers import EnsembleLogits
from inkdigits.models.build import compute_activations
from inkdigits.training import evaluate

NEIGHBOURS = 6  # beside each mistake
ROWS = 8  # mistakes on a page
ROW, STEP, SIDE = (
    GLYPH_SIDE + 11,
    GLYPH_SIDE + 6,
    GLYPH_SIDE + 46,
)  # a row's height; from neighbour to neighbour; where they begin
NOTE = """The most confident mistakes first. Beside each: the training digits nearest to it in the network's embedding,
by cosine, the nearest first. Blue: labelled as the mistake is. Orange: as it was taken for."""


def pages(answers: EnsembleLogits, learnt: Digits, most: int = 5) -> Iterator[Figure]:
    """A run's mistakes, the most confident first, 8 a page, at most `most` pages, beside their 6 nearest of `learnt`.

    `learnt` are the digits the run learnt from, numbered from 1. Without mistakes there is one page that says so.
    Raises UsageError when `most` is less than 1.
    """
    if most < 1:
        raise UsageError(f"The number of pages must be at least 1, not {most}.")
    digits, wrong = answers.digits, evaluate.find_mistakes(answers.logits, answers.digits.labels)
    if len(wrong) == 0:
        yield style.new_figure(1.2, f"{digits.name}: no mistake in {len(digits):,} digits")
        return
    shown = wrong[: most * ROWS]
    neighbours = draw_nearest(answers.network, _select(digits, shown), learnt)
    for start in range(0, len(shown), ROWS):
        stop = min(start + ROWS, len(shown))
        title = f"{digits.name}: {len(wrong):,} mistakes in {len(digits):,} digits, {start + 1} to {stop}"
        yield _page(answers, shown[start:stop], learnt, neighbours[start:stop], title)


def draw_nearest(
    network: nn.Sequential, queries: Digits, candidates: Digits, count: int = NEIGHBOURS
) -> NDArray[int64]:
    """Places in `candidates` of the `count` digits most like each of the Q asked, the nearest first: Q×count.

    `candidates` is embedded and compared 250 digits at a time, so memory grows with Q only. There are fewer columns
    where `candidates` has fewer digits; of equals the earlier comes first.
    """
    query_embeddings = torch.cat([part for _, part in _directions(network, queries)])  # Q×D
    best, indices = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.int64)
    for start, part in _directions(network, candidates):
        similarities = torch.cat([best, query_embeddings @ part.T], dim=1)
        candidate_indices = torch.arange(start, start + len(part)).expand(len(queries), -1)
        order = similarities.sort(dim=1, descending=True, stable=True).indices[:, :count]
        best, indices = similarities.gather(1, order), torch.cat([indices, candidate_indices], dim=1).gather(1, order)
    return indices.numpy()


def _directions(network: nn.Sequential, digits: Digits) -> Iterator[tuple[int, Tensor]]:
    """The digits' embeddings scaled to length 1, 250 at a time: the place of the first, and B×D."""
    was_training = network.training
    network.eval()
    for start in range(0, len(digits), evaluate.BATCH_SIZE):
        images = torch.from_numpy(to_float(digits.images[start : start + evaluate.BATCH_SIZE]))
        with torch.inference_mode():
            yield start, F.normalize(compute_activations(network, images)["embedding"].flatten(1))
    network.train(was_training)


def _select(digits: Digits, indices: NDArray[int64]) -> Digits:
    return Digits(digits.images[indices], digits.labels[indices], digits.name)


def _page(
    answers: EnsembleLogits, wrong: NDArray[int64], learnt: Digits, neighbours: NDArray[int64], title: str
) -> Figure:
    """One row a mistake: the digit, what is to be said of it, its neighbours."""
    figure, axes = tiles.canvas(SIDE + STEP * (NEIGHBOURS - 1) + GLYPH_SIDE, ROW * len(wrong), title, NOTE)
    confidences, guesses = answers.logits[wrong].softmax(dim=1).max(dim=1)
    for row, (place, confidence) in enumerate(zip(wrong, confidences.tolist(), strict=True)):
        y, truth, guess = row * ROW, int(answers.digits.labels[place]), int(guesses[row])
        tiles.put_glyph(axes, answers.digits.images[place], 0, y)
        _say(axes, y, f"{truth} taken for {guess}", f"{style.percent(confidence)} sure", f"no. {place + answers.first}")
        for column, neighbour in enumerate(neighbours[row]):
            label, x = int(learnt.labels[neighbour]), SIDE + column * STEP
            colour = {truth: style.BLUE, guess: style.ORANGE}.get(label, style.INK)
            tiles.put_glyph(axes, learnt.images[neighbour], x, y)
            tiles.put_text(axes, str(label), x, y + GLYPH_SIDE + 1, colour, style.TEXT)
            tiles.put_text(axes, f"no. {neighbour + 1}", x + GLYPH_SIDE, y + GLYPH_SIDE + 1.5, size=6.5, ha="right")
    return figure


def _say(axes: Axes, y: float, heading: str, *lines: str) -> None:
    """A heading and quiet lines at the right of a mistake."""
    tiles.put_text(axes, heading, GLYPH_SIDE + 3, y + 2, style.INK, style.TEXT)
    for number, line in enumerate(lines):
        tiles.put_text(axes, line, GLYPH_SIDE + 3, y + 10.5 + 6 * number)
