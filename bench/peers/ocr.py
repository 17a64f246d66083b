"""Other programs that read digits out of pictures, each asked as its users would: Tesseract and RapidOCR.

All get every page upright and opaque, as a PNG in its own colours, light ink on dark as it is, which they decode within
their time, as we do. Tesseract is asked for digits only. RapidOCR cannot be asked so, whole or its recogniser alone on
the whole picture as one line; `make_rapidocr_recogniser` also asks for digits only, by leaving it no other characters
to choose from. None is told where digits are or of what kind a picture is. None refuses single digits, so all that they
read counts as accepted, and a `?` of theirs is a sign. A picture that cannot be opened reads as nothing, for them as
for us.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.shared.digit_strings import Transcription, extract_digits
from inkdigits.errors import InkdigitsError
from inkdigits.reading.imaging.picture import load_pages
from inkdigits.reading.imaging.pixels import Pixels

TESSERACT_PAGE_MODES = (6, 7, 8, 10, 11, 13)  # a block, a line, a word, a character, sparse text, a raw line
Engine = Callable[[Path], Transcription]


def make_tesseract(page_mode: int) -> Engine:
    """The program `tesseract` in one of its page modes, with the digits as its only characters."""
    command = ["tesseract", "-", "-", "--psm", str(page_mode), "-c", "tessedit_char_whitelist=0123456789"]

    def read(path: Path) -> Transcription:
        pictures = _encode_pages(path)
        start = time.perf_counter()
        completed = [subprocess.run(command, input=picture, capture_output=True, check=False) for picture in pictures]
        return _accept_all("\n".join(page.stdout.decode("utf-8", "replace") for page in completed), start)

    return read


def has_tesseract() -> bool:
    """Whether the program is there, with the language that it reads by default."""
    if not shutil.which("tesseract"):
        return False
    completed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)
    return "eng" in completed.stdout.split()


def make_rapidocr() -> Engine:
    """RapidOCR with its own models and settings; its pieces of text are put in lines by `join_pieces`.

    It gives them by their top edges, which mixes up those of a line that are not quite level.
    """
    engine = _load_rapidocr()

    def read(path: Path) -> Transcription:
        pictures = _encode_pages(path)
        start = time.perf_counter()
        pages_read = [page for picture in pictures if (page := engine(picture)).txts]
        text = "\n".join(join_pieces(page.boxes, page.txts) for page in pages_read)
        return _accept_all(text, start, _multiply_scores(pages_read))

    return read


def make_rapidocr_recogniser(digits_only: bool = False) -> Engine:
    """RapidOCR's recogniser alone, on the whole picture as one line of text.

    It neither looks for text nor for pictures upside down, which both cost it right readings of single numbers. With
    `digits_only` its network can only answer digits and spaces, see `keep_digits`.
    """
    engine = _load_rapidocr()
    if digits_only:
        recogniser = engine._load_rec_model()  # else it is loaded with the first picture
        decode = recogniser.postprocess_op
        recogniser.postprocess_op = lambda probabilities, *args, **kwargs: decode(
            keep_digits(probabilities, decode.character), *args, **kwargs
        )

    def read(path: Path) -> Transcription:
        pictures = _encode_pages(path)
        start = time.perf_counter()
        pages_read = [page for picture in pictures if (page := engine(picture, use_det=False, use_cls=False)).txts]
        text = "\n".join(" ".join(page.txts) for page in pages_read)
        return _accept_all(text, start, _multiply_scores(pages_read))

    return read


def keep_digits(probabilities: NDArray[np.floating], characters: Sequence[str]) -> NDArray[np.floating]:
    """Zero for all that is no digit, no space and not CTC's blank, the first of the `characters`.

    `probabilities` are N×T×C, of C characters at each of T places from left to right.
    """
    is_kept = [place == 0 or character in {*"0123456789 "} for place, character in enumerate(characters)]
    return np.where(is_kept, probabilities, 0)


def _load_rapidocr() -> Any:
    return import_module("rapidocr").RapidOCR(params={"Global.log_level": "critical"})


def _multiply_scores(pages_read: Sequence[Any]) -> float:
    """The product of RapidOCR's own scores for all its pieces of text that have digits."""
    pieces = [piece for page in pages_read for piece in zip(page.txts, page.scores, strict=True)]
    return math.prod(float(score) for text, score in pieces if extract_digits(text))


def join_pieces(boxes: NDArray[np.floating], texts: Sequence[str]) -> str:
    """Pieces of text from top to bottom and left to right; `boxes` are their corners, N×4×2 (x, y in pixels).

    A piece belongs to the line above it when its middle is less than half a height below that line's first one.
    """
    middles, left = boxes[..., 1].mean(axis=1), boxes[..., 0].min(axis=1)
    half_heights = np.ptp(boxes[..., 1], axis=1) / 2
    lines: list[list[int]] = []
    for index in np.argsort(middles, kind="stable").tolist():
        if lines and middles[index] - middles[lines[-1][0]] < half_heights[lines[-1][0]]:
            lines[-1].append(index)
        else:
            lines.append([index])
    return "\n".join(" ".join(texts[place] for place in sorted(line, key=lambda p: left[p])) for line in lines)


def has_rapidocr() -> bool:
    return find_spec("rapidocr") is not None


def find_version(name: str) -> str:
    """The version of one of them, which must be installed."""
    if name != "tesseract":
        return metadata.version("rapidocr")
    completed = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True)
    return (completed.stdout or completed.stderr).split()[1]


def _encode_pages(path: Path) -> list[bytes]:
    """The pages of a picture, each as a PNG in colour."""
    try:
        return [bytes(cv2.imencode(".png", _to_bgr(page.image))[1]) for page in load_pages(path)]
    except InkdigitsError as error:
        print(error)
        return []


def _to_bgr(image: Pixels) -> Pixels:
    """As OpenCV writes pictures, uint8 H×W×3."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR), np.uint8)


def _accept_all(text: str, start: float, confidence: float | None = None) -> Transcription:
    seconds = time.perf_counter() - start
    return Transcription(text.replace("?", " "), extract_digits(text), seconds, confidence)
