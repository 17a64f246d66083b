"""What fine-tuning does for ten persons with hands of their own, and to MNIST.

    python -m bench.finetune              the measurement
    python -m bench.finetune --choosing   the same for others, on training digits, to choose settings by

The persons (datasets/persons.py) write MNIST's test digits. Of each, the first five of every digit are learnt from, by
what `inkdigits finetune` does, and a thousand others are read before and after. A network that is refused is not used:
then nothing changes.

When choosing, MNIST's test set stays closed. A twin of the packaged network has learnt from the first 50,000 training
digits (for a quarter of the epochs; where there is none, it is trained now); other persons write the last 10,000, and
these tell what is forgotten. For that the packaged network would not do: it has learnt from all.

PERSONS were measured again each time fine-tuning was improved. Settings were chosen on DEVELOPMENT_PERSONS, but
what had us look for other settings was what PERSONS had shown, so these did have some influence on the settings.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from bench.datasets.persons import DEVELOPMENT_PERSONS, PERSONS, Habit, write_digits
from bench.shared import store
from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.data.sets.mnist import load
from inkdigits.training.evaluate import (
    PairedComparison,
    compare_logits,
    compare_paired,
    load_test_digits,
    predict_digit_logits,
)
from inkdigits.training.finetune import (
    BaseNetwork,
    average_weights,
    blend_weights,
    finetune,
    largest_safe_blend,
    load_base,
    split_replay_and_held,
    train_folds,
)
from inkdigits.training.finetune_data import build_replay_mix
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run, load_trained_network
from inkdigits.training.session import complete

SAMPLES_PER_DIGIT, TEST_COUNT = 5, 1000  # samples of every digit to learn from, digits to measure by
TWIN_FOLDER, TWIN_TRAIN_COUNT = Path("runs/finetune-twin"), 50_000  # training digits that it learns from
FinetuneMethod = Callable[[BaseNetwork, Digits], tuple[nn.Sequential, PairedComparison]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--choosing", action="store_true", help="other persons and a twin, on training digits; nothing is kept"
    )
    parser.add_argument("--persons", nargs="*", default=[], help="only those whose names begin so; nothing is kept")
    args = parser.parse_args()
    keep_memory()
    people = DEVELOPMENT_PERSONS if args.choosing else PERSONS
    selected = {name: habits for name, habits in people.items() if name.startswith(tuple(args.persons) or "")}
    if args.choosing:
        measure_persons(load_twin(), selected, split_training_digits()[2], finetune_twin)
        return
    results = measure_persons(load_base(), selected, load_test_digits(), finetune_as_shipped)
    if not args.persons:
        store.save("finetune", {"each": SAMPLES_PER_DIGIT, "persons": results} | summarise(results))


def measure_persons(
    base: BaseNetwork, people: Mapping[str, tuple[Habit, ...]], digits: Digits, finetune_person: FinetuneMethod
) -> store.Json:
    """Every person's figures."""
    before, results = base.build_network(), {}
    for seed, (name, habits) in enumerate(people.items()):
        samples, test_samples = split_person_digits(write_digits(sample_digits(digits, seed), habits, name, seed))
        started = time.perf_counter()
        after, mnist = finetune_person(base, samples)
        seconds = time.perf_counter() - started
        gain = compare_paired(name, *(mark_correct(network, test_samples) for network in (before, after)))
        results[name] = {"person": gain.as_dict(), "mnist": mnist.as_dict(), "seconds": seconds}
        print(
            f"{name}: error {100 * gain.before / gain.n:.2f} % → {100 * gain.after / gain.n:.2f} %, "
            f"MNIST {100 * mnist.gain:+.2f} points, {seconds:.0f} s",
            flush=True,
        )
    return results


def finetune_as_shipped(base: BaseNetwork, samples: Digits) -> tuple[nn.Sequential, PairedComparison]:
    """The network that `inkdigits finetune` leaves a person with, and what MNIST's test set says of it."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = finetune(samples, Path(folder) / "reader.onnx", base)
        if outcome.path is None or outcome.test is None:
            print(f"{samples.name}: refused: {outcome.refusal_reason}")
            return base.build_network(), outcome.held
        return load_base(outcome.path).build_network(), outcome.test


def split_training_digits() -> tuple[Digits, Digits, Digits]:
    """MNIST's training digits when choosing: those that are replayed, those by which the blend is chosen (the twin
    has learnt from both), and those that it has never seen."""
    digits = load("train")
    return *split_replay_and_held(digits.slice(0, TWIN_TRAIN_COUNT)), digits.slice(TWIN_TRAIN_COUNT, len(digits))


def load_twin() -> BaseNetwork:
    """The packaged network's twin; it is trained where there is none: ten minutes; what was stopped goes on."""
    complete(get_recipe("reader").with_knobs(epochs=10, split="choosing", samples=TWIN_TRAIN_COUNT), TWIN_FOLDER)
    return replace(load_base(), weights=load_trained_network(Run(TWIN_FOLDER)).state_dict())


def finetune_twin(base: BaseNetwork, samples: Digits) -> tuple[nn.Sequential, PairedComparison]:
    """The blended network, neither accepted nor saved, and how it does on digits that the twin never saw."""
    replay, held_out, unseen = split_training_digits()
    finetuned_weights = average_weights(train_folds(build_replay_mix(base.recipe, base.weights, replay), samples))
    blend_share = largest_safe_blend(
        base, finetuned_weights, held_out, predict_digit_logits(base.build_network(), held_out)
    )
    print(f"{samples.name}: {blend_share:.0%} of what was learnt")
    network = blend_weights(base, finetuned_weights, blend_share)
    return network, compare_logits(
        unseen, *(predict_digit_logits(each, unseen) for each in (base.build_network(), network))
    )


def sample_digits(digits: Digits, seed: int) -> Digits:
    """As many digits as one person needs, any of the set."""
    indices = np.random.default_rng(seed).permutation(len(digits))[: TEST_COUNT + 3 * NUM_CLASSES * SAMPLES_PER_DIGIT]
    return Digits(digits.images[indices], digits.labels[indices], digits.name)


def split_person_digits(digits: Digits) -> tuple[Digits, Digits]:
    """The first five of every digit, and a thousand others."""
    train_indices = np.concatenate(
        [np.flatnonzero(digits.labels == label)[:SAMPLES_PER_DIGIT] for label in range(NUM_CLASSES)]
    )
    test_indices = np.setdiff1d(np.arange(len(digits)), train_indices)[:TEST_COUNT]
    samples, test = (
        Digits(digits.images[part], digits.labels[part], digits.name) for part in (train_indices, test_indices)
    )
    return samples, test


def mark_correct(network: nn.Sequential, digits: Digits) -> NDArray[np.bool_]:
    """Which digits the network classifies correctly, bool N."""
    correct: NDArray[np.bool_] = predict_digit_logits(network, digits).argmax(dim=1).numpy() == digits.labels
    return correct


def summarise(results: store.Json) -> store.Json:
    """Over all persons: errors, for how many the error was halved of those above 2 %, what MNIST lost at most."""
    people = [each["person"] for each in results.values()]
    above_limit = [each for each in people if each["before"] > 0.02 * each["n"]]
    return {
        "before": store.summarise_values([each["before"] / each["n"] for each in people]),
        "after": store.summarise_values([each["after"] / each["n"] for each in people]),
        "above": len(above_limit),
        "halved": sum(2 * each["after"] <= each["before"] for each in above_limit),
        "mnist": store.summarise_values([each["mnist"]["gain"] for each in results.values()]),
        "seconds": store.summarise_values([each["seconds"] for each in results.values()]),
    }


if __name__ == "__main__":
    main()
