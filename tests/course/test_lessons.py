"""The lessons as files: what each must have, and that it is what marimo itself would call a sound notebook."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from inkdigits.course.lessons import (
    LOOKS,
    WATCHED,
    Lesson,
    build_edit_command,
    build_read_command,
    copy_lesson,
    get_lesson,
    lesson_environment,
    list_lessons,
)
from inkdigits.errors import UsageError
from tests.course.conftest import given

LESSONS = list_lessons()


def called(tree: ast.AST, name: str) -> int:
    """How often a function of that name is called."""
    return sum(isinstance(node, ast.Call) and getattr(node.func, "id", "") == name for node in ast.walk(tree))


def called_method(tree: ast.AST, name: str) -> bool:
    """Whether a method of that name is called."""
    return any(isinstance(node, ast.Call) and getattr(node.func, "attr", "") == name for node in ast.walk(tree))


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
    assert 'css_file="lesson.css"' in text and "with app.setup(hide_code=True):" in text  # the story comes first


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: each.path.stem)
def test_the_first_control_of_a_lesson_waits_for_no_training(each: Lesson) -> None:
    cells = [
        node for node in ast.parse(each.path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    ]
    late: set[str] = set()  # names that are known only when a training has ended
    first = next(cell for cell in cells if "mo.ui." in ast.unparse(cell))
    reader = next(cell for cell in cells if {arg.arg for arg in cell.args.args} & set(given(first)))
    for _ in cells:
        for cell in cells:
            if called_method(cell, "result") or {arg.arg for arg in cell.args.args} & late:
                late |= set(given(cell))
    assert not called_method(reader, "result") and not {arg.arg for arg in reader.args.args} & late


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
    assert (copy.parent / "lesson.css").read_text() == LOOKS.read_text()  # which it names
    copy.write_text("my own work")
    assert copy_lesson(LESSONS[0], tmp_path / "mine").read_text() == "my own work"


def test_a_lesson_is_opened_to_work_in_or_to_read() -> None:
    path = Path("a.py")
    assert build_edit_command(path)[5:6] == ["edit"] and "--skip-update-check" in build_edit_command(path)
    assert build_edit_command(path, port=1, browser=False)[-4:] == ["--port", "1", "--headless", "a.py"]
    assert build_read_command(path, 1)[5:] == [
        *("--quiet", "run", "--no-sandbox", "--include-code", "--headless", "--port", "1", "a.py")
    ]


def test_a_lesson_runs_when_opened_and_its_threads_wait_asleep_unless_somebody_wants_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert lesson_environment()["OMP_WAIT_POLICY"] == "passive"
    assert WATCHED not in lesson_environment() and WATCHED in lesson_environment(watched=True)
    assert lesson_environment()["_MARIMO_CONFIG_OVERLOAD_RUNTIME_AUTO_INSTANTIATE"] == "true"
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert lesson_environment()["OMP_WAIT_POLICY"] == "active"
