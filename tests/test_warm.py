"""What a warm process runs is what a process of its own would: output, errors, exit codes, folder, streams."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import INKDIGITS_COMMAND
from tests.warm import warm


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with warm(tmp_path_factory.mktemp("warm")) as folder:
        yield folder


def ran(folder: Path, programs: Path, code: str, **env: str) -> tuple[int, str, list[str]]:
    """Run the code by bash, with these programs before all others: exit code, stdout, and how stderr ends."""
    where = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"} | env
    done = subprocess.run(["bash", "-c", code], cwd=folder, env=where, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr.splitlines()[-1:]


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("inkdigits --version", 0),
        ("inkdigits train no-such-recipe", 2),
        ("inkdigits data --json", 0),
        ("inkdigits read --json - < seven", 1),
        ("python -c 'import sys, os; print(sys.argv, sys.path[0], os.getcwd(), os.environ[\"X\"])' a b", 0),
        ("python -c '1 / 0'", 1),
        ("python -c 'import sys; sys.exit(\"words\")'", 1),
        ("echo 3 | python -c 'import sys; sys.exit(int(input()))'", 3),
        ('python -c \'import atexit; atexit.register(print, "late"); print("early")\' | cat', 0),
        ("python -c 'import os; os.kill(os.getpid(), 15)' || exit $?", 143),
        ("python -c 'import sys; print(*sorted(name for name in sys.modules if name.startswith(\"inkdigits\")))'", 0),
    ],
)
def test_it_is_as_in_a_process_of_its_own(programs: Path, tmp_path: Path, code: str, exit_code: int) -> None:
    (tmp_path / "seven").write_text("no picture")
    found = ran(tmp_path, programs, code, X="á")
    assert found == ran(tmp_path, INKDIGITS_COMMAND.parent, code, X="á")
    assert found[0] == exit_code
