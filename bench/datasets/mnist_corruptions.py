"""Fifteen ways to spoil a digit, to measure how a network holds up on pictures it was not trained for.

The kinds are those of MNIST-C (Mu and Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019,
arXiv:1906.02337), several of which come from ImageNet-C (Hendrycks and Dietterich, "Benchmarking Neural Network
Robustness to Common Corruptions and Perturbations", 2019). They are written here from descriptions of the
kinds, not from the published code, and with severities of their own, so the images and the scores are NOT those of
the published set: compare networks with each other on these, never with a figure from the paper.

Every kind has one severity, the same for all images; where there is a direction (left or right, an angle), it is
drawn for each image. The severities were set by looking at training digits, without any network, and are frozen:
no network may be trained on these corruptions and no setting may be chosen by a score on them. A network trained on
warps (rotation, shear, scale, shift) has met the four affine kinds in a weaker form, so the score of each
kind should stand beside the mean.

The same images, kind and seed give the same result, with the same version of numpy (its generator's streams may
change between versions). The draws depend on how many images there are: corrupt a set whole, not in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import UsageError
from inkdigits.glyph import GLYPH_SIDE

Images = NDArray[np.uint8]  # N×28×28, ink bright on 0
Floats = NDArray[np.float32]  # N×28×28, 0..1
Points = NDArray[np.float64]  # K×2, x and y in pixels
Corruption = Callable[[Images, np.random.Generator], Images]

PHOTONS_PER_WHITE_PIXEL = 5.0  # shot noise: mean count of a white pixel
IMPULSE_SHARE = 0.27  # impulse noise: share of pixels replaced
GLASS_SIGMA, GLASS_REACH, GLASS_ROUNDS = 0.7, 1, 1  # pixels, pixels, times (two rounds leave some digits illegible)
MOTION_PIXELS = 7  # pixels that a point travels; odd (9 leaves some digits illegible)
SHEAR_FACTOR = 0.6  # columns that a row moves per row away from the centre
SCALE_FACTOR = 0.6  # the 20-pixel box becomes 12 pixels
ROTATION_DEGREES = 30.0  # degrees
ADDED_BRIGHTNESS = 0.6  # of full scale, added to every pixel
SHIFT_PIXELS = 4  # pixels along both axes: the margin that MNIST leaves around the digit
STRIPE_PIXELS = 14  # columns of the central band that stay as they are
FOG_WEIGHT, FOG_DECAY = 2.0, 2.0  # fog's weight against the image's 1; how fast finer detail fades
SPATTER_SIGMA, SPATTER_AREA, SPATTER_GREY = 1.5, 0.15, 0.6  # pixels; share of the image covered; of full scale
LINE_OFFSET = 4.0  # pixels: a line passes the centre at most this far away
DOT_STEP, DOT_RADIUS = 4.0, 1.0  # pixels
ZIGZAG_STEP, ZIGZAG_HEIGHT = 3.0, 3.0  # pixels along the line between two corners; from the line to a corner
CANNY_SIGMA, CANNY_LOW, CANNY_HIGH = 1.0, 100, 200  # pixels; gradient (L1 of Sobel 3×3)

CENTRE = (GLYPH_SIDE - 1) / 2


def corrupt(images: Images, kind: str, seed: int = 0) -> Images:
    """One kind of corruption on a whole set; the input stays as it is.

    images: uint8 N×28×28, ink bright on 0. kind: a key of `CORRUPTIONS`. Returns uint8 N×28×28.
    Every kind has its own stream of draws, so that kinds do not depend on each other or on their order.
    Raises UsageError for an unknown kind or for images of another shape or type.
    """
    if kind not in CORRUPTIONS:
        raise UsageError(f"There is no corruption {kind!r}; choose one of {', '.join(CORRUPTIONS)}.")
    if images.ndim != 3 or images.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE) or images.dtype != np.uint8:
        raise UsageError(f"Give uint8 N×{GLYPH_SIDE}×{GLYPH_SIDE} images, not {images.dtype} {images.shape}.")
    return CORRUPTIONS[kind](images, np.random.default_rng([seed, crc32(kind.encode())]))


# Noise


def shot_noise(images: Images, rng: np.random.Generator) -> Images:
    """Photon counting: each pixel becomes a Poisson count whose mean is its brightness. Black stays black."""
    return _to_uint8(rng.poisson(_to_float(images) * PHOTONS_PER_WHITE_PIXEL) / PHOTONS_PER_WHITE_PIXEL)


def impulse_noise(images: Images, rng: np.random.Generator) -> Images:
    """Salt and pepper: a share of the pixels becomes white or black, as likely one as the other."""
    draw = rng.random(images.shape)
    pepper, salt = draw < IMPULSE_SHARE / 2, draw > 1 - IMPULSE_SHARE / 2
    return np.where(salt, 255, np.where(pepper, 0, images)).astype(np.uint8)


# Blur


def glass_blur(images: Images, rng: np.random.Generator) -> Images:
    """Frosted glass: blur, exchange every pixel with a random near one, and blur again."""
    blurred = _blur(_to_float(images), GLASS_SIGMA)
    pixels = blurred.reshape(len(images), GLYPH_SIDE * GLYPH_SIDE)
    image_indices = np.arange(len(images))
    inner = range(GLASS_REACH, GLYPH_SIDE - GLASS_REACH)
    for pixel in [row * GLYPH_SIDE + column for _ in range(GLASS_ROUNDS) for row in inner for column in inner]:
        step = rng.integers(-GLASS_REACH, GLASS_REACH, size=(2, len(images)), endpoint=True)
        neighbours = pixel + step[0] * GLYPH_SIDE + step[1]  # N, one neighbour an image
        swapped = pixels[:, pixel].copy()
        pixels[:, pixel] = pixels[image_indices, neighbours]
        pixels[image_indices, neighbours] = swapped
    return _to_uint8(_blur(blurred, GLASS_SIGMA))


def motion_blur(images: Images, rng: np.random.Generator) -> Images:
    """The camera moved along a straight line, in any direction, at an even speed."""
    angles = rng.uniform(0, 180, len(images))
    pairs = zip(images, angles, strict=True)
    return _stack(
        [cv2.filter2D(image, -1, _make_motion_kernel(a), borderType=cv2.BORDER_CONSTANT) for image, a in pairs]
    )


def _make_motion_kernel(angle: float) -> Floats:
    """A line through the centre of a MOTION×MOTION kernel, sum 1; angle in degrees."""
    line = np.zeros((MOTION_PIXELS, MOTION_PIXELS), np.float32)
    line[MOTION_PIXELS // 2] = 1
    turn = cv2.getRotationMatrix2D((MOTION_PIXELS // 2, MOTION_PIXELS // 2), angle, 1.0)
    turned = cv2.warpAffine(line, turn, (MOTION_PIXELS, MOTION_PIXELS))
    return np.asarray(turned / turned.sum(), np.float32)


# Affine: about the centre, linear interpolation, black outside


def shear(images: Images, rng: np.random.Generator) -> Images:
    """Slant to the left or to the right."""
    return _warp(images, [np.array([[1, s * SHEAR_FACTOR], [0, 1]]) for s in _draw_signs(rng, len(images))])


def scale(images: Images, rng: np.random.Generator) -> Images:
    """Shrink. The same for every image."""
    return _warp(images, [np.eye(2) * SCALE_FACTOR] * len(images))


def rotate(images: Images, rng: np.random.Generator) -> Images:
    """Turn to the left or to the right."""
    cosine, sine = np.cos(np.radians(ROTATION_DEGREES)), np.sin(np.radians(ROTATION_DEGREES))
    return _warp(images, [np.array([[cosine, s * sine], [-s * sine, cosine]]) for s in _draw_signs(rng, len(images))])


def translate(images: Images, rng: np.random.Generator) -> Images:
    """Shift towards one of the four corners. A digit that was off centre may lose its outermost pixels."""
    shifted = np.zeros_like(images)
    padded = np.pad(images, ((0, 0), (SHIFT_PIXELS, SHIFT_PIXELS), (SHIFT_PIXELS, SHIFT_PIXELS)))
    for i, (down, right) in enumerate(SHIFT_PIXELS * _draw_signs(rng, (len(images), 2))):
        shifted[i] = padded[i, SHIFT_PIXELS - down :, SHIFT_PIXELS - right :][:GLYPH_SIDE, :GLYPH_SIDE]
    return shifted


def _warp(images: Images, matrices: list[NDArray[np.float64]]) -> Images:
    """Each 2×2 matrix maps (x, y) of its image, measured from the centre, to where that point goes."""
    middle = np.full(2, CENTRE)
    moves = [np.column_stack([m, middle - m @ middle]) for m in matrices]  # 2×3 each
    return _stack([cv2.warpAffine(i, m, (GLYPH_SIDE, GLYPH_SIDE)) for i, m in zip(images, moves, strict=True)])


# Light and weather


def brightness(images: Images, rng: np.random.Generator) -> Images:
    """Light on everything: the background turns grey and the ink saturates. The same for every image."""
    return _to_uint8(_to_float(images) + ADDED_BRIGHTNESS)


def stripe(images: Images, rng: np.random.Generator) -> Images:
    """A vertical band in the middle stays; left and right of it the image is inverted. The same for every image."""
    side = (GLYPH_SIDE - STRIPE_PIXELS) // 2
    striped = 255 - images
    striped[:, :, side : GLYPH_SIDE - side] = images[:, :, side : GLYPH_SIDE - side]
    return striped


def fog(images: Images, rng: np.random.Generator) -> Images:
    """A plasma fractal laid over the image, and the sum scaled back so that white stays white at most."""
    mist = _draw_plasma(len(images), rng)[:, :GLYPH_SIDE, :GLYPH_SIDE]
    return _to_uint8((_to_float(images) + FOG_WEIGHT * mist) / (1 + FOG_WEIGHT))


def _draw_plasma(count: int, rng: np.random.Generator, side: int = 32) -> NDArray[np.float64]:
    """Plasma fractals N×side×side, each from 0 to 1, by the diamond-square method on a torus; side a power of 2.

    (Fournier, Fussell and Carpenter, "Computer rendering of stochastic models", 1982.) Every halving of the step
    first sets the centre of each square and then the centre of each diamond: the mean of four neighbours and a draw
    that shrinks by FOG_DECAY from step to step.
    """
    field = np.zeros((count, side, side))
    step, wobble = side, 1.0
    while step > 1:
        half = step // 2
        corners = field[:, ::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=2)
        centres = (pairs + np.roll(pairs, -1, axis=1)) / 4 + rng.uniform(-wobble, wobble, corners.shape)
        across, down = pairs, corners + np.roll(corners, -1, axis=1)
        top = (across + centres + np.roll(centres, 1, axis=1)) / 4 + rng.uniform(-wobble, wobble, corners.shape)
        left = (down + centres + np.roll(centres, 1, axis=2)) / 4 + rng.uniform(-wobble, wobble, corners.shape)
        field[:, half::step, half::step] = centres
        field[:, ::step, half::step] = top
        field[:, half::step, ::step] = left
        step, wobble = half, wobble / FOG_DECAY
    lowest, highest = field.min(axis=(1, 2), keepdims=True), field.max(axis=(1, 2), keepdims=True)
    return np.asarray((field - lowest) / (highest - lowest))


def spatter(images: Images, rng: np.random.Generator) -> Images:
    """Grey drops that cover ink and background alike: the highest places of blurred noise."""
    noise = _blur(rng.standard_normal(images.shape).astype(np.float32), SPATTER_SIGMA)
    edge = np.quantile(noise.reshape(-1, GLYPH_SIDE * GLYPH_SIDE), 1 - SPATTER_AREA, axis=1)
    return np.where(noise > edge[:, None, None], np.uint8(SPATTER_GREY * 255), images)


# Drawn over, in white


def dotted_line(images: Images, rng: np.random.Generator) -> Images:
    """A straight line of dots across the image, at any angle."""
    drawn = images.copy()
    for image in drawn:
        points, _ = _draw_line_points(DOT_STEP, rng)
        for x, y in _to_sixteenths(points):
            cv2.circle(image, (int(x), int(y)), int(DOT_RADIUS * 16), 255, cv2.FILLED, cv2.LINE_AA, shift=4)
    return drawn


def zigzag(images: Images, rng: np.random.Generator) -> Images:
    """A thin line across the image that turns sharply from side to side, at any angle."""
    drawn = images.copy()
    for image in drawn:
        points, normal = _draw_line_points(ZIGZAG_STEP, rng)
        side = np.where(np.arange(len(points)) % 2, ZIGZAG_HEIGHT, -ZIGZAG_HEIGHT)
        corners = points + side[:, None] * normal
        cv2.polylines(image, [_to_sixteenths(corners)], False, 255, 1, cv2.LINE_AA, shift=4)
    return drawn


def _draw_line_points(step: float, rng: np.random.Generator) -> tuple[Points, Points]:
    """Points a step apart on a random line across the image, and the line's normal (x, y) of length 1."""
    angle, offset, start = rng.uniform([0, -LINE_OFFSET, 0], [np.pi, LINE_OFFSET, step])
    direction = np.array([np.cos(angle), np.sin(angle)])
    normal = np.array([-direction[1], direction[0]])
    distances = np.arange(start - GLYPH_SIDE, GLYPH_SIDE, step)
    return CENTRE + offset * normal + distances[:, None] * direction, normal


def _to_sixteenths(points: Points) -> NDArray[np.int32]:
    """Pixels as cv2 draws them with shift=4: whole sixteenths."""
    return np.round(points * 16).astype(np.int32)


# Edges


def canny_edges(images: Images, rng: np.random.Generator) -> Images:
    """Only the outlines, white on black (Canny's detector on the blurred image)."""
    blurred = _to_uint8(_blur(_to_float(images), CANNY_SIGMA))
    return _stack([cv2.Canny(image, CANNY_LOW, CANNY_HIGH) for image in blurred])


# Shared


def _to_float(images: Images) -> Floats:
    return images.astype(np.float32) / np.float32(255)


def _to_uint8(values: NDArray[np.floating]) -> Images:
    """Values beyond 0..1 are cut off."""
    return np.asarray(np.round(np.clip(values, 0, 1) * 255), np.uint8)


def _stack(images: Sequence[NDArray[np.generic]]) -> Images:
    return np.array(images, np.uint8).reshape(-1, GLYPH_SIDE, GLYPH_SIDE)


def _blur(values: Floats, sigma: float) -> Floats:
    """Gaussian blur of each image by itself; sigma in pixels."""
    blurred = [cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) for image in values]
    return np.array(blurred, np.float32).reshape(-1, GLYPH_SIDE, GLYPH_SIDE)


def _draw_signs(rng: np.random.Generator, shape: int | tuple[int, ...]) -> NDArray[np.int64]:
    """-1 or 1, as likely one as the other."""
    return rng.integers(0, 2, shape) * 2 - 1


CORRUPTIONS: dict[str, Corruption] = {
    "shot_noise": shot_noise,
    "impulse_noise": impulse_noise,
    "glass_blur": glass_blur,
    "motion_blur": motion_blur,
    "shear": shear,
    "scale": scale,
    "rotate": rotate,
    "brightness": brightness,
    "translate": translate,
    "stripe": stripe,
    "fog": fog,
    "spatter": spatter,
    "dotted_line": dotted_line,
    "zigzag": zigzag,
    "canny_edges": canny_edges,
}
