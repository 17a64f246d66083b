"""A picture for every stage: of the sizes they should have, with what was found drawn in."""

import numpy as np
from PIL import Image

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.explain import draw_stages
from inkdigits.reading.imaging.picture import load_pages
from inkdigits.reading.reader import Reader
from tests.reading.drawing import Pixels, draw_rows


def draw(reader: Reader, page: Pixels) -> dict[str, Image.Image]:
    (picture,) = load_pages(page)
    return dict(draw_stages(picture, reader.read(page), reader.run_stages(picture)))


def test_every_stage_has_its_picture(reader: Reader, digits: Digits) -> None:
    page = draw_rows(digits.images, 10)
    pictures = draw(reader, page)
    assert list(pictures) == ["ink", "found", "glyphs", "weighed", "read"]
    assert all(image.mode == "RGB" for image in pictures.values())
    for name in ("ink", "found", "weighed", "read"):
        assert pictures[name].size == page.shape[::-1]


def test_ink_is_white_and_detections_are_coloured_where_they_are(reader: Reader, digits: Digits) -> None:
    page = draw_rows(digits.images, 10)
    pictures = {name: np.asarray(image).astype(int) for name, image in draw(reader, page).items()}
    dark = page < 100
    assert pictures["ink"][dark].min(axis=1).mean() > 120 and pictures["ink"][page > 250].max(axis=1).mean() < 5
    coloured = np.ptp(pictures["weighed"], axis=2) > 60
    near = np.zeros_like(dark)
    for found in reader.read(page).digits:
        box = found.box
        near[box.y - 4 : box.bottom + 4, box.x - 4 : box.right + 4] = True
    assert coloured[dark].mean() > 0.7 and (coloured & ~near).sum() < 0.2 * coloured.sum()


def test_the_glyphs_stand_side_by_side_the_surest_first(reader: Reader, digits: Digits) -> None:
    page = draw_rows(digits.images, 10)
    (picture,) = load_pages(page)
    found = reader.run_stages(picture)
    sheet = np.asarray(draw(reader, page)["glyphs"])
    first = found.glyphs[int(found.detections.digitness.argmax())]
    assert np.array_equal(sheet[:56, :56, 0], np.kron(first, np.ones((2, 2), np.uint8)))


def test_a_page_with_nothing_on_it_has_pictures_too(reader: Reader) -> None:
    pictures = draw(reader, np.full((40, 60), 255, np.uint8))
    assert not np.asarray(pictures["ink"]).any() and not np.asarray(pictures["glyphs"]).any()
    assert np.asarray(pictures["read"]).min() == 255


def test_large_pages_are_shown_as_the_detector_saw_them(reader: Reader, digits: Digits) -> None:
    page = np.kron(draw_rows(digits.images, 10), np.ones((4, 4), np.uint8))
    pictures = draw(reader, page)
    assert (
        max(pictures["ink"].size) == max(pictures["found"].size) == 2400 and pictures["read"].size == page.shape[::-1]
    )
