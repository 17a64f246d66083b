"""One digit of any size, light and polarity comes to the same glyph."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.ink import Ink, extract_ink
from inkdigits.reading.imaging.pixels import shrink
from inkdigits.reading.normalise import crop_glyphs, extract_ink_crop, make_glyph
from tests.helpers import measure_cpu_seconds
from tests.reading.drawing import Pixels, draw_on_paper, draw_rows


def measure_difference(left: Pixels, right: Pixels) -> float:
    return float(np.abs(left.astype(int) - right).mean())


def make_glyphs(images: Pixels) -> Pixels:
    """The glyphs of all the ink of N images, zeros where there is none."""
    crops = [extract_ink_crop(np.ascontiguousarray(image)) for image in images]
    return np.stack([np.zeros((28, 28), np.uint8) if crop is None else make_glyph(crop.ink) for crop in crops])


def test_mnist_digits_come_through_nearly_unchanged(digits: Digits) -> None:
    glyphs = make_glyphs(digits.images)
    assert measure_difference(glyphs, digits.images) < 8
    assert np.array_equal(glyphs, make_glyphs(255 - digits.images))


def test_few_levels_are_enough(digits: Digits) -> None:
    assert measure_difference(make_glyphs(digits.images // 16), digits.images) < 10


def test_digits_on_paper_come_back(digits: Digits) -> None:
    for size in (40, 120, 400):
        back = np.concatenate([make_glyphs(draw_on_paper(image, size)[np.newaxis]) for image in digits.images])
        assert measure_difference(back, digits.images) < 16, size


def test_dark_paper_is_the_same_as_light(digits: Digits) -> None:
    for image in digits.images:
        page = draw_on_paper(image)
        assert measure_difference(make_glyphs(page[np.newaxis]), make_glyphs(255 - page[np.newaxis])) < 8


def test_empty_paper_has_no_ink_crop() -> None:
    rough = np.random.default_rng(0).normal(230, 2, (200, 300)).astype(np.uint8)
    for page in (np.full((200, 300), 255, np.uint8), np.zeros((28, 28), np.uint8), np.ones((1, 1), np.uint8), rough):
        assert extract_ink_crop(page) is None
    assert not make_glyphs(np.full((2, 8, 8), 7, np.uint8)).any()


def test_specks_and_shadow_along_the_edge_are_left_out(digits: Digits) -> None:
    page = draw_on_paper(digits.images[10])
    dirty = page.copy()
    dirty[5:8, 100:103] = 30
    dirty[:, -6:] = 20
    assert measure_difference(make_glyphs(page[np.newaxis]), make_glyphs(dirty[np.newaxis])) < 4


def test_the_box_is_where_the_digit_is() -> None:
    page = np.full((900, 1200), 250, np.uint8)
    page[300:500, 700:740] = 10
    crop = extract_ink_crop(page)
    assert crop is not None
    assert np.abs(np.array(crop.box.as_list()) - (700, 300, 40, 200)).max() <= 3


def test_thin_pens_are_thickened() -> None:
    thin = np.zeros((400, 400), np.uint8)
    thin[100:300, 199:202] = 255
    assert (make_glyph(thin)[14] > 128).sum() >= 2


def test_the_pen_of_a_large_digit_is_thickened_as_that_of_a_small_one() -> None:
    """Small discs one after the other do what one large disc would."""
    inks = []
    for scale in (1, 8):
        ring = np.zeros((200 * scale, 200 * scale), np.uint8)
        cv2.circle(ring, (100 * scale, 100 * scale), 70 * scale, 255, 2 * scale)
        inks.append(int(make_glyph(ring).sum()))
    assert abs(inks[0] - inks[1]) < 0.05 * inks[0]


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=70)))
def test_any_image_gives_a_glyph(image: Pixels) -> None:
    crop = extract_ink_crop(image)
    if crop is not None:
        assert make_glyph(crop.ink).shape == (28, 28) and make_glyph(crop.ink).max() > 0
        assert crop.box.right <= image.shape[1] + 1 and crop.box.bottom <= image.shape[0] + 1


@given(st.integers(1, 3000), st.booleans())
def test_ribbons_give_a_glyph(length: int, upright: bool) -> None:
    ribbon = np.zeros((1, length), np.uint8)
    ribbon[0, length // 3 : length // 2] = 200
    make_glyphs((ribbon.T if upright else ribbon)[np.newaxis])


def boxes(*each: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(each, np.float32).reshape(-1, 4)


def test_glyphs_are_cut_out_of_a_page(digits: Digits) -> None:
    """From whole cells and from boxes that are a little off, the same glyph as of the digit alone."""
    page = extract_ink(draw_rows(digits.images, 5))
    cells = [(30 + 72 * (place % 5) + 8, 30 + 72 * (place // 5) + 8, 56, 56) for place in range(20)]
    inside = [(x + 12, y + 7, 32, 42) for x, y, *_ in cells]  # MNIST's box is 20 of 28 pixels
    alone = digits.images
    assert measure_difference(crop_glyphs(boxes(*cells), page), alone) < 16
    close = [measure_difference(one, two) for one, two in zip(crop_glyphs(boxes(*inside), page), alone, strict=True)]
    assert np.median(close) < 16


def test_what_lies_mostly_outside_a_box_is_left_out() -> None:
    page = Ink(np.zeros((100, 200), np.uint8), np.zeros((100, 200), np.uint8))
    page.strength[30:70, 50:58] = 255  # what is meant
    page.strength[30:70, 67:120] = 255  # a neighbour that reaches into the box
    page.mask[:] = page.strength > 0
    (glyph,) = crop_glyphs(boxes((44, 28, 24, 44)), page)
    assert np.flatnonzero(glyph.max(axis=0) > 100).size in (4, 5), "a bar of a fifth of its height"
    assert np.count_nonzero(glyph) < 6 * 22


def test_a_box_without_ink_or_off_the_page_gives_a_glyph(digits: Digits) -> None:
    empty = Ink(np.zeros((50, 60), np.uint8), np.zeros((50, 60), np.uint8))
    odd = boxes((10, 10, 20, 20), (-30, -30, 20, 20), (100, 100, 5, 5), (-10, 5, 100, 30), (5, 5, 0.2, 0.1))
    assert not crop_glyphs(odd, empty).any()
    assert crop_glyphs(odd, extract_ink(draw_on_paper(digits.images[0], 30))).shape == (5, 28, 28)
    assert crop_glyphs(boxes(), empty).shape == (0, 28, 28)


@given(
    hnp.arrays(np.uint8, (20, 30), elements=st.integers(0, 255)),
    st.lists(st.tuples(*[st.floats(-40, 70, width=32)] * 2, *[st.floats(0.125, 80, width=32)] * 2), max_size=4),
)
def test_any_boxes_on_any_ink_give_glyphs(strength: Pixels, where: list[tuple[float, float, float, float]]) -> None:
    ink = Ink(strength, (strength > 128).astype(np.uint8))
    assert crop_glyphs(boxes(*where), ink).shape == (len(where), 28, 28)


def test_small_digits_take_no_longer(digits: Digits) -> None:
    small = np.stack([cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA) for image in digits.images])
    assert measure_cpu_seconds(lambda: make_glyphs(small)) < 2 * measure_cpu_seconds(lambda: make_glyphs(digits.images))


def test_the_glyph_of_a_large_digit_is_that_of_a_small_one_and_takes_little_longer() -> None:
    """Loops of the same shape, a neighbour beside each: 40 pixels high, and 800."""

    def draw(size: int) -> tuple[Ink, NDArray[np.float64]]:
        mask = np.zeros((size * 3 // 2, size * 2), np.uint8)
        for x in (size // 2, size * 5 // 4):
            cv2.ellipse(mask, (x, size * 3 // 4), (size // 4, size // 2), 0, 0, 360, 1, size // 8)
        return Ink(mask * np.uint8(220), mask), boxes((size * 0.2, size * 0.2, size * 0.6, size * 1.1))

    (small_ink, small_box), (large_ink, large_box) = draw(40), draw(800)
    small, large = crop_glyphs(small_box, small_ink), crop_glyphs(large_box, large_ink)
    assert measure_difference(small, large) < 16
    small_seconds = measure_cpu_seconds(lambda: crop_glyphs(small_box[[0] * 20], small_ink))
    large_seconds = measure_cpu_seconds(lambda: crop_glyphs(large_box[[0] * 20], large_ink))
    assert large_seconds < 30 * small_seconds
    # A small one takes less time than it did when twenty times its time was the most; that much is here.
    shrink_seconds = measure_cpu_seconds(lambda: [shrink(large_ink.strength[:1000, :620], 112) for _ in range(20)])
    assert large_seconds < 3 * shrink_seconds
