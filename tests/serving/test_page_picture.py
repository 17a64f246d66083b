"""Pictures on the page: given in every way, shown with what was read, one digit by one, taken away as text."""

import base64
import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import inkdigits
from inkdigits.reading.output.write import COLUMNS
from tests.helpers import run_inkdigits as command
from tests.reading.drawing import draw_lines, encode_image
from tests.reading.pdfs import build_pages_pdf
from tests.serving.browser import Visit, visiting
from tests.serving.conftest import Service

OPTION = "#boxes [role=option]"
MAKE_FILE = """content => {
    const data = new DataTransfer(), bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    data.items.add(new File([bytes], "a.png", {type: "image/png"}));
    return data;
}"""


@pytest.fixture
def shown(visit: Visit, page: bytes) -> Visit:
    """The page after a picture was chosen."""
    visit.choose("a page.png", page)
    return visit


def test_a_chosen_picture_is_shown_with_its_boxes(shown: Visit, page: bytes) -> None:
    wanted = inkdigits.read(page)
    assert shown.page.inner_text("#text").split() == wanted.text.split()
    assert shown.page.locator(OPTION).count() == len(wanted.digits) == 8
    assert shown.page.inner_text("#told") == f"Read: {wanted.text}".replace("\n", " ")
    photo, box = (shown.page.locator(each).first.bounding_box() for each in ("#photo-image", OPTION))
    assert photo is not None and box is not None
    scale, first = photo["width"] / wanted.width, wanted.digits[0].box
    assert abs(box["x"] + box["width"] / 2 - photo["x"] - scale * (first.x + first.width / 2)) < 2
    assert abs(box["width"] - 8 - scale * first.width) < 2
    kinds = {str(each.get_attribute("class")) for each in shown.page.locator(OPTION).all()}
    assert kinds <= {"sure", "unsure", "refused"} and "sure" in kinds


def test_a_digit_is_chosen_by_pointer_and_by_keys(shown: Visit) -> None:
    shown.page.locator(OPTION).nth(0).click()
    shown.shows("picture-seen", "digit", "7")
    assert shown.page.inner_text("#chosen-title") == "Digit 1 of 8"
    assert shown.page.locator("#picture-seen [data-part=layers] img").count() == 6
    assert shown.told[-1] == {"what": "chosen", "text": "7", "kind": "image/png"}
    shown.page.keyboard.press("ArrowRight")
    shown.shows("picture-seen", "digit", "3")
    assert shown.page.locator(OPTION).nth(1).get_attribute("aria-selected") == "true"
    shown.page.keyboard.press("End")
    shown.page.wait_for_function("() => document.getElementById('chosen-title').textContent === 'Digit 8 of 8'")


def test_the_bars_of_a_chosen_digit_are_its_candidates(shown: Visit, page: bytes) -> None:
    shown.page.locator(OPTION).nth(0).click()
    shown.shows("picture-seen", "digit", "7")
    sure = inkdigits.read(page).digits[0].confidence
    said = shown.page.inner_text("#picture-seen .bars li[data-best] .share")
    number = float(re.sub(r"[^\d.]", "", said))
    assert abs(number - min(100 * sure, 99.9)) < 0.06


def test_every_stage_is_shown(shown: Visit) -> None:
    shown.page.click("#stages summary")
    shown.page.wait_for_function("() => document.querySelectorAll('#stage-list img').length === 6")
    loaded = shown.page.wait_for_function(
        "() => [...document.querySelectorAll('#stage-list img')].every((i) => i.naturalWidth)"
    )
    assert loaded and "lifted off the paper" in shown.page.inner_text("#stage-list")


def test_text_is_copied(shown: Visit, page: bytes) -> None:
    shown.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.page.click("#copy")
    shown.page.wait_for_function("() => document.getElementById('copy').textContent === 'Copied'")
    assert shown.page.evaluate("navigator.clipboard.readText()") == inkdigits.read(page).text


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_downloads_are_what_the_command_line_writes(shown: Visit, page: bytes, kind: str, tmp_path: Path) -> None:
    with shown.page.expect_download() as waiting:
        shown.page.click(f"#{kind}")
    assert waiting.value.suggested_filename == f"a page.{kind}"
    content = Path(waiting.value.path()).read_bytes().decode()
    (tmp_path / "a page.png").write_bytes(page)
    wanted = command("read", tmp_path / "a page.png", f"--{kind}").out.replace(f"{tmp_path}/", "")
    if kind == "csv":
        rows, wanted_rows = (list(csv.reader(io.StringIO(each))) for each in (content, wanted))
        assert [row[: len(COLUMNS)] for row in rows] == wanted_rows
    else:
        (reading,), (wanted_reading,) = ([json.loads(line) for line in each.splitlines()] for each in (content, wanted))
        assert reading | {"seconds": 0} == wanted_reading | {"seconds": 0}


def test_a_picture_is_pasted(visit: Visit, page: bytes) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.evaluate(
        """async (content) => {
            const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
            const blob = new Blob([bytes], {type: "image/png"});
            await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        base64.b64encode(page).decode(),
    )
    visit.page.keyboard.press("Control+v")
    visit.page.wait_for_selector("#result:not([hidden])")
    assert visit.page.locator(OPTION).count() == 8


def test_a_picture_is_dropped(visit: Visit, page: bytes) -> None:
    data = visit.page.evaluate_handle(MAKE_FILE, base64.b64encode(page).decode())
    visit.page.dispatch_event("#pad", "dragover", {"dataTransfer": data})
    assert visit.page.get_attribute("body", "data-over") is not None
    visit.page.dispatch_event("#pad", "drop", {"dataTransfer": data})
    visit.page.wait_for_selector("#result:not([hidden])")
    assert visit.page.locator(OPTION).count() == 8 and visit.page.get_attribute("body", "data-over") is None


def test_what_a_browser_cannot_show_the_service_draws(visit: Visit) -> None:
    visit.choose("two.pdf", build_pages_pdf(2), "application/pdf")
    drawn = "() => document.getElementById('photo-image').src.startsWith('data:image/jpeg')"
    visit.page.wait_for_function(drawn)
    assert visit.page.inner_text("#page-number") == "Page 1 of 2" and visit.page.is_disabled("#earlier")
    visit.page.click("#later")
    visit.page.wait_for_function("() => document.getElementById('page-number').textContent === 'Page 2 of 2'")
    visit.page.wait_for_function(drawn)
    assert visit.page.is_disabled("#later")


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(bytes(17 * 2**20), 413, "send a smaller file"), (b"no picture at all", 415, "not a picture")],
)
def test_what_cannot_be_read_is_told_in_one_sentence(
    visit: Visit, tmp_path: Path, content: bytes, status: int, words: str
) -> None:
    (tmp_path / "odd.png").write_bytes(content)  # handed over as text, 17 MiB would take longer than all else here
    visit.page.set_input_files("#file", tmp_path / "odd.png")
    visit.page.wait_for_selector("#notice[data-failed]")
    assert words in visit.page.inner_text("#notice") and not visit.page.is_visible("#result")
    visit.complaints[:] = [each for each in visit.complaints if str(status) not in each]


def test_it_is_read_again_as_the_form_says_or_only_a_part(shown: Visit, page: bytes) -> None:
    shown.page.click(".how summary")
    shown.page.fill("#how [name=length]", "2")
    shown.page.click("#how .main")
    shown.page.wait_for_function("() => document.querySelectorAll('#text [data-number]').length === 4")
    shown.page.fill("#how [name=length]", "1")
    shown.page.click("#part")
    first = shown.page.locator(OPTION).first.bounding_box()
    assert first is not None and first["y"] > 0, "what is to be drawn on is in sight"
    shown.page.mouse.move(first["x"] - 8, first["y"] - 8)
    shown.page.mouse.down()
    shown.page.mouse.move(first["x"] + first["width"] + 8, first["y"] + first["height"] + 8, steps=3)
    shown.page.mouse.up()
    shown.page.wait_for_function("() => document.querySelectorAll('#boxes [role=option]').length === 1")
    assert shown.page.inner_text("#text") == "7"


def test_what_numbers_are_is_said_in_the_form(shown: Visit) -> None:
    """Numbers that can be no times of day say so; a contradiction is one sentence."""
    shown.page.click(".how summary")
    with shown.page.expect_response(lambda answer: "as=time" in answer.url) as told:
        shown.page.select_option("#how [name=as]", label="a time of day")
        shown.page.click("#how .main")
    numbers = [number for line in told.value.json()["reading"]["lines"] for number in line["numbers"]]
    assert numbers and not any(number["fits"] for number in numbers)
    shown.page.wait_for_selector("#how .main:enabled")
    shown.page.select_option("#how [name=date_order]", "dmy")
    shown.page.click("#how .main")
    shown.page.wait_for_selector("#notice[data-failed]")
    assert "A date order tells nothing of numbers of kind time" in shown.page.inner_text("#notice")
    shown.complaints[:] = [each for each in shown.complaints if "422" not in each]


def test_signs_between_numbers_are_shown(visit: Visit) -> None:
    """Times, dates and sums as they were read, not their numbers alone, before and after a correction."""
    page = encode_image(draw_lines(["3+8=11", "12:45 20"]), "PNG")
    visit.choose("sums.png", page)
    wanted = inkdigits.read(page).text
    assert visit.page.inner_text("#text") == wanted and {"+", "=", ":"} <= set(wanted)
    visit.page.locator(OPTION).first.click()
    visit.page.keyboard.press("7")
    assert visit.page.inner_text("#text") == f"7{wanted[1:]}"


def test_the_sample_is_read_without_doubt(visit: Visit) -> None:
    visit.page.click("#tab-picture")
    visit.page.click("#sample")
    visit.page.wait_for_selector("#result:not([hidden])")
    assert visit.page.inner_text("#text").split() == ["7305", "4192", "68"]


def test_a_page_without_digits(visit: Visit) -> None:
    empty = visit.page.evaluate("document.createElement('canvas').toDataURL()").split(",")[1]
    visit.choose("empty.png", base64.b64decode(empty))
    assert visit.page.inner_text("#text").startswith("No digits were found: nothing stands out from the paper")


def test_with_a_token_the_page_asks_for_it_once(browser: Browser, guarded: Service, page: bytes) -> None:
    with visiting(browser, guarded.address) as visit:
        visit.page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": page})
        for word in ("wrong", "an-open-secret"):
            visit.page.wait_for_selector("#key[open]")
            visit.page.fill("#key-word", word)
            visit.page.click("#key .main")
        visit.page.wait_for_selector("#result:not([hidden])")
        visit.page.click("#tab-draw")
        visit.draw_seven()
        visit.page.reload()
        visit.draw_seven()
        kept = visit.page.evaluate("[JSON.stringify({...localStorage}), document.cookie]")
        assert kept == [json.dumps({}), ""]
        visit.complaints[:] = [each for each in visit.complaints if "401" not in each]


def test_whoever_has_no_token_is_told(browser: Browser, guarded: Service) -> None:
    with visiting(browser, guarded.address) as visit:
        visit.draw(((0.5, 0.2), (0.5, 0.8)))
        visit.page.click("#key [value=leave]")
        visit.page.wait_for_selector("#trouble:not([hidden])")
        assert "needs a token" in visit.page.inner_text("#trouble")
        visit.complaints[:] = [each for each in visit.complaints if "401" not in each]
