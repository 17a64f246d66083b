"""The programs that tests use and no package of PyPI brings; all are packages of Debian.

    python -m tests.programs     install those that are missing, where this is root and there is apt-get

A test asks for one by `need`. Where it is missing the test is skipped, and one line at the very end names all that were
missing; with CI=true the test fails.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Generator

import pytest

from bench.shared.chromium import find_chromium

PACKAGES = {
    "chromium": "chromium-headless-shell",
    "curl": "curl",
    "libatomic.so.1": "libatomic1",  # which the driver in Playwright's wheel links to
    "nginx": "nginx-light",
    "node": "nodejs",
    "npm": "npm",
    "openssl": "openssl",
    "systemd-analyze": "systemd",
    "tesseract": "tesseract-ocr",
    "wrk": "wrk",
}
MISSING = "not installed: "  # begins the reason of a test that is skipped for want of a program


def path_of(program: str) -> str | None:
    """Where the program is, or None; of a shared library its name."""
    if ".so." in program:
        return program if _can_load(program) else None
    return find_chromium() if program == "chromium" else shutil.which(program)


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def need(program: str) -> str:
    """The path of a program that the test uses. Where it is missing, skip the test; with CI=true, fail it."""
    if path := path_of(program):
        return path
    reason = f"{MISSING}{program}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; on Debian: apt-get install {PACKAGES[program]}", pytrace=False)
    pytest.skip(reason)


def closing_line(reasons: list[str]) -> str:
    """What to say after the tests, of the reasons for which some were skipped: nothing if no program was missing."""
    found = [reason.rpartition(MISSING)[2] for reason in reasons if MISSING in reason]
    if not found:
        return ""
    programs = sorted(set(found))
    count = "1 test was" if len(found) == 1 else f"{len(found)} tests were"
    packages = " ".join(PACKAGES[program] for program in programs)
    return f"{count} skipped for want of {', '.join(programs)}. On Debian: sudo apt-get install {packages}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """When all else is said, name the programs for want of which tests were skipped."""
    result = yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:  # it is None in the workers of pytest-xdist
        line = closing_line([str(report.longrepr[2]) for report in reporter.stats.get("skipped", [])])
        reporter.ensure_newline()
        reporter.write(f"{line}\n" if line else "", yellow=True)
    return result


def install() -> None:
    """Install what is missing, where that is allowed; say so where it fails."""
    packages = [package for program, package in PACKAGES.items() if path_of(program) is None]
    if not packages or os.name != "posix" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"Installing what tests use: {' '.join(packages)}", file=sys.stderr)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "-qq", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            print("That failed; tests that use them will be skipped.", file=sys.stderr)
            return


if __name__ == "__main__":
    install()
