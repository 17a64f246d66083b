"""The page to review: complete in itself, with every page of a reading and its picture."""

import base64
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
from PIL import Image

from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.output import review
from inkdigits.types import Failure
from tests.reading.output.test_write import READING, STRANGE

GREY = np.random.default_rng(0).integers(0, 256, (50, 100), np.uint8)
PICTURE = Picture("a,b.png", 1, 1, GREY)


class Elements(HTMLParser):
    """Every element of a page: its tag and attributes, and all text between; `parts` are elements with what follows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.parts: list[tuple[tuple[str, dict[str, str | None]], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.found:
            self.parts.append((self.found[-1], data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.found if each == tag]


def whole(*pages: str) -> Elements:
    return Elements(review.render_begin() + "".join(pages) + review.render_end())


def contents(page: Elements) -> list[dict[str, Any]]:
    """What is on the pages: readings and pictures."""
    return [
        json.loads(text) for (tag, attributes), text in page.parts if attributes.get("class") == "page" and text.strip()
    ]


def picture_of(content: dict[str, Any]) -> Image.Image:
    data = base64.b64decode(content["picture"].removeprefix("data:image/jpeg;base64,"))
    return Image.open(io.BytesIO(data))


def test_every_page_is_there_with_its_reading_and_its_picture() -> None:
    first, second = contents(whole(review.render_page(READING, PICTURE), review.render_page(READING, PICTURE)))
    assert first == second and first["reading"] == READING.as_dict() | {"seconds": 0.0}
    with picture_of(first) as image:
        assert image.size == (100, 50) and abs(np.asarray(image, np.int16) - GREY).mean() < 20


def test_nothing_is_loaded_from_anywhere() -> None:
    text = review.render_begin() + review.render_page(READING, PICTURE) + review.render_end()
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("// ", ""))
    page = Elements(text)
    assert not page.of("link") and all("src" not in each for each in page.of("script"))
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    assert any("default-src 'none'" in (each.get("content") or "") for each in page.of("meta"))


def test_names_and_messages_are_text_and_nothing_else() -> None:
    evil = f"</script><script>alert(1)</script>{STRANGE}"
    reading = replace(READING, file=evil)
    page = whole(
        review.render_page(reading, replace(PICTURE, file=evil)), review.render_page(Failure(evil, 1, "x", evil), None)
    )
    (content,) = contents(page)
    assert [each.get("type") for each in page.of("script")] == ["application/json", "module"] and not page.of("b")
    assert content["reading"]["file"] == evil.encode("utf-8", "replace").decode().replace("?", "\ufffd")
    assert "<script>alert(1)</script>" in page.text
    page.text.encode()  # valid UTF-8


def test_large_pages_are_made_smaller() -> None:
    large = replace(PICTURE, image=np.zeros((3000, 1500, 3), np.uint8))
    (content,) = contents(whole(review.render_page(READING, large)))
    with picture_of(content) as image:
        assert image.size == (1000, 2000)
