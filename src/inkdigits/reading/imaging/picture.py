"""A picture as it is given (path, bytes, array) → upright pages in 8 bits, or one of our errors and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from inkdigits.errors import InkdigitsError, PictureError, SeveralPagesError
from inkdigits.reading.imaging.formats import is_pdf
from inkdigits.reading.imaging.limits import Limits, check_bytes, check_size, read_bytes
from inkdigits.reading.imaging.pdf import PdfFile
from inkdigits.reading.imaging.pixels import Array, Pixels, convert_to_grey, convert_to_uint8, flatten_alpha
from inkdigits.reading.imaging.raster import RasterFile
from inkdigits.types import Failure

T = TypeVar("T")
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Array


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One upright page. `image` is uint8, H×W (grey) or H×W×3 (red, green, blue); `page` counts from 1 to `pages`."""

    file: str
    page: int
    pages: int
    image: Pixels

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.image.shape[0])

    @property
    def grey(self) -> Pixels:
        """The page's brightness, or one of its colours where that tells ink from paper; uint8 H×W."""
        return convert_to_grey(self.image)


def load_single_page(source: Source, limits: Limits | None = None) -> Picture:
    """The one page of a picture, as `load_pages` gives it. Raises SeveralPagesError when there are more."""
    first = next(load_pages(source, limits))
    if first.pages > 1:
        raise SeveralPagesError(
            f"{first.file}: {first.pages} pages where one is expected; "
            "give a single page (in Python, `read_pages` takes several)."
        )
    return first


def count_pages(data: bytes, limits: Limits, name: str = "-") -> int:
    """How many pages a file's bytes have; none is decoded. Raises PictureError."""
    return _open_file(data, name, limits).count


def load_page(data: bytes, page: int, limits: Limits, name: str = "-") -> Picture:
    """One page, counted from 1, of a file's bytes; the others are not decoded. Raises PictureError."""
    file = _open_file(data, name, limits)
    if not 1 <= page <= file.count:
        raise PictureError(f"{name}: there is no page {page}; the file has {file.count}.")
    return Picture(name, page, file.count, file.decode_page(page))


def load_pages(source: Source, limits: Limits | None = None, name: str | None = None) -> Iterator[Picture]:
    """Open `source` and give its pages one by one, upright, in 8 bits, transparency laid on a plain ground.

    `source` is a path, the bytes of a file, or an array of uint8 or uint16, H×W, H×W×3 (RGB) or H×W×4 (RGBA).
    `name` is what the pages call their file; by default the path, `-` for bytes and `array` for an array.
    A TIFF or PDF gives all its pages, a PDF at 200 dots an inch; other formats with several frames give the first.
    Raises PictureError, or PictureTooLargeError where `limits` are passed.
    """
    name = name_source(source) if name is None else name
    count, decode = _open(source, name, limits or Limits())
    for page in range(1, count + 1):
        yield Picture(name, page, count, decode(page))


def attempt_pages(
    source: Source,
    limits: Limits,
    name: str | None,
    work: Callable[[Picture, float], T],
    tell: Callable[[InkdigitsError], str] = str,
) -> Iterator[T | Failure]:
    """What `work` makes of each page of a picture, given the page and when its loading began (time.perf_counter).

    What cannot be opened, decoded or worked on is a Failure in its place, in the words of `tell`; other pages follow.
    """
    start = time.perf_counter()
    name = name_source(source) if name is None else name
    try:
        count, decode = _open(source, name, limits)
    except InkdigitsError as error:
        yield Failure(name, 1, error.kind, tell(error))
        return
    for page in range(1, count + 1):
        try:
            outcome: T | Failure = work(Picture(name, page, count, decode(page)), start)
        except InkdigitsError as error:
            words = tell(error) if count == 1 else tell(error).replace(f"{name}: ", f"{name}, page {page}: ", 1)
            outcome = Failure(name, page, error.kind, words)
        yield outcome
        start = time.perf_counter()


def name_source(source: Source) -> str:
    """What the pages of a picture call their file: its path, `array` for an array, `-` for anything else."""
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    return "array" if isinstance(source, np.ndarray) else "-"


def _open(source: Source, name: str, limits: Limits) -> tuple[int, Callable[[int], Pixels]]:
    """How many pages a picture has, and what decodes one of them, counted from 1."""
    if isinstance(source, np.ndarray):
        pixels = _convert_array(source, name, limits)
        return 1, lambda _: pixels
    if isinstance(source, bytes | bytearray | memoryview):
        file = _open_file(bytes(source), name, limits)
    elif isinstance(source, str | os.PathLike):
        file = _open_file(_read_file(os.fsdecode(source), limits), name, limits)
    else:
        raise PictureError(f"A picture is a path, bytes or a numpy array, not {type(source).__name__}.")
    return file.count, file.decode_page


def _open_file(data: bytes, name: str, limits: Limits) -> PdfFile | RasterFile:
    if not data:
        raise PictureError(f"{name}: the file is empty; give a picture.")
    check_bytes(data, name, limits)
    return PdfFile(data, name, limits) if is_pdf(data) else RasterFile(data, name, limits)


def _read_file(path: str, limits: Limits) -> bytes:
    try:
        with open(path, "rb") as file:
            return read_bytes(file, limits)
    except FileNotFoundError as error:
        if not path:
            raise PictureError("An empty name is no file; give the name of a picture.") from error
        raise PictureError(f"{path}: no such file; check the path.") from error
    except IsADirectoryError as error:
        raise PictureError(f"{path}: a folder, not a picture; name the pictures in it.") from error
    except PermissionError as error:
        raise PictureError(f"{path}: no permission to read this file; check its permissions.") from error
    except (OSError, ValueError) as error:
        raise PictureError(f"{path!r}: cannot be read ({error}).") from error


def _convert_array(array: Array, name: str, limits: Limits) -> Pixels:
    if array.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"{name}: an array of {array.dtype}; give uint8 or uint16.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4)):
        raise PictureError(f"{name}: an array of shape {array.shape}; give H×W, H×W×3 or H×W×4.")
    if not array.size:
        raise PictureError(f"{name}: the array is empty; give a picture with pixels.")
    check_size(array.shape[1], array.shape[0], name, limits)
    return np.ascontiguousarray(flatten_alpha(convert_to_uint8(array)))
