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

INKDIGITS_COMMAND = Path(sys.executable).parent / "inkdigits"
TIMEOUT_SECONDS = 60.0  # for an answer
SAMPLE_SECONDS = 0.5  # seconds between two looks at the memory


def choose_cores() -> tuple[int, int]:
    """The server's core and that of everything else; the same one where there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


@dataclass(frozen=True)
class RunningService:
    """A service that runs."""

    host: str
    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def request(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "image/png"
    ) -> tuple[int, bytes]:
        """One request on a connection of its own: the answer's status and body."""
        with closing(http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)) as connection:
            connection.request(method, path, body, {"Content-Type": content_type} if body is not None else {})
            response = connection.getresponse()
            return response.status, response.read()

    def measure_memory_bytes(self) -> int:
        """Bytes that the server's processes hold (resident), all together."""
        return sum(measure_resident_bytes(pid) for pid in list_process_tree(self.process.pid))

    def measure_cpu_seconds(self) -> float:
        """Seconds of a core that the server's processes have used so far, all together."""
        return sum(measure_cpu_seconds(pid) for pid in list_process_tree(self.process.pid))

    def count_faults(self) -> int:
        """Answers that were faults of the service, by its metrics, and tracebacks in its log; these go to stderr."""
        lines = self.request("GET", "/metrics")[1].decode().splitlines()
        metric_total = sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(FAULT_METRIC))
        self.log.seek(0)
        fault_lines = [line for line in self.log if b'"trace"' in line or not line.startswith(b"{")]
        if metric_total or fault_lines:
            print(f"{metric_total:g} faults by its metrics; in its log:", *fault_lines, sep="\n", file=sys.stderr)
        return round(metric_total) + len(fault_lines)


FAULT_METRIC = 'inkdigits_errors_total{kind="error"}'


@contextmanager
def run_service(*arguments: str, exit_code: int = 0) -> Iterator[RunningService]:
    """Start `inkdigits serve` with these arguments on the first core; this program and its children stay on the last.

    Raises RuntimeError, with its log, when it does not start, or does not end with that exit code at SIGTERM.
    """
    all_cores, (service_core, load_core) = os.sched_getaffinity(0), choose_cores()
    # A description of its own for reading: where the reader stands must not move where the service writes.
    with tempfile.NamedTemporaryFile() as log_writer, open(log_writer.name, "rb") as log:
        os.sched_setaffinity(0, {service_core})  # a child is born to its parent's cores
        command = [str(INKDIGITS_COMMAND), "serve", "--port", "0", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log_writer)
        os.sched_setaffinity(0, {load_core})
        try:
            yield wait_for_start(process, log)
            process.send_signal(signal.SIGTERM)
            if process.wait(120) != exit_code:
                raise _failed(log)
        finally:
            process.kill()
            process.communicate()
            os.sched_setaffinity(0, all_cores)


def wait_for_start(process: subprocess.Popen[bytes], log: IO[bytes]) -> RunningService:
    """The service, once it has said where it listens."""
    assert process.stdout is not None
    address = urlsplit(process.stdout.readline().decode().strip())
    if address.hostname is None or address.port is None:
        raise _failed(log)
    return RunningService(address.hostname, address.port, process, log)


def _failed(log: IO[bytes]) -> RuntimeError:
    log.seek(0)
    return RuntimeError(f"the service failed: {log.read()[-2000:].decode()}")


def list_process_tree(pid: int) -> list[int]:
    """A process and all its descendants that live."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in list_process_tree(int(child)))]


def measure_resident_bytes(pid: int) -> int:
    """Bytes of memory that a process holds."""
    page_count = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return page_count * os.sysconf("SC_PAGE_SIZE")


def measure_cpu_seconds(pid: int) -> float:
    """Seconds of a core that a process has used: its own and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class MemoryWatch:
    """Looks at a service's memory while the block runs: bytes at its begin and end, and the most seen between."""

    service: RunningService
    before_bytes: int = 0
    after_bytes: int = 0
    peak_bytes: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> MemoryWatch:
        self.before_bytes = self.peak_bytes = self.service.measure_memory_bytes()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.after_bytes = self.service.measure_memory_bytes()
        self.peak_bytes = max(self.peak_bytes, self.after_bytes)

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, self.service.measure_memory_bytes())

    def as_dict(self) -> dict[str, int]:
        return {"before": self.before_bytes, "after": self.after_bytes, "most": self.peak_bytes}
