"""The house rules, read off the source itself: which room imports which, who knows torch, who opens a test set."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "inkdigits"
FILES = sorted(SOURCE.rglob("*.py"))
FLOORS = (
    {"types", "marks", "values", "sums", "alphabet", "errors", "files", "glyph", "_version"},
    {"data", "models", "reading"},
    {"training"},
    {"lab", "ray", "serving", "forms"},
    {"course"},
    {"cli"},
    {"__main__"},
)
HEAVY = {"torch", "safetensors", "filelock", "matplotlib", "onnx", "onnxscript"}  # what only training brings along
VARIES_IMAGES = {f"data/augmentation/{name}.py" for name in ("augment", "variants", "texture", "warp")}
READS_ONNX = {
    "reading/networks/session.py",
    "training/export.py",
    "training/quantise.py",
    "course/10_small_and_fast.py",
}
OPENS_TEST_SET = {  # and why
    "training/evaluate.py",  # the door
    "training/session.py",  # through it, once, after the last step
    "training/finetune.py",  # the same, once it is decided what is kept
    "lab/show.py",  # through it, what finished runs are judged by
    "course/04_hidden_layer_overfitting.py",  # through it, once, what has learnt from all 60,000
    "course/06_good_training.py",  # through it, once, the packaged network's mistakes, after the last choice
    "cli/data.py",  # counts
    "cli/demo.py",  # digits to write sample pages with
}
NETWORKED = {"socket", "ssl", "http", "urllib", "ftplib", "requests", "httpx", "aiohttp", "torchvision", "datasets"}
USES_NETWORK = {"serving", "ray"}  # one listens, the other reads on machines that it is told of
ASKS_FOR_PORTS = {"cli/learn.py"}  # whether a port of this machine is free, and nothing else
UNSAFE = {"pickle", "shelve", "marshal", "dill", "joblib"}
LONGEST = 300  # lines of a file
LONGEST_LESSON = 700  # most of which is text to read


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def is_lesson(path: Path) -> bool:
    """Whether the file is a notebook of the course."""
    return path.parent.name == "course" and path.name[0].isdigit()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of all that is imported anywhere in the tree, in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


@cache
def packages(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {name.split(".")[0] for name in imports(parsed(path))}


def rooms(tree: ast.AST) -> set[str]:
    """The rooms of ours that a tree imports."""
    words = [name.split(".") for name in imports(tree)]
    known = {room for floor in FLOORS for room in floor}
    return {word[1] for word in words if word[0] == "inkdigits" and len(word) > 1} & known


def floor_of(room: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "__init__.py"], ids=name_of)
def test_imports_go_down_the_floors_and_never_sideways(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    for other in rooms(parsed(path)) - {room}:
        below = floor_of(other) < floor_of(room)
        assert below or floor_of(room) == 0 == floor_of(other), f"{name_of(path)} imports {other}"


def test_every_room_stands_on_a_floor_and_says_what_it_is_for() -> None:
    for path in SOURCE.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert floor_of(path.name) >= 1
            assert ast.get_docstring(parsed(path / "__init__.py"))


def test_reading_and_data_do_without_torch() -> None:
    base = [p for p in FILES if name_of(p).split("/")[0].removesuffix(".py") in FLOORS[0] | {"reading", "data"}]
    heavy = {name_of(path) for path in base if packages(path) & HEAVY}
    assert heavy == VARIES_IMAGES


@pytest.mark.parametrize("drawn", ["inkdigits.data.augmentation.variants", "inkdigits.data.augmentation.texture"])
def test_only_augment_imports_forms_and_texture(drawn: str) -> None:
    users = {name_of(path) for path in FILES if drawn in set(imports(parsed(path)))}
    assert users == {"data/augmentation/augment.py"}


def test_onnxruntime_is_known_where_it_is_told_and_nowhere_else() -> None:
    assert {name_of(path) for path in FILES if "onnxruntime" in packages(path)} == READS_ONNX


def test_what_reads_on_the_command_line_loads_no_torch() -> None:
    reads = ("main", "read", "views", "options", "inputs", "batch", "results", "targets", "talk")
    for name in (*(f"cli/{each}.py" for each in reads), "__init__.py"):
        tree = parsed(SOURCE / name)
        assert not packages(SOURCE / name) & HEAVY
        assert not rooms(tree) & {"training", "lab", "models"}, name


def test_listing_the_lessons_loads_neither_torch_nor_marimo() -> None:
    for name in ("course/__init__.py", "course/lessons.py", "cli/learn.py"):
        assert not packages(SOURCE / name) & (HEAVY | {"marimo"}), name


def test_the_service_knows_nothing_of_training() -> None:
    for path in [*(SOURCE / "serving").glob("*.py"), SOURCE / "cli" / "serve.py"]:
        assert not packages(path) & HEAVY
        assert rooms(parsed(path)) <= FLOORS[0] | {"reading", "serving"}, name_of(path)


def opens_test_set(tree: ast.AST) -> bool:
    """Whether the code calls a loader with the word "test", or mentions `load_test_digits`."""
    for node in ast.walk(tree):
        mentioned = getattr(node, "id", getattr(node, "attr", getattr(node, "name", None)))
        if mentioned == "load_test_digits":
            return True
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if called.startswith("load") and any(isinstance(a, ast.Constant) and a.value == "test" for a in given):
                return True
    return False


def test_the_test_set_is_opened_where_it_is_known_to_be_and_nowhere_else() -> None:
    assert {name_of(path) for path in FILES if opens_test_set(parsed(path))} == OPENS_TEST_SET


def test_the_loop_recipes_batches_and_callbacks_cannot_reach_a_test_set() -> None:
    for name in ("loop", "recipes", "batches"):
        loaded = set(imports(parsed(SOURCE / "training" / f"{name}.py")))
        assert not loaded & {"inkdigits.data.sets.mnist", "inkdigits.data.sets.sources", "inkdigits.training.evaluate"}
    from_evaluate = {name for name in imports(parsed(SOURCE / "training" / "callbacks.py")) if ".evaluate." in name}
    assert from_evaluate == {"inkdigits.training.evaluate.accuracy", "inkdigits.training.evaluate.predict_logits"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_reaches_for_the_network_unpickles_or_evaluates_text(path: Path) -> None:
    if name_of(path).split("/")[0] not in USES_NETWORK and name_of(path) not in ASKS_FOR_PORTS:
        assert not packages(path) & NETWORKED
    assert not packages(path) & UNSAFE
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            assert getattr(node.func, "id", "") not in {"eval", "exec", "compile", "__import__"}
            assert ast.unparse(node.func) != "torch.load"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_has_one_job_that_fits_on_a_few_screens(path: Path) -> None:
    assert ast.get_docstring(parsed(path)), "a file says what it is for"
    longest = LONGEST_LESSON if is_lesson(path) else LONGEST
    assert len(path.read_text(encoding="utf-8").splitlines()) <= longest


def test_what_stands_outside_is_never_imported() -> None:
    assert not any(packages(path) & {"bench", "tests"} for path in FILES)


def test_this_test_sees_what_it_looks_for() -> None:
    sneaky = ast.parse("def f():\n    from inkdigits import training\n    import torch.nn\n    load('test')")
    assert rooms(sneaky) == {"training"}
    assert {"torch.nn", "inkdigits.training"} <= set(imports(sneaky))
    assert opens_test_set(sneaky) and opens_test_set(ast.parse("evaluate.load_test_digits"))
    assert not opens_test_set(ast.parse("load('train')\nsay('test')"))
