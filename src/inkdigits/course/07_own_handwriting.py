# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Your own handwriting

Draw a digit, or load a photo, and follow it to its answer; why a network with 99 % on MNIST fails on photos, shown by
breaking one thing at a time; and how to fix each.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="7 Your own handwriting", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    from dataclasses import replace

    import cv2
    import marimo as mo
    import numpy as np
    import torch

    from inkdigits import Reader
    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import watch, watch_training
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.data.synthesis.pages import draw_page
    from inkdigits.data.synthesis.strokes import Strokes, write_digit
    from inkdigits.glyph import to_float
    from inkdigits.lab.canvas import THREE, Canvas, rasterise
    from inkdigits.lab.frames import draw_progress
    from inkdigits.lab.stages import bars, stages
    from inkdigits.lab.theme import percent
    from inkdigits.reading.explain import draw_stages
    from inkdigits.reading.imaging.limits import Limits
    from inkdigits.reading.imaging.picture import load_single_page
    from inkdigits.reading.normalise import extract_ink_crop
    from inkdigits.reading.single import extract_glyph
    from inkdigits.training.evaluate import predict_logits
    from inkdigits.training.loop import create_state
    from inkdigits.training.recipes import RECIPES


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 7 Your own handwriting

    Now it is your turn. **Draw a digit** with the mouse, a pen or a finger. The words below the canvas follow whatever
    you do. (There is already a three on it; feel free to clear it.)
    """)
    return


@app.cell
def _():
    canvas = mo.ui.anywidget(Canvas(strokes=THREE))
    canvas
    return (canvas,)


@app.cell
def _(canvas, reader):
    picture = rasterise(canvas.value["strokes"], canvas.value["pen"])
    seen = reader.inspect(picture)
    verdict = {
        "accepted": f"It reads **{seen.digit.digit}**, {percent(seen.digit.confidence)} sure.",
        "unsure": f"It is unsure, and guesses **{seen.digit.digit}**.",
        "no-digit": "It sees ink, but **no digit**.",
        "no-ink": "It sees an empty page.",
    }
    mo.md(verdict[seen.reason])
    return picture, seen


@app.cell
def _():
    reader = Reader()

    assert reader.read_digit(rasterise(THREE)).text == "3"
    assert not reader.read_digit(rasterise([])).accepted  # an empty page
    return (reader,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    That was this project's reader. It never saw your drawing as you see it. Here is the way from the paper to the
    answer, with everything thrown away along the way: where the ink is and which part of it is the digit; the same ink
    shrunk to 28×28 pixels; and ten probabilities.
    """)
    return


@app.cell
def _(picture, seen):
    mark = extract_ink_crop(picture)  # the ink alone, cropped; None on an empty page
    stages(
        {
            "the picture": picture,
            "the digit's ink": picture * 0 if mark is None else mark.ink,
            "what the network gets": seen.glyph,
        },
        "From paper to 28×28",
        columns=3,
    )
    return


@app.cell
def _(seen):
    bars(seen.probabilities, "What the network thinks it is", "Whether it is a digit at all is a separate question.")
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## "99 % on MNIST, and wrong on my own photo"

    That is the most common complaint about digit recognition. Let us find out what is behind it. We train two networks
    of our own, the one with a hidden layer and a convolutional one, and test both on validation digits.
    """)
    return


@app.cell
def _():
    parts = split(mnist.load("train"), "choosing")
    some = parts.held_out.slice(0, 400)

    def training(recipe, title):
        return watch_training(lambda: create_state(recipe, parts, torch.device("cpu")), title)

    def right(network, images):
        """The share of glyphs, uint8 N×28×28, that `network` reads as `some` labels them."""
        said = predict_logits(network, torch.from_numpy(to_float(np.stack(images))))
        return float((said.argmax(dim=1).numpy() == some.labels).mean())

    return parts, right, some, training


@app.cell
def _(training):
    learning_layered = training(replace(RECIPES["mlp"], epochs=3), "Hidden layer")
    learning_layered
    return (learning_layered,)


@app.cell
def _(training):
    learning_convolutional = training(RECIPES["fast"], "Convolutional")
    learning_convolutional
    return (learning_convolutional,)


@app.cell
def _(learning_convolutional, learning_layered, right, some):
    layered, convolutional = (each.result().eval_network for each in (learning_layered, learning_convolutional))
    on_mnist = right(layered, some.images), right(convolutional, some.images)

    assert on_mnist[0] > 0.92 and on_mnist[1] > 0.97
    table(["network", "MNIST"], ["hidden layer", percent(on_mnist[0])], ["convolutional", percent(on_mnist[1])])
    return convolutional, layered


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Now photos. To know what is written on them, we write them ourselves: 400 digits, each thinned to the path of the
    pen and written again with a ballpoint, somewhere on paper, in light that falls from one side.
    """)
    return


@app.cell
def _(some):
    dice = np.random.default_rng(7)

    def photo(field):
        """One digit on paper, uint8 260×320, dark on bright."""
        height, pen = dice.uniform(90, 150), dice.uniform(4, 9)
        ink = write_digit(
            field, height, pen, slant=dice.normal(0, 0.1), rotation=dice.normal(0, 0.05), stretch=1, rng=dice
        )
        y, x = dice.integers(10, 250 - ink.shape[0]), dice.integers(10, 310 - ink.shape[1])
        cover = np.zeros((260, 320))
        cover[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
        light = np.linspace(dice.uniform(0.75, 1), dice.uniform(0.75, 1), 320)
        return np.clip(225 * light * (1 - 0.75 * cover) + dice.normal(0, 3, cover.shape), 0, 255).astype(np.uint8)

    def take_photos():
        for start in range(0, 400, 10):
            strokes = Strokes.from_digits(some.slice(start, start + 10))
            taken.extend(photo(field) for field in strokes.distance_fields)
            yield
        return taken

    taken = []
    taking = watch(take_photos(), lambda: draw_progress("400 photos", len(taken) / 400))
    taking
    return (taking,)


@app.cell
def _(some, taking):
    photos = taking.result()
    stages({f"photo {place + 1}, a {some.labels[place]}": photos[place] for place in range(4)}, "Four of 400 photos")
    return (photos,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    A network takes 28×28 pixels. So do what most people do first: shrink the photo, and ask.
    """)
    return


@app.cell
def _(photos):
    def shrunk(image):
        return cv2.resize(image, (28, 28), interpolation=cv2.INTER_AREA)

    simply = [shrunk(each) for each in photos]
    return shrunk, simply


@app.cell(hide_code=True)
def _(convolutional, right, simply, some):
    naive = right(convolutional, simply)
    assert naive < 0.3
    question(
        "The convolutional network got about 99 % of MNIST right. How many of the 400 photos does it get right?",
        f"**{percent(naive, 0)}**. Guessing gets 10 %.",
        stages(
            {f"photo {place + 1}, a {some.labels[place]}": simply[place] for place in range(4)},
            "This is what the network was given",
        ),
        "It has never seen anything like it. In MNIST the paper is black, a digit fills a box of 20×20 pixels, its "
        "centre of mass is in the middle, and strokes are two or three pixels wide. The network knows digits *of that "
        "form*, and nobody told it that there are others.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Break one thing at a time

    So four things differ: **polarity**, **size**, **centre** and **stroke**. Which of them matters? Take MNIST's
    digits, which both networks can read, and break just one thing. Choose which one, and how badly.
    """)
    return


@app.cell
def _():
    def polarity(image, amount):
        return cv2.addWeighted(image, 1 - amount, 255 - image, amount, 0)  # at 1, black on white

    def size(image, amount):
        side = round(28 * (1 - 0.7 * amount))
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        edge = (28 - side) // 2
        return cv2.copyMakeBorder(small, edge, 28 - side - edge, edge, 28 - side - edge, cv2.BORDER_CONSTANT)

    def centre(image, amount):
        move = np.float32([[1, 0, round(10 * amount)], [0, 1, round(-6 * amount)]])
        return cv2.warpAffine(image, move, (28, 28))

    def stroke(image, amount):
        thin = cv2.erode(image, np.ones((3, 3), np.uint8))  # every pixel takes the value of its darkest neighbour
        return cv2.addWeighted(image, 1 - amount, thin, amount, 0)

    breaks = {"polarity": polarity, "size": size, "centre": centre, "stroke": stroke}
    return (breaks,)


@app.cell
def _(breaks):
    which = mo.ui.dropdown(list(breaks), value="size", label="break the")
    amount = mo.ui.slider(0, 1, 0.1, value=0.6, label="how much", show_value=True, debounce=True)
    mo.hstack([which, amount], justify="start")
    return amount, which


@app.cell
def _(amount, breaks, convolutional, layered, right, some, which):
    _broken = [breaks[which.value](image, amount.value) for image in some.images]
    stages(
        {f"no. {place + 1}, a {some.labels[place]}": _broken[place] for place in range(6)},
        f"{which.value}, {amount.value:g}: hidden layer {percent(right(layered, _broken), 0)}, "
        f"convolutional {percent(right(convolutional, _broken), 0)} right",
        columns=6,
    )
    return


@app.cell(hide_code=True)
def _(breaks, convolutional, layered, right, some):
    after = {
        name: [right(network, [how(image, 1.0) for image in some.images]) for network in (layered, convolutional)]
        for name, how in breaks.items()
    }
    assert all(after[name][1] < 0.6 for name in ("polarity", "size", "stroke"))
    assert after["centre"][0] < 0.5 and after["centre"][1] > after["centre"][0] + 0.2
    question(
        "Which of the four breaks the hidden layer, and which the convolutional network?",
        table(["fully broken", "hidden layer", "convolutional"],
              *([name, *(percent(share, 0) for share in shares)] for name, shares in after.items())).text,
        "All of them break the hidden layer. The convolutional network minds an off-centre digit much less, because it "
        "looks for the same things everywhere, as lesson 5 showed. It never learnt to cope with polarity, size and "
        "stroke.",
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Fix one thing at a time

    There are two ways out. You can show the network everything while it learns, as lesson 6 did with wild augmentation.
    Or you can bring every picture to MNIST's form *before* the network sees it. The second way needs no training at
    all, and here it is, in a few lines per step. First **polarity**, and the paper with it: whatever is darker than the
    paper around it is ink.
    """)
    return


@app.cell
def _(photos):
    def inked(image):
        """Bright ink on 0, from an unevenly lit photo with dark ink on bright paper."""
        paper = cv2.medianBlur(cv2.resize(image, (64, 52)), 31)  # the typical brightness around each place
        paper = cv2.resize(paper, image.shape[::-1]).astype(np.float32)
        ink = np.maximum(paper - image - 40, 0)  # a smaller difference is only noise
        return (255 * ink / max(1, ink.max())).astype(np.uint8)

    lifted = [inked(each) for each in photos]
    return inked, lifted


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Then **size**: crop the digit and scale its longer side to 20 pixels.
    """)
    return


@app.cell
def _(lifted):
    def boxed(ink):
        """The digit, its longer side 20 pixels, in the upper left corner of 28×28."""
        rows, columns = np.flatnonzero((ink > 100).any(axis=1)), np.flatnonzero((ink > 100).any(axis=0))
        cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = 20 / max(cut.shape)
        small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        glyph = np.zeros((28, 28), np.uint8)
        glyph[: small.shape[0], : small.shape[1]] = small
        return glyph

    sized = [boxed(each) for each in lifted]
    return boxed, sized


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Then the **centre**, which you write yourself.

    ## Exercise 1

    The *centre of mass* of an image is the point where it would balance if ink had weight: the mean of all rows, and of
    all columns, each weighted by the ink in it. Count both from 0.
    """)
    return


@app.cell
def _():
    def centre_of_mass(image):
        """[row, column] of the centre of mass of `image`, uint8 H×W with some ink."""
        ...

    return (centre_of_mass,)


@app.cell(hide_code=True)
def _(centre_of_mass, sized, some):
    def balance(image):
        weight = image.astype(np.float64)
        row = weight.sum(axis=1) @ np.arange(image.shape[0]) / weight.sum()
        column = weight.sum(axis=0) @ np.arange(image.shape[1]) / weight.sum()
        return [row, column]

    assert np.allclose(balance(np.eye(5, dtype=np.uint8)), [2, 2])
    assert all(abs(place - 13.5) < 1.5 for image in some.images[:50] for place in balance(image))  # MNIST is centred
    check(centre_of_mass, balance, [some.images[0]], [sized[0]])
    return (balance,)


@app.cell
def _(balance, sized):
    def centred(glyph):
        """The same, moved by whole pixels so that its centre of mass is in the middle."""
        row, column = balance(glyph)
        move = np.float32([[1, 0, round(13.5 - column)], [0, 1, round(13.5 - row)]])
        return cv2.warpAffine(glyph, move, (28, 28))

    middle = [centred(each) for each in sized]
    return centred, middle


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    And finally the **stroke**: by now a ballpoint line is thinner than a pixel, and pale. Give every pixel the
    brightness of its brightest neighbour.
    """)
    return


@app.cell
def _(middle):
    def thickened(glyph):
        return cv2.dilate(glyph, np.ones((2, 2), np.uint8))

    thick = [thickened(each) for each in middle]
    return thick, thickened


@app.cell(hide_code=True)
def _(convolutional, lifted, middle, photos, right, shrunk, simply, sized, some, thick):
    ladder = {
        "only shrunk": simply,
        "polarity fixed": [shrunk(each) for each in lifted],
        "and size": sized,
        "and centre": middle,
        "and stroke": thick,
        "with the project's own reader": [extract_glyph(photo) for photo in photos],
    }
    steps = {name: right(convolutional, images) for name, images in ladder.items()}
    climbed = list(steps.values())
    assert climbed[1] > climbed[0] + 0.1 and climbed[2] > climbed[1] + 0.2
    assert climbed[3] > climbed[2] + 0.02 and climbed[4] > climbed[3] + 0.01
    assert climbed[4] > 0.92 and climbed[5] > 0.95
    question(
        "How much does each step help? Not one of the network's weights changes.",
        table(["the 400 photos", "right"], *([name, percent(share)] for name, share in steps.items())).text,
        stages({name: images[2] for name, images in ladder.items()}, f"One digit, labelled {some.labels[2]}", 3),
        "From guessing to nearly its MNIST accuracy. **The network was good all along. We asked it about a kind of "
        "picture that it had never seen.**",
    )
    return


@app.cell(hide_code=True)
def _(boxed, centred, inked, picture, thickened):
    _mended = picture
    _shown = {"your drawing": picture}
    if inked(picture).max() > 100:
        for _name, _step in (("polarity", inked), ("size", boxed), ("centre", centred), ("stroke", thickened)):
            _mended = _step(_mended)
            _shown[_name] = _mended
    stages(_shown, "Your own drawing from the top of this page, after each of these four steps", columns=5)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2

    Our functions assume that ink is darker than paper. On a blackboard it is not. Write a function that tells which it
    is. One idea: most of a picture is paper, and so is its border.
    """)
    return


@app.cell
def _():
    def is_dark_on_bright(image):
        """1 if the digit in `image`, uint8 H×W, is darker than its paper, else 0."""
        ...

    return (is_dark_on_bright,)


@app.cell(hide_code=True)
def _(is_dark_on_bright, photos, some):
    def darker_than_its_border(image):
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        apart = image.astype(int) - int(np.median(border))
        return int(-apart.min() > apart.max())  # whether what differs most from the border is darker

    assert all(darker_than_its_border(each) == 1 for each in photos[:50])
    assert all(darker_than_its_border(each) == 0 for each in some.images[:50])
    check(is_dark_on_bright, darker_than_its_border, [photos[0]], [some.images[0]], [255 - photos[1]])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A whole page, and your own photo

    On a page, nobody tells you where the digits are. The reader first finds places where one may be, then does for each
    what you have just done. **Load a photo of your own** with some digits on it (a JPEG or a PNG). Until then you see a
    page that we have drawn.
    """)
    return


@app.cell
def _():
    upload = mo.ui.file(filetypes=[".jpg", ".jpeg", ".png", ".webp"], kind="area", label="a photo of digits")
    upload
    return (upload,)


@app.cell
def _(parts, reader, upload):
    sample = draw_page(parts.held_out, ("2026 1998", "31415"), seed=2).image
    source = upload.value[0].contents if upload.value else sample
    opened = load_single_page(source, Limits())
    found = reader.run_stages(opened)
    reading = reader.read(source)
    mo.md(f"It reads: **{' / '.join(reading.text.splitlines()) or 'nothing'}**")
    return found, opened, reading, sample


@app.cell(hide_code=True)
def _(reader, sample):
    digits_read = [digit.text for digit in reader.read(sample).digits]
    assert sum(a == b for a, b in zip(digits_read, "2026199831415", strict=False)) >= 11
    return


@app.cell
def _(found, opened, reading):
    pictures = {name: np.asarray(image) for name, image in draw_stages(opened, reading, found)}
    stages(
        {name: pictures[name] for name in ("ink", "found", "weighed", "read")},
        "The ink, detections that may be digits, the same after a closer look, and what was read",
        columns=2,
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - A network knows what it was shown. MNIST is bright on black, 20 pixels high, centred, with broad strokes.
    - A photo is none of these. If you only shrink it, the network does no better than guessing.
    - You can break polarity, size, centre and stroke one at a time, and fix each without training anything again.
    - A convolutional network minds an off-centre digit much less than a hidden layer does, and the rest just as much.
    - Before you blame a network, look at what it was given.

    The reader also said *how sure* it is. Lesson 8 asks whether to believe that.
    """)
    return


if __name__ == "__main__":
    app.run()
