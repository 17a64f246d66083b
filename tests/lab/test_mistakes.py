import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.lab.mistakes import draw_mistakes
from tests.lab.examples import answers, digits, picture, words

SOME = digits([1, 2, 3, 4])
SAID = answers([{1: 0.9}, {7: 0.6}, {8: 0.95}, {9: 0.99999}])


def test_the_most_confident_comes_first() -> None:
    figure = draw_mistakes(SOME, SAID, first=5001)
    drawn = [axes for axes in figure.axes if axes.images]
    assert [words(axes) for axes in drawn] == [
        ["4 taken for 9", "> 99.9 % sure", "no. 5004"],
        ["3 taken for 8", "95.0 % sure", "no. 5003"],
        ["2 taken for 7", "60.0 % sure", "no. 5002"],
    ]
    assert np.array_equal(picture(drawn[0]), SOME.images[3])
    assert figure.get_suptitle() == "some digits: 3 mistakes in 4 digits, the most confident first"


def test_only_the_worst_are_shown() -> None:
    figure = draw_mistakes(SOME, SAID, most=1)
    assert len([axes for axes in figure.axes if axes.images]) == 1
    assert figure.get_suptitle().endswith("3 mistakes in 4 digits, the 1 most confident")


def test_without_mistakes_the_figure_says_so() -> None:
    figure = draw_mistakes(digits([1]), answers([{1: 0.9}]))
    assert figure.get_suptitle() == "some digits: no mistake in 1 digits"
    assert figure.axes == []


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="1 to 60"):
        draw_mistakes(SOME, SAID, most=0)
    with pytest.raises(UsageError, match="3 logits for 4 digits"):
        draw_mistakes(SOME, SAID[:3])
