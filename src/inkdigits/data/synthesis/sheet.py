"""A scene while it is being written: ink that is laid down, and where the digits are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.synthesis.strokes import INKED, Ink

LEAST, MOST = 22.0, 66.0  # pixels: digits with a longer side between these are to be found
TINY, HUGE = (7.0, 15.0), (90.0, 260.0)  # and of these sizes are not: another scale of the same page finds them
INSIDE = 0.75  # share of a digit's box that must lie within the scene
DOUBTFUL = -1  # the label of a digit that may be found or not
GONE = -2  # and of one that was cut away
LEGIBLE = 0.45  # correlation of a digit's own ink with what is seen in its place, from which on it can be made out


@dataclass
class Sheet:
    """A scene that is being written."""

    ink: Ink
    found: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    inks: list[tuple[int, int, Ink]] = field(default_factory=list)  # of each digit alone, and its top left corner

    def lay(self, ink: Ink, x: int, y: int, label: int | None = None) -> None:
        """Put ink with its top left corner at x, y; what lies outside is lost."""
        height, width = self.ink.shape
        top, left = max(0, -y), max(0, -x)
        part = ink[top : max(top, height - y), left : max(left, width - x)]
        if part.size:
            place = self.ink[y + top : y + top + part.shape[0], x + left : x + left + part.shape[1]]
            np.maximum(place, part, out=place)
            side = max(ink.shape)
            if label is not None and TINY[1] < side < HUGE[0]:
                certain = part.size >= INSIDE * ink.size and LEAST <= side <= MOST
                self.inks.append((x, y, ink))
                self.found.append((x, y, ink.shape[1], ink.shape[0]))
                self.labels.append(label if certain else DOUBTFUL)

    def doubt(self, seen: Ink) -> None:
        """Make doubtful what can hardly be made out any more in `seen`, what has become of the ink."""
        for place, (x, y, ink) in enumerate(self.inks):
            height, width = seen.shape
            part = seen[max(0, y) : y + ink.shape[0], max(0, x) : x + ink.shape[1]]
            own = ink[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
            if self.labels[place] >= 0 and _alike(own, part) < LEGIBLE:
                self.labels[place] = DOUBTFUL

    def crop(self, rng: Generator) -> None:
        """Leave a part of the page as it was, and nothing around it, as a picture that is cut out tightly."""
        height, width = self.ink.shape
        low = rng.uniform(0, 0.35, 2) * [width, height]
        high = rng.uniform(0.65, 1, 2) * [width, height]
        kept = np.zeros_like(self.ink)
        part = np.s_[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]
        kept[part] = self.ink[part]
        self.ink = kept
        for place, (x, y, wide, tall) in enumerate(self.found):
            left, top = max(x, int(low[0])), max(y, int(low[1]))
            right, bottom = min(x + wide, int(high[0])), min(y + tall, int(high[1]))
            inside = max(0, right - left) * max(0, bottom - top)
            if inside == 0:
                self.labels[place] = GONE
            elif inside < INSIDE * wide * tall:
                self.labels[place] = DOUBTFUL
            else:
                self.found[place] = (left, top, right - left, bottom - top)


def _alike(one: Ink, other: Ink) -> float:
    """The correlation of two pieces of ink of one shape, -1 to 1; 0 where one of them is even."""
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / (np.sqrt((one**2).sum() * (other**2).sum()) + 1e-6))


def beside(edge: NDArray[np.floating], ink: Ink, top: int, x: float, gap: float) -> float:
    """The x where ink goes, its top row at `top`, to be `gap` pixels from what stands left of it, wherever nearest.

    `edge` says for each row of the page how far to the right it is written on, -1e9 where it is not.
    """
    strong = ink > INKED
    rows = np.arange(top, top + ink.shape[0])
    there = strong.any(axis=1) & (rows >= 0) & (rows < len(edge))
    if not there.any():
        return x + gap
    nearest = float((strong.argmax(axis=1)[there] - edge[rows[there]]).min())
    if nearest > 1e6:  # nothing stands there yet
        return x
    return float(max(gap - nearest + 1, x - 0.55 * ink.shape[1]))


def written_on(edge: NDArray[np.floating], ink: Ink, top: int, x: int) -> None:
    """Note in `edge` (as `beside` takes it) how far ink laid at `x, top` reaches to the right in each of its rows."""
    part = ink[max(0, -top) : max(0, len(edge) - top)] > INKED
    last = np.where(part.any(axis=1), x + ink.shape[1] - part[:, ::-1].argmax(axis=1), -1e9)
    place = edge[max(0, top) : max(0, top) + len(part)]
    np.maximum(place, last, out=place)
