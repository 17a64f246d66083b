"""What lessons are made of beside text, code and figures: questions with folded answers, exercises, tables.

All of it is plain HTML and Markdown, so that it looks the same in marimo, in Jupyter and on the exported pages.
"""

from __future__ import annotations

import base64
import html
import inspect
import os
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import marimo as mo
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from inkdigits.course.lessons import WATCHED
from inkdigits.lab.save import encode

# marimo shows figures as it finds them here: lines and letters stay sharp at any size.
matplotlib.rcParams["savefig.format"] = "svg"

NEUTRAL, RIGHT, WRONG = "#6d7480", "#3f73a8", "#d9742b"  # grey, blue and orange, as in the figures


def question(prompt: str, *answer: str | Figure) -> mo.Html:
    """A question to answer before looking: `prompt` is Markdown, `answer` Markdown or figures, folded away."""
    return _framed(NEUTRAL, f"**Predict.** {prompt}", _folded("Answer", *answer))


def check(answer: Callable[..., Any], solution: Callable[..., Any], *cases: Sequence[Any]) -> mo.Html:
    """Say how an exercise stands. `answer` is the learner's function, `solution` ours, shown when it is unfolded;
    each case is a sequence of arguments that both are called with.

    Numbers, arrays and tensors are right when they have the solution's shape and are close to it. An `answer` that
    gives None or ... has not been written yet; one that raises is told so and raises nothing here.
    """
    ours = _folded("A solution", f"```python\n{textwrap.dedent(inspect.getsource(solution))}```")
    for case in cases:
        try:
            result = answer(*case)
        except Exception as error:  # whatever a learner's code may raise
            return _framed(WRONG, f"**Not yet.** Your function raised `{type(error).__name__}: {error}`.", ours)
        if result is None or result is ...:
            return _framed(NEUTRAL, f"**Your turn.** {_tell_where_to_write()}", ours)
        expected = solution(*case)
        if not same(result, expected):
            return _framed(
                WRONG, f"**Not yet.** It gives `{_brief(result)}`, and should give `{_brief(expected)}`.", ours
            )
    return _framed(RIGHT, "**Right.**", ours)


def _tell_where_to_write() -> str:
    """What to do with an exercise: write where the lesson can be changed, and elsewhere open it so that it can."""
    if WATCHED in os.environ and mo.app_meta().mode == "edit":
        return "Put your code in place of the dots above."
    return "To write this yourself, open a copy of your own: `inkdigits learn`, the lesson's number, `--edit`."


def same(result: Any, expected: Any) -> bool:
    """Whether two answers are equal; numbers, arrays and tensors may differ by what rounding leaves."""
    if isinstance(expected, str):
        return bool(result == expected)
    try:
        left, right = np.asarray(result, np.float64), np.asarray(expected, np.float64)
    except (TypeError, ValueError, RuntimeError):  # no numbers, or a tensor that still has its gradient
        return False
    return left.shape == right.shape and bool(np.allclose(left, right, rtol=1e-4, atol=1e-6))


def table(headings: Sequence[str], *rows: Sequence[object]) -> mo.Html:
    """A table in Markdown: the first column is words, all others are aligned to the right."""
    lines = [headings, [":--", *["--:"] * (len(headings) - 1)], *rows]
    return mo.md("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


def _folded(title: str, *parts: str | Figure) -> str:
    inside = "\n".join(_html(part) for part in parts)
    return f'<details style="margin-top: 0.5em"><summary style="cursor: pointer">{title}</summary>{inside}</details>'


def _framed(colour: str, text: str, below: str) -> mo.Html:
    style = f"border-left: 4px solid {colour}; padding: 0.4em 1em; margin: 0.5em 0"
    return mo.Html(f'<div style="{style}">{_html(text)}{below}</div>')


def _html(part: str | Figure) -> str:
    if isinstance(part, str):
        return mo.md(part).text
    picture = base64.b64encode(encode(part, "svg")).decode()
    return f'<img style="max-width: 100%" alt="figure" src="data:image/svg+xml;base64,{picture}">'


def _brief(value: object) -> str:
    words = " ".join(str(value).split())
    return html.escape(words if len(words) <= 60 else f"{words[:57]}...", quote=False).replace("`", "'")
