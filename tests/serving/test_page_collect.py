"""Teaching the page one's hand: drawings are kept, seen, taken home, deleted; or there is no panel at all."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from inkdigits.serving.store import Store
from tests.serving.browser import Visit, visiting, visiting_at
from tests.serving.conftest import Service, serving


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that keeps samples."""
    with serving("--collect", str(tmp_path_factory.mktemp("page") / "samples.sqlite"), "--threads", "2") as service:
        yield service


@pytest.fixture
def visit(tab: Page, collecting: Service) -> Iterator[Visit]:
    """Its page, with nothing kept yet."""
    assert collecting.ask("DELETE", "/v1/samples").status == 200
    with visiting_at(tab, collecting.address) as visit:
        yield visit


def keep(visit: Visit, label: int) -> None:
    """Draw a 7, and keep it as that."""
    before = visit.page.locator("#samples li").count()
    visit.draw_seven()
    visit.page.click(f"#labels button >> nth={label}")
    visit.page.wait_for_function("count => document.querySelectorAll('#samples li').length === count", arg=before + 1)


def counts(visit: Visit) -> list[str]:
    return visit.page.locator("#labels small").all_inner_texts()


def told(visit: Visit, words: str) -> None:
    visit.page.wait_for_function("words => document.getElementById('kept-told').textContent.includes(words)", arg=words)


def test_a_drawing_is_kept_and_the_next_can_be_drawn(visit: Visit, collecting: Service) -> None:
    visit.page.click("#labels button >> nth=3", force=True)  # it says that it is disabled, and why
    told(visit, "Draw a digit first")
    visit.draw_seven()
    assert visit.page.locator("#labels [data-guess]").inner_text().startswith("7")
    keep(visit, 7)
    assert counts(visit) == ["–"] * 7 + ["1", "–", "–"] and visit.ink() == 0
    keep(visit, 2)
    (two, seven) = collecting.ask("GET", "/v1/samples").json["samples"]
    assert (two["label"], seven["label"], seven["source"]) == (2, 7, "drawn")
    visit.page.reload()
    visit.page.wait_for_selector("#samples li >> nth=1")
    assert visit.page.locator("#samples span").all_inner_texts() == ["2", "7"]


def test_a_digit_of_a_picture_is_put_right(visit: Visit, collecting: Service, page: bytes) -> None:
    visit.page.click("#tab-picture")
    visit.choose("page.png", page)
    visit.page.locator("#boxes [role=option]").first.click()
    visit.page.wait_for_selector("#keep-glyph:not([hidden])")
    visit.page.click("#labels button >> nth=1")
    told(visit, "Kept as 1")
    (sample,) = collecting.ask("GET", "/v1/samples").json["samples"]
    assert (sample["label"], sample["source"]) == (1, "correction")
    assert visit.page.inner_text("#text").startswith("1"), "the reading is put right as well"
    visit.page.click("[data-do=undo]")
    told(visit, "The 1 was deleted")
    visit.page.click("[data-do=redo]")
    told(visit, "Kept as 1")
    assert collecting.ask("GET", "/v1/samples").json["counts"][1] == 1


def test_what_is_kept_can_be_deleted_one_by_one_or_all_at_once(visit: Visit, collecting: Service) -> None:
    for label in (7, 7, 1):
        keep(visit, label)
    visit.page.get_by_role("button", name="Delete this 1").click()
    told(visit, "The 1 was deleted")
    assert counts(visit)[1] == "–" and counts(visit)[7] == "2"
    assert visit.page.evaluate("document.activeElement.ariaLabel").startswith("Delete this 7"), "the focus is not lost"
    visit.page.click("#samples-clear")
    assert "All 2 samples" in visit.page.locator("#clear-all").inner_text()
    visit.page.get_by_role("button", name="Keep them").click()
    assert sum(collecting.ask("GET", "/v1/samples").json["counts"]) == 2
    visit.page.click("#samples-clear")
    visit.page.locator("#clear-all").get_by_role("button", name="Delete all").click()
    told(visit, "2 samples were deleted")
    assert sum(collecting.ask("GET", "/v1/samples").json["counts"]) == 0
    assert not visit.page.locator("#kept").is_visible()


def test_it_can_be_taken_home(visit: Visit) -> None:
    keep(visit, 7)
    with visit.page.expect_download() as download:
        visit.page.click("#samples-save")
    assert download.value.suggested_filename == "samples.zip"
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert [name.rpartition("/")[0] for name in archive.namelist()] == ["samples/7"]


def test_without_collecting_there_is_no_panel(browser: Browser, service: Service) -> None:
    with visiting(browser, service.address) as visit:
        visit.draw_seven()
        assert not visit.page.locator("#teach").is_visible()
        assert not [url for url in visit.asked if "/v1/samples" in url]


def test_where_a_token_is_wanted_the_panel_waits_for_it(browser: Browser, tmp_path: Path, seven: bytes) -> None:
    Store(tmp_path / "samples.sqlite").add(7, "drawn", seven, seven)
    with (
        serving("--collect", str(tmp_path / "samples.sqlite"), "--token", "secret") as guarded,
        browser.new_context() as context,
    ):
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(guarded.address)
        assert not page.locator("#teach").is_visible() and not page.locator("#key").is_visible()
        page.evaluate("sessionStorage.setItem('inkdigits token', 'secret')")
        Visit(page, guarded.address).draw_seven()
        page.wait_for_selector("#samples li")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_is_wide_enough(browser: Browser, collecting: Service, scheme: str) -> None:
    collecting.ask("DELETE", "/v1/samples")
    phone = {"width": 360, "height": 640}
    with visiting(browser, collecting.address, color_scheme=scheme, viewport=phone) as visit:
        assert visit.violations() == []
        for label in (7, 1):
            keep(visit, label)
        assert visit.violations() == []
        wide = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
        visit.page.click("#samples-clear")
        assert visit.violations() == []
