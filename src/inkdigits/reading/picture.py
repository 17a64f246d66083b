"""A picture as it is given (path, bytes, array) → upright pages in 8 bits, or one of our errors and nothing else."""

from __future__ import annotations

import importlib
import io
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TypeVar

import cv2
import numpy as np
from PIL import Image

from inkdigits.errors import PictureError, PictureTooLargeError, SeveralPagesError
from inkdigits.reading.pixels import Array, Pixels, eight_bits, opaque

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Array
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may cost: bytes of the file, pixels of one page, pages."""

    bytes: int = 64 * 2**20
    pixels: int = 100_000_000
    pages: int = 200


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One upright page. `image` is uint8, H×W (grey) or H×W×3 (red, green, blue); `page` counts from 1 to `pages`."""

    file: str
    page: int
    pages: int
    image: Pixels

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def grey(self) -> Pixels:
        """The page's brightness, uint8 H×W."""
        return (
            self.image if self.image.ndim == 2 else np.asarray(cv2.cvtColor(self.image, cv2.COLOR_RGB2GRAY), np.uint8)
        )


def only_page(source: Source, limits: Limits | None = None) -> Picture:
    """The one page of a picture, as `pages` gives it. Raises SeveralPagesError when there are more."""
    first = next(pages(source, limits))
    if first.pages > 1:
        raise SeveralPagesError(f"{first.file}: {first.pages} pages where one is expected; take `read_pages`.")
    return first


def pages(source: Source, limits: Limits | None = None, name: str | None = None) -> Iterator[Picture]:
    """Open `source` and give its pages one by one, upright, in 8 bits, transparency laid on a plain ground.

    `source` is a path, the bytes of a file, or an array of uint8 or uint16, H×W, H×W×3 (RGB) or H×W×4 (RGBA).
    `name` is what the pages call their file; by default the path, `-` for bytes and `array` for an array.
    A TIFF gives all its pages; other formats with several frames give the first.
    Raises PictureError, or PictureTooLargeError where `limits` are passed.
    """
    limits = limits or Limits()
    if isinstance(source, np.ndarray):
        name = "array" if name is None else name
        yield Picture(name, 1, 1, _from_array(source, name, limits))
    elif isinstance(source, bytes | bytearray | memoryview):
        yield from _decoded(bytes(source), "-" if name is None else name, limits)
    elif isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        yield from _decoded(_file_bytes(path, limits), path if name is None else name, limits)
    else:
        raise PictureError(f"A picture is a path, bytes or a numpy array, not {type(source).__name__}.")


# --- bytes ---------------------------------------------------------------------------------------------------------


def _file_bytes(path: str, limits: Limits) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(limits.bytes + 1)  # one more than allowed, so that endless files end here too
    except FileNotFoundError as error:
        raise PictureError(f"{path}: no such file; check the path.") from error
    except IsADirectoryError as error:
        raise PictureError(f"{path}: a folder, not a picture; name the pictures in it.") from error
    except PermissionError as error:
        raise PictureError(f"{path}: no permission to read this file.") from error
    except (OSError, ValueError) as error:
        raise PictureError(f"{path!r}: cannot be read ({error}).") from error


def _decoded(data: bytes, name: str, limits: Limits) -> Iterator[Picture]:
    if not data:
        raise PictureError(f"{name}: the file is empty; give a picture.")
    if len(data) > limits.bytes:
        raise PictureTooLargeError(f"{name}: more than {limits.bytes:,} bytes; make it smaller or raise Limits.bytes.")
    frames = _Frames(data, name, limits)
    for page in range(1, frames.count + 1):
        yield Picture(name, page, frames.count, frames.pixels(page))


# What a file begins with → Pillow's module and class for it. Pillow's own `Image.open` is not used: its limit on
# pixels is one global setting for the whole process, and it would try formats nobody expects from a camera or scanner.
_FORMATS: dict[bytes, tuple[str, str]] = {
    b"\xff\xd8\xff": ("JpegImagePlugin", "JpegImageFile"),
    b"\x89PNG\r\n\x1a\n": ("PngImagePlugin", "PngImageFile"),
    b"GIF87a": ("GifImagePlugin", "GifImageFile"),
    b"GIF89a": ("GifImagePlugin", "GifImageFile"),
    b"BM": ("BmpImagePlugin", "BmpImageFile"),
    b"II*\0": ("TiffImagePlugin", "TiffImageFile"),
    b"MM\0*": ("TiffImagePlugin", "TiffImageFile"),
    b"II+\0": ("TiffImagePlugin", "TiffImageFile"),
    b"MM\0+": ("TiffImagePlugin", "TiffImageFile"),
    b"RIFF": ("WebPImagePlugin", "WebPImageFile"),
    **{b"P" + digit: ("PpmImagePlugin", "PpmImageFile") for digit in (b"1", b"2", b"3", b"4", b"5", b"6")},
}

_quiet = threading.Lock()


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Pillow's warnings about odd headers to ourselves.

    Warning filters belong to the whole process, so one thread at a time may change them; decoding itself, the slow
    part, does not warn and needs no lock.
    """
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opener(data: bytes) -> Callable[[IO[bytes]], Image.Image] | None:
    for signature, (module, name) in _FORMATS.items():
        if data.startswith(signature):
            return getattr(importlib.import_module(f"PIL.{module}"), name)  # type: ignore[no-any-return]
    return None


class _Frames:
    """The pages of one decoded file. Whatever Pillow trips over comes out as a PictureError."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        opener = _opener(data)
        if opener is None:
            raise PictureError(f"{name}: not a picture; JPEG, PNG, TIFF, WebP, GIF, BMP and PPM can be read.")
        self._image = self._guarded(lambda: self._opened(opener, data))
        self.count = self._guarded(self._counted)

    def _opened(self, opener: Callable[[IO[bytes]], Image.Image], data: bytes) -> Image.Image:
        with _quietly():
            return opener(io.BytesIO(data))

    def _counted(self) -> int:
        if self._image.format != "TIFF":
            return 1
        with _quietly():
            for page in range(1, self._limits.pages + 1):  # step by step: Pillow's own count takes no limit
                try:
                    self._image.seek(page)
                except EOFError:
                    return page
        raise PictureTooLargeError(
            f"{self._name}: more than {self._limits.pages} pages; split it or raise Limits.pages."
        )

    def pixels(self, page: int) -> Pixels:
        """Page `page` (from 1), upright, uint8 H×W or H×W×3."""
        turn = self._guarded(lambda: self._turned_to(page))
        return self._guarded(lambda: np.ascontiguousarray(turn(opaque(eight_bits(_to_array(self._image))))))

    def _turned_to(self, page: int) -> Callable[[Array], Array]:
        """Go to the page, see that it is small enough, and say what will turn it upright."""
        with _quietly():
            if self.count > 1:
                self._image.seek(page - 1)
            _check_size(*self._image.size, self._name, self._limits)
            return _UPRIGHT.get(_orientation(self._image), _as_it_is)

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except PictureError:
            raise
        except (Image.DecompressionBombError, MemoryError) as error:
            raise PictureTooLargeError(f"{self._name}: too large to decode ({error}); make it smaller.") from error
        except Exception as error:  # Pillow's decoders raise nearly every built-in exception on damaged files
            raise PictureError(f"{self._name}: damaged or cut short ({error}); save the picture again.") from error


def _check_size(width: int, height: int, name: str, limits: Limits) -> None:
    if width < 1 or height < 1:
        raise PictureTooLargeError(f"{name}: {width}×{height} pixels, a side of length 0; give a picture with pixels.")
    if width * height > limits.pixels:
        raise PictureTooLargeError(
            f"{name}: {width}×{height} pixels, more than {limits.pixels:,}; make it smaller or raise Limits.pixels."
        )


# --- upright -------------------------------------------------------------------------------------------------------


def _as_it_is(image: Array) -> Array:
    return image


# EXIF orientation → what turns the stored pixels upright (the table of the EXIF 2.3 standard, tag 0x0112).
_UPRIGHT: dict[int, Callable[[Array], Array]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a damaged EXIF block is no reason to refuse the picture
        return 1


# --- arrays ------------------------------------------------------------------------------------------------------


def _to_array(image: Image.Image) -> Array:
    """A decoded Pillow image of any mode → an array H×W, H×W×3 or H×W×4, still with all its bits."""
    if image.mode in ("L", "RGB"):
        wanted = image if "transparency" not in image.info else image.convert("RGBA")
    elif image.mode.startswith("I") or image.mode == "F":
        wanted = image
    elif image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        wanted = image.convert("RGBA")
    else:
        wanted = image.convert("L" if image.mode == "1" else "RGB")
    return np.asarray(wanted)


def _from_array(array: Array, name: str, limits: Limits) -> Pixels:
    if array.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"{name}: an array of {array.dtype}; give uint8 or uint16.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4)):
        raise PictureError(f"{name}: an array of shape {array.shape}; give H×W, H×W×3 or H×W×4.")
    _check_size(array.shape[1], array.shape[0], name, limits)
    return np.ascontiguousarray(opaque(eight_bits(array)))
