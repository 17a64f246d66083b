"""The figures of the packaged networks, for docs/model.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bench.render.reading_rows import make_page_rows
from bench.render.summary import format_share
from bench.shared import store
from inkdigits.reading.networks.classifier import PACKAGED_PATH
from inkdigits.reading.networks.detector import PACKAGED_PATH as DETECTOR
from inkdigits.reading.networks.transcriber import PACKAGED_PATH as TRANSCRIBER
from inkdigits.training.evaluate import wilson_interval

CALIBRATION_LABELS = {
    "accuracy": "right",
    "ece": "expected calibration error",
    "nll": "negative log-likelihood",
    "wrong_among_accepted": "wrong among accepted",
    "coverage": "accepted",
}


def format_reader() -> str:
    """The figures of the packaged network: what its card promises, other people's digits, spoilt digits."""
    card = json.loads(PACKAGED_PATH.with_suffix(".json").read_text(encoding="utf-8"))
    bound, accept = card["guarantee"], card["accept"]
    lines = [
        f"A wrong digit costs as much as {1 / (1 - accept['confidence']):.3g} refused ones, so a digit is accepted "
        f"from a confidence of {accept['confidence']:.3f} and a digitness of {accept['digitness']:.2f} on. The "
        f"temperature is {card['temperature']:.3f}. Of {bound['n']:,} validation digits "
        f"{100 * bound['coverage']:.2f} % were accepted, {bound['wrong']} of them wrong; "
        f"with 95 % confidence at most {100 * bound['wrong_at_most']:.2f} % of accepted digits like these are wrong.",
        "",
        "| what | figure | conditions |",
        "|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in make_reader_rows(card)),
    ]
    return "\n".join(lines) + "\n"


def make_reader_rows(card: store.Json) -> Iterator[tuple[str, str, str]]:
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
            if key in CALIBRATION_LABELS:
                percent = f"{100 * spread['mean']:.2f} %" if key != "nll" else f"{spread['mean']:.4f}"
                yield f"MNIST's test set: {CALIBRATION_LABELS[key]}", percent, f"{spread['n']} seeds, mean"
    if result := store.load("styles"):
        for parts in result["styles"].values():
            yield from (make_style_row(part) for part in parts)
    if result := store.load("corruptions"):
        yield "fifteen kinds of spoilt digits, mean", format_share(result["mean"]), f"{result['mean']['n']} seeds"
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
            f"twin never saw it misreads {result['int8_twin_wrong']}, without rounding {result['twin_wrong']}",
        )


def format_detector() -> str:
    """What the card of the network that finds digits says, and how it does on pages of our own drawing."""
    lines = list_page_network_rows(DETECTOR, "scenes")
    if result := store.load("pages"):
        lines += [
            "| " + " | ".join((what, here, conditions)) + " |" for what, here, _, conditions in make_page_rows(result)
        ]
    return "\n".join(lines) + "\n"


def format_transcriber() -> str:
    """What the card of the network that reads rows says, and how both readers do on strips of our own drawing."""
    rows = list_page_network_rows(TRANSCRIBER, "strips")
    if result := store.load("strips"):
        strips, sure = result["strips"], result["sure"]
        drawn = f"{strips:,} drawn strips of one number each ({result['drawn_with']})"
        exact_share, sure_share = 100 * result["exact"] / strips, 100 * sure / strips
        wrong_share, most = 100 * result["silently_wrong"] / sure, wilson_interval(result["silently_wrong"], sure)[1]
        error = f"{100 * result['calibration_error']:.2f} %"
        rows += [
            f"| numbers right in every digit, and without a `?` | {exact_share:.1f} %, {sure_share:.1f} % | {drawn} |",
            f"| wrong among numbers without a `?` | {wrong_share:.2f} % | the same; with 97.5 % certainty at most "
            f"{100 * most:.2f} % of such strips |",
            f"| a number's confidence is off by | {error} | the same, mean of 15 bins |",
            f"| area under risk against coverage | {result['area']:.4f} | the same; by the product of the digits' "
            f"confidences {result['area_by_digits']:.4f} |",
        ]
    return "\n".join(rows) + "\n"


def list_page_network_rows(path: Path, drawn: str) -> list[str]:
    """What the card of a network says that learnt from what was drawn for it: scenes, or strips."""
    trained = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["trained"]
    count = trained["recipe"]["steps"] * trained["recipe"]["batch"]
    lines = [
        "| what | figure | conditions |",
        "|---|---|---|",
        f"| parameters | {trained['parameters']:,} | {path.stat().st_size / 2**20:.2f} MB as ONNX |",
        f"| learnt from | {count:,} {drawn} in {trained['seconds'] / 60:.0f} min | {trained['data']['name']} |",
    ]
    for score in trained["scores"]:
        figure = f"{100 * score['accuracy']:.2f} % | {score['n']:,} digits, as spoilt as in training"
        lines.append(f"| right digit where one is, {score['name']} | {figure} |")
    return lines


def make_style_row(part: store.Json) -> tuple[str, str, str]:
    """How digits of one style of writing were read."""
    accuracy = part["accuracy"]
    what = f"MNIST's test set, {part['group']} (median {part['median']:.2g}{part['unit']})"
    return what, f"{100 * accuracy['mean']:.2f} %", f"{part['n']:,} digits, {accuracy['n']} seeds, mean"
