"""The lessons as files: what each must have, and that it is what marimo itself would call a sound notebook."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from inkdigits.course.lessons import Lesson, copy_lesson, get_lesson, lesson_environment, list_lessons, open_command
from inkdigits.errors import UsageError

LESSONS = list_lessons()


def called(tree: ast.AST, name: str) -> int:
    """How often a function of that name is called."""
    return sum(isinstance(node, ast.Call) and getattr(node.func, "id", "") == name for node in ast.walk(tree))


def test_lessons_are_numbered_from_one_without_a_gap() -> None:
    assert [each.number for each in LESSONS] == list(range(1, len(LESSONS) + 1))
    assert get_lesson(1) == LESSONS[0]
    with pytest.raises(UsageError, match="There is no lesson 0; choose one of 1"):
        get_lesson(0)


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: each.path.stem)
def test_a_lesson_asks_sets_exercises_claims_and_sums_up(each: Lesson) -> None:
    text = each.path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert each.title and each.about
    assert f'app_title="{each.number} {each.title}"' in text and f"# {each.number} {each.title}\n" in text
    assert called(tree, "question") >= 3 and called(tree, "check") >= 1
    assert sum(isinstance(node, ast.Assert) for node in ast.walk(tree)) >= 5
    assert "## What you now know" in text


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: each.path.stem)
def test_code_that_is_shown_comes_in_cells_of_a_few_lines(each: Lesson) -> None:
    tree = ast.parse(each.path.read_text(encoding="utf-8"))
    for cell in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        hidden = "hide_code=True" in ast.unparse(cell.decorator_list[0])
        assert hidden or (cell.end_lineno or 0) - cell.lineno <= 26, f"{each.path.name}:{cell.lineno}"


def test_marimo_finds_nothing_to_complain_of() -> None:
    command = [sys.executable, "-m", "marimo", "check", "--strict", *(str(each.path) for each in LESSONS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_copy_is_made_once_and_what_was_written_into_it_stays(tmp_path: Path) -> None:
    copy = copy_lesson(LESSONS[0], tmp_path / "mine")
    assert copy.read_bytes() == LESSONS[0].path.read_bytes()
    copy.write_text("my own work")
    assert copy_lesson(LESSONS[0], tmp_path / "mine").read_text() == "my own work"


def test_a_lesson_is_opened_to_work_in_or_to_read() -> None:
    path = Path("a.py")
    assert open_command(path)[5:6] == ["edit"] and "--skip-update-check" in open_command(path)
    assert open_command(path, read=True, port=1, browser=False)[5:] == [
        *("run", "--no-sandbox", "--include-code", "--port", "1", "--headless", "a.py")
    ]


def test_a_lesson_runs_when_opened_and_its_threads_wait_asleep_unless_somebody_wants_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert lesson_environment()["OMP_WAIT_POLICY"] == "passive"
    assert lesson_environment()["_MARIMO_CONFIG_OVERLOAD_RUNTIME_AUTO_INSTANTIATE"] == "true"
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert lesson_environment()["OMP_WAIT_POLICY"] == "active"
