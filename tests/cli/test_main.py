"""The command itself: version, help, mistakes, and Ctrl-C before anything has begun."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

import inkdigits as package
from inkdigits.cli.main import COMMANDS
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, extract_error_sentence, run_inkdigits
from tests.told import Told


def test_version_is_quick_to_say() -> None:
    assert run_inkdigits("--version").out == f"inkdigits {package.__version__}\n"
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", INKDIGITS_COMMAND, "--version"], capture_output=True, text=True, check=True
    ).stderr
    assert not re.search(r"\b(torch|numpy|matplotlib)\n", loaded)


def test_help_names_every_command(told: Told) -> None:
    said = run_inkdigits("--help", COLUMNS="120").out
    for name in COMMANDS:
        assert re.search(rf"^\W*{name}\b", said, re.MULTILINE), name
    assert told("-h").out.split() == told("--help").out.split()
    assert "\x1b" not in said


def test_every_command_explains_itself_and_nothing_is_without_help(told: Told) -> None:
    for name in sorted(COMMANDS):
        said = told(name, "--help").out
        assert f"inkdigits {name}" in said
        for line in said.splitlines():
            assert not re.fullmatch(r"\W*--[\w-]+\s+(TEXT|INTEGER|FLOAT|PATH)?\W*", line), line


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["read"], "Missing argument"),
        (["fly"], "No such command"),
        (["--fly"], "No such option"),
        (["read", "--fly", "a.png"], "No such option"),
        (["train", "mlp", "--lr", "fast"], "Invalid value for '--lr'"),
        (["train", "mlp", "--threads", "0"], "Invalid value for '--threads'"),
    ],
)
def test_mistakes_in_words_are_usage(told: Told, words: list[str], reason: str) -> None:
    said = told(*words, code=2)
    assert reason in said.err and not said.out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["train", "resnet"], "There is no recipe 'resnet'; choose one of lecture-softmax"),
        (["train", "mlp", "--device", "quantum"], "There is no device 'quantum' here; torch sees cpu"),
        (["train", "mlp", "--lr", "-1"], "--lr must be from 1e-08 to 100"),
        (["train", "softmax", "--hidden", "9"], "--hidden is a knob of the mlp"),
        (["train", "mlp", "--resume", "a"], "give no recipe, --out or knobs"),
        (["read", "--json", "--csv", "a.png"], "Choose only one of --json and --csv"),
        (["read", "--show-glyph", "g.png", "a.png"], "--show-glyph needs --single and exactly one picture"),
    ],
)
def test_what_makes_no_sense_is_usage_in_one_sentence(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = told(*words, code=2)
    assert reason in extract_error_sentence(said.err) and not said.out


def test_a_command_that_was_refused_left_nothing_behind(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told("train", "mlp", "--samples", "60001", code=2)
    told("train", "mlp", "--data", "nothing", code=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["evaluate", "nothing"], "There is no run at nothing"),
        (["show", "nothing"], "There is no run at nothing"),
        (["compare", "nothing"], "There is no run at nothing"),
        (["export", "nothing"], "There is no run at nothing"),
        (["train", "--resume", "nothing"], "There is no run at nothing"),
        (["data", "--data", "nothing"], "There is no data at nothing"),
        (["read", "--model", "nothing.onnx", "a.png"], "nothing.onnx: the network's file cannot be read"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = told(*words, code=1)
    assert reason in extract_error_sentence(said.err) and not said.out


def test_data_named_by_the_environment() -> None:
    said = run_inkdigits("data", exit_code=1, INKDIGITS_DATA="/nothing/here")
    assert "There is no data at /nothing/here" in extract_error_sentence(said.err)


@pytest.mark.parametrize("delay", [0.02, 0.4, 1.5])
def test_ctrl_c_while_it_is_still_starting(delay: float) -> None:
    """From the first line of ours on, Ctrl-C is exit 130, without a traceback."""
    starter = "import sys; print(flush=True); from inkdigits.cli.main import main; sys.argv[1:] = ['data']; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", f"import inkdigits.cli.main; {starter}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=BASE_ENVIRONMENT,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode in (130, 0), said.decode()
    assert b"Traceback" not in said


def test_ctrl_c_while_it_waits_for_a_picture() -> None:
    process = subprocess.Popen(
        [INKDIGITS_COMMAND, "read", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=BASE_ENVIRONMENT
    )
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=300)
    said = process.stderr.read() if process.stderr else b""
    assert process.stdin is not None
    process.stdin.close()
    process.stderr.close() if process.stderr else None
    assert process.returncode == 130, said.decode()
    assert b"Traceback" not in said


def test_a_reader_of_our_output_that_goes_away() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [INKDIGITS_COMMAND, "data"], stdout=writing, stderr=subprocess.PIPE, env=BASE_ENVIRONMENT, check=False
    )
    os.close(writing)
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


def test_results_for_somebody_who_has_gone_end_as_other_programs_do(tmp_path: Path) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "page.png")
    reading, writing = os.pipe()
    os.close(reading)
    words = [INKDIGITS_COMMAND, "read", tmp_path / "page.png", "--csv"]
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, env=BASE_ENVIRONMENT, check=False)
    os.close(writing)
    assert done.returncode == 141 and b"Traceback" not in done.stderr


@pytest.mark.parametrize(("closed", "words"), [(">&-", "stdout is closed"), ("<&-", "the file is empty")])
def test_a_closed_stdin_or_stdout_is_told(closed: str, words: str, tmp_path: Path) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "page.png")
    picture = "-" if closed == "<&-" else "page.png"
    line = f"'{INKDIGITS_COMMAND}' read {picture} {closed}"
    done = subprocess.run(line, shell=True, cwd=tmp_path, stderr=subprocess.PIPE, env=BASE_ENVIRONMENT, check=False)
    assert done.returncode == 1 and words in extract_error_sentence(done.stderr.decode())


def test_without_the_extra_a_command_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['torch'] = None; sys.argv[1:] = ['train', 'mlp', '--steps', '3'];"
        "from inkdigits.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, env=BASE_ENVIRONMENT)
    assert done.returncode == 2
    assert extract_error_sentence(done.stderr.decode()) == "'train' needs torch: pip install \"inkdigits[train]\""


@pytest.mark.parametrize("command", ["train", "finetune", "evaluate", "export"])
@pytest.mark.parametrize(("given", "policy"), [({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active")])
def test_threads_wait_asleep_from_before_torch_is_loaded(command: str, given: dict[str, str], policy: str) -> None:
    """Said by a stand-in for torch, as it is imported: OpenMP looks at the variable only once, when it is loaded."""
    program = f"""
import os, sys
class Torch:
    def find_spec(name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Torch)
sys.argv[1:] = ["{command}", "--help"]
from inkdigits.cli.main import main
main()
"""
    environment = {name: value for name, value in BASE_ENVIRONMENT.items() if name != "OMP_WAIT_POLICY"} | given
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
    assert done.stdout.decode() == f"{policy}\n"
