"""How the service does under load: fast enough, much, too much, hostile, and as its own description says.

    python -m bench.service --schemathesis PATH     measure, and keep it; about half an hour
    python -m bench.service hostile                 only that, in place of what was kept of it; also `loads`, `kills`
    python -m bench.service --quick                 all of it at small size, to see that it works; nothing is kept

`inkdigits serve` runs on one core and all that makes load on another (Linux, os.sched_setaffinity), over loopback, with
its defaults: one worker, which then reads one picture at a time and lets 32 wait. The picture is a digit as 28×28 PNG.

- `steady`: 50 requests a second at a constant rate, by bench/load/constant_rate.py, which waits for no answer before
  it asks again.
- `sustained`: as many as it can take, by wrk (https://github.com/wg/wrk, Debian's package `wrk`) over 8 connections,
  each of which waits for its answer. wrk has no constant rate, so its times say nothing here; its requests do.
- `overload`: four times that, at a constant rate again; then 50 a second at once, to see whether it recovers.
- `hostile`: what bench/load/attacks.py makes, seeded, sent by bench/load/attack_client.py, and whether the service is
  well afterwards. Senders may take 1 s here (`--max-upload-seconds 1`), so that slow ones come to an end.
- `schemathesis`: property tests of the OpenAPI, all its checks. It wants packages of its own, in a venv of its own:
  `python -m venv st && st/bin/pip install schemathesis`, then `--schemathesis st/bin/schemathesis`. It takes any bytes
  for a picture and cannot know a page's size, so 415 and 422 are allowed for a body that the schema allows. That a job
  is gone once its result was fetched it takes for a loss, so jobs may be gone. `/v1/xlsx` takes readings that
  lack what follows from the rest, as older ones do. Nothing else is relaxed. The service keeps samples meanwhile, in a
  file that is thrown away.
- `mixed`: what `steady` and `overload` send, while batches and jobs of several pages are sent as well, one after the
  other (bench/load/companions.py).
- `kills`: jobs whose worker, or whole service, is killed while they are read (bench/load/kills.py).

All but `kills` keeps jobs in a file that is thrown away, so that attacks and schemathesis reach them too.

Memory is what the server's processes hold (resident): after warming up, at the end, and at most between. Of attacks,
the first tenth warms up, and before and after there are twelve quiet seconds: what one brings is held for some of them.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from bench.load import attack_client, constant_rate
from bench.load.companions import Companions, make_job_file
from bench.load.kills import measure_kills
from bench.load.service_process import MemoryWatch, RunningService, choose_cores, run_service
from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.data.synthesis.pages import draw_page

DIGIT_PATH = "/v1/digit"
STEADY_RATE = 50.0  # requests a second
OVERLOAD_FACTOR = 4  # that much more than it can take
CONNECTION_COUNT = 8
SEED = 0
PARTS = ("loads", "hostile", "kills", "schemathesis")
WRK_SCRIPT = """
local file = io.open("{picture}", "rb")
wrk.method, wrk.body, wrk.headers["Content-Type"] = "POST", file:read("*a"), "image/png"
file:close()
done = function(summary)
  local wrong = summary.errors
  io.write(string.format('{{"requests": %d, "seconds": %f, "not_200": %d, "broken": %d}}', summary.requests,
    summary.duration / 1e6, wrong.status, wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
"""
SCHEMATHESIS_CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "415", "422", "5xx"]

[[operations]]
include-path-regex = "^/v1/jobs"
checks.ensure_resource_availability.enabled = false

[[operations]]
include-path-regex = "^/v1/xlsx$"
checks.negative_data_rejection.enabled = false
"""


@dataclass(frozen=True)
class Sizes:
    """Seconds of each load and of quiet, attacks, rounds of kills, and examples that schemathesis makes up for each
    operation."""

    steady_seconds: float = 60
    warmup_seconds: float = 10
    sustained_seconds: float = 60
    overload_seconds: float = 30
    attack_count: int = 100_000
    quiet_seconds: float = 12
    kill_rounds: int = 6
    example_count: int = 200


QUICK_SIZES = Sizes(
    steady_seconds=1,
    warmup_seconds=0.5,
    sustained_seconds=1,
    overload_seconds=0.5,
    attack_count=100,
    quiet_seconds=0,
    kill_rounds=0,
    example_count=3,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these, of {', '.join(PARTS)}")
    parser.add_argument("--schemathesis", metavar="PATH", help="its executable; only --quick does without")
    parser.add_argument("--quick", action="store_true", help="small, to see that it works; nothing is kept then")
    args = parser.parse_args()
    parts = args.parts or [part for part in PARTS if args.schemathesis or not args.quick or part != "schemathesis"]
    is_ready = shutil.which("wrk") is not None and (args.schemathesis or "schemathesis" not in parts)
    if not is_ready or not set(parts) <= set(PARTS):
        sys.exit("This needs wrk (apt-get install wrk), the path of schemathesis, and parts there are; see --help.")
    result = measure_service(parts, QUICK_SIZES if args.quick else Sizes(), args.schemathesis)
    print(json.dumps(result, indent=1))
    if not args.quick:
        store.save("service", (store.load("service") or {}) | result)


def measure_service(parts: Sequence[str], sizes: Sizes, schemathesis: str) -> store.Json:
    """The parts, one after the other."""
    cores, result = choose_cores(), dict[str, Any]()
    with tempfile.TemporaryDirectory() as folder:
        if "loads" in parts:
            with run_service(*make_job_file(folder)) as service:
                result |= measure_loads(service, encode_digit(), sizes)
        if "hostile" in parts:
            with run_service("--max-upload-seconds", "1", *make_job_file(folder)) as service:
                result["hostile"] = measure_attacks(service, sizes)
    if "kills" in parts:
        result["kills"] = measure_kills(encode_page(), sizes.kill_rounds, SEED)
    if "schemathesis" in parts:
        result["schemathesis"] = run_schemathesis(schemathesis, sizes.example_count)
    return result | {"cores": {"server": cores[0], "load": cores[1]}}


def encode_digit() -> bytes:
    """A digit of the training set as PNG, 28×28, dark on white."""
    file = io.BytesIO()
    Image.fromarray(255 - mnist.load("train").images[0]).save(file, "PNG")
    return file.getvalue()


def encode_page() -> bytes:
    """A page of two lines, drawn with digits of the training set, as PNG."""
    file = io.BytesIO()
    page = draw_page(mnist.load("train").slice(0, 5000), ("1984 2026", "31415926"), seed=SEED)
    Image.fromarray(page.image).save(file, "PNG")
    return file.getvalue()


def measure_loads(service: RunningService, picture: bytes, sizes: Sizes) -> store.Json:
    """A load that is easy, one that it can just take, one that is too much, and an easy one again."""
    run_wrk(service, picture, sizes.warmup_seconds)
    steady = send_constant_rate(service, picture, STEADY_RATE, sizes.steady_seconds)
    before_seconds = service.measure_cpu_seconds()
    with MemoryWatch(service) as watch:
        sustained = run_wrk(service, picture, sizes.sustained_seconds)
    sustained["per_core_second"] = sustained["requests"] / (service.measure_cpu_seconds() - before_seconds)
    overload_rate = OVERLOAD_FACTOR * sustained["per_second"]
    return {
        "steady": steady,
        "sustained": sustained | {"memory": watch.as_dict()},
        "overload": send_constant_rate(service, picture, overload_rate, sizes.overload_seconds),
        "recovered": send_constant_rate(service, picture, STEADY_RATE, sizes.steady_seconds / 4),
        "mixed": {
            "steady": measure_mixed(service, picture, STEADY_RATE, sizes.steady_seconds / 2),
            "overload": measure_mixed(service, picture, overload_rate, sizes.overload_seconds / 2),
        },
        "faults": service.count_faults(),
    }


def measure_mixed(service: RunningService, picture: bytes, rate: float, seconds: float) -> store.Json:
    """The picture at a constant rate, with batches and jobs among them, after one of each, which loads the detector."""
    with Companions(service, encode_page()):
        time.sleep(0.3)
    with MemoryWatch(service) as watch, Companions(service, encode_page()) as companions:
        result = send_constant_rate(service, picture, rate, seconds)
    return result | companions.as_dict() | {"memory": watch.as_dict()}


def send_constant_rate(
    service: RunningService, picture: bytes, requests_per_second: float, seconds: float
) -> store.Json:
    """The picture sent at a constant rate: what became of it."""
    replies = constant_rate.send_at_rate(
        service.host, service.port, constant_rate.build_request(DIGIT_PATH, picture), requests_per_second, seconds
    )
    read_count = sum(reply.status == 200 for reply in replies)
    return {
        "rate": requests_per_second,
        "seconds": seconds,
        "good_per_second": read_count / seconds,
    } | constant_rate.summarise(replies)


def run_wrk(service: RunningService, picture: bytes, seconds: float) -> store.Json:
    """The picture sent by wrk, over and over: requests a second, and what went wrong. It counts in whole seconds."""
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder) / "post.lua", Path(folder) / "digit.png"
        file.write_bytes(picture)
        script.write_text(WRK_SCRIPT.format(picture=file), encoding="utf-8")
        options = ["-t1", f"-c{CONNECTION_COUNT}", f"-d{math.ceil(seconds)}s", "-s", str(script)]
        output = run_command(["wrk", *options, service.address + DIGIT_PATH]).stdout
    counts: store.Json = json.loads(output[output.rindex("{") :])
    return counts | {
        "per_second": counts["requests"] / counts["seconds"],
        "connections": CONNECTION_COUNT,
        "version": find_wrk_version(),
    }


def find_wrk_version() -> str:
    output = subprocess.run(["wrk", "--version"], capture_output=True, encoding="utf-8", check=False).stdout
    return " ".join(output.split()[1:2])


def measure_attacks(service: RunningService, sizes: Sizes) -> store.Json:
    """The attacks: what was answered, how the memory was, and whether a digit is read as before."""
    picture, count = encode_digit(), sizes.attack_count
    before = service.request("POST", DIGIT_PATH, picture)
    counts = attack_client.send_attacks(service.host, service.port, range(count // 10), SEED)
    time.sleep(sizes.quiet_seconds)
    with MemoryWatch(service) as watch:
        counts += attack_client.send_attacks(service.host, service.port, range(count // 10, count), SEED)
        time.sleep(sizes.quiet_seconds)
    is_well = service.request("GET", "/health/ready")[0] == 200 and is_same_answer(
        before, service.request("POST", DIGIT_PATH, picture)
    )
    return {
        "attacks": counts.total(),
        "seed": SEED,
        "statuses": attack_client.count_by_status(counts),
        "kinds": attack_client.count_by_kind(counts),
        "memory": watch.as_dict(),
        "well_after": is_well and service.process.poll() is None,
        "faults": service.count_faults(),
    }


def is_same_answer(before: tuple[int, bytes], after: tuple[int, bytes]) -> bool:
    """Whether two answers are the same, and good."""
    return before[0] == after[0] == 200 and json.loads(before[1]) == json.loads(after[1])


def run_schemathesis(schemathesis: str, examples: int) -> store.Json:
    """How many requests schemathesis made, and its failures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        run_service("--collect", str(Path(folder) / "samples.sqlite"), *make_job_file(folder)) as service,
    ):
        config = Path(folder) / "schemathesis.toml"
        config.write_text(SCHEMATHESIS_CONFIG, encoding="utf-8")
        # Not `--checks all`, which goes before what the configuration says; all but one of time are on by default.
        arguments = ["--config-file", str(config), "run", f"{service.address}/openapi.json", "--no-color"]
        arguments += ["--max-examples", str(examples), "--seed", str(SEED), "--generation-database", "none"]
        completed = run_command(
            [str(Path(schemathesis).resolve()), *arguments, "--continue-on-failure"], folder, check=False
        )
        faults = service.count_faults()
    return {
        "version": run_command([schemathesis, "--version"]).stdout.split()[-1],
        "examples": examples,
        "faults": faults,
    } | parse_schemathesis(completed)


def parse_schemathesis(completed: subprocess.CompletedProcess[str]) -> store.Json:
    """Its summary as numbers; what it says in full is printed when it is not content."""
    if completed.returncode != 0:
        print(completed.stdout, completed.stderr)
    cases = re.search(r"(\d+) generated(?:, (\d+) found)?", completed.stdout)
    count, failures = (cases[1], cases[2]) if cases else (0, None)
    return {"cases": int(count), "failures": int(failures or 0), "content": completed.returncode == 0}


def run_command(command: list[str], folder: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=check)


if __name__ == "__main__":
    main()
