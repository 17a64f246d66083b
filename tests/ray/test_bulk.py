"""Bulk runs on a Ray of two CPUs, one for all tests of this file."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inkdigits import ClusterError, Form, Reader, UsageError
from inkdigits.cli.learn import find_free_port
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, is_listening, need_extra, wait_for

need_extra("ray", "scale")

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from inkdigits.ray import read_numbers
from inkdigits.ray.bulk import BulkProgress, BulkSettings, _watch, read_bulk
from inkdigits.ray.cluster import connect
from inkdigits.ray.output import Reconciliation
from tests.ray.archives import make_tar
from tests.ray.deadly import build_hanging_pdf
from tests.ray.pictures import draw_digits, forget_seconds

PAGE_SECONDS = 5.0

# Ray warns of what it does itself, and its thread finds no Ray any more where a run without progress is ended.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[Any]:
    with connect(None, 2):
        import ray

        yield ray


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files (one is no picture, one hangs), a tar of two and a Parquet of three pictures, one of them null."""
    folder = tmp_path_factory.mktemp("archive")
    pictures = draw_digits([0, 1, 2, 3, 4, 5])
    (folder / "0.png").write_bytes(pictures[0])
    (folder / "1.png").write_bytes(pictures[1])
    (folder / "broken.png").write_bytes(pictures[1][:200])
    (folder / "hangs.pdf").write_bytes(build_hanging_pdf())
    (folder / "two.tar").write_bytes(make_tar([("2.png", pictures[2]), ("below/3.png", pictures[3])]))
    pq.write_table(pa.table({"bytes": [*pictures[4:], None]}), folder / "three.parquet")
    return folder


def run(archive: Path, output: Path, **settings: Any) -> tuple[Reconciliation, BulkProgress, BulkProgress]:
    """The result of a run, and the first and the last that was heard of it."""
    reports = list[BulkProgress]()
    wanted = BulkSettings((str(archive),), str(output), page_seconds=PAGE_SECONDS, workers=2, **settings)
    result = read_bulk(wanted, {"single": True}, reports.append)
    return result, reports[0], reports[-1]


def load(folder: Path | str, **options: Any) -> dict[str, dict[str, Any]]:
    rows = ds.dataset(folder, partitioning="hive", **options).to_table().to_pylist()
    return {row["id"]: row for row in rows}


def test_every_page_is_there_once_and_as_it_is_read_elsewhere(archive: Path, tmp_path: Path) -> None:
    result, first, last = run(archive, tmp_path / "out")
    assert (result.pictures, result.pages, result.read, result.failed) == (9, 11, 8, 3)
    assert result.is_exact and (first.total, first.before, last.done, last.pages) == (9, 0, 9, 11)
    rows = load(tmp_path / "out/pages")
    reader = Reader(threads=1)
    contents = {"0.png": 0, "1.png": 1, "two.tar/2.png": 2, "two.tar/below/3.png": 3}
    contents |= {"three.parquet/0": 4, "three.parquet/1": 5}
    for (name, label), picture in zip(contents.items(), draw_digits([*contents.values()]), strict=True):
        row = rows.pop(f"{archive}/{name}#1")
        (expected,) = reader.attempt(picture, name=f"{archive}/{name}", single=True)
        assert forget_seconds(json.loads(row["json"])) == forget_seconds(expected.as_dict())
        assert (row["state"], row["text"], row["pages"]) == ("read", expected.text, 1)  # type: ignore[union-attr]
        assert row["numbers"][0]["text"] in (str(label), "?")
    (broken,) = reader.attempt((archive / "broken.png").read_bytes(), name=f"{archive}/broken.png")
    assert json.loads(rows[f"{archive}/broken.png#1"]["json"]) == broken.as_dict()
    kinds = {row["id"].removeprefix(f"{archive}/"): row["error_kind"] for row in rows.values()}
    assert kinds == {
        "broken.png#1": "picture",
        "hangs.pdf#1": None,
        "hangs.pdf#2": "time",
        "hangs.pdf#3": None,
        "three.parquet/2#1": "picture",
    }
    assert len(load(tmp_path / "out/numbers")) == 8

    (archive / "later.png").write_bytes(*draw_digits([6]))
    result, first, last = run(archive, tmp_path / "out")
    assert (first.total, first.before, last.pages) == (10, 9, 1), "only what is new is read"
    assert result.is_exact and result.pages == 12
    result, first, last = run(archive, tmp_path / "out")
    assert first == last and first.before == 10, "nothing is left to read"
    (archive / "later.png").unlink()
    assert run(archive, tmp_path / "out")[0].others == 1


def test_numbers_of_a_dataset_of_ones_own(ray: Any) -> None:
    pictures = [{"path": f"{place}.png", "bytes": data} for place, data in enumerate(draw_digits([7, 8, 9]))]
    dataset = ray.data.from_items(pictures)
    rows = read_numbers(dataset, form=Form(length=1, range=(0, 8)), batch_size=2).take_all()
    sure = [each for row in rows for each in row["numbers"] if each["accepted"]]
    assert sure and all((each["kind"], each["value"]) == ("integer", each["text"]) for each in sure)
    (expected,) = Reader(threads=1).attempt(pictures[0]["bytes"], name="0.png", form=Form(length=1, range=(0, 8)))
    found = next(json.loads(row["json"]) for row in rows if row["path"] == "0.png")
    assert forget_seconds(found) == forget_seconds(expected.as_dict())
    assert sorted(row["id"] for row in rows) == ["0.png#1", "1.png#1", "2.png#1"]
    with pytest.raises(Exception, match="need a column `bytes` of binary, which here is missing"):
        read_numbers(dataset.drop_columns(["bytes"])).take_all()
    with pytest.raises(UsageError, match="has no form"):
        read_numbers(dataset, single=True, form=Form(length=1))


def test_an_object_store(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_extra("moto", "dev")
    from moto.server import ThreadedMotoServer
    from pyarrow.fs import FileSystem

    for name, value in (("ACCESS_KEY_ID", "me"), ("SECRET_ACCESS_KEY", "secret"), ("EC2_METADATA_DISABLED", "true")):
        monkeypatch.setenv(f"AWS_{name}", value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = f"127.0.0.1%3A{server.get_host_and_port()[1]}"
    options = f"?scheme=http&region=us-east-1&allow_bucket_creation=true&endpoint_override={endpoint}"
    try:
        store, _ = FileSystem.from_uri(f"s3://me:secret@archive/{options}")
        store.create_dir("archive")
        for name in ("0.png", "two.tar"):
            with store.open_output_stream(f"archive/scans/{name}") as file:
                file.write((archive / name).read_bytes())
        addresses = [f"s3://me:secret@archive/{folder}{options}" for folder in ("scans", "out")]
        for before in (0, 3):
            reports = list[BulkProgress]()
            settings = BulkSettings((addresses[0],), addresses[1], workers=1)
            assert read_bulk(settings, {"single": True}, reports.append).is_exact
            assert reports[0].before == before
        pages = load("archive/out/pages", filesystem=store)
        names = ["0.png", "two.tar/2.png", "two.tar/below/3.png"]
        assert sorted(pages) == [f"s3://archive/scans/{name}#1" for name in names]
        assert {row["state"] for row in pages.values()} == {"read"}
    finally:
        server.stop()


def test_a_killed_command_goes_on_and_every_page_is_there_once(ray: Any, tmp_path: Path) -> None:
    """The command is a process of its own, on this Ray as on a cluster."""
    folder, output = tmp_path / "digits", tmp_path / "out"
    folder.mkdir()
    for place, picture in enumerate(draw_digits([place % 10 for place in range(200)])):
        (folder / f"{place:03}.png").write_bytes(picture)
    words = ["--single", "--workers", "1", "--address", ray.get_runtime_context().gcs_address, "--output", str(output)]
    with open(tmp_path / "log", "wb") as log:
        command = [INKDIGITS_COMMAND, "bulk", str(folder), *words, "--max-page-seconds", str(PAGE_SECONDS)]
        process = subprocess.Popen(command, stderr=log, env=BASE_ENVIRONMENT | os.environ)
        while process.poll() is None and not list(output.glob("pages/*/*.parquet")):
            time.sleep(0.05)
        process.kill()
        assert process.wait() == -signal.SIGKILL, (tmp_path / "log").read_text()
    written = {path: path.read_bytes() for path in output.glob("pages/*/*.parquet")}
    assert 0 < ds.dataset(list(map(str, written))).count_rows() < 200
    result, first, _ = run(folder, output)
    assert result.is_exact and (result.pages, result.read) == (200, 200) and 0 < first.before < 200
    assert all(path.read_bytes() == content for path, content in written.items()), "what is written is never changed"
    assert sorted(row["path"] for row in load(output / "pages").values()) == sorted(map(str, folder.iterdir()))


def test_a_cluster_is_reached_by_ray_client(ray: Any, tmp_path: Path) -> None:
    folder, output = tmp_path / "digits", tmp_path / "out"
    folder.mkdir()
    for place, picture in enumerate(draw_digits([1, 2, 3])):
        (folder / f"{place}.png").write_bytes(picture)
    port = find_free_port()
    module = [sys.executable, "-m", "ray.util.client.server", "--mode", "specific-server"]
    own = ["--host", "127.0.0.1", "--port", str(port), "--address", ray.get_runtime_context().gcs_address]
    words = ["--single", "--workers", "1", "--output", str(output), "--address", f"ray://127.0.0.1:{port}"]
    environment = BASE_ENVIRONMENT | os.environ
    with subprocess.Popen([*module, *own], env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: is_listening(port))
            command = [INKDIGITS_COMMAND, "bulk", str(folder), *words]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
        finally:
            server.kill()
    assert done.returncode == 0, done.stderr
    assert [row["text"] for row in load(output / "pages").values()] == ["1", "2", "3"]


def test_an_output_that_would_be_read(archive: Path) -> None:
    with pytest.raises(UsageError, match="give an --output outside of it"):
        run(archive, archive / "out")


def test_a_run_without_progress_is_ended_with_a_reason(ray: Any) -> None:
    """What waits for a CPU that there is not, waits for ever."""
    dataset = ray.data.range(1).map_batches(lambda batch: batch, num_cpus=3)
    with pytest.raises(ClusterError, match=r"No page was finished for 1 s \(of 2 CPUs of Ray's, \d are idle\)"):
        list(_watch(dataset.iter_batches(batch_size=None), stall_seconds=1))
