"""How the reader's networks hold up on fifteen kinds of corrupted digits, made from MNIST's test images.

    python -m bench.corruptions

The kinds are in datasets/mnist_corruptions.py. The glyphs go to the network as they are, without anything in
front that could repair them. The mean over the kinds and seeds is what counts; every kind is stored.
"""

from __future__ import annotations

from statistics import mean

from bench.datasets.mnist_corruptions import CORRUPTIONS, corrupt
from bench.shared import store, trained_networks
from inkdigits.data.sets.digits import Digits
from inkdigits.training.evaluate import load_test_digits


def main() -> None:
    digits = load_test_digits()
    kinds: dict[str, list[float]] = {kind: [] for kind in CORRUPTIONS}
    for kind, accuracies in kinds.items():
        corrupted = Digits(corrupt(digits.images, kind), digits.labels, kind)
        for run in trained_networks.list_seed_runs():
            accuracies.append(
                float(
                    (trained_networks.predict_probabilities(run, corrupted).argmax(axis=1) == corrupted.labels).mean()
                )
            )
        print(f"{kind:<14} {100 * mean(accuracies):.2f} %", flush=True)
    means = [mean(seed_accuracies) for seed_accuracies in zip(*kinds.values(), strict=True)]
    print(f"{'mean':<14} {100 * mean(means):.2f} %")
    store.save(
        "corruptions",
        {"mean": store.summarise_values(means), "kinds": {k: store.summarise_values(v) for k, v in kinds.items()}},
    )


if __name__ == "__main__":
    main()
