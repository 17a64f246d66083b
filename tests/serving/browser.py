"""A real browser on the service's page, and what hands do there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bench.shared.chromium import start_chromium
from tests.programs import need

Points = Sequence[tuple[float, float]]
SEVEN: Points = ((0.3, 0.25), (0.5, 0.25), (0.7, 0.25), (0.58, 0.5), (0.45, 0.8))
FENCE: tuple[Points, ...] = (  # no digit at all
    *(((x, 0.1), (x, 0.9)) for x in (0.2, 0.4, 0.6, 0.8)),
    *(((0.1, y), (0.9, y)) for y in (0.3, 0.7)),
)
READY = "window.told = []; for (const what of ['drawn', 'chosen']) document.addEventListener(`inkdigits:${what}`, \
    ({ detail }) => told.push({ what, text: detail.answer?.text ?? null, kind: detail.blob?.type ?? null }))"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; where it is missing, the test is skipped."""
    need("chromium")
    need("libatomic.so.1")
    with start_chromium() as browser:
        yield browser


@dataclass
class Visit:
    """The page, open in a browser; `asked` are the addresses of all requests, `complaints` what the console got."""

    page: Page
    address: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def draw(self, *strokes: Points) -> None:
        """Strokes of the mouse, in shares of the pad's side."""
        self.page.locator("#ink").scroll_into_view_if_needed()
        box = self.page.locator("#ink").bounding_box()
        assert box is not None
        for stroke in strokes:
            (x, y), *others = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            self.page.mouse.move(x, y)
            self.page.mouse.down()
            for x, y in others:
                self.page.mouse.move(x, y, steps=3)
            self.page.mouse.up()

    def draw_seven(self) -> None:
        """Draw a 7, and wait until it is read, and until what led to it is there and of this answer."""
        self.draw(SEVEN)
        self.shows("draw-seen", "digit", "7")
        self.page.wait_for_function(
            "() => !document.querySelector('#draw-seen .looks[data-old]')"
            " && document.querySelector('#draw-seen [data-part=glyph]').naturalWidth === 28"
        )

    def shows(self, view: str, part: str, text: str) -> None:
        """Wait until a part of a view has this text."""
        self.page.wait_for_function(
            "([view, part, text]) => document.querySelector(`#${view} [data-part=${part}]`).textContent.includes(text)",
            arg=[view, part, text],
        )

    def part(self, name: str, view: str = "draw-seen") -> str:
        """The text of a part of a view."""
        return self.page.locator(f"#{view} [data-part={name}]").inner_text()

    def ink(self) -> int:
        """How many pixels of the pad have ink."""
        count: int = self.page.evaluate(
            "document.getElementById('ink').getContext('2d').getImageData(0, 0, 560, 560).data"
            ".filter((value, at) => at % 4 === 3 && value > 127).length"
        )
        return count

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the page's events told so far."""
        events: list[dict[str, Any]] = self.page.evaluate("told")
        return events

    def choose(self, name: str, content: bytes, kind: str = "image/png") -> None:
        """Choose a picture, and wait until it is read."""
        self.page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})
        self.page.wait_for_selector("#result:not([hidden])")

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is now."""
        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]


@contextmanager
def desk(browser: Browser, **context: Any) -> Iterator[Page]:
    """An empty tab in a window of its own, for one visit or several; `context` as Playwright's `new_context` takes
    it."""
    with browser.new_context(**context) as opened:
        page = opened.new_page()
        page.set_default_timeout(180_000)  # the machine may be busy
        page.add_init_script(READY)
        yield page


@contextmanager
def visiting_at(page: Page, address: str) -> Iterator[Visit]:
    """Open the service's page in a tab. At the end nothing may have been complained of, and no other host asked, and
    the tab is as empty as it was."""
    visit = Visit(page, address)
    hear: list[tuple[Any, Any, Any]] = [
        (page.context, "request", lambda request: visit.asked.append(request.url)),
        (page, "console", lambda message: visit.complaints.append(message.text)),
        (page, "pageerror", lambda error: visit.complaints.append(str(error))),
    ]
    for source, event, listener in hear:
        source.on(event, listener)
    try:
        page.goto(address)
        yield visit
        strangers = [url for url in visit.asked if not url.startswith((address, "blob:", "data:"))]
        assert not strangers, f"the page asked elsewhere: {strangers}"
        assert not visit.complaints, visit.complaints
    finally:
        for source, event, listener in hear:
            source.remove_listener(event, listener)
        page.evaluate("sessionStorage.clear()")  # all that the page keeps
        page.unroute_all(behavior="ignoreErrors")
        page.context.set_offline(False)
        page.context.clear_permissions()
        page.mouse.move(0, 0)
        page.goto("about:blank")


@contextmanager
def visiting(browser: Browser, address: str, **context: Any) -> Iterator[Visit]:
    """Open the service's page in a window of its own, as `desk` and `visiting_at` do."""
    with desk(browser, **context) as page, visiting_at(page, address) as visit:
        yield visit
