"""The template of a form: where its fields are, what is known of each, and which rules hold between them.

A template is a readable JSON file; `template.schema.json` beside this file describes it, docs/forms.md explains it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from inkdigits.errors import PictureError, UsageError, known_names
from inkdigits.files import read_bounded, write_atomically
from inkdigits.forms.rules import Comparison, FormRule, Membership, check_rules, parse_rule
from inkdigits.marks import Box
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.picture import load_single_page
from inkdigits.reading.imaging.pixels import Pixels, encode_png
from inkdigits.values import ValueKind, ValueRules

MARKER_DICTIONARIES = ("4x4_50", "5x5_50", "6x6_50", "apriltag_36h11")
FIELD_KINDS = ("integer", "decimal", "amount", "date", "time")
COLUMNS_BEFORE, COLUMNS_BEHIND = ("file", "page", "form"), ("confidence", "doubtful", "failure")  # of tables: no fields
_MAX_BYTES = 64 * 2**20  # of a template with its blank in it
_MAX_FIELDS, _MAX_RULES, _MAX_RULE_CHARACTERS = 500, 200, 4_000
_MIN_SIDE_PX, _MAX_SIDE_PX = 100, 20_000
_MIN_FIELD_PX = 8  # of a field's side
_NAME = re.compile(r"[^\W\d]\w{0,63}")
_DATA_URL = re.compile(r"data:image/(?:png|jpeg);base64,(?P<data>[A-Za-z0-9+/=\s]+)")
_KNOWN = {
    "template": ("$schema", "name", "width", "height", "blank", "markers", "fields", "rules"),
    "field": (
        *("name", "box", "cells", "length", "pattern", "as", "decimal", "decimals", "date_order"),
        *("range", "check", "required"),
    ),
}
_WIDEST_RANGE = 10**18  # of a field of which nothing is known


@dataclass(frozen=True, slots=True)
class FormField:
    """One place to write a number: its `box` in pixels of the template, and what is known of what stands there.

    `cells` is how many printed boxes it has, one digit in each, 0 for none. `form` and `values` are as in
    `inkdigits.read`; `range`, both ends included, is that of the values, where it is known. A `required` field is
    doubtful where nothing is written in it.
    """

    name: str
    box: Box
    cells: int = 0
    form: Form | None = None
    values: ValueRules = field(default_factory=lambda: ValueRules(kind="integer"))
    range: tuple[int, int] | None = None
    required: bool = False

    @property
    def has_signs(self) -> bool:
        """Whether points, commas and the like may be written in it."""
        return self.values.kind != "integer"

    def has_room(self, text: str) -> bool:
        """Whether its printed boxes, if it has any, are enough for the digits of a text."""
        return not self.cells or sum(character.isdecimal() for character in text) <= self.cells


@dataclass(frozen=True, eq=False)
class Template:
    """A form. Coordinates are pixels of a page of `width` × `height`, the blank's; `folder` is where its files lie, and
    `content` the JSON object that describes it."""

    name: str
    width: int
    height: int
    blank: str
    fields: tuple[FormField, ...]
    rules: tuple[FormRule, ...] = ()
    markers: str | None = None
    folder: Path = Path()
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def blank_grey(self) -> Pixels:
        """The blank's brightness, uint8 height×width. Raises UsageError if it is missing, or of another size."""
        match = _DATA_URL.fullmatch(self.blank)
        try:
            source: bytes | Path = base64.b64decode(match["data"]) if match else self.folder / self.blank
            grey = load_single_page(source).grey
        except binascii.Error as error:
            raise UsageError(f"The blank of {self.name!r} is no picture in base64 ({error}); embed it anew.") from error
        except PictureError as error:
            raise UsageError(f"The blank of {self.name!r} cannot be used: {error}") from error
        if grey.shape != (self.height, self.width):
            raise UsageError(
                f"The blank of {self.name!r} has {grey.shape[1]}×{grey.shape[0]} pixels, the template "
                f"{self.width}×{self.height}; they must be alike."
            )
        return grey

    def get_field(self, name: str) -> FormField:
        """The field of that name, which there is."""
        return next(each for each in self.fields if each.name == name)

    @property
    def comparisons(self) -> list[Comparison]:
        """The rules that are sums."""
        return [rule for rule in self.rules if isinstance(rule, Comparison)]

    @property
    def memberships(self) -> list[Membership]:
        """The rules that are rosters."""
        return [rule for rule in self.rules if isinstance(rule, Membership)]


def load_template(path: str | os.PathLike[str]) -> Template:
    """Load a template and check all of it. Raises UsageError, in one sentence, for the first fault that there is."""
    place = Path(path)
    data = read_bounded(place, _MAX_BYTES, f"The template {place}", "keep the blank in a file of its own")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The template {place} is not valid JSON ({error}); correct it, or make a new one.") from error
    try:
        return parse_template(content, place.parent)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error


def parse_template(content: Any, folder: Path = Path()) -> Template:
    """The template that a JSON object describes, checked; its files lie in `folder`. Raises UsageError."""
    written = _check_object(content, "template", "The template")
    width, height = (_check_whole(written.get(side), _MIN_SIDE_PX, _MAX_SIDE_PX, side) for side in ("width", "height"))
    name, blank = (_check_text(written.get(key), key) for key in ("name", "blank"))
    markers = written.get("markers")
    if markers is not None and markers not in MARKER_DICTIONARIES:
        raise UsageError(f"There are no markers {markers!r}; choose one of {', '.join(MARKER_DICTIONARIES)}.")
    fields = [_parse_field(each) for each in _check_list(written.get("fields"), _MAX_FIELDS, "fields")]
    _check_places(fields, width, height)
    names = [each.name for each in fields]
    texts = [_check_rule_text(each) for each in _check_list(written.get("rules", []), _MAX_RULES, "rules")]
    rules = tuple(parse_rule(text, names, folder) for text in texts)
    _check_summed(rules, fields)
    check_rules(rules, {each.name: each.range or (-_WIDEST_RANGE, _WIDEST_RANGE) for each in fields})
    return Template(name, width, height, blank, tuple(fields), rules, markers, folder, written)


def save_template(content: Mapping[str, Any], path: Path) -> None:
    """Write a template that `parse_template` takes, readably. Raises UsageError, and WriteError as all files do."""
    parse_template(content, path.parent)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    compact = re.sub(r"\[\s+(-?\d+(?:,\s+-?\d+)*)\s+\]", lambda match: f"[{' '.join(match[1].split())}]", text)
    write_atomically(path, compact + "\n")


def embed_blank(content: Mapping[str, Any], blank: Pixels) -> dict[str, Any]:
    """A template as JSON has it, with its blank, uint8 height×width, in it."""
    return {**content, "blank": f"data:image/png;base64,{base64.b64encode(encode_png(blank)).decode('ascii')}"}


def _parse_field(content: Any) -> FormField:
    named = content.get("name") if isinstance(content, dict) else None
    written = _check_object(content, "field", f"The field {named!r}")
    name = _check_text(named, "the name of a field")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name a field; take a letter, then letters, digits and _, at most 64.")
    if name in (*COLUMNS_BEFORE, *COLUMNS_BEHIND):
        raise UsageError(f"{name!r} cannot name a field, as every table has a column of that name; take another.")
    box = written.get("box")
    if not (isinstance(box, list) and len(box) == 4 and all(_is_whole(side) for side in box)):
        raise UsageError(f"The field {name!r} needs a box of four whole numbers: x, y, width, height in pixels.")
    if not isinstance(written.get("required", False), bool):
        raise UsageError(f"The field {name!r} is required or not: give true or false.")
    kind = written.get("as", "integer")
    if kind not in FIELD_KINDS:
        raise UsageError(f"The field {name!r} cannot be read as {kind!r}; choose one of {', '.join(FIELD_KINDS)}.")
    cells = _check_whole(written.get("cells", 0), 0, 100, f"cells of the field {name!r}")
    try:
        marks = {key: written[key] for key in ("decimal", "decimals", "date_order") if key in written}
        values = ValueRules(kind=cast(ValueKind, kind), **marks)
        form = _build_form(written)
    except (UsageError, TypeError, ValueError) as error:
        raise UsageError(f"The field {name!r}: {error}") from error
    if form is not None and form.length is not None and 0 < cells < form.length:
        raise UsageError(f"The field {name!r} has {cells} cells, too few for a length of {form.length}; correct one.")
    return FormField(name, Box(*box), cells, form, values, _find_range(written, form), written.get("required", False))


def _build_form(written: Mapping[str, Any]) -> Form | None:
    """What is known of the digits of a field, if anything."""
    known = {key: written[key] for key in ("length", "pattern", "check", "range") if written.get(key) is not None}
    if "length" in known:
        _check_whole(known["length"], 1, 100, "length")
    for key in ("pattern", "check", "range"):
        if key in known and not isinstance(known[key], str):
            raise UsageError(f"{key} is text, not {known[key]!r}.")
    return Form(**known) if known else None


def _find_range(written: Mapping[str, Any], form: Form | None) -> tuple[int, int] | None:
    """The least and the greatest value of a whole number, where that is known."""
    if written.get("as", "integer") != "integer":
        return None
    if form is not None and form.bounds is not None:
        return form.bounds
    digits = written.get("length") or written.get("cells")
    return (0, 10**digits - 1) if digits else None


def _check_places(fields: Sequence[FormField], width: int, height: int) -> None:
    """Raise UsageError where fields lie beyond the page, on each other, or share a name."""
    for index, each in enumerate(fields):
        box = each.box
        if box.width < _MIN_FIELD_PX or box.height < _MIN_FIELD_PX:
            raise UsageError(
                f"The field {each.name!r} is {box.width}×{box.height} pixels; make it {_MIN_FIELD_PX} at least."
            )
        if box.x < 0 or box.y < 0 or box.right > width or box.bottom > height:
            raise UsageError(f"The field {each.name!r} lies beyond the page of {width}×{height} pixels; move it.")
        for other in fields[:index]:
            if other.name == each.name:
                raise UsageError(f"Two fields are named {each.name!r}; rename one.")
            if (
                box.x < other.box.right and other.box.x < box.right
                and box.y < other.box.bottom and other.box.y < box.bottom
            ):  # fmt: skip
                raise UsageError(f"The fields {other.name!r} and {each.name!r} overlap; move one.")


def _check_summed(rules: Sequence[FormRule], fields: Sequence[FormField]) -> None:
    """Raise UsageError where dates or times are added, or a roster is asked for what is no plain number."""
    kinds = {each.name: each.values.kind for each in fields}
    rosters = Counter(rule.field for rule in rules if isinstance(rule, Membership))
    if twice := [name for name, count in rosters.items() if count > 1]:
        raise UsageError(f"The field {twice[0]!r} has two rosters; put all entries into one.")
    for rule in rules:
        names = rule.factors if isinstance(rule, Comparison) else [rule.field]
        allowed = ("integer", "decimal", "amount") if isinstance(rule, Comparison) else ("integer",)
        for name in names:
            if kinds[name] not in allowed:
                raise UsageError(f"The rule {rule.text!r} needs numbers, but {name!r} is of kind {kinds[name]}.")


def _check_object(content: Any, what: str, name: str) -> dict[str, Any]:
    """A JSON object with known keys only."""
    if not isinstance(content, dict):
        raise UsageError(f"{name} is no JSON object, but {type(content).__name__}; see docs/forms.md.")
    for key in content:
        if key not in _KNOWN[what]:
            raise UsageError(f"{name} has {key!r}, which no {what} has; {known_names(str(key), _KNOWN[what])}")
    return content


def _check_list(content: Any, most: int, name: str) -> list[Any]:
    if not isinstance(content, list) or len(content) > most or (name == "fields" and not content):
        least = 1 if name == "fields" else 0
        raise UsageError(f"The {name} of a template must be a list of {least} to {most} entries; see docs/forms.md.")
    return content


def _check_text(content: Any, name: str) -> str:
    if not isinstance(content, str) or not content.strip():
        raise UsageError(f"A template needs {name} as text, not {content!r}.")
    return content


def _check_rule_text(content: Any) -> str:
    text = _check_text(content, "a rule")
    if len(text) > _MAX_RULE_CHARACTERS:
        raise UsageError(f"The rule {text[:40]!r}… has more than {_MAX_RULE_CHARACTERS:,} characters; shorten it.")
    return text


def _is_whole(content: Any) -> bool:
    return isinstance(content, int) and not isinstance(content, bool)


def _check_whole(content: Any, low: int, high: int, name: str) -> int:
    if not _is_whole(content) or not low <= content <= high:
        raise UsageError(f"A template needs {name} as a whole number from {low} to {high}, not {content!r}.")
    return int(content)
