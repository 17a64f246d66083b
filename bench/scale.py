"""How bulk runs do: pages a second beside `inkdigits read`, what is killed, what is broken, memory.

    python -m bench.scale speed kinds kills poison memory     measure these, and keep them; some ten minutes
    python -m bench.scale --quick speed                       with few pages, to see that it works; nothing is kept

- `speed`: drawn pages, read by `inkdigits read --jobs 2 --json` and by `inkdigits bulk` with two workers and with one,
  one after the other, each as a whole process; `steady` leaves out what comes before a bulk run's first page. The pages
  are then compared line by line, without `seconds`.
- `kinds`: what a page of each kind takes the one core that reads it.
- `kills`: single digits (`--single`), since these are many in little time. A run is started again and again; each time
  the command, a worker of Ray's or all of Ray's processes are killed once more pages have been written, and after five
  kills it may end. A page counts as read again if the run had its result and lost it; a killed worker loses up to 16.
- `poison`: single digits, of which 1 % are broken files and 0.1 % PDFs that no renderer gets to the end of.
- `memory`: what the processes that read hold (resident, summed), at a tenth of the run and at its end.

Whatever else runs on the machine takes its share: `load` is the mean number of processes that wanted a core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import psutil
import pyarrow.dataset as ds
from PIL import Image

from bench.shared import store
from inkdigits.data.sets import mnist
from inkdigits.data.synthesis.pages import draw_page
from tests.ray.deadly import build_hanging_pdf

SEED = 0
KILLED = ("the command", "a worker", "all of Ray", "a worker", "the command")
BROKEN_EVERY, DEADLY_EVERY = 100, 1000
PROGRESS = re.compile(r"([\d,]+) of [\d,]+ pictures")
PAGE_SECONDS = 5.0  # of the deadly pages
KINDS = ("a digit, `--single`", "a page, PNG", "a page, PDF", "a page of 12 megapixels, JPEG")
PHOTO_SIZE = (4000, 3000)
KEPT_TIMES = 300  # about so many of the pages' times are kept, evenly from the least to the most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="few pages; nothing is kept then")
    parser.add_argument("--pages", type=int, help="another number of pages")
    args = parser.parse_args()
    for part in args.parts:
        measure, count = PARTS[part]
        with tempfile.TemporaryDirectory() as folder:
            before = os.getloadavg()[0]
            result = measure(Path(folder), args.pages or (count // 50 if args.quick else count))
        result |= {"load": round((before + os.getloadavg()[0]) / 2, 1)}
        print(part, json.dumps(result, indent=1))
        if not args.quick:
            kept = store.load("scale") or {}
            store.save("scale", {key: kept[key] for key in PARTS if key in kept} | {part: result})


def measure_speed(folder: Path, count: int) -> store.Json:
    """Pages a second of both ways, and whether they give the same."""
    draw_pages(folder / "pages", count)
    start = time.perf_counter()
    run("read", folder / "pages", "--jobs", "2", "--json", "--output", folder / "read.jsonl")
    read_seconds = time.perf_counter() - start
    bulk = {workers: time_bulk(folder, workers, folder / f"out-{workers}") for workers in (2, 1)}
    lines = (folder / "read.jsonl").read_text(encoding="utf-8").splitlines()
    expected = {line["file"]: forget_seconds(line) for line in map(json.loads, lines)}
    rows = load_pages(folder / "out-2")
    found = {row["path"]: forget_seconds(json.loads(row["json"])) for row in rows}
    return {
        "pages": count,
        "read": count / read_seconds,
        "bulk": count / bulk[2]["seconds"],
        "bulk_steady": bulk[2]["steady"],
        "one_worker_steady": bulk[1]["steady"],
        "page_seconds": sorted(round(row["seconds"], 3) for row in rows)[:: max(1, count // KEPT_TIMES)],
        "equal": sum(expected.get(path) == line for path, line in found.items()),
    }


def time_bulk(folder: Path, workers: int, output: Path) -> store.Json:
    """Seconds of a whole bulk run, and pages a second from its first page on, as it says itself."""
    start = time.perf_counter()
    said = run("bulk", folder / "pages", "--workers", str(workers), "--output", output)
    steady = float(said.rpartition(" pages/s")[0].rpartition(" ")[2])
    return {"seconds": time.perf_counter() - start, "steady": steady}


def forget_seconds(line: store.Json) -> store.Json:
    return {key: value for key, value in line.items() if key != "seconds"}


def measure_kinds(folder: Path, count: int) -> store.Json:
    """Mean seconds a page, of one worker with one thread, by kind."""
    digit, page, pdf, photo = (folder / kind for kind in KINDS)
    draw_digits(digit, count)
    draw_pages(page, count)
    for each in (pdf, photo):
        each.mkdir()
    for path in page.iterdir():
        image = Image.open(path)
        image.save(pdf / f"{path.stem}.pdf", resolution=200)
        image.resize(PHOTO_SIZE).save(photo / f"{path.stem}.jpg", quality=90)
    seconds = {}
    for kind in KINDS:
        options = ["--single"] if kind == digit.name else []
        run("bulk", folder / kind, "--workers", "1", "--output", folder / f"out-{kind}", *options)
        rows = load_pages(folder / f"out-{kind}")
        seconds[kind] = sum(row["seconds"] for row in rows) / len(rows)
    return {"pages": count, "core_seconds": seconds}


def measure_kills(folder: Path, count: int) -> store.Json:
    """A run that is killed five times: what is there at its end."""
    draw_digits(folder / "pages", count)
    victims, rng = iter(KILLED), random.Random(SEED)
    killed, again = list[str](), 0
    for _ in range(len(KILLED) + 1):
        before = count_written(folder / "out")
        with start_bulk(folder) as process:
            while wait_for_pages(process, folder / "out") and (victim := next(victims, None)):
                time.sleep(rng.uniform(0, 2))
                kill(process, victim)
                killed.append(victim)
                if victim != "a worker":
                    break  # the run is over, as soon as it has noticed
            code = process.wait()
        again += count_lost(folder / "log", count_written(folder / "out") - before)
        if code == 0:
            break
    rows = load_pages(folder / "out")
    ids = {row["id"] for row in rows}
    return {"pages": count, "killed": killed, "rows": len(rows), "ids": len(ids), "read_again": again}


def wait_for_pages(process: subprocess.Popen[bytes], output: Path) -> bool:
    """Whether more pages were written before the run ended."""
    before = count_written(output)
    while process.poll() is None:
        if count_written(output) > before:
            return True
        time.sleep(0.2)
    return False


def kill(process: subprocess.Popen[bytes], victim: str) -> None:
    """End it without warning."""
    children = psutil.Process(process.pid).children(recursive=True)
    workers = [each for each in children if each.name().startswith("ray::MapWork")]
    doomed = {"the command": [psutil.Process(process.pid)], "a worker": workers[:1], "all of Ray": children}[victim]
    for each in doomed:
        each.kill()
    print(f"killed {victim}: {len(doomed)} processes", flush=True)


def count_lost(log: Path, written: int) -> int:
    """Of the pages that a run says it has read, how many it has not written."""
    counts = [int(count.replace(",", "")) for count in PROGRESS.findall(log.read_text())]
    return max(0, counts[-1] - counts[0] - written) if counts else 0


def measure_poison(folder: Path, count: int) -> store.Json:
    """A run with pages that are broken or deadly: what becomes of them."""
    draw_digits(folder / "pages", count)
    for place in range(0, count, BROKEN_EVERY):
        path = folder / "pages" / f"{place:05}.png"
        path.write_bytes(path.read_bytes()[:100])
    deadly = count // DEADLY_EVERY or 1
    for place in range(deadly):
        (folder / "pages" / f"deadly-{place}.pdf").write_bytes(build_hanging_pdf())
    start = time.perf_counter()
    with start_bulk(folder, "--max-page-seconds", str(PAGE_SECONDS)) as process:
        code = process.wait()
    rows = load_pages(folder / "out")
    kinds = [row["error_kind"] for row in rows]
    return {
        "pages": len(rows),
        "broken": len(range(0, count, BROKEN_EVERY)),
        "deadly": deadly,
        "exit_code": code,
        "errors": {kind: kinds.count(kind) for kind in sorted({each for each in kinds if each})},
        "seconds": time.perf_counter() - start,
    }


def measure_memory(folder: Path, count: int) -> store.Json:
    """What the processes that read hold, early and late."""
    draw_digits(folder / "pages", count)
    samples = list[tuple[int, float]]()
    with start_bulk(folder) as process:
        while process.poll() is None:
            held = [each.memory_info().rss for each in find_readers(process)]
            if len(held) == 2:
                samples.append((count_written(folder / "out"), sum(held) / 2**20))
            time.sleep(1)
    early = next(held for done, held in samples if done >= count / 10)
    return {
        "pages": count,
        "early_mib": early,
        "late_mib": samples[-1][1],
        "most_mib": max(held for _, held in samples),
    }


def find_readers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [each for each in children if "inkdigits.ray.process" in each.cmdline()]
    except psutil.NoSuchProcess:
        return []


def draw_pages(folder: Path, count: int) -> None:
    """Pages of one to three lines with two numbers each, as PNG."""
    digits, rng = mnist.load("train").slice(0, 5000), random.Random(SEED)
    folder.mkdir()
    for place in range(count):
        lines = tuple(" ".join(str(rng.randrange(10, 10**6)) for _ in range(2)) for _ in range(rng.randint(1, 3)))
        Image.fromarray(draw_page(digits, lines, seed=place).image).save(folder / f"{place:05}.png", compress_level=1)


def draw_digits(folder: Path, count: int) -> None:
    """Digits of the training set, one a file."""
    images = mnist.load("train").images
    folder.mkdir()
    for place in range(count):
        Image.fromarray(255 - images[place]).save(folder / f"{place:05}.png")


def run(*words: str | Path) -> str:
    """An inkdigits command; what it said."""
    command = [sys.executable, "-m", "inkdigits", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout + done.stderr


@contextmanager
def start_bulk(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A bulk run of single digits, which is ended with the block. What it says goes to `log`, by way of a terminal, so
    that it says all the time how far it is."""
    command = [sys.executable, "-m", "inkdigits", "bulk", folder / "pages", "--output", folder / "out"]
    ours, terminal = os.openpty()
    process = subprocess.Popen([*command, "--single", "--workers", "2", *options], stdout=terminal, stderr=terminal)
    os.close(terminal)
    copier = Thread(target=copy_output, args=(ours, folder / "log"))
    copier.start()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
        copier.join()
        os.close(ours)


def copy_output(terminal: int, log: Path) -> None:
    """Write what comes to a terminal into a file, until all who could write to it have ended."""
    with open(log, "wb") as file, suppress(OSError):  # which tells on Linux that it is closed
        while data := os.read(terminal, 2**16):
            file.write(data)


def count_written(output: Path) -> int:
    paths = [str(path) for path in output.glob("pages/*/*.parquet")]
    return ds.dataset(paths).count_rows() if paths else 0


def load_pages(output: Path) -> list[store.Json]:
    rows: list[store.Json] = ds.dataset(output / "pages", partitioning="hive").to_table().to_pylist()
    return rows


PARTS: dict[str, tuple[Callable[[Path, int], store.Json], int]] = {
    "speed": (measure_speed, 300),
    "kinds": (measure_kinds, 100),
    "kills": (measure_kills, 20_000),
    "poison": (measure_poison, 3_000),
    "memory": (measure_memory, 20_000),
}

if __name__ == "__main__":
    main()
