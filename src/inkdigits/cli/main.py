"""`inkdigits`: the commands, and how errors become exit codes.

Exit 0 done · 1 an input failed (the others are still done) · 2 usage · 3 `--strict` and something was rejected or
nothing found · 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import ast
import atexit
import os
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from inkdigits._version import __version__
from inkdigits.cli.options import STOPPED, PipeClosedError
from inkdigits.errors import InkdigitsError


class Home(NamedTuple):
    """Where a command is at home: the module of `cli` that adds it, and the extra that it needs, or nothing."""

    module: str
    extra: str = ""


COMMANDS = {  # only the module of the command that is called is loaded
    "read": Home("read"),
    "form": Home("form"),
    "bulk": Home("bulk", "scale"),
    "train": Home("train", "train"),
    "evaluate": Home("runs", "train"),
    "show": Home("runs", "train"),
    "compare": Home("runs", "train"),
    "export": Home("runs", "train"),
    "finetune": Home("finetune", "train"),
    "data": Home("data", "train"),
    "learn": Home("learn", "course"),
    "serve": Home("serve", "serve"),
    "demo": Home("demo", "train"),
}
EXTRA_MODULES = {"scale": "ray", "train": "torch", "course": "marimo", "serve": "fastapi"}  # what each extra brings
PIPE_CLOSED = 141  # 128 + SIGPIPE, which Windows has not

app = typer.Typer(
    name="inkdigits",
    help="Train small networks on handwritten digits, and read digits out of pictures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # a paragraph of a docstring stays one
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"inkdigits {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Train small networks on handwritten digits, and read digits out of pictures."""


def main() -> None:
    """Run one command; every error of ours becomes one sentence on stderr and its exit code."""
    # OpenMP, which PyTorch computes with, reads this when it is loaded: set it before any command imports torch.
    # By default its threads spin while they wait for each other, and where other programs keep the cores busy, they
    # spin away the very time that the thread they wait for needs. Asleep, they wait no longer on idle cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # Ctrl-C while Python ends would look like a crash
    try:
        _add_commands(sys.argv[1:])
        app()
    except InkdigitsError as error:
        typer.echo(f"inkdigits: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except PipeClosedError:  # whoever read our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PIPE_CLOSED)


def _add_commands(arguments: list[str]) -> None:
    """Add the command that a command line names; all of them if it completes a word; else list them for help."""
    called = next((word for word in arguments if not word.startswith("-")), None)
    if called in COMMANDS:
        _add_command(called)
    elif "_INKDIGITS_COMPLETE" in os.environ:
        for name in COMMANDS:
            _add_command(name)
    elif "--version" not in arguments:
        for name in COMMANDS:
            _list_command(name)


def _add_command(name: str) -> None:
    """Add a command, with those of its module; one whose extra is not installed says so when it is called."""
    try:
        import_module(f"inkdigits.cli.{COMMANDS[name].module}").add(app)
    except ModuleNotFoundError as error:
        if not COMMANDS[name].extra or (error.name or "").startswith("inkdigits"):
            raise
        _add_placeholder(name, missing=error.name or "")


def _list_command(name: str) -> None:
    """Add a command's name and summary, which is all that help prints. The summary is read from the source of its
    module: to import that would load PyTorch, which takes seconds."""
    extra = COMMANDS[name].extra
    if extra and find_spec(EXTRA_MODULES[extra]) is None:
        _add_placeholder(name, missing=EXTRA_MODULES[extra])
    else:
        source = Path(__file__).with_name(f"{COMMANDS[name].module}.py").read_text(encoding="utf-8")
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        docstrings = {function.name: ast.get_docstring(function) for function in functions}
        app.command(name, help=docstrings[name])(lambda: None)


def _add_placeholder(name: str, missing: str) -> None:
    install = f'pip install "inkdigits[{COMMANDS[name].extra}]"'
    context = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

    @app.command(name, context_settings=context, help=f"Needs the extra: {install}.")
    def command() -> None:
        typer.echo(f"inkdigits: '{name}' needs {missing}: {install}", err=True)
        raise typer.Exit(2)
