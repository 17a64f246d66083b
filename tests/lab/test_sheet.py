import numpy as np
import pytest

from inkdigits.data.sets import mnist
from inkdigits.errors import UsageError
from inkdigits.lab.sheet import CELL, draw_sheet, examples
from tests.lab.examples import digits, words


def test_rows_are_classes_and_columns_the_first_of_each() -> None:
    some = digits([3, 0, 3, 9, 3])
    mosaic = examples(some, 2)
    assert mosaic.shape == (10 * CELL - 2, 2 * CELL - 2)
    for digit, column, place in ((3, 0, 0), (3, 1, 2), (0, 0, 1), (9, 0, 3)):
        top, left = digit * CELL, column * CELL
        assert np.array_equal(mosaic[top : top + 28, left : left + 28], some.images[place])
    assert not mosaic[0:28, CELL:].any(), "there is one 0 only"
    assert not mosaic[CELL : 3 * CELL].any(), "there is no 1 and no 2"


def test_every_class_has_its_count_beside_it() -> None:
    figure = draw_sheet(digits([3, 0, 3, 9, 3]))
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == list("0123456789")
    assert words(axes)[1:] == ["1", "0", "0", "3", "0", "0", "0", "0", "0", "1"]
    assert figure.get_suptitle() == "some digits: 5 digits"


def test_mnist_fills_every_cell() -> None:
    mosaic = examples(mnist.load("train").slice(0, 2000), 12)
    cells = np.pad(mosaic, ((0, 2), (0, 2))).reshape(10, CELL, 12, CELL)
    assert cells.max(axis=(1, 3)).min() > 100


@pytest.mark.parametrize("columns", [0, 41])
def test_a_row_too_short_or_too_long_is_refused(columns: int) -> None:
    with pytest.raises(UsageError, match="1 to 40"):
        draw_sheet(digits([1]), columns)
