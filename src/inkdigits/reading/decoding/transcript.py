"""What the transcriber says of a row: the strip that it was shown, and its frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import OTHER, SIGNS, encode_text
from inkdigits.reading.decoding.frames import keep_characters
from inkdigits.reading.networks.transcriber import DIGIT_HEIGHT_PX, FRAME_WIDTH_PX

_NO_DIGIT_CLASSES = encode_text(SIGNS + OTHER)
_IMPOSSIBLE = -1e3  # log probability


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """`ink` float32 48×W in 0..1, and where it lies on the page: its column u is at x = `left + u / scale`, and the
    middle of that column at y = `level + slope · x`."""

    ink: NDArray[np.float32]
    left: float
    scale: float  # strip pixels a page pixel
    level: float
    slope: float

    @property
    def digit_height(self) -> float:
        """The height of its usual digit, in pixels of the page."""
        return DIGIT_HEIGHT_PX / self.scale

    def find_frame(self, x: float) -> float:
        """The frame, with fractions, at column `x` of the page."""
        return (x - self.left) * self.scale / FRAME_WIDTH_PX

    def find_x(self, frame: float) -> float:
        """The column of the page where a frame begins."""
        return self.left + frame * FRAME_WIDTH_PX / self.scale


@dataclass(frozen=True, eq=False)
class Transcript:
    """A strip and its frames, float32 T×27: log probabilities of the classes of `inkdigits.alphabet`.

    `is_second`: not by our own transcriber, but by the second reader, if there is one.
    """

    strip: Strip
    frames: NDArray[np.float32]
    is_second: bool = False

    @cached_property
    def digit_frames(self) -> NDArray[np.float64]:
        """The frames with all that is no digit as one class, float64 T×11."""
        return keep_characters(self.frames)

    def expect_digits(self) -> Transcript:
        """The same where digits and spaces are expected and nothing else: no frame is a sign or a letter."""
        frames = self.frames.astype(np.float64)
        frames[:, _NO_DIGIT_CLASSES] = _IMPOSSIBLE
        frames -= np.logaddexp.reduce(frames, axis=1, keepdims=True)
        return replace(self, frames=frames.astype(np.float32))

    def cut_frames(self, left: float, right: float) -> tuple[NDArray[np.float64], int]:
        """The `digit_frames` between two columns of the page, and the number of the first one."""
        span = self.find_frames(left, right)
        return self.digit_frames[span], span.start

    def find_frames(self, left: float, right: float) -> slice:
        """The numbers of the frames between two columns of the page; those of none beyond an end of the strip."""
        start, end = (min(max(self.strip.find_frame(x), 0.0), float(len(self.frames))) for x in (left, right))
        return slice(round(start), round(end))
