"""Samples over HTTP: kept where that was asked for, listed, deleted, exported; and of no use to other sites' pages."""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from inkdigits.data.sets import labelled
from inkdigits.reading.reader import Reader
from inkdigits.reading.single import extract_glyph
from inkdigits.serving.samples import SIDE
from inkdigits.serving.store import LONGEST, Store
from tests.helpers import extract_error_sentence
from tests.reading.drawing import encode_image
from tests.serving.conftest import Service, form, problem, serving
from tests.told import Told

PATHS = [("POST", ""), ("GET", ""), ("GET", "/export"), ("DELETE", "/1"), ("DELETE", "")]


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Store]]:
    """A service that keeps samples, and its file."""
    path = tmp_path_factory.mktemp("collecting") / "samples.sqlite"
    with serving("--collect", str(path), "--threads", "2") as service:
        yield service, Store(path)


@pytest.fixture
def both(collecting: tuple[Service, Store]) -> tuple[Service, Store]:
    """The same, empty."""
    collecting[1].clear()
    return collecting


def picture_of(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def ask(service: Service, method: str, path: str, body: bytes, **headers: str) -> int:
    """The status that a request for samples is answered with; a POST has a picture and a label."""
    sent = (body, {"content_type": "image/png"} | headers) if method == "POST" else (None, headers)
    query = "?label=3" if method == "POST" else ""
    return service.ask(method, f"/v1/samples{path}{query}", sent[0], **sent[1]).status


def test_a_drawing_is_kept_listed_and_deleted(both: tuple[Service, Store], seven: bytes) -> None:
    service, store = both
    answer = service.post("/v1/samples?label=7", seven)
    assert answer.status == 201 and answer.json["counts"] == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    kept = answer.json["sample"]
    assert (kept["label"], kept["source"]) == (7, "drawn")
    assert np.array_equal(np.asarray(picture_of(kept["glyph"])), Reader(threads=1).extract_glyph(seven))
    told = service.ask("GET", "/v1/samples").json
    assert told == {"counts": answer.json["counts"], "samples": [kept], "next": None}
    (inside,) = store.all()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(inside.drawing))), np.asarray(Image.open(io.BytesIO(seven))))
    gone = service.ask("DELETE", f"/v1/samples/{kept['id']}")
    assert (gone.status, gone.json) == (200, {"deleted": 1, "counts": [0] * 10})
    assert "no sample" in problem(service.ask("DELETE", f"/v1/samples/{kept['id']}"), 404, "not-found")
    assert not list(store.all())


def test_forms_regions_and_corrections(both: tuple[Service, Store], page: bytes) -> None:
    service, store = both
    body, kind = form(page)
    first = service.post("/v1/samples?label=3&source=correction&region=0,0,90,90", body, kind)
    assert first.status == 201 and first.json["sample"]["source"] == "correction"
    (inside,) = store.all()
    assert max(Image.open(io.BytesIO(inside.drawing)).size) <= 90, "only the part that was named is kept"


def test_a_drawing_has_room_however_it_looks() -> None:
    grain = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), np.uint8)
    assert len(encode_image(grain, "PNG")) < LONGEST


def test_nothing_of_a_photo_but_its_brightness_is_kept(both: tuple[Service, Store], seven: bytes) -> None:
    service, store = both
    photo = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    large = Image.open(io.BytesIO(seven)).resize((2000, 2000)).convert("RGB")
    large.save(photo, "JPEG", exif=exif, comment=b"where I live")
    assert service.post("/v1/samples?label=7", photo.getvalue(), "image/jpeg").status == 201
    (inside,) = store.all()
    kept = Image.open(io.BytesIO(inside.drawing))
    assert (kept.mode, kept.size) == ("L", (800, 800)) and b"where I live" not in store.path.read_bytes()


def test_pages_of_samples(both: tuple[Service, Store], seven: bytes) -> None:
    service, store = both
    glyph = encode_image(np.zeros((28, 28), np.uint8), "PNG")
    numbers = [store.add(place % 2, "drawn", glyph, seven).id for place in range(7)]
    seen, before = [], ""
    while True:
        told = service.ask("GET", f"/v1/samples?limit=3{before}").json
        assert told["counts"] == [4, 3, 0, 0, 0, 0, 0, 0, 0, 0]
        seen += [sample["id"] for sample in told["samples"]]
        if told["next"] is None:
            break
        before = f"&before={told['next']}"
    assert seen == numbers[::-1]
    ones = service.ask("GET", "/v1/samples?label=1").json["samples"]
    assert [sample["id"] for sample in ones] == [numbers[5], numbers[3], numbers[1]]


def test_the_export_is_a_labelled_folder(both: tuple[Service, Store], seven: bytes, tmp_path: Path) -> None:
    service, store = both
    for label in (7, 7, 1):
        assert service.post(f"/v1/samples?label={label}", seven).status == 201
    answer = service.ask("GET", "/v1/samples/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="samples.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    digits = labelled.load_labelled_folder(tmp_path / "samples", extract_glyph)
    assert digits.labels.tolist() == [1, 7, 7]
    for image, sample in zip(digits.images, sorted(store.all(), key=lambda each: each.label), strict=True):
        assert np.array_equal(image, np.asarray(Image.open(io.BytesIO(sample.glyph)))), "it reads as it was read"
    store.clear()
    with zipfile.ZipFile(io.BytesIO(service.ask("GET", "/v1/samples/export").body)) as archive:
        assert archive.namelist() == []


def test_all_are_deleted(both: tuple[Service, Store], seven: bytes) -> None:
    service, store = both
    for _ in range(3):
        service.post("/v1/samples?label=7", seven)
    drawing = next(store.all()).drawing
    answer = service.ask("DELETE", "/v1/samples")
    assert answer.json == {"deleted": 3, "counts": [0] * 10}
    assert drawing[60:92] not in store.path.read_bytes()


def test_what_cannot_be_kept(both: tuple[Service, Store], seven: bytes) -> None:
    service, store = both
    for query in ("", "?label=10", "?label=-1", "?label=x", "?label=7&source=other", "?label=7&more=1"):
        problem(service.post(f"/v1/samples{query}", seven), 422, "usage")
    problem(service.post("/v1/samples?label=7", b"hello"), 415, "media-type")
    problem(service.post("/v1/samples?label=7", seven, "text/plain"), 415, "media-type")
    problem(service.post("/v1/samples?label=7", seven[:200]), 422, "picture")
    blank = encode_image(np.full((100, 100), 255, np.uint8), "PNG")
    assert "no digit" in problem(service.post("/v1/samples?label=7", blank), 422, "picture")
    problem(service.ask("DELETE", "/v1/samples/0"), 422, "usage")
    problem(service.ask("GET", "/v1/samples?limit=1000"), 422, "usage")
    assert not list(store.all())


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "example.org", "Origin": "http://example.org", "Sec-Fetch-Site": "same-origin"},  # leads here by DNS
        {"Host": "example.org"},
    ],
    ids=lambda headers: ",".join(headers.values()),
)
def test_other_sites_get_nothing_and_change_nothing(
    both: tuple[Service, Store], seven: bytes, method: str, path: str, headers: dict[str, str]
) -> None:
    service, store = both
    store.add(1, "drawn", b"", seven)
    before = [*store.all()]
    assert ask(service, method, path, seven, **headers) == 403
    assert [*store.all()] == before


@pytest.mark.parametrize("kind", ["", "multipart"])
def test_what_a_browser_sends_unasked_needs_the_right_origin(
    both: tuple[Service, Store], seven: bytes, kind: str
) -> None:
    """Forms, and bodies without a type, are sent to other sites without asking them first."""
    service, store = both
    body, content_type = form(seven) if kind else (seven, "")
    problem(service.post("/v1/samples?label=7", body, content_type, Origin="http://evil.test"), 403, "other-site")
    assert not list(store.all())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "192.0.2.7:80"])
def test_its_own_page_may(both: tuple[Service, Store], seven: bytes, host: str) -> None:
    service, _ = both
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert ask(service, "POST", "", seven, **headers) == 201
    assert ask(service, "GET", "", seven, **{"Host": host, "Sec-Fetch-Site": "none"}) == 200


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_without_collecting_there_is_nothing(service: Service, seven: bytes, method: str, path: str) -> None:
    sent = {"content_type": "image/png"} if method == "POST" else {}
    query = "?label=3" if method == "POST" else ""
    answer = service.ask(method, f"/v1/samples{path}{query}", seven if method == "POST" else None, **sent)
    assert "--collect" in problem(answer, 404, "not-collecting")


def test_the_page_is_told_whether_samples_are_kept(service: Service, both: tuple[Service, Store]) -> None:
    assert b"data-collecting" not in service.ask("GET", "/").body
    assert b'data-collecting="open"' in both[0].ask("GET", "/").body


def test_answers_are_as_described(both: tuple[Service, Store], seven: bytes) -> None:
    service, _ = both
    described = service.ask("GET", "/openapi.json").json

    def check(method: str, path: str, where: str, body: bytes | None = None) -> None:
        answer = service.ask(method, where, body, **({"content_type": "image/png"} if body else {}))
        told = described["paths"][path][method.lower()]["responses"][str(answer.status)]
        schema = told["content"][answer.headers["content-type"]].get("schema", {})
        jsonschema.validate(answer.json, {**schema, "components": described["components"]})

    check("POST", "/v1/samples", "/v1/samples?label=7", seven)
    check("POST", "/v1/samples", "/v1/samples", seven)
    check("GET", "/v1/samples", "/v1/samples")
    check("DELETE", "/v1/samples/{number}", "/v1/samples/999999")
    check("DELETE", "/v1/samples", "/v1/samples")


def test_a_token_opens_it_under_any_name(tmp_path: Path, seven: bytes) -> None:
    with serving("--collect", str(tmp_path / "samples.sqlite"), "--token", "secret") as service:
        assert ask(service, "GET", "", seven) == 401
        named = {"Host": "digits.example.org", "Authorization": "Bearer secret"}
        assert ask(service, "POST", "", seven, **named) == 201
        assert ask(service, "GET", "", seven, Origin="https://digits.example.org", **named) == 200
        assert ask(service, "GET", "", seven, Origin="https://example.org", **named) == 403
        assert "samples" not in json.dumps([line for line in service.logged() if line["message"] != "request"])


def test_a_file_that_is_something_else(told: Told, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("my notes\n" * 500)
    said = told("serve", "--port", "0", "--collect", tmp_path / "notes", code=1).err
    assert "notes is not a file of samples" in extract_error_sentence(said)
    assert (tmp_path / "notes").read_text() == "my notes\n" * 500
