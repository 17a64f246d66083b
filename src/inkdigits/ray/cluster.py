"""Ray: started for one run on this machine, or asked for by address; and what it says when it fails."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from inkdigits.errors import ClusterError, UsageError

_CLIENT_SCHEME = "ray://"
_CONNECT_SECONDS = 10
_STORE_BYTES = 256 * 2**20  # shared memory for what processes hand on: rows of an index and of pages, no pictures


@contextmanager
def connect(address: str | None, workers: int | None) -> Iterator[int]:
    """A Ray to run on, and how many workers it has room for. Without `address` it is this process's own, and ends here.

    Raises ClusterError when the address does not answer, or has no CPU.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would report to its makers
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # a thread of a run that was ended would look for another Ray
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what matters comes as exceptions
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "300")  # on a busy machine 30 s, the default, are not enough
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # it would warn of a change to come
    if address is None and "ray" not in sys.modules:  # its ports are open to the network: let them want a secret
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
    import ray

    if ray.is_initialized():  # by whoever called: it stays
        yield workers or count_cpus()
        return
    folder = None if address else tempfile.mkdtemp(prefix="inkdigits-")  # short: sockets lie in it
    try:
        if address:
            _check_answers(address)
        with _raise_cluster_errors(address or "Ray"), _hide_stderr():
            if folder:
                _start(folder, workers or len(os.sched_getaffinity(0)))
            else:
                ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
        yield workers or count_cpus()
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def is_client_address(address: str | None) -> bool:
    """Whether it is that of Ray Client, which hands on what is asked of it instead of joining the cluster."""
    return address is not None and address.startswith(_CLIENT_SCHEME)


def _check_answers(address: str) -> None:
    """Raise ClusterError at once where Ray would try for minutes."""
    host, _, port = address.removeprefix(_CLIENT_SCHEME).rpartition(":")
    if not (host and port.isdecimal()):
        raise UsageError(f"{address}: no address of a cluster; give one such as ray://host:10001.")
    with _raise_cluster_errors(address), socket.create_connection((host, int(port)), _CONNECT_SECONDS):
        pass


@contextmanager
def _raise_cluster_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(f"{name} does not answer ({get_first_line(error)}); check it.") from error


@contextmanager
def _hide_stderr() -> Iterator[None]:
    """Keep what libraries in C++ say meanwhile to ourselves; what goes wrong comes as an exception too."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def check_alive() -> None:
    """Raise ClusterError when a process of this run's own Ray has ended. Ray itself notices after a minute, and then
    ends this process too, without a word of what was not written yet."""
    import ray

    node = ray._private.worker._global_node  # nothing public tells
    if node is not None and (dead := node.dead_processes()):
        raise ClusterError(f"A process of Ray's was ended ({dead[0][0]}); run the same command again to go on.")


def _start(folder: str, workers: int) -> None:
    import ray

    ray.init(
        "local",  # or it would look for one that runs already
        num_cpus=workers,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=_STORE_BYTES,
        _node_ip_address="127.0.0.1",
        _temp_dir=folder,
    )


def count_cpus() -> int:
    """The CPUs of the whole cluster. Raises ClusterError when it has none."""
    if (count := int(_ask("cluster_resources").get("CPU", 0))) < 1:
        raise ClusterError("The cluster has no CPU to read with; start nodes that have.")
    return count


def describe_state() -> str:
    """How many CPUs there are, and how many of them are idle."""
    total, idle = (_ask(name).get("CPU", 0) for name in ("cluster_resources", "available_resources"))
    return f"of {total:g} CPUs of Ray's, {idle:g} are idle"


def _ask(name: str) -> dict[str, float]:
    import ray

    return getattr(ray, name)()  # type: ignore[no-any-return]


def get_first_line(error: BaseException) -> str:
    """What an error says, without its details."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
