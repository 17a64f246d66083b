"""Results → one web page, complete in itself, on which doubtful fields are corrected by eye: all of one name together.

The page saves its corrections as a file, which goes back into the results; they are checked by what the template says.
Nothing is loaded from anywhere.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from inkdigits.errors import UsageError
from inkdigits.files import read_bounded
from inkdigits.forms.rules import Comparison, FormRule, Membership
from inkdigits.forms.store import ResultStore, StoredField, StoredSheet
from inkdigits.forms.sums import find_value
from inkdigits.forms.tables import list_columns
from inkdigits.forms.template import FormField, Template, parse_template
from inkdigits.reading.output.hocr import escape
from inkdigits.reading.output.write import escape_surrogates

_FOLDER = Path(__file__).parent
_FIELDS_MARKER = "<!-- fields -->"
_MAX_BYTES, _MAX_CHARACTERS = 16 * 2**20, 200  # of a file of corrections, of a correction
_MISFIT = "not as its length, pattern, range or check says"
_NUMBER = re.compile(r"-?[0-9.,][0-9.,:/' -]*", re.ASCII)  # what no spreadsheet takes for a formula


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
        notes.append(f"written {field.text}, should be {field.reckoned}")
    if field.next_best:
        notes.append(f"next best {field.next_best}")
    place = escape(f"{sheet.file}, page {sheet.page}" if sheet.page > 1 else sheet.file)
    label = f"{escape(field.name)} of {place}"
    return (
        f'<div class="field"><img alt="{label}" src="data:image/png;base64,{picture}">'
        f'<input data-sheet="{sheet.number}" data-field="{escape(field.name)}" aria-label="{label}" '
        f'value="{escape(field.text)}" autocomplete="off" inputmode="decimal">'
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
    if isinstance(sheet, bool) or not isinstance(sheet, int) or not isinstance(field, str) or not isinstance(text, str):
        raise ValueError("no correction")
    if not 0 < sheet < 2**63:  # what SQLite can count
        raise ValueError("no sheet")
    if len(text) > _MAX_CHARACTERS:
        raise UsageError(f"{path} has a correction of more than {_MAX_CHARACTERS} characters; shorten it.")
    return sheet, escape_surrogates(field), text.strip()


def describe_template(template: Template) -> str:
    """What corrections are checked by, as JSON: the template without its blank, and the rosters' entries."""
    content = {**template.content, "blank": "-", "rules": [rule.text for rule in template.comparisons]}
    rosters = [(escape_surrogates(rule.text), rule.field, rule.entries) for rule in template.memberships]
    return json.dumps([content, rosters])


def restore_template(text: str) -> Template:
    """The template that `describe_template` told of, but for its blank."""
    content, rosters = json.loads(text)
    template = parse_template(content)
    memberships = [Membership(rule, field, tuple(entries)) for rule, field, entries in rosters]
    return replace(template, rules=(*template.rules, *memberships))


def list_checked(store: ResultStore, with_crops: bool = False) -> list[StoredSheet]:
    """All sheets, with what their rules say of what people corrected."""
    templates = _restore_templates(store)
    return [recheck_sheet(each, templates) for each in store.list_sheets(with_crops)]


def _restore_templates(store: ResultStore) -> dict[str, Template]:
    return {name: restore_template(content) for name, content in store.load_templates().items()}


def check_corrections(corrections: Sequence[tuple[int, str, str]], store: ResultStore) -> None:
    """Raise UsageError for a text that is nothing its field can say. What only breaks its form or a rule is no such
    thing, as it may be what is written; `recheck_sheet` tells of it."""
    templates = _restore_templates(store)
    by_number = {sheet.number: sheet for sheet in store.list_sheets()}
    for number, name, text in corrections:
        sheet = by_number.get(number)
        stored = None if sheet is None else next((each for each in sheet.fields if each.name == name), None)
        if sheet is None or stored is None or text in ("", stored.text, stored.read):
            continue
        template = templates.get(sheet.form or "")
        if not _can_say(None if template is None else template.get_field(name), text):
            raise UsageError(
                f"{text!r} cannot stand in the field {name!r} of {sheet.file}; correct it in the file of corrections, "
                "none of which was put in."
            )


def _can_say(field: FormField | None, text: str) -> bool:
    """Whether a text is a number of the field's kind, None for one of which nothing is known, that has room in it."""
    if not _NUMBER.fullmatch(text):
        return False
    if field is None:
        return True
    is_of_kind = text.isdecimal() if not field.has_signs else bool(field.values.list_values(text))
    return is_of_kind and field.has_room(text)


def recheck_sheet(sheet: StoredSheet, templates: Mapping[str, Template]) -> StoredSheet:
    """The sheet with what its rules say of its corrections: what a person changed may break rules that held, and keep
    rules that did not. What is at odds with them is doubtful until a person has confirmed it."""
    template, changes = templates.get(sheet.form or ""), {each.name: _find_times(each)[0] for each in sheet.fields}
    if template is None or not any(changes.values()):
        return sheet
    fields = {each.name: each for each in sheet.fields}
    for rule in template.rules:
        names = list(rule.factors) if isinstance(rule, Comparison) else [rule.field]
        if changed_at := max(changes[name] for name in names):
            fields |= {name: _forget_rule(fields[name], rule) for name in names}
            fields |= _tell_broken(rule, fields, template, changed_at)
    for known in template.fields:
        field = fields[known.name]
        if changes[known.name] and field.text and known.form and not known.form.weigh(field.text, known.values):
            fields[known.name] = _tell(field, _MISFIT, None, changes[known.name])
        if changes[known.name] and known.required and not field.text:
            fields[known.name] = _tell(field, "empty", None, changes[known.name])
    return replace(sheet, fields=tuple(fields.values()))


def _find_times(field: StoredField) -> tuple[str, str]:
    """When a person last changed a field, and when one last found it right as it was; "" for never."""
    changed_at = confirmed_at = ""
    before = field.read
    for text, at in field.history:
        changed_at, confirmed_at = (changed_at, at) if text == before else (at, confirmed_at)
        before = text
    return changed_at, confirmed_at


def _forget_rule(field: StoredField, rule: FormRule) -> StoredField:
    """The field without what was told of a rule when it was read."""
    ends = (f" not {rule.text}", f": {rule.text}") if isinstance(rule, Comparison) else ("not in the roster",)
    breaks = tuple(each for each in field.breaks if each != rule.text)
    doubts = tuple(each for each in field.doubts if not each.endswith(ends))
    return replace(field, breaks=breaks, doubts=doubts, reckoned=field.reckoned if breaks else None)


def _tell_broken(
    rule: FormRule, fields: Mapping[str, StoredField], template: Template, changed_at: str
) -> dict[str, StoredField]:
    """The fields at which a rule is told that does not hold by what counts: the total's, or all where there is none."""
    if isinstance(rule, Membership):
        field = fields[rule.field]
        return {} if field.text in ("", *rule.entries) else {field.name: _tell(field, rule.text, None, changed_at)}
    values = {name: find_value(template.get_field(name), fields[name].text) for name in rule.factors}
    holds = rule.judge(values)
    if holds is None:
        unknown = [name for name, value in values.items() if value is None and fields[name].text]
        return {name: _tell(fields[name], rule.unchecked_doubt, None, changed_at) for name in unknown}
    if holds:
        return {}
    reckoned = rule.write_reckoned(values)
    return {name: _tell(fields[name], rule.text, reckoned, changed_at) for name in rule.told_at}


def _tell(field: StoredField, why: str, reckoned: str | None, changed_at: str) -> StoredField:
    """The field that breaks something since a change: at odds with it, unless a person confirmed it later."""
    is_at_odds = field.is_at_odds or _find_times(field)[1] <= changed_at
    return replace(field, breaks=(*field.breaks, why), reckoned=reckoned or field.reckoned, is_at_odds=is_at_odds)
