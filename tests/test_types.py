"""Readings as JSON has them, and back again."""

import json

import pytest

from inkdigits.errors import UsageError
from inkdigits.types import Reading
from tests.reading.output.test_write import EMPTY, READING


@pytest.mark.parametrize("reading", [READING, EMPTY])
def test_a_reading_comes_back_from_its_json(reading: Reading) -> None:
    written = json.loads(json.dumps(reading.as_dict()))
    back = Reading.from_dict(written)
    assert back.as_dict() == written
    assert back.text == reading.text and [digit.box for digit in back.digits] == [digit.box for digit in reading.digits]


@pytest.mark.parametrize("broken", [{}, {"file": "a.png"}, READING.as_dict() | {"lines": [{"numbers": 3}]}])
def test_what_is_no_reading_is_said(broken: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="not a reading as `as_dict` writes it"):
        Reading.from_dict(broken)
