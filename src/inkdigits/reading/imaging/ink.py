"""Separate ink from paper, in uneven light and of either polarity: grey → strokes bright on 0. Both single digits and
whole pages go through here.

The paper's brightness is estimated by a morphological closing that is wider than a stroke, smoothed, and divided out;
the threshold is Otsu's (N. Otsu, "A threshold selection method from gray-level histograms", 1979).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.imaging.parts import find_dark_part, find_sheet, smooth_paper, smooth_shaded_paper
from inkdigits.reading.imaging.pixels import Array, Pixels, median, percentile, shrink

TINY_SIDE_PX = 40  # longest side up to which a drawing is taken as evenly lit already
_PAPER_SIDE_PX = 512  # longest side of the image on which the paper's brightness is estimated
_MAX_DISC_PX = 31  # that `reach_px` covers there at most: a larger disc is slower and no better
_POLARITY_SIDE_PX = 128  # longest side of the image on which the polarity is decided
_MIN_TINY_CONTRAST = 4  # of 255, in a tiny drawing, which has no noise; some use only 16 levels
_HOLLOW_INK_RATIO = 1.5  # times as much ink as was found is as dark as it, where strokes were hollowed
_MIN_PAPER_BRIGHTNESS = 40  # paper in less light than this counts as this bright, lest noise become ink
# Shaded paper is so many times as broad as components are in the median, where there are several besides specks. It is
# no darker than this, of 255, and so much of it, that is so many times as dark as it, is writing.
_BROAD_RATIO, _MIN_COMPONENTS, _SPECK_PX = 3.0, 5, 8
_MAX_SHADED_SHARE = 0.45  # of an image: more is its paper
_MAX_SHADE, _WRITING_RATIO, _WRITTEN_SHARES = 128, 1.33, (0.003, 0.17)
_MAX_MIN_CONTRAST = 60  # of 255: where the noise asks for more, it is smoothed,
_SMOOTHING_PX = (0.6, 0.8, 1.2, 1.8, 2.4)  # by the first of these that is enough
# Other than writing are specks, and what reaches across so much of a page and is at least so broad, of its shorter
# side. Paler ink is looked for on pages from this side on, and is so many times as much as was found beside it.
_MAX_SPECK_PX, _MAX_WRITING_SHARE, _MIN_BROAD_PX, _BROAD_SHARE = 3, 0.6, 9, 60
_MIN_PAGE_PX, _EDGE_PX, _MIN_GAIN, _MAX_WRITTEN_SHARE, _FULL_PERCENTILE = 240, 7, 3, 0.12, 90
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)

_EstimatePaper = Callable[[Pixels, int], Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """`strength` uint8 H×W, how dark the ink is against its paper, 0 where there is none; `mask` uint8 H×W, 0 or 1."""

    strength: Pixels
    mask: Pixels


def extract_ink(grey: Pixels, other_polarity: bool = False) -> Ink:
    """Extract the ink. `grey` is uint8 H×W of any size, light and polarity; the ink has the same H×W. A bright and a
    dark part of a page may each have their own polarity.

    `other_polarity` takes for ink what is of the brightness that paper seems to have: a bright sheet on a dark table
    may seem to be dark.
    """
    is_tiny = max(grey.shape) <= TINY_SIDE_PX
    grey = grey if is_tiny else _smooth_noise(grey)
    may_have_parts = not other_polarity and not is_tiny
    if may_have_parts and (parts := find_dark_part(grey)) is not None:
        return _extract_ink_by_part(grey, *parts)
    paper_dark = is_paper_dark(grey)
    if may_have_parts and paper_dark and (sheet := find_sheet(grey)) is not None:
        return _extract_ink_within(grey, sheet > 0)
    return _extract_page_ink(_darken_ink(grey, paper_dark != other_polarity))


def _smooth_noise(grey: Pixels) -> Pixels:
    """The page; smoothed if it has so much noise, as photos in little light have, that ink would not stand out."""
    smooth = grey
    for sigma_px in _SMOOTHING_PX:
        if _estimate_min_contrast(smooth) <= _MAX_MIN_CONTRAST:
            break
        smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma_px), np.uint8)
    return smooth


def _extract_ink_by_part(grey: Pixels, dark_part: Pixels, seam: Pixels) -> Ink:
    """Dark ink where the paper is bright, bright ink in its dark part, and none on the seam between them."""
    is_dark = dark_part > 0
    bright = _extract_ink_within(grey, ~is_dark)
    dark = _extract_page_ink(255 - np.where(is_dark, grey, np.uint8(median(grey[is_dark]))))
    strength, mask = (
        np.where(seam > 0, np.uint8(0), np.where(is_dark, of_dark, of_bright))
        for of_dark, of_bright in ((dark.strength, bright.strength), (dark.mask, bright.mask))
    )
    return Ink(strength, mask)


def _extract_ink_within(grey: Pixels, is_within: NDArray[np.bool_]) -> Ink:
    """The dark ink of a part of a page, bool H×W, and none beside it."""
    ink = _extract_page_ink(np.where(is_within, grey, np.uint8(median(grey[is_within]))))
    strength, mask = (np.where(is_within, each, np.uint8(0)) for each in (ink.strength, ink.mask))
    return Ink(strength, mask)


def extract_ink_candidates(grey: Pixels) -> list[Ink]:
    """As `extract_ink`, and after it what else may be the ink where it fills much of the picture, as that of one digit
    may: the other polarity, and broad strokes that are hollow once the light is evened out."""
    is_dark = is_paper_dark(grey)
    if max(grey.shape) <= TINY_SIDE_PX:  # there both would be found again
        return [_extract_dark_ink(_darken_ink(grey, is_dark))]
    is_clear = _is_mostly_dark(shrink(grey, _POLARITY_SIDE_PX)) == is_dark
    candidates = []
    for dark_ink in (
        _darken_ink(grey, paper_dark) for paper_dark in ([is_dark] if is_clear else [is_dark, not is_dark])
    ):
        candidates.append(_extract_dark_ink(dark_ink))
        evenly_lit = _extract_evenly_lit_ink(dark_ink)
        if evenly_lit.mask.sum() > _HOLLOW_INK_RATIO * candidates[-1].mask.sum():
            candidates.append(evenly_lit)
    return candidates


def _darken_ink(grey: Pixels, paper_dark: bool) -> Pixels:
    """The image with its ink darker than its paper."""
    return 255 - grey if paper_dark else grey


def _extract_page_ink(dark_page: Pixels) -> Ink:
    """The ink of a page, darker than its paper."""
    ink = _extract_dark_ink(dark_page, _drop_shaded_paper, smooth_shaded_paper)
    return ink if min(ink.mask.shape) < _MIN_PAGE_PX else _add_paler_ink(ink, dark_page)


def _add_paler_ink(ink: Ink, dark_page: Pixels) -> Ink:
    """The ink of a page. Where bars, a dark edge, a table's cloth or specks are darker than writing, one threshold may
    be above nearly all of it: it is found again without them. Strength is then at most that of most of the writing."""
    is_other = _find_other_than_writing(ink.mask)
    if 2 * int(is_other.sum()) < int(ink.mask.sum()):
        return ink
    is_beside = cv2.dilate(is_other.astype(np.uint8), np.ones((_EDGE_PX, _EDGE_PX), np.uint8)) == 0
    if not is_beside.any():
        return ink
    beside = ink.strength[is_beside]
    level = max(_estimate_min_contrast(dark_page), cv2.threshold(beside, 0, 1, cv2.THRESH_OTSU)[0])
    paler = beside[beside > level]
    if not _MIN_GAIN * int(ink.mask[is_beside].sum()) < paler.size < _MAX_WRITTEN_SHARE * ink.mask.size:
        return ink
    strength = np.minimum(ink.strength, np.uint8(percentile(paler, _FULL_PERCENTILE)))
    return Ink(strength, (ink.strength > level).astype(np.uint8))


def _find_other_than_writing(mask: Pixels) -> NDArray[np.bool_]:
    """Specks, and connected components that are at the edge of a page, reach across most of it, and are broad nearly
    everywhere. One large digit has paper round it."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sides, areas = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1], stats[:, cv2.CC_STAT_AREA]
    broad_px = max(_MIN_BROAD_PX, min(mask.shape) // _BROAD_SHARE)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((broad_px, broad_px), np.uint8))
    is_broad = 2 * np.bincount(labels[opened > 0], minlength=count) > areas
    is_across = (sides > _MAX_WRITING_SHARE * np.array(mask.shape[::-1])).any(axis=1)
    is_other = (is_across & is_broad & _find_at_edge(stats, mask)) | (sides <= _MAX_SPECK_PX).all(axis=1)
    is_other[0] = False
    return np.asarray(is_other[labels])


def _extract_dark_ink(
    dark_ink: Pixels,
    select_strokes: Callable[[Ink], Pixels] = lambda ink: ink.mask,
    estimate_paper: _EstimatePaper = smooth_paper,
) -> Ink:
    """The ink of an image, darker than its paper. `select_strokes` gives the mask of what tells how wide strokes are:
    all ink of a single digit. `estimate_paper` smooths what is left of the image without its strokes."""
    if max(dark_ink.shape) <= TINY_SIDE_PX:
        return _extract_evenly_lit_ink(dark_ink)
    reach_px, min_contrast = min(dark_ink.shape) / 4, _estimate_min_contrast(dark_ink)
    first = _threshold(_measure_local_contrast(dark_ink, reach_px, estimate_paper), min_contrast)
    # Once the strokes are known, the paper can be followed more closely.
    finer_reach_px = max(5.0, 6 * estimate_stroke_width(select_strokes(first)))
    if finer_reach_px >= reach_px:
        return first
    return _threshold(_measure_local_contrast(dark_ink, finer_reach_px, estimate_paper), min_contrast)


def _find_at_edge(stats: Array, mask: Pixels) -> NDArray[np.bool_]:
    """Which connected components of a mask, by OpenCV's statistics, reach its edge."""
    starts, sides = stats[:, :2], stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1]
    return np.asarray(((starts <= 0) | (starts + sides >= mask.shape[::-1])).any(axis=1))


def _drop_shaded_paper(ink: Ink) -> Pixels:
    """The ink's mask without connected components that are paper with writing on it, dark rows of a table or a shadow,
    where these have more pixels than what is narrow: much broader than most components, and not equally dark all over.
    What is as broad and reaches the edge of the image is left out with them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.mask, connectivity=8)
    distances = cv2.distanceTransform(ink.mask, cv2.DIST_L2, 3).ravel()
    widths = 4 * np.bincount(labels.ravel(), distances, minlength=count) / stats[:, cv2.CC_STAT_AREA]
    is_large = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1) >= _SPECK_PX
    is_large[0] = False
    if is_large.sum() < _MIN_COMPONENTS:
        return ink.mask
    is_broad = is_large & (widths > _BROAD_RATIO * median(widths[is_large]))
    is_shaded = (is_broad & ~_find_at_edge(stats, ink.mask))[labels]  # at the edge is a table under the sheet
    narrow_px = int(stats[1:, cv2.CC_STAT_AREA][~is_broad[1:]].sum())
    is_most_ink = narrow_px < is_shaded.sum() <= _MAX_SHADED_SHARE * ink.mask.size
    if not is_most_ink or not _holds_writing(ink.strength[is_shaded]):
        return ink.mask
    return np.where(is_broad[labels], np.uint8(0), ink.mask)


def _holds_writing(strength: Pixels) -> bool:
    """Whether pixels of this strength, uint8 N, may be shaded paper with writing: some, but few, are much darker."""
    shade = median(strength)
    low, high = _WRITTEN_SHARES
    return shade <= _MAX_SHADE and bool(low <= (strength > _WRITING_RATIO * shade).mean() <= high)


def _extract_evenly_lit_ink(dark_ink: Pixels) -> Ink:
    """The ink of an image that is lit evenly."""
    return _threshold(_measure_contrast(_estimate_even_paper(dark_ink), dark_ink), _MIN_TINY_CONTRAST)


def estimate_stroke_width(mask: Pixels) -> float:
    """The usual width of the strokes in a mask of 0 and 1, in pixels; 0 when there are none.

    Across a stroke of width w the distance to its edge has the median w / 4.
    """
    distance = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3)[mask > 0], max(mask.shape))
    if not distance.size:
        return 0.0
    # OpenCV adds up steps of 0.955 and 1.3693 pixels, on one processor in float, on another in integers. What differs
    # is left out, lest a stroke that is just as wide as a limit be on either side of it.
    return 4 * float(np.float32(round(2 * median(distance), 4) / 2)) - 1


def is_paper_dark(grey: Pixels) -> bool:
    """Whether the ink is brighter than its paper."""
    if max(grey.shape) <= TINY_SIDE_PX:
        return _is_mostly_dark(grey)
    thumbnail = shrink(grey, _POLARITY_SIDE_PX)
    background = cv2.medianBlur(thumbnail, max(3, (min(thumbnail.shape) // 2) | 1))
    return bool(((thumbnail.astype(np.float32) - background) ** 3).sum() > 0)  # ink is the long tail of the brightness


def _is_mostly_dark(grey: Pixels) -> bool:
    """Paper is what is more common in the whole image and along its edge together."""
    bright = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)[1]
    edge = int(bright[0].sum()) + int(bright[-1].sum()) + int(bright[:, 0].sum()) + int(bright[:, -1].sum())
    return bool(bright.mean() + edge / (2 * sum(bright.shape)) < 1)


def _threshold(strength: Pixels, min_contrast: float) -> Ink:
    level, mask = cv2.threshold(strength, 0, 1, cv2.THRESH_OTSU)
    if level < min_contrast:
        mask = (strength > min_contrast).astype(np.uint8)
    return Ink(strength, np.asarray(mask, np.uint8))


def _estimate_min_contrast(dark_ink: Pixels) -> float:
    """What stands out less from its paper is not ink: 12 of 255, or what the noise of the image makes up.

    The noise is estimated after J. Immerkær, "Fast noise variance estimation" (1996), with the median in place of the
    mean so that edges do not count. The closing follows its peaks, so noise stands out by twice its reach of 4 sigma.
    """
    share = max(1, max(dark_ink.shape) // (2 * _PAPER_SIDE_PX))  # a corner of a large image is enough
    corner = dark_ink[: max(1, dark_ink.shape[0] // share), : max(1, dark_ink.shape[1] // share)]
    noise = np.abs(cv2.filter2D(corner, cv2.CV_16S, _NOISE_KERNEL, borderType=cv2.BORDER_REPLICATE))
    sigma = median(noise) / (6 * 0.6745)
    return max(12.0, 8 * sigma * 255 / max(median(corner), float(_MIN_PAPER_BRIGHTNESS)))


def _measure_contrast(paper: int | Pixels, dark_ink: Pixels) -> Pixels:
    """How much darker the ink is than the paper, as a share of the paper's brightness, 0–255."""
    brightness = np.full_like(dark_ink, paper) if isinstance(paper, int) else paper
    return np.asarray(
        cv2.divide(
            cv2.subtract(brightness, dark_ink), np.maximum(brightness, np.uint8(_MIN_PAPER_BRIGHTNESS)), scale=255
        ),
        np.uint8,
    )


def _estimate_even_paper(dark_ink: Pixels) -> int:
    """The paper's one brightness where the light is even: nine tenths of the pixels are no brighter."""
    index = 9 * (dark_ink.size - 1) // 10
    return int(np.partition(dark_ink, index, axis=None)[index])


def _measure_local_contrast(dark_ink: Pixels, reach_px: float, estimate_paper: _EstimatePaper) -> Pixels:
    """The contrast to the paper behind the ink: strokes narrower than `reach_px` are closed over."""
    height, width = dark_ink.shape
    coarse = shrink(dark_ink, min(_PAPER_SIDE_PX, round(_MAX_DISC_PX * max(height, width) / reach_px)))
    side = max(3, int(reach_px * coarse.shape[1] / width) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(cv2.medianBlur(coarse, 3), cv2.MORPH_CLOSE, disc, borderType=cv2.BORDER_REPLICATE)
    paper = estimate_paper(np.asarray(closed, np.uint8), side)
    large = np.asarray(cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return _measure_contrast(large, dark_ink)
