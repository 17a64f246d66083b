"""Batches with things that are no digits: where they stand, what is learnt of them, where they do not count."""

import pytest
import torch
import torch.nn.functional as F

from inkdigits.data.sets.digits import NOT_A_DIGIT
from inkdigits.data.sets.mnist import load
from inkdigits.data.sets.splits import split
from inkdigits.training import batches
from inkdigits.training.batches import CALM_PHASE_SHARE, Batches
from inkdigits.training.callbacks import MetricsRecorder
from inkdigits.training.loop import create_state, train
from inkdigits.training.recipes import get_recipe
from inkdigits.training.tasks import DIGITNESS_WEIGHT, classification_loss

CPU = torch.device("cpu")
READER = get_recipe("reader").with_knobs(batch=20, steps=4, nondigits=0.25)


@pytest.fixture(autouse=True)
def few_nondigits(monkeypatch: pytest.MonkeyPatch, bundled_fonts: None) -> None:
    monkeypatch.setattr(batches, "NONDIGIT_COUNT", 50)


def test_what_is_no_digit_follows_the_digits() -> None:
    digits = load("train").slice(0, 100)
    images, labels = Batches(digits, READER, CPU)(0)
    assert images.shape == (25, 1, 28, 28) and images.min() >= 0 and images.max() <= 1
    assert (labels[:20] != NOT_A_DIGIT).all() and (labels[20:] == NOT_A_DIGIT).all()
    again, _ = Batches(digits, READER, CPU)(0)
    assert torch.equal(images, again)


def test_the_end_is_calmer() -> None:
    """The last quarter of the steps spoils fewer images: more of them have the black paper they came with."""
    digits, steps = load("train").slice(0, 2000), 8
    made = Batches(digits, get_recipe("reader").with_knobs(batch=200, steps=steps, nondigits=0), CPU)

    def measure_clean_share(step: int) -> float:
        return float(((made(step)[0] == 0).float().mean(dim=(1, 2, 3)) > 0.4).float().mean())

    first, last = (sum(measure_clean_share(step) for step in part) for part in ((0, 1), (steps - 2, steps - 1)))
    assert round((1 - CALM_PHASE_SHARE) * steps) == steps - 2 and last > first + 0.1


def test_the_loss_of_digits_and_of_what_is_none() -> None:
    logits = torch.randn(6, 11, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([3, 1, 4, 1, NOT_A_DIGIT, NOT_A_DIGIT])
    which = F.cross_entropy(logits[:4, :10], labels[:4])
    whether = -(F.logsigmoid(logits[:4, 10]).sum() + F.logsigmoid(-logits[4:, 10]).sum()) / 6
    assert classification_loss(logits, labels, 0.0).item() == pytest.approx(
        (which + DIGITNESS_WEIGHT * whether).item(), rel=1e-5
    )
    assert classification_loss(logits[:4, :10], labels[:4], 0.0).item() == pytest.approx(which.item(), rel=1e-5)


def test_figures_are_of_digits_only() -> None:
    state = create_state(READER, split(load("train").slice(0, 100), "full"), CPU)
    train(state, [MetricsRecorder(state)])
    digits = state.labels != NOT_A_DIGIT
    assert digits.sum() == 20 and state.logits.shape == (25, 11)
    right = state.history[0]["train_accuracy"] * 20
    assert right == pytest.approx(round(right), abs=1e-3)


def test_things_that_are_there_already_are_not_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "make_nondigits", None)
    white = torch.full((3, 28, 28), 255, dtype=torch.uint8).numpy()
    plain = READER.with_knobs(augment="none")
    images, labels = Batches(load("train").slice(0, 100), plain, CPU, white)(0)
    assert (images[labels == NOT_A_DIGIT] == 1).all() and (labels == NOT_A_DIGIT).sum() == 5
