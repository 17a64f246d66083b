"""The page to review: complete in itself, all numbers on it, all that is unsure with its picture and what it may be."""

import base64
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.output import review
from inkdigits.reading.output.write import COLUMNS
from inkdigits.types import Failure
from tests.reading.output.test_write import READING, STRANGE, number

GREY = np.random.default_rng(0).integers(0, 256, (50, 100), np.uint8)
PICTURE = Picture("a,b.png", 1, 1, GREY)


class Elements(HTMLParser):
    """Every element of a page: its tag and attributes, and all text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.found if each == tag]


def whole(*pages: str) -> Elements:
    return Elements(review.render_begin() + "".join(pages) + review.render_end())


def numbers(page: Elements) -> list[dict[str, str | None]]:
    return [each for each in page.of("div") if each.get("class") == "number"]


def test_every_unsure_digit_has_its_crop_its_candidates_and_a_field() -> None:
    page = whole(review.render_page(READING, PICTURE))
    (field,) = page.of("fieldset")
    assert field["data-place"] == "1"  # of 3?
    assert [button["value"] for button in page.of("button") if "value" in button] == ["0", "1", ""]
    assert len(page.of("input")) == 1
    number_crop, digit_crop = page.of("img")
    for crop, min_width in ((number_crop, 18), (digit_crop, 8)):
        data = base64.b64decode((crop["src"] or "").removeprefix("data:image/png;base64,"))
        with Image.open(io.BytesIO(data)) as image:
            pixels = np.asarray(image)
        assert (crop["width"], crop["height"]) == (str(pixels.shape[1]), str(pixels.shape[0]))
        assert pixels.shape[1] > min_width and pixels.shape[0] > 20
        windows = np.lib.stride_tricks.sliding_window_view(GREY, pixels.shape)
        assert (windows == pixels).all((2, 3)).any()  # a piece of the page, as it is


def test_all_numbers_are_there_for_the_csv_and_only_unsure_ones_are_seen() -> None:
    sure, unsure = numbers(whole(review.render_page(READING, PICTURE)))
    assert "hidden" in sure and "hidden" not in unsure
    row = dict(zip(COLUMNS, json.loads(unsure["data-row"] or ""), strict=True))
    assert (row["file"], row["text"], row["x"], row["confidence"]) == ("a,b.png", "3?", "40", "0.81")
    assert json.loads(unsure["data-digits"] or "") == ["3", "?"]
    assert json.loads(sure["data-digits"] or "") == ["6", "5"]


def test_nothing_is_loaded_from_anywhere() -> None:
    text = review.render_begin() + review.render_page(READING, PICTURE) + review.render_end()
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("// ", ""))
    page = Elements(text)
    assert not page.of("link") and all("src" not in each for each in page.of("script"))
    assert all((each["src"] or "").startswith("data:image/png;base64,") for each in page.of("img"))
    assert any("default-src 'none'" in (each.get("content") or "") for each in page.of("meta"))


def test_names_and_messages_are_text_and_nothing_else() -> None:
    evil = f"<script>alert(1)</script>{STRANGE}"
    reading = replace(READING, file=evil)
    page = whole(
        review.render_page(reading, replace(PICTURE, file=evil)), review.render_page(Failure(evil, 1, "x", evil), None)
    )
    assert len(page.of("script")) == 1 and not page.of("b")[2:]
    assert page.text.count("<script>alert(1)</script>a\ufffd<b>&\"'\ufffd.png") == 2
    "".join(page.text).encode()  # valid UTF-8


def test_large_digits_are_made_smaller_and_those_at_the_edge_are_cut() -> None:
    picture = replace(PICTURE, image=np.zeros((3000, 2000, 3), np.uint8))
    line = READING.lines[0]
    digit = number("?", 0).digits[0]
    for box in (replace(digit.box, x=0, y=0, width=1500, height=2900), replace(digit.box, x=1999, y=2999)):
        big = replace(
            READING, lines=(replace(line, numbers=(replace(number("?", 0), digits=(replace(digit, box=box),)),)),)
        )
        (crop,) = whole(review.render_page(big, picture)).of("img")
        assert 1 <= int(crop["width"] or 0) <= 160 and 1 <= int(crop["height"] or 0) <= 160
