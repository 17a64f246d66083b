"""A file of jobs: each is read by one, finished once, and gone when nobody needs it any more."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inkdigits.errors import StoreFullError
from inkdigits.serving import job_store as module
from inkdigits.serving.body import Upload
from inkdigits.serving.job_store import LEASE, MOST_TRIES, Claim, JobStore

UPLOADS = [Upload("a.png", b"first"), Upload("b.png", b"second")]


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path / "jobs.sqlite")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the time is: one number, to be changed."""
    now = [time.time()]
    monkeypatch.setattr(module.time, "time", lambda: now[0])
    return now


def claimed(store: JobStore) -> Claim:
    claim = store.claim()
    assert claim is not None
    return claim


def test_a_job_is_taken_in_read_and_finished(store: JobStore) -> None:
    job = store.add("token", "{}", UPLOADS)
    assert (job.state, job.pictures, job.pages) == ("waiting", 2, 0)
    claim = claimed(store)
    assert (claim.id, claim.options, claim.uploads) == (job.id, "{}", UPLOADS) and store.claim() is None
    assert store.renew(claim, 1)
    running = store.find("token", job.id)
    assert running and (running.state, running.pages, running.finished) == ("running", 1, None)
    assert store.result(job.id) is None
    assert store.finish(claim, 2, "text/csv", b"rows")
    done = JobStore(store.path).find("token", job.id)
    assert done and (done.state, done.pages) == ("done", 2) and done.finished
    assert store.result(job.id) == ("text/csv", b"rows")


def test_the_oldest_is_read_first_and_each_once(store: JobStore) -> None:
    ids = [store.add("", "{}", UPLOADS).id for _ in range(12)]
    assert claimed(store).id == ids[0]
    with ThreadPoolExecutor(6) as readers:
        claims = list(readers.map(lambda _: JobStore(store.path).claim(), range(14)))
    assert sorted(each.id for each in claims if each) == sorted(ids[1:])


def test_only_the_token_that_made_a_job_sees_it(store: JobStore) -> None:
    job = store.add("mine", "{}", UPLOADS)
    assert store.find("mine", job.id)
    assert store.find("other", job.id) is store.find("", job.id) is store.find("mine", "0" * 32) is None
    assert b"mine" not in store.path.read_bytes()


@pytest.mark.parametrize("end", ["finish", "fail", "delete", "late"])
def test_pictures_are_deleted_with_the_end_of_a_job(store: JobStore, end: str) -> None:
    picture = os.urandom(20_000)
    job = store.add("", "{}", [Upload("a.png", picture)])
    claim = claimed(store)
    match end:
        case "finish":
            store.finish(claim, 1, "text/csv", b"rows")
        case "fail":
            store.fail(claim, "picture", "It is torn.")
        case "delete":
            store.delete(job.id)
        case "late":
            store.sweep(-1)
    left = store.path.read_bytes()
    assert not any(picture[at : at + 16] in left for at in range(0, 20_000 - 16, 16))
    assert len(left) < 40_000 and [path.name for path in store.path.parent.iterdir()] == [store.path.name]


def test_whoever_lost_a_job_cannot_finish_it(store: JobStore, clock: list[float]) -> None:
    job = store.add("", "{}", UPLOADS)
    first = claimed(store)
    clock[0] += LEASE + 1
    store.sweep(3600)
    second = claimed(store)
    assert second.id == first.id and second.uploads == UPLOADS
    assert (
        not store.renew(first, 2) and not store.finish(first, 2, "text/csv", b"first") and not store.fail(first, "", "")
    )
    assert store.finish(second, 2, "text/csv", b"second") and not store.finish(second, 2, "text/csv", b"again")
    assert store.result(job.id) == ("text/csv", b"second")


def test_a_claim_that_is_renewed_holds(store: JobStore, clock: list[float]) -> None:
    store.add("", "{}", UPLOADS)
    claim = claimed(store)
    for _ in range(5):
        clock[0] += LEASE * 0.9
        assert store.renew(claim, 0)
        store.sweep(3600)
    assert store.claim() is None and store.finish(claim, 2, "text/csv", b"")


def test_a_claim_is_not_lost_to_who_looked_at_the_clock_before(store: JobStore, clock: list[float]) -> None:
    store.add("", "{}", UPLOADS)
    claim = claimed(store)
    clock[0] -= 2
    store.sweep(3600)
    assert store.renew(claim, 1)


def test_a_clock_that_is_put_back_holds_no_job_for_ever(store: JobStore, clock: list[float]) -> None:
    store.add("", "{}", UPLOADS)
    claimed(store)
    clock[0] -= 86_400
    store.sweep(3600)
    assert store.claim()


def test_a_job_that_ends_its_readers_has_failed(store: JobStore, clock: list[float]) -> None:
    job = store.add("", "{}", UPLOADS)
    for _ in range(MOST_TRIES):
        claimed(store)
        clock[0] += LEASE + 1
        store.sweep(3600)
    assert store.claim() is None
    failed = store.find("", job.id)
    assert failed and (failed.state, failed.problem) == ("failed", "killed") and failed.detail


def test_a_job_that_is_given_back_was_not_tried(store: JobStore) -> None:
    job = store.add("", "{}", UPLOADS)
    for _ in range(MOST_TRIES + 1):
        claim = claimed(store)
        store.renew(claim, 1)
        assert store.release(claim) and not store.release(claim)
        waiting = store.find("", job.id)
        assert waiting and (waiting.state, waiting.pages) == ("waiting", 0)


def test_nothing_is_kept_for_ever(store: JobStore, clock: list[float]) -> None:
    done, failed = store.add("", "{}", UPLOADS), store.add("", "{}", UPLOADS)
    store.finish(claimed(store), 2, "text/csv", b"rows")
    clock[0] += 50
    store.sweep(60)
    assert store.result(done.id)
    clock[0] += 11
    store.sweep(60)
    assert store.find("", done.id) is None
    late = store.find("", failed.id)
    assert late and (late.state, late.problem) == ("failed", "time") and "60 seconds" in str(late.detail)
    clock[0] += 61
    store.sweep(60)
    assert store.find("", failed.id) is None


def test_bounds(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    for _ in range(2):
        store.add("", "{}", UPLOADS)
    with pytest.raises(StoreFullError, match="2 jobs are kept already; fetch or delete"):
        store.add("", "{}", UPLOADS)
