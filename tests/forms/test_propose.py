"""Fields of a blank are found, and proposed for a template."""

import pytest

from inkdigits.forms.examples import EXAMPLES
from inkdigits.forms.proposing import propose_fields


@pytest.mark.parametrize("name", EXAMPLES)
def test_fields_are_proposed_where_the_template_has_them(name: str) -> None:
    blank, content = EXAMPLES[name]()
    proposals = propose_fields(blank)
    assert len(proposals) == len(content["fields"])
    for field in content["fields"]:
        x, y, width, height = field["box"]
        (own,) = [p for p in proposals if abs(p.box.x - x) < 5 and abs(p.box.y - y) < 5]
        assert abs(own.box.right - x - width) < 5 and abs(own.box.bottom - y - height) < 5
        assert own.cells == field.get("cells", 0)
