"""Accuracy against time and size: our recipes and what people would otherwise run, on the same digits and cores.

    python -m bench.frontier                        all that is not kept yet: hours
    python -m bench.frontier best tiny-600          only these; several such programs may run beside each other
    python -m bench.frontier --quick                one seed of each, of a few digits, in ten minutes; keeps nothing

Every seed that is run is kept and counted, in bench/results/frontier.json, at once: a stopped bench goes on, and what
was trained halfway goes on in its run's folder. A test set is asked once, after the last step; nothing is chosen by it.
Seconds are the training's alone, and kept with those of a reference training before and after it (shared/reference.py).
Seeds of recipes that were chosen by trainings of seeds 0, 1, … begin at 10. Parameters are all numbers that the trained
network needs to answer (models/fold.py); of k nearest neighbours that is the training set, of a support vector machine
its vectors.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor, nn

from bench.peers import classifiers
from bench.shared import store
from bench.shared.reference import time_reference
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.glyph import to_float
from inkdigits.lab.contradicted import find_contradictions
from inkdigits.models.ensemble import MeanProbability
from inkdigits.models.fold import count_folded_parameters
from inkdigits.training import ensembles
from inkdigits.training.evaluate import load_test_digits, predict_digit_logits, score_logits, score_network
from inkdigits.training.loop import create_state, train
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import EnsembleRun, Run, load_trained_network
from inkdigits.training.session import complete, list_weight_settings, load_split

RESULT_NAME, RUNS_FOLDER = "frontier", Path("runs/frontier")
ENSEMBLE_RECIPE = "best"  # the recipe of which an ensemble is made
OUR_RECIPES = {
    "softmax": 5,
    "mlp": 5,
    "instant": 5,
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
BUDGETS = {"one-second": ("instant", 1.0, 5), "one-minute": ("standard", 60.0, 3)}
BUDGET_ROWS = (*BUDGETS, "one-hour")  # what so much time buys; the last is made of the ensemble's members
PROBE_STEPS = 20  # steps that are timed to estimate how many a budget allows
BUDGET_CORES, HOUR_SECONDS = 2, 3600.0  # what "one-hour" may take: as many members as two cores train in that time
SEED_COUNTS: dict[str, int] = (
    OUR_RECIPES
    | {name: seeds for name, (_, _, seeds) in BUDGETS.items()}
    | {name: seeds for name, (_, seeds) in (PEER_NETWORKS | PEER_CLASSICS).items()}
)
FIRST_SEEDS = {"instant": 10, "one-second": 10, "tiny-600": 10}  # of all others 0
QUICK_TRAIN_COUNT, QUICK_CLASSICS_TRAIN_COUNT = 10_000, 5_000  # digits that are learnt from then


@dataclass(frozen=True)
class TrainingOutcome:
    """One training: its seconds, the share of test digits it gets right (0..1), how many numbers it stores, with how
    many threads it learnt, and the mean seconds of a reference before and after it; None where there was none yet."""

    seconds: float
    accuracy: float
    parameters: int
    threads: int = field(default_factory=torch.get_num_threads)
    reference_seconds: float | None = None


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
    first_seed = FIRST_SEEDS.get(name, 0)
    kept_seeds = load_kept_seeds(name)
    missing = [seed for seed in range(first_seed, first_seed + seed_count) if str(seed) not in kept_seeds]
    before_seconds = time_reference() if missing else 0.0
    for seed in missing:
        outcome = train_seed(name, seed, before_seconds)
        after_seconds = time_reference()
        keep_outcomes(name, {seed: replace(outcome, reference_seconds=(before_seconds + after_seconds) / 2)})
        before_seconds = after_seconds
    if name == ENSEMBLE_RECIPE and (missing or not load_kept_seeds(f"{name}-ensemble")):
        train_ensemble(seed_count)


def train_seed(name: str, seed: int, reference_seconds: float) -> TrainingOutcome:
    """Train one seed of a row; where the reference takes longer than it mostly does, a budget is as much longer."""
    if name in OUR_RECIPES:
        is_member = name == ENSEMBLE_RECIPE
        run = Run(RUNS_FOLDER / name / f"seed-{seed}" if is_member else RUNS_FOLDER / f"{name}-{seed}")
        complete(get_recipe(name).with_knobs(seed=seed), run.folder)
        return summarise_run(run)
    if name in BUDGETS:
        recipe_name, seconds, _ = BUDGETS[name]
        kept_seconds = list_reference_seconds(torch.get_num_threads()) or [reference_seconds]
        return train_for_seconds(recipe_name, seconds * reference_seconds / median(kept_seconds), seed)
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
    """Make the members' ensemble, and train those that are not in its folder; keep its outcome and their mistakes."""
    run = EnsembleRun(RUNS_FOLDER / ENSEMBLE_RECIPE)
    if run.has_begun and not run.is_finished:
        ensembles.resume(run.folder)
    elif not run.has_begun:
        ensembles.start(get_recipe(ENSEMBLE_RECIPE), seed_count, run.folder)
    if run.is_finished:
        members, digits = run.list_members(), load_test_digits()
        logits = [predict_digit_logits(load_trained_network(member), digits) for member in members]
        extra = {"members": len(members), "mistakes": list_mistakes(digits, logits)}
        kept_members = [load_kept_seeds(ENSEMBLE_RECIPE)[str(seed)] for seed in run.seeds]
        outcome = replace(summarise_run(run), reference_seconds=average_references(kept_members))
        keep_outcomes(f"{ENSEMBLE_RECIPE}-ensemble", {0: outcome}, extra)
        keep_one_hour(kept_members, digits, logits)


def average_references(kept_members: Sequence[store.Json]) -> float | None:
    """The reference of several trainings as one: their seconds by the sum of their multiples; None if one lacks it."""
    if any(each.get("reference_seconds") is None for each in kept_members):
        return None
    total_seconds: float = sum(each["seconds"] for each in kept_members)
    multiples: float = sum(each["seconds"] / each["reference_seconds"] for each in kept_members)
    return total_seconds / multiples


def keep_one_hour(kept_members: Sequence[store.Json], digits: Digits, logits: Sequence[Tensor]) -> None:
    """Keep what the first members come to together that two cores train in an hour, where there are any."""
    elapsed_seconds = np.cumsum([each["seconds"] * each["threads"] for each in kept_members]) / BUDGET_CORES
    if count := int((elapsed_seconds <= HOUR_SECONDS).sum()):
        mean = MeanProbability(nn.Identity() for _ in range(count)).eval()
        accuracy = score_logits(mean(torch.cat(list(logits[:count]), dim=1)), digits).accuracy
        parameters, reference = count * kept_members[0]["parameters"], average_references(kept_members[:count])
        outcome = TrainingOutcome(float(elapsed_seconds[count - 1]), accuracy, parameters, BUDGET_CORES, reference)
        keep_outcomes("one-hour", {0: outcome}, {"members": count})


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


def list_reference_seconds(threads: int) -> list[float]:
    """The kept references of all trainings on so many cores."""
    outcomes = [each for row in load_rows().values() for each in row["seeds"].values() if each["threads"] == threads]
    return [each["reference_seconds"] for each in outcomes if each.get("reference_seconds")]


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
