"""What recipes were chosen by: trials that learn from some training digits, judged by others of them.

    python -m bench.choosing                  all that is not kept yet: some ten minutes each, on one core
    python -m bench.choosing images           only that question's trials

A trial differs from the recipe in what is named only. No test set is opened here. Every seed of a trial is kept at
once, in bench/results/choosing.json, and `python -m bench.render` puts it into docs/frontier.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch
from filelock import FileLock
from torch import Tensor, nn

from bench.shared import store
from inkdigits.data.augmentation.warp import Warp, warp
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.splits import Split
from inkdigits.models.build import ARCHITECTURES, build_seeded
from inkdigits.models.cnn import CNN
from inkdigits.models.ensemble import build_ensemble
from inkdigits.models.fold import count_folded_parameters
from inkdigits.models.instant import FILTER_SIDE, InstantNet
from inkdigits.models.turnednet import EquivariantNet
from inkdigits.models.views import build_viewing
from inkdigits.training.batches import WARPS, Batches, seed_generator
from inkdigits.training.evaluate import score_network
from inkdigits.training.loop import State, assemble_state, train
from inkdigits.training.memory import keep_memory
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import get_recipe
from inkdigits.training.session import list_weight_settings

RESULT_NAME = "choosing"
CPU = torch.device("cpu")
INK_WARP, NO_WARP = WARPS["inked"], Warp(0, 0, 0, 0, 0, 0)
ELASTIC_WARP = replace(INK_WARP, elastic=0.3)
INK_BENT_WARP = replace(WARPS["bent"], ink=INK_WARP.ink)
build_three_cnns = partial(build_ensemble, 3, CNN)
build_upright_10k = partial(build_viewing, ARCHITECTURES["tiny-10k"].make, nine_looks=False)
# The network of `tiny-600` for images as they come, which may lean.
LEANING_600 = partial(EquivariantNet, 3, (3, 3), (2,), directions=8, activation=nn.SiLU)


@dataclass(frozen=True)
class Trial:
    """A network, a recipe for it (whose own network, augmentation and seed do not count), and how images are warped."""

    network: Callable[[], nn.Sequential]
    recipe: Recipe
    warp: Warp
    train_count: int  # the first so many training digits
    seed_count: int = 1  # 0, 1, … are made
    skipped_count: int = 0  # training digits before those, which it neither learns from nor is judged by


def build_best_trial(warp_settings: Warp, epochs: float, seed_count: int = 1) -> Trial:
    """One of the networks of `best`."""
    network = partial(EquivariantNet, 8, (24, 32), (48, 64, 64))
    return Trial(network, get_recipe("best").with_knobs(epochs=epochs), warp_settings, 40_000, seed_count)


def build_tiny_600_trial(network: Callable[[], nn.Sequential], warp_settings: Warp = NO_WARP, **knobs: float) -> Trial:
    """A network in place of that of `tiny-600`."""
    return Trial(network, get_recipe("tiny-600").with_knobs(**knobs), warp_settings, 40_000)


def build_tiny_10k_trial(
    warp_settings: Warp, network: Callable[[], nn.Sequential] = ARCHITECTURES["tiny-10k"].make, **knobs: float
) -> Trial:
    """`tiny-10k`."""
    return Trial(network, get_recipe("tiny-10k").with_knobs(**knobs), warp_settings, 40_000)


def build_lecture_trial(
    warp_settings: Warp, network: Callable[[], nn.Sequential] = CNN, seed_count: int = 1, **knobs: float
) -> Trial:
    """`lecture-cnn`, as it was before these trials, with other 5,000 digits than the lecture's to learn from."""
    recipe = get_recipe("lecture-cnn").with_knobs(model="cnn", augment="bent", epochs=60, average=0.998)
    return Trial(network, recipe.with_knobs(**knobs), warp_settings, 5_000, seed_count, skipped_count=10_000)


def build_instant_trial(network: Callable[[], nn.Sequential] = InstantNet, **knobs: float) -> Trial:
    """`instant`, as long as on all digits: 15 steps of 2,000."""
    return Trial(network, get_recipe("instant").with_knobs(**({"steps": 15} | knobs)), NO_WARP, 40_000, 5)


def build_rootless_instant() -> nn.Sequential:
    """The network of `instant` with the means themselves as features."""
    network = InstantNet()
    network.embedding = nn.Sequential(nn.AvgPool2d(5, stride=3), nn.Flatten())
    return network


QUESTIONS: Mapping[str, Mapping[str, Trial]] = {
    "images": {
        "changed as in `best`, 8 epochs": build_best_trial(INK_WARP, 8, seed_count=5),
        "the same, and bent by .3 pixels, 8 epochs": build_best_trial(ELASTIC_WARP, 8),
        "changed half as much again, and bent by .6 pixels, 8 epochs": build_best_trial(
            replace(Warp(), ink=INK_WARP.ink), 8
        ),
        "changed as in `best`, 16 epochs": build_best_trial(INK_WARP, 16, seed_count=5),
        "the same, and bent by .3 pixels, 16 epochs": build_best_trial(ELASTIC_WARP, 16),
    },
    "views": {
        "one look at images as they come, 20 epochs": build_tiny_600_trial(LEANING_600, epochs=20),
        "nine looks at images as they come, 20 epochs": build_tiny_600_trial(
            partial(build_viewing, LEANING_600, upright=False), epochs=20
        ),
        "one look, upright, 20 epochs": build_tiny_600_trial(
            partial(build_viewing, LEANING_600, nine_looks=False), epochs=20
        ),
        "nine looks, upright, 20 epochs": build_tiny_600_trial(ARCHITECTURES["tiny-600"].make, epochs=20),
        "nine looks, upright, 40 epochs": build_tiny_600_trial(ARCHITECTURES["tiny-600"].make, epochs=40),
        "nine looks, upright, 40 epochs, images changed as for `tiny-3k`": build_tiny_600_trial(
            ARCHITECTURES["tiny-600"].make, WARPS["light"], epochs=40
        ),
    },
    "tiny": {
        "8 epochs": build_tiny_10k_trial(WARPS["light"], epochs=8),
        "32 epochs": build_tiny_10k_trial(WARPS["light"], epochs=32),
        "32 epochs, inked": build_tiny_10k_trial(INK_WARP, epochs=32),
        "32 epochs, inked, with the smoothing, decay and average of `best`": build_tiny_10k_trial(
            INK_WARP, epochs=32, smoothing=0.05, decay=0.05, average=0.99
        ),
        "8 epochs, upright": build_tiny_10k_trial(WARPS["light"], build_upright_10k, epochs=8),
        "16 epochs, upright": build_tiny_10k_trial(WARPS["light"], build_upright_10k, epochs=16),
        "16 epochs, upright, nine looks": build_tiny_10k_trial(
            WARPS["light"], partial(build_viewing, ARCHITECTURES["tiny-10k"].make), epochs=16
        ),
    },
    "instant": {
        "as in `instant`": build_instant_trial(),
        "filters of independent pixels": build_instant_trial(partial(InstantNet, points=FILTER_SIDE)),
        "means without their root": build_instant_trial(build_rootless_instant),
        "no label smoothing": build_instant_trial(smoothing=0.0),
        "in 3 batches of 10,000": build_instant_trial(batch=10_000, steps=3),
        "twice as many steps": build_instant_trial(steps=30),
    },
    "lecture": {
        "bent": build_lecture_trial(WARPS["bent"]),
        "bent and inked": build_lecture_trial(INK_BENT_WARP),
        "bent and inked, 120 epochs, an average of .999": build_lecture_trial(INK_BENT_WARP, epochs=120, average=0.999),
        "bent and inked, an average of .99": build_lecture_trial(INK_BENT_WARP, average=0.99),
        "the same, three networks as one, 20 epochs": build_lecture_trial(
            INK_BENT_WARP, build_three_cnns, average=0.99, epochs=20
        ),
        "the same, three networks as one": build_lecture_trial(INK_BENT_WARP, build_three_cnns, average=0.99),
    },
}


@dataclass(frozen=True)
class TrialOutcome:
    """On `held_out_count` digits it has not learnt, the share it has right (0..1) and the mean cross-entropy in nats;
    on the `train_count` it has learnt, unwarped, the share it has right; how many numbers it stores."""

    accuracy: float
    loss: float
    train_accuracy: float
    held_out_count: int
    train_count: int
    epochs: float
    parameters: int
    seconds: float

    def as_dict(self) -> store.Json:
        """As it is kept."""
        kept_as = {"train_accuracy": "of_learnt", "held_out_count": "judged", "train_count": "learnt"}
        return {kept_as.get(name, name): value for name, value in asdict(self).items()}


class WarpedBatches(Batches):
    """Batches whose images are warped by settings that have no name."""

    def __init__(self, digits: Digits, recipe: Recipe, warp_settings: Warp) -> None:
        super().__init__(digits, recipe.with_knobs(augment="none"), CPU)
        self.warp_settings = warp_settings

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        images, labels = super().__call__(step)
        return warp(images, self.warp_settings, seed_generator(self.recipe.seed, step)), labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", metavar="question", help=f"of {', '.join(QUESTIONS)}")
    args = parser.parse_args()
    keep_memory()
    for question in args.questions or QUESTIONS:
        run_missing_trials(question, mnist.load("train"))


def run_missing_trials(question: str, digits: Digits) -> None:
    """Make what is not kept of a question's trials, and keep every seed of each."""
    for name, trial in QUESTIONS[question].items():
        for seed in range(trial.seed_count):
            if seed not in load_kept_seeds(question, name):
                keep_outcome(question, name, seed, run_trial(trial, seed, digits))


def run_trial(trial: Trial, seed: int, digits: Digits) -> TrialOutcome:
    """Train on the trial's part of the digits, and evaluate on those that follow it."""
    end = trial.skipped_count + trial.train_count
    train_digits, held_out_digits = digits.slice(trial.skipped_count, end), digits.slice(end, len(digits))
    state = train(begin_training(trial, seed, train_digits), [])
    held_out_score = score_network(state.eval_network, held_out_digits)
    return TrialOutcome(
        accuracy=held_out_score.accuracy,
        loss=held_out_score.loss,
        train_accuracy=score_network(state.eval_network, train_digits).accuracy,
        held_out_count=len(held_out_digits),
        train_count=len(train_digits),
        epochs=trial.recipe.epochs,
        parameters=count_folded_parameters(state.eval_network),
        seconds=state.seconds,
    )


def begin_training(trial: Trial, seed: int, train_digits: Digits) -> State:
    """The trial's training before its first step."""
    recipe, network = trial.recipe.with_knobs(seed=seed), build_seeded(trial.network, seed)
    return assemble_state(
        recipe, Split(train_digits, None, ""), network, WarpedBatches(train_digits, recipe, trial.warp), CPU
    )


def load_kept_seeds(question: str, name: str) -> dict[int, store.Json]:
    """A trial's outcomes by seed; none where it has changed since."""
    row = load_questions().get(question, {}).get(name, {})
    if row.get("settings") != describe_settings(QUESTIONS[question][name]):
        return {}
    return {int(seed): each for seed, each in row["seeds"].items()}


def load_questions() -> dict[str, store.Json]:
    """All that is kept: question → name → settings, and outcomes by seed."""
    questions: dict[str, store.Json] = (store.load(RESULT_NAME) or {}).get("questions", {})
    return questions


def describe_settings(trial: Trial) -> store.Json:
    """What a trial's outcomes depend on, as JSON has it, but for network and seed."""
    knobs = {name: knob for name, knob in list_weight_settings(trial.recipe).items() if name != "seed"}
    skipped = {"skipped": trial.skipped_count} if trial.skipped_count else {}
    return {"recipe": knobs, "images": asdict(trial.warp), "learnt": trial.train_count} | skipped


def keep_outcome(question: str, name: str, seed: int, outcome: TrialOutcome) -> None:
    """Add an outcome; another program may be adding others."""
    with FileLock(store.RESULTS_FOLDER / f".{RESULT_NAME}.lock"):
        row = {
            "settings": describe_settings(QUESTIONS[question][name]),
            "seeds": load_kept_seeds(question, name) | {seed: outcome.as_dict()},
        }
        store.save(
            RESULT_NAME, {"questions": load_questions() | {question: load_questions().get(question, {}) | {name: row}}}
        )
    print(question, name, seed, outcome, flush=True)


if __name__ == "__main__":
    main()
