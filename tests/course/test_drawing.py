"""Lesson 7 in a browser: digits are drawn with the mouse, and the words below the canvas say what was read."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page

PATIENCE = 600_000  # milliseconds: the machine may be busy
ONE = [(150, 40), (130, 240)]
SEVEN = [(70, 60), (200, 60), (150, 150), (120, 240)]


def draw(page: Page, points: list[tuple[int, int]]) -> None:
    """One stroke through the points, in pixels of the canvas."""
    paper = page.get_by_label("Canvas: draw a digit here").first
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box is not None
    first, *others = [(box["x"] + x, box["y"] + y) for x, y in points]
    page.mouse.move(*first)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def wait_for(page: Page, words: str) -> None:
    page.get_by_text(words).first.wait_for()


def test_a_digit_drawn_in_lesson_7_is_read(browser: Browser, open_lesson: Callable[[int, str], str]) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(open_lesson(7, "It sees an empty page."))
        wait_for(page, "It reads 3, ")  # the three that stands there

        page.get_by_role("button", name="Clear").first.click()
        wait_for(page, "It sees an empty page.")
        draw(page, SEVEN)
        wait_for(page, "It reads 7, ")
        page.get_by_role("button", name="Undo").first.click()
        wait_for(page, "It sees an empty page.")
        draw(page, ONE)
        wait_for(page, "It reads 1, ")
