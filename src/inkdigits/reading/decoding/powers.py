"""Raised digits: `5²` is a 5 and a small 2 behind its head, which is neither a digit of `52` nor a line of its own.

The 2 becomes a number of its own in the line of the 5, with the sign `^` before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inkdigits.marks import Box, Sign
from inkdigits.reading.decoding.digits import set_accepted
from inkdigits.reading.decoding.lines import select_near
from inkdigits.reading.decoding.spacing import measure_row_height
from inkdigits.reading.networks.classifier import AcceptThresholds
from inkdigits.types import Digit, Line, Number

POWER = "^"
_MAX_DIGITS = 2  # of what is raised
# Of the height of the line's digits:
_MAX_HEIGHT, _MAX_HIGH_HEIGHT = 0.85, 0.75  # of a raised digit; of one above the other's head: else of another line
_REACH = (-0.45, 0.7)  # from the right edge of the digit before it to its own left edge
_FOOT_RANGE = (-0.45, 0.6)  # from the head of the digit before it to its own foot, downwards
_MIN_INK_HEIGHT = 0.1  # of ink that is no dirt
_MIN_RISE = 0.25  # of its foot over that of the digit before it
# Where both are in one number, either its head is so far over that of the digit before it, or it is so small and high:
_MIN_HEAD_RISE = 0.1
_MAX_SMALL_HEIGHT, _MIN_SMALL_RISE = 0.65, 0.4
_NO_POWER = 0  # hardly anyone writes it, and small zeros are cents


def raise_powers(
    lines: Sequence[Line], ink_components: Sequence[Box], thresholds: AcceptThresholds
) -> tuple[Line, ...]:
    """The lines with raised digits in the line whose digit they belong to; `ink_components` are the boxes of all ink of
    the page, in its pixels."""
    split = [_split_line(line, select_near(ink_components, line.box)) for line in lines]
    remaining = list(split)
    for line in split:
        if len(line.numbers) > 1 or line.signs or len(line.numbers[0].digits) > _MAX_DIGITS:
            continue
        if not any(line is other for other in remaining):  # it has a power itself
            continue
        bases = [other for other in remaining if other is not line and _find_base(other, line.box) is not None]
        if bases:
            base = min(bases, key=lambda other: other.box.centre_y - line.box.centre_y)
            index = _find_base(base, line.box)
            assert index is not None
            remaining[remaining.index(base)] = _insert(base, index + 1, _accept_again(line.numbers[0], thresholds))
            remaining.remove(line)
    return tuple(remaining)


def _find_base(line: Line, box: Box) -> int | None:
    """The number of a line that what is in a box is a power of: it ends right before it, and lower."""
    height = measure_row_height([digit.box.height for number in line.numbers for digit in number.digits])
    for index, number in enumerate(line.numbers):
        following = line.numbers[index + 1].digits[0].box if index + 1 < len(line.numbers) else None
        if _is_raised(box, number.digits[-1].box, height) and (following is None or box.centre_x < following.x):
            return index
    return None


def _is_raised(box: Box, base: Box, height: float) -> bool:
    """Whether a box is that of a power of the digit in `base`, on a line of digits so high."""
    is_near = _REACH[0] * height <= box.x - base.right <= _REACH[1] * height
    max_height = _MAX_HEIGHT if box.bottom >= base.y else _MAX_HIGH_HEIGHT
    is_small = box.height <= max_height * min(height, base.height)
    is_level = _FOOT_RANGE[0] * height <= box.bottom - base.y <= _FOOT_RANGE[1] * height
    return is_near and is_small and is_level and base.bottom - box.bottom >= _MIN_RISE * height


def _split_line(line: Line, near_ink: Sequence[Box]) -> Line:
    """The line with its numbers divided before raised digits."""
    while (split := _split_first(line, near_ink)) is not None:
        line = split
    return line


def _split_first(line: Line, near_ink: Sequence[Box]) -> Line | None:
    """The line with the first number that ends in raised digits divided before them; None where there is none. In the
    cells of a table digits are at all heights."""
    height = measure_row_height([digit.box.height for number in line.numbers for digit in number.digits])
    for index, number in enumerate(line.numbers):
        if number.column is not None:
            continue
        for place in range(max(1, len(number.digits) - _MAX_DIGITS), len(number.digits)):
            digits = [_fit_to_ink(digit, near_ink, height) for digit in number.digits[place:]]
            base, box = number.digits[place - 1].box, Box.around([digit.box for digit in digits])
            is_power = _is_raised(box, base, height) and _is_high(digits, box, base, height)
            if is_power and all(sign.before == 0 for sign in number.signs):
                whole = replace(number, digits=number.digits[:place])
                power = replace(number, digits=tuple(digits), signs=())
                numbers = (*line.numbers[:index], whole, *line.numbers[index + 1 :])
                return _insert(replace(line, numbers=numbers), index + 1, power)
    return None


def _fit_to_ink(digit: Digit, near_ink: Sequence[Box], height: float) -> Digit:
    """The digit with the box of its own ink, where that stands apart: what only the transcriber has seen may have a box
    as high as the line."""
    inside = [each for each in near_ink if _is_inside(each, digit.box)]
    own = [each for each in inside if each.height >= _MIN_INK_HEIGHT * height]
    return replace(digit, box=own[0]) if len(own) == 1 else digit  # of several, one may be a piece of it


def _is_inside(ink: Box, box: Box) -> bool:
    """Whether the middle of some ink is in a box, and hardly any of it sticks out."""
    is_central = box.x <= ink.centre_x < box.right and box.y <= ink.centre_y < box.bottom
    return is_central and ink.width <= 1.3 * box.width and ink.height <= 1.1 * box.height


def _is_high(digits: Sequence[Digit], box: Box, base: Box, height: float) -> bool:
    """Whether raised digits, together in a box, stand too high for digits of the number that they were read in."""
    is_small = box.height <= _MAX_SMALL_HEIGHT * height and base.bottom - box.bottom >= _MIN_SMALL_RISE * height
    may_be_power = any(digit.digit != _NO_POWER for digit in digits)
    return base.y - box.y >= _MIN_HEAD_RISE * height or (is_small and may_be_power)


def _insert(line: Line, index: int, power: Number) -> Line:
    """The line with one number more, and a `^` before it."""
    later = tuple(replace(sign, before=sign.before + 1) if sign.before >= index else sign for sign in line.signs)
    power_sign = Sign(POWER, index, power.digits[0].digitness, power.box)
    signs = sorted((*later, power_sign), key=lambda sign: sign.before)
    return replace(line, numbers=(*line.numbers[:index], power, *line.numbers[index:]), signs=tuple(signs))


def _accept_again(number: Number, thresholds: AcceptThresholds) -> Number:
    """The number, no longer alone on a line: accepted if it is sure enough."""
    is_sure = number.confidence >= thresholds.min_confidence
    return replace(number, digits=tuple(set_accepted(digit, digit.accepted or is_sure) for digit in number.digits))
