"""Render the pages of a PDF with PDFium at 200 dots an inch, where a pen's stroke is 3 to 6 pixels wide. Pages that
would be too large so are drawn smaller: phones make PDFs of photos whose every pixel is a point wide.

PDFium may be in one thread at a time. So all that is done with it is done under one lock, and nothing of it is kept
between two calls, where the garbage collector could let go of it in another thread: a document is opened for each page,
which takes far less time than drawing it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from inkdigits.errors import PictureError, PictureTooLargeError
from inkdigits.reading.imaging.limits import Limits, check_pages, check_size
from inkdigits.reading.imaging.pixels import Pixels

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

DPI = 200
_PIXELS_PER_POINT = DPI / 72  # a PDF measures in points, 72 an inch
_LARGE_PAGE_PX = 16_000_000  # of a page too large at 200 dots an inch: more than the photo has that it is made of
_LARGE_PAGE_SIDE_PX = 30_000  # and of either side of it
_SIDE_SLACK = 0.999  # sides are rounded up to whole pixels
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD of PDFium's fpdfview.h
_pdfium_lock = threading.Lock()


class PdfFile:
    """The pages of one PDF. Whatever PDFium trips over comes out as a PictureError."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._data, self._name, self._limits = data, name, limits
        with self._open() as document:
            self.count = len(document)
        check_pages(self.count, name, limits)
        if self.count < 1:
            raise PictureError(f"{name}: a PDF without pages; give one with pages.")

    def decode_page(self, page: int) -> Pixels:
        """Page `page` (from 1) as it is shown on a screen, uint8 H×W×3."""
        with self._open() as document:
            width, height = document.get_page_size(page - 1)
            scale = _choose_scale(width, height, self._limits)
            check_size(math.ceil(width * scale), math.ceil(height * scale), self._name, self._limits)
            return _render_page(document, page - 1, scale)

    @contextmanager
    def _open(self) -> Iterator[PdfDocument]:
        from pypdfium2 import PdfDocument, PdfiumError  # here, because loading it takes as long as reading a digit

        try:
            with _pdfium_lock, closing(PdfDocument(self._data)) as document:
                yield document
        except PictureError:
            raise
        except MemoryError as error:
            raise PictureTooLargeError(f"{self._name}: too large to draw; make its pages smaller.") from error
        except Exception as error:  # ctypes and numpy raise classes of their own where PDFium answers nonsense
            if isinstance(error, PdfiumError) and error.err_code == _PASSWORD_ERROR:
                message = f"{self._name}: a PDF with a password; save it without one."
                raise PictureError(message) from error
            raise PictureError(f"{self._name}: a damaged PDF; save it again.") from error


def _choose_scale(width: float, height: float, limits: Limits) -> float:
    """Pixels a point: as many as 200 dots an inch have, or fewer for a page that would have too many pixels then."""
    if width * height * _PIXELS_PER_POINT**2 <= limits.pixels:
        return _PIXELS_PER_POINT
    fitting = math.sqrt(min(limits.pixels, _LARGE_PAGE_PX) / (width * height))
    return _SIDE_SLACK * min(fitting, _LARGE_PAGE_SIDE_PX / max(width, height))


def _render_page(document: PdfDocument, index: int, scale: float) -> Pixels:
    with closing(document[index]) as page, closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:
        return np.ascontiguousarray(bitmap.to_numpy(), np.uint8)
