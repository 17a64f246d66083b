"""What the transcriber learns from: strips and their texts, a loss that right frames make least, a few steps."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from inkdigits.alphabet import CHARACTERS, CLASS_COUNT, encode_text
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.errors import RunError
from inkdigits.models.build import build_network
from inkdigits.reading.networks import detector
from inkdigits.reading.networks.transcriber import FRAME_WIDTH_PX
from inkdigits.training import transcription
from inkdigits.training.loop import create_state, train
from inkdigits.training.recipes import get_recipe
from inkdigits.training.session import load_split
from inkdigits.training.transcription import (
    PADDING,
    STRIP_WIDTHS,
    StripBatches,
    score_transcriber,
    transcription_loss,
)

CPU = torch.device("cpu")
TINY = get_recipe("transcriber").with_knobs(samples=60, batch=4, steps=5, average=0.5)


@pytest.fixture(autouse=True)
def few_strips(monkeypatch: pytest.MonkeyPatch, bundled_fonts: None, restore_threads: None) -> None:
    """Few fonts, few strips to score on, and torch's threads as they were."""
    monkeypatch.setattr(transcription, "EVAL_BATCHES", 4)


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load("train").slice(0, 60)


def make_outputs(text: str, frame_count: int = 12) -> Tensor:
    """Frames that surely say a text, each character once, two frames apart."""
    outputs = torch.zeros(1, CLASS_COUNT, 1, frame_count)
    outputs[0, 0] = 12.0
    for place, character in enumerate(text):
        outputs[0, :, 0, 2 * place + 1] = 0.0
        outputs[0, CHARACTERS.index(character) + 1, 0, 2 * place + 1] = 12.0
    return outputs


def make_targets(text: str, length: int = 6) -> Tensor:
    return torch.tensor([encode_text(text) + [PADDING] * (length - len(text))])


def test_right_frames_cost_almost_nothing_and_wrong_ones_much() -> None:
    right = transcription_loss(make_outputs("1.33"), make_targets("1.33"))[0].item()
    wrong = transcription_loss(make_outputs("1.38"), make_targets("1.33"))[0].item()
    lost = transcription_loss(make_outputs("1.3"), make_targets("1.33"))[0].item()
    assert right < 0.1 and min(wrong, lost) > 5


def test_digits_are_counted_where_no_character_is_lost() -> None:
    _, logits, labels = transcription_loss(make_outputs("1.38"), make_targets("1.33"))
    assert logits.argmax(dim=1).tolist() == [1, 3, 8] and labels.tolist() == [1, 3, 3]
    _, logits, labels = transcription_loss(make_outputs("1.3"), make_targets("1.33"))
    assert logits.shape == (0, 10) and labels.shape == (0,)


def test_an_empty_strip_has_a_loss_too() -> None:
    assert transcription_loss(make_outputs(""), make_targets(""))[0].item() < 0.01


def test_batches_depend_on_seed_and_step_only(digits: Digits) -> None:
    first, again = (StripBatches(digits, TINY, CPU) for _ in range(2))
    ink, texts = first(3)
    first(0)
    assert torch.equal(ink, again(3)[0]) and torch.equal(texts, again(3)[1])
    other = StripBatches(digits, TINY.with_knobs(seed=1), CPU)(3)
    assert ink.shape != other[0].shape or not torch.equal(ink, other[0])
    assert ink.shape[:3] == (4, 1, 48) and ink.shape[3] in STRIP_WIDTHS and ink.dtype == torch.float32
    assert texts.dtype == torch.int64 and int(texts.max()) < CLASS_COUNT and int(texts.min()) >= PADDING


def test_it_begins_with_the_layers_of_the_packaged_detector() -> None:
    state = create_state(TINY, load_split(TINY, None), CPU)
    packaged = load_file(detector.PACKAGED_PATH.with_suffix(".safetensors"))
    own = state.network.state_dict()
    shared = [name for name in packaged if name in own]
    assert len(shared) > 50 and all(torch.equal(own[name], packaged[name]) for name in shared)
    fresh = create_state(TINY.with_knobs(start=None), load_split(TINY, None), CPU).network.state_dict()
    assert not torch.equal(fresh["conv3.0.weight"], packaged["conv3.0.weight"])


def test_a_few_steps_lower_the_loss(digits: Digits) -> None:
    recipe = TINY.with_knobs(steps=25, average=0.0)
    losses: list[float] = []
    train(create_state(recipe, load_split(recipe, None), CPU), [lambda state: losses.append(state.loss.item())])
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:3])


def test_the_packaged_transcriber_is_scored_by_strips_and_one_that_reads_nothing_is_refused(digits: Digits) -> None:
    recipe = TINY.with_knobs(start="transcriber")
    network = create_state(recipe, load_split(recipe, None), CPU).network
    score = score_transcriber(network, digits, TINY)
    assert score.n > 20 and score.accuracy > 0.8 and "strips" in score.name
    network.get_parameter("frames.bias").data[0] += 1e4  # of the blank
    with pytest.raises(RunError, match="train it for more steps"):
        score_transcriber(network, digits, TINY)


def test_a_frame_is_four_pixels_wide() -> None:
    network = build_network("transcriber").eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 1, 48, 160)).shape == (2, CLASS_COUNT, 1, 160 // FRAME_WIDTH_PX)


def test_what_surrounds_a_frame_adds_nothing_at_first() -> None:
    """So that a network that has learnt without it can go on with it."""
    network, frames = build_network("transcriber").eval(), torch.rand(1, 192, 1, 30)
    with torch.inference_mode():
        assert torch.equal(network.get_submodule("context")(frames), frames)
