"""Find a filled sheet on a picture: which template it is of, and where every point of it lies.

Features of the blank are matched with those of the picture, whichever way up it lies (ORB: Rublee et al., 2011), or its
printed ArUco markers are found, and a homography is fitted robustly. Then the blank's corners are followed into the
rectified picture (pyramidal Lucas and Kanade) and the homography is fitted anew to them, to a part of a pixel. Last,
what is printed on the blank must be found where it says: a sheet of another form, or half a sheet, is refused. All
of it is done on small copies of the blank and the picture, as time goes with their pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import FormError, UsageError
from inkdigits.forms.template import Template
from inkdigits.reading.imaging.pixels import Pixels, shrink

_PICTURE_SIDE_PX, _BLANK_SIDE_PX = 1400, 1100  # longest sides of the small copies
_FEATURES, _MIN_SIDE_PX = 2000, 20  # of a small copy; no side of one that has features is shorter
_MAX_RATIO = 0.85  # of the distance to the best and to the second best match
_MIN_MATCHES, _MIN_MARKERS, _MAX_ERROR_PX = 12, 3, 4.0  # of a homography, in pixels of the small blank
_CORNERS, _CORNER_DISTANCE_PX = 600, 8
_FLOW_SIDE_PX = 21
_MAX_FLOW_ERROR_PX = 1.5
_REFINEMENTS = 2
_TILES = 4  # to each side of the page: in each tile that has print, enough of it must be found
_MIN_TILE_PRINT = 0.01  # of the print of the page: what has less tells nothing
_MIN_PRINT, _MIN_TILE_COVERAGE = 0.6, 0.35  # of the blank's ink that is found on the sheet, and in each of its tiles
_MAX_MISSING_TILES = 0.15  # share of tiles: a folded corner
MIN_DARKNESS = 30  # of 255, against the paper: what is fainter is no print
_PRINT_REACH_PX, _FOUND_DARKNESS = 2, 0.35  # so far off, and so dark beside the blank's, print counts as found
_CLEARLY_BETTER = 1.15  # times as much print as by the second template
_MAX_STRETCH = 0.1  # log of the ratio of width to height of a picture that is the sheet, to the blank's own
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
        page = (self.template.height, self.template.width)
        height, width = (round(side * scale) for side in page)
        return _rectify(grey, self.matrix @ _resize_matrix((height, width), page), (width, height))


class SheetFinder:
    """Finds sheets of one or several forms. Built once and reused, from several threads too."""

    def __init__(self, templates: Sequence[Template]) -> None:
        """Looks at the blanks. Raises what `Template.blank_grey` raises."""
        self._blanks = [_Blank(template) for template in templates]

    def find(self, grey: Pixels, name: str = "the picture") -> Registration:
        """Where the one sheet on a picture, uint8 H×W, lies. Raises FormError, with the reason, when there is none of
        these forms, only a part of one, or more than one."""
        picture = _View(grey, _PICTURE_SIDE_PX)
        found = [each for blank in self._blanks if (each := blank.find(picture)) is not None]
        found.sort(key=lambda each: -each.coverage)
        forms = " or ".join(repr(blank.template.name) for blank in self._blanks)
        if not found or found[0].coverage < _MIN_PRINT:
            if found and found[0].is_partial:
                raise FormError(f"{name}: only part of the sheet {forms} is visible; photograph all of it.")
            raise FormError(
                f"{name}: this is no sheet of {forms}; check the page, or take it flat and in better light."
            )
        best = found[0]
        if best.missing_tiles > _MAX_MISSING_TILES:
            raise FormError(f"{name}: part of the sheet {best.blank.template.name!r} is missing; photograph all of it.")
        rivals = [each for each in found[1:] if each.coverage >= _MIN_PRINT]
        if rivals and rivals[0].coverage * _CLEARLY_BETTER > best.coverage:
            names = " and ".join(repr(each.blank.template.name) for each in (best, rivals[0]))
            raise FormError(f"{name}: it may be a sheet of {names}; read it with one template alone.")
        if best.blank.find_second(picture, best):
            raise FormError(f"{name}: there are two sheets on one picture; take one at a time.")
        matrix = np.linalg.inv(picture.to_small) @ best.matrix @ best.blank.view.to_small
        return Registration(best.blank.template, np.asarray(matrix, np.float64), best.coverage)


class _View:
    """A small copy of an image, enlarged if that is very small, and its features; `to_small` takes points of the image
    to points of the copy."""

    def __init__(self, grey: Pixels, side_px: int) -> None:
        self.small = shrink(grey, side_px)
        if 2 * max(self.small.shape) < side_px:  # features lie too near to the edges of what is very small
            enlarging = side_px / 2 / max(self.small.shape)
            self.small = np.asarray(cv2.resize(self.small, None, fx=enlarging, fy=enlarging), np.uint8)
        self.to_small = _resize_matrix(grey.shape, self.small.shape)
        self.even = even_out(self.small)
        keypoints: Sequence[cv2.KeyPoint] = ()
        descriptors: cv2.typing.MatLike | None = None
        if min(self.small.shape) >= _MIN_SIDE_PX:  # ORB fails on what is thinner
            keypoints, descriptors = cv2.ORB.create(_FEATURES, fastThreshold=10).detectAndCompute(self.even, None)
        self.points = np.array([each.pt for each in keypoints], np.float32).reshape(-1, 2)
        self.descriptors = np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A sheet: `matrix` takes points of the small blank to points of the small picture."""

    blank: _Blank
    matrix: Matrix
    coverage: float
    missing_tiles: float
    is_partial: bool

    @property
    def is_whole(self) -> bool:
        """Whether enough of the print was found, all over the page."""
        return self.coverage >= _MIN_PRINT and self.missing_tiles <= _MAX_MISSING_TILES


class _Blank:
    """What there is to be found of one form."""

    def __init__(self, template: Template) -> None:
        self.template, self.view = template, _View(template.blank_grey, _BLANK_SIDE_PX)
        corners = cv2.goodFeaturesToTrack(self.view.even, _CORNERS, 0.02, _CORNER_DISTANCE_PX)
        self._corners = np.zeros((0, 1, 2), np.float32) if corners is None else np.asarray(corners, np.float32)
        self._print = 255 - self.view.even > MIN_DARKNESS
        self._detector = None
        if template.markers:
            code = getattr(cv2.aruco, f"DICT_{template.markers.upper()}")
            self._detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(code))
            self._markers = _detect(self._detector, self.view.small)
            if len(self._markers) < _MIN_MARKERS:
                raise UsageError(f"The blank of {template.name!r} shows too few markers {template.markers}; drop them.")

    def find(self, picture: _View) -> _Found | None:
        """The sheet on a picture, as far as it is to be seen; None without any."""
        matrix = None if self._detector is None else self._find_markers(picture, self._detector)
        if matrix is None:
            matrix = _match(self.view, picture, np.ones(len(picture.points), np.bool_))
        found = None if matrix is None else self._follow(picture, matrix)
        resizing = _resize_matrix(self.view.small.shape, picture.small.shape)
        is_of_its_shape = abs(np.log(resizing[0, 0] / resizing[1, 1])) < _MAX_STRETCH
        if is_of_its_shape and not (found and found.is_whole):  # what is cut to the sheet may have too few features
            filling = self._follow(picture, resizing)
            found = filling if filling is not None and filling.is_whole else found
        return found

    def _follow(self, picture: _View, matrix: Matrix) -> _Found | None:
        """The sheet that lies about where `matrix` takes the small blank to; None where no page can lie so."""
        if not self._is_plausible(matrix):
            return None
        for _ in range(_REFINEMENTS):
            matrix = self._refine(picture, matrix)
        coverage, missing = self._measure_print(self._rectify(picture, matrix))
        seen, size = _map_points(matrix, self._outline), np.array(picture.small.shape[::-1])
        is_out = bool(((seen < -0.1 * size) | (seen > 1.1 * size)).any())
        return _Found(self, matrix, coverage, missing, is_out and coverage > 0.2)

    def find_second(self, picture: _View, first: _Found) -> bool:
        """Whether there is another sheet of the form beside the first."""
        outline = _map_points(first.matrix, self._outline).astype(np.float32)

        def is_outside(x: float, y: float) -> bool:
            return bool(cv2.pointPolygonTest(outline, (x, y), False) < 0)

        matrix = _match(self.view, picture, np.array([is_outside(*point) for point in picture.points.tolist()], bool))
        if matrix is None or not self._is_plausible(matrix):
            return False
        matrix = self._refine(picture, matrix)
        middle = _map_points(matrix, self._outline.mean(axis=0, keepdims=True))[0]
        return is_outside(*middle.tolist()) and self._measure_print(self._rectify(picture, matrix))[0] >= _MIN_PRINT

    @property
    def _outline(self) -> NDArray[np.float64]:
        """The corners of the small blank, clockwise, 4×2."""
        height, width = self.view.small.shape
        return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)

    def _rectify(self, picture: _View, matrix: Matrix) -> Pixels:
        height, width = self.view.small.shape
        return _rectify(picture.small, matrix, (width, height))

    def _find_markers(self, picture: _View, detector: cv2.aruco.ArucoDetector) -> Matrix | None:
        """By the markers that both have; None with too few."""
        seen = _detect(detector, picture.small)
        common = sorted(set(self._markers) & set(seen))
        if len(common) < _MIN_MARKERS:
            return None
        points = [np.concatenate([each[number] for number in common]).reshape(-1, 2) for each in (self._markers, seen)]
        matrix, _ = cv2.findHomography(points[0], points[1], 0)
        return None if matrix is None else np.asarray(matrix, np.float64)

    def _is_plausible(self, matrix: Matrix) -> bool:
        """Whether a page may look like that: not turned over, nor squeezed to a line."""
        seen = _map_points(matrix, self._outline)
        if not np.isfinite(seen).all() or not cv2.isContourConvex(seen.astype(np.float32)):
            return False
        height, width = self.view.small.shape
        sides = np.linalg.norm(seen - np.roll(seen, -1, axis=0), axis=1)
        skew = np.divide(sides, [height, width, height, width])
        areas = [cv2.contourArea(each.astype(np.float32), True) for each in (seen, self._outline)]
        return bool(areas[0] * areas[1] > 0 and skew.max() < _MAX_SKEW * skew.min())

    def _refine(self, picture: _View, matrix: Matrix) -> Matrix:
        """The homography fitted anew to the blank's corners, as they are found in the rectified picture."""
        if len(self._corners) < _MIN_MATCHES:
            return matrix
        followed, is_found, _ = cv2.calcOpticalFlowPyrLK(
            self.view.even, even_out(self._rectify(picture, matrix)), self._corners, self._corners.copy(),
            winSize=(_FLOW_SIDE_PX, _FLOW_SIDE_PX), maxLevel=2,
        )  # fmt: skip
        is_kept = np.asarray(is_found).ravel() > 0
        if is_kept.sum() < _MIN_MATCHES:
            return matrix
        correction, _ = cv2.findHomography(
            self._corners[is_kept], np.asarray(followed)[is_kept], cv2.USAC_MAGSAC, _MAX_FLOW_ERROR_PX
        )
        return matrix if correction is None else np.asarray(matrix @ correction, np.float64)

    def _measure_print(self, sheet: Pixels) -> tuple[float, float]:
        """How much of the blank's print is on a rectified sheet, and on what share of its tiles it is missing."""
        side = 2 * _PRINT_REACH_PX + 1
        near, darkness = 255 - cv2.erode(even_out(sheet), np.ones((side, side), np.uint8)), 255 - self.view.even
        is_found = near > _FOUND_DARKNESS * darkness
        usual = _FOUND_DARKNESS * (darkness[self._print].mean() if self._print.any() else 255.0)
        chance = (near[~self._print] > usual).mean()  # print is found anywhere on a page that is black all over
        height, width = self._print.shape
        total, counts = int(self._print.sum()), []
        for rows in np.array_split(np.arange(height), _TILES):
            for columns in np.array_split(np.arange(width), _TILES):
                window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                own = self._print[window]
                if own.sum() >= max(1.0, _MIN_TILE_PRINT * total):
                    counts.append(float(is_found[window][own].mean()))
        coverage = float(is_found[self._print].mean()) if total else 0.0
        expected = min(0.99, float(chance))
        net = [(each - expected) / (1 - expected) for each in [coverage, *counts]]
        return max(0.0, net[0]), float(np.mean([each < _MIN_TILE_COVERAGE for each in net[1:]])) if counts else 1.0


def _resize_matrix(before: tuple[int, ...], after: tuple[int, ...]) -> Matrix:
    """What takes points of an image of one shape to points of the same image resized to another: pixels are squares,
    and a point is the middle of one."""
    y, x = np.divide(after, before).tolist()
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def _rectify(grey: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    """What `matrix` takes points of an image of `size` (width, height) to, as that image."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _map_points(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points, N×2, as a homography takes them."""
    return np.asarray(cv2.perspectiveTransform(points.reshape(-1, 1, 2), matrix), np.float64).reshape(-1, 2)


def _detect(detector: cv2.aruco.ArucoDetector, image: Pixels) -> dict[int, NDArray[np.float32]]:
    """The corners of each marker on an image, by its number."""
    corners, numbers, _ = detector.detectMarkers(image)
    found = [] if numbers is None else np.asarray(numbers).ravel().tolist()
    return {int(number): np.asarray(each, np.float32) for number, each in zip(found, corners, strict=True)}


def even_out(grey: Pixels) -> Pixels:
    """A page with its light evened out, so that a shadow's edge is no feature."""
    background = cv2.blur(cv2.dilate(grey, np.ones((15, 15), np.uint8)), (31, 31))
    return np.asarray(cv2.divide(grey, np.maximum(background, 1), scale=255), np.uint8)


def _match(blank: _View, picture: _View, is_shown: NDArray[np.bool_]) -> Matrix | None:
    """The homography from a blank to a picture on which most matches agree, by the picture's features shown."""
    points, descriptors = picture.points[is_shown], picture.descriptors[is_shown]
    if min(len(blank.points), len(points)) < _MIN_MATCHES:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, blank.descriptors, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _MAX_RATIO * pair[1].distance]
    if len(good) < _MIN_MATCHES:
        return None
    own, seen = blank.points[[each.trainIdx for each in good]], points[[each.queryIdx for each in good]]
    to_blank, is_inlier = cv2.findHomography(seen, own, cv2.USAC_MAGSAC, _MAX_ERROR_PX, maxIters=5000)
    if to_blank is None or is_inlier.sum() < _MIN_MATCHES or abs(np.linalg.det(to_blank)) < 1e-12:
        return None
    return np.asarray(np.linalg.inv(to_blank), np.float64)
