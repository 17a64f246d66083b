"""A real service on loopback, asked over real sockets."""

import http.client
import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from inkdigits.data.sets.mnist import load
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND
from tests.reading.drawing import draw_rows, encode_image
from tests.serving.browser import Visit, chromium, desk, visiting_at

BOUNDARY = "----a-boundary"


class Answer(NamedTuple):
    """What a service answered; names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """A service that runs."""

    host: str
    port: int
    process: subprocess.Popen[bytes]
    log: Any

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own; `content_type` is the header Content-Type."""
        with closing(self.connection()) as to:
            return self.ask_on(to, method, path, body, **headers)

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=180)

    @staticmethod
    def ask_on(to: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        to.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        told = to.getresponse()
        return Answer(told.status, {name.lower(): value for name, value in told.getheaders()}, told.read())

    def post(self, path: str, body: bytes, content_type: str = "image/png", **headers: str) -> Answer:
        return self.ask("POST", path, body, content_type=content_type, **headers)

    def metric(self, line: str) -> float:
        """The value of one line of the metrics, by its name and labels; 0 where it is not there."""
        told = self.ask("GET", "/metrics").body.decode()
        return sum(float(each.rsplit(" ", 1)[1]) for each in told.splitlines() if each.rsplit(" ", 1)[0] == line)

    def logged(self) -> list[dict[str, Any]]:
        """All lines of its log."""
        self.log.seek(0)
        return [json.loads(line) for line in self.log.read().splitlines()]


@contextmanager
def serving(*words: str, code: int = 0, **env: str) -> Iterator[Service]:
    """Start `inkdigits serve` with these words on a free port; at the end SIGTERM must end it with that exit code."""
    with tempfile.TemporaryFile() as log:
        command = [INKDIGITS_COMMAND, "serve", "--port", "0", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=BASE_ENVIRONMENT | env)
        assert process.stdout is not None
        try:
            address = urlsplit(process.stdout.readline().decode().strip())
            if address.hostname is None or address.port is None:
                log.seek(0)
                raise AssertionError(log.read().decode())
            service = Service(address.hostname, address.port, process, log)
            yield service
            process.send_signal(signal.SIGTERM)
            assert process.wait(180) == code
            assert not [line for line in service.logged() if "trace" in line]
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """A service with two threads, else as it is by default."""
    with serving("--threads", "2") as service:
        yield service


@pytest.fixture(scope="session")
def guarded() -> Iterator[Service]:
    """A service that wants a token."""
    with serving("--token", "an-open-secret") as service:
        yield service


@pytest.fixture(scope="module")  # two of Playwright at once are an error, and the lessons have one too
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that visits share: a window for each would take twice as long as loading the page."""
    with desk(browser) as tab:
        yield tab


@pytest.fixture
def visit(tab: Page, service: Service) -> Iterator[Visit]:
    """The service's page in a browser, as on a desk."""
    with visiting_at(tab, service.address) as visit:
        yield visit


@pytest.fixture(scope="session")
def seven() -> bytes:
    """One digit, a PNG of dark ink on white."""
    digits = load("train")
    glyph = digits.images[int(np.flatnonzero(digits.labels == 7)[1])]
    return encode_image(255 - np.kron(glyph, np.ones((4, 4), np.uint8)), "PNG")


@pytest.fixture(scope="session")
def page() -> bytes:
    """Eight digits in two rows, 7 first, a PNG."""
    return encode_image(draw_rows(glyphs(8), 4), "PNG")


@pytest.fixture(scope="session")
def long_page() -> bytes:
    """So many digits that reading them takes a while: a PNG."""
    return encode_image(draw_rows(glyphs(80), 20), "PNG")


def glyphs(count: int) -> Any:
    """MNIST's digits 7 and 3 in turn."""
    digits = load("train")
    chosen = [np.flatnonzero(digits.labels == label)[:count] for label in (7, 3)]
    return digits.images[np.stack(chosen, axis=1).ravel()[:count]]


def form(data: bytes, name: str = "file", filename: str = "a.png") -> tuple[bytes, str]:
    """A form with one file, and its Content-Type."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


def form_of_several(*named: tuple[str, bytes]) -> tuple[bytes, str]:
    """A form with these files, and its Content-Type."""
    end = f"--{BOUNDARY}--\r\n"
    parts = [form(data, filename=name)[0].removesuffix(end.encode()) for name, data in named]
    return b"".join(parts) + end.encode(), f"multipart/form-data; boundary={BOUNDARY}"


def problem(answer: Answer, status: int, kind: str) -> str:
    """Check that an answer is this problem, as a document; its detail."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json
    assert (told["status"], told["kind"], told["type"]) == (status, kind, f"/docs#{kind}")
    assert set(told) == {"type", "title", "status", "detail", "kind"} and told["detail"].endswith(".")
    detail: str = told["detail"]
    return detail
