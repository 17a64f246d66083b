"""Correcting a reading on the page, by mouse, by keyboard and by touch, and taking the corrected state home."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from playwright.sync_api import Browser

import inkdigits
from inkdigits.data.sets.mnist import load
from inkdigits.reading.imaging.picture import load_single_page
from inkdigits.reading.output import review
from inkdigits.reading.output.write import COLUMNS, CORRECTION_COLUMNS, format_csv_header, format_csv_rows
from inkdigits.types import Reading
from tests.reading.drawing import draw_rows, encode_image
from tests.serving.browser import Visit, visiting
from tests.serving.conftest import Service

OPTION = "#boxes [role=option]"
CHOSEN = f"{OPTION}[aria-selected=true]"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MAX_KEYS = 15  # to put five doubtful digits of a hundred right


@pytest.fixture(scope="module")
def three_rows() -> bytes:
    """Nine digits in three rows: 7 3 7, 3 7 3, 7 3 7, a PNG."""
    digits = load("train")
    chosen = [int(np.flatnonzero(digits.labels == (7, 3)[place % 2])[place]) for place in range(9)]
    return encode_image(draw_rows(digits.images[chosen], 3), "PNG")


def text(visit: Visit) -> list[str]:
    return visit.page.inner_text("#text").split("\n")


def download(visit: Visit, button: str) -> bytes:
    with visit.page.expect_download() as waiting:
        visit.page.click(button)
    return Path(waiting.value.path()).read_bytes()


def rows_of_csv(visit: Visit) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(download(visit, "#csv").decode())))


def rows_of_xlsx(visit: Visit) -> list[dict[str, str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(download(visit, "#xlsx"))).active
    assert sheet is not None
    head, *rows = [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
    return [dict(zip(map(str, head), map(str, row), strict=True)) for row in rows]


def middle(visit: Visit, place: int, of: str = OPTION) -> tuple[float, float]:
    box = visit.page.locator(of).nth(place).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def drawn_box(visit: Visit, place: int) -> None:
    """Draw a box around a digit with the mouse."""
    box = visit.page.locator(OPTION).nth(place).bounding_box()
    assert box is not None
    visit.page.click("[data-do=add]")
    visit.page.mouse.move(box["x"] - 3, box["y"] - 3)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] + 3, box["y"] + box["height"] + 3, steps=4)
    visit.page.mouse.up()


@pytest.fixture
def shown(visit: Visit, three_rows: bytes) -> Visit:
    visit.choose("rows.png", three_rows)
    return visit


def test_by_mouse(shown: Visit) -> None:
    page = shown.page
    before = text(shown)
    assert [len(each) for each in before] == [3, 3, 3]
    page.locator(OPTION).nth(0).click()
    page.click("#candidates [data-digit='4']")  # change
    page.fill("#number", "4219")
    page.keyboard.press("Enter")  # type over, with one digit more
    assert text(shown)[0] == "4219"
    page.locator(OPTION).nth(6).click()
    page.click("[data-do=split]")
    assert text(shown)[1] == f"{before[1][:2]} {before[1][2]}"
    page.locator("#text [data-line='1'][data-number='0']").click()
    page.click("[data-do=join]")
    assert text(shown)[1] == before[1]
    page.locator(OPTION).nth(9).click()
    page.click("[data-do=erase]")
    page.locator(OPTION).nth(7).click()
    page.click("[data-do=remove]")
    assert text(shown) == ["4219", before[1]]
    drawn_box(shown, 4)  # it is read at once, and goes into the line it stands in
    page.wait_for_function("before => document.querySelectorAll('#boxes [role=option]').length > before", arg=7)
    assert text(shown)[1].split(" ") != [before[1]] and len(text(shown)[1].split(" ")) == 2
    page.click("[data-do=undo]")
    assert text(shown) == ["4219", before[1]]
    page.click("[data-do=redo]")
    page.click("[data-do=undo]")
    assert shown.violations() == []
    for rows in (rows_of_csv(shown), rows_of_xlsx(shown)):
        assert [row["text"] for row in rows] == ["4219", before[1], ""]
        assert [row["corrected"] for row in rows] == ["true", "true", "true"]
        assert [row["original"] for row in rows] == before
    reading = json.loads(download(shown, "#json"))
    again = Reading.from_dict(reading)
    assert again.as_dict() == reading
    assert [number.corrected for number in again.numbers] == [True] * 3
    assert [each.text for number in again.numbers for each in number.original] == before
    shown.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#copy")
    page.wait_for_function("() => document.getElementById('copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == f"4219\n{before[1]}"


def test_by_keyboard(shown: Visit) -> None:
    before = text(shown)
    shown.page.locator(OPTION).nth(0).focus()
    press(shown, "Home", "5", "6")  # the next digit of the number is chosen after each
    assert text(shown)[0] == f"56{before[0][2]}"
    press(shown, "ArrowDown", "Home", "ArrowDown", "s")
    assert sorted(map(len, text(shown)[1].split(" "))) in ([1, 2], [3])
    press(shown, "Home", "ArrowRight", "s")
    assert text(shown)[0] == f"5 6{before[0][2]}"
    press(shown, "Alt+ArrowLeft")  # reorder
    assert text(shown)[0] == f"6{before[0][2]} 5"
    press(shown, "j")
    assert text(shown)[0] == f"6{before[0][2]}5"
    press(shown, "Control+z", "Control+z", "Control+z")
    assert text(shown)[0] == f"56{before[0][2]}"
    press(shown, "Control+Shift+z", "Control+z")
    press(shown, "t")
    shown.page.keyboard.type("1234")
    press(shown, "Enter", "Shift+Delete")
    assert text(shown)[0] != "1234" and len(text(shown)) == 2
    press(shown, "Control+z", "Delete")
    assert text(shown)[0] in ("234", "134", "124", "123")
    count = shown.page.locator(OPTION).count()
    press(shown, "Home", "a", "ArrowRight", "Shift+ArrowDown", "Enter")
    shown.page.wait_for_function(
        "before => document.querySelectorAll('#boxes [role=option]').length > before", arg=count
    )
    assert shown.page.evaluate("document.activeElement.getAttribute('role')") == "option"
    press(shown, "a", "Escape")
    assert shown.page.locator(".rubber").is_hidden()
    assert shown.violations() == []
    rows = rows_of_csv(shown)
    assert list(rows[0]) == [*COLUMNS, *CORRECTION_COLUMNS]
    assert any(row["original"] == "" and row["corrected"] == "true" for row in rows), "what was added"
    assert [{**row, "confidence": row["confidence"].removesuffix(".0")} for row in rows] == rows_of_xlsx(shown)


def test_by_touch(browser: Browser, service: Service, three_rows: bytes) -> None:
    with visiting(browser, service.address, **PHONE) as visit:
        visit.choose("rows.png", three_rows)
        before = text(visit)
        visit.page.locator(OPTION).nth(1).tap()
        visit.page.locator("#candidates [data-digit='9']").tap()
        assert text(visit)[0] == f"{before[0][0]}9{before[0][2]}"
        card = visit.page.locator("#card").bounding_box()
        assert card is not None and card["y"] + card["height"] <= 845, "the answer is in sight"
        visit.page.locator("[data-do=split]").tap()
        visit.page.locator(OPTION).nth(0).tap()
        visit.page.locator("[data-do=join]").tap()
        visit.page.locator("[data-do=erase]").tap()
        visit.page.locator("[data-do=undo]").tap()
        visit.page.locator("#card .close").tap()
        visit.page.locator("[data-do=add]").tap()
        box = visit.page.locator(OPTION).nth(4).bounding_box()
        assert box is not None
        hand = visit.page.context.new_cdp_session(visit.page)
        ends = [(box["x"] - 3, box["y"] - 3), (box["x"] + box["width"] + 3, box["y"] + box["height"] + 3)]
        for kind, at in (("touchStart", ends[0]), ("touchMove", ends[1]), ("touchEnd", None)):
            hand.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [dict(zip("xy", at, strict=True))] if at else []},
            )
        visit.page.wait_for_function("() => document.querySelectorAll('#boxes [role=option]').length > 9")
        assert visit.violations() == []
        rows = rows_of_csv(visit)
        assert rows[0]["text"] == f"{before[0][0]}9{before[0][2]}" and rows[0]["original"] == before[0]


def test_a_hundred_digits_with_few_keys(visit: Visit) -> None:
    digits = load("train")
    visit.choose("many.png", encode_image(draw_rows(digits.images[digits.labels == 7][100:200], 20), "PNG"))
    doubtful = visit.page.locator(f"{OPTION}.refused").count()
    assert doubtful >= 5 and visit.page.locator(OPTION).count() >= 98
    visit.page.focus("#file")
    keys = ["Tab", *["Tab"] * visit.page.locator("#shot:visible").count(), "Enter", *"12345"]
    press(visit, *keys)
    assert visit.page.locator(f"{OPTION}.refused").count() == doubtful - 5
    assert len(keys) <= MAX_KEYS


def test_a_chosen_digit_is_answered_from_what_was_found(shown: Visit) -> None:
    asked = len([url for url in shown.asked if "/v1/page" in url])
    took = shown.page.evaluate(
        """async () => {
            const times = [];
            for (const option of [...document.querySelectorAll("#boxes [role=option]")].keys()) {
                const began = performance.now();
                document.querySelectorAll("#boxes [role=option]")[option].click();
                await document.querySelector("#card .glyph").decode();
                if (document.querySelectorAll("#candidates button").length < 10) throw new Error("no candidates");
                times.push(performance.now() - began);
            }
            return times.sort((a, b) => a - b)[times.length >> 1];
        }"""
    )
    assert took < 200, "bench/page.py has the milliseconds"
    assert len([url for url in shown.asked if "/v1/page" in url or "/v1/explain" in url]) == asked


def test_the_page_to_review_corrects_as_well(browser: Browser, three_rows: bytes, tmp_path: Path) -> None:
    reading, picture = inkdigits.Reader(threads=1).read(three_rows), load_single_page(three_rows)
    path = tmp_path / "review.html"
    path.write_text(review.render_begin() + review.render_page(reading, picture) + review.render_end())
    with browser.new_context() as context:
        visit = Visit(context.new_page(), path.as_uri())
        visit.page.on("console", lambda message: visit.complaints.append(message.text))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.goto(path.as_uri())
        assert visit.page.inner_text("#text").split("\n") == reading.text.split("\n")
        rows = list(csv.reader(io.StringIO(download(visit, "#csv").decode())))
        wanted = list(csv.reader(io.StringIO(format_csv_header() + format_csv_rows(reading))))
        assert [row[: len(COLUMNS)] for row in rows] == wanted
        assert rows[0][len(COLUMNS) :] == list(CORRECTION_COLUMNS) and rows[1][len(COLUMNS) :] == ["false", ""]
        visit.page.locator(OPTION).first.focus()
        press(visit, "8", "s", "Control+z", "Control+Shift+z")
        before = text(visit)
        assert before[0].startswith("8 ")
        drawn_box(visit, 4)  # nobody reads it: it is to be typed
        visit.page.keyboard.type("505")
        press(visit, "Enter")
        assert "505" in visit.page.inner_text("#text").split()
        assert visit.violations() == [] and visit.complaints == []
        corrected = Reading.from_dict(json.loads(download(visit, "#json")))
        assert corrected.text.split() == visit.page.inner_text("#text").split()
