"""What a network sees, as small PNGs in data URLs: layers, and the part of a digit that mattered."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_WIDER = 3  # times as wide as high: about what a sheet of maps should be


def data_url(image: Image.Image) -> str:
    """An image as PNG in a data URL."""
    return _url(image, "png", compress_level=1)  # higher levels take several times as long for a few per cent


def photo_url(image: Image.Image) -> str:
    """An image as JPEG in a data URL, for photos, which are large as PNG."""
    return _url(image, "jpeg", quality=85)


def _url(image: Image.Image, kind: str, **options: int) -> str:
    file = io.BytesIO()
    image.save(file, kind.upper(), **options)
    return _data(kind, file.getvalue())


def png_url(file: bytes) -> str:
    """The bytes of a PNG in a data URL."""
    return _data("png", file)


def _data(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64," + base64.b64encode(content).decode()


def glyph_url(glyph: NDArray[np.uint8]) -> str:
    """A glyph, uint8 28×28, bright on black."""
    return data_url(Image.fromarray(glyph))


def maps_url(maps: NDArray[np.float32]) -> str:
    """A layer's maps, C×H×W, side by side in rows, grey, with transparent lines between; the strongest answer of the
    layer is white, and what is 0 or less black."""
    count, height, width = maps.shape
    columns = count_columns(count)
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height + 1, width + 1, 2), np.uint8)  # each with a line below and to the right
    cells[:count, :height, :width, 0] = _colourise(np.sqrt(np.maximum(maps, 0)))  # the root shows what is faint
    cells[:count, :height, :width, 1] = 255
    sheet = cells.reshape(rows, columns, height + 1, width + 1, 2).swapaxes(1, 2)
    return data_url(Image.fromarray(sheet.reshape(rows * (height + 1), columns * (width + 1), 2)[:-1, :-1]))


def count_columns(count: int) -> int:
    """How many maps stand in a row, so that the sheet is wide and its rows are full, if that can be."""
    target = (_WIDER * count) ** 0.5
    full = min((each for each in range(1, count + 1) if count % each == 0), key=lambda each: abs(each - target))
    return full if target / 2 <= full <= target * 2 else round(target)


def occlusion_url(shares: NDArray[np.float32]) -> str:
    """Shares, H×W, as a white veil to be laid over a picture: opaque where they are greatest, nothing where they are
    0."""
    veil = _colourise(shares)
    return data_url(Image.fromarray(np.stack([np.full_like(veil, 255), veil], axis=2)))


def layer_url(activations: NDArray[np.float32]) -> str:
    """What a layer says: its maps, or D single units as one row."""
    return maps_url(activations if activations.ndim == 3 else activations.reshape(1, 1, -1))


def _colourise(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values → uint8, 255 for the greatest, 0 for 0 and below."""
    greatest = max(float(values.max(initial=0)), 1e-9)
    return np.asarray(np.clip(values, 0, None) * np.float32(255 / greatest), np.uint8)
