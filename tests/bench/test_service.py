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

from bench.load import attack_client, attacks, constant_rate
from bench.load.attacks import ATTACKS_PER_SLOW_ONE, FAST_ATTACKS, SLOW_ATTACKS, make_attack
from bench.load.service_process import measure_resident_bytes
from bench.render import service_rows
from bench.service import parse_schemathesis
from tests.programs import need

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="cores are given to processes, and memory looked up, as Linux has it"
)
MEMORY = {"before": 100_000_000, "after": 101_000_000, "most": 120_000_000}


@contextmanager
def serve_answers(*answers: bytes) -> Iterator[tuple[str, int]]:
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
    completed = subprocess.run(
        [sys.executable, "-m", "bench.service", "--quick"], capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    result = json.loads(completed.stdout)
    assert set(result["steady"]["statuses"]) == {"200"} and result["steady"]["p50_ms"] > 0.1
    assert result["sustained"]["requests"] > 10 and result["sustained"]["not_200"] == result["sustained"]["broken"] == 0
    assert set(result["overload"]["statuses"]) <= {"200", "503"}
    assert set(result["recovered"]["statuses"]) == {"200"}
    attacks_result = result["hostile"]
    assert attacks_result["attacks"] == sum(attacks_result["statuses"].values()) == 100 and attacks_result["well_after"]
    assert not {status for status in attacks_result["statuses"] if status[0] == "5" and status not in ("503", "504")}
    assert not {attack_client.SILENT, attack_client.NO_HTTP} & set(attacks_result["statuses"])
    assert result["faults"] == attacks_result["faults"] == 0, completed.stderr
    for mixed in result["mixed"].values():
        assert set(mixed["statuses"]) <= {"200", "503"} and set(mixed["batches"]) <= {"200", "503"}
        assert set(mixed["jobs"]) <= {"done", "503"} and mixed["jobs"].get("done", 0) + mixed["jobs"].get("503", 0)
    rows = [
        *service_rows.make_load_rows(result),
        *service_rows.make_mixed_rows(result["mixed"]),
        service_rows.make_attack_row(attacks_result),
    ]
    assert all(len(row) == 4 and all(row) for row in rows)


def test_attacks_are_the_same_for_the_same_seed() -> None:
    assert [make_attack(0, index) for index in range(100)] == [make_attack(0, index) for index in range(100)]
    assert make_attack(0, 1) != make_attack(1, 1)
    kinds = {make_attack(0, index).kind for index in range(3000)}
    assert len(kinds) == 14 and len(FAST_ATTACKS) + len(SLOW_ATTACKS) == 15  # two of them are slow senders
    assert all(
        make_attack(0, index).kind.startswith(("slow", "lengths that"))
        for index in range(0, 2000, ATTACKS_PER_SLOW_ONE)
    )


def test_bombs_are_small() -> None:
    assert all(len(each) < 200_000 for each in attacks.make_bombs()) and len(attacks.make_large_bomb()) < 50_000


def test_what_is_sent_back_is_told_apart() -> None:
    with serve_answers(b"HTTP/1.1 422 No\r\n\r\n", b"", b"Hello?") as (host, port):
        counts = attack_client.send_attacks(host, port, range(0), 0)
        assert not counts
        statuses = [
            attack_client.asyncio.run(attack_client.send_attack(host, port, make_attack(0, 1))) for _ in range(3)
        ]
    assert statuses == ["422", attack_client.CUT_OFF, attack_client.NO_HTTP]


def test_a_rate_is_kept_whatever_comes_back() -> None:
    good, refused = (
        f"HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok".encode() for status in (200, 503)
    )
    with serve_answers(good, refused, good, b"") as (host, port):
        replies = constant_rate.send_at_rate(host, port, constant_rate.build_request("/", b"x"), 20, 0.2)
    assert sorted(reply.status for reply in replies) == [0, 200, 200, 503]
    figures = constant_rate.summarise(replies)
    assert figures["statuses"] == {"200": 2, "503": 1, "none": 1}
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] < 5000 and figures["late_p99_ms"] >= 0


def test_a_time_begins_when_a_request_is_due() -> None:
    times = [0.001 * n for n in range(101)]
    assert constant_rate.compute_percentiles_ms(times) == pytest.approx((50, 99))


def test_schemathesis_is_understood() -> None:
    def parse(text: str, code: int) -> dict[str, object]:
        return parse_schemathesis(subprocess.CompletedProcess([], code, text, ""))

    assert parse("Test cases:\n  564 generated, 564 passed\n", 0) == {"cases": 564, "failures": 0, "content": True}
    failed = parse("Test cases:\n  599 generated, 9 found 9 unique failures\n", 1)
    assert failed == {"cases": 599, "failures": 9, "content": False}
    row = service_rows.make_schemathesis_row({**failed, "version": "4", "examples": 20})
    assert row[1:3] == ("9 failures", "599 requests")
    broken = parse("no schema", 1)
    assert service_rows.make_schemathesis_row({**broken, "version": "4", "examples": 20})[1] == "it did not run"


def test_what_became_of_killed_jobs_is_told() -> None:
    row = service_rows.make_kill_row({"rounds": 2, "jobs": 12, "outcomes": {"done": 11, "failed": 1}})
    assert row[:2] == ("12 jobs under SIGKILL", "done: 11, failed: 1") and row[3].startswith("2 rounds")


def test_memory_is_told_with_its_change() -> None:
    assert service_rows.format_memory(MEMORY) == "100 → 101 MB (+1.0 %)"


@LINUX
def test_memory_is_counted() -> None:
    before = measure_resident_bytes(os.getpid())
    with mmap.mmap(-1, 50_000_000) as held:  # from the system: a bytearray may get memory that this process has kept
        held.write(b"x" * len(held))
        assert measure_resident_bytes(os.getpid()) - before > 40_000_000
