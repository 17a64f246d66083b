# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Inside the network

What the filters look for and what the layers make of your own digit; which part of it mattered; which training digits
the network finds similar; a network that thinks in a plane, drawn exactly; and what happens when you edit a neuron.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="9 Inside the network", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    from collections import OrderedDict

    import marimo as mo
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    from inkdigits import Reader
    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import watch
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab.canvas import THREE, Canvas, rasterise
    from inkdigits.lab.frames import draw_frame, get_first_weights
    from inkdigits.lab.hover import draw_hover_map
    from inkdigits.lab.lines import draw_lines
    from inkdigits.lab.maps import draw_maps, draw_occlusion
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.plane import decision_map, draw_regions
    from inkdigits.lab.theme import percent
    from inkdigits.lab.weights import draw_weights
    from inkdigits.models.build import compute_activations, count_parameters
    from inkdigits.models.fast import FastNet


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 9 Inside the network

    People often say that nobody knows what goes on inside a network. But it is all there: you can look at every number,
    change it, and put it back. The only difficulty is that there are so many of them, so you must ask well. This lesson
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
    mine = reader.inspect(rasterise(canvas.value["strokes"], canvas.value["pen"]))

    assert reader.inspect(rasterise(THREE)).digit.digit == 3
    mo.md(f"The project's own network sees a **{mine.digit.digit}**, {percent(mine.digit.confidence)} sure.")
    return mine, reader


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 1 What do the layers make of it?

    Each layer of a convolutional network is a stack of *maps*: pictures of where a pattern was found. The first maps
    still look like the digit, with edges in some direction brought out. Further on they get smaller and stranger: "a
    curve that opens to the left, about here".
    """)
    return


@app.cell
def _(mine):
    draw_maps(mine.layers, "The strongest maps of each layer")
    return


@app.cell(hide_code=True)
def _(mine):
    sizes = [said.shape[-1] for said in mine.layers.values() if said.ndim == 3]
    assert sizes[0] == 28 and sizes[-1] < sizes[0] and sizes == sorted(sizes, reverse=True)
    question(
        "From layer to layer the maps get smaller, and there are more of them. What is lost, and what is gained?",
        f"From {sizes[0]}×{sizes[0]} down to {sizes[-1]}×{sizes[-1]}, we lose *where* exactly something is. But *what* "
        "it is gets richer, because each map looks for a larger pattern, made of the patterns before it. At the end "
        "the only question left is whether it is there at all.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 2 What mattered?

    Ask it as you would ask a child: cover a part and see whether the answer changes. Blank a square of 7×7 pixels, try
    it in every place, and ask the network again each time. Where the ink turns orange, the network needed it.
    """)
    return


@app.cell
def _(mine):
    draw_occlusion(mine.glyph, mine.occlusion_map, f"What made it a {mine.digit.digit}?")
    return


@app.cell(hide_code=True)
def _(mine):
    _hint = mine.strongest_occlusion
    question(
        "Which small part of your digit would you have to lose to make the network least sure?",
        "No single part does any harm." if _hint is None else
        f"The 7×7 pixels starting at column {_hint.box.x + 1} and row {_hint.box.y + 1}. Without them it reads a "
        f"**{_hint.digit}**, {percent(_hint.confidence)} sure.",
        "Draw a 9 and leave its loop a little open, or a 7 with a bar, and look again. (What *covering* shows is not "
        "quite *why*: the rest may look like something the network has never seen.)",
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 3 What looks similar to it?

    The last layer before the ten answers is a list of numbers, the *embedding*. Two digits are similar to the network
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

    Write the *cosine* of the angle between two lists of numbers: the sum of their products, divided by both lengths.
    The length of a list is the square root of the sum of its squares.
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

    You cannot draw an embedding of a hundred numbers. So let us force a network to make do with **two**: after its
    convolutions everything must pass through two numbers, and the ten answers come from these alone. Then every digit
    is a point in a plane.
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
    untaught, losses = planar(), []

    def learn_plane():
        optimizer = torch.optim.Adam(untaught.parameters())
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=400)
        for step in range(1, 401):
            chosen = torch.randint(0, len(labels), (128,))
            loss = F.cross_entropy(untaught(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append((step, loss.item()))
            yield
        return untaught

    return learn_plane, losses, parts, untaught


@app.cell
def _(learn_plane, losses, untaught):
    learning = watch(
        learn_plane(),
        lambda: draw_frame({"loss": losses}, "A network that thinks in a plane", pictures=get_first_weights(untaught)),
    )
    learning
    return (learning,)


@app.cell
def _(learning, parts):
    network = learning.result()
    new = parts.held_out.slice(0, 2000)
    truth = torch.from_numpy(new.labels)
    network.eval()
    with torch.inference_mode():
        said = compute_activations(network, torch.from_numpy(to_float(new.images)))
    right = (said["logits"].argmax(dim=1) == truth).float().mean().item()

    assert right > 0.88
    mo.md(f"With two numbers per digit, it gets **{percent(right)}** of 2,000 new digits right.")
    return network, new, said, truth


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 5 The decision map, exactly

    The ten answers are linear in the two numbers: $z_d = w_d \cdot p + b_d$. Class *d* wins where its answer is the
    largest. The border between two classes is where their answers are equal, which is a straight line. So each class
    owns what nine straight cuts leave of the plane. There is no need to paint it point by point: the borders below are
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
    assert (_won == said["logits"].argmax(dim=1).numpy()).mean() > 0.999  # the same, except rounding at a border
    _far = 100 * np.abs(points).max()
    _owners = [
        d for d, part in enumerate(draw_regions(lines_of, offsets, (-_far, -_far, _far, _far))) if len(part) >= 3
    ]
    assert len(_owners) >= 8
    question(
        "Can a region have a dent, or be in two pieces? And what does the network say about a point far outside, where "
        "there was never a digit?",
        "Neither: what straight cuts leave is convex. And far outside, the regions simply go on for ever. A point "
        "where there was never a digit still gets an answer, and the farther out, the surer. That is the sneaker of "
        "lesson 8, seen from above.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 6 The same map, digit by digit

    Move the mouse over a point. Go to a border, or to a point of the wrong colour, and you will see why it is there.
    """)
    return


@app.cell
def _(new, points):
    mo.Html(draw_hover_map(points[:1000], new.images[:1000], new.labels[:1000], "A thousand digits in the plane"))
    return


@app.cell(hide_code=True)
def _(points, said, truth):
    def agree(space, count=400):
        """The share of the first `count` digits whose nearest neighbour among all has the same label."""
        apart = torch.cdist(space[:count], space)
        apart[torch.arange(count), torch.arange(count)] = torch.inf
        return (truth[apart.argmin(dim=1)] == truth[:count]).float().mean().item()

    in_plane, in_full = agree(torch.from_numpy(points)), agree(said["embedding"].double())
    assert in_full > 0.93 and in_plane > 0.75
    question(
        "Take a digit's nearest neighbour in this plane: how often does it have the same label? And the nearest in the "
        "128 numbers from which the plane is made?",
        f"In the plane {percent(in_plane, 0)}, in the 128 numbers {percent(in_full, 0)}. Going through two numbers "
        "costs something. But no label was used here, only distance: a network that has learnt to classify has also "
        "learnt what is similar.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## 7 Editing

    What does one part do? Take it away and see. First, here are the filters of the first layer, as in lesson 5.
    """)
    return


@app.cell
def _(network):
    draw_weights(network)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    The third layer has 64 maps. Choose one, and turn it down to nothing, or up. We do not train the network again. What
    happens on 1,000 digits?
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
        """The network's answers for 1,000 digits when one map of its third layer is multiplied by `factor`."""
        changed = said["conv3"][:1000].clone()
        changed[:, channel - 1] *= factor
        with torch.inference_mode():
            return network.logits(network.plane(network.embedding(changed))).argmax(dim=1)

    def found(answers):
        """For each digit, the share of those among the 1,000 that are still found, in %."""
        return [100 * (answers == truth[:1000])[truth[:1000] == digit].float().mean().item() for digit in range(10)]

    return edited, found


@app.cell
def _(channel, edited, factor, found):
    draw_lines(
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
        "Silence the 64 maps one at a time. How many can you remove at a cost of less than one digit in a hundred?",
        f"**{int((costs < 0.01).sum())}** of 64. The most important is map {costs.argmax() + 1}: without it, the "
        f"network gets {100 * costs.max():.1f} more in a hundred wrong. Knowledge is spread over many parts, and "
        "lesson 10 makes use of that: you can leave a lot out.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2

    Now an edit with a purpose: **make the network call every 4 a 9 and every 9 a 4**, and change nothing else. The last
    layer has a row of weights and one bias for each class. Return it with two classes swapped.
    """)
    return


@app.cell
def _():
    def exchanged(rows, biases, one, other):
        """[rows, biases], as one 10×3 array (two weights and the bias), with classes `one` and `other` swapped."""
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
    Here are all the rows. This is everything the last layer knows.
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
    There is one more knob. A **bias** says how eager a class is. Raise the bias of one class, and watch its region grow
    on the map, at the cost of its neighbours.
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

    - Layers are maps of where patterns are; from one to the next, *where* fades and *what* grows.
    - Covering parts shows what an answer depends on; neighbours in the embedding show what looks similar to the
      network.
    - With only two numbers, a network's decisions are ten convex regions, and they go on far from all digits.
    - Points of the wrong colour, at the borders, are the mistakes.
    - You can remove most single parts; some you cannot. You can edit weights like text, and the answers follow.

    If so much can be left out, how little is enough? That is lesson 10.
    """)
    return


if __name__ == "__main__":
    app.run()
