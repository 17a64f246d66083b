"""Readings → one web page, complete in itself, on which they are corrected by eye and saved as CSV or JSON.

Every page is in it with its picture. What corrects them is the editor in editing/, which the service's page has too;
its modules are joined into one script here, since browsers load no modules from files. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from PIL import Image

from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.output.hocr import escape
from inkdigits.types import Failure, Reading

_FOLDER = Path(__file__).parent
EDITING_FOLDER = _FOLDER / "editing"
_EDITOR = ("characters", "formats", "corrections", "sheet", "card", "editor")  # its modules, each after what it imports
_PAGES_MARKER, _STYLE_MARKER, _SCRIPT_MARKER = "<!-- pages -->", "/* style */", "/* script */"
_MAX_SIDE_PX, _JPEG_QUALITY = 2000, 75  # of a page's picture
_SURROGATES = re.compile("[\ud800-\udfff]")


def render_begin() -> str:
    """What comes before the first page."""
    return _load_template()[0]


def render_end() -> str:
    """What comes after the last page."""
    return _load_template()[1]


@cache
def _load_template() -> tuple[str, str]:
    whole = (_FOLDER / "review.html").read_text(encoding="utf-8")
    script = join_modules([*(EDITING_FOLDER / f"{name}.js" for name in _EDITOR), _FOLDER / "review.js"])
    filled = whole.replace(_STYLE_MARKER, load_style()).replace(_SCRIPT_MARKER, script)
    before, _, after = filled.partition(_PAGES_MARKER)
    return before, after


def load_style() -> str:
    """What pages look like on which something is edited."""
    return "".join((EDITING_FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in ("theme", "editor"))


def join_modules(paths: Iterable[Path]) -> str:
    """Modules as one script, each after what it imports: none imports anything, and all of it is known to those after
    it."""
    script = "".join(path.read_text(encoding="utf-8") for path in paths)
    return re.sub(r"^export ", "", re.sub(r"^import .*\n", "", script, flags=re.MULTILINE), flags=re.MULTILINE)


def render_page(outcome: Reading | Failure, picture: Picture | None) -> str:
    """One page with its picture, which is None only for a failure."""
    if isinstance(outcome, Failure) or picture is None:
        message = outcome.message if isinstance(outcome, Failure) else ""
        return f'<p class="failed">{escape(message)}</p>\n'
    reading = outcome.as_dict() | {"seconds": 0.0}  # equal pages make equal files, however long they took to read
    content = json.dumps({"reading": reading, "picture": _render_picture(picture)}, ensure_ascii=False)
    safe = _SURROGATES.sub("\ufffd", content.replace("<", "\\u003c"))  # nothing in it can end the script
    return f'<script type="application/json" class="page">{safe}</script>\n'


def _render_picture(picture: Picture) -> str:
    """The page as a JPEG in a data URL, made smaller if it is large."""
    image = Image.fromarray(picture.image)
    image.thumbnail((_MAX_SIDE_PX, _MAX_SIDE_PX))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
