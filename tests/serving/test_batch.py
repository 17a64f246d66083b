"""Several files in one request: read in their order, each failing by itself, within limits in sum."""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import inkdigits
from tests.helpers import wait_for
from tests.reading.drawing import encode_image
from tests.reading.pdfs import build_pages_pdf
from tests.serving.conftest import Service, form_of_several, problem, serving


@pytest.fixture(scope="module")
def tight() -> Iterator[Service]:
    """A service with narrow limits: a page of 300×300 is as large as a batch may be."""
    limits = ["--max-bytes", "20000", "--max-batch-files", "3", "--max-batch-bytes", "40000"]
    with serving(*limits, "--max-batch-pixels", "90000", "--max-pages", "3", "--threads", "1") as service:
        yield service


def blank(side: int) -> bytes:
    return encode_image(np.full((side, side), 255, np.uint8), "PNG")


def test_several_files_are_read_in_their_order(service: Service, page: bytes, seven: bytes) -> None:
    files = [("a.png", page), ("two.pdf", build_pages_pdf(2)), ("b.png", seven)]
    readings = service.post("/v1/read", *form_of_several(*files)).json["readings"]
    assert [(each["file"], each["page"]) for each in readings] == [
        ("a.png", 1),
        ("two.pdf", 1),
        ("two.pdf", 2),
        ("b.png", 1),
    ]
    assert readings[0]["text"] == inkdigits.read(page).text and readings[3]["text"] == inkdigits.read(seven).text


def test_a_file_that_cannot_be_read_fails_alone(service: Service, page: bytes) -> None:
    image = Image.open(io.BytesIO(page))
    torn = encode_image(image, "TIFF", save_all=True, append_images=[image], compression="tiff_lzw")
    files = [("a.txt", b"hello"), ("b.tiff", torn[: len(torn) * 3 // 4]), ("c.png", page)]
    body, kind = form_of_several(*files)
    readings = service.post("/v1/read", body, kind).json["readings"]
    assert readings[0]["error"]["kind"] == "media-type" and "JPEG" in readings[0]["error"]["message"]
    assert readings[-1]["text"] == inkdigits.read(page).text
    (failed,) = [each for each in readings if each["file"] == "b.tiff" and "error" in each]
    assert set(failed) == {"file", "page", "error"} and failed["error"]["kind"] == "picture"
    lines = service.post("/v1/read?format=jsonl", body, kind).body.decode().splitlines()
    told = [json.loads(line) for line in lines]
    assert [(each["file"], "error" in each) for each in told] == [(each["file"], "error" in each) for each in readings]
    rows = list(csv.DictReader(io.StringIO(service.post("/v1/read?format=csv", body, kind).body.decode())))
    assert [{"file": row["file"], "message": row["value"]} for row in rows if row["kind"] == "error"] == [
        {"file": each["file"], "message": each["error"]["message"]} for each in readings if "error" in each
    ]
    row = rows[0]
    assert {name: value for name, value in row.items() if value} == {
        "file": "a.txt", "page": "1", "kind": "error", "value": readings[0]["error"]["message"]
    }  # fmt: skip
    assert rows[-1]["file"] == "c.png" and rows[-1]["text"]


def test_a_page_that_cannot_be_read_has_its_error_even_in_a_single_file(service: Service, page: bytes) -> None:
    image = Image.open(io.BytesIO(page))
    pages = encode_image(image, "TIFF", save_all=True, append_images=[image.crop((0, 0, 40, 40)), image])
    readings = service.post("/v1/read?region=50,50,90,90", pages, "image/tiff").json["readings"]
    assert [(each["page"], "error" in each) for each in readings] == [(1, False), (2, True), (3, False)]
    assert "he region 50,50,90,90 lies outside the page" in readings[1]["error"]["message"]
    problem(service.post("/v1/read?region=5000,5000,9,9", pages, "image/tiff"), 422, "picture")


def test_pictures_are_not_drawn_for_a_table(service: Service, page: bytes) -> None:
    said = problem(service.post("/v1/read?annotate=true&format=csv", page, "image/png"), 422, "usage")
    assert "annotate adds pictures to JSON; leave out format" in said


def test_a_single_file_answers_with_its_problem(service: Service) -> None:
    problem(service.post("/v1/read", *form_of_several(("a.txt", b"hello"))), 415, "media-type")


@pytest.mark.parametrize("path", ["/v1/digit", "/v1/inspect", "/v1/explain"])
def test_a_second_file_is_never_ignored(service: Service, seven: bytes, path: str) -> None:
    said = problem(service.post(path, *form_of_several(("a", seven), ("b", seven))), 422, "multipart")
    assert "/v1/read" in said


def test_limits_in_sum(tight: Service) -> None:
    small = blank(100)
    assert tight.post("/v1/read", *form_of_several(*[("a", small)] * 3)).status == 200
    said = problem(tight.post("/v1/read", *form_of_several(*[("a", small)] * 4)), 422, "multipart")
    assert "more than 3 files" in said
    large = blank(220)
    assert tight.post("/v1/read", *form_of_several(("a", large))).status == 200
    said = problem(tight.post("/v1/read", *form_of_several(("a", large), ("b", large))), 422, "too-large")
    assert "90,000 pixels" in said
    pages = Image.new("1", (180, 180), 1)
    many = encode_image(pages, "TIFF", save_all=True, append_images=[pages, pages])
    assert "90,000 pixels" in problem(tight.post("/v1/read", many, "image/tiff"), 422, "too-large")
    said = problem(
        tight.post("/v1/read", *form_of_several(("a", small), ("b.png", bytes(25_000)))), 413, "too-many-bytes"
    )
    assert said.startswith("b.png has more than 20,000 bytes")
    said = problem(tight.post("/v1/read", *form_of_several(*[("a", bytes(15_000))] * 3)), 413, "too-many-bytes")
    assert said.startswith("The body has more than 40,000 bytes")


def test_others_go_between_the_pages_of_a_batch(page: bytes, seven: bytes) -> None:
    """On one thread, a digit that comes while a batch is read is answered before the batch is."""
    with serving("--threads", "1", "--max-seconds", "300") as service, ThreadPoolExecutor(1) as sender:
        assert service.post("/v1/digit", seven).status == 200
        batch = sender.submit(service.post, "/v1/read", *form_of_several(*[("a", page)] * 8))
        wait_for(lambda: service.metric("inkdigits_queue_running") == 1)
        assert service.post("/v1/digit", seven).status == 200
        assert not batch.done()
        assert len(batch.result().json["readings"]) == 8


def test_a_batch_that_takes_too_long_is_broken_off(page: bytes, seven: bytes) -> None:
    with serving("--max-seconds", "0.1", "--threads", "1") as service:
        problem(service.post("/v1/read", *form_of_several(*[("a", page)] * 12)), 504, "time")
        wait_for(lambda: not service.metric("inkdigits_queue_running"))
        assert service.metric("inkdigits_pages_total") == 0
        wait_for(lambda: service.post("/v1/digit", seven).status == 200)
