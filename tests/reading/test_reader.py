"""From pictures to numbers, with the packaged network."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkdigits
from inkdigits.data.digits import Digits
from inkdigits.errors import PictureError, SeveralPagesError, UsageError
from inkdigits.reading.reader import Reader
from inkdigits.types import Failure, Reading
from tests.reading.drawing import in_rows, on_paper, saved

TEXT = "0011223344\n5566778899"


def test_a_page_is_read(reader: Reader, digits: Digits) -> None:
    page = in_rows(digits.images, 10)
    reading = reader.read(page)
    assert "".join(str(d.digit) for d in reading.digits) == TEXT.replace("\n", "")
    assert [len("".join(n.text for n in line.numbers)) for line in reading.lines] == [10, 10]
    assert (reading.width, reading.height, reading.page) == (page.shape[1], page.shape[0], 1)


def test_the_json_of_a_reading_is_the_promised_one(reader: Reader, digits: Digits, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(saved(in_rows(digits.images, 10), "PNG"))
    found = json.loads(json.dumps(reader.read(path).as_dict()))
    assert list(found) == ["file", "page", "width", "height", "text", "lines", "model", "seconds"]
    assert found["file"] == str(path) and found["model"].keys() == {"name", "version"}
    digit = found["lines"][0]["numbers"][0]["digits"][0]
    assert list(digit) == ["text", "digit", "confidence", "digitness", "accepted", "box", "candidates"]
    assert digit["digit"] == digit["candidates"][0][0] == 0 and len(digit["candidates"]) >= 2


@pytest.mark.parametrize("size", [28, 60, 300])
def test_single_digits_are_read_in_any_size_and_polarity(reader: Reader, digits: Digits, size: int) -> None:
    for image, label in zip(digits.images, digits.labels, strict=True):
        page = on_paper(image, size)
        assert reader.read_digit(page).digit == reader.read_digit(255 - page).digit == label


def test_single_digits_are_read_in_any_file(reader: Reader, digits: Digits) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for image, label in zip(digits.images[::2], digits.labels[::2], strict=True):
        page = on_paper(image)
        clear = np.dstack([np.full_like(image, 255)] * 3 + [image])  # white ink on nothing
        files = [
            saved(np.ascontiguousarray(np.rot90(page)), "JPEG", exif=exif),
            saved(page.astype(np.uint16) * 257, "PNG"),
            saved(page.astype(np.uint16) * 16, "TIFF"),
            saved(clear, "PNG"),
            saved(np.dstack([np.zeros_like(image)] * 3 + [image]), "WEBP", lossless=True),
            saved(Image.fromarray(page).convert("CMYK"), "JPEG"),
            saved(page, "GIF"),
        ]
        assert [reader.read_digit(file).digit for file in files] == [label] * len(files)


def test_what_the_network_saw_can_be_had(reader: Reader, digits: Digits) -> None:
    seen = reader.glyph(on_paper(digits.images[3]))
    assert seen.shape == (28, 28) and seen.dtype == np.uint8
    assert np.abs(seen.astype(int) - digits.images[3]).mean() < 16


def test_white_paper_reads_as_nothing(reader: Reader) -> None:
    white = np.full((200, 300), 255, np.uint8)
    assert reader.read(white).lines == () and reader.read(white).text == ""
    digit = reader.read_digit(white)
    assert not digit.accepted and digit.digitness == 0 and digit.text == "?"
    assert not reader.glyph(white).any()


def test_pages_one_by_one(reader: Reader, digits: Digits) -> None:
    sheets = [Image.fromarray(in_rows(digits.images[start : start + 5], 5)) for start in (0, 10)]
    data = saved(sheets[0], "TIFF", save_all=True, append_images=sheets[1:])
    assert [r.text for r in reader.read_pages(data)] == [reader.read(np.asarray(sheet)).text for sheet in sheets]
    with pytest.raises(SeveralPagesError):
        reader.read(data)


def test_single_pages_have_one_line_one_number_one_digit(reader: Reader, digits: Digits) -> None:
    (reading,) = reader.read_pages(on_paper(digits.images[8]), single=True, name="mine")
    assert reading.file == "mine" and reading.text == str(digits.labels[8])
    assert [len(line.numbers) for line in reading.lines] == [1] and len(reading.digits) == 1


def test_an_attempt_says_what_failed_and_where(reader: Reader, tmp_path: Path) -> None:
    (failure,) = reader.attempt(tmp_path / "none.png")
    assert isinstance(failure, Failure)
    assert failure.as_dict()["error"]["kind"] == "picture" and failure.page == 1
    page = Image.fromarray(np.full((50, 50), 255, np.uint8))
    two = saved(page, "TIFF", save_all=True, append_images=[page.resize((60, 60))], compression="tiff_lzw")
    outcomes = list(Reader(limits=inkdigits.reading.picture.Limits(pixels=2500)).attempt(two, name="two.tif"))
    assert [type(outcome) for outcome in outcomes] == [Reading, Failure]
    assert (outcomes[1].file, outcomes[1].page) == ("two.tif", 2)


def test_normalised_digits_skip_the_normalising(reader: Reader, digits: Digits) -> None:
    answers = reader.classify(digits.images, normalised=True)
    assert np.array_equal(answers.probabilities.argmax(axis=1), digits.labels)
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
    page = saved(in_rows(digits.images, 10), "PNG")
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
    page = on_paper(digits.images[0])
    assert inkdigits.read_digit(page).digit == 0
    assert inkdigits.read(page).text == next(inkdigits.read_pages(page)).text == "0"
    with pytest.raises(PictureError):
        inkdigits.read("no such file.png")
