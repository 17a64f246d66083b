# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""From pictures to numbers

A network takes rows of numbers, not pictures. How a 28×28 image becomes 784 inputs, a label becomes ten targets, and
5,000 images become one batch; and why we write it all as a matrix.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="2 From pictures to numbers", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    import time

    import marimo as mo
    import numpy as np
    import torch
    import torch.nn.functional as F

    from inkdigits.course.teaching import check, question, table
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab.lines import draw_lines
    from inkdigits.lab.pictures import pictures


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 2 From pictures to numbers

    A network is arithmetic: it multiplies and adds. Before it can look at a digit, the digit must be a row of numbers.
    And before we can tell it that it is wrong, the right answer must be numbers too. This lesson makes both. Nothing
    here is difficult, and nearly every bug in a beginner's first network is here.
    """)
    return


@app.cell
def _():
    lecture = split(mnist.load("train"), "lecture")
    images, labels = lecture.train.images, lecture.train.labels

    assert images.shape == (5000, 28, 28) and labels.shape == (5000,)
    pictures(images[:5], [f"image {place + 1}: {labels[place]}" for place in range(5)], "The first five")
    return images, labels


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Unrolling the picture

    Cut the image into its 28 rows and join them end to end: 28 × 28 = 784 numbers in a row. Our arrays are stored like
    that anyway, so nothing is copied. The pixel in row $r$ and column $c$, both counted from 0, lands at place
    $28r + c$.

    Julia counts from 1 and goes down the *columns* first, so the lecture's vectors hold the same pixels in another
    order. The order does not matter here. In exercise 2 you will see that for yourself.
    """)
    return


@app.cell
def _(images):
    row = images[0].reshape(784)

    assert row.shape == (784,) and np.shares_memory(row, images)
    assert row[28 * 13 + 14] == images[0][13, 14] != 0
    assert np.array_equal(row.reshape(28, 28), images[0])  # and back
    return


@app.cell
def _():
    number = mo.ui.slider(1, 5000, value=1, label="image", show_value=True, debounce=True)
    number
    return (number,)


@app.cell
def _(images, number):
    row_shown = images[number.value - 1].reshape(784)
    mo.vstack([
        pictures([images[number.value - 1]], [""], f"Image {number.value:,}"),
        draw_lines(range(784), {"ink": row_shown}, f"Image {number.value:,} as a network sees it: 784 numbers in a row",
                   below="place", up="0 is paper, 255 ink", note="A new row of the image begins every 28 places."),
    ])  # fmt: skip
    return


@app.cell(hide_code=True)
def _():
    question(
        "One pixel lies right above another in the picture. How far apart are the two in the row?",
        "28 places. To a network that takes rows they are strangers: nothing tells it that they touch. It does not "
        "know that its input was a picture. Lesson 5 gives that knowledge back.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1

    Now the other way round: which row and column of the picture does place `n` of the row come from?
    """)
    return


@app.cell
def _():
    def whereabouts(n):
        """(row, column), counted from 0, of place `n` of the 784."""
        ...

    return (whereabouts,)


@app.cell(hide_code=True)
def _(whereabouts):
    def found(n):
        return n // 28, n % 28

    assert found(28 * 13 + 14) == (13, 14)
    check(whereabouts, found, [0], [27], [28], [783])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## One scale for all

    Pixels run from 0 to 255. A network adds up 784 of them, each times a weight. If the pixels are large, so are the
    sums, and a network with large sums starts out very sure of nonsense. So we divide by 255: paper is 0, full ink
    is 1.
    """)
    return


@app.cell
def _(images):
    inputs = torch.from_numpy(to_float(images)).reshape(5000, 784)

    assert inputs.shape == (5000, 784) and inputs.dtype == torch.float32
    assert inputs.min() == 0 and inputs.max() == 1
    assert torch.allclose(inputs[0], torch.from_numpy(images[0].reshape(784) / 255).float())
    return (inputs,)


@app.cell(hide_code=True)
def _(images, inputs):
    _weights = torch.randn(784, 10, generator=torch.Generator().manual_seed(1)) / 28
    _scaled = (inputs @ _weights).softmax(1).max(1).values.mean().item()
    _large = torch.from_numpy(images.astype(np.float32)).reshape(5000, 784)
    _raw = (_large @ _weights).softmax(1).max(1).values.mean().item()
    assert _scaled < 0.4 and _raw > 0.95
    question(
        "A network with random weights knows nothing. How sure of its answers should it be, on average? And how sure "
        "is it, with pixels from 0 to 1, and with pixels from 0 to 255?",
        f"It should be as sure as a fair die with ten faces: 10 %. With pixels from 0 to 1 it is {100 * _scaled:.0f} % "
        f"sure; with pixels from 0 to 255 it is {100 * _raw:.1f} % sure, of nonsense. Training would have to undo that "
        "first.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Labels that are not quantities

    Is a 9 more than a 2? As a number, yes; as a *shape*, no. Suppose the network gave a single number, and a digit
    looked half like a 2 and half like a 9. It would say 5 or 6, which is absurd. So it gives ten numbers, one per
    digit, and the right answer is written the same way: a 1 at the digit's place and 0 everywhere else. That is called
    **one-hot**; in Flux, `onehotbatch` does it.
    """)
    return


@app.cell
def _(labels):
    targets = F.one_hot(torch.from_numpy(labels), 10)

    assert targets.shape == (5000, 10)
    assert bool((targets.sum(dim=1) == 1).all())  # one of ten is hot
    assert torch.equal(targets.argmax(dim=1), torch.from_numpy(labels))  # and back
    table(["label", *range(10)], *([labels[place], *targets[place].tolist()] for place in range(5)))
    return (targets,)


@app.cell(hide_code=True)
def _():
    question(
        "How do you get the label back from the ten numbers, even when they are not 0 and 1 but a network's uncertain "
        "answer?",
        "Take the position of the largest: `argmax`. (In Flux: `onecold`.)",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Why a matrix

    The first network computes a digit's score by multiplying each pixel by a weight and adding up:

    $$ s_d = \sum_{i=1}^{784} x_i\, w_{i,d} $$

    For one image and ten digits that is 7,840 multiplications; for 5,000 images it is 39 million. You can write the
    loops yourself, which is clear and slow. Or you put the 5,000 images into one matrix, one *row* per image, and the
    weights into another, one *column* per digit, and multiply the two: that *is* the formula above, for all images and
    digits at once. (The lecture has one image per column, because Julia stores arrays by columns; its product is
    written the other way round.)
    """)
    return


@app.cell
def _():
    def score_by_loops(image, weights):  # lists of numbers: 784, and 784 times 10
        scores = [0.0] * 10
        for pixel, row in zip(image, weights, strict=True):
            for digit in range(10):
                scores[digit] += pixel * row[digit]
        return scores

    return (score_by_loops,)


@app.cell
def _(inputs, score_by_loops):
    weights = torch.randn(784, 10, generator=torch.Generator().manual_seed(1)) / 28
    few, as_lists = inputs[:100].tolist(), weights.tolist()

    started = time.perf_counter()
    by_loops = [score_by_loops(image, as_lists) for image in few]
    loop_time = (time.perf_counter() - started) / 100
    return by_loops, loop_time, weights


@app.cell
def _(by_loops, inputs, weights):
    times = []
    for _ in range(20):
        started_again = time.perf_counter()
        scores = inputs @ weights  # 5000×784 times 784×10 gives 5000×10
        times.append((time.perf_counter() - started_again) / 5000)
    matrix_time = min(times)

    assert scores.shape == (5000, 10)
    assert torch.allclose(scores[:100], torch.tensor(by_loops), atol=1e-4)  # the same answers
    return matrix_time, scores


@app.cell(hide_code=True)
def _(loop_time, matrix_time):
    assert loop_time > 20 * matrix_time
    question(
        "Both give the same scores. How many times faster is the matrix?",
        f"Here the loops take {1e6 * loop_time:,.0f} microseconds per image, and the matrix {1e6 * matrix_time:,.2f}. "
        f"That is {loop_time / matrix_time:,.0f} times as fast. The arithmetic is the same. But Python's loop checks "
        "what kind of thing each number is before every multiplication; the matrix product does not, and the processor "
        "does many of them at once.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Why a batch

    The images processed together are a **batch**. Speed is one reason for it; here is another. Each step moves the
    network a little so that it does better. Better *on what*? A single image pulls the network towards itself alone.
    Average over many images, and what they have in common remains, while their quirks cancel out.

    The lecture takes all 5,000 as one batch. Then every step sees everything, no step depends on chance, and the loss
    goes down smoothly, which is good for a first look. Lesson 4 takes 128 at a time, which gets further in the same
    time.
    """)
    return


@app.cell
def _(inputs, targets):
    batch = inputs, targets

    assert [tuple(part.shape) for part in batch] == [(5000, 784), (5000, 10)]
    table(
        ["the lecture's batch, transposed", "shape", "type"],
        *([name, tuple(part.shape), part.dtype] for name, part in zip(("inputs", "targets"), batch, strict=True)),
    )
    return


@app.cell(hide_code=True)
def _(labels, scores, targets):
    _by_targets = F.cross_entropy(scores, targets.float())
    _by_labels = F.cross_entropy(scores, torch.from_numpy(labels))
    assert torch.allclose(_by_targets, _by_labels)
    question(
        "PyTorch's cross-entropy, the loss in the next lesson, takes one-hot targets, but it also takes plain labels. "
        "Why can it do without the zeros?",
        "Because they drop out: whatever is multiplied by 0 is gone, and only the number at the label's place counts. "
        f"Both ways give {_by_labels:.4f} here. From now on we pass plain labels.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: does the order matter?

    Take a pack of 784 cards, shuffle it **once**, and rearrange the pixels of every image into that same order. To you
    and me the digits are gone.
    """)
    return


@app.cell
def _(images):
    order = np.random.default_rng(0).permutation(784)
    shuffled = images.reshape(5000, 784)[:, order].reshape(5000, 28, 28)

    assert not np.array_equal(shuffled, images)
    pictures(shuffled[:5], ["?"] * 5, "The same five images, with their pixels in another order")
    return order, shuffled


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Write a function that puts the pixels back. NumPy's `argsort` of an order gives the way back.
    """)
    return


@app.cell
def _():
    def unshuffled(images, order):
        """Undo `order` on the pixels of `images`, uint8 N×28×28."""
        ...

    return (unshuffled,)


@app.cell(hide_code=True)
def _(images, order, shuffled, unshuffled):
    def put_back(images, order):
        rows = images.reshape(len(images), 784)
        return rows[:, np.argsort(order)].reshape(-1, 28, 28)

    assert np.array_equal(put_back(shuffled, order), images)
    check(unshuffled, put_back, [shuffled[:3], order])
    return


@app.cell
def _():
    def right_by_averages(images, labels):
        """The share of images 2,501 to 5,000 that are nearest to the average of their digit in images 1 to 2,500."""
        rows, half = images.reshape(5000, 784).astype(np.float32), 2500
        averages = [rows[:half][labels[:half] == digit].mean(axis=0) for digit in range(10)]
        distances = [((rows[half:] - average) ** 2).sum(axis=1) for average in averages]
        return float((np.argmin(distances, axis=0) == labels[half:]).mean())

    return (right_by_averages,)


@app.cell(hide_code=True)
def _(images, labels, right_by_averages, shuffled):
    _plain, _mixed = right_by_averages(images, labels), right_by_averages(shuffled, labels)
    assert abs(_plain - _mixed) < 0.002 and _plain > 0.75
    question(
        "Lesson 1 recognised digits by their nearest average. How much worse does that get when all pixels are in the "
        "wrong place?",
        f"Not at all: {100 * _plain:.1f} % before, {100 * _mixed:.1f} % after. It adds up differences, and a sum does "
        "not care about order. Nor do the networks of lessons 3 and 4: whatever they learn, they learn without ever "
        "knowing which pixels are neighbours. That should make you suspicious. Lesson 5 comes back to it.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - An image becomes a row of 784 numbers; the pixel at row $r$, column $c$ is at place $28r + c$.
    - Inputs are scaled to 0…1, so that a network that knows nothing does not start out sure of itself.
    - A label becomes ten numbers, one of which is 1; `argmax` turns them back into the label.
    - A batch is a matrix, here with one image per row. One matrix product does the work of three nested loops, much
      faster.
    - To a network that takes rows, the order of the pixels does not matter, as long as it is always the same.

    In lesson 3 the first network learns from this batch.
    """)
    return


if __name__ == "__main__":
    app.run()
