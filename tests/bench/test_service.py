"""The service under load at small size: all that is measured of it works, and finds it well."""

import json
import mmap
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from bench import attacks, hostile, rate, render_service
from bench.attacks import FAST, SLOW, SLOW_IN, attack
from bench.served import resident
from bench.service import verdict
from tests.programs import need

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="cores are given to processes, and memory looked up, as Linux has it"
)
MEMORY = {"before": 100_000_000, "after": 101_000_000, "most": 120_000_000}


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, int]]:
    """A server that gives each connection the next of these answers once something came, and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            for each in answers:
                with closing(listener.accept()[0]) as to:
                    to.recv(65536)
                    to.sendall(each)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[:2]
        thread.join()


@LINUX
def test_all_of_it_at_small_size() -> None:
    need("wrk")
    done = subprocess.run(
        [sys.executable, "-m", "bench.service", "--quick"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result["steady"]["statuses"]) == {"200"} and result["steady"]["p50_ms"] > 0.1
    assert result["sustained"]["requests"] > 10 and result["sustained"]["not_200"] == result["sustained"]["broken"] == 0
    assert set(result["overload"]["statuses"]) <= {"200", "503"}
    assert set(result["recovered"]["statuses"]) == {"200"}
    found = result["hostile"]
    assert found["attacks"] == sum(found["statuses"].values()) == 200 and found["well_after"]
    assert not {status for status in found["statuses"] if status[0] == "5" and status not in ("503", "504")}
    assert not {hostile.SILENT, hostile.BABBLE} & set(found["statuses"])
    assert result["faults"] == found["faults"] == 0
    rows = [*render_service.loads(result), render_service.attacks(found)]
    assert all(len(row) == 4 and all(row) for row in rows)


def test_attacks_are_the_same_for_the_same_seed() -> None:
    assert [attack(0, place) for place in range(100)] == [attack(0, place) for place in range(100)]
    assert attack(0, 1) != attack(1, 1)
    kinds = {attack(0, place).kind for place in range(3000)}
    assert len(kinds) == 12 and len(FAST) + len(SLOW) == 13  # two of them are slow senders
    assert all(attack(0, place).kind.startswith(("slow", "lengths that")) for place in range(0, 2000, SLOW_IN))


def test_bombs_are_small() -> None:
    assert all(len(each) < 200_000 for each in attacks.bombs()) and len(attacks.large()) < 50_000


def test_what_is_sent_back_is_told_apart() -> None:
    with answering(b"HTTP/1.1 422 No\r\n\r\n", b"", b"Hello?") as (host, port):
        found = hostile.counts(host, port, range(0), 0)
        assert not found
        said = [hostile.asyncio.run(hostile.status(host, port, attack(0, 1))) for _ in range(3)]
    assert said == ["422", hostile.CUT, hostile.BABBLE]


def test_a_rate_is_kept_whatever_comes_back() -> None:
    good, refused = (
        f"HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok".encode() for status in (200, 503)
    )
    with answering(good, refused, good, b"") as (host, port):
        found = rate.replies(host, port, rate.request("/", b"x"), 20, 0.2)
    assert sorted(reply.status for reply in found) == [0, 200, 200, 503]
    told = rate.summary(found)
    assert told["statuses"] == {"200": 2, "503": 1, "none": 1}
    assert 0 < told["p50_ms"] <= told["p99_ms"] < 5000 and told["late_p99_ms"] >= 0


def test_a_time_begins_when_a_request_is_due() -> None:
    times = [0.001 * n for n in range(101)]
    assert rate.percentiles(times) == pytest.approx((50, 99))


def test_schemathesis_is_understood() -> None:
    def said(text: str, code: int) -> dict[str, object]:
        return verdict(subprocess.CompletedProcess([], code, text, ""))

    assert said("Test cases:\n  564 generated, 564 passed\n", 0) == {"cases": 564, "failures": 0, "content": True}
    found = said("Test cases:\n  599 generated, 9 found 9 unique failures\n", 1)
    assert found == {"cases": 599, "failures": 9, "content": False}
    row = render_service.properties({**found, "version": "4", "examples": 20})
    assert row[1:3] == ("9 failures", "599 requests")
    broken = said("no schema", 1)
    assert render_service.properties({**broken, "version": "4", "examples": 20})[1] == "it did not run"


def test_memory_is_told_with_its_change() -> None:
    assert render_service.memory(MEMORY) == "100 → 101 MB (+1.0 %)"


@LINUX
def test_memory_is_counted() -> None:
    before = resident(os.getpid())
    with mmap.mmap(-1, 50_000_000) as held:  # from the system: a bytearray may get memory that this process has kept
        held.write(b"x" * len(held))
        assert resident(os.getpid()) - before > 40_000_000
