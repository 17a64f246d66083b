"""Several workers: one set of figures, a new one for one that dies, and an end without loss."""

import contextlib
import http.client
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers import wait_for
from tests.serving.conftest import Answer, Service, serving

DIGIT = 'inkdigits_requests_total{path="/v1/digit",status="200"}'


def workers_of(service: Service) -> set[int]:
    """The processes that have answered, by the log."""
    return {line["process"] for line in service.logged() if line["message"] == "request"}


def posted(service: Service, seven: bytes, count: int) -> None:
    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(lambda _: service.post("/v1/digit", seven).status, range(count)))
    assert answers == [200] * count


def post_until_all_answered(service: Service, seven: bytes, workers: int) -> int:
    """Post digits sixty at a time, since the kernel chooses who takes one; how many that took."""
    for round_ in range(1, 11):
        posted(service, seven, 60)
        if len(workers_of(service)) == workers:
            return 60 * round_
    raise AssertionError(f"of {workers} workers only {workers_of(service)} answered {60 * round_} digits")


def test_figures_are_of_all_workers_and_the_dead_are_replaced(seven: bytes, tmp_path: Path) -> None:
    with serving("--workers", "2", "--queue", "5", TMPDIR=str(tmp_path)) as service:
        wait_for(lambda: service.metric("inkdigits_queue_limit") == 10)
        count = post_until_all_answered(service, seven, workers=2)
        wait_for(lambda: service.metric(DIGIT) == count)  # a worker counts after it has answered
        for _ in range(8):  # whichever answers
            assert service.metric(DIGIT) == count
        refused, accepted = (
            service.metric(f'inkdigits_digits_total{{outcome="{outcome}"}}') for outcome in ("refused", "accepted")
        )
        assert (refused, accepted) == (0, count)
        assert service.metric('inkdigits_request_seconds_count{path="/v1/digit"}') == count

        before = workers_of(service)
        os.kill(min(before), signal.SIGKILL)
        wait_for(lambda: bool(workers_after(service, seven) - before))
        wait_for(lambda: service.metric("inkdigits_queue_limit") == 10)
        assert service.metric(DIGIT) > count  # what the dead one counted still counts
        assert list(tmp_path.glob("inkdigits-metrics-*"))  # where the figures meet
    left = [path.name for path in tmp_path.iterdir()]
    assert not left


def test_workers_do_not_outlive_a_killed_parent(seven: bytes, tmp_path: Path) -> None:
    with serving("--workers", "2", code=-signal.SIGKILL, TMPDIR=str(tmp_path)) as service:
        wait_for(lambda: service.metric("inkdigits_queue_limit") == 64)
        service.process.kill()
        wait_for(lambda: not answers(service))


def answers(service: Service) -> bool:
    try:
        return service.ask("GET", "/health/live").status == 200
    except (ConnectionError, http.client.HTTPException):
        return False


def workers_after(service: Service, seven: bytes) -> set[int]:
    """The workers that have answered, after one more question; one that dies may take a question with it."""
    with contextlib.suppress(ConnectionError, http.client.HTTPException):
        service.post("/v1/digit", seven)
    return workers_of(service)


@pytest.mark.parametrize("words", [("--threads", "1"), ("--workers", "2", "--threads", "1")])
def test_sigterm_lets_finish_what_was_accepted(long_page: bytes, words: tuple[str, ...]) -> None:
    with serving(*words, "--max-seconds", "300") as service, ThreadPoolExecutor(4) as senders:
        wait_for(lambda: service.ask("GET", "/health/ready").status == 200)
        told = [senders.submit(service.post, "/v1/read", long_page) for _ in range(4)]
        queue = ("inkdigits_queue_waiting", "inkdigits_queue_running")
        wait_for(lambda: sum(map(service.metric, queue)) + sum(each.done() for each in told) == 4)
        assert not all(each.done() for each in told)
        service.process.send_signal(signal.SIGTERM)
        assert [each.result().status for each in told] == [200] * 4
        assert service.process.wait(180) == 0


def test_nobody_on_a_kept_connection_loses_a_request(seven: bytes) -> None:
    """Senders go on until they are told Connection: close; all they sent until then is answered."""
    with serving("--threads", "2") as service:
        lost, answers = list[Exception](), Counter[int]()

        def sender(number: int) -> None:
            to = service.connection()
            try:
                while True:
                    answer: Answer = service.ask_on(to, "POST", "/v1/digit", seven, content_type="image/png")
                    assert answer.status == 200
                    answers[number] += 1
                    if answer.headers.get("connection") == "close":
                        return
                    time.sleep(0.02)  # so that many are between two requests when the end comes
            except Exception as error:
                lost.append(error)
            finally:
                to.close()

        with ThreadPoolExecutor(16) as senders:
            for number in range(16):
                senders.submit(sender, number)
            try:
                wait_for(lambda: bool(lost) or (len(answers) == 16 and min(answers.values()) > 3))
            finally:  # or the senders go on for ever
                service.process.send_signal(signal.SIGTERM)
        assert not lost


def test_ctrl_c_ends_it_too() -> None:
    for words in ((), ("--workers", "2")):
        with serving(*words, code=130) as service:
            wait_for(lambda: service.ask("GET", "/health/live").status == 200)
            service.process.send_signal(signal.SIGINT)
            assert service.process.wait(180) == 130
