"""Glyphs that are no digits, made up: what a network learns digitness against.

Letters and signs from free fonts, scribbles, halves of digits, digits side by side, shapes and patches of paper, all
brought to 28×28 as digits are. The fonts are needed only here; they are named by family (the Debian packages are
`fonts-dejavu-core`, `fonts-liberation`, `fonts-freefont-ttf`, `fonts-comic-neue`, `fonts-dancingscript`,
`fonts-ecolier-court`, `fonts-humor-sans`, `fonts-kristi`, `fonts-rufscript`, `fonts-linuxlibertine`,
`fonts-dkg-handwriting`). `UNSEEN_FONTS` are kept for measuring (`fonts-bwht`, `fonts-breip`, `fonts-femkeklaver`,
`fonts-kaushanscript`, `fonts-lato`, `fonts-open-sans`, `fonts-hack`, `fonts-cantarell`).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.synthesis.pen_paths import cut_corners
from inkdigits.errors import DataError
from inkdigits.glyph import GLYPH_SIDE, make_glyph

Uint8Ink = NDArray[np.uint8]

FONT_FOLDER = Path("/usr/share/fonts")
TRAINING_FONTS = (
    *("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "LiberationSans-", "LiberationSerif-", "LiberationMono-"),
    *("FreeSans", "FreeSerif", "FreeMono", "ComicNeue", "DancingScript", "Ecolier-court", "Humor-Sans", "Kristi"),
    *("Rufscript", "LinLibertine_R", "LinLibertine_I", "LinBiolinum_R", "dkg"),
)
UNSEEN_FONTS = ("BecauseWe", "Breip", "femkeklaver", "KaushanScript", "Lato-", "OpenSans-", "Hack-", "Cantarell-")
DIGIT_LIKE_LETTERS = "oOlLiIsSzZbBgGqQ"  # letters that many people write as they write a digit
DIGIT_LIKE_LETTER_SHARE = 0.25  # of the letters that words are written with
DISTINCT_LETTERS = "".join(
    c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in DIGIT_LIKE_LETTERS
)
SYMBOLS = "+-=×÷*#%&@?€£$§<>.,:;~^{}[]\"'_ÄÖÜäßéèñΔΣΩαβγδλμπψωЖЯДФШЩЮжфшщю"
KIND_SHARES = {"letters": 0.4, "scribbles": 0.15, "halves": 0.08, "several": 0.12, "shapes": 0.13, "paper": 0.12}
MISSING_CHARACTER = "\uffff"  # is in no font: a font shows it as it shows every character that it lacks
CANVAS_SIDE = 64


def make_nondigits(
    count: int, images: Uint8Ink, labels: NDArray[np.int64], seed: int, with_letters: bool = True
) -> Uint8Ink:
    """`count` glyphs that are no digits, uint8 N×28×28, shuffled; without `with_letters`, of the other kinds only.

    images, labels: training digits, uint8 N×28×28 and integers N, of which halves and groups are made.
    Raises DataError if a training font is not installed that letters need.
    """
    rng = np.random.default_rng(seed)
    total_share = 1 if with_letters else 1 - KIND_SHARES["letters"]
    counts = {kind: round(share / total_share * count) for kind, share in KIND_SHARES.items()}
    is_halvable = np.isin(labels, (2, 3, 5))  # of an 8, halves look like a 3
    if not with_letters:
        counts["letters"] = 0
    counts["letters" if with_letters else "scribbles"] += count - sum(counts.values())
    groups = [
        draw_font_glyphs(counts["letters"], DISTINCT_LETTERS + DISTINCT_LETTERS + SYMBOLS, TRAINING_FONTS, rng)
        if with_letters
        else [],
        [make_glyph(draw_scribble(rng)) for _ in range(counts["scribbles"])],
        [make_glyph(_halve_digit(images[is_halvable], rng)) for _ in range(counts["halves"])],
        [make_glyph(_join_digits(images, rng)) for _ in range(counts["several"])],
        [make_glyph(draw_shape(rng)) for _ in range(counts["shapes"])],
        [_draw_paper(rng) for _ in range(counts["paper"])],
    ]
    return rng.permutation(np.stack([glyph for kind in groups for glyph in kind]))


def make_unseen_letters(count: int, seed: int) -> Uint8Ink:
    """`count` letters (none like a digit) in fonts that training never sees, uint8 N×28×28. For measuring only."""
    return np.stack(draw_font_glyphs(count, DISTINCT_LETTERS, UNSEEN_FONTS, np.random.default_rng(seed)))


def draw_font_glyphs(
    count: int, characters: str, families: tuple[str, ...], rng: Generator, folder: Path = FONT_FOLDER
) -> list[Uint8Ink]:
    """Random characters in random fonts of the families, each family as often; N of uint8 28×28.

    Raises DataError if a family is not installed under `folder`: with other fonts, other glyphs would come out.
    """
    fonts = [[_load_font(path) for path in faces] for faces in require_fonts(families, folder)]
    glyphs: list[Uint8Ink] = []
    while len(glyphs) < count:
        faces = fonts[rng.integers(len(fonts))]
        font = faces[rng.integers(len(faces))]
        ink = _draw_character(characters[rng.integers(len(characters))], font)
        if ink.any() and not np.array_equal(ink, _draw_character(MISSING_CHARACTER, font)):
            glyphs.append(make_glyph(ink))
    return glyphs


def require_fonts(families: tuple[str, ...], folder: Path = FONT_FOLDER) -> list[list[Path]]:
    """The font files of each family. Raises DataError if a family is not installed under `folder`."""
    files_by_family = [find_font_files(family, folder) for family in families]
    missing = [family for family, faces in zip(families, files_by_family, strict=True) if not faces]
    if missing:
        raise DataError(
            f"No font of {', '.join(missing)} is under {folder}; install the fonts that nondigits.py names."
        )
    return files_by_family


def find_font_files(family: str, folder: Path) -> list[Path]:
    """The font files whose names begin with `family`, in an order that does not depend on the disk."""
    return sorted(path for path in folder.rglob("*.[ot]tf") if path.name.startswith(family))


def _load_font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), 40)


def _draw_character(character: str, font: ImageFont.FreeTypeFont) -> Uint8Ink:
    """One character as ink, uint8 96×96."""
    canvas = Image.new("L", (96, 96))
    ImageDraw.Draw(canvas).text((48, 48), character, fill=255, font=font, anchor="mm")
    return np.asarray(canvas)


def draw_scribble(rng: Generator) -> Uint8Ink:
    """A long wandering stroke or several short ones, uint8 64×64."""
    canvas = np.zeros((CANVAS_SIDE, CANVAS_SIDE), np.uint8)
    stroke_count = int(rng.integers(1, 6))
    for _ in range(stroke_count):
        knot_count = int(rng.integers(3, 6)) if stroke_count > 2 else int(rng.integers(8, 16))
        points = smooth_polyline(rng.uniform(6, CANVAS_SIDE - 6, (knot_count, 2)), smooth=bool(rng.random() < 0.7))
        _draw_polyline(canvas, points, int(rng.integers(1, 6)))
    return canvas


def smooth_polyline(points: NDArray[np.floating], smooth: bool) -> NDArray[np.floating]:
    """The points with their corners cut (Chaikin), three times over, or as they are."""
    for _ in range(3 if smooth else 0):
        points = cut_corners(points)
    return points


def _draw_polyline(canvas: Uint8Ink, points: NDArray[np.floating], width: int, closed: bool = False) -> None:
    cv2.polylines(canvas, [points.round().astype(np.int32)], closed, 255, width, cv2.LINE_AA)


def _halve_digit(images: Uint8Ink, rng: Generator) -> Uint8Ink:
    """Half of a digit, cut so that what is left looks like no digit; uint8 28×28."""
    half: Uint8Ink = images[rng.integers(len(images))].copy()
    columns = np.flatnonzero(half.any(axis=0))
    cut = int(columns[0] + (columns[-1] - columns[0]) * rng.uniform(0.4, 0.6))
    side = rng.integers(3)
    if side == 0:
        half[:, :cut] = 0
    elif side == 1:
        half[:, cut:] = 0
    else:
        half[int(rng.integers(11, 15)) :] = 0
    return half


def _join_digits(images: Uint8Ink, rng: Generator) -> Uint8Ink:
    """Two or three digits side by side, near or touching; uint8 28×(up to 84)."""
    row = np.zeros((GLYPH_SIDE, 3 * GLYPH_SIDE), np.uint8)
    x = 0
    for _ in range(int(rng.choice([2, 2, 2, 3]))):
        digit = images[rng.integers(len(images))]
        columns = np.flatnonzero(digit.max(axis=0) > 50)
        crop = digit[:, columns[0] : columns[-1] + 1]
        width = crop.shape[1]
        np.maximum(row[:, x : x + width], crop, out=row[:, x : x + width])
        x += width + int(rng.integers(-2, 4))
    return row


def draw_shape(rng: Generator) -> Uint8Ink:
    """A filled or drawn polygon, blob, cross, arrow or tick, some with a texture inside; uint8 64×64."""
    canvas = np.zeros((CANVAS_SIDE, CANVAS_SIDE), np.uint8)
    corner_count = int(rng.integers(3, 12))
    angles = (
        np.sort(rng.uniform(0, 2 * np.pi, corner_count))
        if rng.random() < 0.5
        else np.arange(corner_count) * 2 * np.pi / corner_count
    )
    radius = (
        rng.uniform(8, 30, corner_count)
        if rng.random() < 0.6
        else np.tile(rng.uniform(10, 30, 2), corner_count)[:corner_count]
    )
    points = CANVAS_SIDE / 2 + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(
        0.5, 1, 2
    )
    points = smooth_polyline(np.concatenate([points, points[:1]]), smooth=bool(rng.random() < 0.3))
    if rng.random() < 0.75:
        cv2.fillPoly(canvas, [points.round().astype(np.int32)], 255, cv2.LINE_AA)
        _add_texture(canvas, rng)
    else:
        _draw_polyline(canvas, points, int(rng.integers(1, 5)))
        _draw_polyline(canvas, rng.uniform(10, CANVAS_SIDE - 10, (2, 2)), int(rng.integers(1, 5)))
    return canvas


def _add_texture(canvas: Uint8Ink, rng: Generator) -> None:
    """Cut a slit or shade what is filled, half of the time each."""
    if rng.random() < 0.5:
        canvas[:] = (canvas * (0.3 + 0.7 * _draw_cloud(rng, CANVAS_SIDE))).astype(np.uint8)
    if rng.random() < 0.5:
        (x, y), (to_x, to_y) = rng.integers(10, CANVAS_SIDE - 10, (2, 2)).tolist()
        cv2.line(canvas, (x, y), (to_x, to_y), 0, int(rng.integers(1, 7)))


def _draw_paper(rng: Generator) -> Uint8Ink:
    """A patch of paper with no writing: clouds, grain, rules or stains; uint8 28×28."""
    kind = rng.integers(4)
    patch: NDArray[np.floating]
    if kind == 0:
        patch = _draw_cloud(rng, GLYPH_SIDE)
    elif kind == 1:
        patch = (
            rng.random((GLYPH_SIDE, GLYPH_SIDE))
            * rng.uniform(0.2, 1)
            * (rng.random((GLYPH_SIDE, GLYPH_SIDE)) < rng.uniform(0.02, 1))
        )
    elif kind == 2:
        patch = _draw_rules(rng)
    else:
        patch = (_draw_cloud(rng, GLYPH_SIDE) > rng.uniform(0.3, 0.8)) * rng.uniform(0.5, 1)
    return (np.clip(patch, 0, 1) * 255).astype(np.uint8)


def _draw_rules(rng: Generator) -> NDArray[np.floating]:
    """Ruled or squared paper, 28×28 in 0..1."""
    patch = np.zeros((GLYPH_SIDE, GLYPH_SIDE))
    patch[int(rng.integers(0, 10)) :: int(rng.integers(4, 20))] = rng.uniform(0.3, 1)
    if rng.random() < 0.4:
        return np.maximum(patch, patch.T)
    return patch if rng.random() < 0.5 else patch.T


def _draw_cloud(rng: Generator, side: int) -> NDArray[np.floating]:
    """Smooth noise of random grain, side×side in 0..1."""
    cell_count = int(rng.integers(2, 12))
    cloud = cv2.resize(rng.random((cell_count, cell_count)), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(cloud, 0, 1)
