"""What the pages and the results say is what the measurements in bench/results give."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.render.__main__ import DOCS_FOLDER, README_PATH, format_demo, render_pages, replace_block
from bench.render.model_card import make_reader_rows, make_style_row
from bench.render.readme_figures import MOST, TIMED, describe_timing, format_figures, make_figures
from bench.render.summary import TABLES, make_speed_row
from bench.shared import store
from bench.speed import PEER_BY_RECIPE, summarise


def test_pages_and_results_are_what_was_measured() -> None:
    pages = render_pages()
    rendered_names = {path.name for path in pages}
    measured = {
        "README.md",
        "RESULTS.md",
        "benchmark.md",
        "course.md",
        "frontier.md",
        "model.md",
        "scale.md",
        "site.md",
        "service.md",
    }
    assert measured == rendered_names
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run python -m bench.render"


def test_no_page_has_an_empty_table() -> None:
    for path in [README_PATH, *DOCS_FOLDER.rglob("*.md")]:
        assert not re.search(r"^<!-- [\w ]+ -->\s*<!-- end -->", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_a_block_is_replaced_between_its_marks_only() -> None:
    text = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nkept\n<!-- end -->\n"
    assert replace_block(text, "one", "new\n") == text.replace("old", "new")
    with pytest.raises(ValueError, match="no place for 'three'"):
        replace_block(text, "three", "new\n")


def test_what_was_not_measured_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    assert [list(make_rows()) for make_rows in TABLES.values()] == [[], [], [], [], []]
    assert (format_figures(), format_demo()) == ("\n", "\n")
    card = {"trained": {"scores": [{"set": "test", "n": 10_000, "accuracy": 0.997, "recall": [0.99] * 10}]}}
    assert [row[0] for row in make_reader_rows(card)] == ["MNIST's test set, the packaged seed", "of each digit, found"]


def test_the_readme_has_few_figures_and_each_once() -> None:
    figures = list(make_figures())
    assert 0 < len(figures) <= MOST
    assert len({what for what, *_ in figures}) == len(figures)
    for what, figure, _, exposure in figures:
        assert figure and exposure, f"{what}: say what had been seen of what it is measured on"


def test_the_readmes_seconds_are_of_one_day_and_one_kind_of_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "RESULTS_FOLDER", tmp_path)
    conditions: dict[str, Any] = {"cores": 2, "machine": "x86_64", "torch": "2.13", "date": "2026-11-25"}
    for name in TIMED:
        (tmp_path / f"{name}.json").write_text(json.dumps({"conditions": conditions}))
    assert describe_timing() == "All seconds were measured on 2026-11-25, on 2 cores (x86_64, PyTorch 2.13).\n"
    other_day = json.dumps({"conditions": conditions | {"date": "2026-11-27"}})
    (tmp_path / f"{TIMED[-1]}.json").write_text(other_day)
    with pytest.raises(ValueError, match="not of one day"):
        describe_timing()


@pytest.mark.parametrize("name", PEER_BY_RECIPE)
def test_a_recipe_beside_its_peer(name: str) -> None:
    result = summarise([(2.0, 0.991), (4.0, 0.993)], [(12.0, 0.989)]) | {
        "peer": PEER_BY_RECIPE[name][0],
        "arithmetic": "bfloat16",
    }
    what, ours, theirs, conditions = make_speed_row(name, result)
    assert what == f"`{name}` in 0.25 × the time"
    assert ours == "99.20 ± 0.14 %, 3.0 s" and theirs.endswith(": 98.90 %, 12.0 s")
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
    commands = (DOCS_FOLDER / "commands.md").read_text(encoding="utf-8")
    assert all(f"\n## {name}\n" in commands for name in ("read", "train", "evaluate", "show", "compare", "export"))
