"""`make weights`: train the networks that are packaged, calibrate them, export them. Resumable at any point.

    python -m inkdigits.training.ship runs/weights          everything
    python -m inkdigits.training.ship runs/weights reader   only that

Of the reader, a twin that learns from the first 55,000 images gives the temperature on the last 5,000; it is carried
over to the network that learns from all 60,000. Three seeds of that are trained, so that its figures have a spread; the
first is the one that is packaged, whatever the others score.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from inkdigits.errors import InkdigitsError, RunError, UsageError
from inkdigits.reading.networks.classifier import PACKAGED_PATH
from inkdigits.training.calibrate import build_calibration, fit_temperature
from inkdigits.training.callbacks import throttle
from inkdigits.training.evaluate import predict_digit_logits
from inkdigits.training.export import export
from inkdigits.training.loop import Callback, State
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe
from inkdigits.training.reference_digits import write_nearest
from inkdigits.training.runs import Json, Run, load_trained_network
from inkdigits.training.session import complete, load_split

SEEDS = (0, 1, 2)


def main() -> int:
    """The program; what it ends with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the runs are, or will be")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SHIPPERS)}; without one, all")
    arguments = parser.parse_args()
    keep_memory()
    try:
        for name in arguments.names or SHIPPERS:
            print(ship(name, arguments.folder))
    except InkdigitsError as error:
        print(f"ship: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def ship(name: str, folder: Path) -> Path:
    """Train what is not trained yet of the recipe `name`, and write its network into the package. Returns the file.

    Raises what training and exporting raise; UsageError for a recipe that is not there or is not packaged; RunError
    when a training was stopped, to be gone on with, and when `folder` has a run of other settings.
    """
    recipe = get_recipe(name)
    if name not in SHIPPERS:
        raise UsageError(f"The network of the recipe '{name}' is not packaged; {', '.join(SHIPPERS)} can be.")
    return SHIPPERS[name](recipe, folder, PACKAGED_PATH.with_name(f"{name}.onnx"))


def ship_classifier(recipe: Recipe, folder: Path, target: Path) -> Path:
    """A network that tells digits: a twin to calibrate by, three seeds, of which the first is exported to `target`,
    and training digits as it sees them."""
    twin_run = train_to_end(folder / f"{recipe.name}-twin", recipe.with_knobs(split="choosing"))
    runs = [train_to_end(folder / f"{recipe.name}-{seed}", recipe.with_knobs(seed=seed)) for seed in SEEDS]
    exported_path = export(runs[0], target, fit_calibration(twin_run))
    write_nearest(exported_path)
    return exported_path


def ship_page_network(recipe: Recipe, folder: Path, target: Path) -> Path:
    """A network that finds digits, or reads a row of them: one run, exported as it is."""
    return export(train_to_end(folder / recipe.name, recipe), target)


SHIPPERS: Mapping[str, Callable[[Recipe, Path, Path], Path]] = {
    "reader": ship_classifier,
    "detector": ship_page_network,
    "transcriber": ship_page_network,
}


def train_to_end(folder: Path, recipe: Recipe) -> Run:
    """The finished run of a recipe: as it is there, gone on with, or trained from the start."""
    state = complete(recipe, folder, callbacks=[make_progress_printer()])
    if state is not None and not state.is_done:
        raise RunError(f"Stopped at step {state.step} of {folder}; call this again to go on.")
    return Run(folder)


def make_progress_printer() -> Callback:
    """A line every half minute, on stderr."""

    def print_progress(state: State) -> None:
        print(
            f"{state.recipe.name} step {state.step}/{state.total_steps} loss {state.loss.item():.3f}", file=sys.stderr
        )

    return throttle(30, print_progress)


def fit_calibration(twin: Run) -> Json:
    """The temperature, fitted on the validation images of a run that never learnt from them; what is accepted then,
    and how often that is wrong."""
    held_digits = load_split(twin.read_recipe(), twin.read_source()).held_out
    assert held_digits is not None
    logits, labels = predict_digit_logits(load_trained_network(twin), held_digits), torch.from_numpy(held_digits.labels)
    return build_calibration(fit_temperature(logits, labels), logits, held_digits.labels, held_digits.name)


if __name__ == "__main__":
    sys.exit(main())
