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
from inkdigits.reading.networks.classifier import PACKAGED
from inkdigits.training.calibrate import DIGITNESS, guarantee, least_confidence, temperature
from inkdigits.training.callbacks import throttled
from inkdigits.training.evaluate import digit_logits
from inkdigits.training.export import export
from inkdigits.training.loop import Callback, State
from inkdigits.training.memory import keep_memory
from inkdigits.training.nearest import write_nearest
from inkdigits.training.recipes import Recipe, recipe
from inkdigits.training.runs import Json, Run, trained_network
from inkdigits.training.session import complete, parts_of

SEEDS = (0, 1, 2)


def main() -> int:
    """The program; what it ends with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the runs are, or will be")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SHIPPED)}; without one, all")
    given = parser.parse_args()
    keep_memory()
    try:
        for name in given.names or SHIPPED:
            print(ship(name, given.folder))
    except InkdigitsError as error:
        print(f"ship: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def ship(name: str, folder: Path) -> Path:
    """Train what is not trained yet of the recipe `name`, and write its network into the package. Returns the file.

    Raises what training and exporting raise; UsageError for a recipe that is not there or is not packaged; RunError
    when a training was stopped, to be gone on with, and when `folder` has a run of other settings.
    """
    it = recipe(name)
    if name not in SHIPPED:
        raise UsageError(f"The network of the recipe '{name}' is not packaged; {', '.join(SHIPPED)} can be.")
    return SHIPPED[name](it, folder, PACKAGED.with_name(f"{name}.onnx"))


def digit_network(it: Recipe, folder: Path, target: Path) -> Path:
    """A network that tells digits: a twin to calibrate by, three seeds, of which the first is exported to `target`,
    and training digits as it sees them."""
    twin = finished(folder / f"{it.name}-twin", it.with_knobs(split="choosing"))
    runs = [finished(folder / f"{it.name}-{seed}", it.with_knobs(seed=seed)) for seed in SEEDS]
    exported = export(runs[0], target, calibrated(twin))
    write_nearest(exported)
    return exported


def page_network(it: Recipe, folder: Path, target: Path) -> Path:
    """The network that finds digits."""
    return export(finished(folder / it.name, it), target)


SHIPPED: Mapping[str, Callable[[Recipe, Path, Path], Path]] = {"reader": digit_network, "detector": page_network}


def finished(folder: Path, wanted: Recipe) -> Run:
    """The finished run of a recipe: as it is there, gone on with, or trained from the start."""
    state = complete(wanted, folder, callbacks=[told()])
    if state is not None and not state.done:
        raise RunError(f"Stopped at step {state.step} of {folder}; call this again to go on.")
    return Run(folder)


def told() -> Callback:
    """A line every half minute, on stderr."""

    def tell(state: State) -> None:
        print(
            f"{state.recipe.name} step {state.step}/{state.total_steps} loss {state.loss.item():.3f}", file=sys.stderr
        )

    return throttled(30, tell)


def calibrated(twin: Run) -> Json:
    """The temperature, fitted on the validation images of a run that never learnt from them; what is accepted then,
    and how often that is wrong."""
    held = parts_of(twin.recipe(), twin.source()).held
    assert held is not None
    said, labels = digit_logits(trained_network(twin), held), torch.from_numpy(held.labels)
    heat = temperature(said, labels)
    probabilities = (said / heat).softmax(dim=1).numpy()
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == held.labels
    threshold = least_confidence()
    return {
        "temperature": heat,
        "accept": {"confidence": threshold, "digitness": DIGITNESS},
        "guarantee": {"digits": held.name} | guarantee(confidence, right, threshold),
    }


if __name__ == "__main__":
    sys.exit(main())
