"""What the README and the results say is what the measurements in bench/results give."""

from pathlib import Path

import pytest

from bench.render import frontier_report
from bench.render.__main__ import (
    MODEL_PATH,
    README_PATH,
    RESULTS_PATH,
    SERVICE_PATH,
    format_demo,
    format_results,
    replace_block,
)
from bench.render.model_card import format_reader, make_reader_rows, make_style_row
from bench.render.service_rows import format_table as service_table
from bench.render.summary import format_table, make_rows, make_speed_row
from bench.shared import store
from bench.speed import PEER_BY_RECIPE, summarise


def test_readme_and_results_are_what_was_measured() -> None:
    readme = README_PATH.read_text(encoding="utf-8")
    again = replace_block(replace_block(readme, "figures", format_table()), "frontier", frontier_report.format_table())
    assert replace_block(again, "demo output", format_demo()) == readme
    model = MODEL_PATH.read_text(encoding="utf-8")
    assert replace_block(model, "reader", format_reader()) == model
    service = SERVICE_PATH.read_text(encoding="utf-8")
    assert replace_block(service, "figures", service_table()) == service
    assert format_results() == RESULTS_PATH.read_text(encoding="utf-8")


def test_a_block_is_replaced_between_its_marks_only() -> None:
    text = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nkept\n<!-- end -->\n"
    assert replace_block(text, "one", "new\n") == text.replace("old", "new")


def test_what_was_not_measured_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    assert (list(make_rows()), format_demo()) == ([], "\n")
    card = {"trained": {"scores": [{"set": "test", "n": 10_000, "accuracy": 0.997, "recall": [0.99] * 10}]}}
    assert [row[0] for row in make_reader_rows(card)] == ["MNIST's test set, the packaged seed", "of each digit, found"]


@pytest.mark.parametrize("name", PEER_BY_RECIPE)
def test_a_recipe_beside_its_peer(name: str) -> None:
    result = summarise([(2.0, 0.991), (4.0, 0.993)], [(12.0, 0.989)]) | {
        "peer": PEER_BY_RECIPE[name][0],
        "arithmetic": "bfloat16",
    }
    what, ours, theirs, conditions = make_speed_row(name, result)
    assert what == f"`{name}` in 0.25 × the time"
    assert ours == "99.20 ± 0.14 %, 3.0 s" and theirs.endswith(": 98.90 ± 0.00 %, 12.0 s")
    assert conditions == "2 seeds in bfloat16 and 1 in float32, run in turn"


def test_a_style_of_writing() -> None:
    part = {
        "group": "thin",
        "n": 3333,
        "median": 2.43,
        "unit": " px",
        "accuracy": store.summarise_values([0.99, 0.994]),
    }
    assert make_style_row(part) == ("MNIST's test set, thin (median 2.4 px)", "99.20 %", "3,333 digits, 2 seeds, mean")


def test_docs_name_every_command() -> None:
    commands = (Path(README_PATH).parent / "docs" / "commands.md").read_text(encoding="utf-8")
    assert all(f"\n## {name}\n" in commands for name in ("read", "train", "evaluate", "show", "compare", "export"))
