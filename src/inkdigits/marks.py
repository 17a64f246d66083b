"""The smallest things on a page: boxes, and signs between digits. Plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_MAX_PIXELS = 2**31  # of a side, in what is read back: more is no picture's
_MAX_PLACES = 10_000  # rows or columns of a table, in what is read back


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

    @property
    def centre_x(self) -> float:
        """The column at its middle."""
        return self.x + self.width / 2

    @property
    def centre_y(self) -> float:
        """The row at its middle."""
        return self.y + self.height / 2

    def as_list(self) -> list[int]:
        """`[x, y, width, height]`."""
        return [self.x, self.y, self.width, self.height]

    @staticmethod
    def from_list(sides: Sequence[Any]) -> Box:
        """The box that `as_list` wrote. Raises ValueError for sides that no picture has."""
        box = Box(*map(int, sides))
        if any(abs(side) > _MAX_PIXELS for side in box.as_list()):
            raise ValueError("a box is larger than any picture")
        return box

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
        confidence = read_number(sign["confidence"], 1)
        return cls(str(sign["text"]), int(sign["before"]), confidence, Box.from_list(sign["box"]))


def read_number(written: Any, most: float) -> float:
    """A number from 0 to `most`, as JSON has it. Raises ValueError for any other, and for what is none (NaN)."""
    number = float(written)
    if not 0 <= number <= most:
        raise ValueError(f"a number is {number:g}, not from 0 to {most:g}")
    return number


def read_place(written: Any) -> int | None:
    """A row or column of a table, if there is any. Raises ValueError for what is none."""
    return None if written is None else int(read_number(written, _MAX_PLACES))


def read_signs(written: Mapping[str, Any], count: int) -> tuple[Sign, ...]:
    """The signs of what has `count` digits or numbers. Raises ValueError with none, or for a sign beside none."""
    signs = tuple(Sign.from_dict(sign) for sign in written.get("signs", ()))
    if count < 1 or any(not 0 <= sign.before <= count for sign in signs):
        raise ValueError("it is empty, or a sign stands beside nothing")
    return signs


def keep_signs(signs: Sequence[Sign], is_kept: Sequence[bool]) -> tuple[Sign, ...]:
    """Of the signs between digits or numbers, of which some are kept: those before these, and after the last."""
    return tuple(
        replace(sign, before=sum(is_kept[: sign.before]))
        for sign in signs
        if (sign.before < len(is_kept) and is_kept[sign.before]) or (sign.before == len(is_kept) and is_kept[-1])
    )


def interleave(items: Sequence[str], signs: Sequence[Sign], gap: str = "") -> str:
    """The texts of digits or numbers with the signs in their places, and `gap` wherever there is none between two."""
    texts = [""] * (len(items) + 1)
    for sign in signs:
        texts[sign.before] += sign.text
    between = [texts[0], *(text or gap for text in texts[1:-1]), texts[-1]] if items else texts
    return "".join(sign + item for sign, item in zip(between, [*items, ""], strict=True))
