"""A reading as text, JSON, CSV, TSV and hOCR."""

import csv
import io
import json
import os
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from inkdigits.marks import Box, Sign
from inkdigits.reading.output import write
from inkdigits.types import Digit, Failure, Line, ModelName, Number, Reading


def number(text: str, x: int) -> Number:
    return Number(
        tuple(
            Digit(
                int(character) if character.isdigit() else 0,
                0.9,
                1.0,
                character != "?",
                Box(x + 10 * i, 5, 8, 20),
                ((0, 0.9), (1, 0.1)),
            )
            for i, character in enumerate(text)
        )
    )


READING = Reading("a,b.png", 1, 100, 50, (Line((number("65", 0), number("3?", 40))),), ModelName("n", "1"), 0.01)
EMPTY = Reading("empty.png", 1, 100, 50, (), ModelName("n", "1"), 0.01)


def test_text_is_a_line_per_line() -> None:
    assert write.format_text(READING) == "65 3?\n"
    assert write.format_text(EMPTY) == ""


def test_json_is_one_line_a_page() -> None:
    failure = Failure("é.png", 2, "picture", "damaged")
    for outcome in (READING, EMPTY, failure):
        line = write.format_json_line(outcome)
        assert line.count("\n") == 1 and json.loads(line) == json.loads(json.dumps(outcome.as_dict()))


def test_csv_is_a_row_per_number() -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(write.format_csv_header() + write.format_csv_rows(READING) + write.format_csv_rows(EMPTY))
        )
    )
    assert [row["text"] for row in rows] == ["65", "3?", ""]
    assert not any(rows[2][column] for column in write.COLUMNS[2:]), "a page without digits has its file and page"
    assert rows[1] == {
        "file": "a,b.png", "page": "1", "line": "1", "number": "2", "text": "3?", "confidence": "0.81",
        "accepted": "false", "fits": "", "row": "", "column": "",
        "x": "40", "y": "5", "width": "18", "height": "20", "kind": "", "value": "",
    }  # fmt: skip


STRANGE = os.fsdecode(b"a\xff<b>&\"'\x01.png")  # no UTF-8, no XML, and full of signs that mean something elsewhere
FAILURE = Failure(STRANGE, 2, "picture", "damaged")


def test_tsv_is_as_tesseract_writes_it() -> None:
    rows = list(csv.DictReader(io.StringIO(write.format_tsv_header() + write.format_tsv_rows(READING)), delimiter="\t"))
    assert [row["level"] for row in rows] == ["1", "2", "3", "4", "5", "5"]
    assert [row["text"] for row in rows if row["level"] == "5"] == ["65", "3?"]
    assert [row["conf"] for row in rows] == ["-1"] * 4 + ["81.0"] * 2
    assert [rows[0][name] for name in ("left", "top", "width", "height")] == ["0", "0", "100", "50"]
    assert [rows[-1][name] for name in ("line_num", "word_num", "left", "file")] == ["1", "2", "40", "a,b.png"]
    assert len(write.format_tsv_rows(EMPTY).splitlines()) == 1


def test_hocr_is_xml_with_the_boxes_of_pages_lines_and_words() -> None:
    form = write.FORMATS["hocr"]
    pages = [READING, EMPTY, replace(READING, file=STRANGE, page=2), FAILURE]
    root = ElementTree.fromstring(form.begin + "".join(map(form.page, pages)) + form.end)

    def of(kind: str) -> list[ElementTree.Element]:
        return [element for element in root.iter() if element.get("class") == kind]

    assert [page.get("title") for page in of("ocr_page")][:2] == [
        'image "a,b.png"; bbox 0 0 100 50; ppageno 0',
        'image "empty.png"; bbox 0 0 100 50; ppageno 0',
    ]
    title = of("ocr_page")[2].get("title") or ""
    assert title.count('"') == 2 and "a\ufffd<b>&%22'" in title and title.endswith("ppageno 1")
    assert [word.text for word in of("ocrx_word")] == ["65", "3?"] * 2
    assert of("ocrx_word")[1].get("title") == "bbox 40 5 58 25; x_wconf 81"
    assert of("ocr_line")[0].get("title") == "bbox 0 5 58 25"


def test_a_line_of_hocr_has_its_signs_between_the_words() -> None:
    (line,) = READING.lines
    sum_line = replace(line, signs=(Sign("+", 1, 0.9, Box(30, 5, 5, 5)), Sign("=", 2, 0.9, Box(60, 5, 5, 5))))
    root = ElementTree.fromstring(write.FORMATS["hocr"].page(replace(READING, lines=(sum_line,))))
    assert "".join(root.itertext()).strip() == sum_line.text == "65+3?="


@pytest.mark.parametrize("name", write.FORMATS)
def test_a_name_that_is_no_utf_8_can_be_written_in_every_format(name: str) -> None:
    written = write.FORMATS[name].page(replace(READING, file=STRANGE))
    data = written.encode("utf-8", "surrogateescape")
    if name in ("csv", "tsv", "named text", "named table"):
        assert b"a\xff<b>" in data  # the very bytes of the name
    else:
        data.decode()  # valid UTF-8
    if name == "json":
        assert os.fsencode(json.loads(written)["file"]) == os.fsencode(STRANGE)


@pytest.mark.parametrize("name", write.FORMATS)
def test_only_json_has_a_place_for_failures(name: str) -> None:
    assert bool(write.FORMATS[name].page(FAILURE)) == (name == "json")


def test_a_number_of_a_table_has_its_cell_in_csv_and_json() -> None:
    placed = replace(number("65", 0), row=0, column=3)
    reading = replace(READING, lines=(Line((placed, number("31", 40))),))
    rows = list(csv.DictReader(io.StringIO(write.format_csv_header() + write.format_csv_rows(reading))))
    assert [(row["row"], row["column"]) for row in rows] == [("0", "3"), ("", "")]
    back = Reading.from_dict(json.loads(write.format_json_line(reading)))
    assert [(each.row, each.column) for each in back.numbers] == [(0, 3), (None, None)]
