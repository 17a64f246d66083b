"""What `inkdigits form read` reads: templates, what lies beside them, and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from inkdigits.cli.inputs import Input
from inkdigits.errors import UsageError
from inkdigits.forms.template import Template, load_template


def load_templates(paths: Sequence[Path]) -> list[Template]:
    """The forms that sheets may be of. Raises UsageError for what is no template, and a form that is given twice."""
    templates: dict[str, Template] = {}
    for path in paths:
        template = load_template(path)
        if template.name in templates:
            raise UsageError(f"{path}: a form {template.name!r} is given already; give it once, or rename one.")
        templates[template.name] = template
    return list(templates.values())


def list_files(templates: Sequence[Template], pictures: Sequence[Input]) -> Iterator[str]:
    """The names of the templates' blanks and rosters, and of the pictures."""
    for template in templates:
        if not template.blank.startswith("data:"):
            yield str(template.folder / template.blank)
        for rule in template.memberships:
            yield str(template.folder / rule.file)
    yield from (each for each in pictures if isinstance(each, str))
