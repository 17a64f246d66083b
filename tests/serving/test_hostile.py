"""Wild input: whatever is sent, the answer is one of ours and no fault of the service's, and it lives on."""

import socket

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reading.drawing import encode_image
from tests.reading.pdfs import build_pages_pdf
from tests.serving.conftest import BOUNDARY, Service, form

KINDS = ["image/png", "application/pdf", "application/octet-stream", f"multipart/form-data; boundary={BOUNDARY}", ""]
INK = np.pad(np.full((30, 8), 255, np.uint8), 12)
PICTURES = [encode_image(255 - INK, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")] + [
    build_pages_pdf(1)
]
hostile = settings(max_examples=200, suppress_health_check=list(HealthCheck))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A picture with some bytes changed, cut off somewhere."""
    data = bytearray(draw(st.sampled_from(PICTURES)))
    for _ in range(draw(st.integers(0, 6))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


@hostile
@given(st.data())
def test_bodies(service: Service, data: st.DataObject) -> None:
    body = data.draw(st.one_of(st.binary(max_size=3000), damaged()))
    kind = data.draw(st.sampled_from(KINDS))
    path = data.draw(st.sampled_from(["/v1/read", "/v1/digit", "/v1/read?annotate=1&length=2"]))
    answer = service.post(path, body, kind)
    assert answer.status in (200, 413, 415, 422)
    assert answer.status == 200 or answer.json["kind"] != "error"


@hostile
@given(st.data())
def test_forms(service: Service, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["a.png", '"', "", "../../etc/passwd", "x" * 999, "名"]))
    body, kind = form(data.draw(damaged()), filename=name)
    cut = data.draw(st.integers(0, len(body)))
    body = body[:cut] + data.draw(st.binary(max_size=40)) + body[cut + data.draw(st.integers(0, 40)) :]
    assert service.post("/v1/read", body, kind).status in (200, 415, 422)


@hostile
@given(st.text(alphabet="d0123456789[]{}()|?,.^-#%&=", max_size=30), st.sampled_from(["pattern", "range", "region"]))
def test_options(service: Service, seven: bytes, value: str, name: str) -> None:
    from urllib.parse import quote

    assert service.post(f"/v1/read?{name}={quote(value)}", seven).status in (200, 422)


@hostile
@given(st.data())
def test_bytes_that_may_be_no_http(service: Service, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from([b"", b"POST /v1/read HTTP/1.1\r\nHost: a\r\n", b"GET /"]))
    more = data.draw(
        st.sampled_from([b"", b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 1\r\n"])
    )
    with socket.create_connection((service.host, service.port), timeout=120) as to:
        to.sendall(start + more + data.draw(st.binary(max_size=200)) + b"\r\n\r\n")
        to.settimeout(0.1)  # it may wait for more
        told = b""
        try:
            while part := to.recv(65536):
                told += part
        except (ConnectionResetError, TimeoutError):
            pass
    assert not told or (told[:9] == b"HTTP/1.1 " and told[9:10] in (b"1", b"2", b"4"))


def test_it_lives_after_all_that(service: Service, seven: bytes) -> None:
    assert service.post("/v1/digit", seven).json["text"] == "7"
    assert service.metric('inkdigits_errors_total{kind="error"}') == 0
    assert service.metric("inkdigits_queue_running") == service.metric("inkdigits_queue_waiting") == 0
