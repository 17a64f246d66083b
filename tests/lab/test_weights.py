import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from inkdigits.errors import UsageError
from inkdigits.lab.weights import draw_weights
from inkdigits.models.build import build_network
from tests.lab.examples import picture, words


def pictures(figure: Figure) -> list[np.ndarray]:
    """The weights drawn in a figure, but not its colour scale."""
    return [picture(axes) for axes in figure.axes if axes.images and axes.get_label() != "<colorbar>"]


def test_softmax_has_a_picture_a_digit() -> None:
    network = build_network("softmax")
    figure = draw_weights(network)
    learnt = network.state_dict()["logits.weight"].numpy()
    assert [words(axes)[0] for axes in figure.axes[:10]] == list("0123456789")
    assert np.allclose(np.stack(pictures(figure)), learnt.reshape(10, 28, 28))


def test_the_middle_colour_is_nought() -> None:
    for name in ("softmax", "mlp", "cnn"):
        low, high = next(axes for axes in draw_weights(build_network(name)).axes if axes.images).images[0].get_clim()
        assert low == -high < 0


def test_mlp_has_a_picture_and_ten_bars_a_unit() -> None:
    network = build_network("mlp", hidden=7)
    figure = draw_weights(network)
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    assert np.allclose(np.stack(pictures(figure)), state["hidden.weight"].reshape(7, 28, 28))
    bars = [[bar.get_height() for bar in axes.patches] for axes in figure.axes if len(axes.patches) == 10]
    assert np.allclose(np.array(bars), state["logits.weight"].T)


def test_of_many_units_those_with_the_greatest_say_are_drawn() -> None:
    network = build_network("mlp", hidden=50)
    outgoing = network.state_dict()["logits.weight"]
    outgoing[:, 30:] *= 10
    figure = draw_weights(network)
    headings = [words(axes)[0] for axes in figure.axes if axes.images and axes.get_label() != "<colorbar>"]
    assert headings == [f"unit {unit}" for unit in range(31, 51)]
    assert "50 hidden units, the 20 with the greatest say" in figure.get_suptitle()


@pytest.mark.parametrize(("name", "size"), [("cnn", "5×5"), ("fast", "5×5"), ("reader", "3×3")])
def test_a_convolutional_network_has_its_first_filters(name: str, size: str) -> None:
    network = build_network(name)
    figure = draw_weights(network)
    assert f"16 filters of {size} in" in figure.get_suptitle()
    assert np.allclose(np.stack(pictures(figure)), network.state_dict()["conv1.0.weight"].numpy()[:, 0])


def test_of_several_networks_the_first_filters_of_each_are_drawn() -> None:
    figure = draw_weights(build_network("best"))
    first = [value for name, value in build_network("best").state_dict().items() if name.endswith("conv1.0.weight")]
    assert len(first) == 3 and "24 filters of 5×5 in" in figure.get_suptitle()
    assert np.allclose(np.stack(pictures(figure)), torch.cat(first).numpy()[:, 0])


def test_another_network_is_refused() -> None:
    with pytest.raises(UsageError, match="weights of a Linear cannot be drawn"):
        draw_weights(nn.Linear(2, 3))
