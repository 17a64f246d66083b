"""A notebook with its outputs as one HTML page that asks nothing of any other place: styles and pictures are in it."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from inkdigits.course.lessons import Lesson

STYLE = Path(__file__).parent / "page.css"
CODE = ("friendly", "monokai")  # Pygments' styles for light and dark
FORMULA = re.compile(r"\$\$(?P<block>.+?)\$\$|(?<![\\$])\$(?P<line>[^$\n]+?)\$", re.DOTALL)
CODE_SPAN = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def page(notebook: Any, lesson: Lesson, before: Lesson | None, after: Lesson | None) -> str:
    """The page of one lesson, with links to its neighbours. `notebook` is nbformat 4."""
    neighbour_links = [
        f'<a href="{each.path.stem}.html">{each.number} {each.title}</a>' for each in (before, after) if each
    ]
    links = f'<nav><a href="index.html">All lessons</a> {" ".join(neighbour_links)}</nav>'
    cells = "\n".join(filter(None, map(render_cell, notebook.cells)))
    return _whole(f"{lesson.number} {lesson.title}", f"{links}\n{cells}\n{links}")


def contents(lessons: Sequence[Lesson]) -> str:
    """The page that lists the lessons."""
    rows = [
        f'<li value="{each.number}"><a href="{each.path.stem}.html">{html.escape(each.title)}</a>'
        f' (<a href="{each.path.stem}.ipynb">.ipynb</a>)<br>{html.escape(each.about)}</li>'
        for each in lessons
    ]
    head = "<h1>Learn by watching it learn</h1><p>The inkdigits course, run from start to end, to read. To turn its"
    return _whole("The lessons", f"{head} knobs, run <code>inkdigits learn</code>.</p><ol>{''.join(rows)}</ol>")


def markdown(text: str) -> str:
    """Markdown with tables and formulas ($…$ and $$…$$, as MathML) as HTML."""
    formulas: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        block = match["block"]
        formulas.append(convert(block or match["line"], display="block" if block else "inline"))
        return f"formula{len(formulas) - 1}formula"

    parts = CODE_SPAN.split(text)  # what is code stands at the odd places
    parts[::2] = [FORMULA.sub(set_aside, part) for part in parts[::2]]
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render("".join(parts))
    return re.sub(r"formula(\d+)formula", lambda match: formulas[int(match[1])], rendered)


def render_cell(cell: Any) -> str:
    """The HTML of one cell of a notebook, nbformat 4, with its outputs."""
    if cell.cell_type == "markdown":
        return f"<section>{markdown(cell.source)}</section>"
    outputs = "".join(map(_output, cell.get("outputs", [])))
    if "stages(" in cell.source:  # photos and drawings: turned to dark paper, they would be other pictures
        outputs = f'<div class="true">{outputs}</div>'
    code: str = highlight(cell.source, PythonLexer(), HtmlFormatter(cssclass="code"))
    settings = cell.metadata.get("marimo", {})
    if settings.get("config", {}).get("hide_code") or settings.get("name") == "setup":
        return f'{outputs}<details class="behind"><summary>code</summary>{code}</details>'
    return code + outputs


def _output(output: Any) -> str:
    """One thing that a cell gave; of several forms the best that a page can show."""
    if output.output_type == "stream":
        return f"<pre class='said'>{html.escape(output.text)}</pre>"
    data = output.get("data", {})
    if "image/png" in data:
        return f'<img alt="figure" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
    if "image/svg+xml" in data:  # as a picture of its own: within the page, names of its parts might clash with others'
        encoded = base64.b64encode("".join(data["image/svg+xml"]).encode()).decode()
        return f'<img alt="figure" src="data:image/svg+xml;base64,{encoded}">'
    if "text/html" in data:
        return f'<div class="gave">{data["text/html"]}</div>'
    if "text/markdown" in data:
        return f'<div class="gave">{markdown(data["text/markdown"])}</div>'
    text = data.get("text/plain", data.get("application/json", ""))
    return f"<pre class='said'>{html.escape(str(text))}</pre>" if text else ""


def _whole(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">\n'
        f"<style>{_styles()}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


@cache
def _styles() -> str:
    light, dark = (HtmlFormatter(style=style, cssclass="code").get_style_defs(".code") for style in CODE)
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n{STYLE.read_text(encoding='utf-8')}"
