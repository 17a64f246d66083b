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

from bench.peers import classifiers
from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.glyph import to_float
from inkdigits.lab.contradicted import find_contradictions
from inkdigits.models.ensemble import MeanProbability
from inkdigits.models.fold import count_folded_parameters
from inkdigits.training import ensembles
from inkdigits.training.evaluate import load_test_digits, predict_digit_logits, score_logits, score_network
from inkdigits.training.loop import State, create_state, train
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import EnsembleRun, Run, load_trained_network
from inkdigits.training.session import complete, list_weight_settings, load_split

RESULT_NAME, RUNS_FOLDER = "frontier", Path("runs/frontier")
ENSEMBLE_RECIPE = "best"  # the recipe of which an ensemble is made
OUR_RECIPES = {
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
PEER_NETWORKS: dict[str, tuple[classifiers.Peer, int]] = {
    "pytorch-example": (classifiers.train_pytorch_example, 3),
    "one-epoch": (classifiers.train_one_epoch, 5),
    "keras-convnet": (classifiers.train_keras_convnet, 3),
    "flux-lenet": (classifiers.train_lenet, 5),
}
PEER_CLASSICS: dict[str, tuple[Callable[..., Any], int]] = {
    "sklearn-mlp": (classifiers.fit_mlp, 3),
    "sklearn-knn": (classifiers.fit_knn, 1),
    "sklearn-svm": (classifiers.fit_svm, 1),
}
BUDGETS = {"one-second": ("fast", 1.0, 5), "one-minute": ("standard", 60.0, 3)}
BUDGET_ROWS = (*BUDGETS, "one-hour")  # what so much time buys; the last is made of the ensemble's members
PROBE_STEPS = 20  # steps that are timed to estimate how many a budget allows
BUDGET_CORES, HOUR_SECONDS = 2, 3600.0  # what "one-hour" may take: as many members as two cores train in that time
SEED_COUNTS: dict[str, int] = (
    OUR_RECIPES
    | {name: seeds for name, (_, _, seeds) in BUDGETS.items()}
    | {name: seeds for name, (_, seeds) in (PEER_NETWORKS | PEER_CLASSICS).items()}
)
QUICK_TRAIN_COUNT, QUICK_CLASSICS_TRAIN_COUNT = 10_000, 5_000  # digits that are learnt from then


@dataclass(frozen=True)
class TrainingOutcome:
    """One training: its seconds, the share of test digits it gets right (0..1), how many numbers it stores, and with
    how many threads it learnt."""

    seconds: float
    accuracy: float
    parameters: int
    threads: int = field(default_factory=torch.get_num_threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SEED_COUNTS)}")
    parser.add_argument("--quick", action="store_true", help="one seed of each, of a few digits; keeps nothing")
    parser.add_argument("--seeds", type=int, help="at most so many seeds")
    parser.add_argument("--threads", type=int, help="cores to use; by default all")
    args = parser.parse_args()
    keep_memory()
    if args.threads:
        torch.set_num_threads(args.threads)
    for name in args.names or SEED_COUNTS:
        if args.quick:
            print(name, train_quickly(name), flush=True)
        else:
            measure_row(name, min(SEED_COUNTS[name], args.seeds or SEED_COUNTS[name]))


def measure_row(name: str, seed_count: int) -> None:
    """Run what is not kept of a row, and keep each seed when it is done."""
    missing = [seed for seed in range(seed_count) if str(seed) not in load_kept_seeds(name)]
    if name == ENSEMBLE_RECIPE:
        if missing or not load_kept_seeds(f"{name}-ensemble"):
            train_ensemble(seed_count)
        return
    for seed in missing:
        keep_outcomes(name, {seed: train_seed(name, seed)})


def train_seed(name: str, seed: int) -> TrainingOutcome:
    """Train one seed of a row."""
    if name in OUR_RECIPES:
        folder = RUNS_FOLDER / f"{name}-{seed}"
        complete(get_recipe(name).with_knobs(seed=seed), folder)
        return summarise_run(Run(folder))
    if name in BUDGETS:
        return train_for_seconds(*BUDGETS[name][:2], seed)
    return train_peer_seed(name, seed)


def train_quickly(name: str) -> TrainingOutcome:
    """The first seed of a row in a minute or less."""
    if name not in OUR_RECIPES:
        return train_peer_seed(name, 0, 1) if name not in BUDGETS else train_for_seconds(BUDGETS[name][0], 1.0, 0)
    full_recipe = get_recipe(name)
    train_count = min(QUICK_TRAIN_COUNT, len(load_split(full_recipe, None).train))
    short_recipe = full_recipe.with_knobs(epochs=min(full_recipe.epochs, 1.0), samples=train_count)
    state = train(create_state(short_recipe, load_split(short_recipe, None), torch.device("cpu")), [])
    return TrainingOutcome(
        state.seconds,
        score_network(state.eval_network, state.split.held_out or load_test_digits()).accuracy,
        count_folded_parameters(state.eval_network),
    )


def summarise_run(run: Run) -> TrainingOutcome:
    """The outcome of a finished run of ours: on the test set, or on what its split holds back."""
    card = run.read_card()
    accuracy, parameters = card["scores"][-1]["accuracy"], count_folded_parameters(load_trained_network(run))
    return TrainingOutcome(card["seconds"], accuracy, parameters, card["conditions"]["threads"])


def train_for_seconds(name: str, seconds: float, seed: int) -> TrainingOutcome:
    """What a recipe comes to when it has so many seconds: how many steps that is, is estimated beforehand."""
    seeded_recipe = get_recipe(name).with_knobs(seed=seed)
    split, device = load_split(seeded_recipe, None), torch.device("cpu")
    train(create_state(seeded_recipe.with_knobs(steps=PROBE_STEPS), split, device), [])  # what is slow at first
    probe = train(create_state(seeded_recipe.with_knobs(steps=PROBE_STEPS), split, device), [])
    steps = max(1, round(seconds / (probe.seconds / PROBE_STEPS)))
    state = train(create_state(seeded_recipe.with_knobs(steps=steps), split, device), [])
    return TrainingOutcome(
        state.seconds,
        score_network(state.eval_network, load_test_digits()).accuracy,
        count_folded_parameters(state.eval_network),
    )


def train_peer_seed(name: str, seed: int, epochs: int | None = None) -> TrainingOutcome:
    """One seed of other people's recipe; with `epochs`, shorter: so many of them, or of the classics fewer digits."""
    if name in PEER_NETWORKS:
        network, seconds = classifiers.train_peer(
            PEER_NETWORKS[name][0], seed, **({"epochs": epochs} if epochs else {})
        )
        return TrainingOutcome(
            seconds, score_network(network, load_test_digits()).accuracy, count_folded_parameters(network)
        )
    digits, test = mnist.load("train"), load_test_digits()
    train_digits = digits.slice(0, QUICK_CLASSICS_TRAIN_COUNT) if epochs else digits
    pixels = flatten_images(train_digits)
    started = time.perf_counter()
    estimator = PEER_CLASSICS[name][0](pixels, train_digits.labels, seed)
    seconds = time.perf_counter() - started
    predictions = estimator.predict(flatten_images(test))
    return TrainingOutcome(
        seconds, float((predictions == test.labels).mean()), classifiers.count_stored_numbers(estimator)
    )


def flatten_images(digits: Digits) -> classifiers.Pixels:
    """The digits as scikit-learn takes them: float32 N×784 in 0..1."""
    return to_float(digits.images).reshape(len(digits), -1)


def train_ensemble(seed_count: int) -> None:
    """The members of the ensemble, each kept as soon as it is done, and the outcome of the ensemble."""
    run = EnsembleRun(RUNS_FOLDER / ENSEMBLE_RECIPE)

    def keep_members(state: State) -> None:
        if state.step == 1:  # another one has just been done
            keep_finished_members(run)

    if run.has_begun and not run.is_finished:
        ensembles.resume(run.folder, [keep_members])
    elif not run.has_begun:
        ensembles.start(get_recipe(ENSEMBLE_RECIPE), seed_count, run.folder, callbacks=[keep_members])
    keep_finished_members(run)
    if run.is_finished:
        members, digits = run.list_members(), load_test_digits()
        logits = [predict_digit_logits(load_trained_network(member), digits) for member in members]
        extra = {"members": len(members), "mistakes": list_mistakes(digits, logits)}
        keep_outcomes(f"{ENSEMBLE_RECIPE}-ensemble", {0: summarise_run(run)}, extra)
        keep_one_hour([member.read_card() for member in members], digits, logits)


def keep_one_hour(cards: Sequence[store.Json], digits: Digits, logits: Sequence[Tensor]) -> None:
    """Keep what the first members come to together that two cores train in an hour, where there are any."""
    elapsed_seconds = np.cumsum([card["seconds"] * card["conditions"]["threads"] for card in cards]) / BUDGET_CORES
    if count := int((elapsed_seconds <= HOUR_SECONDS).sum()):
        mean = MeanProbability(nn.Identity() for _ in range(count)).eval()
        accuracy = score_logits(mean(torch.cat(list(logits[:count]), dim=1)), digits).accuracy
        parameters = count * load_kept_seeds(ENSEMBLE_RECIPE)["0"]["parameters"]
        keep_outcomes(
            "one-hour",
            {0: TrainingOutcome(float(elapsed_seconds[count - 1]), accuracy, parameters, BUDGET_CORES)},
            {"members": count},
        )


def keep_finished_members(run: EnsembleRun) -> None:
    """Keep the members that are done."""
    keep_outcomes(
        ENSEMBLE_RECIPE,
        {member.read_recipe().seed: summarise_run(member) for member in run.list_members() if member.is_finished},
    )


def list_mistakes(digits: Digits, logits: Sequence[Tensor]) -> list[store.Json]:
    """Digits that a member mistakes: number (from 1), label, each prediction, and whether all contradict alike."""
    predictions = np.stack([each.argmax(dim=1).numpy() for each in logits])
    contradicted_numbers = {each.number for each in find_contradictions(digits, logits)}
    return [
        {
            "number": int(index) + 1,
            "label": int(digits.labels[index]),
            "said": [int(guess) for guess in predictions[:, index]],
            "all": int(index) + 1 in contradicted_numbers,
        }
        for index in np.flatnonzero((predictions != digits.labels).any(axis=0))
    ]


def load_rows() -> store.Json:
    """All that is kept, by row."""
    rows: store.Json = (store.load(RESULT_NAME) or {}).get("rows", {})
    return rows


def load_kept_seeds(name: str) -> store.Json:
    """The kept seeds of a row; none of them where its recipe has changed since."""
    return select_current_seeds(name, load_rows().get(name, {}))


def select_current_seeds(name: str, row: store.Json) -> store.Json:
    """The seeds of a row as it was kept; none of them where its recipe has changed since."""
    seeds: store.Json = row.get("seeds", {}) if row.get("recipe") == find_recipe_knobs(name) else {}
    return seeds


def find_recipe_knobs(name: str) -> store.Json | None:
    """The recipe's knobs of a row that is ours; None for a peer's."""
    is_made_of_members = name in (f"{ENSEMBLE_RECIPE}-ensemble", "one-hour")
    recipe_name = ENSEMBLE_RECIPE if is_made_of_members else BUDGETS.get(name, (name,))[0]
    return list_weight_settings(get_recipe(recipe_name)) if recipe_name in OUR_RECIPES else None


def keep_outcomes(name: str, outcomes: dict[int, TrainingOutcome], extra: store.Json | None = None) -> None:
    """Add seeds to a row; other programs may be adding to other rows."""
    with FileLock(store.RESULTS_FOLDER / f".{RESULT_NAME}.lock"):
        seeds = load_kept_seeds(name) | {str(seed): vars(each) for seed, each in outcomes.items()}
        row = {"recipe": find_recipe_knobs(name), "seeds": seeds} | (extra or {})
        store.save(RESULT_NAME, {"rows": load_rows() | {name: row}})
    print(name, outcomes, flush=True)


if __name__ == "__main__":
    main()
