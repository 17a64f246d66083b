"""What the README and the results say is what the measurements in bench/results give."""

from pathlib import Path

import pytest

from bench import render_frontier, store
from bench.render import (
    MODEL,
    README,
    RESULTS,
    SERVICE,
    demo,
    reader,
    reader_rows,
    results,
    rows,
    speed,
    style,
    table,
    with_block,
)
from bench.render_service import table as service_table
from bench.speed import PEERS, summary


def test_readme_and_results_are_what_was_measured() -> None:
    readme = README.read_text(encoding="utf-8")
    again = with_block(with_block(readme, "figures", table()), "frontier", render_frontier.table())
    assert with_block(again, "demo output", demo()) == readme
    model = MODEL.read_text(encoding="utf-8")
    assert with_block(model, "reader", reader()) == model
    service = SERVICE.read_text(encoding="utf-8")
    assert with_block(service, "figures", service_table()) == service
    assert results() == RESULTS.read_text(encoding="utf-8")


def test_a_block_is_replaced_between_its_marks_only() -> None:
    text = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nkept\n<!-- end -->\n"
    assert with_block(text, "one", "new\n") == text.replace("old", "new")


def test_what_was_not_measured_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    assert (list(rows()), demo()) == ([], "\n")
    card = {"trained": {"scores": [{"set": "test", "n": 10_000, "accuracy": 0.997, "recall": [0.99] * 10}]}}
    assert [row[0] for row in reader_rows(card)] == ["MNIST's test set, the packaged seed", "of each digit, found"]


@pytest.mark.parametrize("name", PEERS)
def test_a_recipe_beside_its_peer(name: str) -> None:
    result = summary([(2.0, 0.991), (4.0, 0.993)], [(12.0, 0.989)]) | {
        "peer": PEERS[name].__name__,
        "arithmetic": "bfloat16",
    }
    what, ours, theirs, conditions = speed(name, result)
    assert what == f"`{name}` in 0.25 × the time"
    assert ours == "99.20 ± 0.14 %, 3.0 s" and theirs.endswith(": 98.90 ± 0.00 %, 12.0 s")
    assert conditions == "2 seeds in bfloat16 and 1 in float32, run in turn"


def test_a_style_of_writing() -> None:
    part = {"group": "thin", "n": 3333, "median": 2.43, "unit": " px", "accuracy": store.spread([0.99, 0.994])}
    assert style(part) == ("MNIST's test set, thin (median 2.4 px)", "99.20 %", "3,333 digits, 2 seeds, mean")


def test_docs_name_every_command() -> None:
    commands = (Path(README).parent / "docs" / "commands.md").read_text(encoding="utf-8")
    assert all(f"\n## {name}\n" in commands for name in ("read", "train", "evaluate", "show", "compare", "export"))
