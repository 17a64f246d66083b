"""Lesson 4 in a browser: a knob is moved, a network learns anew, and the page shows how it goes on."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page

PATIENCE = 600_000  # milliseconds: a network is trained, and the machine may be busy
SAID = re.compile(r"\d+ hidden units \([\d,]+ parameters\), [\d,]+ images: 300 steps in")


def said(page: Page) -> str:
    """The line below the knobs."""
    return page.get_by_text(SAID).first.inner_text()


def figures(page: Page) -> set[str]:
    """All figures that are shown; Playwright looks into marimo's shadow roots too."""
    return set(page.locator("img").evaluate_all("all => all.map(each => each.src)"))


def film(page: Page) -> str | None:
    """The frame of the training that is shown."""
    return page.get_by_alt_text("how it is learning").first.get_attribute("src")


def test_moving_a_knob_of_lesson_4_trains_anew(browser: Browser, open_lesson: Callable[[int, str], str]) -> None:
    address = open_lesson(4, "300 steps in")
    with browser.new_context() as context:
        strangers: list[str] = []
        context.on("request", lambda request: strangers.append(request.url))
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        knob = page.get_by_role("slider", name="hidden units").first
        knob.wait_for()
        page.get_by_role("heading", name="What you now know").first.wait_for()  # the last cell
        assert page.get_by_text(SAID).count() == 0  # so far down the page nobody watches, and nothing is learnt
        knob.scroll_into_view_if_needed()
        page.get_by_text(SAID).first.wait_for()
        assert said(page).startswith("20 hidden units (15,910 parameters), 5,000 images")
        before = figures(page)
        assert before

        rewind = page.get_by_role("slider", name="back and forth in how it learnt").first
        end = film(page)
        rewind.fill("0")  # to the first frame
        page.wait_for_function(
            "([end]) => document.querySelector('img[alt=\"how it is learning\"]')?.src !== end", arg=[end]
        )
        knob.focus()
        knob.press("ArrowLeft")
        page.get_by_text("19 hidden units (15,115 parameters), 5,000 images").first.wait_for()
        assert figures(page) - before  # the curves of the new network

        here = re.match(r"http://[^/?]+", address)
        assert here and not [url for url in strangers if not re.match(rf"({here[0]}|ws:|data:|blob:)", url)]
