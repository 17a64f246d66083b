"""Accuracy against time and size: our recipes and what people would otherwise run, on the same digits and cores.

    python -m bench.frontier                        all that is not kept yet: hours
    python -m bench.frontier best tiny-600          only these; several such programs may run beside each other
    python -m bench.frontier --quick                one seed of each, of a few digits, in ten minutes; keeps nothing

Every seed that is run is kept and counted, in bench/results/frontier.json, at once: a stopped bench goes on, and what
was trained halfway goes on in its run's folder. A test set is asked once, after the last step; nothing is chosen by it.
Seconds are the training's alone. Parameters are all numbers that the trained network needs to answer (models/fold.py);
of k nearest neighbours that is the training set, of a support vector machine its vectors.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor, nn

from bench import classics, peers, store
from inkdigits.data import mnist
from inkdigits.data.digits import Digits
from inkdigits.glyph import to_float
from inkdigits.lab.contradicted import contradictions
from inkdigits.models.ensemble import MeanProbability
from inkdigits.models.fold import stored
from inkdigits.training import ensembles
from inkdigits.training.evaluate import digit_logits, score, score_logits, test_digits
from inkdigits.training.loop import State, begin, train
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import recipe
from inkdigits.training.runs import Ensemble, Run, trained_network
from inkdigits.training.session import complete, knobs_of, parts_of

NAME, RUNS = "frontier", Path("runs/frontier")
ENSEMBLE = "best"  # the recipe of which an ensemble is made
OURS = {
    "softmax": 5,
    "mlp": 5,
    "fast": 5,
    "standard": 5,
    "tiny-600": 5,
    "tiny-3k": 3,
    "tiny-10k": 3,
    "best": 5,
    "lecture-cnn": 3,
}
NETWORKS: dict[str, tuple[peers.Peer, int]] = {
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
BOUGHT = (*BUDGETS, "one-hour")  # what so much time buys; the last is made of the ensemble's members
PROBED = 20  # steps by which a budget's steps are reckoned
CORES, HOUR = 2, 3600.0  # what "one-hour" may take: as many members as two cores train in that time
SEEDS: dict[str, int] = (
    OURS
    | {name: seeds for name, (_, _, seeds) in BUDGETS.items()}
    | {name: seeds for name, (_, seeds) in (NETWORKS | CLASSICS).items()}
)
QUICK_OURS, QUICK_CLASSICS = 10_000, 5_000  # digits that are learnt from then


@dataclass(frozen=True)
class Outcome:
    """One training: its seconds, the share of test digits it gets right (0..1), how many numbers it stores, and with
    how many threads it learnt."""

    seconds: float
    accuracy: float
    parameters: int
    threads: int = field(default_factory=torch.get_num_threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SEEDS)}")
    parser.add_argument("--quick", action="store_true", help="one seed of each, of a few digits; keeps nothing")
    parser.add_argument("--seeds", type=int, help="at most so many seeds")
    parser.add_argument("--threads", type=int, help="cores to use; by default all")
    given = parser.parse_args()
    keep_memory()
    if given.threads:
        torch.set_num_threads(given.threads)
    for name in given.names or SEEDS:
        if given.quick:
            print(name, quickly(name), flush=True)
        else:
            measure(name, min(SEEDS[name], given.seeds or SEEDS[name]))


def measure(name: str, seeds: int) -> None:
    """Run what is not kept of a row, and keep each seed when it is done."""
    missing = [seed for seed in range(seeds) if str(seed) not in kept(name)]
    if name == ENSEMBLE:
        if missing or not kept(f"{name}-ensemble"):
            together(seeds)
        return
    for seed in missing:
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
    few = min(QUICK_OURS, len(parts_of(it, None).train))
    short = it.with_knobs(epochs=min(it.epochs, 1.0), samples=few)
    state = train(begin(short, parts_of(short, None), torch.device("cpu")), [])
    return Outcome(state.seconds, score(state.judged, state.split.held or test_digits()).accuracy, stored(state.judged))


def outcome(run: Run) -> Outcome:
    """What a finished run of ours came to: on the test set, or on what its split holds back."""
    card = run.card()
    accuracy, parameters = card["scores"][-1]["accuracy"], stored(trained_network(run))
    return Outcome(card["seconds"], accuracy, parameters, card["conditions"]["threads"])


def bought(name: str, seconds: float, seed: int) -> Outcome:
    """What a recipe comes to when it has so many seconds: its steps are reckoned from the first few, beforehand."""
    it = recipe(name).with_knobs(seed=seed)
    parts, device = parts_of(it, None), torch.device("cpu")
    train(begin(it.with_knobs(steps=PROBED), parts, device), [])  # what is slow at first
    probe = train(begin(it.with_knobs(steps=PROBED), parts, device), [])
    steps = max(1, round(seconds / (probe.seconds / PROBED)))
    state = train(begin(it.with_knobs(steps=steps), parts, device), [])
    return Outcome(state.seconds, score(state.judged, test_digits()).accuracy, stored(state.judged))


def beside(name: str, seed: int, epochs: int | None = None) -> Outcome:
    """One seed of other people's recipe; with `epochs`, shorter: so many of them, or of the classics fewer digits."""
    if name in NETWORKS:
        network, seconds = peers.trained(NETWORKS[name][0], seed, **({"epochs": epochs} if epochs else {}))
        return Outcome(seconds, score(network, test_digits()).accuracy, stored(network))
    digits, asked = mnist.load("train"), test_digits()
    learnt = digits.part(0, QUICK_CLASSICS) if epochs else digits
    pixels = flat(learnt)
    started = time.perf_counter()
    estimator = CLASSICS[name][0](pixels, learnt.labels, seed)
    seconds = time.perf_counter() - started
    guesses = estimator.predict(flat(asked))
    return Outcome(seconds, float((guesses == asked.labels).mean()), classics.stored(estimator))


def flat(digits: Digits) -> classics.Pixels:
    """The digits as scikit-learn takes them: float32 N×784 in 0..1."""
    return to_float(digits.images).reshape(len(digits), -1)


def together(seeds: int) -> None:
    """The members of the ensemble, each kept as soon as it is done, and what they say together."""
    run = Ensemble(RUNS / ENSEMBLE)

    def keep_members(state: State) -> None:
        if state.step == 1:  # another one has just been done
            keep_finished(run)

    if run.begun and not run.finished:
        ensembles.resume(run.folder, [keep_members])
    elif not run.begun:
        ensembles.start(recipe(ENSEMBLE), seeds, run.folder, callbacks=[keep_members])
    keep_finished(run)
    if run.finished:
        members, digits = run.members(), test_digits()
        said = [digit_logits(trained_network(member), digits) for member in members]
        more = {"members": len(members), "mistakes": mistakes(digits, said)}
        keep(f"{ENSEMBLE}-ensemble", {0: outcome(run)}, more)
        keep_hour([member.card() for member in members], digits, said)


def keep_hour(cards: Sequence[store.Json], digits: Digits, said: Sequence[Tensor]) -> None:
    """Keep what the first members come to together that two cores train in an hour, where there are any."""
    spent = np.cumsum([card["seconds"] * card["conditions"]["threads"] for card in cards]) / CORES
    if count := int((spent <= HOUR).sum()):
        mean = MeanProbability(nn.Identity() for _ in range(count)).eval()
        accuracy = score_logits(mean(torch.cat(list(said[:count]), dim=1)), digits).accuracy
        numbers = count * kept(ENSEMBLE)["0"]["parameters"]
        keep("one-hour", {0: Outcome(float(spent[count - 1]), accuracy, numbers, CORES)}, {"members": count})


def keep_finished(run: Ensemble) -> None:
    """Keep the members that are done."""
    keep(ENSEMBLE, {member.recipe().seed: outcome(member) for member in run.members() if member.finished})


def mistakes(digits: Digits, said: Sequence[Tensor]) -> list[store.Json]:
    """Digits that a member mistakes: number (from 1), label, what each says, and whether all contradict alike."""
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


def rows() -> store.Json:
    """All that is kept, by row."""
    kept: store.Json = (store.load(NAME) or {}).get("rows", {})
    return kept


def kept(name: str) -> store.Json:
    """The kept seeds of a row; none of them where its recipe has changed since."""
    return seeds_of(name, rows().get(name, {}))


def seeds_of(name: str, row: store.Json) -> store.Json:
    """The seeds of a row as it was kept; none of them where its recipe has changed since."""
    seeds: store.Json = row.get("seeds", {}) if row.get("recipe") == made_by(name) else {}
    return seeds


def made_by(name: str) -> store.Json | None:
    """The knobs of a row that is ours."""
    of_members = name in (f"{ENSEMBLE}-ensemble", "one-hour")
    known = ENSEMBLE if of_members else BUDGETS.get(name, (name,))[0]
    return knobs_of(recipe(known)) if known in OURS else None


def keep(name: str, outcomes: dict[int, Outcome], more: store.Json | None = None) -> None:
    """Add seeds to a row; other programs may be adding to other rows."""
    with FileLock(store.FOLDER / f".{NAME}.lock"):
        seeds = kept(name) | {str(seed): vars(each) for seed, each in outcomes.items()}
        row = {"recipe": made_by(name), "seeds": seeds} | (more or {})
        store.save(NAME, {"rows": rows() | {name: row}})
    print(name, outcomes, flush=True)


if __name__ == "__main__":
    main()
