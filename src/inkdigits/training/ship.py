"""`make weights`: train the network that is packaged, calibrate it, export it. Resumable at any point.

    python -m inkdigits.training.ship runs/weights

A twin that learns from the first 55,000 images gives temperature and threshold on the last 5,000; they are carried over
to the network that learns from all 60,000. Three seeds of it are trained, so that its figures have a spread; the first
is the one that is packaged, whatever the others score.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from inkdigits.errors import RunError
from inkdigits.reading.classify import PACKAGED
from inkdigits.training.calibrate import guarantee, least_confidence, temperature
from inkdigits.training.callbacks import throttled
from inkdigits.training.evaluate import digit_logits
from inkdigits.training.export import export
from inkdigits.training.loop import Callback, State
from inkdigits.training.recipes import Recipe, recipe
from inkdigits.training.runs import Json, Run, trained_network
from inkdigits.training.session import parts_of, resume, start

SEEDS = (0, 1, 2)
DIGITNESS = 0.5  # from which on a glyph counts as a digit


def ship(folder: Path, target: Path = PACKAGED) -> Path:
    """Train what is not trained yet, and write the packaged network to `target` (….onnx). Returns it.

    Raises what training and exporting raise; RunError when a training was stopped, to be gone on with.
    """
    name = target.stem
    twin = finished(folder / f"{name}-twin", recipe(name).with_knobs(split="choosing"))
    runs = [finished(folder / f"{name}-{seed}", recipe(name).with_knobs(seed=seed)) for seed in SEEDS]
    return export(runs[0], target, calibrated(twin))


def finished(folder: Path, wanted: Recipe) -> Run:
    """The finished run of a recipe: as it is there, gone on with, or trained from the start."""
    run = Run(folder)
    if not run.finished:
        begun = (folder / "recipe.json").exists()
        state = resume(folder, [told()]) if begun else start(wanted, folder, callbacks=[told()])
        if not state.done:
            raise RunError(f"Stopped at step {state.step} of {folder}; call this again to go on.")
    return run


def told() -> Callback:
    """A line every half minute, on stderr."""

    def tell(state: State) -> None:
        print(
            f"{state.recipe.name} step {state.step}/{state.total_steps} loss {state.loss.item():.3f}", file=sys.stderr
        )

    return throttled(30, tell)


def calibrated(twin: Run) -> Json:
    """Temperature and thresholds, fitted on the validation images of a run that never learnt from them."""
    held = parts_of(twin.recipe(), twin.source()).held
    assert held is not None
    said, labels = digit_logits(trained_network(twin), held), torch.from_numpy(held.labels)
    heat = temperature(said, labels)
    probabilities = (said / heat).softmax(dim=1).numpy()
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == held.labels
    threshold = least_confidence(confidence, right)
    return {
        "temperature": heat,
        "accept": {"confidence": threshold, "digitness": DIGITNESS},
        "guarantee": {"digits": held.name} | guarantee(confidence, right, threshold),
    }


if __name__ == "__main__":
    print(ship(Path(sys.argv[1])))
