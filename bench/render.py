"""Measurements → bench/RESULTS.md and the README; the commands' own help → docs/commands.md. Nothing is typed by hand.

python -m bench.render            write them
python -m bench.render --check    exit 1 if the README or the results are not what the measurements give
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import choosing, render_frontier, render_reading, render_service, store
from bench.frontier import NAME as FRONTIER
from bench.pictures import small
from bench.render_reading import pages
from inkdigits.cli.demo import LECTURE
from inkdigits.cli.main import COMMANDS as COMMANDS_OF
from inkdigits.files import write_atomically
from inkdigits.reading.networks.classifier import PACKAGED
from inkdigits.reading.networks.detector import PACKAGED as DETECTOR

ROOT = Path(__file__).parent.parent
README, RESULTS, COMMANDS = ROOT / "README.md", ROOT / "bench" / "RESULTS.md", ROOT / "docs" / "commands.md"
MODEL, SERVICE, CHOSEN = (ROOT / "docs" / f"{page}.md" for page in ("model", "service", "frontier"))
Row = tuple[str, str, str, str]
CALIBRATION = {
    "accuracy": "right",
    "ece": "expected calibration error",
    "nll": "negative log-likelihood",
    "wrong_among_accepted": "wrong among accepted",
    "coverage": "accepted",
}


PEERS = {"one_epoch": "the one-epoch recipe, channels last", "pytorch_example": "PyTorch's example, 14 epochs"}


def main() -> None:
    readme = with_block(README.read_text(encoding="utf-8"), "figures", table())
    readme = with_block(readme, "frontier", render_frontier.table())
    card = with_block(MODEL.read_text(encoding="utf-8"), "reader", reader())
    card = with_block(card, "detector", detector())
    service = with_block(SERVICE.read_text(encoding="utf-8"), "figures", render_service.table())
    chosen = CHOSEN.read_text(encoding="utf-8")
    for question in choosing.QUESTIONS:
        chosen = with_block(chosen, question, choosing.table(question))
    wanted = {README: with_block(readme, "demo output", demo()), RESULTS: results()}
    wanted |= {MODEL: card, SERVICE: service, CHOSEN: chosen}
    if "--check" in sys.argv:
        stale = [path.name for path, text in wanted.items() if path.read_text(encoding="utf-8") != text]
        sys.exit(f"not what the measurements give: {', '.join(stale)}; run python -m bench.render" if stale else 0)
    for path, text in (wanted | {COMMANDS: commands()}).items():
        write_atomically(path, text)
    for path, figure in render_frontier.pictures().items():
        write_atomically(path, small(figure))


def with_block(text: str, name: str, block: str) -> str:
    """`text` with what stands between `<!-- name -->` and `<!-- end -->` replaced."""
    return re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda m: m[1] + block + m[2], text, flags=re.DOTALL)


def demo() -> str:
    """What the demo printed when it was last measured, up to what it says next."""
    if not (result := store.load("demo")):
        return "\n"
    output = result["output"].partition("\nFigures,")[0].rstrip()
    return f"\n```text\n{output}\n```\n\n"


def table() -> str:
    """The README's table."""
    lines = ["| what | here | beside | conditions |", "|---|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows())]) + "\n"


def rows() -> Iterator[Row]:
    for name in ("lecture-softmax", "lecture-mlp"):
        if result := store.load(name):
            shares = result["accuracy"]
            ours = f"{share(shares['train'])} / {share(shares['held'])}, {result['seconds']['mean']:.1f} s"
            lecture = LECTURE[name]
            theirs = f"{100 * lecture.train:.2f} / {100 * lecture.test:.2f} %, {lecture.seconds:.0f} s"
            yield f"`{name}`, train / lecture test", ours, f"the lecture: {theirs}", seeds(result)
        if result := store.load(f"beside-{name}"):
            ours = f"{result['ratio']:.2f} × its time"
            yield f"`{name}`, live view on", ours, "a plain eager PyTorch loop", f"{len(result['pairs'])} pairs"
    for name in ("softmax", "mlp", "fast", "standard"):
        if result := store.load(name):
            ours = f"{share(result['accuracy']['test'])}, {result['seconds']['mean']:.0f} s"
            yield f"`{name}`, MNIST's test set", ours, f"{result['parameters']:,} parameters", seeds(result)
    for name in ("fast", "standard"):
        if result := store.load(f"speed-{name}"):
            yield speed(name, result)
    if result := store.load("shift"):
        for name, score in result["sets"].items():
            what = f"other people's digits: {name}"
            right = f"{100 * score['right'] / score['n']:.2f} %"
            yield what, right, "never learnt from; a development set", f"{score['n']:,} digits"
    if result := store.load("finetune"):
        yield from hands(result)
    yield from render_reading.rows()
    yield from render_service.rows()
    if result := store.load("demo"):
        yield "`make demo`, all of it, once installed", f"{result['seconds']:.0f} s", "", "1 run"
    if result := store.load("startup"):
        yield "`import inkdigits`", f"{1000 * result['import_seconds']:.0f} ms", "", "median of 15"
        yield "`inkdigits read --single`, whole process", f"{result['read_single_seconds']:.2f} s", "", "median of 15"


def hands(result: store.Json) -> Iterator[Row]:
    """What fine-tuning did for persons, and to MNIST."""
    before, after = (f"{100 * result[which]['mean']:.2f} %" for which in ("before", "after"))
    people = f"{len(result['persons'])} simulated persons, {result['each']} samples a digit, 1,000 to measure, mean"
    seconds = f"{result['seconds']['mean']:.0f} s ({max(result['seconds']['values']):.1f} at most)"
    yield "error on one person's digits, after `inkdigits finetune`", f"{after}, {seconds}", f"before: {before}", people
    halved = f"{result['halved']} of {result['above']}"
    least = f"MNIST's test set: {100 * min(result['mnist']['values']):+.2f} points at the worst"
    yield "the error at least halved, where it was above 2 %", halved, least, f"{result['mnist']['n']} persons"


def speed(name: str, result: store.Json) -> Row:
    """A recipe beside the peer it was run in turn with."""
    ours, theirs = (
        f"{share(result[f'{whose}accuracy'])}, {result[f'{whose}seconds']['mean']:.1f} s" for whose in ("", "peer_")
    )
    n, peers = result["seconds"]["n"], result["peer_seconds"]["n"]
    conditions = f"{n} seeds in {result['arithmetic']} and {peers} in float32, run in turn"
    return f"`{name}` in {result['time_ratio']:.3g} × the time", ours, f"{PEERS[result['peer']]}: {theirs}", conditions


def share(spread: store.Json) -> str:
    return f"{100 * spread['mean']:.2f} ± {100 * spread['sd']:.2f} %"


def seeds(result: store.Json) -> str:
    """How a mean came about."""
    n = result["seconds"]["n"]
    arithmetic = "" if result.get("arithmetic", "float32") == "float32" else f", {result['arithmetic']}"
    return (f"{n} seeds, mean ± sd" if n > 1 else "1 seed") + arithmetic


def reader() -> str:
    """The figures of the packaged network: what its card promises, other people's digits, spoilt digits."""
    card = json.loads(PACKAGED.with_suffix(".json").read_text(encoding="utf-8"))
    promise, accept = card["guarantee"], card["accept"]
    lines = [
        f"A wrong digit costs as much as {1 / (1 - accept['confidence']):.3g} refused ones: accepted from a confidence "
        f"of {accept['confidence']:.3f} and a digitness of {accept['digitness']:.2f} on; "
        f"temperature {card['temperature']:.3f}. Of {promise['n']:,} validation digits "
        f"{100 * promise['coverage']:.2f} % were accepted, {promise['wrong']} of them wrong: "
        f"with 95 % confidence at most {100 * promise['wrong_at_most']:.2f} % of accepted digits like these are wrong.",
        "",
        "| what | figure | conditions |",
        "|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in reader_rows(card)),
    ]
    return "\n".join(lines) + "\n"


def reader_rows(card: store.Json) -> Iterator[tuple[str, str, str]]:
    """What was measured of it, a row each."""
    test = next(score for score in card["trained"]["scores"] if score["set"] == "test")
    yield "MNIST's test set, the packaged seed", f"{100 * test['accuracy']:.2f} %", f"{test['n']:,} digits"
    recall = ", ".join(f"{digit}: {100 * share:.1f}" for digit, share in enumerate(test["recall"]))
    yield "of each digit, found", recall, "%, the same"
    if result := store.load("shift"):
        for name, score in result["sets"].items():
            yield name, f"{100 * score['right'] / score['n']:.2f} %", f"{score['n']:,} digits, a development set"
    if result := store.load("calibration"):
        for key, spread in result.items():
            if key in CALIBRATION:
                percent = f"{100 * spread['mean']:.2f} %" if key != "nll" else f"{spread['mean']:.4f}"
                yield f"MNIST's test set: {CALIBRATION[key]}", percent, f"{spread['n']} seeds, mean"
    if result := store.load("styles"):
        for parts in result["styles"].values():
            yield from (style(part) for part in parts)
    if result := store.load("corruptions"):
        yield "fifteen kinds of spoilt digits, mean", share(result["mean"]), f"{result['mean']['n']} seeds"
        for kind, spread in result["kinds"].items():
            yield kind.replace("_", " "), f"{100 * spread['mean']:.1f} %", ""
    if result := store.load("digitness"):
        for name, value in result["auroc"].items():
            yield f"digit or not, AUROC: {name}", f"{value:.4f}", "against MNIST's test digits"
    if result := store.load("inference"):
        yield "one digit", f"{result['one_digit_ms']:.2f} ms", "median of 500"
        yield (
            "256 at a time",
            f"{result['digits_per_second']:,.0f} digits/s",
            f"{result['speed_up']:.1f} × eager PyTorch",
        )
        yield (
            "one digit, rounded to 8 bits",
            f"{result['int8_one_digit_ms']:.2f} ms",
            f"{result['int8_file_megabytes']:.2f} MB instead of {result['file_megabytes']:.2f}; of 5,000 digits that a "
            f"twin never saw it takes {result['int8_twin_wrong']} for others, and {result['twin_wrong']} as it was",
        )


def detector() -> str:
    """What the card of the network that finds digits says, and how it does on pages of our own drawing."""
    card = json.loads(DETECTOR.with_suffix(".json").read_text(encoding="utf-8"))
    trained = card["trained"]
    seen = trained["recipe"]["steps"] * trained["recipe"]["batch"]
    lines = [
        "| what | figure | conditions |",
        "|---|---|---|",
        f"| parameters | {trained['parameters']:,} | {DETECTOR.stat().st_size / 2**20:.2f} MB as ONNX |",
        f"| learnt from | {seen:,} scenes in {trained['seconds'] / 60:.0f} min | {trained['data']['name']} |",
    ]
    for score in trained["scores"]:
        right = f"{100 * score['accuracy']:.2f} % | {score['n']:,} digits, as spoilt as in training"
        lines.append(f"| right digit where one is, {score['name']} | {right} |")
    if result := store.load("pages"):
        lines += ["| " + " | ".join((what, here, conditions)) + " |" for what, here, _, conditions in pages(result)]
    return "\n".join(lines) + "\n"


def style(part: store.Json) -> tuple[str, str, str]:
    """How digits of one style of writing were read."""
    right = part["accuracy"]
    what = f"MNIST's test set, {part['group']} (median {part['median']:.2g}{part['unit']})"
    return what, f"{100 * right['mean']:.2f} %", f"{part['n']:,} digits, {right['n']} seeds, mean"


def commands() -> str:
    """Every command's help, as the program prints it 100 columns wide."""
    parts = ["# Commands\n\nMade by `python -m bench.render` from the program's own help. Do not edit.\n"]
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    plain.pop("INKDIGITS_DATA", None)
    for name in COMMANDS_OF:
        program = [sys.executable, "-c", "from inkdigits.cli.main import main; main()", name, "--help"]
        done = subprocess.run(program, check=True, capture_output=True, encoding="utf-8", env=plain)
        text = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
        parts.append(f"\n## {name}\n\n```text\n{text.replace('-c ' + name, 'inkdigits ' + name)}\n```\n")
    return "".join(parts)


def results() -> str:
    """All measurements in full, with their conditions."""
    parts = ["# Results\n\nMade by `python -m bench.render` from bench/results/*.json. Do not edit.\n\n" + table()]
    for path in sorted(store.FOLDER.glob("*.json")):
        result = store.load(path.stem) or {}
        conditions = ", ".join(f"{key} {value}" for key, value in result["conditions"].items())
        parts.append(f"\n## {path.stem}\n\n{conditions}\n")
        for card in result.get("cards", []):
            shares = ", ".join(
                f"{which} {100 * s['accuracy']:.2f} % (n {s['n']:,})" for which, s in card["scores"].items()
            )
            parts.append(f"\n- seed {card['seed']}: {shares}, {card['seconds']:.1f} s")
        if path.stem == FRONTIER:
            parts.append(render_frontier.in_full())
    return "".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    main()
