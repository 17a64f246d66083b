"""What the scenes and strips that networks learn from are written with: MNIST's digits, and those of other hands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from inkdigits.data.augmentation.augment import AugmentSettings, augment
from inkdigits.data.augmentation.warp import Warp
from inkdigits.data.sets.digits import Digits
from inkdigits.data.synthesis import signs
from inkdigits.data.synthesis.hand_fonts import load_hand_fonts
from inkdigits.data.synthesis.hands import (
    write_drawn_digits,
    write_font_digits,
    write_font_letters,
    write_font_signs,
    write_pen_digits,
)
from inkdigits.data.synthesis.nondigits import (
    DIGIT_LIKE_LETTER_SHARE,
    DIGIT_LIKE_LETTERS,
    DISTINCT_LETTERS,
    SYMBOLS,
    TRAINING_FONTS,
    draw_font_glyphs,
    require_fonts,
)
from inkdigits.data.synthesis.pen_digits import load_pen_digits
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.strokes import Strokes
from inkdigits.glyph import to_float

MAX_FONTS_PER_FAMILY = 2  # fonts
DIGITS_PER_LETTER = 14  # of MNIST
FONT_DIGIT_SHARE, DRAWN_DIGIT_SHARE = 0.25, 0.5  # for each digit of MNIST, so many of other hands
FONT_LETTER_SHARE = 0.1  # and so many letters
FORM_AUGMENTATION = replace(
    AugmentSettings().keep_shape_changes(), plain=0.0, redraw_rare_variant=0.15, warp=Warp(0, 0, 0, 0, 0, 0)
)  # other forms, nothing bent


def make_material(digits: Digits, seed: int, with_other_hands: bool) -> Material:
    """What scenes and strips are written with: the digits, some in other forms, letters, and fonts for words; and,
    unless only these digits are to be seen, digits, letters and signs of other hands.

    Raises DataError if a training font is not installed, or what other hands are drawn with is not there.
    """
    paths = [path for faces in require_fonts(TRAINING_FONTS) for path in faces[:MAX_FONTS_PER_FAMILY]]
    material = Material(
        Strokes.from_digits(augment_forms(digits, seed)),
        Strokes.from_digits(render_letters(len(digits) // DIGITS_PER_LETTER + 10, seed)),
        signs.load_fonts(paths),
    )
    return _add_other_hands(material, seed) if with_other_hands else material


def augment_forms(digits: Digits, seed: int) -> Digits:
    """Each digit once, at times in the form of other hands. Scenes bend it anew whenever they write it."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.from_numpy(to_float(digits.images))
    augmented = augment(images, torch.from_numpy(digits.labels), FORM_AUGMENTATION, generator)
    return Digits((augmented[:, 0] * 255).round().to(torch.uint8).numpy(), digits.labels, digits.name)


def render_letters(count: int, seed: int) -> Digits:
    """Letters and signs to write words by hand with: label 1 where they may stand alone, 0 where digits look alike."""
    rng = np.random.default_rng(seed)
    digit_like_count = round(DIGIT_LIKE_LETTER_SHARE * count)
    glyphs = [
        *draw_font_glyphs(count - digit_like_count, DISTINCT_LETTERS + DISTINCT_LETTERS + SYMBOLS, TRAINING_FONTS, rng),
        *draw_font_glyphs(digit_like_count, DIGIT_LIKE_LETTERS, TRAINING_FONTS, rng),
    ]
    return Digits(np.stack(glyphs), (np.arange(count) < count - digit_like_count).astype(np.int64), "letters")


def _add_other_hands(material: Material, seed: int) -> Material:
    """The material, and with it digits, letters and signs in hands that MNIST does not have, in proportion to its own.

    Raises DataError if the handwriting fonts or the digits of tablets are not there.
    """
    rng, fonts, digit_count = np.random.default_rng(seed), load_hand_fonts(), len(material.digits.labels)
    font_variants = max(1, round(FONT_DIGIT_SHARE * digit_count / (10 * len(fonts))))
    drawn_count = max(1, round(DRAWN_DIGIT_SHARE * digit_count / 10))
    extra_digits = write_font_digits(fonts, font_variants, rng) + write_drawn_digits(drawn_count, rng)
    extra_digits += write_pen_digits(load_pen_digits(), rng)
    extra_letters = write_font_letters(fonts, round(FONT_LETTER_SHARE * digit_count), rng)
    return material.extend(extra_digits, extra_letters, write_font_signs(fonts))
