"""The second reader: somebody else's network on strips of ours, with the classes of ours."""

from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.alphabet import CLASS_COUNT
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.strips import FormNeighbours, draw_strip
from inkdigits.data.synthesis.strokes import Strokes
from inkdigits.errors import ModelError
from inkdigits.reading.networks import second as second_reader
from inkdigits.reading.networks.second import SecondReader
from inkdigits.reading.reader import Reader
from tests.reading.drawing import draw_rows

LAST_DIGIT = 10  # the class of 9; those of the other digits come before it


def spell(frames: NDArray[np.float32]) -> str:
    """The digits on the best path of frames."""
    best = frames.argmax(axis=1)
    starts = [now for before, now in zip([0, *best], best, strict=False) if now != before]
    return "".join(str(each - 1) for each in starts if 1 <= each <= LAST_DIGIT)


def test_its_classes_become_ours() -> None:
    strokes = Strokes.from_digits(load("train").slice(0, 300))
    material, hands, second = Material(strokes), FormNeighbours.from_strokes(strokes), SecondReader(threads=1)
    right_count = 0
    for seed in range(20):
        strip = draw_strip(material, hands, np.random.default_rng(seed), text="70125", is_cluttered=False)
        frames = second.transcribe(strip.ink)
        assert frames.shape == (strip.ink.shape[1] // 4, CLASS_COUNT) and frames.dtype == np.float32
        assert np.allclose(np.exp(frames).sum(axis=1), 1, atol=1e-3)
        right_count += spell(frames) == strip.text
    assert 6 <= right_count < 20  # the strips are hard; read in other classes, none would be right


def test_a_reader_asks_it_and_says_so(digits: Digits) -> None:
    page = draw_rows(digits.images[:8], 4)
    alone, both = Reader(threads=1).read(page), Reader(threads=1, second=True).read(page)
    assert both.model.name == f"{alone.model.name} and PP-OCRv6_rec_small"
    assert both.text.replace(" ", "") == "\n".join("".join(map(str, row)) for row in digits.labels[:8].reshape(2, 4))
    confidences = [[number.confidence for line in each.lines for number in line.numbers] for each in (alone, both)]
    assert confidences[0] != confidences[1]


def test_without_its_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_reader, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"not installed; run `pip install 'inkdigits\[second\]'`"):
        Reader(second=True)


@pytest.mark.parametrize("network", [None, b"no network"])
def test_a_package_without_its_network(network: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    if network is not None:
        (tmp_path / "models/PP-OCRv9_rec_small.onnx").write_bytes(network)
    spec = ModuleSpec("rapidocr", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(second_reader, "find_spec", lambda name: spec)
    with pytest.raises(ModelError, match=r"no network|not a network"):
        SecondReader()
