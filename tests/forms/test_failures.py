"""What cannot be read of a form is told in its place, and stops nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from inkdigits.errors import ModelError
from inkdigits.forms.examples import EXAMPLES, format_roster
from inkdigits.forms.fields import FieldReader
from inkdigits.forms.reader import FormReader
from inkdigits.forms.store import ResultStore
from inkdigits.forms.template import embed_blank, load_template, save_template
from tests.told import Told


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "roster.csv").write_text(format_roster())
    blank, content = EXAMPLES["mark-sheet"]()
    save_template(embed_blank(content, blank), tmp_path / "form.json")
    return tmp_path / "form.json"


def test_what_ends_a_page_is_told_at_that_page(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = load_template(template)
    page = Image.fromarray(form.blank_grey)
    page.save(tmp_path / "two.pdf", save_all=True, append_images=[page], resolution=150)

    def fail(*_: object) -> None:
        raise ModelError("The network is damaged; install inkdigits anew.")

    monkeypatch.setattr(FieldReader, "read_fields", fail)
    failures = list(FormReader([form], threads=1).attempt(tmp_path / "two.pdf"))
    assert [(each.page, getattr(each, "kind", None)) for each in failures] == [(1, "model"), (2, "model")]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are Unicode")
def test_a_file_whose_name_is_no_utf8_stops_no_run(template: Path, told: Told, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.png")).write_bytes(b"no picture")
    words = ["form", "read", str(template), str(tmp_path), "--output", str(tmp_path / "out.csv")]
    ended = subprocess.run([sys.executable, "-m", "inkdigits", *words], capture_output=True, check=False)
    assert ended.returncode == 1
    results = tmp_path / "out.sqlite"
    with ResultStore(results) as store:
        assert [Path(each.file).name for each in store.list_sheets()] == [r"\udcff.png"]
    for ending in ("csv", "json", "xlsx", "parquet"):
        told("form", "export", results, "--output", tmp_path / f"again.{ending}")
    told("form", "review", results)
