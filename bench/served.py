"""A real `inkdigits serve` on loopback, on a core of its own, and what can be told of it from outside (Linux only)."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

COMMAND = Path(sys.executable).parent / "inkdigits"
EVERY = 0.5  # seconds between two looks at the memory


def two_cores() -> tuple[int, int]:
    """The server's core and that of everything else; the same one where there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


@dataclass(frozen=True)
class Served:
    """A service that runs."""

    host: str
    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "image/png") -> tuple[int, bytes]:
        """One request on a connection of its own: the answer's status and body."""
        with closing(http.client.HTTPConnection(self.host, self.port, timeout=60)) as to:
            to.request(method, path, body, {"Content-Type": kind} if body is not None else {})
            answer = to.getresponse()
            return answer.status, answer.read()

    def memory(self) -> int:
        """Bytes that the server's processes hold (resident), all together."""
        return sum(resident(pid) for pid in family(self.process.pid))

    def faults(self) -> int:
        """Answers that were faults of the service, by its own metrics, and tracebacks in its log."""
        lines = self.ask("GET", "/metrics")[1].decode().splitlines()
        counted = sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(FAULTS))
        self.log.seek(0)
        return round(counted) + sum(b'"trace"' in line or not line.startswith(b"{") for line in self.log)


FAULTS = 'inkdigits_errors_total{kind="error"}'


@contextmanager
def serving(*words: str) -> Iterator[Served]:
    """Start `inkdigits serve` with these words on the first core; this program, and what it starts, stays on the last.

    Raises RuntimeError, with its log, when it does not start, or does not end well at SIGTERM.
    """
    cores, (theirs, ours) = os.sched_getaffinity(0), two_cores()
    with tempfile.TemporaryFile() as log:
        os.sched_setaffinity(0, {theirs})  # a child is born to its parent's cores
        command = [str(COMMAND), "serve", "--port", "0", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        os.sched_setaffinity(0, {ours})
        try:
            yield told(process, log)
            process.send_signal(signal.SIGTERM)
            if process.wait(120) != 0:
                raise _failed(log)
        finally:
            process.kill()
            process.communicate()
            os.sched_setaffinity(0, cores)


def told(process: subprocess.Popen[bytes], log: IO[bytes]) -> Served:
    """The service, once it has said where it listens."""
    assert process.stdout is not None
    address = urlsplit(process.stdout.readline().decode().strip())
    if address.hostname is None or address.port is None:
        raise _failed(log)
    return Served(address.hostname, address.port, process, log)


def _failed(log: IO[bytes]) -> RuntimeError:
    log.seek(0)
    return RuntimeError(f"the service failed: {log.read()[-2000:].decode()}")


def family(pid: int) -> list[int]:
    """A process and all its descendants that live."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in family(int(child)))]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watch:
    """Looks at a service's memory while the block runs: bytes at its begin and end, and the most seen between."""

    served: Served
    before: int = 0
    after: int = 0
    most: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _looker: threading.Thread | None = None

    def __enter__(self) -> Watch:
        self.before = self.most = self.served.memory()
        self._looker = threading.Thread(target=self._look)
        self._looker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._looker is not None:
            self._looker.join()
        self.after = self.served.memory()
        self.most = max(self.most, self.after)

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            self.most = max(self.most, self.served.memory())

    def as_dict(self) -> dict[str, int]:
        return {"before": self.before, "after": self.after, "most": self.most}
