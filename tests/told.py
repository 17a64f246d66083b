"""A command given in this process, which is much quicker than one of its own (helpers.run_inkdigits): `told`."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inkdigits.cli.main import app, main
from tests.helpers import CommandOutput

Told = Callable[..., CommandOutput]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """`told("data", "--json", code=0)`: run the command as `inkdigits` does, expect that exit code, give its output."""
    monkeypatch.setenv("COLUMNS", "140")
    for name in ("NO_COLOR", "FORCE_COLOR", "INKDIGITS_DATA"):
        monkeypatch.delenv(name, raising=False)

    def tell(*words: str | Path, code: int = 0) -> CommandOutput:
        monkeypatch.setattr(sys, "argv", ["inkdigits", *map(str, words)])
        monkeypatch.setattr(app, "registered_commands", [])  # or those of every call before would be built again
        with pytest.raises(SystemExit) as ended:
            main()
        said = CommandOutput(*capsys.readouterr())
        assert (ended.value.code or 0) == code, said.err
        return said

    return tell
