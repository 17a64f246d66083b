import numpy as np
import pytest
import torch

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.glyph import to_float
from inkdigits.lab import theme as style
from inkdigits.lab.answers import EnsembleLogits
from inkdigits.lab.neighbours import draw_nearest, pages
from inkdigits.models.build import build_network, compute_activations
from tests.helpers import make_digits
from tests.lab.examples import answers, digits

AMONG = make_digits(620, seed=1)  # two batches and a part of a third


def embedded(name: str, of: Digits) -> np.ndarray:
    with torch.inference_mode():
        said = compute_activations(build_network(name).eval(), torch.from_numpy(to_float(of.images)))
    return said["embedding"].numpy()


@pytest.mark.parametrize("name", ["softmax", "mlp"])
def test_neighbours_are_those_that_scikit_learn_finds(name: str) -> None:
    from sklearn.neighbors import NearestNeighbors

    asked = make_digits(30, seed=2)
    search = NearestNeighbors(n_neighbors=5, metric="cosine").fit(embedded(name, AMONG))
    _, places = search.kneighbors(embedded(name, asked))
    assert np.array_equal(draw_nearest(build_network(name), asked, AMONG, count=5), places)


def test_a_digit_is_its_own_nearest_wherever_it_lies() -> None:
    places = np.array([0, 249, 250, 619])
    asked = Digits(AMONG.images[places], AMONG.labels[places], "some of them")
    network = build_network("cnn", width=4).train()
    assert draw_nearest(network, asked, AMONG, count=1).ravel().tolist() == places.tolist()
    assert network.training  # as it was


def test_of_few_digits_there_are_few_neighbours() -> None:
    assert draw_nearest(build_network("softmax"), make_digits(2), make_digits(4)).shape == (2, 4)


def test_of_equals_the_earlier_comes_first() -> None:
    same = Digits(np.repeat(AMONG.images[:1], 300, axis=0), AMONG.labels[:300], "all alike")
    assert draw_nearest(build_network("softmax"), AMONG.slice(0, 1), same, count=3).tolist() == [[0, 1, 2]]


def mistaken(count: int) -> EnsembleLogits:
    """Digits labelled 1 that are taken for 7, each less confidently than the one before."""
    some = digits([1] * count)
    return EnsembleLogits(
        build_network("softmax"), some, 101, answers([{7: 0.99 - 0.01 * place} for place in range(count)])
    )


def test_a_row_is_the_mistake_and_its_neighbours() -> None:
    learnt = make_digits(30)
    (page,) = pages(mistaken(2), learnt)
    axes = page.axes[0]
    assert page.get_suptitle() == "some digits: 2 mistakes in 2 digits, 1 to 2"
    said = [text.get_text() for text in axes.texts]
    assert said[:3] == ["1 taken for 7", "99.0 % sure", "no. 101"] and said[15] == "1 taken for 7"
    drawn = [np.asarray(image.get_array()) for image in axes.images]
    places = draw_nearest(build_network("softmax"), mistaken(2).digits, learnt)
    assert len(drawn) == 2 * 7 and np.array_equal(drawn[0], mistaken(2).digits.images[0])
    assert all(np.array_equal(glyph, learnt.images[place]) for glyph, place in zip(drawn[1:7], places[0], strict=True))
    assert said[3:15:2] == [str(learnt.labels[place]) for place in places[0]]
    assert said[4:15:2] == [f"no. {place + 1}" for place in places[0]]


def test_a_neighbour_s_label_has_the_colour_of_whom_it_speaks_for() -> None:
    learnt = digits([1, 7, 3])
    (page,) = pages(mistaken(1), learnt)
    colours = {text.get_text(): text.get_color() for text in page.axes[0].texts[3::2]}
    assert colours == {"1": style.BLUE, "7": style.ORANGE, "3": style.INK}


def test_many_mistakes_are_paged_and_no_more_than_asked_for() -> None:
    titles = [page.get_suptitle().rsplit(", ", 1)[1] for page in pages(mistaken(19), make_digits(30))]
    assert titles == ["1 to 8", "9 to 16", "17 to 19"]
    assert len(list(pages(mistaken(19), make_digits(30), most=2))) == 2


def test_without_mistakes_the_page_says_so() -> None:
    right = EnsembleLogits(build_network("softmax"), digits([1]), 1, answers([{1: 0.9}]))
    (page,) = pages(right, make_digits(30))
    assert page.get_suptitle() == "some digits: no mistake in 1 digits" and page.axes == []


def test_no_page_is_refused() -> None:
    with pytest.raises(UsageError, match="number of pages must be at least 1"):
        list(pages(mistaken(1), make_digits(30), most=0))
