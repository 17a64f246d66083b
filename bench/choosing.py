"""What `best` and `tiny-600` were chosen by: trials that learn from the first training digits, judged by the others.

    python -m bench.choosing                  all that is not kept yet: some ten minutes each, on one core
    python -m bench.choosing images           only that question's trials

A trial differs from the recipe in what is named only. No test set is opened here. Every seed of a trial is kept at
once, in bench/results/choosing.json, and `python -m bench.render` puts it into docs/frontier.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from statistics import mean, stdev

import torch
from filelock import FileLock
from torch import Tensor, nn

from bench import store
from inkdigits.data import mnist
from inkdigits.data.digits import Digits
from inkdigits.data.splits import Split
from inkdigits.data.warp import Warp, warp
from inkdigits.models.build import ARCHITECTURES, fresh
from inkdigits.models.fold import stored
from inkdigits.models.turnednet import TurnedNet
from inkdigits.training.batches import WARPS, Batches, seeded
from inkdigits.training.evaluate import score
from inkdigits.training.loop import State, ready, train
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import Recipe, recipe
from inkdigits.training.session import knobs_of

NAME = "choosing"
CPU = torch.device("cpu")
INKED, PLAIN = WARPS["inked"], Warp(0, 0, 0, 0, 0, 0)
BENT = replace(INKED, elastic=0.3)


@dataclass(frozen=True)
class Trial:
    """A network, a recipe for it whose own network, images and seed do not count, and how its images are varied."""

    network: Callable[[], nn.Sequential]
    recipe: Recipe
    images: Warp
    learnt: int  # the first so many training digits
    seeds: int = 1  # 0, 1, … are made


def of_best(images: Warp, epochs: float, seeds: int = 1) -> Trial:
    """One of the three networks of `best`."""
    network = partial(TurnedNet, 8, (24, 32), (48, 64, 64))
    return Trial(network, recipe("best").with_knobs(epochs=epochs), images, 40_000, seeds)


def of_tiny(network: Callable[[], nn.Sequential], images: Warp = PLAIN) -> Trial:
    """A network in place of that of `tiny-600`."""
    return Trial(network, recipe("tiny-600"), images, 40_000)


FOUR = partial(TurnedNet, 3, (4, 4), (4,), activation=nn.SiLU)
EIGHT = ARCHITECTURES["tiny-600"].make
QUESTIONS: Mapping[str, Mapping[str, Trial]] = {
    "images": {
        "changed as in `best`, 8 epochs": of_best(INKED, 8, seeds=5),
        "the same, and bent by .3 pixels, 8 epochs": of_best(BENT, 8),
        "changed half as much again, and bent by .6 pixels, 8 epochs": of_best(replace(Warp(), ink=INKED.ink), 8),
        "changed as in `best`, 16 epochs": of_best(INKED, 16, seeds=5),
        "the same, and bent by .3 pixels, 16 epochs": of_best(BENT, 16),
    },
    "directions": {
        "eight": of_tiny(EIGHT),
        "four": of_tiny(FOUR),
        "eight, images changed as for `tiny-3k`": of_tiny(EIGHT, WARPS["light"]),
    },
}
HEADINGS = {
    "images": "images, for one of the three networks of `best`",
    "directions": "directions, at some 600 numbers",
}


@dataclass(frozen=True)
class Outcome:
    """Of `judged` digits it has not learnt, the share it has right (0..1) and the mean cross-entropy in nats; of those
    it has learnt, as they are, the share it has right; how many numbers it stores."""

    accuracy: float
    loss: float
    of_learnt: float
    judged: int
    learnt: int
    epochs: float
    parameters: int
    seconds: float


class Varied(Batches):
    """Batches whose images are varied by settings that have no name."""

    def __init__(self, digits: Digits, recipe: Recipe, images: Warp) -> None:
        super().__init__(digits, recipe.with_knobs(augment="none"), CPU)
        self.settings = images

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        images, labels = super().__call__(step)
        return warp(images, self.settings, seeded(self.recipe.seed, step)), labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", metavar="question", help=f"of {', '.join(QUESTIONS)}")
    given = parser.parse_args()
    keep_memory()
    for question in given.questions or QUESTIONS:
        answer(question, mnist.load("train"))


def answer(question: str, digits: Digits) -> None:
    """Make what is not kept of a question's trials, and keep every seed of each."""
    for name, trial in QUESTIONS[question].items():
        for seed in range(trial.seeds):
            if seed not in kept(question, name):
                keep(question, name, seed, outcome(trial, seed, digits))


def outcome(trial: Trial, seed: int, digits: Digits) -> Outcome:
    """Train what is tried on the first of the digits, and judge it by the others."""
    learnt, others = digits.part(0, trial.learnt), digits.part(trial.learnt, len(digits))
    state = train(begun(trial, seed, learnt), [])
    scored = score(state.judged, others)
    return Outcome(
        accuracy=scored.accuracy,
        loss=scored.loss,
        of_learnt=score(state.judged, learnt).accuracy,
        judged=len(others),
        learnt=len(learnt),
        epochs=trial.recipe.epochs,
        parameters=stored(state.judged),
        seconds=state.seconds,
    )


def begun(trial: Trial, seed: int, learnt: Digits) -> State:
    """The trial's training before its first step."""
    recipe, network = trial.recipe.with_knobs(seed=seed), fresh(trial.network, seed)
    return ready(recipe, Split(learnt, None, ""), network, Varied(learnt, recipe, trial.images), CPU)


def kept(question: str, name: str) -> dict[int, store.Json]:
    """A trial's outcomes by seed; none where it has changed since."""
    found = rows().get(question, {}).get(name, {})
    if found.get("settings") != settings(QUESTIONS[question][name]):
        return {}
    return {int(seed): each for seed, each in found["seeds"].items()}


def rows() -> dict[str, store.Json]:
    """All that is kept: question → name → settings, and outcomes by seed."""
    all_kept: dict[str, store.Json] = (store.load(NAME) or {}).get("questions", {})
    return all_kept


def settings(trial: Trial) -> store.Json:
    """What a trial's outcomes depend on, as JSON has it, but for network and seed."""
    knobs = {name: knob for name, knob in knobs_of(trial.recipe).items() if name != "seed"}
    return {"recipe": knobs, "images": asdict(trial.images), "learnt": trial.learnt}


def keep(question: str, name: str, seed: int, outcome: Outcome) -> None:
    """Add an outcome; another program may be adding others."""
    with FileLock(store.FOLDER / f".{NAME}.lock"):
        row = {
            "settings": settings(QUESTIONS[question][name]),
            "seeds": kept(question, name) | {seed: asdict(outcome)},
        }
        store.save(NAME, {"questions": rows() | {question: rows().get(question, {}) | {name: row}}})
    print(question, name, seed, outcome, flush=True)


def table(question: str) -> str:
    """The kept trials of a question in Markdown, means over seeds; nothing where there are none."""
    trials = {name: seeds for name in QUESTIONS[question] if (seeds := kept(question, name))}
    if not trials:
        return ""
    first = next(each for seeds in trials.values() for each in seeds.values())
    judged, learnt = f"right of {first['judged']:,} others", f"right of the {first['learnt']:,} learnt, as they are"
    lines = [
        f"| {HEADINGS[question]} | numbers | seeds | {judged} | cross-entropy | {learnt} |",
        "|---|---|---|---|---|---|",
    ]
    for name, seeds in trials.items():
        others, loss, own = (mean(each[what] for each in seeds.values()) for what in ("accuracy", "loss", "of_learnt"))
        numbers = f"{next(iter(seeds.values()))['parameters']:,} | {len(seeds)}"
        lines.append(f"| {name} | {numbers} | {100 * others:.2f} % | {loss:.4f} | {100 * own:.2f} % |")
    return "\n".join(lines) + "\n" + "".join(apart(trials))


def apart(trials: Mapping[str, dict[int, store.Json]]) -> Iterator[str]:
    """How each trial of several seeds differs from the first of these, seed by seed, in Markdown."""
    several = {name: seeds for name, seeds in trials.items() if len(seeds) > 1}
    for name, are in list(several.items())[1:]:
        first, were = next(iter(several.items()))
        accuracy, loss = (
            [are[seed][what] - were[seed][what] for seed in were if seed in are] for what in ("accuracy", "loss")
        )
        if (n := len(loss)) > 1:
            accuracy_error, loss_error = (stdev(each) / n**0.5 for each in (accuracy, loss))
            yield (
                f"\nBy seed, *{name}* against *{first}*: {100 * mean(accuracy):+.3f} ± {100 * accuracy_error:.3f} "
                f"points right, {mean(loss):+.4f} ± {loss_error:.4f} nats (means of {n} differences, and their "
                "standard errors).\n"
            )


if __name__ == "__main__":
    main()
