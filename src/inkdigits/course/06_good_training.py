# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""What good training is

Why there are three piles of digits; how far chance alone moves a result; learning rate, augmentation and averaging,
each measured; and what the best network still gets wrong, some of it not its fault.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="6 What good training is", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    from dataclasses import replace

    import marimo as mo
    import numpy as np
    import torch

    import inkdigits
    from inkdigits.course.teaching import check, question, table
    from inkdigits.course.watch import learn, watch, watch_training
    from inkdigits.data.augmentation.augment import AugmentSettings, augment
    from inkdigits.data.augmentation.warp import Warp, warp
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.glyph import to_float
    from inkdigits.lab import contradicted
    from inkdigits.lab.frames import draw_frame, draw_progress
    from inkdigits.lab.lines import draw_lines
    from inkdigits.lab.mistakes import draw_mistakes
    from inkdigits.lab.pictures import pictures
    from inkdigits.lab.seeds import draw_seeds
    from inkdigits.training.evaluate import load_test_digits, predict_digit_logits, score_logits, wilson_interval
    from inkdigits.training.loop import create_state
    from inkdigits.training.recipes import RECIPES


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 6 What good training is

    A convolutional network is right 99 times in 100 after a few seconds of training. From here on, improvements are
    small: 99.0, 99.2, 99.3. So small that it is easy to fool yourself. Somebody turns a knob, the result rises by a
    tenth, and the knob gets the credit, though it was only luck.

    This lesson is about not fooling yourself. First we ask how much of a result is luck. Only then do we turn knobs.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The best of a thousand monkeys

    Let a thousand monkeys guess the labels of 200 digits. Each guesses at random, so each gets about 10 % right. But
    some are lucky. We take **the best** monkey of the thousand, and are proud of it.
    """)
    return


@app.cell
def _():
    digits = mnist.load("train")
    parts = split(digits, "choosing")  # 55,000 to learn from, 5,000 to choose by
    judges = parts.held_out
    chance = np.random.default_rng(6)
    guesses = chance.integers(0, 10, (1000, len(judges)))  # a row for each monkey
    right = guesses == judges.labels
    return judges, parts, right


@app.cell(hide_code=True)
def _(right):
    chosen_by = right[:, :200].mean(axis=1)
    best_monkey = int(chosen_by.argmax())
    promised, kept = float(chosen_by[best_monkey]), float(right[best_monkey, 200:].mean())
    assert promised > 0.145 and kept < 0.12
    question(
        "How often is the best monkey right on the 200 digits it was chosen by? And on the other 4,800?",
        f"**{100 * promised:.1f} %** on the digits it was chosen by, **{100 * kept:.1f} %** on all others. The first "
        "figure is true of those 200 digits. It is not true of the monkey.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Networks are better than monkeys, but the same happens to them: **if you choose something by a score, that score is
    too good.** That is why there are three piles.

    - **Training** digits: the network learns from them.
    - **Validation** digits: *we* use them to choose the learning rate, how long to train, and which network to keep.
      After a hundred choices we have learnt from them too.
    - **Test** digits: a sealed envelope, opened once, after the last choice.

    Here, the training digits are the first 55,000 of MNIST's 60,000, and the validation digits are the last 5,000. The
    envelope is MNIST's own test set of 10,000. It stays closed until nearly the end of this lesson.

    ## How much is luck?

    A network starts with random weights and sees the digits in random order. The *seed* decides both. Six trainings
    that differ only in their seed show what chance does. They learn from just 10,000 digits, so that this takes
    seconds.
    """)
    return


@app.cell
def _(parts):
    few = replace(parts, train=parts.train.slice(0, 10_000))
    recipe = replace(RECIPES["fast"], batch=128, epochs=2)

    def learnt(recipe, parts):
        """Train, in pieces."""
        return learn(create_state(recipe, parts, torch.device("cpu")))

    def accuracy(said, digits):
        return score_logits(said, digits).accuracy

    return accuracy, few, learnt, recipe


@app.cell
def _(accuracy, few, judges, learnt, recipe):
    _answers, _by_seed = [], []

    def learn_six():
        for seed in range(6):
            state = yield from learnt(replace(recipe, seed=seed), few)
            _answers.append(predict_digit_logits(state.eval_network, judges))
            _by_seed.append(accuracy(_answers[-1], judges))
        return _answers, _by_seed

    learning = watch(
        learn_six(),
        lambda: draw_frame({"accuracy": list(enumerate(_by_seed, 1))}, "One recipe, six seeds", below="training",
                           scales=("linear", "linear")),
    )  # fmt: skip
    learning
    return (learning,)


@app.cell
def _(learning):
    answers, by_seed = learning.result()

    assert min(by_seed) > 0.96 and max(by_seed) < 0.995
    assert 0.0003 < np.std(by_seed, ddof=1) < 0.006
    draw_seeds({"six seeds": by_seed}, "One recipe, six seeds", "Nothing else differs between the dots.")
    return answers, by_seed


@app.cell(hide_code=True)
def _(by_seed, judges):
    low, high = wilson_interval(round(by_seed[0] * len(judges)), len(judges))
    half = 100 * (high - low) / 2
    assert 0.2 < half < 0.6
    question(
        "A friend changed a knob, trained once, and got 0.2 % more than your single training. Is the knob good?",
        "Nobody can tell. With the same knobs, the best seed here is "
        f"{100 * (max(by_seed) - min(by_seed)):.2f} % above the worst. One training is an anecdote. Run several, and "
        "report mean ± standard deviation and how many there were.",
        "There is a second kind of luck: *which* digits you test on. A different draw of 5,000 digits would move the "
        f"result by about ± {half:.1f} % (a 95 % interval). More seeds do not help against that; only more digits do.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1

    The standard deviation says how much *one* training varies. The mean of *n* trainings varies less: by the standard
    deviation divided by the square root of *n*. Write this *standard error*. Divide the sum of squares by n − 1, as
    `np.std(…, ddof=1)` does.
    """)
    return


@app.cell
def _():
    def standard_error(accuracies):
        """The standard error of the mean of these accuracies."""
        ...

    return (standard_error,)


@app.cell(hide_code=True)
def _(by_seed, standard_error):
    def error_of_mean(accuracies):
        return np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))

    assert abs(error_of_mean([0.0, 2.0]) - 1) < 1e-9
    check(standard_error, error_of_mean, [by_seed], [[0.98, 0.99, 0.97]])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The learning rate

    Of all knobs, this one matters most. The gradient says in which direction the loss falls; the learning rate says how
    far to go. If steps are too short, almost nothing has happened when time is up. If they are too long, every step
    lands on the other side of the valley, higher up. Turn it: 60 steps take half a second.
    """)
    return


@app.cell
def _():
    power = mo.ui.slider(
        -4, 0, 0.5, value=-3, label="learning rate: 10 to the power of", show_value=True, debounce=True
    )
    power
    return (power,)


@app.cell
def _(few, judges, recipe):
    def sixty_steps(lr, losses):
        """Take 60 steps, add their losses to the list, and give the accuracy afterwards on 2,000 validation digits."""
        short = replace(recipe, optimizer="adam", lr=lr, schedule="constant", steps=60)
        state = create_state(short, few, torch.device("cpu"))
        yield from learn(state, [lambda now: losses.append((now.step, now.loss.item()))])
        held = judges.slice(0, 2000)
        return score_logits(predict_digit_logits(state.network, held), held).accuracy

    return (sixty_steps,)


@app.cell
def _(power, sixty_steps):
    losses = []
    turning = watch(
        sixty_steps(10**power.value, losses),
        lambda: draw_frame({"loss": losses}, f"Learning rate {10**power.value:.2g} (a loss of 2.3 is guessing)",
                           scales=("linear", "log")),
    )  # fmt: skip
    turning
    return (turning,)


@app.cell(hide_code=True)
def _(turning):
    mo.md(f"After 60 steps, **{100 * turning.result():.1f} %** of the validation digits are right.")
    return


@app.cell(hide_code=True)
def _(sixty_steps):
    rates, _after = [0.0001, 0.001, 0.01, 0.1, 1.0], []

    def try_rates():
        for lr in rates:
            _after.append(100 * (yield from sixty_steps(lr, [])))
        return _after

    trying = watch(try_rates(), lambda: draw_progress("Five learning rates, for the next question", len(_after) / 5))
    trying
    return rates, trying


@app.cell(hide_code=True)
def _(rates, trying):
    after = trying.result()
    assert after[2] > 93 and after[0] < 85 and after[4] < 70 and after[2] > after[1] > after[0]
    question(
        "Which is worse: a learning rate ten times too small, or one ten times too large?",
        draw_lines(
            rates,
            {"accuracy": after},
            "Sixty steps with each rate",
            below="learning rate",
            up="accuracy in %",
            scales=("log", "linear"),
        ),
        "Too small is only slow: wait, and it gets there. Too large breaks it. But just below *too large* it learns "
        "fastest. Hence the usual plan: start carefully, go up to a large rate, and let it fall to nothing at the end. "
        "The recipes here do that; it is called *one cycle*.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A digit that leans is still that digit

    More digits make a better network, but somebody has to write them. The cheap way: take a digit you have and turn it
    a little, enlarge it, slant it, shift it. The image is new and the label is the same. That is *augmentation*.
    **Always look at what it makes**: here are six digits in four variations, gentle and wild.
    """)
    return


@app.cell
def _(parts):
    six = torch.from_numpy(to_float(parts.train.images[:6]))
    dice = torch.Generator().manual_seed(6)
    gently = [warp(six, Warp(rotation=8, scale=0.08, shear=0.12, shift=1.0, elastic=0.0), dice) for _ in range(4)]
    wildly = [augment(six, torch.from_numpy(parts.train.labels[:6]), AugmentSettings(plain=0), dice) for _ in range(4)]

    assert all(((each >= 0) & (each <= 1)).all() for each in gently + wildly)

    def sheet(variations):
        """The six digits, and below each of them its variations, as one image."""
        images = torch.cat([six, *variations])[:, 0]
        return images.reshape(5, 6, 28, 28).transpose(1, 2).reshape(5 * 28, 6 * 28)

    pictures(
        [sheet(gently), sheet(wildly)],
        ["gentle: turned, slanted, moved", "wild: pens, neighbours, blots"],
        "Six digits, and below each four variations",
        columns=2,
    )
    return


@app.cell(hide_code=True)
def _(learnt, parts, recipe):
    thousand, _networks = replace(parts, train=parts.train.slice(0, 1000)), []

    def learn_four():
        for kind in ("none", "light"):
            for seed in range(2):
                state = yield from learnt(replace(recipe, steps=200, augment=kind, seed=seed), thousand)
                _networks.append(state.eval_network)
        return _networks[:2], _networks[2:]

    varying = watch(learn_four(), lambda: draw_progress("Four trainings, for the next question", len(_networks) / 4))
    varying
    return thousand, varying


@app.cell(hide_code=True)
def _(accuracy, judges, thousand, varying):
    plain, varied = varying.result()
    by_variation = {
        name: [accuracy(predict_digit_logits(each, judges), judges) for each in networks]
        for name, networks in (("as they are", plain), ("gently varied", varied))
    }
    by_heart = accuracy(predict_digit_logits(plain[0], thousand.train), thousand.train)
    gain = np.mean(by_variation["gently varied"]) - np.mean(by_variation["as they are"])
    assert gain > 0.002 and by_heart > 0.99
    question(
        "A network learns from only 1,000 digits for 200 steps, either as they are, or gently varied anew in every "
        "step. Which does better on the 5,000 validation digits?",
        draw_seeds(by_variation, "1,000 digits, 200 steps, two seeds each"),
        f"Varied is better, by {100 * gain:.1f} points. The other network knows its 1,000 digits by heart "
        f"({100 * by_heart:.1f} % right) and has nothing more to learn from them. An image that never comes twice "
        "cannot be learnt by heart.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2

    The simplest variation: move a digit sideways. What leaves the image on one side is lost, and what comes in on the
    other side is paper, which is 0. (If you let the lost pixels come in again on the other side, you teach the network
    digits that nobody writes.)
    """)
    return


@app.cell
def _():
    def moved(image, pixels):
        """`image`, 28×28, moved to the right by that many pixels (1 to 27)."""
        ...

    return (moved,)


@app.cell(hide_code=True)
def _(moved, parts):
    def shifted(image, pixels):
        result = np.zeros_like(image)
        result[:, pixels:] = image[:, :-pixels]
        return result

    assert shifted(parts.train.images[0], 28 - 1)[:, :27].max() == 0
    check(moved, shifted, [parts.train.images[0], 3], [parts.train.images[1], 8])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The average is better than its parts

    Weights jump about from step to step, most of all at a high learning rate. Their *running average* sits in the
    middle of the jumps. It costs almost nothing: after each step, keep 95 % of the old average and add 5 % of the new
    weights. Below is one training at a rate that never falls, scored both ways.
    """)
    return


@app.cell
def _(few, recipe):
    settings = replace(recipe, steps=150, schedule="constant", average=0.95)
    averaging = watch_training(lambda: create_state(settings, few, torch.device("cpu")), "A rate that never falls")
    averaging
    return (averaging,)


@app.cell
def _(averaging, judges):
    restless = averaging.result()
    two_networks = (restless.network, restless.eval_network)
    of_last, of_average = (score_logits(predict_digit_logits(each, judges), judges) for each in two_networks)

    assert of_average.loss < of_last.loss
    table(
        ["weights", "loss", "right"],
        ["after the last step", f"{of_last.loss:.3f}", f"{100 * of_last.accuracy:.2f} %"],
        ["their running average", f"{of_average.loss:.3f}", f"{100 * of_average.accuracy:.2f} %"],
    )
    return


@app.cell(hide_code=True)
def _(accuracy, answers, by_seed, judges):
    together = torch.stack([said.softmax(dim=1) for said in answers]).mean(dim=0).log()
    of_all = accuracy(together, judges)
    assert of_all > np.mean(by_seed) + 0.0005
    question(
        f"The six networks from above are {100 * np.mean(by_seed):.2f} % right on average. Average the probabilities "
        "that all six give. How often is this committee right?",
        f"**{100 * of_all:.2f} %** of the time. The best single network reaches {100 * max(by_seed):.2f} %. Each makes "
        "its own mistakes, and where one is wrong the other five outvote it. The price: six times the work per digit.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Opening the envelope

    The network that comes with this project has trained for much longer, on all 60,000 digits, with wild augmentation
    and averaged weights. Every choice was made on validation digits. So now, once, the 10,000 digits of the test set.
    """)
    return


@app.cell
def _():
    test, _read = load_test_digits(), []

    def classify_test():
        reader = inkdigits.Reader()
        for start in range(0, len(test), 200):
            _read.append(reader.classify(test.images[start : start + 200], normalised=True).probabilities)
            yield
        return np.concatenate(_read)

    opening = watch(classify_test(), lambda: draw_progress("It reads 10,000 digits, once", 200 * len(_read) / 10_000))
    opening
    return opening, test


@app.cell
def _(opening, test):
    packaged = opening.result()
    result = score_logits(torch.from_numpy(packaged).log(), test)

    assert 0.994 < result.accuracy < 0.9985  # if it were higher, it would have learnt the wrong labels
    mo.md(f"**{100 * result.accuracy:.2f} %** (95 % interval: {100 * result.low:.2f} to {100 * result.high:.2f} %).")
    return (packaged,)


@app.cell
def _(packaged, test):
    draw_mistakes(test, torch.from_numpy(packaged).log(), most=24)
    return


@app.cell(hide_code=True)
def _(packaged, test):
    wrong = int((packaged.argmax(axis=1) != test.labels).sum())
    assert 15 <= wrong <= 60
    question(
        f"Look through these mistakes, the most confident first. There are {wrong} in 10,000 digits. How often would "
        "*you* have given the label's answer?",
        "Most people side with the network on some of the first ones. People who went through MNIST's test set found "
        "about 15 labels that are plainly wrong. A network above about 99.85 % has not learnt to see better. Through "
        "somebody's many choices it has learnt which mistakes this test set makes.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## When all six disagree with the label

    Training digits have wrong labels too. How do you find them among 60,000? Ask networks that have *not* learnt from
    them. Networks with different seeds make different mistakes; where **all six** agree with each other and not with
    the label, a person should look. Here are the validation digits where that happens.
    """)
    return


@app.cell
def _(answers, judges):
    found = contradicted.find_contradictions(judges, answers, first=55_001)

    assert 3 <= len(found) <= 60
    assert any(each.number == 59_916 and (each.label, each.guess) == (4, 7) for each in found)
    contradicted.draw_contradictions(judges, found, runs=len(answers), first=55_001, most=14)
    return


@app.cell(hide_code=True)
def _():
    question(
        "Digit 59,916 is labelled 4. What would you have called it? And what should be done about it?",
        "To most eyes it is a 7, as it is to all six networks. But do not correct labels on a network's word: networks "
        "can share a mistake, and then you would bend the data to fit them. A person decides, writes down what "
        "changed, and **never changes the test set** after seeing the result.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - If you choose something by a score, that score is too good; hence training, validation and test digits.
    - One training is an anecdote. Seeds alone move the result, and so does the choice of test digits.
    - Too small a learning rate is slow, too large a one breaks it; the best is just below too large.
    - Gentle augmentation makes up for missing digits, as long as the label stays true.
    - The average of weights, or of networks, is better than its members are on average.
    - Some of the last mistakes are not the network's but the label's.

    All this was measured on digits that others wrote, scanned and centred. Lesson 7 brings your own.
    """)
    return


if __name__ == "__main__":
    app.run()
