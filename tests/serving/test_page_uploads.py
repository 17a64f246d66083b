"""What may happen to pictures on their way: several at once, slow ones, failures, many pages, photos as PDF."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Route

from tests.reading.drawing import draw_rows, encode_image
from tests.reading.pdfs import build_pages_pdf
from tests.serving.browser import Visit, visiting
from tests.serving.conftest import Service, glyphs
from tests.serving.test_page_correct import download

OPTION = "#boxes [role=option]"
FILES = "#files button"


def give(visit: Visit, *files: tuple[str, bytes]) -> None:
    """Choose files, and do not wait."""
    kinds = {"png": "image/png", "pdf": "application/pdf"}
    chosen = [{"name": name, "mimeType": kinds[name[-3:]], "buffer": content} for name, content in files]
    visit.page.set_input_files("#file", chosen)


def states(visit: Visit) -> list[str]:
    return [each.replace("\n", " ") for each in visit.page.locator(FILES).all_inner_texts()]


def is_shown(visit: Visit, alt: str) -> None:
    visit.page.wait_for_selector(f"#photo-image[alt='{alt}']:visible")


def test_of_two_uploads_the_newer_is_shown_though_the_older_comes_later(
    visit: Visit, page: bytes, seven: bytes
) -> None:
    held: list[Callable[[], None]] = []

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route.continue_)

    visit.page.route("**/v1/page*", hold_first)
    give(visit, ("older.png", page))
    visit.page.wait_for_function("() => document.getElementById('notice').textContent.includes('older.png')")
    give(visit, ("newer.png", seven))
    is_shown(visit, "Page 1 of newer.png")
    held[0]()
    visit.page.wait_for_function("() => document.querySelector('#files button').className === 'read'")
    is_shown(visit, "Page 1 of newer.png")
    assert visit.page.locator(OPTION).count() == 1
    visit.page.click(f"{FILES} >> nth=0")
    is_shown(visit, "Page 1 of older.png")
    assert visit.page.locator(OPTION).count() == 8


def test_several_files_are_read_and_a_failure_leaves_nothing_stale(visit: Visit, page: bytes, seven: bytes) -> None:
    give(visit, ("a.png", page), ("b.png", b"no picture at all"), ("c.png", seven))
    done = (
        "files => { const all = [...document.querySelectorAll(files)];"
        " return all.length === 3 && all.every(each => !each.textContent.includes('…')) }"
    )
    visit.page.wait_for_function(done, arg=FILES)
    first, second, third = states(visit)
    assert first.startswith("a.png") and second == "b.png not read" and third.startswith("c.png")
    visit.page.click(f"{FILES} >> nth=1")
    assert "not a picture" in visit.page.inner_text("#notice[data-failed]")
    assert not visit.page.is_visible("#photo-image") and not visit.page.is_visible("#text")
    assert not visit.page.is_visible("#trouble") and visit.violations() == []
    visit.page.click(f"{FILES} >> nth=0")
    is_shown(visit, "Page 1 of a.png")
    assert b"b.png" not in download(visit, "#csv")
    assert visit.page.inner_text("#trouble") == "Not in it, because it could not be read: b.png."
    visit.page.click("#forget")
    assert len(states(visit)) == 2
    visit.complaints[:] = [each for each in visit.complaints if "415" not in each]


def test_more_pages_are_read_than_one_request_may_have(visit: Visit) -> None:
    give(visit, ("many.pdf", build_pages_pdf(22)))
    visit.page.wait_for_function("() => document.querySelectorAll('#files .read').length === 22")
    visit.page.click(f"{FILES} >> nth=21")
    is_shown(visit, "Page 22 of many.pdf")
    loaded = (
        "() => { const image = document.getElementById('photo-image'); return image.complete && image.naturalWidth }"
    )
    visit.page.wait_for_function(loaded)
    visit.page.click("#earlier")
    is_shown(visit, "Page 21 of many.pdf")


def test_a_photo_as_a_pdf_is_read(visit: Visit) -> None:
    digits = Image.fromarray(draw_rows(glyphs(8), 4))
    photo = Image.new("L", (3024, 4032), 255)
    photo.paste(digits.resize((5 * digits.width, 5 * digits.height)), (200, 1000))
    file = io.BytesIO()
    photo.save(file, "PDF", resolution=72)  # a point for each pixel, as phones make them
    give(visit, ("photo.pdf", file.getvalue()))
    is_shown(visit, "Page 1 of photo.pdf")
    assert visit.page.locator(OPTION).count() == 8


@pytest.mark.parametrize("size", [(320, 568), (640, 360)], ids=["small phone", "200 % zoom"])
def test_on_small_screens_boxes_can_be_hit_and_the_answer_is_in_sight(
    browser: Browser, service: Service, size: tuple[int, int]
) -> None:
    view: dict[str, Any] = {"viewport": {"width": size[0], "height": size[1]}}
    with visiting(browser, service.address, **view) as visit:
        visit.choose("dense.png", encode_image(draw_rows(glyphs(40), 20), "PNG"))
        heights = visit.page.evaluate(f"[...document.querySelectorAll('{OPTION}')].map((each) => each.clientHeight)")
        assert sorted(heights)[len(heights) // 2] >= 20
        visit.page.locator(OPTION).nth(30).click()
        card = visit.page.locator("#card").bounding_box()
        chosen = visit.page.locator(f"{OPTION}[aria-selected=true]").bounding_box()
        assert card is not None and chosen is not None
        assert card["y"] >= 0 and card["y"] + card["height"] <= size[1] + 1
        assert chosen["y"] >= 0 and chosen["y"] + chosen["height"] <= card["y"] + 1, (
            "the digit is not hidden by its card"
        )
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert visit.violations() == []
