"""How signs and values are counted, and the whole way on a few pictures."""

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.datasets.held_out_signs import make_outline_hands
from bench.datasets.sign_pages import SignMaterial, SignPage, draw_decimal
from bench.shared.sign_strings import (
    count_false_points,
    normalise_line,
    pair_signs,
    score_lines,
    score_signs,
    write_guess,
)
from bench.signs import (
    count_right,
    count_wrong,
    load_pictures,
    match_lines,
    measure_pages,
    measure_pictures,
    measure_strips,
)
from inkdigits.data.sets.mnist import load
from inkdigits.errors import DataError
from inkdigits.marks import Box, Sign
from inkdigits.reading.reader import Reader
from inkdigits.types import Digit, Line, ModelName, Number, Reading


def make_line(text: str, y: int, x: int = 0) -> Line:
    """A line of one number with a point behind its first digit; `?` is a digit that was not accepted, 7 at best."""
    box = Box(x, y, 10, 20)
    digits = tuple(
        Digit(7 if character == "?" else int(character), 0.9, 0.9, character != "?", box, ()) for character in text
    )
    return Line((Number(digits, (Sign(".", 1, 0.9, box),)),))


def test_signs_are_counted_where_they_stand() -> None:
    pairs = pair_signs("3+4=17", "3+4=7") + pair_signs("12.50", "12,50") + pair_signs("(12/5", "(1215)")
    assert pairs == Counter({("+", "+"): 1, ("=", "="): 1, (",", "."): 1, ("(", "("): 1, ("1", "/"): 1, (")", ""): 1})
    score = score_signs(pairs, ".,+)")
    assert score["signs"]["."] == {"true": 0, "read": 1, "right": 0}
    assert score["signs"][","] == {"true": 1, "read": 0, "right": 0}
    assert score["signs"]["+"] == {"true": 1, "read": 1, "right": 1}
    assert score["signs"][")"] == {"true": 1, "read": 0, "right": 0}
    assert sorted(score["mistaken"]) == [[")", "", 1], [",", ".", 1], ["1", "/", 1]]


def test_lines_are_compared_without_spaces_and_alike_signs() -> None:
    assert normalise_line("2 × 5^2 ÷ 3") == normalise_line("2x5^2:3") == "2×5^2:3"
    pictures = [("2×3\n6", "2x3|6", "a"), ("6\n2·3", "2x3|6", "a"), ("1-1", "1+1", "b")]
    score = score_lines(pictures)
    assert (score["pictures"], score["whole"], score["lines"], score["lines_right"]) == (3, 1, 5, 4)
    assert score["by_source"] == [
        {"pictures": 2, "whole": 1, "lines": 4, "lines_right": 4},
        {"pictures": 1, "whole": 0, "lines": 1, "lines_right": 0},
    ]


def test_points_where_none_is() -> None:
    assert count_false_points("1.234", "1.234.-") == (0, 3)
    assert count_false_points("1,234", "1.234") == (0, 4)  # another mark, but where one is
    assert count_false_points("12.34.", "1234") == (2, 5)
    assert count_false_points("1.9/34", "1234") == (1, 5)


def test_lines_are_found_again_by_their_height() -> None:
    lines = (make_line("12?", 105, x=50), make_line("34", 12), make_line("56", 100, x=5))
    reading = Reading("", 1, 200, 200, lines, ModelName("", ""), 0.0)
    page = SignPage(
        np.zeros((200, 200, 3), np.uint8), ("3.4", "5.6 1.27", "9"), np.array([[10, 30], [98, 125], [150, 170]]), ""
    )
    assert match_lines(reading, page) == ["3.4", "5.6 1.27", ""]
    assert write_guess(lines[0]) == "1.27" and lines[0].text == "1.2?"


def test_values_are_counted_each_once() -> None:
    assert count_right([5, Decimal("5.0"), Fraction(1, 2)], [5, 5, 5]) == 2
    assert count_wrong([5, 5, date(2020, 1, 2)], [5]) == 2


@pytest.fixture(scope="module")
def material() -> SignMaterial:
    return SignMaterial.from_digits(load("train").slice(55_000, 55_300), {"outlines": make_outline_hands(2)})


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=1)


def test_pages_and_strips_the_whole_way(material: SignMaterial, reader: Reader) -> None:
    pages = measure_pages(reader, material, 1)
    assert pages["by_source"] == {"outlines": pages["signs"]}
    assert sum(counts["true"] for counts in pages["signs"].values()) > 20
    assert sum(counts["right"] for counts in pages["signs"].values()) > 10
    strips = measure_strips(reader, material, 3)
    assert strips["strips"] == 3 >= strips["right"] + strips["withheld"] and strips["as_written"] >= 1


def test_pictures_the_whole_way(
    material: SignMaterial, reader: Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, text = draw_decimal(material, 7)
    for kind in ("sum", "date", "amount", "cheque"):
        cv2.imwrite(str(tmp_path / f"{kind}.png"), image)
    table, cheques = tmp_path / "labels.csv", tmp_path / "cheques.csv"
    rows = [
        f'sum.png,"1|{text}",expr,one',
        "date.png,29-12-21,date,one",
        f'amount.png,"{text}",amount,one',
        "no.png,,expr,one",
    ]
    table.write_text("\n".join(["file,full,kind,repo", *rows]), encoding="utf-8")
    cheques.write_text("file,full,value\ncheque.png,,12\n", encoding="utf-8")
    pictures = [*load_pictures(tmp_path, table), *load_pictures(tmp_path, cheques)]
    assert [picture.read_as for picture in pictures] == [None, "date", "decimal", "amount"]
    assert [picture.values for picture in pictures] == [
        (),
        (date(2021, 12, 29),),
        (Decimal(text.replace(",", ".")),),
        (12,),
    ]
    result = measure_pictures(reader, pictures, show_failures=True)
    assert (result["sums"]["pictures"], result["sums"]["whole"], result["sums"]["lines"]) == (1, 0, 2)
    assert (result["values"]["pictures"], result["values"]["values"]) == (2, 2)
    assert result["values"]["right"] == result["values"]["whole"] <= 1
    assert result["cheques"]["values"] == 1 and result["cheques"]["right"] == 0
    assert result["points"] == {"pictures": 0, "left_out": 1, "false": 0, "places": 0, "pictures_with": 0}
    assert "sum.png\n  truth" in capsys.readouterr().out


def test_missing_tables_and_pictures_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv is missing"):
        list(load_pictures(tmp_path, tmp_path / "nothing.csv"))
    (tmp_path / "labels.csv").write_text("file,full,kind\ngone.png,1+1,expr\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"gone\.png is missing"):
        list(load_pictures(tmp_path, tmp_path / "labels.csv"))
