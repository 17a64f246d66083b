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
from inkdigits.reading.imaging.formats import opener
from inkdigits.reading.imaging.limits import Limits, check_pages, check_size
from inkdigits.reading.imaging.pixels import Array, Pixels, eight_bits, opaque

T = TypeVar("T")


class Frames:
    """The pages of one decoded file: all of a TIFF, the first or main one of other formats.

    Whatever Pillow trips over comes out as a PictureError.
    """

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        opened = opener(data, name)
        self._image = self._guarded(lambda: _quietly_opened(opened, data))
        self.count = self._guarded(self._counted)

    def pixels(self, page: int) -> Pixels:
        """Page `page` (from 1), upright, uint8 H×W or H×W×3."""
        turn = self._guarded(lambda: self._turned_to(page))
        return self._guarded(lambda: np.ascontiguousarray(turn(opaque(eight_bits(_to_array(self._image))))))

    def _counted(self) -> int:
        if self._image.format != "TIFF":
            return 1
        with _quietly():
            for page in range(1, self._limits.pages + 1):  # step by step: Pillow's own count takes no limit
                try:
                    self._image.seek(page)
                except EOFError:
                    return page
        check_pages(self._limits.pages + 1, self._name, self._limits)
        return 0  # never: the check has raised

    def _turned_to(self, page: int) -> Callable[[Array], Array]:
        """Go to the page, see that it is small enough, and say what will turn it upright."""
        with _quietly():
            if self.count > 1:
                self._image.seek(page - 1)
            check_size(*self._image.size, self._name, self._limits)
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


def _quietly_opened(opened: Callable[[io.BytesIO], Image.Image], data: bytes) -> Image.Image:
    with _quietly():
        return opened(io.BytesIO(data))


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


# --- modes ---------------------------------------------------------------------------------------------------------


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
