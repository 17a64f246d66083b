"""Training the detector: batches of scenes with their targets, its loss, and its score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis.scene_canvas import IGNORE_LABEL
from inkdigits.data.synthesis.scenes import Scene, draw_scene
from inkdigits.models.detector import STRIDE
from inkdigits.training.evaluate import Score, compute_score
from inkdigits.training.material import make_material
from inkdigits.training.recipe import Recipe

SCENE_SIZE = (128, 256)  # of a scene, height and width in pixels
BOX_UNIT_PIXELS = 32.0  # box sizes are logarithms of multiples of this
NEIGHBOUR_CELL_WEIGHT = 0.3  # of label and box in the cells around a digit's centre, against 1 in the centre's own
FIRST_EVAL_STEP = 1 << 30  # no training gets this far, so its scenes are unseen
EVAL_BATCHES = 40  # batches of scenes to score a detector on
MAX_EVAL_DIGITS = 5_000  # digits to draw those scenes with
HEATMAP_PLANE, HEATMAP_WEIGHT_PLANE, LABEL_PLANE, CELL_WEIGHT_PLANE, BOX_PLANES = 0, 1, 2, 3, slice(4, 8)  # of a target


class DrawnBatches(ABC):
    """`batches(step)` → ink and targets of what is drawn for training, with the digits given, on the device.

    A batch depends on the seed and the step only. Raises DataError if a training font is not installed or, with other
    hands, if what these are drawn with is not there.
    """

    def __init__(self, digits: Digits, recipe: Recipe, device: torch.device, with_other_hands: bool = False) -> None:
        self.recipe, self.device = recipe, device
        self.batch_size = recipe.compute_batch_size(len(digits))
        self.batches_per_epoch = max(1, len(digits) // self.batch_size)  # a way to count: each drawing has many digits
        self._executor = ThreadPoolExecutor(1)
        self._prefetched: tuple[int, Future[tuple[Tensor, Tensor]] | None] = (0, None)
        self.material = make_material(digits, recipe.seed, with_other_hands)

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of that step, counted from 0. The next one is drawn meanwhile, on another core if one is free."""
        prefetched_step, future = self._prefetched
        batch = future.result() if future is not None and prefetched_step == step else self._render_batch(step)
        self._prefetched = step + 1, self._executor.submit(self._render_batch, step + 1)
        return batch

    @abstractmethod
    def _render_batch(self, step: int) -> tuple[Tensor, Tensor]: ...


class SceneBatches(DrawnBatches):
    """Ink float32 B×1×128×256 in 0..1 and targets float32 B×8×32×64: scenes (data/synthesis/scenes.py), some digits in
    other forms as `augment` draws them."""

    def _render_batch(self, step: int) -> tuple[Tensor, Tensor]:
        scenes = [self.render_scene(step, index) for index in range(self.batch_size)]
        ink = torch.from_numpy(np.stack([each.ink for each in scenes])[:, None])
        targets = torch.from_numpy(np.stack([make_target(each) for each in scenes]))
        return ink.to(self.device), targets.to(self.device)

    def render_scene(self, step: int, index: int) -> Scene:
        """The scene at a place of a step's batch."""
        return draw_scene(self.material, np.random.default_rng([self.recipe.seed, step, index]), SCENE_SIZE)


def make_target(drawn_scene: Scene) -> NDArray[np.float32]:
    """The detector's target for a scene, float32 8×H/4×W/4.

    Planes: heatmap (1 at a digit's centre, a Gaussian around it) · its weight (0 on doubtful digits) · label · weight
    of label and box · box (offset of the centre and log size, as in models/detector.py).
    """
    rows, columns = (side // STRIDE for side in drawn_scene.ink.shape)
    planes = np.zeros((8, rows, columns), np.float32)
    planes[HEATMAP_WEIGHT_PLANE] = 1
    row_indices, column_indices = np.arange(rows)[:, None], np.arange(columns)[None, :]
    for (x, y, width, height), label in zip(drawn_scene.boxes.tolist(), drawn_scene.labels.tolist(), strict=True):
        centre_x, centre_y = (x + width / 2) / STRIDE - 0.5, (y + height / 2) / STRIDE - 0.5  # in cells
        if label == IGNORE_LABEL:
            planes[HEATMAP_WEIGHT_PLANE][_slice_box_cells(x, y, width, height)] = 0
            continue
        sigma_x, sigma_y = (max(0.45, side / STRIDE / 9) for side in (width, height))
        gaussian = np.exp(
            -((column_indices - centre_x) ** 2 / (2 * sigma_x**2) + (row_indices - centre_y) ** 2 / (2 * sigma_y**2))
        )
        np.maximum(planes[HEATMAP_PLANE], gaussian, out=planes[HEATMAP_PLANE])
        row, column = (
            int(np.clip(round(centre), 0, cell_count - 1))
            for centre, cell_count in ((centre_y, rows), (centre_x, columns))
        )
        for r in range(max(0, row - 1), min(rows, row + 2)):
            for c in range(max(0, column - 1), min(columns, column + 2)):
                weight = 1.0 if (r, c) == (row, column) else NEIGHBOUR_CELL_WEIGHT
                closeness = float(gaussian[r, c])  # of two digits that share a cell the nearer one has it
                if weight == 1.0 or planes[CELL_WEIGHT_PLANE, r, c] < min(weight, closeness):
                    planes[LABEL_PLANE, r, c], planes[CELL_WEIGHT_PLANE, r, c] = (
                        label,
                        weight if weight == 1.0 else min(weight, closeness),
                    )
                    planes[BOX_PLANES, r, c] = (
                        centre_x - c,
                        centre_y - r,
                        np.log(width / BOX_UNIT_PIXELS),
                        np.log(height / BOX_UNIT_PIXELS),
                    )
        planes[HEATMAP_PLANE, row, column] = planes[HEATMAP_WEIGHT_PLANE, row, column] = 1
    return planes


def _slice_box_cells(x: float, y: float, width: float, height: float) -> tuple[slice, slice]:
    """The cells inside a box."""
    return (
        slice(max(0, int(y // STRIDE)), max(0, int((y + height) // STRIDE) + 1)),
        slice(max(0, int(x // STRIDE)), max(0, int((x + width) // STRIDE) + 1)),
    )


def detection_loss(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and the K×10 logits and K labels at the digits' centres.

    `outputs` N×15×H×W float32, `targets` N×8×H×W. Focal loss for the centres ("Objects as points", see
    models/detector.py), cross-entropy for the labels, smooth L1 for the boxes, all per digit.
    """
    heatmap, heatmap_weight, is_centre = (
        targets[:, HEATMAP_PLANE],
        targets[:, HEATMAP_WEIGHT_PLANE],
        targets[:, HEATMAP_PLANE] == 1,
    )
    log_positive, log_negative = F.logsigmoid(outputs[:, 0]), F.logsigmoid(-outputs[:, 0])
    positive_loss = -(log_negative.exp() ** 2 * log_positive * is_centre)
    negative_loss = -((1 - heatmap) ** 4 * log_positive.exp() ** 2 * log_negative * ~is_centre * heatmap_weight)
    digit_count = is_centre.sum().clamp(min=1)
    has_label = targets[:, CELL_WEIGHT_PLANE] > 0
    cell_weights = targets[:, CELL_WEIGHT_PLANE][has_label]
    cell_outputs = outputs.permute(0, 2, 3, 1)[has_label]  # K×15
    labels = targets[:, LABEL_PLANE][has_label].long()
    label_loss = F.cross_entropy(cell_outputs[:, 1:11], labels, reduction="none")
    box_loss = F.smooth_l1_loss(
        cell_outputs[:, 11:], targets.permute(0, 2, 3, 1)[has_label][:, BOX_PLANES], reduction="none", beta=0.1
    )
    loss = (positive_loss + negative_loss).sum() / digit_count
    loss = loss + (cell_weights * (label_loss + box_loss.sum(dim=1))).sum() / cell_weights.sum().clamp(min=1)
    return loss, cell_outputs[cell_weights == 1, 1:11], labels[cell_weights == 1]


def score_detector(network: nn.Module, digits: Digits, recipe: Recipe) -> Score:
    """How well it classifies digits at their centres, on scenes of `digits` that training never draws.

    What this leaves out, finding digits, is measured on whole pages (bench/pages.py).
    """
    scenes = SceneBatches(digits.slice(0, min(MAX_EVAL_DIGITS, len(digits))), recipe, next(network.parameters()).device)
    network.eval()
    with torch.inference_mode():
        batches = (scenes(FIRST_EVAL_STEP + index) for index in range(EVAL_BATCHES))
        results = [detection_loss(network(ink), targets)[1:] for ink, targets in batches]
    logits, labels = (torch.cat(part).cpu() for part in zip(*results, strict=True))
    return compute_score(logits, labels, f"scenes of {digits.name}")
