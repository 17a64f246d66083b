"""A picture as it is given (path, bytes, array) → upright pages in 8 bits, or one of our errors and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from inkdigits.errors import PictureError, SeveralPagesError
from inkdigits.reading.imaging.formats import is_pdf
from inkdigits.reading.imaging.frames import RasterFile
from inkdigits.reading.imaging.limits import Limits, check_bytes, check_size, read_bytes
from inkdigits.reading.imaging.pdf import PdfFile
from inkdigits.reading.imaging.pixels import Array, Pixels, convert_to_uint8, flatten_alpha

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
        """The page's brightness, uint8 H×W."""
        return (
            self.image if self.image.ndim == 2 else np.asarray(cv2.cvtColor(self.image, cv2.COLOR_RGB2GRAY), np.uint8)
        )


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
    limits = limits or Limits()
    if isinstance(source, np.ndarray):
        name = "array" if name is None else name
        yield Picture(name, 1, 1, _convert_array(source, name, limits))
    elif isinstance(source, bytes | bytearray | memoryview):
        yield from _decode_pages(bytes(source), "-" if name is None else name, limits)
    elif isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        yield from _decode_pages(_read_file(path, limits), path if name is None else name, limits)
    else:
        raise PictureError(f"A picture is a path, bytes or a numpy array, not {type(source).__name__}.")


def _decode_pages(data: bytes, name: str, limits: Limits) -> Iterator[Picture]:
    file = _open_file(data, name, limits)
    for page in range(1, file.count + 1):
        yield Picture(name, page, file.count, file.decode_page(page))


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
