"""Who may ask, and what browsers may do with what they are answered."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import BASE_ENVIRONMENT, extract_error_sentence, run_inkdigits, wait_for
from tests.serving.conftest import Service, form, problem, serving
from tests.told import Told

TOKEN = "an-open-secret"
SECURE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_other_machines_are_let_in_only_on_purpose(told: Told, host: str) -> None:
    said = extract_error_sentence(told("serve", "--host", host, code=2).err)
    assert "--token" in said and "--open" in said


def test_addresses_that_cannot_be_had(service: Service) -> None:
    said = extract_error_sentence(run_inkdigits("serve", "--port", str(service.port), exit_code=2).err)
    assert f"port {service.port}" in said and "--port" in said
    assert "--host" in extract_error_sentence(run_inkdigits("serve", "--host", "192.0.2.1", "--open", exit_code=2).err)


@pytest.mark.parametrize("token", ["", "two words", "é"])
def test_tokens_that_cannot_be_sent(told: Told, token: str) -> None:
    assert "token" in extract_error_sentence(told("serve", "--token", token, code=2).err)


def test_a_model_that_is_not_there(told: Told) -> None:
    assert "nothing.onnx" in extract_error_sentence(
        told("serve", "--model", "nothing.onnx", "--workers", "2", code=1).err
    )


def test_with_open_all_may_ask(seven: bytes) -> None:
    with serving("--host", "0.0.0.0", "--open") as everywhere:
        everywhere.host = "127.0.0.1"
        assert everywhere.post("/v1/digit", seven).status == 200


def test_a_token_is_asked_for(seven: bytes) -> None:
    with serving("--token", TOKEN) as guarded:
        for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
            for method, path in (
                ("POST", "/v1/digit"),
                ("POST", "/v1/read"),
                ("GET", "/v1/models"),
                ("GET", "/metrics"),
            ):
                answer = guarded.ask(method, path, seven if method == "POST" else None, **wrong)
                problem(answer, 401, "token")
                assert answer.headers["www-authenticate"] == "Bearer"
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert guarded.post("/v1/digit", seven, **right).status == 200
        assert guarded.ask("GET", "/metrics", **right).status == 200
        for path in ("/health/live", "/health/ready", "/docs"):
            assert guarded.ask("GET", path).status == 200
        described = guarded.ask("GET", "/openapi.json").json
        assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
        assert "401" in described["paths"]["/v1/read"]["post"]["responses"]
        assert TOKEN not in json.dumps(guarded.logged())


@pytest.mark.parametrize("path", ["/v1/models", "/health/live", "/health/ready", "/metrics", "/docs", "/nothing"])
def test_every_answer_is_safe_in_a_browser(service: Service, path: str) -> None:
    headers = service.ask("GET", path, Origin="http://example.org").headers
    assert headers.items() >= SECURE.items()
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers and "x-problem" not in headers
    assert not any(name.startswith("access-control") for name in headers)


def test_the_log_says_what_happened_and_nothing_of_pictures(service: Service, seven: bytes) -> None:
    answer = service.post("/v1/digit?min_confidence=0.123", seven)
    number = answer.headers["x-request-id"]
    wait_for(lambda: any(line.get("id") == number for line in service.logged()))  # it is written after the answer
    line = next(line for line in service.logged() if line.get("id") == number)
    assert {"time", "level", "message", "process", "client", "seconds", "sent"} < set(line)
    assert (line["method"], line["path"], line["status"], line["received"]) == ("POST", "/v1/digit", 200, len(seven))
    assert "0.123" not in json.dumps(line) and line["sent"] == len(answer.body)


def test_without_the_extra_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['fastapi'] = None; sys.argv[1:] = ['serve'];"
        "from inkdigits.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, env=BASE_ENVIRONMENT)
    assert done.returncode == 2
    assert extract_error_sentence(done.stderr.decode()) == "'serve' needs fastapi: pip install \"inkdigits[serve]\""


def test_nothing_is_left_on_the_disk(page: bytes, tmp_path: Path) -> None:
    """Neither pictures, nor what libraries like to leave: temporary files, identifiers, caches."""
    folders = dict.fromkeys(("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(tmp_path))
    with serving(**folders) as service:
        body, kind = form(page + bytes(3_000_000))  # forms of more than a megabyte are what others put on the disk
        assert service.post("/v1/read", body, kind).status == 200
        assert not list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_docs_load_nothing_from_elsewhere(service: Service) -> None:
    page = service.ask("GET", "/docs").body.decode()
    assert not re.search(r"https?://|//cdn|<img|style=|<style|\son\w+=", page)
    loaded = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]*)"', page)
    assert sorted(loaded) == ["/docs/docs.css", "/docs/docs.js", "/page/icon.svg"]
    for path in loaded:
        file = service.ask("GET", path)
        assert file.status == 200 and not re.search(rb"https?://(?!www.w3.org)", file.body)
    for word in ("/v1/read", "/v1/digit", "min_confidence", 'id="busy"', 'href="/openapi.json"'):
        assert word in page


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """A service whose answers the pages of one other site may read."""
    with serving("--cors", "https://Example.org/", "--token", TOKEN, "--token", "another") as service:
        yield service


def test_pages_of_a_site_that_was_named_may_read_answers(shared: Service, seven: bytes) -> None:
    site = {"Origin": "https://example.org"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    before = shared.ask("OPTIONS", "/v1/read", **site, **asked)
    assert before.status == 200 and before.headers["access-control-allow-origin"] == "https://example.org"
    assert "Authorization" in before.headers["access-control-allow-headers"]
    answer = shared.post("/v1/digit", seven, **site, Authorization="Bearer another")
    assert answer.status == 200 and answer.headers["access-control-allow-origin"] == "https://example.org"
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    refused = shared.post("/v1/digit", seven, **site)
    problem(refused, 401, "token")
    assert refused.headers["access-control-allow-origin"] == "https://example.org", "its page is told why"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://example.com", "http://example.org", "https://example.org.evil.test", "null"]
)
def test_others_may_not(shared: Service, seven: bytes, origin: str) -> None:
    answer = shared.post("/v1/digit", seven, Origin=origin, Authorization=f"Bearer {TOKEN}")
    assert answer.status == 200 and "access-control-allow-origin" not in answer.headers
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in shared.ask("OPTIONS", "/v1/read", **asked).headers


def test_samples_are_of_no_other_site_all_the_same(shared: Service) -> None:
    headers = {"Origin": "https://example.org", "Authorization": f"Bearer {TOKEN}"}
    assert shared.ask("GET", "/v1/samples", **headers).status == 403


@pytest.mark.parametrize("origin", ["example.org", "ftp://example.org", "https://example.org/page", "https://a b", ""])
def test_what_is_no_site(told: Told, origin: str) -> None:
    assert "--cors" in extract_error_sentence(told("serve", "--cors", origin, code=2).err)
