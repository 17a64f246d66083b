"""A picture file → its pages, decoded by Pillow, upright, in 8 bits."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from PIL import Image

from inkdigits.errors import PictureError, PictureTooLargeError
from inkdigits.reading.imaging.formats import find_opener
from inkdigits.reading.imaging.limits import Limits, check_pages, check_size
from inkdigits.reading.imaging.pixels import Array, Pixels, convert_to_uint8, flatten_alpha

T = TypeVar("T")


class RasterFile:
    """The pages of one decoded file: all of a TIFF, the first or main one of other formats.

    Whatever Pillow trips over comes out as a PictureError.
    """

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        open_image = find_opener(data, name)
        self._image = self._convert_errors(lambda: _open_quietly(open_image, data))
        self.count = self._convert_errors(self._count_pages)

    def decode_page(self, page: int) -> Pixels:
        """Page `page` (from 1), upright, uint8 H×W or H×W×3."""
        return self._convert_errors(lambda: self._decode_page(page))

    def _decode_page(self, page: int) -> Pixels:
        with _suppress_warnings():
            if self.count > 1:
                self._image.seek(page - 1)
            check_size(*self._image.size, self._name, self._limits)
        self._image.load()
        with _suppress_warnings():  # only now: Pillow turns TIFFs upright as it loads them, and forgets the tag
            turn_upright = _TURN_UPRIGHT.get(_read_orientation(self._image), _keep_orientation)
        pixels = flatten_alpha(convert_to_uint8(_convert_to_array(self._image)))
        return np.ascontiguousarray(turn_upright(pixels))

    def _count_pages(self) -> int:
        if self._image.format != "TIFF":
            return 1
        with _suppress_warnings():
            for page in range(1, self._limits.pages + 1):  # step by step: Pillow's own count takes no limit
                try:
                    self._image.seek(page)
                except EOFError:
                    return page
        check_pages(self._limits.pages + 1, self._name, self._limits)
        return 0  # never: the check has raised

    def _convert_errors(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except PictureError:
            raise
        except (Image.DecompressionBombError, MemoryError) as error:
            raise PictureTooLargeError(f"{self._name}: too large to decode ({error}); make it smaller.") from error
        except Exception as error:  # Pillow's decoders raise nearly every built-in exception on damaged files
            raise PictureError(f"{self._name}: damaged or cut short ({error}); save the picture again.") from error


_warnings_lock = threading.Lock()


@contextmanager
def _suppress_warnings() -> Iterator[None]:
    """Keep Pillow's warnings about odd headers to ourselves.

    Warning filters belong to the whole process, so one thread at a time may change them; decoding itself, the slow
    part, does not warn and needs no lock.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open_quietly(open_image: Callable[[io.BytesIO], Image.Image], data: bytes) -> Image.Image:
    with _suppress_warnings():
        return open_image(io.BytesIO(data))


# --- upright -------------------------------------------------------------------------------------------------------


def _keep_orientation(image: Array) -> Array:
    return image


# EXIF orientation → what turns the stored pixels upright (the table of the EXIF 2.3 standard, tag 0x0112).
_TURN_UPRIGHT: dict[int, Callable[[Array], Array]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


def _read_orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a damaged EXIF block is no reason to refuse the picture
        return 1


# --- modes ---------------------------------------------------------------------------------------------------------


def _convert_to_array(image: Image.Image) -> Array:
    """A decoded Pillow image of any mode → an array H×W, H×W×3 or H×W×4, still with all its bits."""
    if image.mode in ("L", "RGB"):
        converted = image if "transparency" not in image.info else image.convert("RGBA")
    elif image.mode.startswith("I") or image.mode == "F":
        converted = image
    elif image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        converted = image.convert("RGBA")
    else:
        converted = image.convert("L" if image.mode == "1" else "RGB")
    return np.asarray(converted)
