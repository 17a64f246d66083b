"""What fine-tuning does for ten persons with hands of their own, and to MNIST.

    python -m bench.finetune              the measurement
    python -m bench.finetune --choosing   the same for others, on training digits, to choose settings by

The persons (persons.py) write MNIST's test digits. Of each, the first five of every digit are learnt from, by what
`inkdigits finetune` does, and a thousand others are read before and after. A network that is refused is not used: then
nothing changes.

When choosing, MNIST's test set stays closed. A twin of the packaged network has learnt from the first 50,000 training
digits (for a quarter of the epochs; where there is none, it is trained now); other persons write the last 10,000, and
these tell what is forgotten. For that the packaged network would not do: it has learnt from all.

PERSONS were measured again whenever the lessons had been bettered. Settings were chosen by OTHERS, but what had us look
for other settings was what PERSONS had shown. So these figures are not wholly of persons that no setting knew.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from bench import store
from bench.persons import OTHERS, PERSONS, Habit, written
from inkdigits.data.digits import CLASSES, Digits
from inkdigits.data.mnist import load
from inkdigits.training.evaluate import Paired, digit_logits, paired, test_digits
from inkdigits.training.finetune import (
    Base,
    as_far_as_mnist_bears,
    base_of,
    blended,
    compared,
    finetune,
    learnt_by,
    mean_of,
    rehearsed_and_held,
)
from inkdigits.training.lessons import lessons_of
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import recipe
from inkdigits.training.runs import Run, trained_network
from inkdigits.training.session import complete

EACH, MEASURED = 5, 1000  # samples of every digit to learn from, digits to measure by
TWIN, SEEN = Path("runs/finetune-twin"), 50_000  # training digits that it learns from
Learnt = Callable[[Base, Digits], tuple[nn.Sequential, Paired]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--choosing", action="store_true", help="other persons and a twin, on training digits; nothing is kept"
    )
    parser.add_argument("--persons", nargs="*", default=[], help="only those whose names begin so; nothing is kept")
    given = parser.parse_args()
    keep_memory()
    people = OTHERS if given.choosing else PERSONS
    chosen = {name: habits for name, habits in people.items() if name.startswith(tuple(given.persons) or "")}
    if given.choosing:
        measured(twin(), chosen, parts()[2], learn)
        return
    found = measured(base_of(), chosen, test_digits(), finetuned)
    if not given.persons:
        store.save("finetune", {"each": EACH, "persons": found} | summary(found))


def measured(base: Base, people: Mapping[str, tuple[Habit, ...]], digits: Digits, learnt: Learnt) -> store.Json:
    """Every person's figures."""
    before, found = base.network(), {}
    for seed, (name, habits) in enumerate(people.items()):
        own, others = parted(written(drawn(digits, seed), habits, name, seed))
        start = time.perf_counter()
        after, mnist = learnt(base, own)
        seconds = time.perf_counter() - start
        gain = paired(name, *(right(network, others) for network in (before, after)))
        found[name] = {"person": gain.as_dict(), "mnist": mnist.as_dict(), "seconds": seconds}
        print(
            f"{name}: error {100 * gain.before / gain.n:.2f} % → {100 * gain.after / gain.n:.2f} %, "
            f"MNIST {100 * mnist.gain:+.2f} points, {seconds:.0f} s",
            flush=True,
        )
    return found


def finetuned(base: Base, own: Digits) -> tuple[nn.Sequential, Paired]:
    """The network that `inkdigits finetune` leaves a person with, and what MNIST's test set says of it."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = finetune(own, Path(folder) / "reader.onnx", base)
        if outcome.path is None or outcome.test is None:
            print(f"{own.name}: refused: {outcome.refused}")
            return base.network(), outcome.held
        return base_of(outcome.path).network(), outcome.test


def parts() -> tuple[Digits, Digits, Digits]:
    """MNIST's training digits when choosing: those that are rehearsed, those by which is found how much of the new is
    borne (the twin has learnt from both), and those that it has never seen."""
    digits = load("train")
    return *rehearsed_and_held(digits.part(0, SEEN)), digits.part(SEEN, len(digits))


def twin() -> Base:
    """The packaged network's twin; it is trained where there is none: ten minutes; what was stopped goes on."""
    complete(recipe("reader").with_knobs(epochs=10, split="choosing", samples=SEEN), TWIN)
    return replace(base_of(), weights=trained_network(Run(TWIN)).state_dict())


def learn(base: Base, own: Digits) -> tuple[nn.Sequential, Paired]:
    """The network alone, without a verdict and a file, and what the digits that the twin has never seen say of it."""
    replay, held, unseen = parts()
    new = mean_of(learnt_by(lessons_of(base.recipe, base.weights, replay), own))
    share = as_far_as_mnist_bears(base, new, held, digit_logits(base.network(), held))
    print(f"{own.name}: {share:.0%} of what was learnt")
    network = blended(base, new, share)
    return network, compared(unseen, *(digit_logits(each, unseen) for each in (base.network(), network)))


def drawn(digits: Digits, seed: int) -> Digits:
    """As many digits as one person needs, any of the set."""
    places = np.random.default_rng(seed).permutation(len(digits))[: MEASURED + 3 * CLASSES * EACH]
    return Digits(digits.images[places], digits.labels[places], digits.name)


def parted(digits: Digits) -> tuple[Digits, Digits]:
    """The first five of every digit, and a thousand others."""
    first = np.concatenate([np.flatnonzero(digits.labels == label)[:EACH] for label in range(CLASSES)])
    others = np.setdiff1d(np.arange(len(digits)), first)[:MEASURED]
    own, rest = (Digits(digits.images[part], digits.labels[part], digits.name) for part in (first, others))
    return own, rest


def right(network: nn.Sequential, digits: Digits) -> NDArray[np.bool_]:
    """Which digits the network takes for what they are."""
    found: NDArray[np.bool_] = digit_logits(network, digits).argmax(dim=1).numpy() == digits.labels
    return found


def summary(found: store.Json) -> store.Json:
    """Over all persons: errors, for how many the error was halved of those above 2 %, what MNIST lost at most."""
    people = [each["person"] for each in found.values()]
    above = [each for each in people if each["before"] > 0.02 * each["n"]]
    return {
        "before": store.spread([each["before"] / each["n"] for each in people]),
        "after": store.spread([each["after"] / each["n"] for each in people]),
        "above": len(above),
        "halved": sum(2 * each["after"] <= each["before"] for each in above),
        "mnist": store.spread([each["mnist"]["gain"] for each in found.values()]),
        "seconds": store.spread([each["seconds"] for each in found.values()]),
    }


if __name__ == "__main__":
    main()
