"""A figure as a file: PNG or SVG, the same bytes every time, written whole or not at all."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Literal, get_args

import matplotlib
from matplotlib.figure import Figure

from inkdigits.errors import UsageError
from inkdigits.files import write_atomically

Kind = Literal["png", "svg"]
# matplotlib takes the seed of an SVG's inner names from its global settings only.
_settings = threading.Lock()


def save(figure: Figure, path: Path) -> None:
    """Write the figure as `path`'s ending says, .png or .svg.

    Raises UsageError for any other ending and WriteError when the place cannot be written.
    """
    write_atomically(path, encode(figure, path.suffix.removeprefix(".")))


def encode(figure: Figure, kind: str) -> bytes:
    """The figure as the bytes of a PNG or an SVG (text as outlines, so no font is needed to show it).

    Equal figures give equal bytes. Raises UsageError for a kind that is neither "png" nor "svg".
    """
    kind = kind.lower()
    if kind not in get_args(Kind):
        raise UsageError(f"Figures are written as png or svg, not as '{kind}'.")
    buffer = io.BytesIO()
    if kind == "png":
        figure.savefig(buffer, format="png")
    else:
        with _settings, matplotlib.rc_context({"svg.hashsalt": "inkdigits", "svg.fonttype": "path"}):
            figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
