"""When more comes than can be read: refused at once, late ones told so, and all well again afterwards."""

import asyncio
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Container, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.load.service_process import measure_resident_bytes
from inkdigits.serving.metrics import Metrics
from inkdigits.serving.pool import Pool
from inkdigits.serving.problems import Problem
from inkdigits.serving.settings import Bounds
from tests.helpers import wait_for
from tests.reading.drawing import encode_image
from tests.serving.conftest import Answer, Service, problem, serving


def together(service: Service, count: int, body: bytes) -> list[tuple[Answer, float]]:
    """The answers to so many requests at the same time, and the seconds that each took."""

    def one(_: int) -> tuple[Answer, float]:
        start = time.monotonic()
        return service.post("/v1/read", body), time.monotonic() - start

    with ThreadPoolExecutor(count) as senders:
        return list(senders.map(one, range(count)))


def test_a_full_queue_refuses_at_once_and_recovers(long_page: bytes, seven: bytes) -> None:
    with serving("--threads", "1", "--queue", "1") as service:
        answers = together(service, 8, long_page)
        read = [(answer, seconds) for answer, seconds in answers if answer.status == 200]
        refused = [(answer, seconds) for answer, seconds in answers if answer.status == 503]
        assert len(read) + len(refused) == 8 and len(read) >= 2 and refused
        for answer, _ in refused:
            problem(answer, 503, "busy")
            assert answer.headers["retry-after"] == "1"
        assert min(seconds for _, seconds in refused) < max(seconds for _, seconds in read)
        assert service.post("/v1/digit", seven).status == 200
        assert service.metric('inkdigits_errors_total{kind="busy"}') == len(refused)
        assert service.metric("inkdigits_queue_waiting") == service.metric("inkdigits_queue_running") == 0
        assert service.ask("GET", "/health/ready").status == 200


async def count_let_in(pool: Pool, step_seconds: list[float]) -> int:
    """How many may be read or wait at once, after steps of so many seconds."""
    for seconds in step_seconds:
        await pool.run(lambda seconds=seconds: time.sleep(seconds))
    go_on = threading.Event()
    runs = [asyncio.create_task(pool.run(go_on.wait)) for _ in range(60)]
    await asyncio.sleep(0)  # all of them have come in, or not
    go_on.set()
    outcomes = await asyncio.gather(*runs, return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, Problem)]
    assert {each.kind for each in refused} <= {"busy"}
    return len(outcomes) - len(refused)


@pytest.mark.parametrize(
    ("threads", "step_seconds", "waiting"),
    [
        (1, [], {32}),
        (1, [0.0] * 31, {32}),
        (1, [0.5] + [0.0] * 30, {32}),  # one page among digits
        (1, [0.002] * 31, range(9, 26)),  # as many as are read in a twentieth of a second
        (1, [0.05] * 31, {8}),  # pages
        (3, [0.05] * 31, {24}),
        (1, [0.05] * 31 + [0.0] * 31, {32}),
    ],
)
def test_as_many_wait_as_are_read_soon(threads: int, step_seconds: list[float], waiting: Container[int]) -> None:
    pool = Pool(Bounds(threads=threads, queue=32), Metrics())
    try:
        assert asyncio.run(count_let_in(pool, step_seconds)) - threads in waiting
    finally:
        pool.close()


def test_what_is_short_does_not_wait_for_a_page() -> None:
    pool, end_of_page = Pool(Bounds(threads=1, queue=8), Metrics()), threading.Event()

    def read_page() -> Generator[None, None, str]:
        yield
        assert end_of_page.wait(60)
        return "page"

    async def read_digit_meanwhile() -> tuple[str, str]:
        page = asyncio.create_task(pool.run_steps(read_page()))
        digit = await asyncio.wait_for(pool.run(lambda: "digit"), 30)
        end_of_page.set()
        return digit, await page

    try:
        assert asyncio.run(read_digit_meanwhile()) == ("digit", "page")
    finally:
        end_of_page.set()
        pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness for each thread")
def test_answering_goes_before_reading(service: Service, seven: bytes) -> None:
    assert service.post("/v1/digit", seven).status == 200
    threads = [int(each.name) for each in Path(f"/proc/{service.process.pid}/task").iterdir()]
    nice = {os.getpriority(os.PRIO_PROCESS, each) for each in threads}
    answering = os.getpriority(os.PRIO_PROCESS, service.process.pid)
    assert nice == {answering, min(answering + 5, 19)}


def test_what_takes_too_long_is_told_so(long_page: bytes, seven: bytes) -> None:
    with serving("--max-seconds", "0.05", "--threads", "1") as service:
        problem(service.post("/v1/read", long_page), 504, "time")
        wait_for(lambda: not service.metric("inkdigits_queue_running"))  # the thread ends what it has begun
        statuses = {service.post("/v1/digit", seven).status for _ in range(20)}
        assert 200 in statuses and statuses <= {200, 504}


def test_bodies_that_come_in_at_once_have_a_limit_together() -> None:
    """Eight times the bytes of one body are held, then no more: unfinished bodies do not fill the memory."""
    head = b"POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 50000\r\n\r\n"
    with serving("--max-bytes", "50000") as service, ExitStack() as until_the_end:
        senders = [
            until_the_end.enter_context(socket.create_connection((service.host, service.port), timeout=120))
            for _ in range(9)
        ]
        for sender in senders:
            sender.sendall(head + bytes(49_999))
        told, _, _ = select.select(senders, [], [], 30)
        assert [sender.recv(65536)[:13] for sender in told] == [b"HTTP/1.1 503 "]
        assert service.ask("GET", "/health/live").status == 200


def test_who_does_not_read_the_answer_is_cut_off() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200), np.uint8)
    pages = [Image.fromarray(np.roll(noise, row)) for row in range(6)]
    tiff = encode_image(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    with serving("--max-upload-seconds", "1") as service, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((service.host, service.port))
        head = f"POST /v1/read?annotate=1&region=0,0,9,9 HTTP/1.1\r\nHost: a\r\nContent-Length: {len(tiff)}\r\n\r\n"
        reader.sendall(head.encode() + tiff)
        wait_for(lambda: any(line.get("path") == "/v1/read" for line in service.logged()))
        time.sleep(1.5)
        service.process.terminate()  # which would wait for an answer that is still on its way
        assert service.process.wait(180) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory is looked up as Linux has it")
def test_the_memory_of_large_pages_is_given_back(seven: bytes) -> None:
    pages = [encode_image(np.full((side, 50_000_000 // side), 255, np.uint8), "PNG") for side in (6_000, 7_000, 8_000)]
    with serving("--threads", "1") as service:
        assert service.post("/v1/digit", seven).status == 200
        held = measure_resident_bytes(service.process.pid)
        for page in pages:
            assert service.post("/v1/read", page).status == 200
        assert measure_resident_bytes(service.process.pid) < held + 60_000_000  # one such page alone takes more
