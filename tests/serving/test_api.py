"""The API's description says what is so, and all that is so."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from inkdigits.serving.openapi import problem_responses
from inkdigits.serving.problems import KINDS
from tests.reading.drawing import encode_image
from tests.serving.conftest import Answer, Service


@pytest.fixture(scope="module")
def described(service: Service) -> Any:
    return service.ask("GET", "/openapi.json").json


def check(described: Any, method: str, path: str, answer: Answer) -> None:
    """The answer is one that the description names, and looks as it says."""
    told = described["paths"][path][method]["responses"][str(answer.status)]
    kind = answer.headers["content-type"]
    schema = told["content"][kind].get("schema")
    if schema:
        jsonschema.validate(answer.json, {**schema, "components": described["components"]})


def test_every_path_is_described(described: Any) -> None:
    assert described["openapi"].startswith("3.1") and described["info"]["version"]
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == {
        ("/v1/read", "post"),
        ("/v1/digit", "post"),
        ("/v1/inspect", "post"),
        ("/v1/explain", "post"),
        ("/v1/page", "post"),
        ("/v1/xlsx", "post"),
        ("/v1/jobs", "post"),
        ("/v1/jobs/{id}", "get"),
        ("/v1/jobs/{id}", "delete"),
        ("/v1/jobs/{id}/result", "get"),
        ("/v1/samples", "post"),
        ("/v1/samples", "get"),
        ("/v1/samples", "delete"),
        ("/v1/samples/export", "get"),
        ("/v1/samples/{number}", "delete"),
        ("/v1/models", "get"),
        ("/health/live", "get"),
        ("/health/ready", "get"),
        ("/metrics", "get"),
    }


def test_every_schema_is_one(described: Any) -> None:
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_options_and_bodies_are_described(described: Any) -> None:
    read, digit = described["paths"]["/v1/read"]["post"], described["paths"]["/v1/digit"]["post"]
    options = {each["name"] for each in read["parameters"]}
    numbers = {"pattern", "length", "check", "range", "boxes", "as", "decimal", "decimals", "date_order", "signs"}
    assert options == numbers | {"min_confidence", "region", "annotate", "format"}
    assert {each["name"] for each in digit["parameters"]} == {"min_confidence", "region"}
    for operation in (read, digit):
        content = operation["requestBody"]["content"]
        assert set(content) == {"multipart/form-data", "image/*", "application/pdf", "application/octet-stream"}
        assert {"200", "400", "401", "408", "413", "415", "422", "503", "504"} == set(operation["responses"])


def test_who_is_asked_and_how_a_token_is_sent(service: Service, guarded: Service, described: Any) -> None:
    demanding = guarded.ask("GET", "/openapi.json").json
    for each, needs in ((described, [{}, {"token": []}]), (demanding, [{"token": []}])):
        assert each["servers"][0]["url"] == "/"
        assert each["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
        for path, operations in each["paths"].items():
            for operation in operations.values():
                is_guarded = path.startswith("/v1/") or path == "/metrics"
                assert operation.get("security") == (needs if is_guarded else None)
                assert ("401" in operation["responses"]) == is_guarded


def test_several_files_are_described_where_they_are_taken(described: Any) -> None:
    kinds = {
        path: operations["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]["file"][
            "type"
        ]
        for path, operations in described["paths"].items()
        if "multipart/form-data" in operations.get("post", {}).get("requestBody", {}).get("content", {})
    }
    assert {path for path, kind in kinds.items() if kind == "array"} == {"/v1/read", "/v1/jobs"}


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("post", "/v1/read", "", "page"),
        ("post", "/v1/read", "?annotate=1&length=2", "page"),
        ("post", "/v1/read", "?length=0", "page"),
        ("post", "/v1/digit", "", "seven"),
        ("post", "/v1/digit", "", "blank"),
        ("post", "/v1/inspect", "", "seven"),
        ("post", "/v1/inspect", "", "empty"),
        ("post", "/v1/inspect", "?normalised=1", "seven"),
        ("post", "/v1/page", "?picture=1", "page"),
        ("post", "/v1/explain", "", "page"),
        ("post", "/v1/explain", "?page=2", "page"),
        ("get", "/v1/models", "", ""),
        ("get", "/health/live", "", ""),
        ("get", "/health/ready", "", ""),
        ("get", "/metrics", "", ""),
    ],
)
def test_answers_are_as_described(
    service: Service, described: Any, method: str, path: str, query: str, body: str, page: bytes, seven: bytes
) -> None:
    empty = encode_image(np.full((30, 30), 255, np.uint8), "PNG")
    sent = {"page": page, "seven": seven, "empty": empty, "blank": b"nothing", "": None}[body]
    headers = {"content_type": "image/png"} if body else {}
    check(described, method, path, service.ask(method.upper(), path + query, sent, **headers))


def test_every_kind_of_problem_is_explained_and_has_a_status() -> None:
    for name, kind in KINDS.items():
        assert kind.advice.endswith(".") and kind.title and 400 <= kind.status < 600
        assert f"`{name}`" in problem_responses(name)[kind.status]["description"]
    assert {kind.status for kind in KINDS.values() if kind.status >= 500} == {500, 503, 504}


def test_the_page_about_the_service_has_every_option_and_every_status(described: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
    for path in ("/v1/read", "/v1/page", "/v1/explain", "/v1/digit", "/v1/inspect"):
        for option in described["paths"][path]["post"]["parameters"]:
            assert re.search(rf"`{option['name']}(=[^`]*)?`", page), option["name"]
    statuses = {int(status) for status in re.findall(r"^\| (4\d\d|5\d\d) \|", page, re.MULTILINE)}
    assert statuses == {kind.status for kind in KINDS.values()} - {500}  # which is never expected
