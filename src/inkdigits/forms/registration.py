"""Find a filled sheet on a picture: which template it is of, and where every point of it lies.

Features of the blank are matched with those of the picture, whichever way up it lies (ORB: Rublee et al., 2011), or its
printed ArUco markers are found, and a homography is fitted robustly. Then the blank's corners are followed into the
rectified picture (pyramidal Lucas and Kanade) and the homography is fitted anew to them, to a part of a pixel. Last,
what is printed on the blank must be found where it says: a sheet of another form, or half a sheet, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import FormError
from inkdigits.forms.template import Template
from inkdigits.reading.imaging.ink import extract_ink
from inkdigits.reading.imaging.pixels import Pixels, shrink

_FEATURE_SIDE_PX = 1400  # longest side on which features are found
_FEATURES = 4000
_MAX_RATIO = 0.85  # of the distance to the best and to the second best match
_MIN_MATCHES, _MAX_ERROR_PX = 12, 6.0  # of a homography, in pixels of the template
_CORNERS, _CORNER_DISTANCE_PX = 600, 12
_FLOW_SIDE_PX = 21
_MAX_FLOW_ERROR_PX = 2.5
_REFINEMENTS = 2
_TILES = 4  # to each side of the page: in each tile that has print, enough of it must be found
_MIN_TILE_PRINT = 0.01  # of the print of the page: what has less tells nothing
_MIN_PRINT, _MIN_TILE_COVERAGE = 0.6, 0.35  # of the blank's ink that is found on the sheet, and in each of its tiles
_MAX_MISSING_TILES = 0.15  # share of tiles: a folded corner
_PRINT_REACH_PX = 3  # so far off, print counts as found
_CLEARLY_BETTER = 1.15  # times as much print as by the second template
_MAX_SKEW = 4.0  # of a picture of the page: its longest side by its shortest, beside the template's own

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where a sheet lies: `matrix`, float64 3×3, takes points of the template's page to points of the picture.

    `coverage`, 0..1, is how much of the blank's print was found there.
    """

    template: Template
    matrix: Matrix
    coverage: float

    def rectify(self, grey: Pixels, scale: float = 1.0) -> Pixels:
        """The picture, uint8 H×W, as the template's page, `scale` times its size."""
        to_page = self.matrix @ np.diag([1 / scale, 1 / scale, 1.0])
        size = (round(self.template.width * scale), round(self.template.height * scale))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpPerspective(grey, to_page, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )

    def map_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the template's page, N×2, on the picture."""
        return np.asarray(cv2.perspectiveTransform(points.reshape(-1, 1, 2), self.matrix), np.float64).reshape(-1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]


class SheetFinder:
    """Finds sheets of one or several forms. Built once and reused, from several threads too."""

    def __init__(self, templates: Sequence[Template]) -> None:
        """Looks at the blanks. Raises what `Template.blank_grey` raises."""
        self._blanks = [_Blank(template) for template in templates]

    def find(self, grey: Pixels, name: str = "the picture") -> Registration:
        """Where the one sheet on a picture, uint8 H×W, lies. Raises FormError, with the reason, when there is none of
        these forms, only a part of one, or more than one."""
        small = shrink(grey, _FEATURE_SIDE_PX)
        features, factor = _find_features(small), small.shape[1] / grey.shape[1]
        found = [each for blank in self._blanks if (each := blank.find(grey, features, factor)) is not None]
        found.sort(key=lambda each: -each.registration.coverage)
        forms = " or ".join(repr(blank.template.name) for blank in self._blanks)
        if not found or found[0].registration.coverage < _MIN_PRINT:
            if found and found[0].is_partial:
                raise FormError(f"{name}: only a part of the sheet {forms} is to be seen; take in all of it.")
            raise FormError(
                f"{name}: this is no sheet of {forms}; check the page, or take it flat and in better light."
            )
        best = found[0]
        if best.missing_tiles > _MAX_MISSING_TILES:
            raise FormError(f"{name}: a part of the sheet {best.blank.template.name!r} is missing; take in all of it.")
        rivals = [each for each in found[1:] if each.registration.coverage >= _MIN_PRINT]
        if rivals and rivals[0].registration.coverage * _CLEARLY_BETTER > best.registration.coverage:
            names = " and ".join(repr(each.blank.template.name) for each in (best, rivals[0]))
            raise FormError(f"{name}: it may be a sheet of {names}; read it with one template alone.")
        if best.blank.find_second(grey, features, factor, best.registration):
            raise FormError(f"{name}: there are two sheets on one picture; take one at a time.")
        return best.registration


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    registration: Registration
    blank: _Blank
    missing_tiles: float
    is_partial: bool


class _Blank:
    """What there is to be found of one form."""

    def __init__(self, template: Template) -> None:
        self.template = template
        grey = template.blank_grey
        small = shrink(grey, _FEATURE_SIDE_PX)
        self._features = _find_features(small)
        self._features = _Features(self._features.points * (grey.shape[1] / small.shape[1]), self._features.descriptors)
        corners = cv2.goodFeaturesToTrack(grey, _CORNERS, 0.02, _CORNER_DISTANCE_PX)
        self._corners = np.zeros((0, 1, 2), np.float32) if corners is None else np.asarray(corners, np.float32)
        self._grey, self._print = grey, extract_ink(grey).mask

    def find(self, grey: Pixels, features: _Features, factor: float) -> _Found | None:
        """The sheet on a picture, as far as it is to be seen; None without any."""
        matrix = self._find_markers(grey) if self.template.markers else None
        if matrix is None:
            matrix = _match(self._features, features, factor)
        if matrix is None or not self._is_plausible(matrix):
            return None
        for _ in range(_REFINEMENTS):
            matrix = self._refine(grey, matrix)
        registration = Registration(self.template, matrix, 0.0)
        coverage, missing = self._measure_print(registration.rectify(grey))
        corners = np.array([[0, 0], [self._grey.shape[1], 0], [0, self._grey.shape[0]], self._grey.shape[::-1]], float)
        inside = registration.map_points(corners)
        is_out = ((inside < -0.1 * np.array(grey.shape[::-1])) | (inside > 1.1 * np.array(grey.shape[::-1]))).any()
        return _Found(Registration(self.template, matrix, coverage), self, missing, bool(is_out) and coverage > 0.2)

    def find_second(self, grey: Pixels, features: _Features, factor: float, first: Registration) -> bool:
        """Whether there is another sheet of the form beside the first."""
        height, width = self._grey.shape
        outline = first.map_points(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
        is_outside = np.array(
            [
                cv2.pointPolygonTest(outline.astype(np.float32), (float(x), float(y)), False) < 0
                for x, y in features.points / factor
            ],
            np.bool_,
        )
        if is_outside.sum() < _MIN_MATCHES:
            return False
        others = _Features(features.points[is_outside], features.descriptors[is_outside])
        matrix = _match(self._features, others, factor)
        if matrix is None or not self._is_plausible(matrix):
            return False
        second = Registration(self.template, self._refine(grey, matrix), 0.0)
        middle = second.map_points(np.array([[width / 2, height / 2]]))[0]
        is_elsewhere = cv2.pointPolygonTest(outline.astype(np.float32), (float(middle[0]), float(middle[1])), False) < 0
        return is_elsewhere and self._measure_print(second.rectify(grey))[0] >= _MIN_PRINT / 2

    def _find_markers(self, grey: Pixels) -> Matrix | None:
        """By the markers that both have, at least three; None with fewer."""
        code = getattr(cv2.aruco, f"DICT_{str(self.template.markers).upper()}")
        detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(code))
        own, theirs = (_detect(detector, image) for image in (self._grey, grey))
        common = sorted(set(own) & set(theirs))
        if len(common) < 3:
            return None
        points = [np.concatenate([found[each] for each in common]).reshape(-1, 2) for found in (own, theirs)]
        matrix, _ = cv2.findHomography(points[0], points[1], 0)
        return None if matrix is None else np.asarray(matrix, np.float64)

    def _is_plausible(self, matrix: Matrix) -> bool:
        """Whether a page may look like that: not turned over, nor squeezed to a line."""
        height, width = self._grey.shape
        corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
        seen = cv2.perspectiveTransform(corners, matrix).reshape(4, 2)
        if not np.isfinite(seen).all() or not cv2.isContourConvex(seen.astype(np.float32)):
            return False
        sides = np.linalg.norm(seen - np.roll(seen, -1, axis=0), axis=1)
        skew = np.divide(sides, [width, height, width, height])
        is_upward = (
            cv2.contourArea(seen.astype(np.float32), True) * cv2.contourArea(corners.astype(np.float32), True) > 0
        )
        return bool(is_upward and skew.max() < _MAX_SKEW * skew.min())

    def _refine(self, grey: Pixels, matrix: Matrix) -> Matrix:
        """The homography fitted anew to the blank's corners, as they are found in the rectified picture."""
        if len(self._corners) < _MIN_MATCHES:
            return matrix
        sheet = Registration(self.template, matrix, 0.0).rectify(grey)
        own, theirs = (_even_out(image) for image in (self._grey, sheet))
        followed, is_found, _ = cv2.calcOpticalFlowPyrLK(
            own, theirs, self._corners, self._corners.copy(), winSize=(_FLOW_SIDE_PX, _FLOW_SIDE_PX), maxLevel=2
        )
        is_kept = np.asarray(is_found).ravel() > 0
        if is_kept.sum() < _MIN_MATCHES:
            return matrix
        correction, _ = cv2.findHomography(
            self._corners[is_kept], np.asarray(followed)[is_kept], cv2.USAC_MAGSAC, _MAX_FLOW_ERROR_PX
        )
        return matrix if correction is None else np.asarray(matrix @ correction, np.float64)

    def _measure_print(self, sheet: Pixels) -> tuple[float, float]:
        """How much of the blank's print is on a rectified sheet, and on what share of its tiles it is missing."""
        ink = extract_ink(sheet).mask
        side = 2 * _PRINT_REACH_PX + 1
        near = cv2.dilate(ink, np.ones((side, side), np.uint8))
        chance = near[self._print == 0].mean()  # print is found anywhere on a page that is black all over
        height, width = self._print.shape
        total, counts = int(self._print.sum()), []
        for rows in np.array_split(np.arange(height), _TILES):
            for columns in np.array_split(np.arange(width), _TILES):
                window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                own = self._print[window] > 0
                if own.sum() >= max(1.0, _MIN_TILE_PRINT * total):
                    counts.append(float(near[window][own].mean()))
        coverage = float(near[self._print > 0].mean()) if total else 0.0
        expected = min(0.99, float(chance))
        net = [(each - expected) / (1 - expected) for each in [coverage, *counts]]
        return max(0.0, net[0]), float(np.mean([each < _MIN_TILE_COVERAGE for each in net[1:]])) if counts else 1.0


def _detect(detector: cv2.aruco.ArucoDetector, image: Pixels) -> dict[int, NDArray[np.float32]]:
    """The corners of each marker on an image, by its number."""
    corners, numbers, _ = detector.detectMarkers(image)
    found = [] if numbers is None else np.asarray(numbers).ravel().tolist()
    return {int(number): np.asarray(each, np.float32) for number, each in zip(found, corners, strict=True)}


def _even_out(grey: Pixels) -> Pixels:
    """A page with its light evened out, so that a shadow's edge is no feature."""
    background = cv2.blur(cv2.dilate(grey, np.ones((15, 15), np.uint8)), (31, 31))
    return np.asarray(cv2.divide(grey, np.maximum(background, 1), scale=255), np.uint8)


def _find_features(image: Pixels) -> _Features:
    keypoints, descriptors = cv2.ORB.create(_FEATURES, fastThreshold=10).detectAndCompute(_even_out(image), None)
    if descriptors is None:
        return _Features(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    return _Features(np.array([each.pt for each in keypoints], np.float32), np.asarray(descriptors, np.uint8))


def _match(own: _Features, theirs: _Features, factor: float) -> Matrix | None:
    """The homography from a blank to a picture on which most matches agree; `factor` is that of the features' size."""
    if min(len(own.points), len(theirs.points)) < _MIN_MATCHES:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(theirs.descriptors, own.descriptors, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _MAX_RATIO * pair[1].distance]
    if len(good) < _MIN_MATCHES:
        return None
    points = own.points[[each.trainIdx for each in good]]
    seen = theirs.points[[each.queryIdx for each in good]] / factor
    to_blank, is_inlier = cv2.findHomography(seen, points, cv2.USAC_MAGSAC, _MAX_ERROR_PX, maxIters=5000)
    if to_blank is None or is_inlier.sum() < _MIN_MATCHES or abs(np.linalg.det(to_blank)) < 1e-12:
        return None
    return np.asarray(np.linalg.inv(to_blank), np.float64)
