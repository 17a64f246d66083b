"""How the reader's networks hold up on fifteen kinds of spoilt digits (kinds.py), made from MNIST's test images.

    python -m bench.corruptions

The glyphs go to the network as they are, without anything in front that could repair them. The mean over the kinds
and seeds is what counts; every kind is stored.
"""

from __future__ import annotations

from statistics import mean

from bench import networks, store
from bench.kinds import CORRUPTIONS, corrupt
from inkdigits.data.digits import Digits
from inkdigits.training.evaluate import test_digits


def main() -> None:
    digits = test_digits()
    kinds: dict[str, list[float]] = {kind: [] for kind in CORRUPTIONS}
    for kind, shares in kinds.items():
        spoilt = Digits(corrupt(digits.images, kind), digits.labels, kind)
        for run in networks.seeds():
            shares.append(float((networks.probabilities(run, spoilt).argmax(axis=1) == spoilt.labels).mean()))
        print(f"{kind:<14} {100 * mean(shares):.2f} %", flush=True)
    means = [mean(of_a_seed) for of_a_seed in zip(*kinds.values(), strict=True)]
    print(f"{'mean':<14} {100 * mean(means):.2f} %")
    store.save("corruptions", {"mean": store.spread(means), "kinds": {k: store.spread(v) for k, v in kinds.items()}})


if __name__ == "__main__":
    main()
