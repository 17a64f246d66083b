"""Results → one web page, complete in itself, on which doubtful fields are corrected by eye: all of one name together.

The page saves its corrections as a file, which goes back into the results. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

from inkdigits.errors import UsageError
from inkdigits.files import read_bounded
from inkdigits.forms.store import StoredField, StoredSheet
from inkdigits.forms.tables import list_columns
from inkdigits.reading.output.hocr import escape
from inkdigits.reading.output.write import escape_surrogates

_FOLDER = Path(__file__).parent
_FIELDS_MARKER = "<!-- fields -->"
_MAX_BYTES, _MAX_CHARACTERS = 16 * 2**20, 200  # of a file of corrections, of a correction


def render_review(sheets: Sequence[StoredSheet]) -> tuple[str, int]:
    """The page, and how many fields are on it."""
    parts, count = list[str](), 0
    for name in list_columns(sheets):
        doubtful = [
            (sheet, each) for sheet in sheets for each in sheet.fields if each.name == name and each.is_doubtful
        ]
        if doubtful:
            rows = "".join(_render_row(sheet, each) for sheet, each in doubtful)
            parts.append(f"<section><h2>{escape(name)}</h2>\n{rows}</section>\n")
            count += len(doubtful)
    whole = (_FOLDER / "review.html").read_text(encoding="utf-8")
    return whole.replace(_FIELDS_MARKER, "".join(parts) or "<p>Nothing is doubtful.</p>"), count


def _render_row(sheet: StoredSheet, field: StoredField) -> str:
    """One field: its picture, what was read, and why it is doubtful."""
    picture = base64.b64encode(field.crop or b"").decode("ascii")
    notes = [*field.doubts, *field.breaks]
    if field.reckoned is not None:
        notes.append(f"written {field.read}, reckoned {field.reckoned}")
    if field.next_best:
        notes.append(f"next best {field.next_best}")
    place = escape(escape_surrogates(f"{sheet.file}, page {sheet.page}" if sheet.page > 1 else sheet.file))
    label = f"{escape(field.name)} of {place}"
    return (
        f'<div class="field"><img alt="{label}" src="data:image/png;base64,{picture}">'
        f'<input data-sheet="{sheet.number}" data-field="{escape(field.name)}" aria-label="{label}" '
        f'value="{escape(field.read)}" autocomplete="off" inputmode="decimal">'
        f'<button type="button">right as it is</button>'
        f"<span>{escape('; '.join(notes))}<br><small>{place}</small></span>"
        "</div>\n"
    )


def load_corrections(path: Path) -> list[tuple[int, str, str]]:
    """What the page saved: sheets, fields and their texts. Raises UsageError for a file that is no such thing."""
    data = read_bounded(path, _MAX_BYTES, str(path), "name another file of corrections")
    try:
        content = json.loads(data)
        return [_check_correction(each, path) for each in content["corrections"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} holds no corrections; save them on the page of `inkdigits form review`.") from error


def _check_correction(each: dict[str, object], path: Path) -> tuple[int, str, str]:
    sheet, field, text = each["sheet"], each["field"], each["text"]
    if not isinstance(sheet, int) or not isinstance(field, str) or not isinstance(text, str):
        raise ValueError("no correction")
    if len(text) > _MAX_CHARACTERS:
        raise UsageError(f"{path} has a correction of more than {_MAX_CHARACTERS} characters; shorten it.")
    return sheet, field, text.strip()
