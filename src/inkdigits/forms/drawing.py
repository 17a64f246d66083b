"""A template → one web page, complete in itself, on which its fields are drawn over the blank, named and told more of.

It saves the template. The sheet with its boxes is that of the editor of readings (reading/output/editing). Nothing is
loaded from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkdigits.reading.output.review import EDITING_FOLDER, join_modules, load_style

_FOLDER = Path(__file__).parent
_TEMPLATE_MARKER, _STYLE_MARKER, _SCRIPT_MARKER = "<!-- template -->", "/* style */", "/* script */"


def render_drawing(content: Mapping[str, Any]) -> str:
    """The page for a template as JSON has it, with its blank in it as a data URL."""
    page = (_FOLDER / "drawing.html").read_text(encoding="utf-8")
    script = join_modules([EDITING_FOLDER / "sheet.js", _FOLDER / "drawing.js"])
    safe = json.dumps(content, ensure_ascii=True).replace("<", "\\u003c")  # nothing in it can end the script
    filled = page.replace(_STYLE_MARKER, load_style()).replace(_SCRIPT_MARKER, script)
    return filled.replace(_TEMPLATE_MARKER, safe)
