import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from inkdigits.errors import UsageError, WriteError
from inkdigits.lab.curves import draw_curves
from inkdigits.lab.save import encode, save
from inkdigits.lab.sheet import draw_sheet
from tests.lab.examples import digits, records


def test_png_is_1200_pixels_wide(tmp_path: Path) -> None:
    save(draw_sheet(digits([1, 2])), tmp_path / "new" / "sheet.png")
    with Image.open(tmp_path / "new" / "sheet.png") as png:
        assert png.format == "PNG"
        assert png.width == 1200


def test_svg_is_svg(tmp_path: Path) -> None:
    save(draw_curves(records(), "mine"), tmp_path / "curves.SVG")
    text = (tmp_path / "curves.SVG").read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert "<svg" in text


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_equal_figures_give_equal_bytes(kind: str) -> None:
    assert encode(draw_curves(records(), "mine"), kind) == encode(draw_curves(records(), "mine"), kind)


def test_threads_draw_what_one_draws() -> None:
    alone = encode(draw_curves(records(), "mine"), "png")
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: encode(draw_curves(records(), "mine"), "png"), range(8)))
    assert all(each == alone for each in drawn)
    with Image.open(io.BytesIO(alone)) as png:
        assert png.size[0] == 1200


@pytest.mark.parametrize("name", ["figure.gif", "figure", "figure.pdf"])
def test_other_kinds_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="png or svg"):
        save(draw_sheet(digits([1])), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteError, match="could not be written"):
        save(draw_sheet(digits([1])), tmp_path / "file" / "sheet.png")
