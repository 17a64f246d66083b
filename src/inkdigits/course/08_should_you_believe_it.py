# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Should you believe it?

What confidence is and whether you can trust it; saying "I don't know"; a sneaker that the network is sure is a digit;
and a digit changed so little that nobody sees it, yet read as another.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="8 Should you believe it?", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    from dataclasses import replace

    import cv2
    import marimo as mo
    import numpy as np
    import torch
    import torch.nn.functional as F

    from inkdigits import Reader
    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import watch_training
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.data.synthesis.nondigits import smooth_polyline
    from inkdigits.glyph import make_glyph, to_float
    from inkdigits.lab.calibration import draw_refusal, draw_reliability
    from inkdigits.lab.canvas import Canvas, rasterise
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.stages import bars
    from inkdigits.lab.theme import percent
    from inkdigits.training.calibrate import calibration_error, fit_temperature
    from inkdigits.training.evaluate import predict_digit_logits, predict_logits
    from inkdigits.training.loop import create_state
    from inkdigits.training.recipes import RECIPES


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 8 Should you believe it?

    Ask a person which digit an ink blot is, and they will say: *none*. Ask a network, and it will say: *3*. It has ten
    answers and must give one. So the answer alone is worth little. What you want to know is **how far to trust it**.
    That is what this lesson is about.

    Try it: draw anything that is no digit. The bars below are all that a network with ten answers can say.
    """)
    return


@app.cell
def _():
    canvas = mo.ui.anywidget(Canvas(strokes=[[60, 90, 220, 90, 220, 200, 60, 200, 60, 90, 140, 40, 220, 90]]))
    canvas
    return (canvas,)


@app.cell
def _(canvas):
    reader = Reader()
    _drawing = rasterise(canvas.value["strokes"], canvas.value["pen"])
    _ten = reader.classify(_drawing[None]).probabilities[0]
    bars(_ten, f"Which digit? It must choose, and says {_ten.argmax()}")
    return (reader,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What it says, and how sure it says it is

    We take the lecture's second network, 784 → 20 → 10, and let it learn its 5,000 digits nearly by heart, in small
    batches, which takes seconds. We test it on the next 5,000.
    """)
    return


@app.cell
def _():
    parts = split(mnist.load("train"), "lecture")
    recipe = replace(RECIPES["lecture-mlp"], batch=100, steps=1500, lr=3e-3)
    learning = watch_training(
        lambda: create_state(recipe, parts, torch.device("cpu")), "784 → 20 → 10, nearly by heart"
    )
    learning
    return learning, parts


@app.cell
def _(learning, parts):
    network = learning.result().network.eval()
    said, labels = predict_digit_logits(network, parts.held_out), torch.from_numpy(parts.held_out.labels)
    probabilities = said.softmax(dim=1)

    assert torch.allclose(probabilities.sum(dim=1), torch.ones(5000), atol=1e-4)  # ten probabilities that add up to 1
    bars(probabilities[0].numpy(), f"Image 5,001: it says {said[0].argmax()}, the label says {labels[0]}")
    return labels, network, probabilities, said


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    The largest of the ten probabilities is called the network's **confidence**. If it means anything, then out of all
    digits of which the network is 80 % sure, 80 % are right.
    """)
    return


@app.cell(hide_code=True)
def _(labels, probabilities):
    sure = float(probabilities.max(dim=1).values.mean())
    is_right = float((probabilities.argmax(dim=1) == labels).float().mean())
    assert 0.86 < is_right < 0.94 and sure > is_right + 0.02
    question(
        f"This network gets {percent(is_right)} of the new digits right. How sure does it say it is, on average?",
        f"**{percent(sure)}**. It is overconfident. In the end it knew nearly all of its training digits, so it never "
        "found out what it is like to be wrong.",
    )
    return


@app.cell
def _(labels, probabilities):
    draw_reliability(probabilities.numpy(), labels.numpy(), "Is its confidence justified? As trained")
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Blue is how often it was right; orange is what it promised beyond that. The mean of these gaps, each weighted by its
    number of digits, is the *expected calibration error*.

    ## One number puts it right

    Before softmax, divide all ten logits by one *temperature* T:

    $$p_d = \frac{e^{z_d / T}}{\sum_k e^{z_k / T}}$$

    The largest stays the largest, so no answer changes. But a T above 1 brings the ten closer together and makes the
    network more modest. Turn it until the orange is gone.
    """)
    return


@app.cell
def _():
    heat = mo.ui.slider(0.5, 4, 0.1, value=1.6, label="temperature", show_value=True, debounce=True)
    heat
    return (heat,)


@app.cell
def _(heat, labels, said):
    _cooled = (said / heat.value).softmax(dim=1).numpy()
    draw_reliability(
        _cooled,
        labels.numpy(),
        f"T = {heat.value:g}: expected calibration error {percent(calibration_error(_cooled, labels.numpy()))}",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    If you turn a knob while looking at some digits, you must test it on others, as lesson 6 showed. So we fit T on the
    first half of the new digits, for the smallest loss, and measure on the second half.
    """)
    return


@app.cell
def _(labels, said):
    fitted = fit_temperature(said[:2500], labels[:2500])
    before = calibration_error(said[2500:].softmax(dim=1).numpy(), labels[2500:].numpy())
    calibrated = (said[2500:] / fitted).softmax(dim=1).numpy()
    after = calibration_error(calibrated, labels[2500:].numpy())

    assert fitted > 1.1 and after < 0.75 * before
    table(
        ["measure", "as trained", f"T = {fitted:.2f}"],
        ["expected calibration error", percent(before), percent(after)],
    )
    return calibrated, fitted


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## "I don't know"

    Now that confidence means something, you can act on it. A program that reads cheques need not read all of them. It
    can leave those it is unsure of to a person. Choose how sure it must be.
    """)
    return


@app.cell
def _():
    least = mo.ui.slider(0.1, 0.99, 0.01, value=0.75, label="minimum confidence", show_value=True, debounce=True)
    least
    return (least,)


@app.cell
def _(calibrated, labels, least):
    confidence = calibrated.max(axis=1)
    right = calibrated.argmax(axis=1) == labels[2500:].numpy()
    _taken = confidence >= least.value
    draw_refusal(
        confidence, right,
        f"Accepted from {percent(least.value, 0)} on: {percent(1 - _taken.mean())} refused, "
        f"{percent(1 - right[_taken].mean() if _taken.any() else 0)} of the rest wrong", least.value,
    )  # fmt: skip
    return confidence, right


@app.cell(hide_code=True)
def _(confidence, right):
    surest = np.argsort(-confidence)[: int(0.8 * len(confidence))]
    all_wrong, rest_wrong = 1 - right.mean(), 1 - right[surest].mean()
    assert rest_wrong < 0.6 * all_wrong
    question(
        f"Of all digits, {percent(all_wrong)} are wrong. Refuse the fifth that it is least sure of. "
        "How many of the others are wrong?",
        f"**{percent(rest_wrong)}**. Most mistakes are where the network hesitates. Knowing that is worth more than "
        "another layer.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1

    Where to draw the line depends on what mistakes cost. Say a refused digit costs 1 (a person looks at it), and a
    digit accepted wrongly costs *c*. If confidence is honest, a digit with confidence *p* is wrong with probability
    1 − p. From what confidence on does accepting cost no more than refusing?
    """)
    return


@app.cell
def _():
    def least_confidence(cost):
        """The confidence, 0 to 1, from which on accepting beats refusing; a wrong digit costs `cost` > 1."""
        ...

    return (least_confidence,)


@app.cell(hide_code=True)
def _(confidence, least_confidence, right):
    def threshold(cost):
        return 1 - 1 / cost  # cost × (1 − p) ≤ 1

    def paid(line, cost):
        return np.where(confidence >= line, np.where(right, 0, cost), 1).mean()

    assert paid(threshold(10), 10) < min(paid(0, 10), paid(0.3, 10), paid(0.9999, 10))
    check(least_confidence, threshold, [2], [4], [100])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    This project's reader does the same, with a cost of its own choosing; `inkdigits read --min-confidence` sets another
    line.

    ## A sneaker

    Confidence was calibrated on *digits*. What does it say about things that are not digits? There is a well-known set
    of clothes in MNIST's format. It is not part of this package, so we have **drawn** three hundred sneakers with a few
    lines of code. Here are twelve.
    """)
    return


@app.cell(hide_code=True)
def _():
    OUTLINE = np.array(
        [(2, 30), (3, 14), (8, 8), (18, 8), (22, 12), (30, 20), (44, 27), (56, 31), (61, 36), (61, 43), (2, 43)]
    )

    def sneaker(dice):
        """One sneaker as a glyph, uint8 28×28: a grey upper, a sole, and up to three stripes."""
        shape = OUTLINE * [dice.uniform(0.8, 1.1), dice.uniform(0.7, 1.3)] + dice.normal(0, 1.2, OUTLINE.shape)
        upper = smooth_polyline(np.concatenate([shape, shape[:1]]), True).round().astype(np.int32) + 8
        ink = np.zeros((96, 96), np.uint8)
        cv2.fillPoly(ink, [upper], int(dice.integers(110, 230)), cv2.LINE_AA)
        (right, bottom), (left, _) = (shape[-2:] + 8).astype(int)
        cv2.rectangle(ink, (left, bottom - 2), (right, bottom + int(dice.integers(2, 6))), 255, -1)
        for stripe in range(dice.integers(0, 4)):
            x = int(left + (right - left) * (0.4 + 0.1 * stripe))
            cv2.line(ink, (x, bottom - 4), (x - 6, bottom - 16), int(dice.choice([20, 255])), 2, cv2.LINE_AA)
        return make_glyph(ink)

    return (sneaker,)


@app.cell
def _(sneaker):
    dice = np.random.default_rng(8)
    sneakers = np.stack([sneaker(dice) for _ in range(300)])
    pictures(sneakers[:12], [""] * 12, "Twelve of three hundred sneakers", columns=6)
    return (sneakers,)


@app.cell(hide_code=True)
def _(fitted, network, sneakers):
    of_shoes = (predict_logits(network, torch.from_numpy(to_float(sneakers))) / fitted).softmax(dim=1)
    how_sure, what = of_shoes.max(dim=1)
    worst = int(how_sure.argmax())
    assert how_sure[worst] > 0.99 and (how_sure > 0.9).float().mean() > 0.1
    question(
        "The network is calibrated now. How sure can it get that one of these is a digit?",
        bars(of_shoes[worst].numpy(), f"This sneaker is a {what[worst]}"),
        pictures([sneakers[worst]], [f"{percent(how_sure[worst], 2)} sure"], "The sneaker"),
        f"For {percent((how_sure > 0.9).float().mean(), 0)} of the sneakers it is more than 90 % sure. Softmax divides "
        "100 % among ten digits. There is no eleventh place for *none of them*. **Confidence answers *which digit?* "
        "but never *is it a digit?***",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## An eleventh answer

    So ask the other question too. The network that comes with this project has an eleventh output, trained on digits on
    one side and on letters, scribbles, halves of digits and stains on the other: *is it a digit at all?* It says yes to
    digits and no to sneakers, although it never saw any like these.
    """)
    return


@app.cell
def _(parts, reader, sneakers):
    of_digits = reader.classify(parts.held_out.images[:300], normalised=True).digitness > 0.5
    of_sneakers = reader.classify(sneakers, normalised=True).digitness > 0.5

    assert of_digits.mean() > 0.97 and of_sneakers.mean() < 0.2
    table(["called a digit", "of 300"], ["digits", of_digits.sum()], ["sneakers", of_sneakers.sum()])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    That is better, but no proof. It has learnt what the things we thought of look like. Lesson 7 asks it
    about whatever you draw: try something that nobody thought of.

    ## A digit changed on purpose

    Learning follows the gradient of the loss with respect to the *weights*, downhill. The same machinery gives the
    gradient with respect to the *pixels*: which way to change each so that the loss grows. Change every pixel by the
    same small amount in that direction, and see what happens. This known trick is the *fast gradient sign method*.

    ## Exercise 2

    Write it. `gradient` is the slope of the loss at each pixel; a pixel stays between 0 and 1.
    """)
    return


@app.cell
def _():
    def attacked(image, gradient, amount):
        """`image` with each pixel moved by `amount` so that the loss grows; all tensors have the same shape."""
        ...

    return (attacked,)


@app.cell(hide_code=True)
def _(attacked):
    def fast_gradient_sign(image, gradient, amount):
        return (image + amount * gradient.sign()).clamp(0, 1)

    _image, _slope = torch.tensor([0.5, 1.0, 0.0]), torch.tensor([2.0, 0.1, 5.0])
    assert torch.allclose(fast_gradient_sign(_image, _slope, 0.1), torch.tensor([0.6, 1.0, 0.1]))
    check(attacked, fast_gradient_sign, [_image, _slope, 0.1], [_image, -_slope, 0.25])
    return (fast_gradient_sign,)


@app.cell
def _():
    strength = mo.ui.slider(0, 0.3, 0.01, value=0.08, label="change per pixel", show_value=True, debounce=True)
    strength
    return (strength,)


@app.cell
def _(fast_gradient_sign, labels, network, parts):
    first, truth = torch.from_numpy(to_float(parts.held_out.images[:1000])), labels[:1000]

    def slope(images):
        """The gradient of the loss with respect to each pixel."""
        images = images.clone().requires_grad_()
        return torch.autograd.grad(F.cross_entropy(network(images), truth), images)[0]

    def on_purpose(amount):
        return fast_gradient_sign(first, slope(first), amount)

    def by_chance(amount):
        coins = torch.randint(0, 2, first.shape, generator=torch.Generator().manual_seed(8)) * 2 - 1
        return (first + amount * coins).clamp(0, 1)

    def share_right(images):
        return (predict_logits(network, images).argmax(dim=1) == truth).float().mean().item()

    return by_chance, first, on_purpose, share_right, truth


@app.cell
def _(by_chance, first, labels, network, on_purpose, share_right, strength):
    _changed = on_purpose(strength.value)
    _sure, _digit = network(_changed[:5]).softmax(dim=1).max(dim=1)
    pictures(
        torch.cat([first[:5], (_changed - first)[:5].abs(), _changed[:5]])[:, 0],
        [f"a {label}" for label in labels[:5].tolist()] + ["the change"] * 5
        + [f"{digit}, {percent(sure, 0)} sure" for digit, sure in zip(_digit.tolist(), _sure.tolist(), strict=True)],
        f"{strength.value:g} per pixel: {percent(share_right(_changed), 0)} of 1,000 right; "
        f"changed as much by tossing coins: {percent(share_right(by_chance(strength.value)), 0)}",
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _(by_chance, on_purpose, share_right):
    aimed, tossed, untouched = share_right(on_purpose(0.1)), share_right(by_chance(0.1)), share_right(on_purpose(0.0))
    assert aimed < 0.3 and tossed > 0.75 and untouched > 0.86
    question(
        "On untouched digits, the network is right in "
        f"{percent(untouched, 0)}. Change every pixel by a tenth of the way from paper to "
        "ink: once by tossing coins, once on purpose. How often is it right?",
        f"Tossing coins: {percent(tossed, 0)}. On purpose: **{percent(aimed, 0)}**. You can still read all of them. "
        "Small changes in 784 places all pull in one direction, which never happens by chance. That is why *tested on "
        "noisy images* says nothing about somebody who means harm.",
    )
    return


@app.cell
def _(on_purpose, reader, truth):
    fooled = (255 * on_purpose(0.1)[:, 0]).round().to(torch.uint8).numpy()
    unfooled = float((reader.classify(fooled, normalised=True).probabilities.argmax(axis=1) == truth.numpy()).mean())

    assert unfooled > 0.85
    mo.md(f"The project's own network gets **{percent(unfooled)}** of these images right.")
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    It sees differently, and it trained on damaged images. But do not take comfort: these changes were aimed at the
    other network. Anyone who has a network's weights can aim at it, and ours are in the package.

    ## What you now know

    - Confidence is the largest of ten probabilities. As trained it promises too much; one temperature makes it honest.
    - Refusing what the network is unsure of removes most mistakes. Where to draw the line depends on what a mistake
      costs.
    - Confidence says *which* digit, never *whether*. A network can be sure that a sneaker is a digit. Ask that
      separately.
    - It is honest on digits like those it was fitted on, and no further: calibration does not carry over to other data.
    - Following the gradient of the pixels makes changes that fool a network and no person.

    Lesson 9 looks inside: what does the network look at when it decides?
    """)
    return


if __name__ == "__main__":
    app.run()
