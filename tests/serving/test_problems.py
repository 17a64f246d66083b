"""Every error is a problem document, and the right one."""

import http.client
import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest

from inkdigits.reading.decoding.checks import CHECKS
from inkdigits.serving.options import ReadOptions
from tests.helpers import wait_for
from tests.reading.drawing import encode_image
from tests.reading.pdfs import build_locked_pdf, build_pages_pdf
from tests.serving.conftest import BOUNDARY, Answer, Service, form, form_of_several, problem, serving

FORM = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture(scope="module")
def tight() -> Iterator[Service]:
    """A service with narrow limits."""
    words = ["--max-bytes", "100000", "--max-pixels", "250000", "--max-pages", "2", "--max-upload-seconds", "1"]
    with serving(*words) as service:
        yield service


@pytest.mark.parametrize(
    ("body", "kind", "status", "problem_kind"),
    [
        (b"", "image/png", 422, "picture"),
        (b"hello", "image/png", 415, "media-type"),
        (b"<svg/>", "image/svg+xml", 415, "media-type"),
        (b"{}", "application/json", 415, "media-type"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "media-type"),
        (b"\x89PNG\r\n\x1a\nnonsense", "image/png", 422, "picture"),
        (b"%PDF-1.7\nnonsense", "application/pdf", 422, "picture"),
        (build_locked_pdf(), "application/pdf", 422, "picture"),
        (b"", "multipart/form-data", 422, "multipart"),
        (b"", FORM, 422, "multipart"),
        (b"nonsense", FORM, 422, "multipart"),
        (form(b"x", name="picture")[0], FORM, 422, "multipart"),
        (form(b"x")[0][:-4], FORM, 422, "multipart"),
        (form(b"x")[0], FORM + "x" * 999, 422, "multipart"),
        (form(b"x")[0], FORM, 415, "media-type"),
        (form(b"", name="a")[0][:-4].replace(b"--" + BOUNDARY.encode() + b"--", b"") * 40, FORM, 422, "multipart"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/read", "/v1/digit"])
def test_bodies_that_are_no_pictures(
    service: Service, path: str, body: bytes, kind: str, status: int, problem_kind: str
) -> None:
    assert not problem(service.post(path, body, kind), status, problem_kind).startswith("-")


def test_an_option_in_the_form_is_refused_and_said_to_belong_into_the_url(service: Service, page: bytes) -> None:
    body = form(b"6", name="length")[0].replace(b"--" + BOUNDARY.encode() + b"--", b"").rstrip() + b"\r\n"
    said = problem(service.post("/v1/read", body + form(page)[0], FORM), 422, "multipart")
    assert "'length'" in said and "?length=6" in said


def test_a_truncated_picture(service: Service, page: bytes) -> None:
    problem(service.post("/v1/read", page[: len(page) // 2]), 422, "picture")


def test_a_body_that_is_packed(service: Service, page: bytes) -> None:
    problem(service.post("/v1/read", page, content_encoding="gzip"), 415, "media-type")


def test_several_pages_are_no_digit(service: Service) -> None:
    pages, sentence = build_pages_pdf(2), "2 pages where one is expected; give a single page."
    for path in ("/v1/digit", "/v1/inspect"):
        assert problem(service.post(path, pages, "application/pdf"), 422, "several-pages") == sentence
    assert problem(service.post("/v1/digit", *form(pages)), 422, "several-pages").endswith(f": {sentence}")


def test_a_file_without_a_name_is_not_called_by_one(service: Service) -> None:
    assert problem(service.post("/v1/read", b"", "image/png"), 422, "picture")[0].isalnum()
    said = problem(service.post("/v1/read", b"%PDF-1.7\nnonsense", "application/pdf"), 422, "picture")
    assert said.startswith("A damaged PDF")


@pytest.mark.parametrize(
    "query",
    [
        "min_confidence=2",
        "min_confidence=nan",
        "min_confidence=x",
        "region=1,2,3",
        "region=0,0,0,9",
        "region=99999,0,1,1",
        "length=0",
        "pattern=x",
        "pattern=d%7B2%2C1%7D",
        "pattern=" + "d" * 201,
        "check=crc",
        "boxes=rows",
        "range=9..1",
        "range=a",
        "length=2&range=500..600",
        "as=money",
        "as=date&decimals=2",
        "as=amount&date_order=dmy",
        "as=date&signs=drop",
        "decimals=21",
        "decimal=%3B",
        "signs=some",
        "annotate=perhaps",
        "url=http://example.org/a.png",
    ],
)
def test_options_that_make_no_sense(service: Service, page: bytes, query: str) -> None:
    kind = "picture" if query.startswith("region=99999") else "usage"
    problem(service.post(f"/v1/read?{query}", page), 422, kind)


@pytest.mark.parametrize("query", ["length=2", "annotate=true", "check=luhn", "as=date", "signs=drop"])
def test_a_digit_has_no_form(service: Service, seven: bytes, query: str) -> None:
    problem(service.post(f"/v1/digit?{query}", seven), 422, "usage")


def test_every_check_can_be_asked_for() -> None:
    for name in CHECKS:
        assert ReadOptions.model_validate({"check": name}).how()["form"]


def test_paths_and_methods(service: Service) -> None:
    problem(service.ask("GET", "/v1/nothing"), 404, "not-found")
    problem(service.ask("GET", "/v1/read/"), 404, "not-found")
    answer = service.ask("GET", "/v1/read")
    problem(answer, 405, "method")
    assert answer.headers["allow"] == "POST"
    assert service.ask("PATCH", "/v1/samples").headers["allow"] == "DELETE, GET, POST"
    answer = service.ask("DELETE", "/v1/samples/export")
    problem(answer, 405, "method")
    assert answer.headers["allow"] == "GET"
    problem(service.ask("DELETE", "/v1/samples/x"), 404, "not-found")


def test_a_body_that_says_it_is_too_long(tight: Service) -> None:
    answer = tight.post("/v1/read", bytes(100_001))
    assert "100,000 bytes" in problem(answer, 413, "too-many-bytes") and answer.headers["connection"] == "close"
    problem(tight.post("/v1/read", bytes(5_000_000)), 413, "too-many-bytes")


def test_a_body_that_is_too_long_is_not_even_asked_for(tight: Service) -> None:
    """Who sends Expect: 100-continue hears of it before sending anything."""
    with socket.create_connection((tight.host, tight.port), timeout=120) as to:
        to.sendall(head(10**15, "Expect: 100-continue\r\n"))
        assert to.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_in_parts_that_gets_too_long(tight: Service) -> None:
    answer = tight.ask("POST", "/v1/read", iter([bytes(30_000)] * 5), content_type="image/png")
    problem(answer, 413, "too-many-bytes")


def test_a_body_just_short_enough(tight: Service) -> None:
    problem(tight.post("/v1/read", bytes(100_000)), 415, "media-type")


def test_too_many_pixels_and_pages(tight: Service) -> None:
    large = encode_image(np.zeros((501, 500), np.uint8), "PNG")
    said = problem(tight.post("/v1/read", large), 422, "too-large")
    assert said == "500×501 pixels, more than 250,000; make it smaller."  # whose limits they are not
    problem(tight.post("/v1/read", bomb(), "image/png"), 422, "too-large")
    said = problem(tight.post("/v1/read", build_pages_pdf(3), "application/pdf"), 422, "too-large")
    assert said == "More than 2 pages; split it."
    body, kind = form_of_several(("a.png", large), ("b.png", large))
    readings = tight.post("/v1/read", body, kind).json["readings"]
    assert [each["error"]["message"].partition("; ")[2] for each in readings] == ["make it smaller."] * 2


def bomb() -> bytes:
    """A PNG that says it has 60,000 × 60,000 pixels."""
    png = encode_image(np.zeros((9, 9), np.uint8), "PNG")
    wide = png[:16] + struct.pack(">II", 60_000, 60_000) + png[24:29]
    import zlib

    return wide + struct.pack(">I", zlib.crc32(wide[12:])) + png[33:]


def head(length: int, more: str = "") -> bytes:
    """The head of a request with a body of so many bytes."""
    lines = f"POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n"
    return f"{lines}{more}\r\n".encode()


def test_a_sender_that_dawdles_with_the_body(tight: Service) -> None:
    with socket.create_connection((tight.host, tight.port), timeout=120) as to:
        to.sendall(head(50) + b"x")
        told = http.client.HTTPResponse(to)
        told.begin()
        answer = Answer(told.status, {name.lower(): value for name, value in told.getheaders()}, told.read())
    problem(answer, 408, "slow")


@pytest.mark.parametrize("sent", [b"", b"POST /v1/re", b"GET /health/live HTTP/1.1\r\nHost: a\r\n"])
def test_a_sender_that_dawdles_with_the_head_is_cut_off(tight: Service, sent: bytes) -> None:
    with socket.create_connection((tight.host, tight.port), timeout=120) as to:
        start = time.monotonic()
        to.sendall(sent)
        assert ended(to) and 0.5 < time.monotonic() - start < 10


def test_a_head_byte_by_byte_is_cut_off_too(tight: Service) -> None:
    with socket.create_connection((tight.host, tight.port), timeout=0.1) as to:
        start = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - start < 10:
                to.sendall(b"a")
                time.sleep(0.1)
        assert time.monotonic() - start < 10


def ended(to: socket.socket) -> bool:
    """Whether the other side hangs up without a word."""
    try:
        return to.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /health/live\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: " + b"y" * 70_000,
        head(-1),
        head(1, "Content-Length: 2\r\n"),
        b"POST /v1/read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
def test_what_is_no_http_is_said_so(service: Service, sent: bytes) -> None:
    with socket.create_connection((service.host, service.port), timeout=120) as to:
        to.sendall(sent)
        told = to.makefile("rb").read()
    if told:  # an answer that had begun cannot be taken back
        assert told.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in told and b"nosniff" in told
    assert not [line for line in service.logged() if "trace" in line]


def test_a_sender_that_lies_about_the_length_and_goes(service: Service) -> None:
    before = service.metric('inkdigits_errors_total{kind="gone"}')
    with socket.create_connection((service.host, service.port), timeout=120) as to:
        to.sendall(head(5000) + bytes(100))
    wait_for(lambda: service.metric('inkdigits_errors_total{kind="gone"}') == before + 1)
