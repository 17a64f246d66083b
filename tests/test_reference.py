"""The pages and the API reference as Sphinx builds them: without a warning, and with every public name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import inkdigits

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make docs` builds; a warning (a page that nothing leads to, a broken docstring) ends it."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_public_name_is_in_the_reference(built: Path) -> None:
    page = (built / "api.html").read_text(encoding="utf-8")
    there = set(re.findall(r'id="inkdigits\.([\w.]+)"', page))
    assert set(inkdigits.__all__) - {"__version__"} <= there
    assert {"Reader.read", "Reading.from_dict"} <= there


def test_every_page_is_built(built: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    html = {path.relative_to(built).with_suffix("").as_posix() for path in built.rglob("*.html")}
    assert pages - {"README"} <= html and "index" in html


def test_the_index_for_readers_of_the_repository_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w/.-]+)\)", index))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages | {"decisions/README.md"} <= linked
