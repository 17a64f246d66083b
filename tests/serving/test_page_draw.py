"""Drawing on the page, by every hand: what it shows, and what it tells."""

import json
import threading
import time
from collections import Counter

import pytest
from playwright.sync_api import Browser

from inkdigits.reading.networks.classifier import PACKAGED_PATH
from tests.serving.browser import FENCE, SEVEN, Visit, visiting
from tests.serving.conftest import Service, serving

DOWN = ["Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowLeft"]
SEVEN_BY_KEYS = ["ArrowLeft", "ArrowLeft", *["Shift+ArrowRight"] * 5, *DOWN * 3, "Shift+ArrowDown"]


def test_a_drawing_is_answered_with_all_that_led_to_it(visit: Visit) -> None:
    visit.draw_seven()
    page = visit.page
    least = json.loads(PACKAGED_PATH.with_suffix(".json").read_text())["accept"]["confidence"]
    assert "Accepted as 7" in visit.part("why") and f"{100 * least:g}\u202f% is enough" in visit.part("why")
    best = page.locator("#draw-seen .bars li[data-best]")
    assert best.inner_text().split()[0] == "7" and best.locator(".share").inner_text().endswith("%")
    assert page.locator("#draw-seen .bars li").count() == 11, "each digit, and none"
    size = "image => [image.naturalWidth, image.naturalHeight]"
    assert page.locator("#draw-seen [data-part=glyph]").evaluate(size) == [28, 28]
    neighbours = Counter(page.locator("#draw-seen [data-part=nearest] span").all_inner_texts())
    assert neighbours.total() == 8 and neighbours.most_common(1)[0][0] == "7"
    layers = page.locator("#draw-seen [data-part=layers] img")
    assert layers.count() == 6 and "maps of 28 × 28" in str(layers.first.get_attribute("alt"))
    assert "without the square" in str(page.locator("#draw-seen [data-part=mattered]").get_attribute("aria-label"))


def test_who_listens_is_told_of_every_answer(visit: Visit) -> None:
    visit.draw_seven()
    assert visit.told[-1] == {"what": "drawn", "text": "7", "kind": "image/png"}
    visit.page.wait_for_function("() => document.getElementById('told').textContent.startsWith('Accepted as 7')")
    visit.page.click("#clear")
    assert visit.told[-1] == {"what": "drawn", "text": None, "kind": None}


def test_what_is_no_digit_is_refused_with_the_reason(visit: Visit) -> None:
    visit.draw(*FENCE)
    visit.shows("draw-seen", "why", "Not accepted")
    assert visit.part("digit") == "?"
    assert visit.page.locator("#draw-seen .bars li[data-best]").inner_text().startswith("none")


def test_undo_and_clear(visit: Visit) -> None:
    assert visit.page.is_disabled("#undo") and visit.page.is_disabled("#clear") and visit.page.is_visible("#hint")
    visit.draw_seven()
    alone = visit.ink()
    assert not visit.page.is_visible("#hint")
    visit.draw(((0.2, 0.9), (0.8, 0.9)))
    assert visit.ink() > alone
    visit.page.keyboard.press("Control+z")
    assert visit.ink() == alone
    visit.draw(((0.2, 0.9), (0.8, 0.9)))
    visit.page.click("#undo")
    assert visit.ink() == alone
    visit.page.click("#clear")
    assert visit.ink() == 0 and visit.page.is_visible("#hint") and visit.page.is_disabled("#undo")
    visit.page.wait_for_timeout(100)  # an answer that is on its way must not come back
    assert visit.part("digit") == "" and not visit.page.is_visible("#draw-seen .looks")


def test_pen_width(visit: Visit) -> None:
    line = ((0.2, 0.5), (0.8, 0.5))
    visit.draw(line)
    usual = visit.ink()
    visit.page.click("#clear")
    visit.page.fill("#width", "14")
    visit.draw(line)
    assert 1.7 * usual < visit.ink() < 2.3 * usual


def test_a_pen_that_is_pressed_harder_draws_wider(visit: Visit) -> None:
    drawn = []
    for pressure in (0.1, 0.9):
        visit.page.click("#clear", force=True)
        visit.page.evaluate(
            """async (pressure) => {
                const canvas = document.getElementById("ink"), box = canvas.getBoundingClientRect();
                canvas.setPointerCapture = () => {};  // there is no real pen to be captured
                for (const [kind, x] of [["pointerdown", 0.2], ["pointermove", 0.8], ["pointerup", 0.8]])
                    canvas.dispatchEvent(new PointerEvent(kind, { pointerId: 7, pointerType: "pen", pressure,
                        clientX: box.left + x * box.width, clientY: box.top + 0.5 * box.height, bubbles: true }));
            }""",
            pressure,
        )
        drawn.append(visit.ink())
    assert drawn[1] > 2 * drawn[0] > 0


def test_fingers_draw_and_do_not_scroll(browser: Browser, service: Service) -> None:
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    with visiting(browser, service.address, **phone) as visit:
        box = visit.page.locator("#ink").bounding_box()
        assert box is not None
        hand = visit.page.context.new_cdp_session(visit.page)
        for kind, at in (("touchStart", SEVEN[0]), *(("touchMove", point) for point in SEVEN[1:]), ("touchEnd", None)):
            places = [{"x": box["x"] + at[0] * box["width"], "y": box["y"] + at[1] * box["height"]}] if at else []
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
        visit.shows("draw-seen", "digit", "7")
        assert visit.page.evaluate("scrollY") == 0


def test_keys_draw(visit: Visit) -> None:
    page = visit.page
    page.focus("#ink")
    page.keyboard.press("Space")
    assert page.inner_text("#told") == "Row 4, column 7, ink"
    page.keyboard.press("Space")
    assert visit.ink() == 0 and page.inner_text("#told").endswith("empty")
    page.keyboard.press("Delete")
    assert page.is_visible(".cell") and page.is_disabled("#clear")
    for key in SEVEN_BY_KEYS:
        page.keyboard.press(key)
    visit.shows("draw-seen", "digit", "7")
    page.keyboard.press("Backspace")
    assert visit.ink() == 0


def test_of_many_drawings_only_the_newest_is_asked_for(visit: Visit) -> None:
    def slowly(route: object) -> None:
        time.sleep(0.2)
        route.continue_()  # type: ignore[attr-defined]

    visit.page.route("**/v1/inspect", slowly)
    visit.draw(*[((x / 10, 0.4), (x / 10, 0.6)) for x in range(1, 9)])
    visit.page.click("#clear")
    visit.draw(SEVEN)
    visit.shows("draw-seen", "digit", "7")
    asked = [url for url in visit.asked if url.endswith("/v1/inspect")]
    assert len(asked) < 20, "one drawing has more than 40 movements"
    assert visit.told[-1]["text"] == "7"


def test_without_the_service_one_sentence_is_shown_until_it_is_back(visit: Visit) -> None:
    visit.page.context.set_offline(True)
    visit.draw(SEVEN)
    visit.page.wait_for_selector("#trouble:not([hidden])")
    said = visit.page.inner_text("#trouble")
    assert "cannot be reached" in said and said.count(".") == 1
    visit.page.context.set_offline(False)
    visit.shows("draw-seen", "digit", "7")
    assert not visit.page.is_visible("#trouble")
    visit.complaints[:] = [each for each in visit.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_a_full_queue_is_told_of_and_asked_again(browser: Browser, long_page: bytes) -> None:
    with serving("--threads", "1", "--queue", "0") as busy, visiting(browser, busy.address) as visit:
        told = threading.Event()

        def keep_busy() -> None:
            while not told.is_set():  # one page may be read before the browser has drawn
                busy.post("/v1/read", long_page)

        reading = threading.Thread(target=keep_busy)
        reading.start()
        while not busy.metric("inkdigits_queue_running"):
            time.sleep(0.01)
        visit.draw(SEVEN)
        try:
            said = visit.page.wait_for_function("() => document.getElementById('trouble').textContent").json_value()
        finally:
            told.set()
            reading.join()
        assert "waiting already; try again" in said
        visit.shows("draw-seen", "digit", "7")
        visit.complaints[:] = [each for each in visit.complaints if "503" not in each]


@pytest.mark.parametrize("key", ["ArrowLeft", "ArrowRight"])
def test_the_two_sides_of_the_page_are_tabs(visit: Visit, key: str) -> None:
    visit.page.focus("#tab-draw")
    visit.page.keyboard.press(key)
    assert visit.page.is_visible("#take") and not visit.page.is_visible("#pad")
    assert visit.page.evaluate("document.activeElement.id") == "tab-picture"
    assert visit.page.get_attribute("#tab-picture", "aria-selected") == "true"


def test_a_number_is_read_as_one_where_it_is_no_digit(visit: Visit) -> None:
    visit.page.get_by_role("button", name="407", exact=True).click()
    visit.shows("draw-seen", "digit", "407")
    assert "a number of 3 digits" in visit.part("why")
    assert not visit.page.locator("#draw-seen .bars").is_visible() and not visit.page.is_visible("#draw-seen .looks")
    visit.page.get_by_role("button", name="8", exact=True).click()
    visit.shows("draw-seen", "why", "Accepted as 8")
    assert visit.page.locator("#draw-seen .bars").is_visible()


def test_a_sum_that_is_drawn_is_shown_with_its_signs(visit: Visit) -> None:
    plus = (((0.42, 0.5), (0.58, 0.5)), ((0.5, 0.42), (0.5, 0.58)))
    sevens = (tuple((start + 0.4 * x, 0.25 + 0.6 * y) for x, y in SEVEN) for start in (0, 0.55))
    visit.draw(*sevens, *plus)
    visit.shows("draw-seen", "digit", "7+7")
    assert "numbers of 2 digits" in visit.part("why")


def test_a_quick_stroke_has_no_corners(visit: Visit) -> None:
    quick_two = ((0.3, 0.32), (0.45, 0.17), (0.66, 0.27), (0.55, 0.52), (0.3, 0.8), (0.5, 0.77), (0.74, 0.81))
    box = visit.page.locator("#ink").bounding_box()
    assert box is not None
    for place, (x, y) in enumerate(quick_two):
        visit.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if place == 0:
            visit.page.mouse.down()
    visit.page.mouse.up()
    visit.shows("draw-seen", "why", "Accepted as 2")


def test_the_rubber_takes_ink_away_and_redo_brings_it_back(visit: Visit) -> None:
    visit.draw(((0.2, 0.5), (0.8, 0.5)))
    whole = visit.ink()
    visit.page.click("#erase")
    visit.draw(((0.4, 0.3), (0.4, 0.7)))
    rubbed = visit.ink()
    assert 0.5 * whole < rubbed < 0.95 * whole
    visit.page.click("#undo")
    assert visit.ink() == whole
    visit.page.keyboard.press("Control+Shift+z")
    assert visit.ink() == rubbed and visit.page.is_disabled("#redo")


def test_a_layers_map_says_what_it_is(visit: Visit) -> None:
    visit.draw_seven()
    first = visit.page.locator("#draw-seen [data-part=layers] img").first
    first.hover(position={"x": 4, "y": 4})
    assert str(first.get_attribute("title")).startswith("Map 1 of ")
