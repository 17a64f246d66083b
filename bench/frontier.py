"""Accuracy against time and size: our recipes and what people would otherwise run, on the same digits and cores.

    python -m bench.frontier                        all that is not kept yet: hours
    python -m bench.frontier best tiny-600          only these; several such programs may run beside each other
    python -m bench.frontier --quick                one seed of each, an epoch at most, in ten minutes; keeps nothing

Every seed that is run is kept and counted, in bench/results/frontier.json, at once: a stopped bench goes on, and what
was trained halfway goes on in its run's folder. A test set is asked once, after the last step; nothing is chosen by it.
Seconds are the training's alone. Parameters are all numbers that the trained network needs to answer (models/fold.py);
of k nearest neighbours that is the training set, of a support vector machine its vectors.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from bench import classics, peers, store
from inkdigits.data import mnist
from inkdigits.glyph import to_float
from inkdigits.lab.contradicted import contradictions
from inkdigits.models.fold import stored
from inkdigits.training import ensembles
from inkdigits.training.evaluate import digit_logits, test_digits
from inkdigits.training.loop import begin, train
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import recipe
from inkdigits.training.runs import Run, opened, trained_network
from inkdigits.training.session import complete, parts_of

NAME, RUNS = "frontier", Path("runs/frontier")
ENSEMBLE = "best"  # the recipe of which an ensemble is made
OURS = {
    "softmax": 5,
    "mlp": 5,
    "fast": 5,
    "standard": 5,
    "tiny-600": 5,
    "tiny-3k": 5,
    "tiny-10k": 5,
    "best": 5,
    "lecture-cnn": 3,
}
NETWORKS: dict[str, tuple[Callable[..., Any], int]] = {
    "pytorch-example": (peers.pytorch_example, 3),
    "one-epoch": (peers.one_epoch, 5),
    "keras-convnet": (peers.keras_convnet, 3),
    "flux-lenet": (peers.lenet, 5),
}
CLASSICS: dict[str, tuple[Callable[..., Any], int]] = {
    "sklearn-mlp": (classics.mlp, 3),
    "sklearn-knn": (classics.knn, 1),
    "sklearn-svm": (classics.svm, 1),
}
BUDGETS = {"one-second": ("fast", 1.0, 5), "one-minute": ("standard", 60.0, 3)}
PROBED = 20  # steps by which a budget's steps are reckoned
QUICK = 5_000  # digits that the classics learn from then


@dataclass(frozen=True)
class Outcome:
    """One training: its seconds, the share of test digits it gets right (0..1), how many numbers it stores."""

    seconds: float
    accuracy: float
    parameters: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*OURS, *BUDGETS, *NETWORKS, *CLASSICS]
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="one seed of each, an epoch at most; keeps nothing")
    parser.add_argument("--seeds", type=int, help="at most so many seeds")
    parser.add_argument("--threads", type=int, help="cores to use; by default all")
    given = parser.parse_args()
    keep_memory()
    if given.threads:
        torch.set_num_threads(given.threads)
    for name in given.names or names:
        if given.quick:
            print(name, quickly(name), flush=True)
        else:
            measure(name, min(seeds_of(name), given.seeds or seeds_of(name)))


def seeds_of(name: str) -> int:
    """How many seeds a row has."""
    if name in OURS:
        return OURS[name]
    return (BUDGETS | NETWORKS | CLASSICS)[name][-1]  # type: ignore[return-value]


def measure(name: str, seeds: int) -> None:
    """Run what is not kept of a row, and keep each seed when it is done."""
    if name == ENSEMBLE:
        together(seeds)
        return
    for seed in range(seeds):
        if str(seed) not in kept(name):
            keep(name, {seed: once(name, seed)})


def once(name: str, seed: int) -> Outcome:
    """Train one seed of a row."""
    if name in OURS:
        folder = RUNS / f"{name}-{seed}"
        complete(recipe(name).with_knobs(seed=seed), folder)
        return outcome(Run(folder))
    if name in BUDGETS:
        return bought(*BUDGETS[name][:2], seed)
    return beside(name, seed)


def quickly(name: str) -> Outcome:
    """The first seed of a row in a minute or less."""
    if name not in OURS:
        return beside(name, 0, 1) if name not in BUDGETS else bought(BUDGETS[name][0], 1.0, 0)
    it = recipe(name)
    parts = parts_of(it, None)
    epoch = it.with_knobs(epochs=min(it.epochs, 1.0)) if it.batch else it
    state = train(begin(epoch, parts, torch.device("cpu")), [])
    return Outcome(state.seconds, right(state.judged, parts.held or test_digits()), stored(state.judged))


def outcome(run: Run) -> Outcome:
    """What a finished run of ours came to: on the test set, or on what its split holds back."""
    card = run.card()
    return Outcome(card["seconds"], card["scores"][-1]["accuracy"], stored(trained_network(run)))


def bought(name: str, seconds: float, seed: int) -> Outcome:
    """What a recipe comes to when it has so many seconds: its steps are reckoned from the first few, beforehand."""
    it = recipe(name).with_knobs(seed=seed)
    parts, device = parts_of(it, None), torch.device("cpu")
    train(begin(it.with_knobs(steps=PROBED), parts, device), [])  # what is slow at first
    probe = train(begin(it.with_knobs(steps=PROBED), parts, device), [])
    steps = max(1, round(seconds / (probe.seconds / PROBED)))
    state = train(begin(it.with_knobs(steps=steps), parts, device), [])
    return Outcome(state.seconds, right(state.judged, test_digits()), stored(state.judged))


def beside(name: str, seed: int, epochs: int | None = None) -> Outcome:
    """One seed of other people's recipe; with `epochs`, shorter: so many of them, or of the classics fewer digits."""
    images, labels = pixels()
    started = time.perf_counter()
    if name in NETWORKS:
        shorter = {"epochs": epochs} if epochs and name != "one-epoch" else {}
        network = NETWORKS[name][0](torch.from_numpy(images), torch.from_numpy(labels), seed, **shorter)
        seconds = time.perf_counter() - started
        return Outcome(seconds, right(network, test_digits()), stored(network))
    count = QUICK if epochs else len(images)
    estimator = CLASSICS[name][0](images[:count].reshape(count, -1), labels[:count], seed)
    seconds = time.perf_counter() - started
    asked = test_digits()
    guesses = estimator.predict(to_float(asked.images).reshape(len(asked), -1))
    return Outcome(seconds, float((guesses == asked.labels).mean()), classics.stored(estimator))


def right(network: torch.nn.Module, digits: Any) -> float:
    """The share of digits (0..1) that a network gets right."""
    return float((digit_logits(network, digits).argmax(dim=1).numpy() == digits.labels).mean())


@cache
def pixels() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The training digits as peers take them: float32 N×1×28×28 in 0..1, and labels."""
    digits = mnist.load("train")
    return to_float(digits.images), digits.labels


def together(seeds: int) -> None:
    """The members of the ensemble, each kept as soon as it is done, and what they say together."""
    folder = RUNS / ENSEMBLE
    run = opened(folder)
    if not run.finished:
        keep_members: Callable[[Any], None] = lambda state: finished(run) if state.step == 1 else None  # noqa: E731
        if run.begun:
            ensembles.resume(folder, [keep_members])
        else:
            ensembles.start(recipe(ENSEMBLE), seeds, folder, callbacks=[keep_members])
    run = opened(folder)
    finished(run)
    if run.finished:
        keep(f"{ENSEMBLE}-ensemble", {0: outcome(run)}, {"members": seeds, "mistakes": mistakes(run.members())})


def finished(run: Run) -> None:
    """Keep the members that are done."""
    done = {member.recipe().seed: outcome(member) for member in opened(run.folder).members() if member.finished}
    keep(ENSEMBLE, done)


def mistakes(members: Iterable[Run]) -> list[store.Json]:
    """Test digits that a member mistakes: number (from 1), label, what each says, and whether all contradict alike."""
    digits = test_digits()
    said = [digit_logits(trained_network(member), digits) for member in members]
    guesses = np.stack([each.argmax(dim=1).numpy() for each in said])
    contradicted = {each.number for each in contradictions(digits, said)}
    return [
        {
            "number": int(place) + 1,
            "label": int(digits.labels[place]),
            "said": [int(guess) for guess in guesses[:, place]],
            "all": int(place) + 1 in contradicted,
        }
        for place in np.flatnonzero((guesses != digits.labels).any(axis=0))
    ]


def kept(name: str) -> store.Json:
    """The kept seeds of a row; none of them where its recipe has changed since."""
    row = ((store.load(NAME) or {}).get("rows") or {}).get(name, {})
    seeds: store.Json = row.get("seeds", {}) if row.get("recipe") == made_by(name) else {}
    return seeds


def made_by(name: str) -> store.Json | None:
    """The knobs of a row that is ours."""
    known = name.removesuffix("-ensemble")
    named = known if known in OURS else BUDGETS[name][0] if name in BUDGETS else None
    return None if named is None else {k: v for k, v in recipe(named).as_dict().items() if k != "about"}


def keep(name: str, outcomes: dict[int, Outcome], more: store.Json | None = None) -> None:
    """Add seeds to a row; other programs may be adding to other rows."""
    with FileLock(store.FOLDER / f".{NAME}.lock"):
        seeds = kept(name) | {str(seed): vars(each) for seed, each in outcomes.items()}
        rows = (store.load(NAME) or {}).get("rows") or {}
        row = {"recipe": made_by(name), "seeds": seeds, "threads": store.threads()} | (more or {})
        store.save(NAME, {"rows": rows | {name: row}})
    print(name, outcomes, flush=True)


if __name__ == "__main__":
    main()
