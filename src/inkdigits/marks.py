"""The smallest things on a page: boxes, and signs between digits. Plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright picture; `x, y` is its top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height

    def as_list(self) -> list[int]:
        """`[x, y, width, height]`."""
        return [self.x, self.y, self.width, self.height]

    @staticmethod
    def around(boxes: Sequence[Box]) -> Box:
        """The smallest box that holds all `boxes` (at least one)."""
        x, y = min(b.x for b in boxes), min(b.y for b in boxes)
        return Box(x, y, max(b.right for b in boxes) - x, max(b.bottom for b in boxes) - y)


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign between digits or numbers: `text` is one of `. , ' : - + / = × ÷ % ( ) #`, `^` before a raised digit, or a
    space within a date.

    In a number it stands `before` the digit of that index, in a line before the number of that index; the count of
    digits or numbers means after the last. `confidence` is the probability that there is this sign in its place.
    """

    text: str
    before: int
    confidence: float
    box: Box

    def as_dict(self) -> dict[str, Any]:
        """The sign as JSON has it."""
        return {
            "text": self.text,
            "before": self.before,
            "confidence": round(self.confidence, 4),
            "box": self.box.as_list(),
        }

    @classmethod
    def from_dict(cls, sign: Mapping[str, Any]) -> Sign:
        """The sign that `as_dict` wrote."""
        return cls(str(sign["text"]), int(sign["before"]), float(sign["confidence"]), Box(*sign["box"]))


def interleave(items: Sequence[str], signs: Sequence[Sign], gap: str = "") -> str:
    """The texts of digits or numbers with the signs in their places, and `gap` wherever there is none between two."""
    texts = [""] * (len(items) + 1)
    for sign in signs:
        texts[sign.before] += sign.text
    between = [texts[0], *(text or gap for text in texts[1:-1]), texts[-1]] if items else texts
    return "".join(sign + item for sign, item in zip(between, [*items, ""], strict=True))
