"""Every way a picture can be stored gives the same page; every way it can be broken gives one of our errors."""

import pickle
import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pillow_heif import register_heif_opener

from inkdigits.errors import InkdigitsError, PictureError, PictureTooLargeError, SeveralPagesError
from inkdigits.reading.imaging.picture import Limits, load_pages, load_single_page
from tests.reading.drawing import Pixels, encode_image

GREY: Pixels = (np.add.outer(np.arange(30) * 5, np.arange(20) * 3) % 256).astype(np.uint8)  # 30 high, 20 wide
COLOUR: Pixels = np.stack([GREY, GREY[::-1], 255 - GREY], axis=2)
register_heif_opener()  # so that Pillow can write HEIC for these tests; reading does not need it


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
def test_lossless_formats_keep_every_pixel(kind: str) -> None:
    assert np.array_equal(load_single_page(encode_image(GREY, kind)).grey, GREY)
    assert np.array_equal(load_single_page(encode_image(COLOUR, kind)).image, COLOUR)


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95}), ("GIF", {}), ("HEIF", {})]
)
def test_lossy_formats_come_close(kind: str, options: dict[str, int]) -> None:
    assert np.abs(load_single_page(encode_image(GREY, kind, **options)).grey.astype(int) - GREY).mean() < 4


def test_cmyk_palette_and_bilevel() -> None:
    grey = Image.fromarray(GREY)
    assert np.abs(load_single_page(encode_image(grey.convert("CMYK"), "TIFF")).grey.astype(int) - GREY).mean() < 2
    assert np.abs(load_single_page(encode_image(grey.convert("P"), "PNG")).grey.astype(int) - GREY).mean() < 2
    assert set(np.unique(load_single_page(encode_image(grey.convert("1"), "PNG")).grey)) <= {0, 255}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])  # of which Pillow turns the second as it loads it
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int, kind: str) -> None:
    stored = {  # how a camera in that position stores the upright picture
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: np.rot90(GREY, 1),
        7: GREY.T[::-1, ::-1],
        8: np.rot90(GREY, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = load_single_page(encode_image(np.ascontiguousarray(stored), kind, exif=exif))
    assert (page.width, page.height) == (20, 30)
    assert np.array_equal(page.grey, GREY)


def test_a_heic_picture_comes_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(np.rot90(GREY, 1))
    page = load_single_page(encode_image(Image.fromarray(stored), "HEIF", quality=95, exif=exif.tobytes()))
    assert (page.width, page.height) == (20, 30) and np.abs(page.grey.astype(int) - GREY).mean() < 4


def test_a_heic_picture_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not there
    with pytest.raises(PictureError, match=r"inkdigits\[heic\]"):
        load_single_page(encode_image(GREY, "HEIF"))


def test_a_damaged_exif_block_is_no_reason_to_refuse() -> None:
    data = encode_image(GREY, "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_single_page(data).height == 30


@pytest.mark.parametrize("deepest", [4095, 65535])
def test_16_bits_are_scaled_not_clipped(deepest: int) -> None:
    deep = (GREY.astype(np.float64) / GREY.max() * deepest).astype(np.uint16)
    expected = GREY.astype(np.float64) / GREY.max() * 255
    for source in (deep, encode_image(deep, "PNG"), encode_image(deep, "TIFF")):
        assert np.abs(load_single_page(source).grey - expected).max() <= 1


def test_16_bit_noise_on_empty_paper_is_not_blown_up() -> None:
    page = np.random.default_rng(0).integers(60000, 60200, (30, 30)).astype(np.uint16)
    assert np.ptp(load_single_page(page).grey) < 15


@pytest.mark.parametrize("ink", [0, 255])
def test_transparent_drawings_show_their_ink(ink: int) -> None:
    image = np.zeros((30, 20, 4), np.uint8)
    image[5:25, 8:12] = (ink, ink, ink, 255)
    for source in (image, encode_image(image, "PNG"), encode_image(image, "TIFF")):
        grey = load_single_page(source).grey
        assert grey[10, 10] == ink and grey[0, 0] == 255 - ink


def test_clear_margins_of_an_opaque_picture_go_on_with_its_paper() -> None:
    image = np.full((40, 40, 4), 200, np.uint8)
    image[..., 3] = 0
    image[3:37, 3:37, 3] = 255
    image[10:30, 18:22, :3] = 20
    grey = load_single_page(image).grey
    assert grey[0, 0] == grey[5, 5] == 200 and grey[20, 20] == 20


def test_a_tiff_gives_all_pages_and_a_gif_its_first_frame() -> None:
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    found = list(load_pages(encode_image(first, "TIFF", save_all=True, append_images=[second]), name="two.tif"))
    assert [(p.file, p.page, p.pages) for p in found] == [("two.tif", 1, 2), ("two.tif", 2, 2)]
    assert np.array_equal(found[1].grey, 255 - GREY)
    assert len(list(load_pages(encode_image(first, "GIF", save_all=True, append_images=[second])))) == 1


def test_several_pages_are_too_many_for_one() -> None:
    page = Image.fromarray(GREY)
    data = encode_image(page, "TIFF", save_all=True, append_images=[page] * 4)
    with pytest.raises(SeveralPagesError, match="read_pages"):
        load_single_page(data)
    with pytest.raises(PictureTooLargeError, match="more than 3 pages"):
        list(load_pages(data, Limits(pages=3)))
    assert len(list(load_pages(data, Limits(pages=5)))) == 5


def test_paths_name_their_pages(tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    path.write_bytes(encode_image(GREY, "PNG"))
    assert load_single_page(path).file == load_single_page(str(path)).file == str(path)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be width×height."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(50_000, 50_000), (2**31 - 1, 2**31 - 1), (0, 10)])
def test_absurd_sizes_are_refused_before_decoding(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError):
        load_single_page(bomb(*size))


def test_limits_on_bytes_and_pixels_can_be_set() -> None:
    data = encode_image(GREY, "PNG")
    for limits in (Limits(bytes=len(data) - 1), Limits(pixels=599)):
        with pytest.raises(PictureTooLargeError):
            load_single_page(data, limits)
    assert load_single_page(data, Limits(bytes=len(data), pixels=600)).width == 20


def test_messages_about_limits_name_the_option_that_raises_them() -> None:
    data = encode_image(GREY, "PNG")
    for limits, option in ((Limits(bytes=9), "--max-bytes"), (Limits(pixels=9), "--max-pixels")):
        with pytest.raises(PictureTooLargeError, match=option) as raised:
            load_single_page(data, limits)
        error = pickle.loads(pickle.dumps(raised.value))  # as between processes
        assert str(error) == str(raised.value) == f"{error.without_limit[:-1]} or raise Limits.{option[6:]} ({option})."


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (5,), (5, 5, 2), (1, 2, 3, 4)])
def test_arrays_of_no_picture_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError):
        load_single_page(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    "source", [np.zeros((4, 4), np.float64), 3, None, b"", b"hello, I am no picture", b"\xff\xd8\xff"]
)
def test_what_is_no_picture_is_refused(source: object) -> None:
    with pytest.raises(PictureError):
        load_single_page(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "HEIF"])
def test_a_picture_cut_short_is_refused(kind: str) -> None:
    data = encode_image(np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8), kind)
    with pytest.raises(PictureError):
        load_single_page(data[: len(data) // 2])


def test_unreadable_paths_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    for path in (tmp_path, tmp_path / "none.png", empty, empty / "below", "nul\0byte", "x" * 5000):
        with pytest.raises(PictureError):
            load_single_page(path)


def test_an_endless_file_is_cut_off() -> None:
    with pytest.raises(PictureTooLargeError):
        load_single_page("/dev/zero", Limits(bytes=1000))


KINDS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "HEIF")
WHOLE = [encode_image(COLOUR, kind) for kind in KINDS] + [
    encode_image(
        Image.fromarray(GREY), "TIFF", save_all=True, append_images=[Image.fromarray(GREY)], compression="tiff_lzw"
    ),
    encode_image(GREY.astype(np.uint16) * 200, "PNG"),
]


@given(st.data())
def test_nothing_but_our_errors_comes_out_of_damaged_files(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    try:
        for page in load_pages(bytes(whole[: cut or None]), Limits(pixels=1_000_000, pages=5)):
            assert page.image.dtype == np.uint8 and page.image.size
    except InkdigitsError as error:
        assert str(error)


@given(st.binary(max_size=200), st.sampled_from([whole[:16] for whole in WHOLE]))
def test_nothing_but_our_errors_comes_out_of_rubbish(rubbish: bytes, start: bytes) -> None:
    for data in (rubbish, start + rubbish):
        try:
            list(load_pages(data, Limits(pixels=1_000_000)))
        except InkdigitsError as error:
            assert str(error)
