"""A network learns one person's hand, and does not forget MNIST's. Read `finetune` first.

It goes on from exported weights for a few steps of the one training loop, and rehearses what it knows while it learns
what is new (finetune_data.py). It does so three times, each time without one third of the person's digits, by which it
is then scored. What is kept is the mean of the three networks' weights, which forgets less than any of them (after
Wortsman et al., "Model soups", 2022), blended with the weights there were, as much of the new as MNIST's held-out
digits bear (after Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).

MNIST's last 15,000 training images are not rehearsed, and show what is forgotten; the first training knew them, so this
errs towards refusing. By these and the person's thirds the network is kept or refused. MNIST's test set is opened
after that, for the report only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from inkdigits.data.sets.digits import NUM_CLASSES, Digits
from inkdigits.errors import DataError, InkdigitsError, ModelError
from inkdigits.models.build import count_parameters
from inkdigits.reading.networks.classifier import PACKAGED_PATH
from inkdigits.reading.networks.session import OnnxModel
from inkdigits.training.calibrate import build_calibration, refit_temperature
from inkdigits.training.evaluate import (
    PairedComparison,
    compare_logits,
    is_significant_rise,
    load_digits,
    load_test_digits,
    predict_digit_logits,
    score_logits,
)
from inkdigits.training.export import write_network
from inkdigits.training.finetune_data import (
    FOLD_COUNT,
    SEED,
    STEPS,
    ReplayMix,
    build_replay_mix,
    nll,
    restore_network,
    select_digits,
    split_folds,
)
from inkdigits.training.recipe import Recipe
from inkdigits.training.runs import Json
from inkdigits.training.session import describe_conditions

MIN_SAMPLES, MAX_SAMPLES = 10, 10_000  # samples
HELD_COUNT = 15_000  # of MNIST's training digits; of fewer, chance tells more than what was forgotten
HARD_NLL_SHARE = 0.99  # of the summed NLL: the few digits that hold it also show nearly all of its rise
MAX_ACCURACY_LOSS = 0.001  # of MNIST's held-out digits
OWN_MAY_LOSE = 0.01  # of the person's samples: of 300, one or two mistakes more are no reason to refuse
ENOUGH = 100  # samples; who has as many is not helped by more
# Nats by which their mean NLL may rise when weights are blended, which is finer than counting, and how much of the new
# weights is taken at most. Both are the greatest that were tried with which no person, of those that settings were
# chosen by, had a network forget more than 10 of 10,000 digits it had not learnt from: with .0015 (and another
# replay mix) it was 11, with .75 it was 12.
MAX_NLL_RISE, MAX_BLEND = 0.0012, 0.7
BISECTION_STEPS = 4  # of the blend: it is found to a sixteenth of MAX_BLEND


@dataclass(frozen=True)
class BaseNetwork:
    """An exported network to go on from: its file, its card, the recipe and the weights it has by now."""

    path: Path
    card: Json
    recipe: Recipe
    weights: Mapping[str, Tensor]

    def build_network(self) -> nn.Sequential:
        """The network, ready to be asked."""
        return restore_network(self.recipe, self.weights)


@dataclass(frozen=True)
class FinetuneResult:
    """What came of it: the person's digits, held out, and MNIST's held-out and test digits, before and after; the file
    that was written, or why none was. `test` is None where the network was refused: then nobody needs to know."""

    own: PairedComparison
    held: PairedComparison
    test: PairedComparison | None
    path: Path | None
    refusal_reason: str | None


def load_base(path: Path = PACKAGED_PATH) -> BaseNetwork:
    """The network of an ONNX file, its card and its safetensors twin. Raises ModelError when one is not right."""
    card = OnnxModel(path, "logits").card
    weights_path = path.with_suffix(".safetensors")
    trained = card.get("trained")
    if isinstance(trained, dict) and "members" in trained:
        raise ModelError(f"{path}: an ensemble cannot be fine-tuned; export one of its members.")
    try:
        recipe = Recipe.from_dict(card["trained"]["recipe"])
        base = BaseNetwork(path, card, recipe, load_file(weights_path))
        base.build_network()
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{weights_path}: the network's weights cannot be read ({error}); export it again.") from error
    except (KeyError, TypeError, RuntimeError, InkdigitsError) as error:
        raise ModelError(f"{path}: the card or weights do not match this inkdigits; export it again.") from error
    return base


def finetune(
    own: Digits,
    target: Path,
    base: BaseNetwork | None = None,
    report: Callable[[str], None] = lambda _: None,
    steps: int = STEPS,
) -> FinetuneResult:
    """Have a network, by default the packaged one, learn a person's digits; write it to `target` unless it got worse.

    `report` gets a line about each step. Raises DataError for too few or too many samples, ModelError for the
    network, RunError when it diverges, WriteError. A network that was at `target` stays there until
    the new one is there and found not to be worse.
    """
    check_samples(own)
    base = base or load_base()
    replay, held = split_replay_and_held(load_digits("train", None))
    replay_mix = build_replay_mix(base.recipe, base.weights, replay, steps)
    base_network = base.build_network()
    held_before = predict_digit_logits(base_network, held)
    networks = train_folds(replay_mix, own, report)
    averaged = average_weights(networks)
    share = largest_safe_blend(base, averaged, held, held_before)
    network, own_after = blend_weights(base, averaged, share), predict_held_out(base, networks, share, own)
    own_before, held_after = predict_digit_logits(base_network, own), predict_digit_logits(network, held)
    comparisons = compare_logits(own, own_before, own_after), compare_logits(held, held_before, held_after)
    has_nll_risen = is_significant_rise(nll(own_before, own), nll(own_after, own))
    if (reason := explain_refusal(*comparisons, has_nll_risen)) is not None:
        return FinetuneResult(*comparisons, None, None, reason)
    temperature = refit_temperature(
        float(base.card["temperature"]), (held_before, held_after), held.labels, (own_after, own.labels)
    )
    return _test_and_write(
        base,
        replay_mix.recipe,
        network,
        own,
        comparisons,
        build_calibration(temperature, own_after, own.labels, f"{own.name}, held out"),
        target,
    )


def split_replay_and_held(digits: Digits) -> tuple[Digits, Digits]:
    """MNIST's training digits to replay, and those held out to measure forgetting."""
    cut = len(digits) - HELD_COUNT
    return digits.slice(0, cut), digits.slice(cut, len(digits))


def train_folds(
    replay_mix: ReplayMix, own: Digits, report: Callable[[str], None] = lambda _: None
) -> list[nn.Sequential]:
    """One network per fold, trained on the other folds, each with its own seed."""
    networks = []
    for number, (indices, _) in enumerate(split_folds(own), 1):
        report(f"learning without part {number} of {FOLD_COUNT}, which then judges it")
        networks.append(replay_mix.train_network(select_digits(own, indices), SEED + number))
    return networks


def average_weights(networks: list[nn.Sequential]) -> nn.Sequential:
    """A network whose weights are the mean of theirs."""
    states = [network.state_dict() for network in networks]
    mean_state = {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if first.is_floating_point() else first
        for name, first in states[0].items()
    }
    network = deepcopy(networks[0])
    network.load_state_dict(mean_state)
    return network


def largest_safe_blend(base: BaseNetwork, tuned: nn.Sequential, held: Digits, logits_before: Tensor) -> float:
    """The largest share (0..1, at most MAX_BLEND) of the tuned weights that leaves the mean NLL of MNIST's held-out
    digits nearly as it was (`logits_before`); the smallest share tried, if none does."""
    nll_before = nll(logits_before, held)
    hard_indices = find_hardest(nll_before)
    hard_digits = select_digits(held, hard_indices)
    max_nll_sum = nll_before[hard_indices].sum() + MAX_NLL_RISE * len(held)

    def is_safe(share: float) -> bool:
        logits = predict_digit_logits(blend_weights(base, tuned, share), hard_digits)
        return bool(nll(logits, hard_digits).sum() <= max_nll_sum)

    if is_safe(MAX_BLEND):
        return MAX_BLEND
    low, high = 0.0, MAX_BLEND
    for _ in range(BISECTION_STEPS):
        share = (low + high) / 2
        low, high = (share, high) if is_safe(share) else (low, share)
    return low or high


def find_hardest(nll_values: Tensor) -> NDArray[np.int64]:
    """Indices of the fewest digits that hold HARD_NLL_SHARE of the summed NLL, N nats, the highest first."""
    order = nll_values.argsort(descending=True)
    is_below_share = nll_values[order].double().cumsum(dim=0) < HARD_NLL_SHARE * nll_values.double().sum()
    return np.asarray(order[: int(is_below_share.sum()) + 1].numpy(), np.int64)


def blend_weights(base: BaseNetwork, tuned: nn.Sequential, share: float) -> nn.Sequential:
    """The base network with `share` (0..1) of the tuned weights."""
    network, tuned_state = base.build_network(), tuned.state_dict()
    network.load_state_dict(
        {
            name: base.weights[name].lerp(new, share) if new.is_floating_point() else new
            for name, new in tuned_state.items()
        }
    )
    return network.eval()


def predict_held_out(base: BaseNetwork, networks: list[nn.Sequential], share: float, own: Digits) -> Tensor:
    """Logits N×10 of every sample, by the blended network of the fold that did not train on it."""
    logits = torch.empty(len(own), NUM_CLASSES)
    for network, (_, indices) in zip(networks, split_folds(own), strict=True):
        logits[indices] = predict_digit_logits(blend_weights(base, network, share), select_digits(own, indices))
    return logits


def _test_and_write(
    base: BaseNetwork,
    recipe: Recipe,
    network: nn.Sequential,
    own: Digits,
    comparisons: tuple[PairedComparison, PairedComparison],
    calibration: Json,
    target: Path,
) -> FinetuneResult:
    """Score on the test set, once, and write. Nothing depends on that score."""
    test_digits = load_test_digits()
    logits = predict_digit_logits(network, test_digits)
    test_comparison = compare_logits(test_digits, predict_digit_logits(base.build_network(), test_digits), logits)
    card = {
        "name": recipe.name,
        "about": recipe.about,
        "recipe": recipe.as_dict(),
        "parameters": count_parameters(network),
        "from": {key: base.card[key] for key in ("name", "version", "sha256")},
        "data": {"name": own.name, "n": len(own), "sha256": own.sha256},
        "finetuned": {
            "own": comparisons[0].as_dict(),
            "held": comparisons[1].as_dict(),
            "test": test_comparison.as_dict(),
        },
        "scores": [{"set": "test"} | score_logits(logits, test_digits).as_dict()],
        "conditions": describe_conditions(),
    }
    return FinetuneResult(*comparisons, test_comparison, write_network(network, card, calibration, target), None)


def check_samples(own: Digits) -> None:
    """Raise DataError for too few samples, too many, or all of one digit."""
    if not MIN_SAMPLES <= len(own) <= MAX_SAMPLES:
        raise DataError(
            f"{own.name} has {len(own):,} samples; fine-tuning needs {MIN_SAMPLES} to {MAX_SAMPLES:,}, "
            "best 5 or more of each digit."
        )
    counts = np.bincount(own.labels, minlength=NUM_CLASSES)
    if (counts >= 2).sum() < 2:
        raise DataError(
            f"{own.name} does not have two samples each of two digits; add more, best 5 or more of each digit."
        )


def explain_refusal(own: PairedComparison, held: PairedComparison, has_nll_risen: bool) -> str | None:
    """Why a network is not to replace the one it comes from, if so: one sentence. `has_nll_risen`: the NLL of
    the person's digits rose significantly."""
    if own.after - own.before > OWN_MAY_LOSE * own.n and has_nll_risen:
        more = "give more samples, and " if own.n < ENOUGH else ""
        return (
            f"it took {own.after} of the {own.n} held-out samples for another digit, and {own.before} before; "
            f"{more}check that all labels are right."
        )
    if held.gain < -MAX_ACCURACY_LOSS:
        return (
            f"it forgot: of MNIST's {held.n:,} held-out digits {held.after} are taken for another, and {held.before} "
            "before; check that all labels are right."
        )
    return None
