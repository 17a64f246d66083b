"""How the service does under load: fast enough, much, too much, hostile, and as its own description says.

    python -m bench.service --schemathesis PATH     measure, and keep it; about ten minutes
    python -m bench.service --quick                 all of it at small size, to see that it works; nothing is kept

`inkdigits serve` runs on one core and all that makes load on another (Linux, os.sched_setaffinity), over loopback, with
its defaults: one worker, which then reads one picture at a time and lets 32 wait. The picture is a digit as 28×28 PNG.

- `steady`: 50 requests a second at a constant rate, by bench/rate.py, which waits for no answer before it asks again.
- `sustained`: as many as it can take, by wrk (https://github.com/wg/wrk, Debian's package `wrk`) over 8 connections,
  each of which waits for its answer. wrk has no constant rate, so its times say nothing here; its requests do.
- `overload`: four times that, at a constant rate again; then 50 a second at once, to see whether it recovers.
- `hostile`: what bench/attacks.py makes, seeded, by bench/hostile.py, and whether the service is well afterwards.
  Senders may take 1 s here (`--max-upload-seconds 1`), so that slow ones come to an end.
- `schemathesis`: property tests of the OpenAPI, all its checks. It wants packages of its own, in a venv of its own:
  `python -m venv st && st/bin/pip install schemathesis`, then `--schemathesis st/bin/schemathesis`. It takes any bytes
  for a picture and cannot know a page's size, so 415 and 422 are allowed for a body that the schema allows; nothing
  else is relaxed. The service keeps samples meanwhile, in a file that is thrown away.

Memory is what the server's processes hold (resident): after warming up, at the end, and at most between (twice a second
looked at). For the attacks, warming up are the first tenth of them, and begin and end are looked at after twelve quiet
seconds: what an attack brings is held for some, but not for good.
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
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bench import hostile, rate, store
from bench.served import Served, Watch, serving, two_cores
from inkdigits.data import mnist

PATH = "/v1/digit"
STEADY = 50.0  # requests a second
TIMES = 4  # that much more than it can take
CONNECTIONS = 8
SEED = 0
WRK = """
local file = io.open("{picture}", "rb")
wrk.method, wrk.body, wrk.headers["Content-Type"] = "POST", file:read("*a"), "image/png"
file:close()
done = function(summary)
  local wrong = summary.errors
  io.write(string.format('{{"requests": %d, "seconds": %f, "not_200": %d, "broken": %d}}', summary.requests,
    summary.duration / 1e6, wrong.status, wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
"""
SCHEMATHESIS = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "415", "422", "5xx"]
"""


@dataclass(frozen=True)
class Sizes:
    """Seconds of each load and of quiet, attacks, and examples that schemathesis makes up for each operation."""

    steady: float = 60
    warming: float = 10
    sustained: float = 60
    overload: float = 30
    attacks: int = 100_000
    quiet: float = 12
    examples: int = 200


QUICK = Sizes(steady=1, warming=0.5, sustained=1, overload=0.5, attacks=200, quiet=0, examples=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemathesis", metavar="PATH", help="its executable; only --quick does without")
    parser.add_argument("--quick", action="store_true", help="small, to see that it works; nothing is kept then")
    given = parser.parse_args()
    if shutil.which("wrk") is None or not (given.quick or given.schemathesis):
        sys.exit("This needs wrk (apt-get install wrk), and the path of schemathesis; see --help.")
    result = measured(QUICK if given.quick else Sizes(), given.schemathesis)
    print(json.dumps(result, indent=1))
    if not given.quick:
        store.save("service", result)


def measured(sizes: Sizes, schemathesis: str | None) -> store.Json:
    """All of it, one after the other."""
    cores = two_cores()
    with serving() as served:
        result = loads(served, digit(), sizes)
    with serving("--max-upload-seconds", "1") as served:
        result["hostile"] = attacked(served, sizes)
    if schemathesis is not None:
        result["schemathesis"] = described(schemathesis, sizes.examples)
    return result | {"cores": {"server": cores[0], "load": cores[1]}}


def digit() -> bytes:
    """A digit of the training set as PNG, 28×28, dark on white."""
    file = io.BytesIO()
    Image.fromarray(255 - mnist.load("train").images[0]).save(file, "PNG")
    return file.getvalue()


def loads(served: Served, picture: bytes, sizes: Sizes) -> store.Json:
    """A load that is easy, one that it can just take, one that is too much, and an easy one again."""
    wrk(served, picture, sizes.warming)
    steady = constant(served, picture, STEADY, sizes.steady)
    with Watch(served) as watch:
        sustained = wrk(served, picture, sizes.sustained)
    much = TIMES * sustained["per_second"]
    return {
        "steady": steady,
        "sustained": sustained | {"memory": watch.as_dict()},
        "overload": constant(served, picture, much, sizes.overload),
        "recovered": constant(served, picture, STEADY, sizes.steady / 4),
        "faults": served.faults(),
    }


def constant(served: Served, picture: bytes, per_second: float, seconds: float) -> store.Json:
    """The picture sent at a constant rate: what became of it."""
    found = rate.replies(served.host, served.port, rate.request(PATH, picture), per_second, seconds)
    good = sum(reply.status == 200 for reply in found)
    return {"rate": per_second, "seconds": seconds, "good_per_second": good / seconds} | rate.summary(found)


def wrk(served: Served, picture: bytes, seconds: float) -> store.Json:
    """The picture sent by wrk, over and over: requests a second, and what went wrong. It counts in whole seconds."""
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder) / "post.lua", Path(folder) / "digit.png"
        file.write_bytes(picture)
        script.write_text(WRK.format(picture=file), encoding="utf-8")
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{math.ceil(seconds)}s", "-s", str(script)]
        output = run(["wrk", *options, served.address + PATH]).stdout
    said: store.Json = json.loads(output[output.rindex("{") :])
    return said | {
        "per_second": said["requests"] / said["seconds"],
        "connections": CONNECTIONS,
        "version": wrk_version(),
    }


def wrk_version() -> str:
    output = subprocess.run(["wrk", "--version"], capture_output=True, encoding="utf-8", check=False).stdout
    return " ".join(output.split()[1:2])


def attacked(served: Served, sizes: Sizes) -> store.Json:
    """The attacks: what was answered, how the memory was, and whether a digit is read as before."""
    picture, count = digit(), sizes.attacks
    before = served.ask("POST", PATH, picture)
    found = hostile.counts(served.host, served.port, range(count // 10), SEED)
    time.sleep(sizes.quiet)
    with Watch(served) as watch:
        found += hostile.counts(served.host, served.port, range(count // 10, count), SEED)
        time.sleep(sizes.quiet)
    well = served.ask("GET", "/health/ready")[0] == 200 and same(before, served.ask("POST", PATH, picture))
    return {
        "attacks": found.total(),
        "seed": SEED,
        "statuses": hostile.by_status(found),
        "kinds": hostile.by_kind(found),
        "memory": watch.as_dict(),
        "well_after": well and served.process.poll() is None,
        "faults": served.faults(),
    }


def same(before: tuple[int, bytes], after: tuple[int, bytes]) -> bool:
    """Whether two answers are the same, and good."""
    return before[0] == after[0] == 200 and json.loads(before[1]) == json.loads(after[1])


def described(schemathesis: str, examples: int) -> store.Json:
    """What schemathesis finds: the requests it made, and its failures."""
    with tempfile.TemporaryDirectory() as folder, serving("--collect", str(Path(folder) / "samples.sqlite")) as served:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(SCHEMATHESIS, encoding="utf-8")
        words = ["--config-file", str(config), "run", f"{served.address}/openapi.json", "--no-color", "--checks", "all"]
        words += ["--max-examples", str(examples), "--seed", str(SEED), "--generation-database", "none"]
        done = run([str(Path(schemathesis).resolve()), *words, "--continue-on-failure"], folder, checked=False)
        faults = served.faults()
    return {"version": version_of(schemathesis), "examples": examples, "faults": faults} | verdict(done)


def verdict(done: subprocess.CompletedProcess[str]) -> store.Json:
    """Its summary as numbers; what it says in full is printed when it is not content."""
    if done.returncode != 0:
        print(done.stdout, done.stderr)
    cases = re.search(r"(\d+) generated(?:, (\d+) found)?", done.stdout)
    count, failures = (cases[1], cases[2]) if cases else (0, None)
    return {"cases": int(count), "failures": int(failures or 0), "content": done.returncode == 0}


def version_of(schemathesis: str) -> str:
    return run([schemathesis, "--version"]).stdout.split()[-1]


def run(command: list[str], folder: str | None = None, checked: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=checked)


if __name__ == "__main__":
    main()
