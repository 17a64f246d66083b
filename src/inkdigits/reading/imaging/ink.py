"""Grey → ink: the light evened out, either polarity, strokes bright on 0. One digit and a whole page go through here.

The paper's brightness is estimated by a morphological closing that is wider than a stroke, smoothed, and divided out;
the threshold is Otsu's (N. Otsu, "A threshold selection method from gray-level histograms", 1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkdigits.reading.imaging.pixels import Pixels, median

TINY = 40  # longest side, in pixels, up to which a drawing is taken as evenly lit already
_COARSE = 512  # longest side of the image on which the paper's brightness is estimated
_DISC = 31  # pixels there that `reach` covers at most: a larger disc is slower and no better
_GLANCE = 128  # longest side of the image on which the polarity is judged
_FAINTEST = 4  # of 255: the least contrast in a tiny drawing, which has no noise; some use only 16 levels
_HOLLOW = 1.5  # times as much ink as was found is as dark as it, where strokes were hollowed
_DARKEST = 40  # paper in less light than this counts as this bright, lest noise become ink
_RIPPLE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """`strength` uint8 H×W, how dark the ink is against its paper, 0 where there is none; `mask` uint8 H×W, 0 or 1."""

    strength: Pixels
    mask: Pixels


def lift(grey: Pixels) -> Ink:
    """Lift the ink off its paper. `grey` is uint8 H×W of any size, light and polarity; H×W stays."""
    return _lifted(_darkened(grey, paper_is_dark(grey)))


def lift_in_doubt(grey: Pixels) -> list[Ink]:
    """As `lift`, and after it what else may be the ink where it fills much of the picture, as that of one digit may:
    what is as light as the paper was taken to be, and broad strokes that are hollow once the light is evened out."""
    dark = paper_is_dark(grey)
    clear = _mostly_dark(shrunk(grey, _GLANCE)) == dark
    found = []
    for dark_ink in (_darkened(grey, paper) for paper in ([dark] if clear else [dark, not dark])):
        found.append(_lifted(dark_ink))
        whole = _lifted_evenly(dark_ink)
        if whole.mask.sum() > _HOLLOW * found[-1].mask.sum():
            found.append(whole)
    return found


def _darkened(grey: Pixels, paper_dark: bool) -> Pixels:
    """The image with its ink darker than its paper."""
    return 255 - grey if paper_dark else grey


def _lifted(dark_ink: Pixels) -> Ink:
    if max(dark_ink.shape) <= TINY:
        return _lifted_evenly(dark_ink)
    reach, least = min(dark_ink.shape) / 4, _least_contrast(dark_ink)
    first = _thresholded(_evened(dark_ink, reach), least)
    finer = max(5.0, 6 * stroke_width(first.mask))  # strokes known, the paper can be followed more closely
    return _thresholded(_evened(dark_ink, finer), least) if finer < reach else first


def _lifted_evenly(dark_ink: Pixels) -> Ink:
    """The ink of an image that is lit evenly."""
    return _thresholded(_against(_brightness(dark_ink), dark_ink), _FAINTEST)


def shrunk(image: Pixels, side: int) -> Pixels:
    """The image with its longer side at most `side` pixels, aspect kept."""
    scale = side / max(image.shape)
    if scale >= 1:
        return image
    height, width = image.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def stroke_width(mask: Pixels) -> float:
    """The usual width of the strokes in a mask of 0 and 1, in pixels; 0 when there are none.

    Across a stroke of width w the distance to its edge has the median w / 4.
    """
    distance = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3)[mask > 0], max(mask.shape))
    return 4 * median(distance) - 1 if distance.size else 0.0


def paper_is_dark(grey: Pixels) -> bool:
    """Whether the ink is brighter than its paper."""
    if max(grey.shape) <= TINY:
        return _mostly_dark(grey)
    glance = shrunk(grey, _GLANCE)
    around = cv2.medianBlur(glance, max(3, (min(glance.shape) // 2) | 1))
    return bool(((glance.astype(np.float32) - around) ** 3).sum() > 0)  # ink is the long tail of the brightness


def _mostly_dark(grey: Pixels) -> bool:
    """Paper is what is more common in the whole image and along its edge together."""
    bright = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)[1]
    edge = int(bright[0].sum()) + int(bright[-1].sum()) + int(bright[:, 0].sum()) + int(bright[:, -1].sum())
    return bool(bright.mean() + edge / (2 * sum(bright.shape)) < 1)


def _thresholded(strength: Pixels, least: float) -> Ink:
    level, mask = cv2.threshold(strength, 0, 1, cv2.THRESH_OTSU)
    if level < least:
        mask = (strength > least).astype(np.uint8)
    return Ink(strength, np.asarray(mask, np.uint8))


def _least_contrast(dark_ink: Pixels) -> float:
    """What stands out less from its paper is not ink: 12 of 255, or what the noise of the image makes up.

    The noise is estimated after J. Immerkær, "Fast noise variance estimation" (1996), with the median in place of the
    mean so that edges do not count. The closing follows its peaks, so noise stands out by twice its reach of 4 sigma.
    """
    step = max(1, max(dark_ink.shape) // (2 * _COARSE))
    sample = dark_ink[: max(1, dark_ink.shape[0] // step), : max(1, dark_ink.shape[1] // step)]
    ripple = np.abs(cv2.filter2D(sample, cv2.CV_32F, _RIPPLE, borderType=cv2.BORDER_REPLICATE))
    sigma = median(ripple) / (6 * 0.6745)
    return max(12.0, 8 * sigma * 255 / max(median(sample), float(_DARKEST)))


def _against(paper: int | Pixels, dark_ink: Pixels) -> Pixels:
    """How much darker the ink is than the paper, as a share of the paper's brightness, 0–255."""
    ground = np.full_like(dark_ink, paper) if isinstance(paper, int) else paper
    return np.asarray(
        cv2.divide(cv2.subtract(ground, dark_ink), np.maximum(ground, np.uint8(_DARKEST)), scale=255), np.uint8
    )


def _brightness(dark_ink: Pixels) -> int:
    """The paper's one brightness where the light is even: nine tenths of the pixels are no brighter."""
    place = 9 * (dark_ink.size - 1) // 10
    return int(np.partition(dark_ink, place, axis=None)[place])


def _evened(dark_ink: Pixels, reach: float) -> Pixels:
    return _against(_paper(dark_ink, reach), dark_ink)


def _paper(dark_ink: Pixels, reach: float) -> Pixels:
    """The paper's brightness behind the ink: strokes narrower than `reach` pixels are closed over."""
    height, width = dark_ink.shape
    coarse = shrunk(dark_ink, min(_COARSE, round(_DISC * max(height, width) / reach)))
    side = max(3, int(reach * coarse.shape[1] / width) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(cv2.medianBlur(coarse, 3), cv2.MORPH_CLOSE, disc, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.blur(closed, (side, side), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
