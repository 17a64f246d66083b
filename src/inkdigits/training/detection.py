"""Learning to find digits: scenes in place of single images, and what the answers of the detector should have been."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data import signs
from inkdigits.data.augment import Hands, augment
from inkdigits.data.digits import Digits
from inkdigits.data.nondigits import LETTERS, LIKE_DIGITS, SIGNS, TRAINING_FONTS, font_glyphs, installed
from inkdigits.data.scenes import Material, Scene, scene
from inkdigits.data.sheet import DOUBTFUL
from inkdigits.data.strokes import Strokes
from inkdigits.data.warp import Warp
from inkdigits.glyph import to_float
from inkdigits.models.detector import STRIDE
from inkdigits.training.evaluate import Score, score_of
from inkdigits.training.recipes import Recipe

SIZE = (128, 256)  # of a scene, height and width in pixels
UNIT = 32.0  # pixels: boxes are told as multiples of this
NEAR = 0.3  # weight of the answers beside a digit's middle, against 1 of the middle itself
UNUSED = 1 << 30  # a step that no training comes to
JUDGED = 40  # batches of scenes that a detector is scored on
DIGITS = 5_000  # digits that those are written with at most
FACES = 2  # fonts of a family that are used at most
PER_LETTER = 14  # digits to one letter, of what scenes are written with
ALIKE = 0.25  # of the letters are written like a digit
FORMED = replace(Hands().shaping(), plain=0.0, rarer=0.15, warp=Warp(0, 0, 0, 0, 0, 0))  # other forms, nothing bent
HEAT, WEIGHT, LABEL, BOX = 0, 1, 2, slice(4, 8)  # planes of a target; 3 is the weight of label and box


class Scenes:
    """`batches(step)` → ink float32 B×1×128×256 in 0..1 and targets float32 B×8×32×64, on the device.

    Written with the digits given, some in other forms as `augment` draws them. A batch depends on the seed and the
    step only. Raises DataError if a training font is not installed.
    """

    def __init__(self, digits: Digits, recipe: Recipe, device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        self.size = recipe.batch_size(len(digits))
        self.per_epoch = max(1, len(digits) // self.size)  # a scene has several digits: an epoch is a way to count
        self._writer = ThreadPoolExecutor(1)
        self._next: tuple[int, Future[tuple[Tensor, Tensor]] | None] = (0, None)
        faces = signs.fonts([path for faces in installed(TRAINING_FONTS) for path in faces[:FACES]])
        self.material = Material(
            Strokes.of(varied(digits, recipe.seed)),
            Strokes.of(letters(len(digits) // PER_LETTER + 10, recipe.seed)),
            faces,
        )

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of that step, counted from 0. The next one is written meanwhile, on another core if one is free."""
        at, written = self._next
        batch = written.result() if written is not None and at == step else self._written(step)
        self._next = step + 1, self._writer.submit(self._written, step + 1)
        return batch

    def _written(self, step: int) -> tuple[Tensor, Tensor]:
        scenes = [self.drawn(step, place) for place in range(self.size)]
        ink = torch.from_numpy(np.stack([each.ink for each in scenes])[:, None])
        targets = torch.from_numpy(np.stack([target(each) for each in scenes]))
        return ink.to(self.device), targets.to(self.device)

    def drawn(self, step: int, place: int) -> Scene:
        """The scene at a place of a step's batch."""
        return scene(self.material, np.random.default_rng([self.recipe.seed, step, place]), SIZE)


def varied(digits: Digits, seed: int) -> Digits:
    """Each digit once, at times in the form of other hands. Scenes bend it anew whenever they write it."""
    chances = torch.Generator().manual_seed(seed)
    images = torch.from_numpy(to_float(digits.images))
    formed = augment(images, torch.from_numpy(digits.labels), FORMED, chances)
    return Digits((formed[:, 0] * 255).round().to(torch.uint8).numpy(), digits.labels, digits.name)


def letters(count: int, seed: int) -> Digits:
    """Letters and signs to write words by hand with: label 1 where they may stand alone, 0 where digits look alike."""
    rng = np.random.default_rng(seed)
    alike = round(ALIKE * count)
    glyphs = [
        *font_glyphs(count - alike, LETTERS + LETTERS + SIGNS, TRAINING_FONTS, rng),
        *font_glyphs(alike, LIKE_DIGITS, TRAINING_FONTS, rng),
    ]
    return Digits(np.stack(glyphs), (np.arange(count) < count - alike).astype(np.int64), "letters")


def target(of: Scene) -> NDArray[np.float32]:
    """What the detector should say of a scene, 8×H/4×W/4.

    Planes: how near a middle is (1 at a digit's middle, falling off as a bell) · weight of that (0 on doubtful
    digits) · which digit · weight of digit and box · the middle's place and the box's size as the detector tells them.
    """
    rows, columns = (side // STRIDE for side in of.ink.shape)
    planes = np.zeros((8, rows, columns), np.float32)
    planes[WEIGHT] = 1
    down, right = np.arange(rows)[:, None], np.arange(columns)[None, :]
    for (x, y, width, height), label in zip(of.boxes.tolist(), of.labels.tolist(), strict=True):
        middle_x, middle_y = (x + width / 2) / STRIDE - 0.5, (y + height / 2) / STRIDE - 0.5  # in cells
        if label == DOUBTFUL:
            planes[WEIGHT][_window(x, y, width, height)] = 0
            continue
        spread_x, spread_y = (max(0.45, side / STRIDE / 9) for side in (width, height))
        bell = np.exp(-((right - middle_x) ** 2 / (2 * spread_x**2) + (down - middle_y) ** 2 / (2 * spread_y**2)))
        np.maximum(planes[HEAT], bell, out=planes[HEAT])
        row, column = (int(np.clip(round(at), 0, most - 1)) for at, most in ((middle_y, rows), (middle_x, columns)))
        for r in range(max(0, row - 1), min(rows, row + 2)):
            for c in range(max(0, column - 1), min(columns, column + 2)):
                weight = 1.0 if (r, c) == (row, column) else NEAR
                away = float(bell[r, c])  # of two digits that share a cell the nearer one has it
                if weight == 1.0 or planes[3, r, c] < min(weight, away):
                    planes[LABEL, r, c], planes[3, r, c] = label, weight if weight == 1.0 else min(weight, away)
                    planes[BOX, r, c] = middle_x - c, middle_y - r, np.log(width / UNIT), np.log(height / UNIT)
        planes[HEAT, row, column] = planes[WEIGHT, row, column] = 1
    return planes


def _window(x: float, y: float, width: float, height: float) -> tuple[slice, slice]:
    """The cells inside a box."""
    return (
        slice(max(0, int(y // STRIDE)), max(0, int((y + height) // STRIDE) + 1)),
        slice(max(0, int(x // STRIDE)), max(0, int((x + width) // STRIDE) + 1)),
    )


def detection_loss(said: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What training makes small, and of the digits' middles the K×10 logits and K labels.

    `said` N×15×H×W float32, `targets` N×8×H×W. The middles by the focal loss of "Objects as points" (see
    models/detector.py), the digits by cross-entropy, the boxes by how far they are off, all per digit.
    """
    heat, weight, middle = targets[:, HEAT], targets[:, WEIGHT], targets[:, HEAT] == 1
    log_yes, log_no = F.logsigmoid(said[:, 0]), F.logsigmoid(-said[:, 0])
    missed = -(log_no.exp() ** 2 * log_yes * middle)
    raised = -((1 - heat) ** 4 * log_yes.exp() ** 2 * log_no * ~middle * weight)
    digits = middle.sum().clamp(min=1)
    own = targets[:, 3] > 0
    share = targets[:, 3][own]
    rows = said.permute(0, 2, 3, 1)[own]  # K×15
    labels = targets[:, LABEL][own].long()
    which = F.cross_entropy(rows[:, 1:11], labels, reduction="none")
    where = F.smooth_l1_loss(rows[:, 11:], targets.permute(0, 2, 3, 1)[own][:, BOX], reduction="none", beta=0.1)
    cost = (missed + raised).sum() / digits
    cost = cost + (share * (which + where.sum(dim=1))).sum() / share.sum().clamp(min=1)
    return cost, rows[share == 1, 1:11], labels[share == 1]


def score_of_scenes(network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
    """How well it tells which digit it is, where one is, on scenes written with `digits` that training never draws.

    What this leaves out, finding them, is measured on whole pages (bench/pages.py).
    """
    scenes = Scenes(digits.part(0, min(DIGITS, len(digits))), recipe, next(network.parameters()).device)
    network.eval()
    with torch.inference_mode():
        batches = (scenes(UNUSED + place) for place in range(JUDGED))
        seen = [detection_loss(network(ink), wanted)[1:] for ink, wanted in batches]
    said, labels = (torch.cat(part).cpu() for part in zip(*seen, strict=True))
    return score_of(said, labels, f"scenes of {digits.name}")
