"""Whether the packaged network tells digits from other things: AUROC of digitness, digits against what is none.

    python -m bench.digitness --fashion t10k-images-idx3-ubyte.gz

Digits are MNIST's test images. Others are Fashion-MNIST's test images (Debian's dataset-fashion-mnist has them) and
letters of fonts that training never saw, without o, l, i, s, z, b, g and q. Measuring only: nothing learns from them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from bench.shared import store
from inkdigits.data.sets import idx
from inkdigits.data.synthesis.nondigits import make_unseen_letters
from inkdigits.reading.reader import Reader
from inkdigits.training.evaluate import load_test_digits

LETTER_COUNT = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", type=Path, required=True)
    args = parser.parse_args()
    reader = Reader()
    digit_scores = reader.classify(load_test_digits().images, normalised=True).digitness
    negatives = {
        "Fashion-MNIST": idx.read(args.fashion),
        "letters of unseen fonts": make_unseen_letters(LETTER_COUNT, seed=0),
    }
    auroc = {}
    for name, images in negatives.items():
        negative_scores = reader.classify(images, normalised=True).digitness
        is_digit = np.r_[np.ones(len(digit_scores)), np.zeros(len(negative_scores))]
        auroc[name] = float(roc_auc_score(is_digit, np.r_[digit_scores, negative_scores]))
        print(f"{name:<26} {auroc[name]:.4f}")
    store.save("digitness", {"auroc": auroc})


if __name__ == "__main__":
    main()
