"""`inkdigits`: the commands, and how errors become exit codes.

Exit 0 done · 1 an input failed (the others are still done) · 2 usage · 3 `--strict` and something was rejected or
nothing found · 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from importlib import import_module
from typing import Annotated

import typer

from inkdigits._version import __version__
from inkdigits.cli.options import STOPPED
from inkdigits.errors import InkdigitsError

COMMANDS = {  # command → the module that adds it; only the module of the command that is called is loaded
    "read": "inkdigits.cli.read",
    "bulk": "inkdigits.cli.bulk",
    "form": "inkdigits.cli.form",
    "train": "inkdigits.cli.train",
    "evaluate": "inkdigits.cli.runs",
    "show": "inkdigits.cli.runs",
    "compare": "inkdigits.cli.runs",
    "export": "inkdigits.cli.runs",
    "finetune": "inkdigits.cli.finetune",
    "data": "inkdigits.cli.data",
    "learn": "inkdigits.cli.learn",
    "serve": "inkdigits.cli.serve",
    "demo": "inkdigits.cli.demo",
}
PIPE_CLOSED = 141  # 128 + SIGPIPE, which Windows has not
EXTRAS = {
    "bulk": "scale",
    "serve": "serve",
    "learn": "course",
}  # command → the extra that it needs; all others need `train`, or nothing

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
        for module in _modules_for(sys.argv[1:]):
            _add_module(module)
        app()
    except InkdigitsError as error:
        typer.echo(f"inkdigits: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PIPE_CLOSED)


def _modules_for(arguments: list[str]) -> list[str]:
    """The modules that a command line needs: of the command it names, none for the version, all for help."""
    command = next((word for word in arguments if not word.startswith("-")), None)
    if command in COMMANDS:
        return [COMMANDS[command]]
    return [] if "--version" in arguments else sorted(set(COMMANDS.values()))


def _add_module(module: str) -> None:
    """Add a module's commands; one whose extra is not installed says so when it is called."""
    try:
        import_module(module).add(app)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.startswith("inkdigits"):
            raise
        for name in (name for name, home in COMMANDS.items() if home == module):
            _add_placeholder(name, missing)


def _add_placeholder(name: str, missing: str) -> None:
    install = f'pip install "inkdigits[{EXTRAS.get(name, "train")}]"'
    context = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

    @app.command(name, context_settings=context, help=f"Needs the extra: {install}.")
    def command() -> None:
        typer.echo(f"inkdigits: '{name}' needs {missing}: {install}", err=True)
        raise typer.Exit(2)
