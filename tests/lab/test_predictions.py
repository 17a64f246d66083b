import numpy as np
import pytest

from inkdigits.data.sets import mnist
from inkdigits.errors import UsageError
from inkdigits.lab import theme as style
from inkdigits.lab.predictions import LECTURE, choose_examples, draw_predictions
from tests.lab.examples import answers, digits, picture, words


def test_picture_label_and_ten_bars() -> None:
    some = digits([4, 7])
    axes = draw_predictions(some, answers([{9: 0.75, 4: 0.17}, {7: 0.91}]), (5003, 12)).axes
    above, right_above, below, right_below = (each for each in axes if each.axison)
    assert np.array_equal(picture(above), some.images[0])
    assert words(above) == ["no. 5003, label 4"]
    assert words(right_above) == ["no. 12, label 7"]
    bars = [bar.get_width() for bar in below.patches[10:]]
    assert bars == pytest.approx([0.01, 0.01, 0.01, 0.01, 0.17, 0.01, 0.01, 0.01, 0.01, 0.75], abs=1e-6)
    assert words(below)[0] == "says 9, it is 4"
    assert words(right_below)[0] == "says 7"


def test_truth_is_blue_and_a_wrong_guess_orange() -> None:
    below = draw_predictions(digits([4]), answers([{9: 0.75, 4: 0.17}]), (1,)).axes[3]
    colours = [bar.get_facecolor() for bar in below.patches[10:]]
    assert _hex(colours[4]) == style.BLUE
    assert _hex(colours[9]) == style.ORANGE
    assert {_hex(colours[digit]) for digit in (0, 1, 2, 3, 5, 6, 7, 8)} == {style.FAINT}


def test_the_lecture_looks_at_a_7_a_3_and_a_4() -> None:
    assert choose_examples(mnist.load("train"), LECTURE).labels.tolist() == [7, 3, 4]


def test_numbers_count_from_one() -> None:
    some = digits([5, 6, 7])
    assert choose_examples(some, [1, 3]).labels.tolist() == [5, 7]
    for number in (0, 4, -1):
        with pytest.raises(UsageError, match=f"has no digit {number}: they are numbered 1 to 3"):
            choose_examples(some, [1, number])


def test_lengths_that_do_not_agree_are_refused() -> None:
    with pytest.raises(UsageError, match="1 to 6 digits"):
        draw_predictions(digits([1, 2]), answers([{1: 0.9}]), (1, 2))
    with pytest.raises(UsageError, match="1 to 6 digits"):
        draw_predictions(digits([1] * 7), answers([{1: 0.9}] * 7), range(1, 8))


def _hex(colour: object) -> str:
    red, green, blue, _ = np.round(255 * np.asarray(colour, np.float64)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
