"""How long a learner waits for a lesson, in headless Chromium on this machine.

    python -m bench.course             measure all lessons both ways, and keep it; medians of 3 openings
    python -m bench.course 4           lesson 4 only; nothing is kept then

`story` is from opening a lesson's page to its title. `control` is from opening it until its first slider or drawing has
been used and its answer is there: the page is asked ten times a second whether the control is there, it is used at
once, and what stands below it must change. The lesson's server runs before the page is opened, as `inkdigits learn`
does, and on the same cores; the lesson itself has not begun. Each is opened to read (`inkdigits learn N`) and as a
copy of one's own (`inkdigits learn N --edit`).
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from playwright.sync_api import Browser, Locator, Page

from bench.shared import store
from bench.shared.chromium import start_chromium
from inkdigits.course.lessons import list_lessons

REPEATS = 3
WAYS = {"read": (), "own copy": ("--edit",)}  # of opening a lesson: the options of `inkdigits learn`
PATIENCE_MS = 300_000
FILM_WORDS = {4: "784 → 21 → 10", 6: "rate 0.0032"}  # that a training's film has once its slider has been moved
ADDRESS = re.compile(r"http://\S+")
ANSWER_SCRIPT = """() => {
  const cells = [...document.querySelectorAll('[data-cell-id]')];
  const first = cells.findIndex((cell) => cell.querySelector('marimo-slider, marimo-anywidget'));
  const outputs = cells.slice(first + 1).map((cell) => cell.querySelector('.output-area'));
  return outputs.find((output) => output?.innerText.trim() || output?.querySelector('img'))?.innerHTML ?? '';
}"""  # what stands below the first control


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lesson", type=int, nargs="*", help="only these; nothing is kept then")
    parser.add_argument("--times", type=int, default=REPEATS, help="openings of each lesson")
    args = parser.parse_args()
    numbers, times = args.lesson, args.times
    lessons = [each.number for each in list_lessons() if not numbers or each.number in numbers]
    with start_chromium() as browser:
        results = {
            way: {number: measure_lesson(browser, number, times, *options) for number in lessons}
            for way, options in WAYS.items()
        }
        version = browser.version
    if not numbers:
        store.save("course", results | {"times": times, "chromium": version, "load": os.getloadavg()[0]})


def measure_lesson(browser: Browser, number: int, times: int, *options: str) -> store.Json:
    """The medians, in seconds; `options` are the command's."""
    stories, controls = list[float](), list[float]()
    for _ in range(times):
        with serve_lesson(number, *options) as address:
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            start = time.perf_counter()
            page.goto(address)
            page.locator("h1").first.wait_for()
            stories.append(time.perf_counter() - start)
            use_control(page, number)
            controls.append(time.perf_counter() - start)
            page.close()
    print(
        f"{number:>2} {' '.join(options):6}  story {median(stories):5.1f} s   control {median(controls):5.1f} s",
        flush=True,
    )
    return {"story": median(stories), "control": median(controls), "controls": controls}


def use_control(page: Page, number: int) -> None:
    """Use the first slider or canvas as soon as something stands below it, and wait for what that changes."""
    kinds = "marimo-slider" if number in FILM_WORDS else "marimo-slider, marimo-anywidget"  # a film is the latter too
    cell = page.locator("[data-cell-id]").filter(has=page.locator(kinds)).first
    control = cell.locator("[role=slider], canvas").first
    control.scroll_into_view_if_needed()
    if number in FILM_WORDS:
        move(control)
        wait_until(page, lambda: has_film(control, FILM_WORDS[number]))
        return
    wait_until(page, lambda: page.evaluate(ANSWER_SCRIPT) != "")
    before = page.evaluate(ANSWER_SCRIPT)
    move(control)
    wait_until(page, lambda: page.evaluate(ANSWER_SCRIPT) not in ("", before))


def has_film(control: Locator, words: str) -> bool:
    """Whether a training's film has these words, once the place below the control has been brought into view."""
    control.evaluate("each => each.scrollIntoView({ block: 'start' })")
    films = control.page.get_by_alt_text("how it is learning")
    return any(words in unquote(source) for source in films.evaluate_all("all => all.map((each) => each.src)"))


def move(control: Locator) -> None:
    """One step of a slider to the right, or a stroke across a canvas."""
    if control.evaluate("each => each.tagName") != "CANVAS":
        control.press("ArrowRight")
        return
    box = control.bounding_box()
    assert box is not None
    mouse = control.page.mouse
    mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.35 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    mouse.up()


def wait_until(page: Page, is_there: Callable[[], bool]) -> None:
    """Ask ten times a second, at most as long as the page's patience."""
    end = time.perf_counter() + PATIENCE_MS / 1000
    while not is_there():
        if time.perf_counter() > end:
            raise TimeoutError("the control gave no answer")
        page.wait_for_timeout(100)


@contextmanager
def serve_lesson(number: int, *options: str) -> Iterator[str]:
    """`inkdigits learn` with a folder of its own; the address of the lesson."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        words = [str(number), "--no-browser", "--folder", folder, *options]
        command = [sys.executable, "-m", "inkdigits", "learn", *words]
        with open(log, "wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            while not (found := ADDRESS.search(log.read_text(encoding="utf-8"))):
                if process.poll() is not None:
                    raise RuntimeError(log.read_text(encoding="utf-8"))
                time.sleep(0.1)
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


if __name__ == "__main__":
    main()
