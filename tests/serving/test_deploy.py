"""What deploy/ has for running the service works: behind nginx, as the container and the unit start it.

There is no Docker here: the container's user, read-only disk, command and health check are tried without it, and the
unit's command without systemd's own fences, which `systemd-analyze` looks at.
"""

import http.client
import json
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml

from inkdigits.cli.learn import find_free_port
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, is_listening, wait_for
from tests.programs import need
from tests.serving.conftest import Service, form, serving

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "digits.example.org"


@contextmanager
def proxy(port: int, folder: Path, *command: str) -> Iterator[http.client.HTTPSConnection]:
    """A connection to a proxy that listens on that port."""
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)})
    try:
        trusting = ssl._create_unverified_context()  # it has a certificate that it made itself
        to = http.client.HTTPSConnection("localhost", port, timeout=60, context=trusting)
        wait_for(lambda: process.poll() is not None or is_listening(port))
        assert process.poll() is None, (folder / "log").read_text()
        with closing(to):
            yield to
    finally:
        process.terminate()
        process.wait(60)


def check_proxied(to: http.client.HTTPSConnection, host: str, page: bytes) -> None:
    """A page is read through the proxy, which keeps the metrics to itself and what is too large away."""
    body, kind = form(page)
    to.request("POST", "/v1/read", body, {"Content-Type": kind, "Host": host})
    answer = to.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["readings"][0]["lines"]
    to.request("GET", "/metrics", headers={"Host": host})
    answer = to.getresponse()
    answer.read()
    assert answer.status == 403
    body, kind = form(bytes(2**20))
    to.request("POST", "/v1/read", body, {"Content-Type": kind, "Host": host})
    assert to.getresponse().status == 413


def test_behind_nginx(service: Service, page: bytes, tmp_path: Path) -> None:
    port, program, openssl = find_free_port(), need("nginx"), need("openssl")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}"]
    made += ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "pem")]
    subprocess.run(made, capture_output=True, check=True)
    text = (DEPLOY / "nginx.conf").read_text()
    changes = {"443": str(port), "64m": "1m", "127.0.0.1:8000": f"127.0.0.1:{service.port}"}
    changes |= {f"/etc/ssl/inkdigits.{each}": str(tmp_path / each) for each in ("pem", "key")}
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    user = "user root;" if os.geteuid() == 0 else ""
    folders = "".join(f"{each}_temp_path temp-{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "conf").write_text(
        f"{user} daemon off; pid pid; error_log stderr; events {{}} http {{ access_log off; {folders}\n{text} }}"
    )
    with proxy(port, tmp_path, program, "-p", str(tmp_path), "-c", "conf") as to:
        check_proxied(to, NAME, page)


def instruction(name: str) -> str:
    """What the last instruction of that name in the Dockerfile says."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", text, re.MULTILINE)[-1]


IN_A_CONTAINER = """
mount --make-rprivate /
mount -t tmpfs none {disk} && chown {user} {disk}
mount -o remount,bind,ro /
if touch /written 2>/dev/null; then exit 9; fi
read -r _ # so that what waits outside knows this process before it becomes another
exec setpriv --reuid {user} --clear-groups --no-new-privs --bounding-set=-all,+dac_read_search \\
  --inh-caps=-all,+dac_read_search --ambient-caps=+dac_read_search -- {command}
"""


def may_mount() -> bool:
    """Whether disks of one's own may be mounted here: only root may, and not in every container."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="mounting disks of one's own takes root, and is not allowed everywhere")
def test_the_container_needs_no_root_and_no_disk(seven: bytes, tmp_path: Path) -> None:
    """As its user, on a read-only disk with the mounts that compose.yaml names, it reads, keeps a job, and is healthy.

    Of root's powers it keeps one here: to read this checkout and this Python, wherever they are.
    """
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["inkdigits"]
    assert compose["read_only"] and compose["cap_drop"] == ["ALL"] and compose["volumes"] == ["jobs:/var/lib/inkdigits"]
    words = [*json.loads(instruction("ENTRYPOINT")), *compose["command"]]
    port, disk = find_free_port(), tmp_path / "disk"  # one for all that can be written to
    disk.mkdir()
    words = [each.replace("/var/lib/inkdigits", str(disk)) for each in words] + ["--port", str(port), "--workers", "1"]
    command = shlex.join([str(INKDIGITS_COMMAND), *words[1:]])
    script = IN_A_CONTAINER.format(user=instruction("USER"), disk=disk, command=command)
    env = BASE_ENVIRONMENT | {"INKDIGITS_TOKEN": "a b", "HOME": "/nonexistent", "TMPDIR": str(disk)}
    process = subprocess.Popen(
        ["unshare", "--mount", "bash", "-euc", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    )
    assert process.stdin and process.stdout
    try:
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.stdout.readline().decode().strip() == f"http://0.0.0.0:{port}"
        service = Service("127.0.0.1", port, process, None)
        token = {"Authorization": "Bearer b"}
        wait_for(lambda: service.post("/v1/digit", seven, **token).status == 200)
        place = service.post("/v1/jobs", seven, **token).headers["location"]
        wait_for(lambda: service.ask("GET", place, **token).json["state"] == "done")
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(rf"^Uid:\t{instruction('USER')}\t", status, re.MULTILINE)
        check = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2].strip())
        assert check.pop(0) == "python"
        healthy = [sys.executable, *(each.replace("8000", str(port)) for each in check)]
        assert subprocess.run(healthy, check=False).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(180) == 0
        assert subprocess.run(healthy, check=False, capture_output=True).returncode != 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_unit_is_sound_and_its_command_starts(tmp_path: Path, seven: bytes) -> None:
    program = need("systemd-analyze")
    text = (DEPLOY / "inkdigits.service").read_text()
    (tmp_path / "inkdigits.service").write_text(text.replace("/opt/inkdigits/bin", str(INKDIGITS_COMMAND.parent)))
    done = subprocess.run(
        [program, "verify", "--man=no", tmp_path / "inkdigits.service"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "inkdigits.service" not in done.stderr, done.stderr
    command = re.findall("^ExecStart=(.*)$", text, re.MULTILINE)[0].replace("${STATE_DIRECTORY}", str(tmp_path))
    name, serve, *words = shlex.split(command)
    assert (name, serve) == ("/opt/inkdigits/bin/inkdigits", "serve")
    with serving(*words, "--workers", "1", INKDIGITS_TOKEN="secret") as service:
        assert service.post("/v1/digit", seven).status == 401
        assert service.post("/v1/digit", seven, Authorization="Bearer secret").status == 200
    assert (tmp_path / "jobs.sqlite").exists()


def test_what_is_built_is_all_that_the_build_needs() -> None:
    """The Dockerfile copies what its ignore file lets through: the package, and what its build reads."""
    let_through = re.findall("^!(.*)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert set(let_through) == {"src", "pyproject.toml", "README.md", "LICENSE", "NOTICE"}
    assert all((DEPLOY.parent / each).exists() for each in let_through)
