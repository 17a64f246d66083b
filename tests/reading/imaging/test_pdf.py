"""Pages of a PDF come at 200 dots an inch, as they are seen; every way it can be broken gives one of our errors."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkdigits.errors import InkdigitsError, PictureError, PictureTooLargeError
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.imaging.picture import load_pages, load_single_page
from tests.reading.drawing import encode_image
from tests.reading.pdfs import build_locked_pdf, build_pages_pdf, build_pdf

SCAN = Image.fromarray((np.add.outer(np.arange(60) * 3, np.arange(40) * 2) % 256).astype(np.uint8))


def test_a_page_is_drawn_at_200_dots_an_inch_with_ink_where_it_belongs() -> None:
    page = load_single_page(build_pages_pdf())  # 1 × 1/2 inch
    assert (page.width, page.height, page.image.shape[2]) == (200, 100, 3)
    assert (page.grey[5:45, 5:45] < 5).all() and (page.grey[55:] > 250).all() and (page.grey[:, 55:] > 250).all()


def test_a_turned_page_comes_upright() -> None:
    page = load_single_page(build_pages_pdf(page_entries="/Rotate 90"))
    assert (page.width, page.height) == (100, 200)
    assert (page.grey[5:45, 55:95] < 5).all()


def test_colours_stay_what_they_are() -> None:
    red = Image.new("RGB", (72, 72), (200, 30, 10))
    assert (
        np.abs(
            load_single_page(encode_image(red, "PDF", resolution=72)).image[100, 100].astype(int) - (200, 30, 10)
        ).max()
        < 8
    )


def test_a_scan_of_several_pages() -> None:
    data = encode_image(Image.new("L", (40, 60), 255), "PDF", resolution=200, save_all=True, append_images=[SCAN])
    first, second = load_pages(data, name="scan.pdf")
    assert [(p.file, p.page, p.pages) for p in (first, second)] == [("scan.pdf", 1, 2), ("scan.pdf", 2, 2)]
    assert first.grey.min() == 255 and np.abs(second.grey[:60, :40].astype(int) - np.asarray(SCAN)).mean() < 6


def test_words_before_the_header_do_not_hide_a_pdf() -> None:
    assert load_single_page(b"\n\nscanned by a machine\n" + build_pages_pdf()).width == 200


def test_a_picture_that_speaks_of_pdf_is_a_picture() -> None:
    data = encode_image(SCAN, "JPEG", comment=b"%PDF-1.7")
    assert load_single_page(data).width == 40


def test_a_password_is_asked_for_in_one_sentence() -> None:
    with pytest.raises(PictureError, match=r"^a\.pdf: a PDF with a password; save it without one\.$"):
        list(load_pages(build_locked_pdf(), name="a.pdf"))


def test_ten_thousand_pages_are_too_many() -> None:
    data = build_pages_pdf(10_000)
    with pytest.raises(PictureTooLargeError, match=r"more than 200 pages.*--max-pages"):
        next(load_pages(data))
    assert next(load_pages(data, Limits(pages=10_000))).pages == 10_000


@pytest.mark.parametrize(
    ("box", "max_pixels", "width", "height"),
    [
        (
            "0 0 3024 4032",
            50_000_000,
            3461,
            4615,
        ),  # a photo with a point for each pixel: 8400×11200 at 200 dots an inch
        ("0 0 3024 4032", 1_000_000, 866, 1154),
        ("0 0 14400 14400", 100_000_000, 3996, 3996),
        ("0 0 99999999 1", 100_000_000, 29970, 1),
    ],
)
def test_a_page_that_would_be_too_large_is_drawn_smaller(box: str, max_pixels: int, width: int, height: int) -> None:
    page = next(load_pages(build_pages_pdf(box=box), Limits(pixels=max_pixels)))
    assert abs(page.width - width) <= 1 and abs(page.height - height) <= 1
    assert page.width * page.height <= max_pixels


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7",
        build_pages_pdf()[:60],
        build_pdf(["<</Type/Catalog>>"]),
        build_pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"]),
    ],
)
def test_a_pdf_without_pages_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        next(load_pages(data))


def test_many_threads_draw_the_same() -> None:
    data = build_pages_pdf(8)
    alone = [page.image for page in load_pages(data)]
    with ThreadPoolExecutor(8) as pool:
        for drawn in pool.map(lambda _: [page.image for page in load_pages(data)], range(16)):
            assert np.array_equal(drawn, alone)


WHOLE = [
    build_pages_pdf(3),
    build_locked_pdf(),
    encode_image(SCAN, "PDF"),
    encode_image(SCAN.convert("1"), "PDF"),
    encode_image(SCAN.convert("RGB"), "PDF", save_all=True, append_images=[SCAN]),
]


@given(st.data())
def test_nothing_but_our_errors_comes_out_of_damaged_pdfs(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 20))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    try:
        for page in load_pages(b"%PDF-" + bytes(whole[5 : cut or None]), Limits(pixels=1_000_000, pages=5)):
            assert page.image.dtype == np.uint8 and page.image.shape[2] == 3
    except InkdigitsError as error:
        assert str(error)


@given(st.binary(max_size=300))
def test_nothing_but_our_errors_comes_out_of_rubbish(rubbish: bytes) -> None:
    for data in (b"%PDF-" + rubbish, build_pages_pdf(page_entries=rubbish.decode("latin-1"))):
        try:
            list(load_pages(data, Limits(pixels=1_000_000)))
        except InkdigitsError as error:
            assert str(error)
