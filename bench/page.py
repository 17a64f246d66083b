"""How long a person waits for the page, in headless Chromium on this machine, and its picture for the docs.

    python -m bench.page               measure, and keep it; pages opened anew, medians of 15
    python -m bench.page --pictures    draw docs/pictures/page.png

`paint` is from asking for the page to its first contentful paint. `first` is from the moment the pen touches the pad to
the first frame that shows an answer, by the clock of the page, half a second after the page was there: nobody reaches
the pad sooner. `first_at_once` is the same while the browser is still making the page. `while_drawing` is the same for
every later movement of the pen, one at a time. `inspect` is the reader's own share, without HTTP. The service runs on
the same cores.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.files import write_atomically
from inkdigits.reading.reader import Reader

REPEATS = 15
PEN_DELAY_MS = 500  # milliseconds until the pen is on the pad
PICTURE_PATH = Path(__file__).parent.parent / "docs" / "pictures" / "page.png"
CHROMIUM_NAMES = ("chromium", "google-chrome", "chromium-headless-shell")
Stroke = list[tuple[float, float]]  # shares of the pad's side
SEVEN_STROKE: Stroke = [(0.3, 0.25), (0.5, 0.24), (0.7, 0.25), (0.62, 0.42), (0.54, 0.6), (0.46, 0.8)]
THREE_CENTRE, THREE_RADIUS = (0.47, 0.5), 0.17  # of the 3 that is drawn for the docs
CLOCK_SCRIPT = """
window.took = [];
let began = null;
const begin = (event) => { began ??= event.timeStamp; };
document.addEventListener("pointerdown", begin, { capture: true });
document.addEventListener("pointermove", (event) => event.buttons && begin(event), { capture: true });
document.addEventListener("inkdigits:drawn", () => requestAnimationFrame(() => {
    if (began !== null) took.push(performance.now() - began);
    began = null;
}));
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=REPEATS, help="fewer, to see that it works; nothing is kept then")
    parser.add_argument("--pictures", action="store_true", help="draw the picture of the docs instead")
    args = parser.parse_args()
    with start_service() as address, start_chromium() as browser:
        if args.pictures:
            write_atomically(PICTURE_PATH, draw_picture(browser, address))
            return
        result = measure_page(browser, address, args.times)
    for key, value in result.items():
        print(f"{key:<20} {value}")
    if args.times == REPEATS:
        store.save("page", result)


def measure_page(browser: Browser, address: str, repeats: int) -> store.Json:
    """Medians and worst, in milliseconds, after one page that is not counted."""
    paints, at_once, firsts, while_drawing = [], list[float](), list[float](), list[float]()
    for _ in range(repeats + 1):
        with open_page(browser, address) as page:
            paints.append(measure_first_paint_ms(page))
            at_once.append(draw_stroke(page, SEVEN_STROKE[:1])[0])
        with open_page(browser, address) as page:
            measure_first_paint_ms(page)
            page.wait_for_timeout(PEN_DELAY_MS)
            first, *others_ms = draw_stroke(page, SEVEN_STROKE)
            firsts.append(first)
            while_drawing += others_ms
    inspect_ms = measure_inspect_ms(repeats)
    return {
        "paint": median(paints[1:]),
        "paint_worst": max(paints[1:]),
        "first": median(firsts[1:]),
        "first_worst": max(firsts[1:]),
        "first_at_once": median(at_once[1:]),
        "while_drawing": median(while_drawing),
        "inspect": inspect_ms,
        "times": repeats,
        "chromium": browser.version,
        "load": os.getloadavg()[0],
    }


def measure_first_paint_ms(page: Page) -> float:
    expression = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    page.wait_for_function(f"() => {expression}")
    return float(page.evaluate(expression))


def draw_stroke(page: Page, stroke: Stroke, wait: bool = True) -> list[float]:
    """Draw, and wait for the answer to every movement before the next; how long each took, in milliseconds."""
    box = page.locator("#ink").bounding_box()
    assert box is not None
    for index, (x, y) in enumerate(stroke):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if index == 0:
            page.mouse.down()
        if wait:
            page.wait_for_function("count => took.length >= count", arg=index + 1)
    page.mouse.up()
    return [float(each) for each in page.evaluate("took")]


def measure_inspect_ms(repeats: int) -> float:
    """The reader's own share: the median, in milliseconds."""
    reader, durations_ms = Reader(threads=1), list[float]()
    image = np.kron(255 - mnist.load("train").images[0], np.ones((10, 10), np.uint8))
    for _ in range(repeats + 1):
        start = time.perf_counter()
        reader.inspect(image)
        durations_ms.append(1000 * (time.perf_counter() - start))
    return median(durations_ms[1:])


def draw_picture(browser: Browser, address: str) -> bytes:
    """A 3 drawn on the page and what it shows of it, in light and in dark halves: PNG."""
    halves = []
    for scheme in ("light", "dark"):
        with open_page(browser, address, color_scheme=scheme) as page:
            draw_stroke(page, trace_three(), wait=False)
            page.wait_for_selector("#draw-seen .looks:not([hidden])")
            page.wait_for_timeout(2000)  # the last answer is in, and the bars have moved
            halves.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    light, dark = halves
    combined = light.copy()
    combined.paste(dark.crop((light.width // 2, 0, *light.size)), (light.width // 2, 0))
    file = io.BytesIO()
    combined.quantize(128).save(file, "PNG", optimize=True)
    return file.getvalue()


def trace_three() -> Stroke:
    """The way of a pen that writes a 3."""
    upper = [(-150 + 230 * step / 12) for step in range(13)]  # degrees, clockwise from the right
    lower = [(-80 + 240 * step / 14) for step in range(15)]
    return [find_circle_point(angle, -0.85) for angle in upper] + [find_circle_point(angle, 0.95) for angle in lower]


def find_circle_point(angle: float, y_offset: float) -> tuple[float, float]:
    x, y = np.cos(np.radians(angle)), np.sin(np.radians(angle)) + y_offset
    return THREE_CENTRE[0] + THREE_RADIUS * float(x), THREE_CENTRE[1] + THREE_RADIUS * float(y)


@contextmanager
def start_service() -> Iterator[str]:
    """`inkdigits serve` on a free port; its address."""
    command = [str(Path(sys.executable).parent / "inkdigits"), "serve", "--port", "0", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


@contextmanager
def start_chromium() -> Iterator[Browser]:
    """The system's Chromium without a window."""
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser, address: str, color_scheme: str = "light") -> Iterator[Page]:
    """The page in a browser that has never seen it."""
    viewport = {"width": 1200, "height": 900}
    with browser.new_context(viewport=viewport, color_scheme=color_scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(300_000)  # who measures sees for himself that it takes too long
        page.add_init_script(CLOCK_SCRIPT)
        page.goto(address)
        yield page


if __name__ == "__main__":
    main()
