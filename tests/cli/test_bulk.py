"""What `inkdigits bulk` says: of bad input, and of how far it is. (That it reads, docs/scale.md shows.)"""

from pathlib import Path

import pytest

from tests.helpers import extract_error_sentence, need_extra

need_extra("ray", "scale")

from inkdigits.cli.bulk import format_progress
from inkdigits.ray.bulk import BulkProgress
from tests.ray.pictures import draw_digits
from tests.told import Told


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["none.png"], 1, "none.png: no such file; check the path."),
        (["empty"], 1, "There are no pictures in empty; name files, folders, .tar or .parquet."),
        (["."], 2, "out lies in ., which is read; give an --output outside of it."),
        (["1.png", "--single", "--length", "3"], 2, "A single digit has no form; leave out `single`, or length, "),
        (["1.png", "--as", "date", "--decimal", "comma"], 2, "A number of kind date has no decimals; leave out "),
        (["1.png", "--as", "amount", "--date-order", "dmy"], 2, "A date order tells nothing of numbers of kind amount"),
        (["1.png", "--decimal", "comma", "--signs", "drop"], 2, "Without signs nobody can tell what numbers mean"),
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


def test_progress_is_told() -> None:
    assert format_progress(BulkProgress(9000, 10)) == "10 of 9,000 pictures"
    later = BulkProgress(9000, 10, 1000, 1200, 3, 60, pace=(1200, 1000, 100.0))
    assert format_progress(later) == "1,010 of 9,000 pictures, 12.0 pages/s, 0:13:19 left, 5.0 % unsure, 3 failed"
