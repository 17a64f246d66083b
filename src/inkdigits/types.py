"""What the stages of reading hand on: boxes, digits, numbers, lines, readings. All frozen, all plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inkdigits.errors import UsageError
from inkdigits.marks import Box, Sign, interleave, keep_signs, read_number, read_place, read_signs
from inkdigits.values import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CROSSED_OUT, IN_WORD, DELETED = "crossed out", "in a word", "deleted"  # why a number is rejected; the last: by a person


@dataclass(frozen=True, slots=True)
class Digit:
    """One recognised digit.

    `digit` is the best guess (0–9) and `confidence` the calibrated probability that it is right;
    `digitness` is the probability that there is a digit at all. A digit that is not `accepted` is shown as `?`.
    `candidates` are `(digit, probability)`, most probable first. `detection` is its row in the page's detections, for
    `Stages.find_glyph`; None where it was read otherwise. It is no part of the JSON, nor of whether digits are equal.
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
        candidates = tuple((int(which), read_number(probability, 1)) for which, probability in digit["candidates"])
        scores = read_number(digit["confidence"], 1), read_number(digit["digitness"], 1)
        accepted, box = bool(digit["accepted"]), Box.from_list(digit["box"])
        return cls(range(10).index(digit["digit"]), *scores, accepted, box, candidates)


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that belong together, left to right (at least one), and the `signs` among them: points, commas,
    apostrophes, a leading minus, the closing marks of an amount.

    `known` is the calibrated probability that all of it is right, where the whole number was weighed, else None. `fits`
    says whether it has the form that was asked for, None where none was. `value` is what its text means, None where
    that is not sure. `row` and `column`, from 0, are those of the ruled table it stands in, None outside of one.
    `rejected` says why it is not to be read at all, as `CROSSED_OUT`, None for most; its text is empty then.
    `corrected` says that a person put it right, and `original` what was read in its place: none if it was missed.
    """

    digits: tuple[Digit, ...]
    signs: tuple[Sign, ...] = ()
    known: float | None = None
    fits: bool | None = None
    value: Value | None = None
    row: int | None = None
    column: int | None = None
    rejected: str | None = None
    corrected: bool = False
    original: tuple[Number, ...] = ()

    @property
    def text(self) -> str:
        """The number as written, `?` for each digit that was not accepted; nothing if it is rejected."""
        return "" if self.rejected else interleave([digit.text for digit in self.digits], self.signs)

    @property
    def gaps(self) -> tuple[int, ...]:
        """The indices of the digits that a point, comma or apostrophe stands before: 2 in `19.133`."""
        points = (sign.before for sign in self.signs if sign.text in ".,'")
        return tuple(dict.fromkeys(before for before in points if before < len(self.digits)))

    @property
    def accepted(self) -> bool:
        """Whether every digit of it was accepted."""
        return all(digit.accepted for digit in self.digits)

    @property
    def confidence(self) -> float:
        """The probability that every digit is right, `?` or not: as known of the number, else the digits' product."""
        product = math.prod(digit.confidence * digit.digitness for digit in self.digits)
        return product if self.known is None else self.known

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
            "signs": [sign.as_dict() for sign in self.signs],
            "digits": [digit.as_dict() for digit in self.digits],
            **(self.value.as_dict() if self.value else {"kind": None, "value": None}),
            "corrected": self.corrected,
            "original": [number.as_dict() for number in self.original],
        }

    @classmethod
    def from_dict(cls, number: Mapping[str, Any]) -> Number:
        """The number that `as_dict` wrote; its confidence is the one that stands there."""
        return cls(
            digits=tuple(Digit.from_dict(digit) for digit in number["digits"]),
            signs=read_signs(number, len(number["digits"])),
            known=read_number(number["confidence"], 1),
            value=None if number.get("kind") is None else Value.from_dict(number),
            **{name: number.get(name) for name in ("fits", "rejected")},
            row=read_place(number.get("row")),
            column=read_place(number.get("column")),
            corrected=number.get("corrected") is True,
            original=tuple(cls.from_dict({**each, "original": ()}) for each in number.get("original", ())),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """The numbers of one text line, left to right (at least one), and the `signs` between them: operators, brackets,
    `%`, `#`.

    `checked` says of a line that was read as an expression whether it holds, None where that cannot be told.
    """

    numbers: tuple[Number, ...]
    signs: tuple[Sign, ...] = ()
    checked: bool | None = None

    @property
    def text(self) -> str:
        """The line as written, numbers parted by signs or spaces, without rejected ones."""
        if all(number.rejected for number in self.numbers):
            return ""
        text = interleave([number.text for number in self.numbers], self.signs, gap=" ")
        return " ".join(text.split())

    @property
    def box(self) -> Box:
        """The smallest box around all numbers."""
        return Box.around([number.box for number in self.numbers])

    def keep_numbers(self, is_kept: Sequence[bool]) -> Line:
        """The line with some of its numbers, and with the signs before those, and after the last."""
        numbers = tuple(number for number, kept in zip(self.numbers, is_kept, strict=True) if kept)
        return replace(self, numbers=numbers, signs=keep_signs(self.signs, is_kept))

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON has it."""
        return {
            "text": self.text,
            "box": self.box.as_list(),
            "numbers": [number.as_dict() for number in self.numbers],
            "signs": [sign.as_dict() for sign in self.signs],
            "checked": self.checked,
        }

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Line:
        """The line that `as_dict` wrote."""
        numbers = tuple(Number.from_dict(number) for number in line["numbers"])
        return cls(numbers, read_signs(line, len(numbers)), line.get("checked"))


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
                **{name: int(read_number(reading[name], 2**31)) for name in ("page", "width", "height")},
                lines=tuple(Line.from_dict(line) for line in reading["lines"]),
                model=ModelName(str(reading["model"]["name"]), str(reading["model"]["version"])),
                seconds=read_number(reading["seconds"], 1e9),
                hint=reading.get("hint"),
                turned_degrees=int(reading.get("turned_degrees", 0)),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
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
