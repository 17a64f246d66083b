"""Jobs over HTTP: taken in at once, read later, fetched once, seen by the token that made them; whoever is killed."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from bench.load.service_process import list_process_tree
from inkdigits.serving.job_store import LEASE
from tests.helpers import extract_error_sentence, wait_for
from tests.reading.drawing import encode_image
from tests.serving.conftest import Answer, Service, form_of_several, problem, serving
from tests.told import Told

MINE, YOURS = {"Authorization": "Bearer mine"}, {"Authorization": "Bearer yours"}
_SMALL_BUFFER = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
UNKNOWN = "/v1/jobs/" + "0" * 32


@pytest.fixture(scope="module")
def jobs_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs") / "jobs.sqlite"


@pytest.fixture(scope="module")
def service(jobs_path: Path) -> Iterator[Service]:
    """A service that takes jobs, of two who know a token each."""
    with serving("--jobs", str(jobs_path), "--token", "mine", "--token", "yours", "--threads", "1") as service:
        yield service


def state_of(service: Service, place: str, **headers: str) -> str:
    state: str = service.ask("GET", place, **headers).json["state"]
    return state


def ended(service: Service, place: str, **headers: str) -> Any:
    """The job, once it came to its end."""
    wait_for(lambda: state_of(service, place, **headers) in ("done", "failed"))
    return service.ask("GET", place, **headers).json


def gone(service: Service, place: str, **headers: str) -> bool:
    return service.ask("GET", place, **headers).status == 404


def without_seconds(answer: Answer) -> list[Any]:
    return [{**reading, "seconds": 0} for reading in answer.json["readings"]]


def test_a_job_gives_what_reading_at_once_would(service: Service, page: bytes, seven: bytes) -> None:
    files = form_of_several(("a.png", page), ("b.txt", b"hello"), ("c.png", seven))
    made = service.post("/v1/jobs?length=4", *files, **MINE)
    assert made.status == 202 and made.json["state"] == "waiting" and made.json["pictures"] == 3
    place = made.headers["location"]
    assert place == f"/v1/jobs/{made.json['id']}"
    job = ended(service, place, **MINE)
    assert (job["state"], job["pages"], job["error"]) == ("done", 2, None) and job["until"] > job["made"]
    answer = service.ask("GET", f"{place}/result", **MINE)
    assert answer.headers["content-type"] == "application/json"
    assert without_seconds(answer) == without_seconds(service.post("/v1/read?length=4", *files, **MINE))


def test_what_was_fetched_is_deleted(service: Service, jobs_path: Path, seven: bytes) -> None:
    place = service.post("/v1/jobs?format=csv", seven, **MINE).headers["location"]
    ended(service, place, **MINE)
    answer = service.ask("GET", f"{place}/result", **MINE)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8" and b",7," in answer.body
    assert gone(service, place, **MINE) and gone(service, f"{place}/result", **MINE)
    assert answer.body.splitlines()[-1] not in jobs_path.read_bytes() and seven[60:92] not in jobs_path.read_bytes()


def test_who_hangs_up_before_the_end_finds_the_result_again(service: Service) -> None:
    noise = encode_image(np.random.default_rng(0).integers(0, 256, (1200, 1200), np.uint8), "PNG")
    files = form_of_several(*[("a.png", noise)] * 2)  # more than systems take in for who does not read
    place = service.post("/v1/jobs?annotate=true&region=0,0,9,9", *files, **MINE).headers["location"]
    ended(service, place, **MINE)
    with closing(service.connection()) as to:
        to.connect()
        to.sock.setsockopt(*_SMALL_BUFFER)
        to.request("GET", f"{place}/result", headers=MINE)
        to.getresponse().read(10)
    time.sleep(0.5)
    assert len(service.ask("GET", f"{place}/result", **MINE).json["readings"]) == 2


def test_only_the_token_that_made_a_job_sees_it(service: Service, seven: bytes) -> None:
    place = service.post("/v1/jobs", seven, **MINE).headers["location"]
    for method, path in (("GET", place), ("GET", f"{place}/result"), ("DELETE", place)):
        problem(service.ask(method, path, **YOURS), 404, "not-found")
        problem(service.ask(method, path), 401, "token")
    assert ended(service, place, **MINE)["state"] == "done"
    assert service.ask("DELETE", place, **MINE).json["state"] == "done"
    assert gone(service, place, **MINE)


def test_a_job_that_fails_says_why(service: Service, page: bytes) -> None:
    place = service.post("/v1/jobs", page[: len(page) // 2], **MINE).headers["location"]
    job = ended(service, place, **MINE)
    assert job["state"] == "failed" and job["error"]["kind"] == "picture"
    said = problem(service.ask("GET", f"{place}/result", **MINE), 409, "no-result")
    assert job["error"]["message"] in said
    problem(service.post("/v1/jobs?pattern=x", page, **MINE), 422, "usage")


def test_what_cannot_be_a_picture_is_no_job(service: Service) -> None:
    problem(service.post("/v1/jobs", b"hello", **MINE), 415, "media-type")
    problem(service.post("/v1/jobs", b"", **MINE), 422, "picture")
    problem(service.post("/v1/jobs", *form_of_several(("a", b""), ("b", b"")), **MINE), 422, "picture")
    problem(service.ask("GET", "/v1/jobs/1", **MINE), 422, "usage")


def test_a_job_that_runs_is_deleted_and_given_up(service: Service, page: bytes, seven: bytes) -> None:
    files = form_of_several(*[("a.png", page)] * 50)
    place = service.post("/v1/jobs", *files, **MINE).headers["location"]
    wait_for(lambda: state_of(service, place, **MINE) == "running")
    said = problem(service.ask("GET", f"{place}/result", **MINE), 409, "no-result")
    assert "running" in said
    assert service.ask("DELETE", place, **MINE).json["state"] == "running"
    after = service.post("/v1/jobs", seven, **MINE).headers["location"]
    assert ended(service, after, **MINE)["state"] == "done", "long before fifty pages are read"


def test_answers_are_as_described(service: Service, seven: bytes) -> None:
    described = service.ask("GET", "/openapi.json").json

    def check(method: str, path: str, where: str, status: int, body: bytes | None = None, **headers: str) -> Answer:
        answer = service.ask(method, where, body, **headers)
        assert answer.status == status
        told = described["paths"][path][method.lower()]["responses"][str(status)]
        schema = told["content"][answer.headers["content-type"]]["schema"]
        jsonschema.validate(answer.json, {**schema, "components": described["components"]})
        return answer

    made = check("POST", "/v1/jobs", "/v1/jobs", 202, seven, content_type="image/png", **MINE)
    place = made.headers["location"]
    check("POST", "/v1/jobs", "/v1/jobs", 401, seven, content_type="image/png")
    check("GET", "/v1/jobs/{id}", UNKNOWN, 404, **MINE)
    ended(service, place, **MINE)
    check("GET", "/v1/jobs/{id}", place, 200, **MINE)
    check("GET", "/v1/jobs/{id}/result", f"{place}/result", 200, **MINE)
    check("DELETE", "/v1/jobs/{id}", place, 404, **MINE)
    assert service.metric('inkdigits_jobs_total{outcome="done"}') == 0  # it needs a token
    assert re.search(rb'inkdigits_jobs_total{outcome="done"} [1-9]', service.ask("GET", "/metrics", **MINE).body)


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/jobs"), ("GET", UNKNOWN), ("DELETE", UNKNOWN)])
def test_without_jobs_there_are_none(guarded: Service, seven: bytes, method: str, path: str) -> None:
    sent = {"content_type": "image/png"} if method == "POST" else {}
    token = {"Authorization": "Bearer an-open-secret"}
    answer = guarded.ask(method, path, seven if method == "POST" else None, **sent, **token)
    assert "--jobs" in problem(answer, 404, "no-jobs")


def test_a_file_that_is_something_else(told: Told, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("my notes\n" * 500)
    said = told("serve", "--port", "0", "--jobs", tmp_path / "notes", code=1).err
    assert "notes is not a file of jobs" in extract_error_sentence(said)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up as Linux has them")
def test_a_job_outlives_its_workers(tmp_path: Path, page: bytes) -> None:
    with serving("--workers", "2", "--threads", "1", "--jobs", str(tmp_path / "jobs")) as service:
        place = service.post("/v1/jobs", *form_of_several(*[("a.png", page)] * 6)).headers["location"]
        wait_for(lambda: bool(service.ask("GET", place).json["pages"]))
        for worker in workers_of(service):
            os.kill(worker, signal.SIGKILL)
        end_claims(tmp_path / "jobs")
        wait_for(lambda: answers_done(service, place))
        assert len(service.ask("GET", f"{place}/result").json["readings"]) == 6
        assert gone(service, place)


def end_claims(path: Path) -> None:
    """Let the time pass that claims hold, which must still be much of it: for a killed worker's it is waited out."""
    with closing(sqlite3.connect(path)) as to:
        rests = [leased - time.time() for (leased,) in to.execute("SELECT leased FROM jobs WHERE state = 'running'")]
        assert rests and all(LEASE / 2 < rest <= LEASE for rest in rests)
        to.execute("UPDATE jobs SET leased = leased - ? WHERE state = 'running'", (LEASE,))
        to.commit()


def workers_of(service: Service) -> list[int]:
    return [
        process
        for process in list_process_tree(service.process.pid)
        if b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    ]


def answers_done(service: Service, place: str) -> bool:
    with suppress(ConnectionError, http.client.HTTPException):
        return state_of(service, place) == "done"
    return False


def test_a_job_outlives_the_service(tmp_path: Path, page: bytes, seven: bytes) -> None:
    """Begun when it is asked to end: given back at once. Begun when it is killed: read once its claim has ended."""
    path = tmp_path / "jobs"
    words = ("--threads", "1", "--jobs", str(path))
    with serving(*words) as service:
        first = service.post("/v1/jobs", seven).headers["location"]
        ended(service, first)
        place = service.post("/v1/jobs", *form_of_several(*[("a.png", page)] * 6)).headers["location"]
        wait_for(lambda: bool(service.ask("GET", place).json["pages"]))
    with closing(sqlite3.connect(path)) as to:
        assert to.execute("SELECT state, tries FROM jobs ORDER BY made").fetchall() == [("done", 1), ("waiting", 0)]
    with serving(*words, code=-signal.SIGKILL) as service:
        wait_for(lambda: bool(service.ask("GET", place).json["pages"]))
        service.process.kill()
    end_claims(path)
    with closing(sqlite3.connect(path)) as to:
        to.execute("UPDATE jobs SET finished = finished - 3600 WHERE state = 'done'")  # nobody came for it
        to.commit()
    with serving(*words) as service:
        wait_for(lambda: gone(service, first))
        assert ended(service, place)["state"] == "done"
        assert len(json.loads(service.ask("GET", f"{place}/result").body)["readings"]) == 6
        assert gone(service, place)
    assert b"a.png" not in path.read_bytes()
