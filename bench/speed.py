"""Seconds to an accuracy: `fast` and `standard` in turn with two peers (peers/classifiers.py), trained on all 60,000.

    python -m bench.speed fast --seeds 10
    python -m bench.speed standard --seeds 5 --peer-seeds 1

Ours and the peer take turns on the same cores, ours in the arithmetic that its recipe names, the peer in float32 as its
users run it; a time is the loop's, without loading and without judging, for both. Every seed that is run is counted,
and scored once, on the test set, after its last step.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from statistics import mean

import torch

from bench.peers.classifiers import Peer, train_one_epoch, train_peer, train_pytorch_example
from bench.shared import store
from inkdigits.training.evaluate import load_test_digits, score_network
from inkdigits.training.loop import pick_compute_dtype
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import start

PEER_BY_RECIPE: dict[str, tuple[str, Peer]] = {  # the name that it is kept under, and its training
    "fast": ("one_epoch", train_one_epoch),
    "standard": ("pytorch_example", train_pytorch_example),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=PEER_BY_RECIPE)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer-seeds", type=int, default=None, help="fewer for a peer that takes minutes")
    args = parser.parse_args()
    measure_recipe(args.recipe, args.seeds, args.seeds if args.peer_seeds is None else args.peer_seeds)


def measure_recipe(name: str, seeds: int, peer_seeds: int) -> None:
    """Run all seeds, keep after each."""
    arithmetic_name = str(pick_compute_dtype(get_recipe(name), torch.device("cpu"))).removeprefix("torch.")
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for seed in range(seeds):
        ours.append(run_ours(name, seed))
        if seed < peer_seeds:
            theirs.append(run_peer(PEER_BY_RECIPE[name][1], seed))
        print(name, seed, "ours", ours[-1], "peer", theirs[-1], flush=True)
        store.save(
            f"speed-{name}", summarise(ours, theirs) | {"peer": PEER_BY_RECIPE[name][0], "arithmetic": arithmetic_name}
        )


def summarise(ours: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> store.Json:
    """Seconds and accuracies (shares in 0..1) of both, and the ratio of their mean seconds."""
    return {
        "time_ratio": mean(seconds for seconds, _ in ours) / mean(seconds for seconds, _ in theirs),
        "seconds": store.summarise_values([seconds for seconds, _ in ours]),
        "accuracy": store.summarise_values([accuracy for _, accuracy in ours]),
        "peer_seconds": store.summarise_values([seconds for seconds, _ in theirs]),
        "peer_accuracy": store.summarise_values([accuracy for _, accuracy in theirs]),
    }


def run_ours(name: str, seed: int) -> tuple[float, float]:
    """Seconds and test accuracy of one seed."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-"))
    start(get_recipe(name).with_knobs(seed=seed), folder / "run")
    card = Run(folder / "run").read_card()
    shutil.rmtree(folder)
    return card["seconds"], next(score["accuracy"] for score in card["scores"] if score["set"] == "test")


def run_peer(train: Peer, seed: int) -> tuple[float, float]:
    """Seconds and test accuracy of one seed of a peer."""
    network, seconds = train_peer(train, seed)
    return seconds, score_network(network, load_test_digits()).accuracy


if __name__ == "__main__":
    main()
