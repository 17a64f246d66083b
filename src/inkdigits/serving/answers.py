"""What is told of a digit or a page beyond its reading, as JSON has it, pictures as data URLs."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.reading.explain import draw_stages
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.inspect import Inspection, OcclusionEffect
from inkdigits.reading.nearest import Neighbour
from inkdigits.reading.reader import Stages
from inkdigits.serving.views import data_url, glyph_url, layer_url, occlusion_url, photo_url
from inkdigits.types import Reading

Json = dict[str, Any]
_SIDE = 1600  # pixels: the longest side of a stage's picture


def inspection_json(result: Inspection) -> Json:
    """A digit, and how it came about; see schema.Inspection."""
    return result.digit.as_dict() | {
        "glyph": glyph_url(result.glyph),
        "probabilities": [round(float(share), 4) for share in result.probabilities],
        "why": result.reason,
        "accept": {
            "confidence": result.thresholds.min_confidence,
            "digitness": result.thresholds.min_digitness,
        },
        "layers": [_layer_json(name, activations) for name, activations in result.layers.items()],
        "mattered": occlusion_url(result.occlusion_map),
        "without": None if result.strongest_occlusion is None else _occlusion_json(result.strongest_occlusion),
        "nearest": [_neighbour_json(each) for each in result.neighbours],
    }


def _layer_json(name: str, activations: NDArray[np.float32]) -> Json:
    count, height, width = activations.shape if activations.ndim == 3 else (1, 1, len(activations))
    return {"name": name, "maps": count, "height": height, "width": width, "picture": layer_url(activations)}


def _occlusion_json(part: OcclusionEffect) -> Json:
    return {"box": part.box.as_list(), "digit": part.digit, "confidence": round(part.confidence, 4)}


def _neighbour_json(each: Neighbour) -> Json:
    about = {"digit": each.label, "place": each.mnist_number, "likeness": round(each.cosine_similarity, 4)}
    return about | {"glyph": glyph_url(each.glyph)}


def explanation_json(page: Picture, reading: Reading, stages: Stages, glyphs: list[NDArray[np.uint8]]) -> Json:
    """A page's stages, the upright page itself first, and its digits, each with its glyph; see schema.Explanation."""
    stage_images = chain(
        [("page", Image.fromarray(page.image))], draw_stages(page, reading, stages)
    )  # one by one: large ones
    return {
        "page": page.page,
        "stages": [{"name": name, "picture": _stage_url(name, image)} for name, image in stage_images],
        "digits": [
            digit.as_dict() | {"glyph": glyph_url(glyph)} for digit, glyph in zip(reading.digits, glyphs, strict=True)
        ],
    }


def _stage_url(name: str, image: Image.Image) -> str:
    image.thumbnail((_SIDE, _SIDE))
    return data_url(image) if name == "glyphs" else photo_url(image)
