"""The site that `make site` builds, of one small lesson: whole, without a broken link, and asking nobody else.

Also what Sphinx makes of the pages and the docstrings by itself, as building takes long: every public name is there.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as BrowserPage

import inkdigits
from bench.tab import compare, draw_picture, serve_folder
from inkdigits.course.lessons import Lesson
from tests.course.test_export import small
from tests.programs import need, path_of
from tests.serving.browser import SEVEN, chromium, visiting
from website.build import build_site
from website.lessons import run_lessons
from website.tab_files import fetch_packages

ROOT = Path(__file__).parents[2]
PHONE = {"width": 360, "height": 700}


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> list[Lesson]:
    """Two lessons, of which the second is the first under another name."""
    folder = tmp_path_factory.mktemp("lessons")
    return [small(folder, 20, number) for number in (1, 2)]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where builds keep what they use again."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def built(lessons: list[Lesson], work: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, in a folder below the one that is served. A warning of Sphinx's ends it."""
    site = tmp_path_factory.mktemp("served") / "some" / "where"
    build_site(lessons, work, site, fetch_packages(ROOT / "runs" / "site" / "npm") if path_of("npm") else None)
    return site


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    """The site's address on this machine, below the server's root."""
    with serve_folder(built.parents[1]) as root:
        yield f"{root}some/where/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def test_every_public_name_is_in_the_reference(built: Path) -> None:
    page = (built / "api.html").read_text(encoding="utf-8")
    there = set(re.findall(r'id="inkdigits\.([\w.]+)"', page))
    assert set(inkdigits.__all__) - {"__version__"} <= there
    assert {"Reader.read", "Reading.from_dict"} <= there


def test_every_page_is_built(built: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    html = {path.relative_to(built).with_suffix("").as_posix() for path in built.rglob("*.html")}
    assert pages - {"README"} <= html and {"index", "lessons/index", "lessons/01_small", "lessons/02_small"} <= html


def test_the_index_for_readers_of_the_repository_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w/.-]+)\)", index))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages | {"decisions/README.md"} <= linked


class Page(HTMLParser):
    """What a page leads to and loads, and the places in it that others lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what this element leads to."""
        values = {name: value or "" for name, value in attrs}
        self.ids.add(values.get("id", ""))
        if "href" in values and tag == "a":
            self.links.append(values["href"])
        elif "href" in values or "src" in values:
            self.loaded.append(values.get("href", values.get("src", "")))


def find_broken(site: Path) -> list[str]:
    """The links between pages of the site, and to files in it, that lead nowhere, and what is loaded from elsewhere."""
    pages = {path: Page(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme == "data" or (parts.scheme in ("http", "https", "mailto") and link not in page.loaded):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            is_there = not parts.scheme and not parts.netloc and target.is_relative_to(site) and target.is_file()
            if is_there and target in pages and parts.fragment:
                is_there = unquote(parts.fragment) in pages[target].ids
            if not is_there:
                broken.append(f"{path.relative_to(site)}: {link}")
    return broken


def test_no_link_is_broken_and_nothing_is_loaded_from_elsewhere(built: Path) -> None:
    assert find_broken(built.resolve()) == []


def test_a_broken_link_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="a.html#here"><a href="b.html"><script src="//x.y/z"></script><p id=here>'
    )
    assert find_broken(tmp_path.resolve()) == ["a.html: b.html", "a.html: //x.y/z"]


def test_every_column_of_a_table_has_a_name(built: Path) -> None:
    nameless = re.compile(r"<th[^>]*>(?:<p></p>)?</th>")
    pages = {path.relative_to(built): path.read_text(encoding="utf-8") for path in built.rglob("*.html")}
    assert sum("<th" in text for text in pages.values()) > 10
    assert [str(path) for path, text in pages.items() if nameless.search(text)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lessons_are_read_one_after_the_other_on_a_phone(address: str, browser: Browser, scheme: str) -> None:
    with visiting(browser, address, viewport=PHONE, color_scheme=scheme) as visit:
        page = visit.page
        page.goto(f"{address}lessons/index.html")
        page.locator("article a[href='01_small.html']").first.click()
        assert page.locator("article h1").inner_text().startswith("1 A small lesson")
        assert page.locator("article math mfrac").count() == 1
        assert page.locator("article .said").inner_text().strip() == "as it goes <on>"
        assert page.evaluate("[...document.querySelectorAll('article img')].map(each => each.naturalWidth > 0)") == [
            True,
            True,
        ]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ink, paper = page.evaluate("(style => [style.color, style.backgroundColor])(getComputedStyle(document.body))")
        assert (sum_of_channels(ink) < sum_of_channels(paper)) == (scheme == "light")
        assert visit.violations() == []
        page.locator(".related-pages .next-page").click()
        page.wait_for_url("**/02_small.html")
        page.locator(".related-pages .prev-page").click()
        page.wait_for_url("**/01_small.html")


def sum_of_channels(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))


def test_pages_have_nothing_that_axe_finds(address: str, browser: Browser) -> None:
    with visiting(browser, address, viewport=PHONE) as visit:
        assert visit.violations() == []
        visit.page.goto(f"{address}benchmark.html")
        assert visit.violations() == []


def test_every_page_is_there_without_a_network_after_the_first_visit(address: str, browser: Browser) -> None:
    with visiting(browser, address) as visit:
        visit.page.evaluate("navigator.serviceWorker.ready")
        visit.page.wait_for_function("() => navigator.serviceWorker.controller")
        visit.page.context.set_offline(True)
        visit.page.goto(f"{address}lessons/01_small.html#never-seen")
        assert visit.page.locator("article h1").inner_text().startswith("1 A small lesson")
        assert visit.page.evaluate("getComputedStyle(document.querySelector('article .said')).overflowX") == "auto"
        visit.page.goto(address)
        assert visit.page.locator("article h1").count() == 1


def wait_until_ready(page: BrowserPage) -> None:
    """Wait until the tab can read; what keeps it from that is said at once."""
    state = page.locator("#tab-state")
    page.wait_for_selector("#tab-state:is([data-ready-seconds], [data-failed])")
    assert state.get_attribute("data-failed") is None, state.inner_text()


def test_a_digit_is_read_in_the_tab_as_everywhere_and_without_a_network(address: str, browser: Browser) -> None:
    need("npm")
    with visiting(browser, address, viewport=PHONE) as visit:
        page = visit.page
        page.goto(f"{address}tab.html")
        page.evaluate("navigator.serviceWorker.ready")
        wait_until_ready(page)
        assert len([url for url in visit.asked if url.endswith(".gz")]) == 8
        visit.draw(SEVEN)
        page.wait_for_function("document.querySelector('#tab-text').dataset.digit === '7'")
        assert visit.violations() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for index in range(24):
            comparison = compare(page, draw_picture(index))
            assert comparison.is_same_glyph and comparison.max_difference < 1e-4
        ink = 255 * (draw_picture(1) < 100)  # black on what shows through
        transparent = np.stack([0 * ink, 0 * ink, 0 * ink, ink], axis=2).astype(np.uint8)
        assert compare(page, transparent).is_same_glyph
        page.context.set_offline(True)
        page.reload()
        wait_until_ready(page)
        assert compare(page, draw_picture(0)).is_same_glyph


def test_a_lesson_runs_again_only_if_it_has_changed(built: Path, lessons: list[Lesson], work: Path) -> None:
    first, second = (path.stat().st_mtime_ns for path in run_lessons(lessons, work / "lessons"))
    assert built.is_dir()
    lessons[1].path.write_text(lessons[1].path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    again, changed = (path.stat().st_mtime_ns for path in run_lessons(lessons, work / "lessons"))
    assert again == first and changed > second
