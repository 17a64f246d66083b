# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""The first network

One layer, 784 → 10, built and trained by hand: softmax, cross-entropy, the slope of one weight, Adam. Then a thousand
steps, the curves, single predictions, and the weights as pictures, next to the lecture's figures.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="3 The first network", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    import math

    import marimo as mo
    import torch
    import torch.nn.functional as F

    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import watch, watch_training
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab.curves import draw_curves
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.predictions import choose_examples, draw_predictions
    from inkdigits.lab.weights import draw_weights
    from inkdigits.models.build import build_network, count_parameters
    from inkdigits.training.callbacks import throttle
    from inkdigits.training.evaluate import accuracy, predict_digit_logits
    from inkdigits.training.loop import create_state, train
    from inkdigits.training.recipes import get_recipe


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 3 The first network

    Ten judges sit in a row, one for each digit. Each has a sheet of 28×28 fields with a number in every field: how much
    ink there speaks *for* that judge's digit, or against it. Lay an image on all ten sheets. Each judge adds up what
    lies under the ink, and the one with the largest sum wins.

    That is the whole network. Nobody writes the sheets; they start as noise. All we write down is how to improve them:
    **learning is many small corrections in the direction that makes the answers less wrong.** In this lesson you make
    one such correction by hand, and then a thousand.
    """)
    return


@app.cell
def _():
    lecture = split(mnist.load("train"), "lecture")  # images 1–5000 to learn from, 5001–10000 to look at
    x = torch.from_numpy(to_float(lecture.train.images)).reshape(5000, 784)
    y = torch.from_numpy(lecture.train.labels)

    assert x.shape == (5000, 784) and y.shape == (5000,)
    return lecture, x, y


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Scores

    Ten sheets with 784 weights each, and one more number per judge: the *bias*, the judge's prejudice before seeing any
    ink. Weights start random and small, biases at 0. The scores are also called *logits*. Choose an image: so far, its
    scores mean nothing.
    """)
    return


@app.cell
def _(x):
    limit = math.sqrt(6 / (784 + 10))  # Glorot's; Flux's Dense starts the same way
    w = (2 * torch.rand(10, 784, generator=torch.Generator().manual_seed(0)) - 1) * limit
    b = torch.zeros(10)
    scores = x @ w.T + b

    assert scores.shape == (5000, 10)
    return b, scores, w


@app.cell
def _():
    shown = mo.ui.slider(1, 5000, value=1, label="image", show_value=True, debounce=True)
    shown
    return (shown,)


@app.cell
def _(lecture, scores, shown):
    _digit = lecture.train.images[shown.value - 1]
    _scores = (f"{each:.2f}" for each in scores[shown.value - 1].tolist())
    mo.hstack([
        mo.image(255 - _digit, width=84, alt=f"image {shown.value}"),
        table(["score of digit", *range(10)], [f"image {shown.value:,}", *_scores]),
    ], justify="start", align="center")  # fmt: skip
    return


@app.cell(hide_code=True)
def _(b, w):
    _count = w.numel() + b.numel()
    assert _count == 7850 == count_parameters(build_network("softmax"))
    question(
        "How many numbers does this network learn?",
        f"784 × 10 weights and 10 biases: {_count:,}. They are called its *parameters*.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Softmax: from scores to probabilities

    Scores can be negative and add up to anything. We want to read them as "how sure am I of each digit?": positive, and
    adding up to 1. Raise $e$ to the power of each score, which makes everything positive and lets the largest stand
    out; then divide by the sum:

    $$ p_d = \frac{e^{s_d}}{\sum_k e^{s_k}} $$
    """)
    return


@app.cell
def _(scores):
    def softmax(scores):
        powers = torch.exp(scores - scores.max(dim=1, keepdim=True).values)  # the largest becomes e⁰ = 1
        return powers / powers.sum(dim=1, keepdim=True)

    p = softmax(scores)

    assert torch.allclose(p, F.softmax(scores, dim=1), atol=1e-6)  # as PyTorch has it
    assert torch.allclose(p.sum(dim=1), torch.ones(5000), atol=1e-5)
    table(["probability of digit", *range(10)], ["image 1", *(f"{each:.3f}" for each in p[0].tolist())])
    return p, softmax


@app.cell(hide_code=True)
def _(scores, softmax):
    assert torch.allclose(softmax(scores + 100), softmax(scores), atol=1e-5)
    question(
        "Add 100 to all ten scores. What happens to the probabilities?",
        "Nothing: numerator and denominator grow by the same factor. Only differences between scores count. So the "
        "code may subtract the largest score first. And it must: *e* to the power of 1000 is more than a computer can "
        "hold.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Cross-entropy: how wrong is that?

    Look only at the probability $p$ that the right digit got, and charge $-\ln p$ for it. With $p=1$ you pay nothing.
    The smaller $p$, the more you pay, and if you were sure of the wrong digit, there is no limit. The mean over a batch
    is the **loss**.

    ### Exercise 1

    Write it for a batch: `p` is N×10, the probabilities; `y` holds the N right digits. `p[torch.arange(len(y)), y]`
    picks the probabilities of the right ones.
    """)
    return


@app.cell
def _():
    def crossentropy(p, y):
        """The mean of −ln of the right digits' probabilities."""
        ...

    return (crossentropy,)


@app.cell(hide_code=True)
def _(crossentropy, p, scores, y):
    def mean_cost(p, y):
        return -torch.log(p[torch.arange(len(y)), y]).mean()

    assert torch.allclose(mean_cost(p, y), F.cross_entropy(scores, y), atol=1e-5)
    check(crossentropy, mean_cost, [p[:1], y[:1]], [p, y])
    return (mean_cost,)


@app.cell(hide_code=True)
def _(mean_cost, p, y):
    _loss = mean_cost(p, y).item()
    assert 2.2 < _loss < 2.9 and abs(math.log(10) - 2.3026) < 1e-4
    question(
        "A network knows nothing and gives every digit a tenth. What does it pay? (ln 10 = 2.30.)",
        f"−ln 0.1 = 2.30. Ours starts at {_loss:.2f}, a little worse: its random weights are already opinions, and "
        "wrong ones. If a network with ten classes starts at 20, or at 0.5, look for a mistake before you train.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The slope of one weight

    Which way should we move a weight? Try it: a little up, a little down, and see what the loss does. The slope is the
    difference divided by the distance. Here it is for one pixel in the middle, on the sheet for 3.
    """)
    return


@app.cell
def _(b, w, x, y):
    digit, pixel, little = 3, 28 * 14 + 14, 1e-4

    def loss_with(change):
        moved = w.double().clone()
        moved[digit, pixel] += change
        return F.cross_entropy(x.double() @ moved.T + b.double(), y).item()

    tried = (loss_with(+little) - loss_with(-little)) / (2 * little)
    return digit, pixel, tried


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    To try all 7,850 weights like this, you would run the network 15,700 times for one correction. But you can
    *calculate* the slope. For softmax and cross-entropy together it turns out astonishingly simple: how much too sure
    the judge was, times the ink at that pixel, averaged over all images:

    $$ \frac{\partial\,\mathrm{loss}}{\partial w_{d,i}} = \mathrm{mean}\bigl((p_d - [y = d])\; x_i\bigr) $$

    PyTorch finds such formulas by itself for any network, by going backwards through what was computed. That is
    `backward()`; Flux calls it `gradient`. All three should agree.
    """)
    return


@app.cell
def _(b, digit, p, pixel, tried, w, x, y):
    wanted = (y == digit).float()
    calculated = ((p[:, digit] - wanted) * x[:, pixel]).mean().item()

    followed = w.clone().requires_grad_()
    F.cross_entropy(x @ followed.T + b, y).backward()
    automatic = followed.grad[digit, pixel].item()

    assert math.isclose(tried, calculated, rel_tol=1e-3) and math.isclose(calculated, automatic, rel_tol=1e-3)
    table(["tried out", "by formula", "by PyTorch"], [f"{tried:.6f}", f"{calculated:.6f}", f"{automatic:.6f}"])
    return (followed,)


@app.cell(hide_code=True)
def _(followed, x):
    _never = int((x.sum(dim=0) == 0).sum())
    _still = int((followed.grad == 0).all(dim=0).sum())
    assert _never == _still > 50
    question(
        "A pixel in the corner is empty in all 5,000 images. What is the slope of its ten weights?",
        f"0, because x is 0: no ink, no opinion, no correction. {_never} of the 784 pixels are like that. Their "
        "weights keep the noise they started with for ever. You will see it in the pictures below.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Adam: how far to go

    *Down* the slope, but how far? Plain gradient descent goes a fixed multiple of the slope: far where it is steep, and
    hardly at all where it is shallow, even if there is far to go. **Adam** gives every weight its own step size.
    It remembers the average slope of recent steps ($m$) and the average of its square ($v$), and moves the weight by
    $m/\sqrt v$ times the learning rate. A weight whose slope keeps its sign moves by about the learning rate each step,
    however shallow the slope. (Kingma and Ba, 2014. The factors with $t$ correct for both averages starting at 0.)
    """)
    return


@app.cell
def _():
    def adam(weight, slope, memory, t, rate=0.001):
        m, v = memory
        m = 0.9 * m + 0.1 * slope
        v = 0.999 * v + 0.001 * slope**2
        step = rate * (m / (1 - 0.9**t)) / (torch.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return weight - step, (m, v)

    return (adam,)


@app.cell(hide_code=True)
def _():
    def load_adam():
        # The first one takes PyTorch two seconds, which pass beside the sliders before this goes on.
        yield
        return torch.optim.Adam

    loading = watch(load_adam(), lambda: "")
    loading
    return (loading,)


@app.cell
def _(loading):
    torch_adam = loading.result()  # torch.optim.Adam
    return (torch_adam,)


@app.cell
def _(adam, b, torch_adam, w, x, y):
    ours, memory = w.clone(), (torch.zeros(10, 784), torch.zeros(10, 784))
    theirs = w.clone().requires_grad_()
    optimizer = torch_adam([theirs], lr=0.001)
    for t in (1, 2, 3):
        optimizer.zero_grad()
        F.cross_entropy(x @ theirs.T + b, y).backward()
        optimizer.step()
        ours, memory = adam(ours, theirs.grad, memory, t)

    assert torch.allclose(ours, theirs, atol=1e-6)  # ours and PyTorch's, after three steps
    return


@app.cell(hide_code=True)
def _(adam, followed, w):
    _moved = (adam(w, followed.grad, (0, 0), 1)[0] - w).abs()
    _clear = _moved[followed.grad.abs() > 1e-5]
    assert bool((_clear > 0.00099).all()) and bool((_clear < 0.00101).all())
    question(
        "How far does Adam move each weight in its very first step, at a learning rate of 0.001?",
        "By 0.001, up or down, except for weights with slope 0. In the first step m is the slope and √v is its size, "
        "so only the sign is left.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Train twice, and look

    Now put everything together, in the four lines that all of deep learning comes down to. First just two steps: does
    the loss go down at all?
    """)
    return


@app.cell
def _():
    def learn(network, optimizer, x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()  # as it was before this step

    return (learn,)


@app.cell
def _(learn, torch_adam, x, y):
    network = build_network("softmax", seed=0)  # Flatten, then Linear(784, 10)
    stepper = torch_adam(network.parameters(), lr=0.001)
    first = [learn(network, stepper, x, y) for _ in range(2)]
    after = F.cross_entropy(network(x), y).item()

    assert first[0] > first[1] > after
    table(["before", "after one step", "after two"], [f"{loss:.4f}" for loss in (*first, after)])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Forty steps, with a word now and then

    It does. A longer training should say how it is doing, but not after every step: a thousand lines help nobody. The
    lecture prints the loss from a **callback**, *throttled* to once every few seconds. The project's training loop
    works the same way: after every step it calls each function in a list with its whole state. (Read
    `training/loop.py`: the middle of `train` is the four lines above.)
    """)
    return


@app.cell
def _(lecture, torch_adam):
    def tell(state):
        print(f"step {state.step:4}: loss {state.loss.item():.4f}")

    forty = create_state(get_recipe("lecture-softmax").with_knobs(steps=40), lecture, torch.device("cpu"))
    train(forty, [throttle(0.05, tell)])  # at most once in a twentieth of a second

    assert forty.step == 40 and isinstance(forty.optimizers[0], torch_adam)
    assert forty.loss.item() < 1.9
    return (forty,)


@app.cell(hide_code=True)
def _(forty, learn, x, y):
    _by_hand = build_network("softmax", seed=0)
    _stepper = torch.optim.Adam(_by_hand.parameters(), lr=0.001)
    for _ in range(40):
        learn(_by_hand, _stepper, x, y)
    assert torch.allclose(_by_hand.logits.weight, forty.network.logits.weight, atol=1e-4)
    question(
        "Our four lines took two steps. If they take forty, do they end where the library's loop ended?",
        "Yes, apart from rounding: the library started with the same random weights (the same seed) and does the same "
        "arithmetic. What it adds is bookkeeping: callbacks, records, files, Ctrl-C.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A thousand steps

    The lecture trained for 1,047 steps, which took 865 seconds there. The recipe `lecture-softmax` has exactly the
    lecture's settings. Watch the loss fall, and the ten sheets come out of the noise. When it is done, a slider goes
    back in time. (What keeps the figures for the curves is a callback, too.)
    """)
    return


@app.cell
def _(lecture):
    learning = watch_training(
        lambda: create_state(get_recipe("lecture-softmax"), lecture, torch.device("cpu")),
        "784 → 10, a sheet for every digit",
    )
    learning
    return (learning,)


@app.cell
def _(learning):
    thousand = learning.result()
    trained, last = thousand.network, thousand.history[-1]

    assert thousand.step == 1047
    assert 0.955 < last["train_accuracy"] < 0.972
    assert 0.890 < last["held_accuracy"] < 0.907
    draw_curves(thousand.history, "lecture-softmax", "lecture test")
    return last, thousand, trained


@app.cell(hide_code=True)
def _(last, thousand):
    table(
        ["1,047 steps, 7,850 parameters", "training images, 1–5000", "new images, 5001–10000", "seconds"],
        [
            "here",
            f"{100 * last['train_accuracy']:.2f} %",
            f"{100 * last['held_accuracy']:.2f} %",
            f"{thousand.seconds:.1f}",
        ],
        ["the lecture", "96.36 %", "89.88 %", "865"],
        ["ten averages (lesson 1)", "", "80.6 %", ""],
    )
    return


@app.cell(hide_code=True)
def _(thousand):
    _half, _end = next(each for each in thousand.history if each["step"] >= 500), thousand.history[-1]
    assert _end["train_loss"] < 0.2
    assert _end["train_loss"] < _half["train_loss"] - 0.04
    assert _half["held_loss"] - _end["held_loss"] < 0.04
    question(
        "Above, the blue line keeps falling. What does the orange line do, and what does the gap between them mean?",
        f"It levels off. From step {_half['step']} to the end it goes from {_half['held_loss']:.3f} to "
        f"{_end['held_loss']:.3f}, while the loss on the training images goes from {_half['train_loss']:.3f} to "
        f"{_end['train_loss']:.3f}. Most of what the network still learns is true of those 5,000 images only. "
        "Lesson 4 is about this gap.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Looking at single predictions

    Accuracies are sums, and sums hide the details. The lecture looks at the first three images that the network has
    never seen: 5001, 5002 and 5003.
    """)
    return


@app.cell
def _(lecture, trained):
    everything = mnist.load("train")
    three = choose_examples(everything, (5001, 5002, 5003))
    said = predict_digit_logits(trained, three)

    assert three.labels.tolist() == [7, 3, 4]
    assert said.argmax(dim=1).tolist() == [7, 3, 9]  # as in the lecture, the 4 becomes a 9
    draw_predictions(three, said, (5001, 5002, 5003))
    return everything, said, three


@app.cell
def _(everything):
    number = mo.ui.slider(5001, 10000, value=5003, label="image", show_value=True, debounce=True)
    number
    return (number,)


@app.cell
def _(everything, number, trained):
    asked = choose_examples(everything, (number.value,))
    draw_predictions(asked, predict_digit_logits(trained, asked), (number.value,))
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Why the 4 becomes a 9

    The network has no secrets: here are its ten sheets. Orange is weight for the digit, blue against it.
    """)
    return


@app.cell
def _(trained):
    draw_weights(trained)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    You can see the ring of the zero, with blue in the middle. Most sheets look like a smudge left by many hands, since
    one sheet has to serve every way of writing a digit. At the rim you see the untouched noise.

    Now the case against this 4. Take the sheet of 9 minus the sheet of 4, and keep what lies under the ink. Orange says
    "more like a 9", blue "more like a 4". The sum decides.
    """)
    return


@app.cell
def _(said, three, trained):
    ink = three.images[2] / 255
    sheets = trained.logits.weight.detach().numpy().reshape(10, 28, 28)
    verdict = ink * (sheets[9] - sheets[4])
    bias = (trained.logits.bias[9] - trained.logits.bias[4]).item()

    assert math.isclose(verdict.sum() + bias, said[2, 9] - said[2, 4], abs_tol=1e-3)
    assert verdict.sum() + bias > 0
    _captions = ["image 5003", "sheet 9 − sheet 4", "what lies under the ink"]
    pictures([three.images[2], sheets[9] - sheets[4], verdict], _captions, "4 or 9?", columns=3)
    return bias, verdict


@app.cell(hide_code=True)
def _(bias, verdict):
    _for, _against = verdict[verdict > 0].sum(), verdict[verdict < 0].sum()
    assert verdict[:10].sum() > 0
    question(
        "Where does most of the orange come from?",
        f"From the upper ends of the two arms, which lean towards each other where a 9 is closed. Together the "
        f"orange pixels add {_for:.1f}, the blue ones {_against:.1f}, the biases {bias:.2f}. A sum above 0 means 9. "
        "The network cannot ask *is it closed?*; it can only ask *how much ink is where?*, one pixel at a time.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ### Exercise 2

    Accuracy counts how often the largest score is in the right place. Write it for scores N×10 and labels N.
    """)
    return


@app.cell
def _():
    def share_right(scores, y):
        """The share, 0 to 1, of rows whose largest score is at the place that `y` gives."""
        ...

    return (share_right,)


@app.cell(hide_code=True)
def _(lecture, scores, share_right, trained, y):
    def right(scores, y):
        return (scores.argmax(dim=1) == y).float().mean().item()

    _learnt, _new = predict_digit_logits(trained, lecture.train), predict_digit_logits(trained, lecture.held_out)
    assert math.isclose(right(_learnt, y), accuracy(_learnt, y))
    assert right(scores, y) < 0.25  # before training
    check(share_right, right, [_learnt, y], [_new, torch.from_numpy(lecture.held_out.labels)])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - The network is ten sheets of 784 weights and ten biases: 7,850 parameters. Softmax turns its scores into
      probabilities.
    - The loss is −ln of the right digit's probability, averaged. Knowing nothing costs ln 10 = 2.30.
    - You can try out the slope of a weight, calculate it or leave it to PyTorch. The number is the same.
    - Adam gives each weight a step of about the learning rate. Training is four lines, repeated.
    - After 1,047 steps: about 96 % on the training images, about 90 % on new ones. The gap is the next lesson.
    - You can take a wrong answer apart, down to the pixel.

    In lesson 4 the judges get assistants: a hidden layer.
    """)
    return


if __name__ == "__main__":
    app.run()
