"""The pages of forms in a real browser: a template is drawn by mouse and keys, and doubtful fields are corrected."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from inkdigits.forms.drawing import render_drawing
from inkdigits.forms.examples import draw_mark_sheet
from inkdigits.forms.proposing import build_template
from inkdigits.forms.review import load_corrections, render_review
from inkdigits.forms.store import StoredField, StoredSheet
from inkdigits.forms.template import embed_blank, load_template
from inkdigits.reading.imaging.pixels import encode_png
from tests.serving.browser import Visit, chromium, visiting

OPTION = "#boxes [role=option]"
PNG = encode_png(np.full((30, 60), 255, np.uint8))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def save(page: Page, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click("#save")
    place = folder / waiting.value.suggested_filename
    waiting.value.save_as(place)
    return place


def draw_box(visit: Visit, x: int, y: int, to_x: int, to_y: int) -> None:
    """With the mouse, in pixels of the blank."""
    box = visit.page.locator("#photo-image").bounding_box()
    assert box is not None
    scale = box["width"] / 1240
    visit.page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + to_x * scale, box["y"] + to_y * scale, steps=3)
    visit.page.mouse.up()


def test_a_template_is_drawn_by_mouse_and_keys(browser: Browser, tmp_path: Path) -> None:
    blank, _ = draw_mark_sheet()
    (tmp_path / "roster.csv").write_text("student\n1234\n")
    path = tmp_path / "page.html"
    path.write_text(
        render_drawing(embed_blank(build_template("Our sheet", "blank.png", blank), blank)), encoding="utf-8"
    )
    with visiting(browser, path.as_uri()) as visit:
        page = visit.page
        assert page.locator(OPTION).count() == 10
        page.fill("[name=name]", "student")
        page.fill("[name=length]", "8")
        page.check("[name=required]")
        page.locator(OPTION).nth(1).click()
        page.fill("[name=name]", "student")
        assert "Two fields are named student" in page.inner_text("#told")
        page.fill("[name=name]", "page")
        assert "“page” cannot name a field: every table has" in page.inner_text("#told")
        page.fill("[name=name]", "q1")
        page.fill("[name=range]", "0..12")
        page.select_option("[name=as]", "decimal")
        assert not visit.violations()
        page.locator(OPTION).nth(1).focus()  # keys: the next field a little down, the one after it away, a new one
        for key in ("ArrowDown", "m", "ArrowDown", "Shift+ArrowRight", "Enter", "ArrowDown", "Delete", "n", "Enter"):
            page.keyboard.press(key)
        page.keyboard.type("drawn")
        page.click("#add")
        draw_box(visit, 900, 200, 1100, 260)
        page.fill("#rules", "drawn <= q1\n\nstudent in roster.csv")
        page.click("#move")
        draw_box(visit, 1000, 230, 1000, 330)
        template = load_template(save(page, tmp_path))
        assert not visit.violations()
    fields = {field.name: field for field in template.fields}
    assert template.name == "Our sheet" and (template.blank_grey == blank).all()
    assert [rule.text for rule in template.rules] == ["drawn <= q1", "student in roster.csv"]
    assert fields["student"].required and fields["student"].cells == 8
    assert fields["q1"].values.kind == "decimal"
    before, moved = (build_template("", "", blank)["fields"][2]["box"], fields["field3"].box.as_list())
    assert moved[0] == before[0] and moved[1] > before[1] and moved[2] > before[2] and moved[3] == before[3]
    assert "drawn" in fields and "field4" not in fields
    assert fields["field1"].box.as_list() == pytest.approx([900, 300, 200, 60], abs=4)


def test_doubtful_fields_are_corrected_by_keys(browser: Browser, tmp_path: Path) -> None:
    def doubtful(name: str, read: str) -> StoredField:
        return StoredField(name, read, 0.6, ("unsure",), (), None, "17", None, PNG)

    sheets = [
        StoredSheet(number, f"{number}.png", 1, "Form", 0.5, None, (doubtful("q1", "3"), doubtful("total", "11")))
        for number in (1, 2)
    ]
    path = tmp_path / "review.html"
    path.write_text(render_review(sheets)[0], encoding="utf-8")
    with visiting(browser, path.as_uri()) as visit:
        page = visit.page
        assert not visit.violations()
        page.keyboard.press("Tab")  # to the button that saves
        page.keyboard.press("Tab")
        for typed in ("4", "", "", "18"):
            if typed:
                page.keyboard.press("ControlOrMeta+a")
                page.keyboard.type(typed)
            page.keyboard.press("Enter")
        assert page.inner_text("#count") == "4 of 4 looked at"
        assert page.evaluate("document.activeElement.id") == "save"
        assert not visit.violations()
        saved = save(page, tmp_path)
    assert load_corrections(saved) == [(1, "q1", "4"), (2, "q1", "3"), (1, "total", "11"), (2, "total", "18")]
    assert json.loads(saved.read_text())["corrections"]


def test_what_is_typed_is_saved_however_the_field_is_left(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "review.html"
    fields = tuple(StoredField(f"q{n}", "3", 0.6, ("unsure",), (), None, None, None, PNG) for n in range(1, 6))
    path.write_text(render_review([StoredSheet(1, "1.png", 1, "Form", 0.5, None, fields)])[0], encoding="utf-8")
    with visiting(browser, path.as_uri()) as visit:
        page, inputs = visit.page, visit.page.locator(".field input")
        inputs.nth(0).click()
        page.keyboard.type("1")
        page.keyboard.press("Tab")
        assert page.inner_text("#count") == "1 of 5 looked at"
        inputs.nth(1).click()
        page.keyboard.type("2")
        page.click("h1")
        assert page.inner_text("#count") == "2 of 5 looked at"
        inputs.nth(2).click()  # seen, but left as it is
        inputs.nth(3).evaluate("each => { each.value = '44' }")  # as by what fills in forms, without an event
        inputs.nth(4).click()
        page.keyboard.type("5")
        saved = save(page, tmp_path)
        assert page.inner_text("#count") == "4 of 5 looked at"
    assert load_corrections(saved) == [(1, "q1", "31"), (1, "q2", "32"), (1, "q4", "44"), (1, "q5", "35")]
