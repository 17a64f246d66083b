"""Lessons as files to read: notebooks with outputs, and pages that ask for nothing."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from inkdigits.course.export import export, replace_widgets
from inkdigits.course.lessons import Lesson, get_lesson
from inkdigits.course.page import markdown, page
from inkdigits.errors import ExportError

SMALL = '''"""A small lesson

For a test.
"""

import marimo

app = marimo.App()

with app.setup:
    import marimo as mo
    import numpy as np

    from inkdigits.course.teaching import question, table
    from inkdigits.lab.pictures import pictures


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 1 A small lesson

    Of $\\frac{a}{b}$ and `$5`.
    """)
    return


@app.cell
def _():
    units = mo.ui.slider(1, 60, value=20, label="hidden units", show_value=True)
    units
    return (units,)


@app.cell
def _(units):
    print("as it goes <on>")
    pictures([np.eye(4) * units.value], ["one"], "A picture")
    return


@app.cell
def _(units):
    assert units.value == VALUE
    mo.vstack([units, table(["a", "b"], ["x", 1]), pictures([np.eye(3)], ["one"], "In a stack")])
    return


@app.cell(hide_code=True)
def _():
    question("How many?", "Ten.")
    return


if __name__ == "__main__":
    app.run()
'''


def small(folder: Path, value: int, number: int = 1) -> Lesson:
    path = folder / f"{number:02}_small.py"
    path.write_text(SMALL.replace("VALUE", str(value)), encoding="utf-8")
    return Lesson(number, "A small lesson", "For a test.", path)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two exported lessons."""
    folder = tmp_path_factory.mktemp("exported")
    lessons = [small(tmp_path_factory.mktemp("source"), 20, number) for number in (1, 2)]
    names = [path.name for path in export(lessons, folder)]
    assert names == ["01_small.ipynb", "01_small.html", "02_small.ipynb", "02_small.html", "index.html"]
    return folder


def test_the_notebook_has_its_outputs_and_nothing_that_only_marimo_draws(exported: Path) -> None:
    text = (exported / "01_small.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any(output.get("text") == "as it goes <on>\n" for output in outputs)
    assert any("image/svg+xml" in output.get("data", {}) for output in outputs)
    assert "A knob in the notebook: hidden units, here at 20." in text
    assert "marimo-slider" not in json.dumps(outputs) and "marimo-ui" not in json.dumps(outputs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_whole_without_a_network(exported: Path, browser: Browser, scheme: str) -> None:
    asked: list[str] = []
    with browser.new_context(offline=True, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(120_000)  # the machine may be busy
        page.on("request", lambda request: asked.append(request.url))
        page.goto((exported / "01_small.html").as_uri())
        assert page.locator("h1").inner_text() == "1 A small lesson"
        assert page.locator("math mfrac").count() == 1 and "$5" in page.locator("section").inner_text()
        assert page.evaluate("[...document.images].map(each => each.naturalWidth > 0)") == [True, True]
        assert page.locator(".said").inner_text().strip() == "as it goes <on>"
        assert page.locator("table td").all_inner_texts() == ["x", "1"]
        fold = page.locator(".gave details")
        answer = fold.get_by_text("Ten.")
        assert not answer.is_visible()
        fold.locator("summary").click()
        assert answer.is_visible()
        ink, paper = page.evaluate("(style => [style.color, style.backgroundColor])(getComputedStyle(document.body))")
        assert (brightness(ink) < brightness(paper)) == (scheme == "light")
        page.get_by_role("link", name="2 A small lesson").first.click()
        page.get_by_role("link", name="All lessons").first.click()
        assert page.locator("li").count() == 2
    assert all(url.startswith(("file:", "data:")) for url in asked)


def brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))


def test_a_lesson_that_fails_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="Lesson 1 did not run to its end"):
        list(export([small(tmp_path, 21)], tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_what_only_marimo_can_draw_becomes_words() -> None:
    inner = "<marimo-slider data-label='&quot;&lt;b&gt;units&lt;/b&gt;&quot;' data-initial-value='20'></marimo-slider>"
    knob = f"<div><marimo-ui-element object-id='a'>{inner}</marimo-ui-element></div>"
    assert replace_widgets(knob) == "<div><p><em>A knob in the notebook: units, here at 20.</em></p></div>"
    assert "knob in the notebook: break, here at size." in replace_widgets(
        """<marimo-dropdown data-initial-value='[&quot;size&quot;]' data-label='&quot;break&quot;'></marimo-dropdown>"""
    )
    assert "click or draw" in replace_widgets("<marimo-anywidget data-initial-value='{}'></marimo-anywidget>")
    assert replace_widgets("<p>plain</p>") == "<p>plain</p>"


def test_photos_are_marked_so_that_dark_pages_do_not_turn_them() -> None:
    picture = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0="})  # type: ignore[no-untyped-call]
    for code, there in (('stages({"a": photo}, "b")', True), ('pictures([photo], ["a"], "b")', False)):
        cell = nbformat.v4.new_code_cell(code, outputs=[picture])  # type: ignore[no-untyped-call]
        notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
        assert ('<div class="true"><img' in page(notebook, get_lesson(1), None, None)) == there


def test_formulas_are_found_outside_code_only() -> None:
    assert markdown("$x^2$ and `$x$`").count("<math") == 1
    assert 'display="block"' in markdown("$$\\sum_i x_i$$")
    assert "<math" not in markdown("```python\na = '$1 $2'\n```") + markdown("It costs \\$5 or \\$6.")
