"""Both ways to read, with every option."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import inkdigits
from inkdigits.serving import schema
from tests.reading.drawing import draw_lines, encode_image
from tests.reading.pdfs import build_pages_pdf
from tests.serving.conftest import Service, form


def image_of(url: str) -> Image.Image:
    head, data = url.split(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_page_is_read_as_the_library_reads_it(service: Service, page: bytes) -> None:
    answer = service.post("/v1/read", page)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    (told,) = answer.json["readings"]
    wanted = inkdigits.read(page).as_dict()
    assert told["lines"] and set(told) == set(wanted)
    assert {**told, "seconds": 0} == {**wanted, "seconds": 0}


def test_a_form_gives_the_page_its_files_name(service: Service, page: bytes) -> None:
    body, kind = form(page, filename="größe.png")
    (told,) = service.post("/v1/read", body, kind).json["readings"]
    assert told["file"] == "größe.png" and told["text"] == inkdigits.read(page).text


@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream", "IMAGE/PNG; q=1"])
def test_what_the_bytes_are_counts_not_what_they_are_said_to_be(service: Service, page: bytes, kind: str) -> None:
    assert service.post("/v1/read", page, kind).json["readings"][0]["lines"]


def test_several_pages(service: Service, page: bytes) -> None:
    image = Image.open(io.BytesIO(page))
    tiff = encode_image(image, "TIFF", save_all=True, append_images=[image.rotate(180), image])
    readings = service.post("/v1/read", tiff, "image/tiff").json["readings"]
    assert [reading["page"] for reading in readings] == [1, 2, 3]
    assert readings[0]["text"] == readings[2]["text"] == inkdigits.read(page).text


def test_a_pdf(service: Service) -> None:
    readings = service.post("/v1/read", build_pages_pdf(2), "application/pdf").json["readings"]
    assert [reading["page"] for reading in readings] == [1, 2]


def test_a_digit_with_its_glyph(service: Service, seven: bytes) -> None:
    told = service.post("/v1/digit", seven).json
    glyph = np.asarray(image_of(told.pop("glyph")))
    assert told == inkdigits.read_digit(seven).as_dict() and told["text"] == "7"
    assert np.array_equal(glyph, inkdigits.Reader().extract_glyph(seven))
    body, kind = form(seven)
    assert service.post("/v1/digit", body, kind).json["text"] == "7"


def test_a_digit_in_a_region_and_refused(service: Service, page: bytes, seven: bytes) -> None:
    told = service.post("/v1/digit?region=30,30,72,72", page).json
    assert told["text"] == "7" and 30 <= told["box"][0] < 102
    assert service.post("/v1/digit?min_confidence=1", seven).json["text"] == "?"


@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("min_confidence=1", {"min_confidence": 1}),
        ("region=0,0,400,110", {"region": inkdigits.Box(0, 0, 400, 110)}),
    ],
)
def test_options_of_a_page(service: Service, page: bytes, query: str, how: dict[str, object]) -> None:
    (told,) = service.post(f"/v1/read?{query}", page).json["readings"]
    wanted = inkdigits.read(page, **how)  # type: ignore[arg-type]
    assert told["text"] == wanted.text != inkdigits.read(page).text


@pytest.mark.parametrize("query", ["length=3", "pattern=3%5B0-4%5Ddd", "check=luhn&length=2", "range=0..40"])
def test_every_number_has_the_form_that_is_known(service: Service, page: bytes, query: str) -> None:
    from inkdigits.reading.decoding.form import Form

    known = {"length=3": Form(3), "check=luhn&length=2": Form(2, check="luhn"), "range=0..40": Form(range="0..40")}
    wanted = inkdigits.read(page, form=known.get(query, Form(pattern="3[0-4]dd")))
    assert service.post(f"/v1/read?{query}", page).json["readings"][0]["text"] == wanted.text


@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("as=expression&decimal=point", {"values": inkdigits.ValueRules("expression", "point")}),
        ("as=amount&decimals=2", {"values": inkdigits.ValueRules("amount", decimals=2)}),
        ("date_order=dmy", {"values": inkdigits.ValueRules(date_order="dmy")}),
        ("signs=drop", {"signs": "drop"}),
    ],
)
def test_signs_and_values(service: Service, query: str, how: dict[str, object]) -> None:
    """As the library reads them, and as the API's description has them."""
    page = encode_image(draw_lines(["12.50", "3+8=11"]), "PNG")
    (told,) = service.post(f"/v1/read?{query}", page).json["readings"]
    wanted = inkdigits.read(page, **how).as_dict()  # type: ignore[arg-type]
    assert told["lines"] == wanted["lines"] and len(told["lines"]) == 2
    schema.Reading.model_validate(told, strict=True)


def test_annotated_pages(service: Service, page: bytes) -> None:
    (told,) = service.post("/v1/read?annotate=true", page).json["readings"]
    drawn = image_of(told["annotated"])
    assert drawn.size == (told["width"], told["height"]) and drawn.mode == "RGB"
    assert (0, 114, 178) in {colour for _, colour in drawn.getcolors(2**20) or []}
    (told,) = service.post("/v1/read?annotate=false", page).json["readings"]
    assert "annotated" not in told


def test_a_connection_is_used_again(service: Service, seven: bytes) -> None:
    to = service.connection()
    for _ in range(3):
        assert service.ask_on(to, "POST", "/v1/digit", seven, content_type="image/png").status == 200
        assert service.ask_on(to, "POST", "/v1/digit?no=1", seven, content_type="image/png").status == 422
    to.close()
