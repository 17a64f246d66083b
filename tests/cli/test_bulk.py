"""`inkdigits bulk` as a process: what is said of bad input, and a run whose command is killed."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, extract_error_sentence, need_extra, run_inkdigits

need_extra("ray", "scale")

import pyarrow.dataset as ds

from inkdigits.cli.bulk import format_progress
from inkdigits.ray.bulk import BulkProgress
from tests.ray.pictures import draw_digits
from tests.told import Told


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred digits: some seconds of work."""
    folder = tmp_path_factory.mktemp("digits")
    for place, picture in enumerate(draw_digits([place % 10 for place in range(300)])):
        (folder / f"{place:03}.png").write_bytes(picture)
    return folder


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["none.png"], 1, "none.png: no such file; check the path."),
        (["empty"], 1, "There are no pictures in empty; name files, folders, .tar or .parquet."),
        (["."], 2, "out lies in ., which is read; give an --output outside of it."),
        (["1.png", "--single", "--length", "3"], 2, "A single digit has no form; leave out `single`, or length, "),
        (["1.png", "--address", "nowhere"], 2, "nowhere: no address of a cluster; give one such as ray://host:10001."),
        (["1.png", "--address", "ray://127.0.0.1:1"], 1, "ray://127.0.0.1:1 does not answer ([Errno 111] Connection "),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], exit_code: int, sentence: str, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "1.png").write_bytes(*draw_digits([1]))
    said = told("bulk", *words, "--output", "out", code=exit_code).err.splitlines()
    assert extract_error_sentence(said[-1]).startswith(sentence)
    assert said[:-1] in ([], ["0 of 1 pictures"])


def test_a_killed_run_goes_on_and_has_every_page_once(digits: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    words = ["bulk", str(digits), "--single", "--workers", "1", "--output", str(output)]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([INKDIGITS_COMMAND, *words], stderr=log, env=BASE_ENVIRONMENT)
        while process.poll() is None and not list(output.glob("pages/*/*.parquet")):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    written = {path: path.read_bytes() for path in output.glob("pages/*/*.parquet")}
    assert 0 < ds.dataset(list(map(str, written))).count_rows() < 300
    done = run_inkdigits(*words)
    assert "300 pages of 300 pictures: 300 read" in done.out
    assert "every page is there, and once" in done.out
    assert all(path.read_bytes() == content for path, content in written.items()), "what is written is never changed"
    rows = ds.dataset(output / "pages", partitioning="hive").to_table()
    assert sorted(rows["path"].to_pylist()) == sorted(map(str, digits.iterdir()))
    assert not [name for name in os.listdir(output) if name not in (".lock", "run.json", "pages", "numbers")]


def test_progress_is_told() -> None:
    assert format_progress(BulkProgress(9000, 10)) == "10 of 9,000 pictures"
    later = BulkProgress(9000, 10, 1000, 1200, 3, 60, pace=(1200, 1000, 100.0))
    assert format_progress(later) == "1,010 of 9,000 pictures, 12.0 pages/s, 0:13:19 left, 5.0 % unsure, 3 failed"
