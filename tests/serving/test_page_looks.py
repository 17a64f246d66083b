"""The page for everybody: on a phone, in the dark, for a screen reader; quick, and alone with its service."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser

from inkdigits.serving.site import load_files
from tests.serving.browser import FENCE, SEVEN, Visit, visiting
from tests.serving.conftest import Service

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
ANSWERS = """async () => {
    const pad = document.getElementById("ink");
    const box = pad.getBoundingClientRect();
    pad.setPointerCapture = () => {};
    const to = (kind, down) => {
        const drawn = new Promise((done) => document.addEventListener("inkdigits:drawn", done, { once: true }));
        const [clientX, clientY] = [box.left + box.width / 2, box.top + down * box.height];
        pad.dispatchEvent(new PointerEvent(kind, { clientX, clientY }));
        return drawn;
    };
    const timed = async (work) => {
        const began = performance.now();
        await work();
        return performance.now() - began;
    };
    let blob = (await to("pointerdown", 0.2)).detail.blob;
    const [shown, asked] = [[], []];
    for (const down of [0.3, 0.4, 0.5, 0.6, 0.7]) {
        shown.push(await timed(async () => (blob = (await to("pointermove", down)).detail.blob)));
        const body = { method: "POST", body: blob, headers: { "Content-Type": blob.type } };
        asked.push(await timed(async () => (await fetch("/v1/inspect", body)).json()));
    }
    return [Math.min(...shown), Math.min(...asked)];
}"""


def with_everything(visit: Visit, page: bytes) -> None:
    """Show all there is of a picture."""
    visit.choose("page.png", page)
    visit.page.locator("#boxes [role=option]").first.click()
    visit.page.wait_for_selector("#chosen:not([hidden])")
    visit.page.click("#stages summary")
    visit.page.wait_for_selector("#stage-list img")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, service: Service, page: bytes, scheme: str) -> None:
    with visiting(browser, service.address, color_scheme=scheme) as visit:
        assert visit.violations() == []
        visit.draw_seven()
        assert visit.violations() == []
        visit.page.click("#clear")
        visit.draw(*FENCE)
        visit.shows("draw-seen", "digit", "?")
        visit.page.focus("#ink")
        visit.page.click("#tab-picture")
        with_everything(visit, page)
        assert visit.violations() == []
        visit.page.evaluate("document.getElementById('key').showModal()")
        assert visit.violations() == []


def test_axe_sees_what_is_wrong(visit: Visit) -> None:
    visit.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(each.startswith("button-name") for each in visit.violations())


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, service: Service, page: bytes) -> None:
    with visiting(browser, service.address, **PHONE) as visit:
        wide = "document.documentElement.scrollWidth"
        assert visit.page.evaluate(wide) == 360
        visit.draw_seven()
        assert visit.page.evaluate(wide) == 360
        with_everything(visit, page)
        assert visit.page.evaluate(wide) == 360
        assert visit.violations() == []


def test_light_and_dark_are_the_systems_choice(browser: Browser, service: Service) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        with visiting(browser, service.address, color_scheme=scheme) as visit:
            grounds.append(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = ([int(each) for each in re.findall(r"\d+", ground)] for ground in grounds)
    assert min(light) > 230 and max(dark) < 40


def test_nothing_moves_for_who_wants_that(browser: Browser, service: Service) -> None:
    moving = "getComputedStyle(document.querySelector('.bars .bar'), '::after').transitionProperty"
    for wish, wanted in (("no-preference", "scale"), ("reduce", "none")):
        with visiting(browser, service.address, reduced_motion=wish) as visit:
            assert visit.page.evaluate(moving) == wanted


def test_it_is_quick(browser: Browser, service: Service) -> None:
    # Beside what the service alone takes, for this machine may be slow and busy; bench/page.py has the milliseconds.
    def first_paint() -> float:
        with visiting(browser, service.address) as visit:
            visit.page.wait_for_function(f"() => {PAINTED}")
            return float(visit.page.evaluate(PAINTED))

    assert min(first_paint() for _ in range(3)) <= 6_000
    with visiting(browser, service.address) as visit:
        shown, asked = visit.page.evaluate(ANSWERS)
    assert shown < 4 * asked


def test_every_file_is_served_with_its_hash_and_kept_by_browsers(service: Service) -> None:
    assert len(load_files()) > 8
    for path, file in load_files().items():
        answer = service.ask("GET", path)
        assert (answer.status, answer.body) == (200, file.content)
        assert answer.headers["content-type"].startswith(file.kind) and answer.headers["cache-control"] == "no-cache"
        again = service.ask("GET", path, If_None_Match=f'"other", {answer.headers["etag"]}')
        assert (again.status, again.body) == (304, b"")
        assert again.headers["content-security-policy"] == answer.headers["content-security-policy"]
        assert service.ask("GET", path, If_None_Match='"other"').status == 200
        assert service.ask("HEAD", path).status == 200


@pytest.mark.parametrize("path", ["/page/", "/page/index.html", "/page/../app.py", "/page/%2e%2e/app.py", "/page/x.js"])
def test_nothing_else_is_served(service: Service, path: str) -> None:
    assert service.ask("GET", path).status == 404


def test_the_policy_lets_only_files_of_the_page_run(service: Service) -> None:
    answer = service.ask("GET", "/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://|<script(?! type=\"module\" src=)", answer.body.decode())


def test_a_script_that_was_put_in_does_not_run(visit: Visit) -> None:
    visit.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.bad = 1'}))"
    )
    assert visit.page.evaluate("window.bad") is None
    assert any("Content Security Policy" in each for each in visit.complaints)
    visit.complaints.clear()
    visit.draw(SEVEN)
    visit.shows("draw-seen", "digit", "7")
