"""Where the numbers of a form begin and end on a row."""

import pytest

from inkdigits.reading.decoding.expected import Expected
from inkdigits.reading.decoding.form import Form
from tests.reading.decoding.written import read_text


def read_numbers(text: str, form: Form) -> list[str]:
    """The numbers that fit the form, all of them surely."""
    numbers = [number for number in read_text(text, Expected(form)).numbers if number.fits]
    assert all(number.accepted and number.confidence > 0.9 for number in numbers)
    return [number.text for number in numbers]


@pytest.mark.parametrize(
    ("form", "read"),
    [
        (Form(length=4), ["4028", "1984"]),
        (Form(pattern="d{2}|d{4}"), ["4028", "17", "1984"]),
        (Form(length=10), ["4028171984"]),
    ],
)
def test_numbers_part_at_spaces_and_each_fits(form: Form, read: list[str]) -> None:
    assert read_numbers("4028 17 1984", form) == read


@pytest.mark.parametrize(
    ("text", "form", "read"),
    [
        ("120526", Form(pattern="d{2}|d{4}|d{6}"), ["120526"]),
        ("1205-26", Form(pattern="d{2}|d{4}|d{6}"), ["1205", "26"]),
        ("1205-26", Form(pattern="d{2}|d{4}|dddd-dd"), ["1205-26"]),
        ("1205-26", Form(length=6), ["1205-26"]),
        ("1205 26", Form(pattern="d{2}|d{4}|d{6}"), ["1205", "26"]),
        ("1205 26", Form(pattern="d{2}|d{4}|dddd dd"), ["120526"]),
        ("1205     26", Form(pattern="d{2}|d{4}|d{6}"), ["1205", "26"]),
        ("1205     26", Form(length=6), ["120526"]),
    ],
)
def test_a_sign_or_space_parts_numbers_unless_the_pattern_has_it_or_nothing_else_fits(
    text: str, form: Form, read: list[str]
) -> None:
    assert read_numbers(text, form) == read
