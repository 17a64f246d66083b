"""What the README and the results say is what the measurements in bench/results give."""

from pathlib import Path

from bench.render import MODEL, README, RESULTS, demo, reader, results, table, with_block


def test_readme_and_results_are_what_was_measured() -> None:
    readme = README.read_text(encoding="utf-8")
    assert with_block(with_block(readme, "figures", table()), "demo output", demo()) == readme
    model = MODEL.read_text(encoding="utf-8")
    assert with_block(model, "reader", reader()) == model
    assert results() == RESULTS.read_text(encoding="utf-8")


def test_a_block_is_replaced_between_its_marks_only() -> None:
    text = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nkept\n<!-- end -->\n"
    assert with_block(text, "one", "new\n") == text.replace("old", "new")


def test_docs_name_every_command() -> None:
    commands = (Path(README).parent / "docs" / "commands.md").read_text(encoding="utf-8")
    assert all(f"\n## {name}\n" in commands for name in ("read", "train", "evaluate", "show", "compare", "export"))
