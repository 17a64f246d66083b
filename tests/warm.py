"""A Python that has the large libraries loaded, and splits off a process for each command that it is asked for.

PyTorch alone takes two seconds to load, and the pages of the docs give dozens of commands. What runs here is what would
run in a process of its own, from its first line to its exit code: `inkdigits` or `python -c` with these words, in this
folder, with this environment and these streams; only `finetune` judges by fewer digits. Nothing of ours is loaded
before. Signals do not get through: what is to be stopped must be started as usual.
"""

import atexit
import gc
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

LIBRARIES = (
    *("cv2", "matplotlib.pyplot", "onnx", "onnxscript", "rich.console", "safetensors.torch", "typer"),
    *("torch._dynamo", "torch.onnx._internal.exporter"),  # what optimizers and exporting load when first used
)
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    socket.send_fds(to, [b"."], [0, 1, 2])
    to.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode())
    to.shutdown(socket.SHUT_WR)
    code = int(to.makefile().read())
sys.exit(code) if code >= 0 else os.kill(os.getpid(), -code)
"""


@contextmanager
def warm(folder: Path) -> Iterator[Path]:
    """Put programs named `inkdigits` and `python` into `folder` that run in processes split off from a warm one."""
    address = str(folder / "socket")
    for name in ("inkdigits", "python"):
        (folder / name).write_text(CLIENT.format(python=sys.executable, address=address))
        (folder / name).chmod(0o755)
    command = [sys.executable, "-P", __file__, address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"listening\n"
        yield folder
        process.terminate()


def serve(address: str) -> list[str]:
    """Wait for commands until stdin ends; returns in the process that is to run one, with its words."""
    atexit.register(leave)  # before what libraries register, and so called after it
    with socket.create_server(address, family=socket.AF_UNIX) as listener:
        print("listening", flush=True)
        for name in LIBRARIES:
            import_module(name)
        read_onnx_operators()
        threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
        assert threads == 1, "a process that is split off lacks the other threads, and may wait for them for ever"
        gc.freeze()  # or every process would look through all of it as it ends
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes that wait for commands
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
        else:
            sys.exit()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return taken_over(connection)


def read_onnx_operators() -> None:
    """Have onnxscript read its five hundred operators, which it does in a second when a network is first exported."""
    registration = import_module("torch.onnx._internal.exporter._registration")
    logging.getLogger(registration.__name__).setLevel(logging.ERROR)  # it would tell of operators of torchvision
    registration.ONNXRegistry.from_torchlib()


def taken_over(connection: socket.socket) -> list[str]:
    """Fork once more: one process becomes the command's, the other tells what that one ended with."""
    with connection:
        streams = socket.recv_fds(connection, 1, 3)[1]
        words, folder, environment = json.load(connection.makefile())
        if process := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            connection.sendall(str(code).encode())
            os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    return list(words)


ended = SimpleNamespace(code=0)  # what this process's command has ended with


def leave() -> None:
    """End the process where Python would begin to clear away all that is loaded, which takes a third of a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended.code)


@contextmanager
def remembering_exit_code() -> Iterator[None]:
    """Let through whatever ends the command; `leave` has its exit code."""
    try:
        yield
    except SystemExit as end:
        ended.code = (end.code or 0) if isinstance(end.code, int | None) else 1
        raise
    except BaseException:
        ended.code = 1
        raise


def judge_by_fewer_digits() -> None:
    """Have `finetune` tell what is forgotten by a tenth of the digits: to score them all takes most of a minute."""
    finetune = import_module("inkdigits.training.finetune")
    load_test_digits = finetune.load_test_digits
    finetune.HELD_COUNT = 1_500
    finetune.load_test_digits = lambda: load_test_digits().slice(0, 1_000)


def run(program: str, *words: str) -> None:
    """What the programs of these names do."""
    if Path(program).name == "inkdigits":
        sys.argv = [program, *words]
        if words[:1] == ("finetune",):
            judge_by_fewer_digits()
        sys.exit(import_module("inkdigits.cli.main").main())
    option, code, *others = words
    assert option == "-c", "of Python, only -c is offered"
    sys.argv = ["-c", *others]
    sys.path.insert(0, "")
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    command = serve(sys.argv[1])
    with remembering_exit_code():
        run(*command)
