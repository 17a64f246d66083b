"""A reading as text, JSON and CSV."""

import csv
import io
import json

from inkdigits.reading import write
from inkdigits.types import Box, Digit, Failure, Line, ModelName, Number, Reading


def number(text: str, x: int) -> Number:
    return Number(
        tuple(
            Digit(
                int(sign) if sign.isdigit() else 0,
                0.9,
                1.0,
                sign != "?",
                Box(x + 10 * i, 5, 8, 20),
                ((0, 0.9), (1, 0.1)),
            )
            for i, sign in enumerate(text)
        )
    )


READING = Reading("a,b.png", 1, 100, 50, (Line((number("65", 0), number("3?", 40))),), ModelName("n", "1"), 0.01)
EMPTY = Reading("empty.png", 1, 100, 50, (), ModelName("n", "1"), 0.01)


def test_text_is_a_line_per_line() -> None:
    assert write.text(READING) == "65 3?\n"
    assert write.text(EMPTY) == ""


def test_json_is_one_line_a_page() -> None:
    failure = Failure("é.png", 2, "picture", "damaged")
    for outcome in (READING, EMPTY, failure):
        line = write.json_line(outcome)
        assert line.count("\n") == 1 and json.loads(line) == json.loads(json.dumps(outcome.as_dict()))


def test_csv_is_a_row_per_number() -> None:
    rows = list(csv.DictReader(io.StringIO(write.csv_header() + write.csv_rows(READING) + write.csv_rows(EMPTY))))
    assert [row["text"] for row in rows] == ["65", "3?"]
    assert rows[1] == {
        "file": "a,b.png", "page": "1", "line": "1", "number": "2", "text": "3?", "confidence": "0.81",
        "x": "40", "y": "5", "width": "18", "height": "20",
    }  # fmt: skip
