"""Pictures that are one digit each: what of the ink is the digit, and what the network sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inkdigits.glyph import SIZE
from inkdigits.reading.decoding.decide import accepted, digit_of, nothing
from inkdigits.reading.imaging.pixels import Pixels
from inkdigits.reading.networks.classifier import Accept, Network
from inkdigits.reading.normalise import glyph_of, marks_of
from inkdigits.types import Box, Classification, Digit

_BROAD = 1.3  # times as wide as high: no digit that stands for itself is broader


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the network is shown of a picture: the digit's box in it, and its glyph, uint8 28×28, zeros without ink."""

    box: Box
    glyph: NDArray[np.uint8]


def looked_at(images: Sequence[Pixels], network: Network) -> tuple[list[Seen], Classification]:
    """What is taken for the digit of N images, uint8 H×W each, and what the network says of that.

    Who cuts digits out of a line cuts into their neighbours, and what they leave at the sides may as well be a stroke
    of the digit itself. Who cuts closely leaves hardly any paper to tell ink from. So there may be several ways to
    look at an image, and that counts of which the network is surest.
    """
    looks = [looks_of(image) for image in images]
    shown = [seen for each in looks for seen in each]
    said = network.classify(np.stack([seen.glyph for seen in shown]) if shown else np.zeros((0, SIZE, SIZE), np.uint8))
    sure = said.probabilities.max(axis=1, initial=0) * said.digitness
    ends = np.cumsum([len(each) for each in looks], dtype=np.intp)
    best = [end - len(each) + int(sure[end - len(each) : end].argmax()) for each, end in zip(looks, ends, strict=True)]
    rows = np.array(best, np.intp)
    chosen = Classification(said.probabilities[rows], said.digitness[rows], said.embeddings[rows])
    return [shown[row] for row in best], chosen


def read_from(seen: Seen, answers: Classification, accept: Accept) -> Digit:
    """The digit, by the first of the answers."""
    if not seen.glyph.any():
        return nothing(seen.box)
    return digit_of(answers.probabilities[0], float(answers.digitness[0]), seen.box, accept)


def lone_digit(page: Pixels, network: Network, accept: Accept) -> Digit:
    """A page, uint8 H×W, on which nothing sure was found, read as one digit that fills it, drawn as no page is written.

    What is broad, or reaches across the page, is not accepted: a stain, an edge.
    """
    whole = looks_of(page)[0]  # a page has no neighbours
    digit = read_from(whole, network.classify(whole.glyph[np.newaxis]), accept)
    box, (height, width) = digit.box, page.shape
    across = box.width >= width or box.height >= height
    return accepted(digit, digit.accepted and not across and box.width <= _BROAD * box.height)


def glyph_seen(image: Pixels) -> Pixels:
    """What the packaged network is shown of an image of one digit, uint8 H×W: its glyph, uint8 28×28."""
    (seen,), _ = looked_at([image], _packaged())
    return seen.glyph


@cache
def _packaged() -> Network:
    return Network(threads=1)


def looks_of(image: Pixels) -> list[Seen]:
    """What may be the digit of an image, uint8 H×W, all its ink first; an empty glyph where there is none."""
    height, width = image.shape
    marks = marks_of(image)
    return [Seen(mark.box, glyph_of(mark.ink)) for mark in marks] or [nothing_in(width, height)]


def nothing_in(width: int, height: int) -> Seen:
    """What is seen of a picture without ink."""
    return Seen(Box(0, 0, width, height), np.zeros((SIZE, SIZE), np.uint8))
