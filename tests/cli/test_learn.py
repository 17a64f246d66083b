"""`inkdigits learn` as far as it opens no browser: listing, checking, and words it does not know."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from inkdigits.cli.learn import _check_lessons
from inkdigits.course.lessons import Lesson, list_lessons
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, extract_error_sentence, wait_for
from tests.told import Told


def test_lessons_are_listed_with_what_they_are_about(told: Told) -> None:
    said = told("learn").out
    for each in list_lessons():
        assert f"{each.number:>2}  {each.title}\n" in said and each.about in said


def test_a_lesson_that_is_not_there_is_usage(told: Told) -> None:
    assert "There is no lesson 99; choose one of 1, 2" in extract_error_sentence(told("learn", "99", code=2).err)


def lesson(number: int, code: str, folder: Path) -> Lesson:
    path = folder / f"{number}.py"
    path.write_text(code)
    return Lesson(number, "A lesson", "For a test.", path)


def test_every_lesson_is_run_and_one_that_fails_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [
        lesson(number, code, tmp_path) for number, code in enumerate(("pass", "assert 1 == 2, 'so it is'", "pass"))
    ]
    with pytest.raises(typer.Exit) as stopped:
        _check_lessons(given)
    said = capsys.readouterr()
    assert stopped.value.exit_code == 1
    assert [line.split()[:2] for line in said.out.splitlines()] == [["0", "passed"], ["1", "failed"], ["2", "passed"]]
    assert "AssertionError: so it is" in said.err
    _check_lessons([given[0]])


def test_a_port_that_is_taken_is_one_sentence(told: Told, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = told("learn", "1", "--port", str(taken.getsockname()[1]), "--folder", tmp_path, code=2)
    assert "Cannot listen on port" in extract_error_sentence(said.err)


def test_a_server_ends_with_the_command_that_started_it(tmp_path: Path) -> None:
    """A stop of the command reaches the lesson's server, whose process says that it is gone by closing its pipe."""
    server = "import os, sys, time; sys.stdout.write(f'{os.getpid()}\\n'); sys.stdout.flush(); time.sleep(600)"
    program = (
        f"from inkdigits.cli.learn import run_until_stopped; run_until_stopped([{sys.executable!r}, '-c', {server!r}])"
    )
    command = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    with command.stdout:
        assert int(command.stdout.readline()) > 0
        command.terminate()
        assert command.wait(60) == 128 + signal.SIGTERM
        assert command.stdout.read() == "", "the pipe is open as long as the server lives"


def test_a_lesson_to_read_is_shown_in_the_browser_once_it_can_be(tmp_path: Path) -> None:
    """The browser here is a program that asks for the address it is given, and keeps what comes."""
    fetched = tmp_path / "page"
    fetcher = tmp_path / "fetcher"
    fetcher.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\n"
        f"page = urllib.request.urlopen(sys.argv[1]).read()\nopen({str(fetched)!r}, 'wb').write(page)\n"
    )
    fetcher.chmod(0o755)
    command = subprocess.Popen(
        [INKDIGITS_COMMAND, "learn", "2"],
        env=BASE_ENVIRONMENT | {"BROWSER": f"{fetcher} %s"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    with command.stderr:
        line = next(line for line in command.stderr if "lesson 2" in line)
        wait_for(lambda: fetched.exists() and b"</html>" in fetched.read_bytes())
        command.terminate()
        assert command.wait(60) == 128 + signal.SIGTERM
    assert re.match(r"http://127\.0\.0\.1:\d+/\?show-code=true shows lesson 2; stop with Ctrl-C\n", line)
    assert "02_pictures_to_numbers.py" in fetched.read_text(encoding="utf-8")
