# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Setting up, and meeting the data

What is installed and why; where 70,000 handwritten digits come from and what they look like to a computer;
and how far you get with no network at all.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="1 Setting up, and meeting the data", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    import platform
    import time
    from importlib.metadata import version

    import marimo as mo
    import numpy as np

    import inkdigits
    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import watch
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.lab.frames import draw_frame
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.pixels import pixels
    from inkdigits.lab.sheet import draw_sheet


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 1 Setting up, and meeting the data

    In the 1990s somebody had to read the amounts on American cheques and the codes on envelopes, millions a day. People
    do it without thinking. But try to write down *how* you tell a 4 from a 9, in rules that a machine can follow, and
    you soon run out of rules. This course goes the other way: show a program enough examples, and let it find its own
    rules.

    Before any learning, this lesson looks at the examples. This is where most mistakes in machine learning are made.

    **How to use these pages.** Where it says *Predict*, say your answer aloud before you unfold ours: you learn by
    being wrong and noticing it, and so do networks. Facts in the text stand beside an `assert`, which stops the program
    if the fact does not hold. In your own copy, which `inkdigits learn 1 --edit` opens, you can change any number:
    press Ctrl-Enter, and everything that depends on it runs again.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What is installed

    Three packages do the work. **NumPy** handles tables of numbers. **PyTorch** does too, and it can also take
    derivatives, which is what learning is made of; it plays the part that Flux plays in Julia. **marimo** is this
    notebook. The course belongs to the project `inkdigits`: you will use its networks, its training loop and its
    figures, and its code is meant to be read.

    They all came with `pip install ".[course]"`. From here on you need no internet connection.
    """)
    return


@app.cell
def _():
    versions = {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "PyTorch": version("torch"),
        "inkdigits": inkdigits.__version__,
    }
    assert platform.python_version_tuple() >= ("3", "11")
    table(["package", "version"], *versions.items())
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Where the digits come from

    The US National Institute of Standards and Technology (NIST) had forms filled in by hand: some by employees of the
    Census Bureau, some by high-school students. In the 1990s Yann LeCun, Corinna Cortes and Christopher Burges cut the
    digits out of these forms, mixed the two groups of writers, scaled all digits to one size and centred them. The *M*
    in **MNIST** stands for *modified*.

    The data set is usually listed under the licence CC BY-SA 3.0; the authors' own page states none. It has been shared
    freely for research and teaching since 1998, and the project's `NOTICE` file says what is known.

    There are two parts: one to learn from, and one for a final exam. This lesson opens only the first, and so do the
    next two. *Why* is a story of its own, told in lesson 6.
    """)
    return


@app.cell
def _():
    started = time.perf_counter()
    digits = mnist.load("train")
    seconds = time.perf_counter() - started

    assert len(digits) == 60_000
    mo.md(f"{len(digits):,} digits, loaded and checked byte for byte in {seconds:.1f} s.")
    return (digits,)


@app.cell(hide_code=True)
def _(digits):
    question(
        "The pictures are 28 pixels high and 28 wide, in grey, one byte per pixel. How many megabytes do 60,000 of "
        "them take?",
        f"28 × 28 = {28 * 28} pixels, times 60,000: {digits.images.nbytes:,} bytes, about 47 MB. A single phone photo, "
        "unpacked, takes as much.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Types, shapes, ranges

    Ask three questions of any data before anything else: what *type* are the numbers, what *shape* is the table, and
    what *range* do the values lie in?
    """)
    return


@app.cell
def _(digits):
    images, labels = digits.images, digits.labels

    assert images.shape == (60_000, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (60_000,) and labels.dtype == np.int64
    assert images.min() == 0 and images.max() == 255
    table(
        ["what", "type", "shape", "min", "max"],
        ["images", images.dtype, images.shape, images.min(), images.max()],
        ["labels", labels.dtype, labels.shape, labels.min(), labels.max()],
    )
    return images, labels


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    So an image is a table of whole numbers from 0 (paper) to 255 (full ink). The shape also tells us that **all images
    have the same size**: a table cannot have ragged rows. You cannot count on that. Somebody did the work for us, and
    in lesson 7 we do it for your own photos.

    Here is one image, with its numbers written in. A field without a number is a 0. Look at a few others, too.
    """)
    return


@app.cell
def _():
    number = mo.ui.slider(1, 60_000, value=1, label="image", show_value=True, debounce=True)
    number
    return (number,)


@app.cell
def _(images, labels, number):
    pixels(images[number.value - 1], f"Image {number.value:,} of 60,000, labelled {labels[number.value - 1]}")
    return


@app.cell(hide_code=True)
def _(images):
    empty = float((images == 0).mean())
    assert 0.80 < empty < 0.82
    question(
        "What share of all pixels, in all images, is exactly 0?",
        f"{100 * empty:.0f} %. Most of a digit is paper.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Labels and counts

    A *label* is the answer that a person wrote beside a picture. Are all ten digits there, and equally often? If nine
    in ten were sevens, a program that always says "7" would be right nine times in ten.
    """)
    return


@app.cell
def _(labels):
    counts = np.bincount(labels)

    assert len(counts) == 10 and counts.sum() == 60_000  # nothing but 0 to 9
    assert counts.argmax() == 1 and counts.argmin() == 5
    table(["digit", *range(10)], ["images", *(f"{count:,}" for count in counts)])
    return (counts,)


@app.cell(hide_code=True)
def _(counts):
    share = float(counts.max() / counts.sum())
    assert 0.112 < share < 0.113
    question(
        "A program always gives the same answer. If it picks that answer well, what accuracy does it reach?",
        f"It says 1, the most frequent digit, and is right {100 * share:.1f} times in 100. A program that does not "
        "beat that has shown nothing.",
    )
    return


@app.cell
def _(digits):
    draw_sheet(digits, columns=20)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Look at these for a moment. There are sevens with a bar and without, digits that lean, fours open and closed at the
    top. A program has to find what they have in common. And find one or two that you would not bet on yourself.

    ## Exercise 1

    How much ink does an image have? Count the pixels that are not 0.
    """)
    return


@app.cell
def _():
    def ink(image):
        """The number of pixels in `image`, uint8 28×28, that are not 0."""
        ...

    return (ink,)


@app.cell(hide_code=True)
def _(images, ink):
    def inked(image):
        return int((image > 0).sum())

    assert inked(images[0]) == 166
    check(ink, inked, [images[0]], [images[1]], [np.zeros((28, 28), np.uint8)])
    return (inked,)


@app.cell(hide_code=True)
def _(images, inked, labels):
    by_digit = [np.mean([inked(image) for image in images[labels == digit][:500]]) for digit in range(10)]
    assert int(np.argmax(by_digit)) == 0 and int(np.argmin(by_digit)) == 1
    question(
        "Which digit has the most ink on average, and which the least?",
        f"0 has the most, {by_digit[0]:.0f} pixels, and 1 the least, {by_digit[1]:.0f}. This one number tells these "
        "two apart most of the time. But it can never tell a 6 from a 9.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The average digit

    Add up all threes, pixel by pixel, and divide by how many there are. The result is grey where only some threes have
    ink, and dark where nearly all of them do.
    """)
    return


@app.cell
def _(counts, images, labels):
    sums = np.zeros((10, 28, 28), np.float32)

    def add_up():
        for start in range(0, 60_000, 1000):
            for digit in range(10):
                sums[digit] += images[start : start + 1000][labels[start : start + 1000] == digit].sum(axis=0)
            yield
        return sums / counts[:, None, None]

    averaging = watch(add_up(), lambda: draw_frame({}, "Sixty thousand digits, added up", pictures=sums))
    averaging
    return (averaging,)


@app.cell
def _(averaging, images, labels):
    averages = averaging.result()

    assert averages.shape == (10, 28, 28)
    assert np.allclose(averages[3], images[labels == 3].mean(axis=0), atol=0.1)
    pictures(averages, [str(digit) for digit in range(10)], "The average of each digit")
    return (averages,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Recognising without a network

    These ten ghosts can already read. To recognise a new image, lay it over each average and pick the one that differs
    least. *Differs* has to be a number: take the difference at each pixel, square it, so that too light counts the same
    as too dark, and add up all 784 squares.

    A fair test must not use images whose answers went into the averages. So we average the **first 5,000** images and
    test on the **next 5,000**. The lecture splits them the same way.
    """)
    return


@app.cell
def _(digits):
    lecture = split(digits, "lecture")
    known, new = lecture.train, lecture.held_out

    assert len(known) == len(new) == 5000
    assert np.array_equal(new.images[0], digits.images[5000])  # image 5001, counted from 1
    return known, new


@app.cell
def _(averages, digits):
    def ghosts(digits):
        return np.stack([digits.images[digits.labels == digit].mean(axis=0) for digit in range(10)])

    def nearest(images, averages):
        squares = [((images - average) ** 2).sum(axis=(1, 2)) for average in averages]
        return np.argmin(squares, axis=0)  # for each image, which of the ten

    assert np.allclose(ghosts(digits), averages, atol=0.1)
    return ghosts, nearest


@app.cell(hide_code=True)
def _():
    question(
        "What share of the new images will this get right? Guessing would get 10 %.",
        "The next cell tells you. Most people guess far too low.",
    )
    return


@app.cell
def _(ghosts, known, nearest, new):
    guesses = nearest(new.images, ghosts(known))
    baseline = float((guesses == new.labels).mean())

    assert 0.79 < baseline < 0.83
    mo.md(f"**{100 * baseline:.1f} %** right, after learning nothing but ten averages.")
    return baseline, guesses


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Four in five. This is our *baseline*: what a simple idea achieves. A network that does no better is not worth its
    electricity. Here are some digits that the averages get wrong.
    """)
    return


@app.cell
def _(guesses, new):
    wrong = np.flatnonzero(guesses != new.labels)[:15]
    captions = [f"{new.labels[place]} taken for {guesses[place]}" for place in wrong]
    pictures(new.images[wrong], captions, "What the averages get wrong")
    return


@app.cell(hide_code=True)
def _(baseline, digits, ghosts, nearest):
    last = split(digits, "choosing")
    elsewhere = float((nearest(last.held_out.images, ghosts(last.train)) == last.held_out.labels).mean())
    assert elsewhere > baseline + 0.03
    question(
        "Now average the first 55,000 images, eleven times as many, and test on the last 5,000. Does it get better?",
        f"It gets {100 * elsewhere:.1f} % right instead of {100 * baseline:.1f} %. But careful: two things have "
        "changed, the averages *and* the test images. Exercise 2 asks which of them it was.",
    )
    return (last,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2

    Which was it: better averages or easier test images? Change only one thing. Write a function that returns the
    accuracy, 0 to 1, that the averages of `known` reach on `judges`. `ghosts` and `nearest` above do most of it.
    """)
    return


@app.cell
def _():
    def accuracy(known, judges):
        """The share of `judges` that the averages of `known` get right; both have `.images` and `.labels`."""
        ...

    return (accuracy,)


@app.cell(hide_code=True)
def _(accuracy, baseline, ghosts, known, last, nearest, new):
    def share_right(known, judges):
        return float((nearest(judges.images, ghosts(known)) == judges.labels).mean())

    assert abs(share_right(known, new) - baseline) < 1e-9
    check(accuracy, share_right, [known, new], [known, last.held_out])
    return (share_right,)


@app.cell(hide_code=True)
def _(baseline, known, last, new, share_right):
    better_averages, easier_judges = (
        share_right(last.train.slice(10_000, 55_000), new),
        share_right(known, last.held_out),
    )
    assert better_averages - baseline < 0.02
    assert easier_judges - baseline > 0.03
    question(
        "So which was it?",
        f"With more images in the averages and the same test images: {100 * better_averages:.1f} %. With the same "
        f"averages and the other test images: {100 * easier_judges:.1f} %. It was the test images: the last digits of "
        "MNIST's training set are easier. **What you test on matters as much as what you test.** Remember this for "
        "lesson 6.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - What is installed, and that the 60,000 digits to learn from come from NIST's forms, cut out, scaled and centred.
    - An image is 28×28 whole numbers from 0 (paper) to 255 (ink), all the same size; a label is 0 to 9; no digit is
      rare.
    - Four fifths of all pixels are empty.
    - Ten averages alone recognise four in five new digits. Always saying 1 gets 11 %.
    - To compare two results, change one thing and nothing else.

    In lesson 2 the pictures become the rows of numbers that a network works with.
    """)
    return


if __name__ == "__main__":
    app.run()
