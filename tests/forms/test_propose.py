"""Fields of a blank are found, and proposed for a template."""

import cv2
import numpy as np
import pytest

from inkdigits.forms.examples import EXAMPLES
from inkdigits.forms.proposing import build_template, propose_fields
from inkdigits.forms.template import embed_blank, parse_template


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


def test_a_frame_around_a_box_is_no_field() -> None:
    blank = np.full((800, 600), 255, np.uint8)
    cv2.rectangle(blank, (50, 100), (450, 200), 0, 2)
    cv2.rectangle(blank, (80, 130), (120, 170), 0, 2)
    (proposal,) = propose_fields(blank)
    assert proposal.box.width < 45
    parse_template(embed_blank(build_template("a", "a.png", blank), blank))
