"""Compare the reader in a browser's tab with Python, picture by picture: python -m bench.tab [COUNT]

Kept: of how many pictures the glyph differs in any bit, the greatest difference of a probability, what is loaded, and
times, in Chromium.
Pictures are training digits as photographs have them: of any size, pen, light and polarity.
"""

import base64
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from bench.shared.chromium import start_chromium
from bench.shared.store import save
from inkdigits import Reader
from inkdigits.data.sets import mnist
from inkdigits.reading.imaging.pixels import encode_png
from website import tab_files

ROOT = Path(__file__).parents[1]
COUNT = 1000
_READ = """
base64 => new Promise((resolve, reject) => {
  document.addEventListener("inkdigits:read", ({ detail }) => resolve(detail), { once: true });
  setTimeout(() => reject(document.getElementById("tab-state").textContent), 60000);
  const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  const input = document.getElementById("tab-file"), chosen = new DataTransfer();
  chosen.items.add(new File([bytes], "digit.png", { type: "image/png" }));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change"));
})
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One picture in the tab and in Python."""

    is_same_glyph: bool
    max_difference: float  # of a probability
    milliseconds: float  # that the tab took


@cache
def _load_reader() -> Reader:
    return Reader(threads=1)


@cache
def _load_digits() -> NDArray[np.uint8]:
    return mnist.load("train").images


def draw_picture(index: int) -> NDArray[np.uint8]:
    """Picture `index`, uint8 H×W, always the same: a training digit, enlarged, on paper of its own."""
    generator = np.random.default_rng(index)
    digits = _load_digits()
    side = int(np.exp(generator.uniform(np.log(8), np.log(700))))
    method = cv2.INTER_AREA if side < 28 else cv2.INTER_CUBIC
    ink = cv2.resize(digits[generator.integers(len(digits))], (side, side), interpolation=method)
    ink = np.pad(ink, int(generator.uniform(0, side / 2))).astype(np.float64) / 255
    light = np.linspace(1, generator.uniform(0.5, 1), ink.shape[1])
    paper, contrast = generator.uniform(120, 250) * light, generator.uniform(0.3, 1)
    image = paper * (1 - contrast * ink) + generator.normal(0, generator.uniform(0, 6), ink.shape)
    grey = np.clip(image, 0, 255).astype(np.uint8)
    return 255 - grey if generator.random() < 0.3 else grey


def compare(page: Page, image: NDArray[np.uint8]) -> Comparison:
    """Read a picture on the open page, and in Python."""
    read = page.evaluate(_READ, base64.b64encode(encode_png(image)).decode())
    expected = _load_reader().inspect(image, brief=True)
    glyph = np.array(read["glyph"]).reshape(28, 28)
    is_same = bool(np.array_equal(glyph, expected.glyph))
    differences = np.abs(np.array(read["probabilities"]) - expected.probabilities)
    difference = max(float(differences.max()), abs(read["digitness"] - expected.digit.digitness))
    return Comparison(is_same, difference, read["milliseconds"])


class _SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve the files of a folder on loopback, without a word; the address ends with a slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_SilentHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def measure(count: int) -> dict[str, object]:
    """Read `count` pictures on a page that has nothing else on it."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        tab_files.write_tab(tab_files.fetch_packages(ROOT / "runs" / "site" / "npm"), site / "tab")
        (site / "_static").mkdir()
        (site / "_static" / "tab.js").write_bytes((ROOT / "website" / "static" / "tab.js").read_bytes())
        page_html = (tab_files.FOLDER / "page.html").read_text(encoding="utf-8")
        (site / "index.html").write_text(f"<!doctype html><meta charset=utf-8>{page_html}", encoding="utf-8")
        loaded_bytes = sum(path.stat().st_size for path in (site / "tab").iterdir())
        with serve_folder(site) as address, start_chromium() as browser:
            page = browser.new_page()
            begun = time.perf_counter()
            page.goto(f"{address}index.html")
            page.wait_for_function("document.getElementById('tab-state').dataset.readySeconds")
            ready_seconds = float(page.locator("#tab-state").get_attribute("data-ready-seconds") or "nan")
            page.evaluate(_READ, base64.b64encode(encode_png(draw_picture(0))).decode())
            answer_seconds = time.perf_counter() - begun
            compared = [compare(page, draw_picture(index)) for index in range(count)]
    return {
        "pictures": count,
        "different_glyphs": sum(not each.is_same_glyph for each in compared),
        "different_probabilities": sum(each.max_difference >= 1e-4 for each in compared),
        "max_difference": max(each.max_difference for each in compared if each.is_same_glyph),
        "loaded_bytes": loaded_bytes,
        "load": os.getloadavg()[0],
        "ready_seconds": ready_seconds,
        "answer_seconds": answer_seconds,
        "median_milliseconds": statistics.median(each.milliseconds for each in compared),
    }


if __name__ == "__main__":
    save("tab", measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
