"""Every figure of a run, by name: what `inkdigits show` saves. The first file to read in this room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure
from torch import nn

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import UsageError
from inkdigits.lab.confusion import draw_confusion
from inkdigits.lab.curves import draw_curves
from inkdigits.lab.mistakes import draw_mistakes
from inkdigits.lab.predictions import LECTURE, choose_examples, draw_predictions
from inkdigits.lab.weights import draw_weights
from inkdigits.training.evaluate import load_digits, load_test_digits, predict_digit_logits, score_logits
from inkdigits.training.runs import EnsembleRun, Run, load_trained_network
from inkdigits.training.session import load_split


def figures(run: Run, numbers: Sequence[int] | None = None) -> dict[str, Figure]:
    """The figures that apply to a run: curves, and when it is finished predictions, confusion, mistakes, weights.

    `numbers` says of which training digits, counted from 1, predictions are drawn (the lecture's 5001–5003 by
    default). Raises RunError when there is no run or its files are broken, DataError when its data are gone,
    UsageError for a number that is no digit's, and for an ensemble, which has neither curves nor weights of its own.
    """
    if isinstance(run, EnsembleRun):
        members = ", ".join(str(member.folder) for member in run.list_members())
        raise UsageError(f"{run.folder} is an ensemble; show its members one by one ({members}), or use --mistakes.")
    figures_by_name: dict[str, Figure] = {}
    if records := run.read_metrics():
        figures_by_name["curves"] = draw_curves(
            records, run.read_recipe().name, str(run.read_json("recipe.json").get("held", ""))
        )
    elif not run.is_finished:
        run.read_card()  # says what is missing
    if run.is_finished:
        figures_by_name |= _draw_network_figures(run, load_trained_network(run), numbers)
    return figures_by_name


def load_evaluation_digits(run: Run) -> tuple[Digits, int]:
    """The digits that a finished run is judged by, and the number that its source gives the first of them.

    The test digits are opened for runs that learnt from all training digits only; others have digits of their own
    held back, and must not be judged, or chosen, by the test.
    """
    parts = load_split(replace(run.read_recipe(), samples=None), run.read_source())  # fewer samples move no number
    if parts.held_out is None:
        return load_test_digits(run.read_source()), 1
    return parts.held_out, len(parts.train) + 1


def _draw_network_figures(run: Run, network: nn.Sequential, numbers: Sequence[int] | None) -> dict[str, Figure]:
    training = load_digits("train", run.read_source())
    if numbers is None:
        numbers = LECTURE if len(training) >= max(LECTURE) else range(1, min(3, len(training)) + 1)
    examples = choose_examples(training, numbers)
    evaluation_digits, first = load_evaluation_digits(run)
    logits = predict_digit_logits(network, evaluation_digits)
    return {
        "predictions": draw_predictions(examples, predict_digit_logits(network, examples), numbers),
        "confusion": draw_confusion(score_logits(logits, evaluation_digits)),
        "mistakes": draw_mistakes(evaluation_digits, logits, first=first),
        "weights": draw_weights(network),
    }
