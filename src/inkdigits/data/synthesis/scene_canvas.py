"""A scene while it is being written: ink that is laid down, and where the digits are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.synthesis.strokes import INK_THRESHOLD, Ink

MIN_SIDE_PIXELS, MAX_SIDE_PIXELS = 22.0, 66.0  # pixels: digits with a longer side between these are to be found
TINY_SIDE_RANGE, HUGE_SIDE_RANGE = (
    (7.0, 15.0),
    (90.0, 260.0),
)  # and of these sizes are not: another scale of the same page finds them
VISIBLE_MIN_SHARE = 0.75  # share of a digit's box that must lie within the scene
IGNORE_LABEL = -1  # the label of a digit that may be found or not
REMOVED_LABEL = -2  # and of one that was cut away
LEGIBLE_MIN_CORRELATION = (
    0.45  # correlation of a digit's own ink with what is seen in its place, from which on it can be made out
)


@dataclass
class Canvas:
    """A scene that is being written."""

    ink: Ink
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    inks: list[tuple[int, int, Ink]] = field(default_factory=list)  # of each digit alone, and its top left corner

    def add_ink(self, ink: Ink, x: int, y: int, label: int | None = None) -> None:
        """Put ink with its top left corner at x, y; what lies outside is lost."""
        height, width = self.ink.shape
        top, left = max(0, -y), max(0, -x)
        visible = ink[top : max(top, height - y), left : max(left, width - x)]
        if visible.size:
            target = self.ink[y + top : y + top + visible.shape[0], x + left : x + left + visible.shape[1]]
            np.maximum(target, visible, out=target)
            longer_side = max(ink.shape)
            if label is not None and TINY_SIDE_RANGE[1] < longer_side < HUGE_SIDE_RANGE[0]:
                is_certain = (
                    visible.size >= VISIBLE_MIN_SHARE * ink.size and MIN_SIDE_PIXELS <= longer_side <= MAX_SIDE_PIXELS
                )
                self.inks.append((x, y, ink))
                self.boxes.append((x, y, ink.shape[1], ink.shape[0]))
                self.labels.append(label if is_certain else IGNORE_LABEL)

    def ignore_illegible(self, degraded: Ink) -> None:
        """Label digits to be ignored that can hardly be made out any more in `degraded`, what has become of the ink."""
        for index, (x, y, ink) in enumerate(self.inks):
            height, width = degraded.shape
            degraded_part = degraded[max(0, y) : y + ink.shape[0], max(0, x) : x + ink.shape[1]]
            own_part = ink[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
            if self.labels[index] >= 0 and _correlate(own_part, degraded_part) < LEGIBLE_MIN_CORRELATION:
                self.labels[index] = IGNORE_LABEL

    def crop(self, rng: Generator) -> None:
        """Leave a part of the page as it was, and nothing around it, as a picture that is cut out tightly."""
        height, width = self.ink.shape
        top_left = rng.uniform(0, 0.35, 2) * [width, height]
        bottom_right = rng.uniform(0.65, 1, 2) * [width, height]
        cropped = np.zeros_like(self.ink)
        window = np.s_[int(top_left[1]) : int(bottom_right[1]), int(top_left[0]) : int(bottom_right[0])]
        cropped[window] = self.ink[window]
        self.ink = cropped
        for index, (x, y, box_width, box_height) in enumerate(self.boxes):
            left, top = max(x, int(top_left[0])), max(y, int(top_left[1]))
            right, bottom = min(x + box_width, int(bottom_right[0])), min(y + box_height, int(bottom_right[1]))
            visible_area = max(0, right - left) * max(0, bottom - top)
            if visible_area == 0:
                self.labels[index] = REMOVED_LABEL
            elif visible_area < VISIBLE_MIN_SHARE * box_width * box_height:
                self.labels[index] = IGNORE_LABEL
            else:
                self.boxes[index] = (left, top, right - left, bottom - top)


def _correlate(first: Ink, second: Ink) -> float:
    """The correlation of two pieces of ink of one shape, -1 to 1; 0 where one of them is even."""
    first, second = first - first.mean(), second - second.mean()
    return float((first * second).sum() / (np.sqrt((first**2).sum() * (second**2).sum()) + 1e-6))


def find_x_after_gap(right_edge: NDArray[np.floating], ink: Ink, top: int, x: float, gap: float) -> float:
    """The x where ink goes, its top row at `top`, to be `gap` pixels from what stands left of it, wherever nearest.

    `right_edge` says for each row of the page how far to the right it is written on, -1e9 where it is not.
    """
    is_ink = ink > INK_THRESHOLD
    rows = np.arange(top, top + ink.shape[0])
    is_on_page = is_ink.any(axis=1) & (rows >= 0) & (rows < len(right_edge))
    if not is_on_page.any():
        return x + gap
    clearance = float((is_ink.argmax(axis=1)[is_on_page] - right_edge[rows[is_on_page]]).min())
    if clearance > 1e6:  # nothing stands there yet
        return x
    return float(max(gap - clearance + 1, x - 0.55 * ink.shape[1]))


def extend_right_edge(right_edge: NDArray[np.floating], ink: Ink, top: int, x: int) -> None:
    """Note in `right_edge` (as `find_x_after_gap` takes it) how far ink at `x, top` reaches to the right."""
    is_ink = ink[max(0, -top) : max(0, len(right_edge) - top)] > INK_THRESHOLD
    ink_end = np.where(is_ink.any(axis=1), x + ink.shape[1] - is_ink[:, ::-1].argmax(axis=1), -1e9)
    target = right_edge[max(0, top) : max(0, top) + len(is_ink)]
    np.maximum(target, ink_end, out=target)
