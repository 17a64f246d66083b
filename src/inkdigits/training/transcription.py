"""Training the transcriber: batches of strips with their texts, its loss, and its score."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdigits.alphabet import BLANK_INDEX, DIGIT_CHARACTERS, encode_text
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.strips import FormNeighbours, Strip, draw_strip
from inkdigits.errors import RunError
from inkdigits.training.detection import FIRST_EVAL_STEP, MAX_EVAL_DIGITS, DrawnBatches
from inkdigits.training.evaluate import Score, compute_score
from inkdigits.training.recipe import Recipe

STRIP_WIDTHS = (128, 192, 256, 320)  # pixels; all strips of a batch have one
EVAL_BATCHES = 60  # batches of strips to score a transcriber on
PADDING = -1  # after the end of a text that is shorter than others of its batch
_FIRST_DIGIT, _LAST_DIGIT = 1, len(DIGIT_CHARACTERS)  # the classes of 0 and of 9


class StripBatches(DrawnBatches):
    """Ink float32 B×1×48×W in 0..1 and texts int64 B×L (classes, then PADDING): strips (data/synthesis/strips.py)."""

    def __init__(self, digits: Digits, recipe: Recipe, device: torch.device, with_other_hands: bool = True) -> None:
        super().__init__(digits, recipe, device, with_other_hands)
        self.hands = FormNeighbours.from_strokes(self.material.digits)

    def _render_batch(self, step: int) -> tuple[Tensor, Tensor]:
        width = int(np.random.default_rng([self.recipe.seed, step]).choice(STRIP_WIDTHS))
        strips = [self.render_strip(step, index, width) for index in range(self.batch_size)]
        texts = [encode_text(strip.text) for strip in strips]
        padded = np.full((len(texts), max(1, *map(len, texts))), PADDING, np.int64)
        for row, text in zip(padded, texts, strict=True):
            row[: len(text)] = text
        ink = torch.from_numpy(np.stack([strip.ink for strip in strips])[:, None])
        return ink.to(self.device), torch.from_numpy(padded).to(self.device)

    def render_strip(self, step: int, index: int, width: int) -> Strip:
        """The strip at a place of a step's batch."""
        return draw_strip(self.material, self.hands, np.random.default_rng([self.recipe.seed, step, index]), width)


def transcription_loss(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The CTC loss, and the K×10 logits and K labels of digits: those of strips that are read at their full length.

    `outputs` N×27×1×T float32, `targets` int64 N×L. The loss is that of a strip, not of a character.
    """
    frames = outputs.squeeze(2)  # N×27×T
    log_probabilities = frames.log_softmax(dim=1).permute(2, 0, 1)  # T×N×27
    text_lengths = (targets != PADDING).sum(dim=1)
    frame_counts = torch.full((len(frames),), frames.shape[2], dtype=torch.int64)
    loss = F.ctc_loss(
        log_probabilities, targets.clamp(min=0), frame_counts, text_lengths,
        blank=BLANK_INDEX, reduction="sum", zero_infinity=True,
    )  # fmt: skip
    logits, labels = _match_digits(frames.detach(), targets)
    return loss / len(frames), logits, labels


def _match_digits(frames: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Of strips in which as many characters are read as there are: the digits' logits, K×10, and labels, K."""
    best = frames.argmax(dim=1)  # N×T
    is_start = (best != BLANK_INDEX) & (best != F.pad(best, (1, 0), value=BLANK_INDEX)[:, :-1])
    is_full = is_start.sum(dim=1) == (targets != PADDING).sum(dim=1)
    logits = frames.permute(0, 2, 1)[is_full][is_start[is_full]]  # K×27, strip by strip as the texts are
    labels = targets[is_full][targets[is_full] != PADDING]
    is_digit = (labels >= _FIRST_DIGIT) & (labels <= _LAST_DIGIT)
    return logits[is_digit, _FIRST_DIGIT : _LAST_DIGIT + 1], labels[is_digit] - _FIRST_DIGIT


def score_transcriber(network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
    """How well it tells digits apart on strips that training never draws, of strips that are read at full length.

    What this leaves out, characters lost and added, is measured on whole numbers (bench/strips.py). Raises RunError for
    a network that has learnt too little to read any strip at its full length.
    """
    judges, device = digits.slice(0, min(MAX_EVAL_DIGITS, len(digits))), next(network.parameters()).device
    strips = StripBatches(judges, recipe, device, with_other_hands=False)
    network.eval()
    with torch.inference_mode():
        batches = (strips(FIRST_EVAL_STEP + index) for index in range(EVAL_BATCHES))
        results = [transcription_loss(network(ink), targets)[1:] for ink, targets in batches]
    logits, labels = (torch.cat(part).cpu() for part in zip(*results, strict=True))
    if not len(labels):
        raise RunError("The transcriber reads no strip at its full length yet; train it for more steps.")
    return compute_score(logits, labels, f"strips of {digits.name}, those read at full length")
