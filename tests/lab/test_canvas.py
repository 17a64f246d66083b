import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits import read_digit
from inkdigits.errors import UsageError
from inkdigits.lab.canvas import PEN, SIDE, THREE, Canvas, rasterise
from tests.programs import need


def test_a_stroke_is_dark_ink_on_white_paper_as_wide_as_the_pen() -> None:
    picture = rasterise([[40, 140, 240, 140]], pen=20)
    assert picture.shape == (SIDE, SIDE) and picture.dtype == np.uint8
    assert picture[140, 140] == 0 and picture[100, 140] == 255
    assert abs(int((picture[:, 140] < 128).sum()) - 20) <= 2


def test_paper_for_a_number_is_wider() -> None:
    picture = rasterise([[500, 140, 500, 141]], width=560)
    assert picture.shape == (SIDE, 560) and picture[140, 500] == 0


def test_a_single_point_is_a_dot_and_no_stroke_an_empty_page() -> None:
    assert (rasterise([[100, 50]])[50, 100]) == 0
    assert (rasterise([]) == 255).all()


def test_the_three_that_stands_there_is_read_as_a_three() -> None:
    assert read_digit(rasterise(THREE)).text == "3"


@given(st.lists(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=40).filter(lambda s: len(s) % 2 == 0), max_size=5))
def test_whatever_the_browser_sends_stays_on_the_paper(strokes: list[list[float]]) -> None:
    assert rasterise(strokes).shape == (SIDE, SIDE)


@pytest.mark.parametrize("strokes", [[[1, 2, 3]], [[]], [["a", "b"]], [[float("nan"), 1]], [None], [[1, 2] * 20_001]])
def test_what_are_no_strokes_is_refused(strokes: list[list[float]]) -> None:
    with pytest.raises(UsageError):
        rasterise(strokes)


def test_the_canvas_begins_with_what_it_is_given_and_refuses_a_pen_it_has_not() -> None:
    canvas = Canvas(strokes=THREE)
    assert canvas.strokes == THREE and canvas.pen == PEN
    with pytest.raises(Exception, match="pen"):
        canvas.pen = 1000


def test_the_browsers_part_is_a_module_that_renders(tmp_path: object) -> None:
    source = Canvas(strokes=[])._esm
    code = f"import({json.dumps('data:text/javascript,')} + encodeURIComponent({json.dumps(str(source))}))"
    check = f"{code}.then(m => process.exit(typeof m.default.render === 'function' ? 0 : 1))"
    assert subprocess.run([need("node"), "-e", check], check=False, stdout=sys.stderr).returncode == 0
