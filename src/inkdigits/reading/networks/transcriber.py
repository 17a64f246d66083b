"""Transcribe strips of a page: ink → for every few pixels the log probability of each character."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.alphabet import BLANK_INDEX, CHARACTERS, encode_text
from inkdigits.reading.networks.activations import log_softmax
from inkdigits.reading.networks.session import DEFAULT_THREADS, WEIGHTS_FOLDER, OnnxModel

PACKAGED_PATH = WEIGHTS_FOLDER / "transcriber.onnx"
STRIP_HEIGHT_PX = 48
FRAME_WIDTH_PX = 4  # of a strip, to a frame
WIDTH_MULTIPLE_PX = 16  # a strip's width is a multiple of this
DIGIT_HEIGHT_PX = 30.0  # that a strip's usual digit is brought to
# By how many nats signs are less likely than they were learnt to be: rare ones beside digits, except in a sum, a date,
# a time, or an amount that is filled up as in `500/-`; slashes and brackets where none can stand.
_RARE_SIGNS, _RARE_COST = "()~:/#%", 2.0
_WITH_SIGNS = re.compile(
    r"[0-9].*[+×÷].*[0-9]|\b[0-9]{1,2}/[0-9]{1,2}/([0-9]{2}){1,2}\b|\b[0-9]{1,2}:[0-9]{2}\b|[0-9]/[-=]"
)
_MISPLACED, _MISPLACED_COST = (
    re.compile(
        r"(?<![0-9)])/|/(?![0-9(=-])|\((?![0-9(-])|(?<![0-9)])\)"
        r"|(?<=[0-9]{3})/(?=[0-9]{3}(?!.*[=+×÷]))|(?<=[0-9]{5})/(?=[0-9])|(?<=[0-9])/(?=[0-9]{5})"  # in long numbers
    ),
    4.0,
)
# A bracket that another one lacks may have been taken for a digit or a slash: where, by how many nats it is likelier
# then, and by how many it may be less likely than what it was taken for.
_BRACKET_PLACES = {
    "(": re.compile(r"(?<![0-9.,')])[0-9/](?=[0-9(])"),
    ")": re.compile(r"(?<=[0-9)])[0-9/](?![0-9.,'(])"),
}
_LACKED_GAIN, _MAX_LACKED_LOSS = 3.0, 6.0


class Transcriber:
    """The network that transcribes strips. May be used from several threads at once."""

    def __init__(self, path: str | os.PathLike[str] | None = None, threads: int = DEFAULT_THREADS) -> None:
        """Load it. Raises ModelError when a file is missing, damaged, or not one of ours."""
        self._model = OnnxModel(path if path is not None else PACKAGED_PATH, "frames", threads)

    def transcribe(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames of a strip, float32 48×W in 0..1 (W a multiple of 16): log probabilities, float32 W/4×27, of the
        classes of `inkdigits.alphabet`.

        Signs are as likely as they are in life, and as their places on the strip make them; see `weigh_signs`.
        """
        logits = self._model.run(["frames"], strip[None, None])["frames"][0, :, 0].T
        return log_softmax(logits + weigh_signs(logits))


def weigh_signs(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is added to the logits T×27 of a strip, float32 T×27: some signs are rarer in life than on the strips that
    the network learnt from, and each that it sees wrongly is a digit lost; some make no sense where they stand."""
    text, spans = _spell(logits)
    weights = np.zeros_like(logits)
    if _WITH_SIGNS.search(text) is None:
        weights[:, encode_text(_RARE_SIGNS)] -= _RARE_COST
    for match in _MISPLACED.finditer(text):
        weights[spans[match.start()], encode_text(match[0])] -= _MISPLACED_COST
    for bracket, other in ("()", ")("):
        if text.count(bracket) < text.count(other):
            weights += _weigh_lacked_bracket(bracket, logits, text, spans)
    return weights


def _weigh_lacked_bracket(
    bracket: str, logits: NDArray[np.float32], text: str, spans: Sequence[slice]
) -> NDArray[np.float32]:
    """What makes a bracket likelier in the one place where it is least unlikely, float32 T×27."""
    weights, (index,) = np.zeros_like(logits), encode_text(bracket)
    candidates = [spans[match.start()] for match in _BRACKET_PLACES[bracket].finditer(text)]
    losses = [float((logits[span].max(axis=1) - logits[span, index]).min()) for span in candidates]
    if losses and min(losses) <= _MAX_LACKED_LOSS:
        weights[candidates[int(np.argmin(losses))], index] += _LACKED_GAIN
    return weights


def _spell(logits: NDArray[np.float32]) -> tuple[str, list[slice]]:
    """The text of the best path of frames T×27, and for each of its characters the frames it stands in, and one more on
    either side."""
    best = logits.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=BLANK_INDEX)).tolist()
    runs = [(start, end) for start, end in pairwise([*starts, len(best)]) if best[start] != BLANK_INDEX]
    text = "".join(CHARACTERS[best[start] - 1] for start, _ in runs)
    return text, [slice(max(0, start - 1), end + 1) for start, end in runs]
