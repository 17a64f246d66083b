"""Words in fonts that training never uses, for pages and negatives that measure. Real words: what is a word for us is
no number, whichever of its letters looks like a digit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from PIL import ImageFont

from inkdigits.data.synthesis import signs
from inkdigits.data.synthesis.nondigits import FONT_FOLDER, UNSEEN_FONTS, find_font_files
from inkdigits.data.synthesis.strokes import Ink

Faces = list[list[ImageFont.FreeTypeFont]]  # a list for each family
FONT_PIXELS = 64  # pixels that words are drawn in before they are brought to their height
WORD_TEXT = (
    "amount balance address birthday cheque customer date delivery description discount due each express first from "
    "garden help house item kitchen last letter market meeting member metre minutes month monthly name never number "
    "office order page paid paper patient payment pencil please price quantity received return room school sheet "
    "signature street student subject table teacher temperature thanks Thursday total under value water week weight "
    "with write year your Betrag Datum Haus Menge Straße Summe unter Wasser commune janvier merci papier rendez rue"
)
WORDS = WORD_TEXT.split()


def load_faces(folder: Path = FONT_FOLDER, names: tuple[str, ...] = UNSEEN_FONTS) -> Faces:
    """The fonts under `folder`, by family; by default those kept for measuring. What is not installed is left out."""
    families = [
        [ImageFont.truetype(str(path), FONT_PIXELS) for path in find_font_files(name, folder)] for name in names
    ]
    return [family for family in families if family]


def draw_word(families: Faces, height: float, rng: Generator) -> Ink:
    """A word in one of the fonts, each family as often, as ink `height` pixels high."""
    family = families[rng.integers(len(families))]
    large = signs.draw_text(rng.choice(["l", "t", "c"], p=[0.5, 0.3, 0.2]), rng.choice(WORDS), family, rng)
    scale = height / large.shape[0]
    size = (max(1, round(large.shape[1] * scale)), max(1, round(height)))
    small = cv2.resize(large, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small / max(0.2, float(small.max())), np.float32)  # thin letters stay as dark as others


def describe_fonts(families: Faces) -> str:
    """What is to be said of the fonts in a measurement's conditions."""
    return f"{len(families)} of {len(UNSEEN_FONTS)} unseen font families" + ("" if families else ", no words drawn")
