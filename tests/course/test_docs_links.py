"""docs/course.md says where each point of the lecture is: every link must lead to the heading that it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[\d+, ([^\]]+)\]\(\.\./([^)#]+)#L(\d+)\)")
LINKS = LINK.findall((ROOT / "docs" / "course.md").read_text(encoding="utf-8"))


def test_the_page_has_links_into_the_first_five_lessons() -> None:
    assert {Path(file).name[:2] for _, file, _ in LINKS} == {"01", "02", "03", "04", "05"}


@pytest.mark.parametrize(("heading", "file", "line"), sorted(set(LINKS)))
def test_a_link_leads_to_its_heading(heading: str, file: str, line: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    places = [number for number, text in enumerate(lines, 1) if text.strip(" #") == heading and "#" in text]
    assert int(line) in places, f"'{heading}' is at {places} of {file}"
