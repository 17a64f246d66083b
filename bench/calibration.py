"""Whether the reader's confidence means what it says, and what refusing buys, on MNIST's test images.

    python -m bench.calibration

Temperature and threshold were fitted on the validation images of the 55,000-image twin and stand on the packaged
card; here they are only used.
"""

from __future__ import annotations

import json

import numpy as np

from bench.shared import store, trained_networks
from inkdigits.reading.networks.classifier import PACKAGED_PATH
from inkdigits.training.calibrate import calibration_error
from inkdigits.training.evaluate import load_test_digits


def main() -> None:
    card = json.loads(PACKAGED_PATH.with_suffix(".json").read_text(encoding="utf-8"))
    digits, figures = load_test_digits(), []
    for run in trained_networks.list_seed_runs():
        probabilities = trained_networks.predict_probabilities(run, digits, card["temperature"])
        confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == digits.labels
        accepted = confidence >= card["accept"]["confidence"]
        label_probabilities = probabilities[np.arange(len(digits)), digits.labels]
        figures.append(
            {
                "accuracy": float(correct.mean()),
                "ece": calibration_error(probabilities, digits.labels),
                "nll": float(-np.log(np.maximum(label_probabilities, 1e-12)).mean()),
                "wrong_among_accepted": float((accepted & ~correct).sum() / accepted.sum()),
                "coverage": float(accepted.mean()),
            }
        )
        print(run.folder.name, {key: round(value, 5) for key, value in figures[-1].items()})
    store.save("calibration", {key: store.summarise_values([each[key] for each in figures]) for key in figures[0]})


if __name__ == "__main__":
    main()
