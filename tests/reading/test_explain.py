"""A picture for every stage: of the sizes they should have, with what was found drawn in."""

import numpy as np
from PIL import Image

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.explain import explained
from inkdigits.reading.imaging.picture import pages
from inkdigits.reading.reader import Reader
from tests.reading.drawing import Pixels, in_rows


def stages(reader: Reader, page: Pixels) -> dict[str, Image.Image]:
    (picture,) = pages(page)
    return dict(explained(picture, reader.read(page), reader.stages(picture)))


def test_every_stage_has_its_picture(reader: Reader, digits: Digits) -> None:
    page = in_rows(digits.images, 10)
    seen = stages(reader, page)
    assert list(seen) == ["ink", "found", "glyphs", "weighed", "read"]
    assert all(image.mode == "RGB" for image in seen.values())
    for name in ("ink", "found", "weighed", "read"):
        assert seen[name].size == page.shape[::-1]


def test_ink_is_white_and_finds_are_coloured_where_they_are(reader: Reader, digits: Digits) -> None:
    page = in_rows(digits.images, 10)
    seen = {name: np.asarray(image).astype(int) for name, image in stages(reader, page).items()}
    dark = page < 100
    assert seen["ink"][dark].min(axis=1).mean() > 120 and seen["ink"][page > 250].max(axis=1).mean() < 5
    coloured = np.ptp(seen["weighed"], axis=2) > 60
    near = np.zeros_like(dark)
    for found in reader.read(page).digits:
        box = found.box
        near[box.y - 4 : box.bottom + 4, box.x - 4 : box.right + 4] = True
    assert coloured[dark].mean() > 0.7 and (coloured & ~near).sum() < 0.2 * coloured.sum()


def test_the_glyphs_stand_side_by_side_the_surest_first(reader: Reader, digits: Digits) -> None:
    page = in_rows(digits.images, 10)
    (picture,) = pages(page)
    found = reader.stages(picture)
    sheet = np.asarray(stages(reader, page)["glyphs"])
    first = found.glyphs[int(found.finds.digitness.argmax())]
    assert np.array_equal(sheet[:56, :56, 0], np.kron(first, np.ones((2, 2), np.uint8)))


def test_a_page_with_nothing_on_it_has_pictures_too(reader: Reader) -> None:
    seen = stages(reader, np.full((40, 60), 255, np.uint8))
    assert not np.asarray(seen["ink"]).any() and not np.asarray(seen["glyphs"]).any()
    assert np.asarray(seen["read"]).min() == 255


def test_large_pages_are_shown_as_they_were_looked_at(reader: Reader, digits: Digits) -> None:
    page = np.kron(in_rows(digits.images, 10), np.ones((4, 4), np.uint8))
    seen = stages(reader, page)
    assert max(seen["ink"].size) == max(seen["found"].size) == 2400 and seen["read"].size == page.shape[::-1]
