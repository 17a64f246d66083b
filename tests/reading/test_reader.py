"""From pictures to numbers, with the packaged networks.

What is asked of pages is their structure and most digits, not perfection: how well it reads is measured in bench/.
"""

import json
import threading
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import inkdigits
from inkdigits.data.sets.digits import Digits
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.errors import PictureError, SeveralPagesError, UsageError
from inkdigits.marks import Box
from inkdigits.reading import reader as reader_module
from inkdigits.reading.arguments import ReadArguments
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging import ink
from inkdigits.reading.imaging.ink import is_paper_dark
from inkdigits.reading.imaging.picture import load_pages
from inkdigits.reading.reader import Reader
from inkdigits.types import Failure, Reading
from tests.helpers import READING_KEYS
from tests.reading.drawing import Pixels, draw_lines, draw_on_paper, draw_rows, encode_image

WRITTEN = ("1984 2026", "31415926 5", "70 36 88")


@pytest.fixture(scope="module")
def many() -> Digits:
    return load("test").slice(0, 4000)


@pytest.fixture(scope="module")
def written(many: Digits) -> Pixels:
    """Three lines of numbers, colour, with MNIST's test digits."""
    return draw_page(many, WRITTEN, seed=3).image


def right(text: str, truth: tuple[str, ...] = WRITTEN) -> float:
    """How much of the truth was read, 0..1, spaces and the ends of lines too."""
    return SequenceMatcher(None, "\n".join(truth), text, autojunk=False).ratio()


def guessed(reading: Reading) -> str:
    """The text, with the best guess where it says `?`."""
    return "\n".join(
        " ".join("".join(str(digit.digit) for digit in number.digits) for number in line.numbers)
        for line in reading.lines
    )


@pytest.mark.parametrize("seed", range(4))
def test_pages_are_read_back(reader: Reader, many: Digits, seed: int) -> None:
    image = draw_page(many, WRITTEN, seed).image
    reading = reader.read(image)
    assert (reading.width, reading.height, reading.page) == (image.shape[1], image.shape[0], 1)
    assert len(reading.lines) == 3 and 6 <= len(reading.numbers) <= 9
    assert right(guessed(reading)) > 0.85


def test_boxes_lie_around_the_ink(reader: Reader, digits: Digits) -> None:
    """In the order of reading, each in the cell it was drawn in."""
    found = reader.read(draw_rows(digits.images, 10)).digits
    assert len(found) == 20
    for place, digit in enumerate(found):
        x, y = 30 + 72 * (place % 10), 30 + 72 * (place // 10)
        assert x <= digit.box.x and digit.box.right <= x + 72
        assert y <= digit.box.y and digit.box.bottom <= y + 72
    assert sum(digit.digit == label for digit, label in zip(found, digits.labels, strict=True)) >= 18


def test_polarity_and_channels_change_nothing_much(reader: Reader, written: Pixels) -> None:
    grey = np.asarray(Image.fromarray(written).convert("L"))
    opaque = np.dstack([written, np.full(grey.shape, 255, np.uint8)])
    ways = [grey, 255 - grey, grey[:, :, np.newaxis], written, 255 - written, opaque, grey.astype(np.uint16) * 257]
    for way in ways:
        assert right(guessed(reader.read(way))) > 0.85
    for wrong in (np.dstack([grey, grey]), written[np.newaxis], written[:, :, :0], grey[0]):
        with pytest.raises(PictureError, match="give H×W, H×W×3 or H×W×4"):
            reader.read(wrong)


def test_what_covers_most_of_a_page_is_paper_even_where_nothing_on_it_is_sure(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's polarity is misjudged here: its paper, as far as it stands out, covers a quarter of the page."""
    page = draw_lines(["5203", "7184", "360"], 1)
    monkeypatch.setattr(ink, "is_paper_dark", lambda grey: not is_paper_dark(grey))
    texts = []
    for max_share in (0.5, 0.2):
        monkeypatch.setattr(reader_module, "_MAX_INK_SHARE", max_share)
        texts.append(reader.read(page, min_confidence=1.0).text)
    assert texts[0] == "" and texts[1].count("?") >= 10


@pytest.mark.parametrize("side", [11, 20, 400])
def test_tiny_and_huge_digits_are_read(reader: Reader, many: Digits, side: int) -> None:
    """Written 64 pixels high, and then the page made smaller or larger."""
    image = draw_page(many, ("2026", "3145"), seed=5).image
    size = tuple(round(length * side / 64) for length in image.shape[1::-1])
    reading = reader.read(np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)))
    assert len(reading.lines) == 2
    assert right(guessed(reading), ("2026", "3145")) > (0.55 if side < 15 else 0.75)


def test_digits_larger_than_the_squares_of_their_paper_are_read_as_without(reader: Reader, written: Pixels) -> None:
    plain, squared = reader.read(written), written.copy()
    digit_height = plain.lines[0].numbers[0].digits[0].box.height
    for start in range(9, max(written.shape), round(0.75 * digit_height)):
        squared[start : start + 2] = np.minimum(squared[start : start + 2], 150)
        squared[:, start : start + 2] = np.minimum(squared[:, start : start + 2], 150)
    read = reader.read(squared)
    assert len(read.lines) == len(plain.lines) and abs(len(read.numbers) - len(plain.numbers)) <= 1
    assert right(guessed(read), tuple(guessed(plain).splitlines())) > 0.75


def test_a_part_of_a_page_is_read_and_its_boxes_are_those_of_the_page(reader: Reader, written: Pixels) -> None:
    whole = reader.read(written)
    second = whole.lines[1].box
    part = Box(0, second.y - 12, written.shape[1], second.height + 24)
    reading = reader.read(written, region=part)
    assert len(reading.lines) == 1 and (reading.width, reading.height) == (whole.width, whole.height)
    found = reading.lines[0].box
    assert np.abs(np.array(found.as_list()) - second.as_list()).max() < 12
    with pytest.raises(PictureError, match="lies outside the page"):
        reader.read(written, region=Box(5000, 0, 10, 10))


@pytest.mark.parametrize("words", [{"min_confidence": "high"}, {"min_confidence": 2}, {"region": (0, 0, 9, 9)}])
def test_options_of_another_kind_are_refused_in_one_sentence(
    reader: Reader, written: Pixels, words: dict[str, Any]
) -> None:
    for read in (reader.read, reader.read_pages, reader.attempt):
        with pytest.raises(UsageError, match=r"from 0 to 1, not|A region is an inkdigits\.Box"):
            read(written, **words)


def test_a_form_chooses_so_many_digits_a_number(reader: Reader, many: Digits) -> None:
    for seed in range(4):
        image = draw_page(many, ("1984 2026", "3141 5926"), seed).image
        reading = reader.read(image, form=Form(length=4))
        assert len(reading.lines) == 2 and 3 <= len(reading.numbers) <= 4
        assert all(number.fits == (len(number.digits) == 4) for number in reading.numbers)
        assert sum(number.fits is True for number in reading.numbers) >= 3
        assert all(number.known == number.confidence for number in reading.numbers)
        years = reader.read(image, form=Form(length=4, range=(1900, 6000)))
        values = [int("".join(str(d.digit) for d in number.digits)) for number in years.numbers if number.fits]
        assert len(values) >= 3 and all(1900 <= value <= 6000 for value in values)


def test_what_cannot_fit_keeps_its_plain_reading(reader: Reader, written: Pixels) -> None:
    plain, reading = reader.read(written), reader.read(written, form=Form(pattern="7777777777777"))
    assert reading.text == plain.text and all(number.fits is False for number in reading.numbers)
    assert all(number.fits is None for number in plain.numbers)


def test_the_least_confidence_is_what_is_asked(reader: Reader, written: Pixels) -> None:
    eager, strict = (reader.read(written, min_confidence=min_confidence) for min_confidence in (0.0, 1.0))
    assert [digit.digit for digit in eager.digits] == [digit.digit for digit in strict.digits]
    assert sum(digit.accepted for digit in strict.digits) < sum(digit.accepted for digit in eager.digits)
    assert all(digit.accepted for digit in eager.digits if digit.digitness > 0.6)


@pytest.mark.parametrize("how", [{"min_confidence": 1.5}, {"min_confidence": float("nan")}, {"min_confidence": -0.1}])
def test_a_confidence_that_is_none_is_said(reader: Reader, written: Pixels, how: ReadArguments) -> None:
    with pytest.raises(UsageError, match="from 0 to 1, not"):
        reader.read(written, **how)


def test_a_single_digit_has_no_form(reader: Reader, written: Pixels) -> None:
    with pytest.raises(UsageError, match="A single digit has no form"):
        reader.read(written, single=True, form=Form(length=1))


def test_every_stage_can_be_looked_at(reader: Reader, written: Pixels) -> None:
    (picture,) = load_pages(written)
    stages = reader.run_stages(picture)
    assert stages.lines == reader.read(written).lines
    assert stages.glyphs.shape == (len(stages.detections), 28, 28) and len(stages.proposals.detections) == len(
        stages.detections
    )
    assert np.array_equal(stages.proposals.detections.boxes, stages.detections.boxes)


def test_the_json_of_a_reading_is_the_promised_one(reader: Reader, digits: Digits, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(encode_image(draw_rows(digits.images, 10), "PNG"))
    found = json.loads(json.dumps(reader.read(path).as_dict()))
    assert list(found) == READING_KEYS
    assert found["file"] == str(path) and found["model"].keys() == {"name", "version"}
    digit = found["lines"][0]["numbers"][0]["digits"][0]
    assert list(digit) == ["text", "digit", "confidence", "digitness", "accepted", "box", "candidates"]
    assert digit["digit"] == digit["candidates"][0][0] == 0 and len(digit["candidates"]) >= 2


@pytest.mark.parametrize("size", [28, 60, 300])
def test_single_digits_are_read_in_any_size_and_polarity(reader: Reader, digits: Digits, size: int) -> None:
    for image, label in zip(digits.images, digits.labels, strict=True):
        page = draw_on_paper(image, size)
        assert reader.read_digit(page).digit == reader.read_digit(255 - page).digit == label


def test_single_digits_are_read_in_any_file(reader: Reader, digits: Digits) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for image, label in zip(digits.images[::2], digits.labels[::2], strict=True):
        page = draw_on_paper(image)
        clear = np.dstack([np.full_like(image, 255)] * 3 + [image])  # white ink on nothing
        files = [
            encode_image(np.ascontiguousarray(np.rot90(page)), "JPEG", exif=exif),
            encode_image(page.astype(np.uint16) * 257, "PNG"),
            encode_image(page.astype(np.uint16) * 16, "TIFF"),
            encode_image(clear, "PNG"),
            encode_image(np.dstack([np.zeros_like(image)] * 3 + [image]), "WEBP", lossless=True),
            encode_image(Image.fromarray(page).convert("CMYK"), "JPEG"),
            encode_image(page, "GIF"),
        ]
        assert [reader.read_digit(file).digit for file in files] == [label] * len(files)


def test_what_the_network_saw_can_be_had(reader: Reader, digits: Digits) -> None:
    glyph = reader.extract_glyph(draw_on_paper(digits.images[3]))
    assert glyph.shape == (28, 28) and glyph.dtype == np.uint8
    assert np.abs(glyph.astype(int) - digits.images[3]).mean() < 16


def test_white_paper_reads_as_nothing(reader: Reader) -> None:
    white = np.full((200, 300), 255, np.uint8)
    assert reader.read(white).lines == () and reader.read(white).text == ""
    digit = reader.read_digit(white)
    assert not digit.accepted and digit.digitness == 0 and digit.text == "?"
    assert not reader.extract_glyph(white).any()


def test_pages_one_by_one(reader: Reader, digits: Digits) -> None:
    sheets = [Image.fromarray(draw_rows(digits.images[start : start + 5], 5)) for start in (0, 10)]
    data = encode_image(sheets[0], "TIFF", save_all=True, append_images=sheets[1:])
    assert [r.text for r in reader.read_pages(data)] == [reader.read(np.asarray(sheet)).text for sheet in sheets]
    with pytest.raises(SeveralPagesError):
        reader.read(data)


def test_single_pages_have_one_line_one_number_one_digit(reader: Reader, digits: Digits) -> None:
    (reading,) = reader.read_pages(draw_on_paper(digits.images[8]), single=True, name="mine")
    assert reading.file == "mine" and reading.text == str(digits.labels[8])
    assert [len(line.numbers) for line in reading.lines] == [1] and len(reading.digits) == 1


def test_an_attempt_says_what_failed_and_where(reader: Reader, tmp_path: Path) -> None:
    (failure,) = reader.attempt(tmp_path / "none.png")
    assert isinstance(failure, Failure)
    assert failure.as_dict()["error"]["kind"] == "picture" and failure.page == 1
    white = Image.fromarray(np.full((50, 50), 255, np.uint8))
    two = encode_image(white, "TIFF", save_all=True, append_images=[white.resize((60, 60))], compression="tiff_lzw")
    outcomes = list(Reader(limits=inkdigits.reading.imaging.picture.Limits(pixels=2500)).attempt(two, name="two.tif"))
    assert [type(outcome) for outcome in outcomes] == [Reading, Failure]
    assert (outcomes[1].file, outcomes[1].page) == ("two.tif", 2)


def test_normalised_digits_skip_the_normalising(reader: Reader, digits: Digits) -> None:
    classification = reader.classify(digits.images, normalised=True)
    assert np.array_equal(classification.probabilities.argmax(axis=1), digits.labels)
    assert np.array_equal(reader.classify(255 - digits.images).probabilities.argmax(axis=1), digits.labels)
    assert reader.classify(digits.images[:0]).probabilities.shape == (0, 10)


@pytest.mark.parametrize(
    ("images", "normalised"),
    [
        (np.zeros((28, 28), np.uint8), False),
        (np.zeros((2, 28, 28), np.float32), False),
        (np.zeros((2, 0, 28), np.uint8), False),
        (np.zeros((2, 8, 8), np.uint8), True),
        ([[1, 2]], False),
    ],
)
def test_what_cannot_be_classified_is_said(reader: Reader, images: object, normalised: bool) -> None:
    with pytest.raises(UsageError):
        reader.classify(images, normalised)  # type: ignore[arg-type]


def test_threads_read_the_same(reader: Reader, digits: Digits) -> None:
    page = encode_image(draw_rows(digits.images[:6], 3), "PNG")
    expected, found = reader.read(page).lines, []

    def work() -> None:
        found.extend(reader.read(page).lines == expected for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40


def test_the_module_reads_with_one_shared_reader(digits: Digits) -> None:
    page = draw_on_paper(digits.images[0])
    assert inkdigits.read_digit(page).digit == 0
    reading = inkdigits.read(page)
    assert reading.lines == next(inkdigits.read_pages(page)).lines and [digit.digit for digit in reading.digits] == [0]
    with pytest.raises(PictureError):
        inkdigits.read("no such file.png")


def test_a_stain_or_an_edge_that_is_all_there_is_is_not_accepted(reader: Reader) -> None:
    stain = np.full((60, 60), 235, np.uint8)
    cv2.ellipse(stain, (30, 30), (26, 10), 0, 0, 360, 60, -1)
    edge = np.full((300, 400), 235, np.uint8)
    cv2.fillPoly(edge, [np.array([[300, 0], [400, 0], [400, 300], [330, 300]])], 60)
    assert reader.read_digit(stain).accepted, "asked for a digit, it is one"
    for picture in (stain, edge):
        assert not any(digit.accepted for digit in reader.read(picture).digits)


@pytest.mark.parametrize("grey", [205, 170])
def test_digits_in_dark_rows_of_a_table_are_read_as_without(reader: Reader, many: Digits, grey: int) -> None:
    page = 255 - (255 - draw_rows(many.images[:36], 6)) // 2  # pale ink
    plain = reader.read(page)
    height = page.shape[0] // 6
    for row in (1, 3, 5):
        band = page[row * height : (row + 1) * height, 10:-10]
        band[:] = (band.astype(np.float64) * grey / 255).astype(np.uint8)
    assert right(reader.read(page).text, tuple(line.text for line in plain.lines)) > 0.9


@pytest.mark.parametrize("radius", [12, 20, 30])
def test_discs_are_no_zeros(reader: Reader, radius: int) -> None:
    page = np.full((7 * radius, 11 * radius), 150, np.uint8)
    for x in range(2 * radius, 10 * radius, 4 * radius):
        cv2.circle(page, (x, 2 * radius), radius, 40, -1)
        cv2.circle(page, (x, 5 * radius), radius, 40, -1)
    assert not reader.read(page).digits


@pytest.mark.parametrize("ground", [30, 60])
def test_a_sheet_on_a_dark_table_is_read_as_it_is_without(reader: Reader, many: Digits, ground: int) -> None:
    page = draw_page(many, ("1984 2026", "3141 5926"), seed=1).image
    height, width = page.shape[:2]
    table = np.full((4 * height, 3 * width, 3), ground, np.uint8)
    table[height : 2 * height, width : 2 * width] = page
    alone, on_table = reader.read(page), reader.read(table)
    guesses = [
        ["".join(str(digit.digit) for digit in number.digits) for number in each.numbers] for each in (alone, on_table)
    ]
    assert guesses[0] == guesses[1] == ["1984", "2026", "3141", "5926"]
    assert on_table.text.count("?") <= alone.text.count("?") + 1


def test_a_sheet_that_seems_dark_in_its_border_is_read_anew_if_nothing_on_it_is_sure(reader: Reader) -> None:
    sheet = np.pad(draw_rows(load("test").images[120:132], 4), ((0, 0), (0, 160)), constant_values=255)
    noisy = 0.9 * sheet + np.random.default_rng(10).normal(0, 3, sheet.shape)
    page = np.pad(np.clip(noisy, 0, 255).astype(np.uint8), 60, constant_values=60)
    assert is_paper_dark(page), "taken for a blackboard at first"
    assert sum(digit.accepted for digit in reader.read(page).digits) >= 10
