"""Names that the package had once and has no more: the list at the end of docs/design.md, held against the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "inkdigits"
FREE_AGAIN = {"reading": {"signs"}}  # signs are read now, and are called so


def old_names() -> dict[str, set[str]]:
    """The old names of every package, as design.md lists them: **package**: `old` → `new` · …"""
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    section = text.partition("\n## Old names\n")[2]
    return {
        name: set(re.findall(r"`(\w+)` →", line)) for name, line in re.findall(r"^\*\*(\w+)\*\*: (.*)$", section, re.M)
    }


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name that a file defines or uses: functions, classes, parameters, attributes, variables, imports."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg() | ast.keyword():
                yield node.arg or ""
            case ast.Attribute():
                yield node.attr
            case ast.Name():
                yield node.id
            case ast.alias():
                yield (node.asname or node.name).rpartition(".")[2]


def test_the_list_is_there() -> None:
    assert {"reading", "training", "models", "data"} <= set(old_names())
    assert {"weighed", "of_one_size", "Finds", "torn", "Seen", "Ahead", "How"} <= old_names()["reading"]
    assert {"judged", "said", "wanted", "surprises", "reheated"} <= old_names()["training"]


@pytest.mark.parametrize("package", sorted(old_names()))
def test_no_code_bears_an_old_name(package: str) -> None:
    for path in (SOURCE / package).rglob("*.py"):
        if not path.name[0].isdigit():  # lessons have variables of their own
            names = {*names_in(ast.parse(path.read_text(encoding="utf-8"))), path.stem}
            borne = names & (old_names()[package] - FREE_AGAIN.get(package, set()))
            assert not borne, f"{path.relative_to(SOURCE)}: {borne}"


def test_this_test_sees_what_it_looks_for() -> None:
    code = "from a import b as torn\ndef said(wanted, *, judged=1):\n    finds.signs(looked_at=2)\nclass Seen: ..."
    assert {"torn", "said", "wanted", "judged", "finds", "signs", "looked_at", "Seen"} <= set(names_in(ast.parse(code)))
