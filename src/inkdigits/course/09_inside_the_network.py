"""Inside the network

What the filters look for and what the layers make of your own digit; which part of it mattered; the training digits it
takes for alike; a network that thinks in a plane, drawn exactly; and what happens when one meddles with a neuron.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="9 Inside the network", width="medium")

with app.setup:
    from collections import OrderedDict

    import marimo as mo
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    from inkdigits import Reader
    from inkdigits.course.teaching import check, question, table
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab.canvas import THREE, Canvas, drawn
    from inkdigits.lab.hover import hover_map
    from inkdigits.lab.lines import lines
    from inkdigits.lab.maps import maps, mattered
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.plane import decision_map, regions
    from inkdigits.lab.theme import percent
    from inkdigits.lab.weights import weights
    from inkdigits.models.build import compute_activations, count_parameters
    from inkdigits.models.fast import FastNet


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 9 Inside the network

    It is often said that nobody knows what goes on inside a network. But it is all there: every number can be looked
    at, changed, and put back. The difficulty is only that there are many numbers, so one must ask well. This lesson
    asks in seven ways.

    Some of them are about *your* digit. Draw one, or keep the three.
    """)
    return


@app.cell
def _():
    canvas = mo.ui.anywidget(Canvas(strokes=THREE))
    canvas
    return (canvas,)


@app.cell
def _(canvas):
    reader = Reader()
    mine = reader.inspect(drawn(canvas.value["strokes"], canvas.value["pen"]))

    assert reader.inspect(drawn(THREE)).digit.digit == 3
    mo.md(f"The project's own network sees a **{mine.digit.digit}**, {percent(mine.digit.confidence)} sure.")
    return mine, reader


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 1 What do the layers make of it?

    Each layer of a convolutional network is a pile of *maps*: pictures of where a pattern was found. The first maps
    still look like the digit, with its edges in this or that direction brought out. Further on they get smaller and
    stranger: "a bow that opens to the left, about here".
    """)
    return


@app.cell
def _(mine):
    maps(mine.layers, "The strongest maps of each layer")
    return


@app.cell(hide_code=True)
def _(mine):
    sizes = [said.shape[-1] for said in mine.layers.values() if said.ndim == 3]
    assert sizes[0] == 28 and sizes[-1] < sizes[0] and sizes == sorted(sizes, reverse=True)
    question(
        "The maps get smaller from layer to layer, and more. What is lost, and what is gained?",
        f"From {sizes[0]}×{sizes[0]} down to {sizes[-1]}×{sizes[-1]}: *where* exactly something is gets lost. *What* "
        "it is gets richer, for each map looks for a larger pattern, made of the patterns before. At the end only the "
        "question remains whether it is there at all.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 2 What mattered?

    Ask it as one would ask a child: cover a part and see whether the answer changes. A square of 7×7 pixels is blanked,
    here and there and everywhere, and each time the network is asked again. Where the ink turns orange, the network
    needed it.
    """)
    return


@app.cell
def _(mine):
    mattered(mine.glyph, mine.occlusion_map, f"What made it a {mine.digit.digit}?")
    return


@app.cell(hide_code=True)
def _(mine):
    _hint = mine.strongest_occlusion
    question(
        "Which small part of your digit would you have to lose for the network to be least sure?",
        "None of them alone does any harm." if _hint is None else
        f"The 7×7 pixels from column {_hint.box.x + 1} and row {_hint.box.y + 1} on. Without them it reads a "
        f"**{_hint.digit}**, {percent(_hint.confidence)} sure.",
        "Draw a 9 and leave its loop a little open, or a 7 with a bar, and look again. (An answer about *covering* is "
        "no answer about *why*: what is left may look like something it has never seen.)",
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 3 What does it take for alike?

    The last layer before the ten answers is a list of numbers, the *embedding*. Two digits are alike to the network
    when their embeddings point in the same direction. These training digits are nearest to yours.
    """)
    return


@app.cell
def _(mine):
    nearest = mine.neighbours[:8]
    pictures(
        [each.glyph for each in nearest] or [mine.glyph],
        [f"a {each.label}, {each.cosine_similarity:.3f}" for each in nearest] or ["there is no ink"],
        "The training digits nearest to yours, with the cosine of the angle", columns=8,
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1

    Write the *cosine* of the angle between two lists of numbers: their product, summed up, divided by both lengths. The
    length of a list is the root of the sum of its squares.
    """)
    return


@app.cell
def _():
    def cosine(one, other):
        """The cosine of the angle between two vectors, numpy arrays of equal length."""
        ...

    return (cosine,)


@app.cell(hide_code=True)
def _(cosine):
    def likeness(one, other):
        return float(one @ other / np.sqrt((one @ one) * (other @ other)))

    assert abs(likeness(np.array([1.0, 0]), np.array([3.0, 3.0])) - np.sqrt(0.5)) < 1e-9
    check(
        cosine, likeness, [np.array([1.0, 2, 3]), np.array([2.0, 4, 6])], [np.arange(5.0), np.array([1.0, -1, 0, 2, 0])]
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 4 A network that thinks in a plane

    An embedding of a hundred numbers cannot be drawn. So let us force a network to make do with **two**: after its
    convolutions everything must pass through two numbers, and the ten answers are made from these alone. Then every
    digit is a point in a plane.
    """)
    return


@app.cell
def _():
    def planar(seed=0):
        """The convolutions of `fast`, then two numbers, then ten."""
        torch.manual_seed(seed)
        body = FastNet()
        return nn.Sequential(
            OrderedDict(
                conv1=body.conv1, conv2=body.conv2, conv3=body.conv3, embedding=body.embedding,
                plane=nn.Linear(128, 2), logits=nn.Linear(2, 10),
            )
        )  # fmt: skip

    assert count_parameters(planar()) < 30_000
    return (planar,)


@app.cell
def _(planar):
    parts = split(mnist.load("train"), "choosing")
    images, labels = (
        torch.from_numpy(to_float(parts.train.images[:20_000])),
        torch.from_numpy(parts.train.labels[:20_000]),
    )
    network = planar()
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=400)
    for _ in range(400):
        chosen = torch.randint(0, len(labels), (128,))
        loss = F.cross_entropy(network(images[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network, parts


@app.cell
def _(network, parts):
    new = parts.held_out.slice(0, 2000)
    truth = torch.from_numpy(new.labels)
    network.eval()
    with torch.inference_mode():
        said = compute_activations(network, torch.from_numpy(to_float(new.images)))
    right = (said["logits"].argmax(dim=1) == truth).float().mean().item()

    assert right > 0.88
    mo.md(f"With two numbers for a digit it is right in **{percent(right)}** of 2,000 new digits.")
    return new, right, said, truth


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 5 The decision map, exactly

    The ten answers are linear in the two numbers: $z_d = w_d \cdot p + b_d$. Class *d* wins where its answer is the
    greatest. Between two classes the border is where their answers are equal, which is a straight line. So each class
    owns what nine straight cuts leave of the plane. Nothing needs to be painted point by point: the borders below are
    **computed**, and they are exact.

    The star is the digit you drew, as this network sees it.
    """)
    return


@app.cell
def _(mine, network, said, truth):
    points = said["plane"].numpy().astype(np.float64)
    lines_of = network.logits.weight.detach().numpy().astype(np.float64)
    offsets = network.logits.bias.detach().numpy().astype(np.float64)
    with torch.inference_mode():
        star = compute_activations(network, torch.from_numpy(to_float(mine.glyph[None])))["plane"][0].numpy()
    decision_map(lines_of, offsets, points, truth.numpy(), "Ten classes share a plane", star)
    return lines_of, offsets, points


@app.cell(hide_code=True)
def _(lines_of, offsets, points, said):
    _won = (points @ lines_of.T + offsets).argmax(axis=1)
    assert (_won == said["logits"].argmax(dim=1).numpy()).mean() > 0.999  # the same, but for rounding at a border
    _far = 100 * np.abs(points).max()
    _owners = [d for d, part in enumerate(regions(lines_of, offsets, (-_far, -_far, _far, _far))) if len(part) >= 3]
    assert len(_owners) >= 8
    question(
        "Can a region have a dent, or be in two pieces? And what does the network say of a point far outside, where no "
        "digit ever was?",
        "Neither: what straight cuts leave is convex. And far outside the regions simply go on, for ever: a point "
        "where no digit ever was gets an answer, and the farther out, the surer. That is the sneaker of lesson 8, seen "
        "from above.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 6 The same map, digit by digit

    Put the mouse on a point. Go to a border, or to a point of the wrong colour, and you will see why it is there.
    """)
    return


@app.cell
def _(new, points):
    mo.Html(hover_map(points[:1000], new.images[:1000], new.labels[:1000], "A thousand digits in the plane"))
    return


@app.cell(hide_code=True)
def _(points, said, truth):
    def agree(space, count=400):
        """The share of `count` digits whose nearest neighbour among all has their label."""
        apart = torch.cdist(space[:count], space)
        apart[torch.arange(count), torch.arange(count)] = torch.inf
        return (truth[apart.argmin(dim=1)] == truth[:count]).float().mean().item()

    in_plane, in_full = agree(torch.from_numpy(points)), agree(said["embedding"].double())
    assert in_full > 0.93 and in_plane > 0.75
    question(
        "Take the digit that is nearest in this plane: how often has it the same label? And nearest in the 128 numbers "
        "from which the plane is made?",
        f"In the plane {percent(in_plane, 0)}, in the 128 numbers {percent(in_full, 0)}. To be forced through two "
        "numbers costs something. But no label was used here, only nearness: a network that has learnt to classify "
        "has learnt what is alike.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 7 Meddling

    What does one part do? Take it away. Before that, here are the filters of the first layer, as in lesson 5.
    """)
    return


@app.cell
def _(network):
    weights(network)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    The third layer has 64 maps. Choose one, and turn it down to nothing, or up. The network is not trained again. What
    do 1,000 digits say?
    """)
    return


@app.cell
def _():
    channel = mo.ui.slider(1, 64, value=1, label="map", show_value=True, debounce=True)
    factor = mo.ui.slider(0, 5, 0.5, value=0, label="times", show_value=True, debounce=True)
    mo.hstack([channel, factor], justify="start")
    return channel, factor


@app.cell
def _(network, said, truth):
    def edited(channel, factor):
        """What the network answers to 1,000 digits when one map of its third layer is multiplied."""
        changed = said["conv3"][:1000].clone()
        changed[:, channel - 1] *= factor
        with torch.inference_mode():
            return network.logits(network.plane(network.embedding(changed))).argmax(dim=1)

    def found(answers):
        """Of each digit, the share of the 1,000 that is still found, in %."""
        return [100 * (answers == truth[:1000])[truth[:1000] == digit].float().mean().item() for digit in range(10)]

    return edited, found


@app.cell
def _(channel, edited, factor, found):
    lines(
        range(10),
        {"as learnt": found(edited(1, 1)), "edited": found(edited(channel.value, factor.value))},
        f"Map {channel.value} times {factor.value:g}", below="digit", up="found, in %",
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _(edited, truth):
    untouched = (edited(1, 1) == truth[:1000]).float().mean().item()
    costs = np.array([untouched - (edited(unit, 0) == truth[:1000]).float().mean().item() for unit in range(1, 65)])
    assert costs.max() > np.median(costs) + 0.005 and np.median(costs) < 0.05
    question(
        "Of the 64 maps, silence one at a time. How many can be missed, at the price of less than one digit in a "
        "hundred?",
        f"**{int((costs < 0.01).sum())}** of 64. The dearest is map {costs.argmax() + 1}: without it, "
        f"{100 * costs.max():.1f} more of a hundred are wrong. Knowledge is spread over many parts, and lesson 10 "
        "makes use of it: much can be left out.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2

    Now an operation with a purpose: **make the network call every 4 a 9 and every 9 a 4**, and change nothing else.
    The last layer has a row of weights and one bias for each class. Give it back with two of them exchanged.
    """)
    return


@app.cell
def _():
    def exchanged(rows, biases, one, other):
        """[rows, biases], as one array 10×3 (two weights and the bias), with classes `one` and `other` exchanged."""
        ...

    return (exchanged,)


@app.cell(hide_code=True)
def _(exchanged, lines_of, offsets, points, truth):
    def swapped(rows, biases, one, other):
        order = np.arange(10)
        order[[one, other]] = other, one
        return np.column_stack([rows[order], biases[order]])

    _new = swapped(lines_of, offsets, 4, 9)
    _said = (points @ _new[:, :2].T + _new[:, 2]).argmax(axis=1)
    _before = (points @ lines_of.T + offsets).argmax(axis=1)
    _fours, _rest = truth.numpy() == 4, ~np.isin(_before, (4, 9))
    assert (_said[_fours] == 9).mean() == (_before[_fours] == 4).mean() and (_said[_rest] == _before[_rest]).all()
    check(exchanged, swapped, [lines_of, offsets, 4, 9], [lines_of, offsets, 0, 7])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Here are all rows. It is all that the last layer knows.
    """)
    return


@app.cell
def _(lines_of, offsets):
    table(
        ["class", "along x", "along y", "bias"],
        *([digit, *(f"{each:+.2f}" for each in (*lines_of[digit], offsets[digit]))] for digit in range(10)),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    There is one more knob. A **bias** says how willing a class is. Raise the bias of one, and watch its region grow in
    the map, at the cost of its neighbours.
    """)
    return


@app.cell
def _():
    favoured = mo.ui.slider(0, 9, value=8, label="class", show_value=True, debounce=True)
    bonus = mo.ui.slider(-6, 6, 0.5, value=3, label="added to its bias", show_value=True, debounce=True)
    mo.hstack([favoured, bonus], justify="start")
    return bonus, favoured


@app.cell
def _(bonus, favoured, lines_of, offsets, points, truth):
    _biased = offsets + bonus.value * (np.arange(10) == favoured.value)
    _won = (points @ lines_of.T + _biased).argmax(axis=1)
    _title = f"{favoured.value} with {bonus.value:+g}: {percent((_won == truth.numpy()).mean())} right"
    decision_map(lines_of, _biased, points, truth.numpy(), _title)
    return


@app.cell(hide_code=True)
def _(lines_of, offsets, points):
    def chosen_for(digit, bonus):
        return int(((points @ lines_of.T + offsets + bonus * (np.arange(10) == digit)).argmax(axis=1) == digit).sum())

    assert all(chosen_for(digit, 6) >= chosen_for(digit, 0) >= chosen_for(digit, -6) for digit in range(10))
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - Layers are maps of where patterns are; *where* fades and *what* grows from one to the next.
    - Covering parts tells what an answer hangs on; neighbours in the embedding tell what the network takes for alike.
    - When two numbers must do, a network's decisions are ten convex regions, and far from all digits they go on.
    - Points of the wrong colour at the borders are the mistakes.
    - Most single parts can be missed; some cannot. Weights can be edited like text, and the answers follow.

    If so much can be missed, how little is enough? That is lesson 10.
    """)
    return


if __name__ == "__main__":
    app.run()
