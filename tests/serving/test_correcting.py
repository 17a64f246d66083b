"""What correcting asks of the service: one page with glyphs and its picture, and workbooks of what was corrected."""

import base64
import io
import json
from typing import Any

import openpyxl
import pytest
from PIL import Image

import inkdigits
from tests.reading.pdfs import build_pages_pdf
from tests.serving.conftest import Service, problem

JSON = "application/json"


def all_digits(reading: dict[str, Any]) -> list[dict[str, Any]]:
    return [digit for line in reading["lines"] for number in line["numbers"] for digit in number["digits"]]


def image_of(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def test_a_page_is_read_as_everywhere_with_glyphs_and_its_picture(service: Service, page: bytes) -> None:
    answer = service.post("/v1/page?picture=true", page).json
    wanted = inkdigits.read(page).as_dict()
    assert answer["pages"] == 1 and image_of(answer["picture"]).size == (wanted["width"], wanted["height"])
    assert all(image_of(digit.pop("glyph")).size == (28, 28) for digit in all_digits(answer["reading"]))
    assert answer["reading"]["lines"] == wanted["lines"] and answer["reading"]["text"] == wanted["text"]


def test_where_nothing_is_found_in_a_region_it_is_read_as_one_digit(service: Service, page: bytes) -> None:
    answer = service.post("/v1/page?region=0,0,12,12", page).json
    (digit,) = all_digits(answer["reading"])
    assert digit["text"] == "?" and digit["box"] == [0, 0, 12, 12] and answer["picture"] is None


def test_one_page_is_read_of_a_file_with_more_than_are_read_at_once(service: Service) -> None:
    document = build_pages_pdf(30)
    assert service.post("/v1/page?page=30", document, "application/pdf").json["pages"] == 30
    assert "There is no page 31" in problem(
        service.post("/v1/page?page=31", document, "application/pdf"), 422, "picture"
    )


def test_a_workbook_has_a_row_for_every_number_and_nothing_in_it_is_a_formula(service: Service, page: bytes) -> None:
    reading = inkdigits.read(page).as_dict() | {"file": "=1+1"}
    first = reading["lines"][0]["numbers"][0]
    corrected = {**first, "corrected": True, "original": [first]}
    reading["lines"][0]["numbers"][0] = corrected
    answer = service.post("/v1/xlsx", json.dumps({"readings": [reading]}).encode(), JSON)
    assert answer.status == 200 and answer.headers["content-type"].endswith("spreadsheetml.sheet")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    assert sheet is not None
    head, row = ([cell.value for cell in cells] for cells in list(sheet.iter_rows())[:2])
    values = dict(zip(head, row, strict=True))
    assert (values["file"], values["text"]) == ("=1+1", first["text"]) and sheet["A2"].data_type == "s"
    assert (values["corrected"], values["original"]) == ("true", first["text"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"[]",
        b'{"readings": 1}',
        b'{"readings": [1]}',
        b'{"readings": [{"file": "a"}]}',
        b'{"readings": [{"page": Infinity}]}',
        b'{"readings": ' + b"9" * 5000 + b"}",
    ],
    ids=range(9),
)
def test_what_is_no_reading_is_refused(service: Service, body: bytes) -> None:
    problem(service.post("/v1/xlsx", body, JSON), 422, "usage")


@pytest.mark.parametrize(
    ("field", "value"),
    [("digit", 10**400), ("digit", "7"), ("box", ["a", 1, 2, 3]), ("box", [1]), ("confidence", [])],
)
def test_digits_that_are_none_are_refused(service: Service, page: bytes, field: str, value: object) -> None:
    reading = inkdigits.read(page).as_dict()
    all_digits(reading)[0][field] = value
    problem(service.post("/v1/xlsx", json.dumps({"readings": [reading]}).encode(), JSON), 422, "usage")
