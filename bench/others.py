"""Other programs that read digits out of pictures, each asked as its users would: Tesseract and RapidOCR.

Both get the picture upright and opaque, as a PNG, and are asked for digits only. Neither refuses single digits, so all
that they give counts as accepted.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import cv2

from bench.strings import Answer, only_digits
from inkdigits.reading.picture import only_page

PAGE_MODES = (6, 7, 8, 10, 11, 13)  # a block, a line, a word, a character, sparse text, a raw line
Engine = Callable[[Path], Answer]


def tesseract(mode: int) -> Engine:
    """The program `tesseract` in one of its page modes, with the digits as its only characters."""
    command = ["tesseract", "-", "-", "--psm", str(mode), "-c", "tessedit_char_whitelist=0123456789"]

    def read(path: Path) -> Answer:
        picture = _png(path)
        start = time.perf_counter()
        done = subprocess.run(command, input=picture, capture_output=True, check=False)
        return _all_accepted(done.stdout.decode("utf-8", "replace"), start)

    return read


def has_tesseract() -> bool:
    return shutil.which("tesseract") is not None


def rapidocr() -> Engine:
    """RapidOCR with its own models and settings; of what it reads, the digits count."""
    engine = import_module("rapidocr").RapidOCR()

    def read(path: Path) -> Answer:
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            Path(file.name).write_bytes(_png(path))
            start = time.perf_counter()
            found = engine(file.name).txts
        return _all_accepted(" ".join(found or ()), start)

    return read


def has_rapidocr() -> bool:
    return find_spec("rapidocr") is not None


def _png(path: Path) -> bytes:
    return bytes(cv2.imencode(".png", cv2.cvtColor(only_page(path).image, cv2.COLOR_RGB2BGR))[1])


def _all_accepted(text: str, start: float) -> Answer:
    digits = only_digits(text)
    return Answer(digits, (True,) * len(digits), time.perf_counter() - start)
