# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Keeping the picture a picture

A convolution by hand on one digit, pooling, and a small convolutional network put together layer by layer. It shrugs
off what breaks the earlier networks, and gets over 99 % right after a few seconds of training.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="5 Keeping the picture a picture", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    from dataclasses import replace

    import marimo as mo
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import watch_training
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab.lines import draw_lines
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.theme import percent
    from inkdigits.lab.weights import draw_weights
    from inkdigits.models.build import build_network, compute_activations, count_parameters
    from inkdigits.training.evaluate import score_network
    from inkdigits.training.loop import create_state
    from inkdigits.training.recipes import get_recipe

    CPU = torch.device("cpu")


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 5 Keeping the picture a picture

    So far the networks got a row of 784 numbers. Lesson 2 shuffled the pixels of all images, and nothing got worse:
    these networks have no idea which pixels are neighbours. To an eye, neighbours are everything. An edge is a bright
    pixel next to a dark one, and a 7 is a 7 wherever it stands.

    The lecture ends by advising a network that keeps the image's structure. This lesson builds one. The idea is simple:
    instead of one large sheet for the whole image, take a **small stencil** (a *kernel* or *filter*), slide it
    over all places, and write down at each place how well it fits.
    """)
    return


@app.cell
def _():
    choosing = split(mnist.load("train"), "choosing")  # 55,000 to learn from, the last 5,000 for validation
    digit = torch.from_numpy(to_float(choosing.train.images[:1]))  # a 5

    assert digit.shape == (1, 1, 28, 28)  # images, channels, rows, columns
    return choosing, digit


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A convolution by hand

    Take a stencil of 3×3 numbers. At each place, multiply each number by the pixel under it and add up.

    ### Exercise 1

    Write that sum for one place: `image` is H×W, and the stencil's upper left corner is at row `r`, column `c`.
    """)
    return


@app.cell
def _():
    def at(image, stencil, r, c):
        """The sum of the products of `stencil`, 3×3, with the pixels under it."""
        ...

    return (at,)


@app.cell(hide_code=True)
def _(at, digit):
    def fits(image, stencil, r, c):
        return (image[r : r + 3, c : c + 3] * stencil).sum()

    _stencil = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
    assert fits(torch.ones(5, 5), torch.ones(3, 3), 1, 1) == 9
    check(at, fits, [digit[0, 0], _stencil, 10, 10], [digit[0, 0], torch.ones(3, 3), 0, 25])
    return (fits,)


@app.cell
def _(digit, fits):
    stencil = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])  # ink above, none below: a lower edge
    by_hand = torch.tensor([[fits(digit[0, 0], stencil, r, c) for c in range(26)] for r in range(26)])
    by_torch = F.conv2d(digit, stencil[None, None])

    assert by_torch.shape == (1, 1, 26, 26)
    assert torch.allclose(by_hand, by_torch[0, 0], atol=1e-5)
    return (stencil,)


@app.cell(hide_code=True)
def _():
    question(
        "A 3×3 stencil slides over 28×28 pixels without leaving the image. Why is the result 26×26?",
        "Its upper left corner can be in rows 0 to 25, which makes 28 − 3 + 1 = 26 places each way. Put a border of "
        "zeros around the image, one pixel wide (`padding=1`), and the result stays 28×28.",
    )
    return


@app.cell
def _():
    number = mo.ui.slider(1, 200, value=1, label="image", show_value=True, debounce=True)
    number
    return (number,)


@app.cell
def _(choosing, number, stencil):
    stencils = {
        "lower edges": stencil,
        "upper edges": -stencil,
        "right edges": stencil.T,
        "slanted": torch.tensor([[-1.0, -1, 2], [-1, 2, -1], [2, -1, -1]]),
    }
    chosen = choosing.train.images[number.value - 1]
    ink = torch.from_numpy(to_float(chosen[None]))
    maps = {name: F.conv2d(ink, each[None, None], padding=1)[0, 0] for name, each in stencils.items()}

    assert all(each.shape == (28, 28) for each in maps.values())
    pictures([chosen, *maps.values()], ["the digit", *maps], "One digit, and where four stencils fit",
             note="Orange: it fits. Blue: its opposite fits.")  # fmt: skip
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    These **feature maps** are pictures again. Each shows *where* something is. We gain three things at once:

    - a stencil has 9 weights, not 784, and all places share them;
    - what is learnt in one place is known everywhere;
    - neighbours stay neighbours, so a second layer can look for patterns *of patterns*.

    Nobody has to invent the stencils. They are weights: they start as noise and are learnt, like the sheets before.
    """)
    return


@app.cell
def _(digit):
    moved = torch.roll(digit, (2, 3), dims=(2, 3))  # two pixels down, three to the right
    any_stencil = torch.randn(1, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    first_moved = F.conv2d(moved, any_stencil, padding=1)
    then_moved = torch.roll(F.conv2d(digit, any_stencil, padding=1), (2, 3), dims=(2, 3))

    assert torch.allclose(first_moved, then_moved, atol=1e-6)  # for any stencil: move the image, and the map moves too
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Pooling

    We do not need to know *exactly* where a stroke is. Cut the map into fields of 2×2 and keep the largest number in
    each. The map is then half as high and half as wide, and a stroke can shift a little without changing anything.
    """)
    return


@app.cell
def _(digit):
    fields = digit[0, 0].reshape(14, 2, 14, 2)  # rows of fields, rows in one, columns of fields, columns in one
    pooled = fields.amax(dim=(1, 3))

    assert torch.equal(pooled, F.max_pool2d(digit, 2)[0, 0])
    pictures([digit[0, 0], pooled, F.max_pool2d(pooled[None], 2)[0]], ["28×28", "14×14", "7×7"], "Pooled, and again")
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Layer by layer

    Now stack them: 16 stencils of 5×5, then 32 that look at all 16 maps, then 64 that look at all 32. After each comes
    relu, and a *normalisation*, which keeps the numbers in a sensible range while everything below is still changing.
    At the end it no longer matters where something was found, only whether: from each of the 64 maps we keep the
    maximum and the mean. That makes 128 numbers, from which the ten judges of lesson 3 decide.
    """)
    return


@app.cell
def _(digit):
    def convolution(inputs, outputs, size, stride=1):
        return [
            nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]

    trunk = nn.Sequential(
        *convolution(1, 16, 5, stride=2),  # every second place: 28×28 → 14×14
        *convolution(16, 32, 3), nn.MaxPool2d(2),  # 14×14 → 7×7
        *convolution(32, 64, 3),  # 7×7
    )  # fmt: skip

    assert trunk(digit).shape == (1, 64, 7, 7)
    return (trunk,)


@app.cell
def _():
    network = build_network("fast")  # the project's: such a trunk (it pools before it normalises), MaxAndMean, Linear
    signals = compute_activations(network, torch.zeros(1, 1, 28, 28))

    assert list(signals) == ["conv1", "conv2", "conv3", "embedding", "logits"]
    assert signals["conv3"].shape == (1, 64, 7, 7) and signals["embedding"].shape == (1, 128)
    table(
        ["layer", "gives", "parameters"],
        *(
            [n, "×".join(map(str, signals[n].shape[1:])), f"{count_parameters(m):,}"]
            for n, m in network.named_children()
        ),
    )
    return (network,)


@app.cell(hide_code=True)
def _(network, trunk):
    _count = count_parameters(trunk) + 128 * 10 + 10
    assert _count == count_parameters(network) == 24_954
    question(
        "The network with 20 hidden units has 15,910 parameters. How many does this one have, with its 112 maps?",
        f"{_count:,}. Not many more, although its first layers look at each image in hundreds of places. Weights that "
        "all places share cost little to store and a lot to compute with.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ### Exercise 2

    How many weights does a convolution have, with `inputs` maps in, `outputs` maps out and stencils of `size`×`size`,
    without biases? (Each output has its own stencil for each input.)
    """)
    return


@app.cell
def _():
    def weights_of(inputs, outputs, size):
        """The number of weights in a convolution without biases."""
        ...

    return (weights_of,)


@app.cell(hide_code=True)
def _(weights_of):
    def counted(inputs, outputs, size):
        return inputs * outputs * size * size

    assert all(counted(*each) == nn.Conv2d(*each, bias=False).weight.numel() for each in ((1, 16, 5), (32, 64, 3)))
    check(weights_of, counted, [1, 16, 5], [16, 32, 3], [32, 64, 3])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Over 99 % in seconds

    It sees each of the 55,000 images twice, in batches of 256. For comparison, we train the network of lesson 4, with
    its 20 hidden units, on the same images.
    """)
    return


@app.cell
def _(choosing):
    recipe = get_recipe("fast").with_knobs(split="choosing", epochs=2)
    learning = watch_training(lambda: create_state(recipe, choosing, CPU), "Three convolutions")
    learning
    return learning, recipe


@app.cell
def _(choosing, learning):
    convolved = learning.result()
    trained = convolved.network
    convolutional = score_network(trained, choosing.held_out)

    assert convolutional.accuracy > 0.988
    mo.md(f"{count_parameters(trained):,} parameters, {convolved.step} steps, {convolved.seconds:.1f} s: "
          f"**{percent(convolutional.accuracy, 2)}** of 5,000 new images right.")  # fmt: skip
    return convolutional, trained


@app.cell
def _(choosing):
    learning_dense = watch_training(
        lambda: create_state(get_recipe("mlp").with_knobs(split="choosing", epochs=4), choosing, CPU), "784 → 20 → 10"
    )
    learning_dense
    return (learning_dense,)


@app.cell
def _(choosing, learning_dense):
    dense = learning_dense.result()
    hidden_layer = score_network(dense.network, choosing.held_out)

    assert 0.94 < hidden_layer.accuracy < 0.98
    return dense, hidden_layer


@app.cell(hide_code=True)
def _(convolutional, hidden_layer):
    _fewer = (1 - hidden_layer.accuracy) / (1 - convolutional.accuracy)
    assert _fewer > 2.5
    question(
        f"The hidden layer gets {percent(hidden_layer.accuracy)} right, the convolutional network "
        f"{percent(convolutional.accuracy)}. Is that a big difference?",
        f"Count the mistakes, not the successes: the hidden layer makes {_fewer:.1f} times as many. Near 100 %, "
        "that is the honest way to compare.",
    )
    return


@app.cell
def _(trained):
    draw_weights(trained)  # the 16 stencils it has found by itself
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Moved digits

    MNIST's digits are all in the middle, because somebody put them there. What if one is not? Move the new images to
    the right and test both networks. Neither has ever seen a moved digit.
    """)
    return


@app.cell
def _(choosing):
    def right_when_moved(network, pixels):
        moved = replace(choosing.held_out, images=np.roll(choosing.held_out.images, pixels, axis=2))
        return score_network(network, moved).accuracy

    return (right_when_moved,)


@app.cell
def _(dense, right_when_moved, trained):
    distances = (0, 1, 2, 3, 4)
    of_dense = [right_when_moved(dense.network, each) for each in distances]
    of_convolutional = [right_when_moved(trained, each) for each in distances]

    assert of_dense[4] < 0.45  # broken
    assert of_convolutional[2] > 0.95 and of_convolutional[4] > of_dense[4] + 0.3
    draw_lines(distances, {"convolutions": of_convolutional, "hidden layer": of_dense}, "Digits moved to the right",
          below="pixels", up="accuracy")  # fmt: skip
    return of_convolutional, of_dense


@app.cell
def _():
    pixels = mo.ui.slider(-6, 6, value=3, label="pixels to the right", show_value=True, debounce=True)
    pixels
    return (pixels,)


@app.cell
def _(choosing, dense, pixels, right_when_moved, trained):
    both = [right_when_moved(each, pixels.value) for each in (trained, dense.network)]
    mo.vstack(
        [
            mo.md(
                f"{pixels.value} pixels to the right: convolutions {percent(both[0])}, hidden layer {percent(both[1])}."
            ),
            pictures(np.roll(choosing.held_out.images[:5], pixels.value, axis=2), [""] * 5, "What the networks see"),
        ]
    )
    return


@app.cell(hide_code=True)
def _(of_convolutional, of_dense):
    question(
        "Move the digits by three pixels, a tenth of the image. Why does the hidden layer fail and the other not?",
        f"For the hidden layer ({percent(of_dense[3], 0)}) the ink now lies under other weights, which have learnt "
        "something else: to it, this is a different image. With convolutions the maps move along, and what we keep of "
        f"them at the end, maximum and mean, does not depend on place ({percent(of_convolutional[3], 0)}). It still "
        "loses a little: things look different at the border, and its first layer looks only at every second place.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The shuffled pixels, once more

    As lesson 2 promised: put the pixels of all images into another order, the same for all, and train again. The hidden
    layer will not mind. What about this one?
    """)
    return


@app.cell
def _(choosing, recipe):
    order = np.random.default_rng(0).permutation(784)

    def shuffled(digits):
        return replace(digits, images=digits.images.reshape(-1, 784)[:, order].reshape(-1, 28, 28))

    def mix():
        """All of the digits, shuffled."""
        return replace(choosing, train=shuffled(choosing.train), held_out=shuffled(choosing.held_out))

    learning_blind = watch_training(lambda: create_state(recipe, mix(), CPU), "Three convolutions, shuffled pixels")
    learning_blind
    return (learning_blind,)


@app.cell
def _(learning_blind):
    blind = learning_blind.result()
    without_neighbours = score_network(blind.network, blind.split.held_out).accuracy

    assert without_neighbours < 0.985
    return (without_neighbours,)


@app.cell(hide_code=True)
def _(convolutional, hidden_layer, without_neighbours):
    _more = (1 - without_neighbours) / (1 - convolutional.accuracy)
    assert abs(without_neighbours - hidden_layer.accuracy) < 0.02
    assert _more > 2
    question(
        "How many times as many mistakes does the convolutional network make when neighbours are no longer neighbours?",
        f"{_more:.0f} times as many. It gets {percent(without_neighbours)} right, about the same as a hidden layer "
        f"({percent(hidden_layer.accuracy)}). Its advantage was the assumption that neighbours belong together. Where "
        "that is true of the world, it is worth more than any number of parameters.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - A convolution slides a small stencil over all places: few weights, shared by all, and a map that moves when the
      image moves.
    - Pooling forgets exact places step by step; taking the maximum and the mean of each map forgets them altogether.
    - A network of three convolutions and 24,954 parameters makes a fraction of the hidden layer's mistakes.
    - It shrugs off moved digits, which break a hidden layer.
    - All of this relies on neighbours being neighbours. Shuffle the pixels, and the advantage is gone.

    In lesson 6 you learn to tell a real gain from a lucky one.
    """)
    return


if __name__ == "__main__":
    app.run()
