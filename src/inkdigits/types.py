"""What the stages of reading hand on: boxes, digits, numbers, lines, readings. All frozen, all plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inkdigits.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


CROSSED_OUT = "crossed out"  # why a number is rejected


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
class Digit:
    """One recognised digit.

    `digit` is the best guess (0–9) and `confidence` the calibrated probability that it is right;
    `digitness` is the probability that there is a digit at all. A digit that is not `accepted` is shown as `?`.
    `candidates` are `(digit, probability)`, most probable first. `detection` is its row in the page's detections, for
    `Reader.stages`; None where it was read otherwise. It is no part of the JSON, nor of whether two digits are equal.
    """

    digit: int
    confidence: float
    digitness: float
    accepted: bool
    box: Box
    candidates: tuple[tuple[int, float], ...]
    detection: int | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The digit as text, `?` where it was not accepted."""
        return str(self.digit) if self.accepted else "?"

    def as_dict(self) -> dict[str, Any]:
        """The digit as JSON has it."""
        return {
            "text": self.text,
            "digit": self.digit,
            "confidence": round(self.confidence, 4),
            "digitness": round(self.digitness, 4),
            "accepted": self.accepted,
            "box": self.box.as_list(),
            "candidates": [[digit, round(probability, 4)] for digit, probability in self.candidates],
        }

    @classmethod
    def from_dict(cls, digit: Mapping[str, Any]) -> Digit:
        """The digit that `as_dict` wrote."""
        candidates = tuple((int(which), float(probability)) for which, probability in digit["candidates"])
        scores = float(digit["confidence"]), float(digit["digitness"])
        return cls(int(digit["digit"]), *scores, bool(digit["accepted"]), Box(*digit["box"]), candidates)


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that belong together, left to right (at least one).

    `gaps` are the places before which a point or comma stands: `19.133` is the number 19133 with a gap at 2.
    `known` is the calibrated probability that all of it is right, where the whole number was weighed, else None. `fits`
    says whether it has the form that was asked for, None where none was. `row` and `column`, from 0, are those of the
    ruled table it stands in, None outside of one. `rejected` says why it is not to be read at all, as `CROSSED_OUT`,
    None for most; its text is empty then.
    """

    digits: tuple[Digit, ...]
    gaps: tuple[int, ...] = ()
    known: float | None = None
    fits: bool | None = None
    row: int | None = None
    column: int | None = None
    rejected: str | None = None

    @property
    def text(self) -> str:
        """The digits as text, `?` for each that was not accepted; nothing if it is rejected."""
        return "" if self.rejected else "".join(digit.text for digit in self.digits)

    @property
    def accepted(self) -> bool:
        """Whether every digit of it was accepted."""
        return all(digit.accepted for digit in self.digits)

    @property
    def confidence(self) -> float:
        """The probability that every digit is right, `?` or not: as known of the number, else the digits' product."""
        if self.known is not None:
            return self.known
        return math.prod(digit.confidence * digit.digitness for digit in self.digits)

    @property
    def box(self) -> Box:
        """The smallest box around all digits."""
        return Box.around([digit.box for digit in self.digits])

    def as_dict(self) -> dict[str, Any]:
        """The number as JSON has it."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "accepted": self.accepted,
            "fits": self.fits,
            "rejected": self.rejected,
            "box": self.box.as_list(),
            "row": self.row,
            "column": self.column,
            "gaps": list(self.gaps),
            "digits": [digit.as_dict() for digit in self.digits],
        }

    @classmethod
    def from_dict(cls, number: Mapping[str, Any]) -> Number:
        """The number that `as_dict` wrote; its confidence is the one that stands there."""
        digits = tuple(Digit.from_dict(digit) for digit in number["digits"])
        gaps = tuple(int(gap) for gap in number["gaps"])
        place, rejected = (number.get("row"), number.get("column")), number.get("rejected")
        return cls(digits, gaps, float(number["confidence"]), number["fits"], *place, rejected)


@dataclass(frozen=True, slots=True)
class Line:
    """The numbers of one text line, left to right (at least one)."""

    numbers: tuple[Number, ...]

    @property
    def text(self) -> str:
        """The numbers as text, parted by spaces, without rejected ones."""
        return " ".join(number.text for number in self.numbers if not number.rejected)

    @property
    def box(self) -> Box:
        """The smallest box around all numbers."""
        return Box.around([number.box for number in self.numbers])

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON has it."""
        return {
            "text": self.text,
            "box": self.box.as_list(),
            "numbers": [number.as_dict() for number in self.numbers],
        }

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Line:
        """The line that `as_dict` wrote."""
        return cls(tuple(Number.from_dict(number) for number in line["numbers"]))


@dataclass(frozen=True, slots=True)
class ModelName:
    """Which network read."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read on one page: lines from top to bottom. `width, height` are the upright picture's pixels.

    `hint` says why no digit was accepted and what to try; None where one was. `turned_degrees`, 0, 90, 180 or 270, is
    how far clockwise the page was turned to read it; boxes are those of the page as it is.
    """

    file: str
    page: int
    width: int
    height: int
    lines: tuple[Line, ...]
    model: ModelName
    seconds: float
    hint: str | None = None
    turned_degrees: int = 0

    @property
    def text(self) -> str:
        """One text line per line with numbers to read, parted by spaces, `?` for what was not accepted."""
        return "\n".join(line.text for line in self.lines if line.text)

    @property
    def numbers(self) -> list[Number]:
        """All numbers of the page, in reading order."""
        return [number for line in self.lines for number in line.numbers]

    @property
    def digits(self) -> list[Digit]:
        """All digits of the page, in reading order, without those of rejected numbers."""
        return [digit for number in self.numbers if not number.rejected for digit in number.digits]

    def as_dict(self) -> dict[str, Any]:
        """The reading as JSON has it."""
        return {
            "file": self.file,
            "page": self.page,
            "width": self.width,
            "height": self.height,
            "text": self.text,
            "lines": [line.as_dict() for line in self.lines],
            "hint": self.hint,
            "turned_degrees": self.turned_degrees,
            "model": {"name": self.model.name, "version": self.model.version},
            "seconds": round(self.seconds, 4),
        }

    @classmethod
    def from_dict(cls, reading: Mapping[str, Any]) -> Reading:
        """The reading that `as_dict` wrote, from JSON or not; `from_dict(x).as_dict()` gives `x` again.

        Probabilities are the rounded ones that stand there. Raises UsageError when `reading` is no such thing.
        """
        try:
            return cls(
                file=str(reading["file"]),
                page=int(reading["page"]),
                width=int(reading["width"]),
                height=int(reading["height"]),
                lines=tuple(Line.from_dict(line) for line in reading["lines"]),
                model=ModelName(str(reading["model"]["name"]), str(reading["model"]["version"])),
                seconds=float(reading["seconds"]),
                hint=reading.get("hint"),
                turned_degrees=int(reading.get("turned_degrees", 0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"This is not a reading as `as_dict` writes it ({type(error).__name__}: {error}); "
                "give one JSON object from `inkdigits read --json`."
            ) from error


@dataclass(frozen=True, slots=True)
class Failure:
    """What stands in the place of a reading that failed: the file, the page, and the error's kind and message."""

    file: str
    page: int
    kind: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """The failure as JSON has it."""
        return {"file": self.file, "page": self.page, "error": {"kind": self.kind, "message": self.message}}


@dataclass(frozen=True, slots=True)
class Classification:
    """What the network says of N glyphs.

    `probabilities` float32 N×10, rows sum to 1, calibrated; `digitness` float32 N in 0..1;
    `embeddings` float32 N×D, the last layer before the logits.
    """

    probabilities: NDArray[np.float32]
    digitness: NDArray[np.float32]
    embeddings: NDArray[np.float32]
