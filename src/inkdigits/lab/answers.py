"""What finished runs say of the digits that they are judged by: what the figures of mistakes are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.lab.show import load_evaluation_digits
from inkdigits.training.evaluate import predict_digit_logits
from inkdigits.training.runs import Run, load_trained_network


@dataclass(frozen=True)
class EnsembleLogits:
    """A run's trained `network`, the N `digits` it is judged by, and its `logits` of them: float32 N×10.

    The source of the digits gives the first of them the number `first`, counted from 1.
    """

    network: nn.Sequential
    digits: Digits
    first: int
    logits: Tensor


def predict_run(run: Run) -> EnsembleLogits:
    """Ask a finished run's network. Raises RunError when it is not finished or broken, DataError for its data."""
    run.read_card()  # says what is missing where a run is not finished
    network = load_trained_network(run)
    digits, first = load_evaluation_digits(run)
    return EnsembleLogits(network, digits, first, predict_digit_logits(network, digits))


def average_runs(runs: Sequence[Run]) -> list[EnsembleLogits]:
    """The answers of finished runs of one recipe with different seeds, so that the same digits judge them all.

    Raises UsageError when there is no run, when recipes differ in more than their seeds, when two seeds are equal
    (equal seeds learn the same, and would agree for that reason alone), or when the data differ; and what `answers`
    raises.
    """
    if not runs:
        raise UsageError("Name at least one run.")
    for run in runs:
        run.read_card()
    _refuse_other_recipes(runs)
    results = [predict_run(run) for run in runs]
    for run, other in zip(runs, results, strict=True):
        if other.digits.sha256 != results[0].digits.sha256:
            raise UsageError(f"{run.folder} is evaluated on other digits than {runs[0].folder}; show them one by one.")
    return results


def _refuse_other_recipes(runs: Sequence[Run]) -> None:
    """Raise UsageError unless all recipes are one, with seeds of their own, and learnt from the same digits."""
    runs_by_seed: dict[int, Run] = {}
    first = runs[0]
    for run in runs:
        seed = run.read_recipe().seed
        if _without_seed(run) != _without_seed(first):
            raise UsageError(f"{run.folder} and {first.folder} differ in more than their seeds; show them one by one.")
        if seed in runs_by_seed:
            raise UsageError(
                f"{runs_by_seed[seed].folder} and {run.folder} have the same seed, {seed}; "
                "train one of them with another."
            )
        runs_by_seed[seed] = run


def _without_seed(run: Run) -> tuple[object, object]:
    """The recipe without its seed and description, and the hash of what the run learnt from."""
    return replace(run.read_recipe(), seed=0, about=""), run.read_setting("data", dict).get("sha256")
