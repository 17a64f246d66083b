"""Programs that tests need: where one is missing a test is skipped, or fails in CI, and the last line names it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import MISSING, closing_line, need, path_of

ROOT = Path(__file__).parents[1]
CONFTEST = "from tests.programs import pytest_sessionfinish\n"
TEST = """
from tests.programs import need

def test_in_a_browser(): need("chromium")
def test_with_a_client(): need("curl")
def test_with_another(): need("curl")
def test_with_nothing(): pass
"""


def run_tests(folder: Path, *options: str, ci: str) -> tuple[int, list[str]]:
    """Run these tests where no program is to be found: pytest's exit code and what it printed."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", f"--rootdir={folder}", "--import-mode=importlib", *options, str(folder)]
    where = {"CI": ci, "PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=where, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.mark.parametrize("options", [("-p", "no:xdist"), ("-n", "1")], ids=["in one process", "in several"])
def test_what_is_missing_is_skipped_and_named_at_the_very_end(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, said = run_tests(tmp_path, *options, ci="")
    assert code == 0 and "1 passed, 3 skipped" in said[-2]
    assert said[-1] == (
        "3 tests were skipped for want of chromium, curl. On Debian: sudo apt-get install chromium-headless-shell curl"
    )


def test_in_ci_what_is_missing_fails(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, ci="true")
    assert code == 1 and "1 passed" in said[-1] and "3 failed" in said[-1]
    assert any("not installed: curl; on Debian: apt-get install curl" in line for line in said)


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert closing_line(["only Linux has a niceness for each thread"]) == ""
    assert closing_line([f"Skipped: {MISSING}wrk", "another"]).startswith("1 test was skipped for want of wrk.")


def test_what_is_there_is_given_with_its_path() -> None:
    assert Path(need("node")).name == "node"


def test_a_library_is_there_if_it_can_be_loaded() -> None:
    assert path_of("libc.so.6") == "libc.so.6"
    assert path_of("libnothing.so.1") is None
