"""Listening: one process, or several workers that share one socket. Ends at SIGTERM, when all that came is answered."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread

from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from inkdigits.errors import UsageError
from inkdigits.serving.app import create_app
from inkdigits.serving.frame import Middleware
from inkdigits.serving.log import CONFIG
from inkdigits.serving.metrics import SHARED
from inkdigits.serving.protocol import Connection
from inkdigits.serving.settings import Settings

_BACKLOG = 2048  # connections that wait to be taken
_ANSWERS = 10  # seconds for an answer to be sent, on top of what making it may take, when the service ends

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h
_LARGE = 4 * 2**20  # bytes: what is larger goes back to the system at once; smaller ones would take time
_PAUSE = 5.0  # seconds after which what is free is given back again; it takes about a millisecond

# Seconds within which a worker says that it lives, from its start on. On a busy machine starting takes long, and one
# that was ended for that would only be started anew.
_HEALTHY = 60


def serve(settings: Settings, host: str, port: int, workers: int, report: Callable[[str], None]) -> None:
    """Listen until SIGTERM or Ctrl-C; `report` gets the address, as soon as it can be asked.

    Raises UsageError when the address cannot be had, and KeyboardInterrupt after Ctrl-C.
    """
    config = _config(settings, workers)
    with _listen(host, port) as listener, _shared_metrics(workers), _exit_on_sigterm():
        report(_address(listener))
        if workers == 1:
            Server(config).run(sockets=[listener])
        else:
            _run_workers(config, listener)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host's address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _config(settings: Settings, workers: int) -> Config:
    bounds = settings.bounds
    return Config(
        partial(_worker, settings),
        factory=True,
        workers=workers,
        http=Connection,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=CONFIG,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(bounds.upload_seconds + bounds.seconds + _ANSWERS),
        timeout_worker_healthcheck=_HEALTHY,
    )


def _worker(settings: Settings) -> Middleware:
    """The application of one process; a worker whose parent is killed ends too, as at SIGTERM."""
    _limit_free_memory()
    parent = parent_process()
    if parent is not None:
        Thread(target=_terminate_after, args=(parent.sentinel,), daemon=True).start()
    return create_app(settings)


def _limit_free_memory() -> None:
    """Have memory given back when a picture is read: glibc learns to keep blocks of up to 32 MB, and what is free
    between blocks in use, and a worker that has seen much would hold it for ever. Other libraries do not."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)
        Thread(target=_return_memory, args=(libc,), daemon=True).start()


def _return_memory(libc: ctypes.CDLL) -> None:
    while True:
        time.sleep(_PAUSE)
        libc.malloc_trim(0)


def _terminate_after(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(f"Cannot listen on {host}, port {port} ({error}); take another --host or --port.") from error
    with listener:
        listener.set_inheritable(True)
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """A folder where the workers' figures meet: numbers, nothing of any picture."""
    if workers == 1:
        os.environ.pop(SHARED, None)
        yield
        return
    folder = tempfile.mkdtemp(prefix="inkdigits-metrics-")
    os.environ[SHARED] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """SIGTERM ends the program as if it had come to its end; uvicorn passes it on when all is answered."""
    previous_handler = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous_handler)


class _Workers(Multiprocess):
    """Workers that are started anew when they die; remembers whether it was Ctrl-C that ended them."""

    interrupted = False

    def handle_int(self) -> None:
        """Ctrl-C."""
        self.interrupted = True
        super().handle_int()

    def keep_subprocess_alive(self) -> None:
        """Start anew who died, and count its queue no more."""
        from prometheus_client.multiprocess import mark_process_dead

        for process in self.processes:  # with our copy closed, one that dies while it is asked is missed at once
            process.child_conn.close()
        previous_pids = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in previous_pids - {process.pid for process in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _run_workers(config: Config, listener: socket.socket) -> None:
    workers = _Workers(config, [listener])
    workers.run()
    if workers.interrupted:
        raise KeyboardInterrupt
