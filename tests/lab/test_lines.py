import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.lab.lines import draw_lines


def test_each_line_is_drawn_and_named_at_its_end() -> None:
    values = {"old": [0.9, 0.8, 0.7], "new": [0.1, 0.5, 0.6]}
    (axes,) = draw_lines((1, 10, 100), values, "T", below="images", up="right", scales=("log", "linear")).axes
    drawn = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in axes.get_lines()}
    assert drawn == {"old": [0.9, 0.8, 0.7], "new": [0.1, 0.5, 0.6]}
    assert {text.get_text() for text in axes.texts} == {"old", "new"}
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "images" and axes.get_title(loc="left") == "right"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "10", "100"]


def test_a_line_may_end_in_what_is_no_number() -> None:
    draw_lines((1, 2), {"diverged": [1.0, float("nan")]}, "T").canvas.draw()


def test_lines_of_other_lengths_and_too_many_are_refused() -> None:
    with pytest.raises(UsageError, match="as many points"):
        draw_lines((1, 2), {"a": [1.0]}, "T")
    with pytest.raises(UsageError, match="1 to 6"):
        draw_lines((1,), {str(number): [1.0] for number in range(7)}, "T")
