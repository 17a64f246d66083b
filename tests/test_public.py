"""The public surface: exactly these names, quick to import, each explained."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import walk_packages

import pytest

import inkdigits

NAMES = {
    "__version__",
    *("read", "read_digit", "read_pages", "Reader", "Form", "ValueRules", "Value", "Limits", "Source"),
    *("find_table", "Table"),
    *("load_template", "Template", "FormField", "FormReader"),
    *("SheetReading", "SheetAnswer", "FieldAnswer", "Candidate", "FormError"),
    *("Reading", "Line", "Number", "Digit", "Sign", "Box", "Failure", "Classification", "ModelName", "Inspection"),
    *("AcceptThresholds", "Neighbour", "OcclusionEffect", "Picture", "Stages", "Proposals", "Detections", "Ink"),
    *("InkdigitsError", "PictureError", "PictureTooLargeError", "SeveralPagesError", "DataError", "ModelError"),
    *("RunError", "WriteError", "ExportError", "UsageError", "StoreFullError", "StoreBusyError", "ClusterError"),
}
MODULES = sorted(each.name for each in walk_packages(inkdigits.__path__, "inkdigits."))


def test_exactly_these_names_are_public() -> None:
    assert set(inkdigits.__all__) == set(dir(inkdigits)) == NAMES
    for name in NAMES:
        assert getattr(inkdigits, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        inkdigits.nothing  # noqa: B018


def test_importing_loads_nothing_but_itself() -> None:
    program = "import sys; before = set(sys.modules); import inkdigits; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "torch", "cv2", "PIL", "onnxruntime", "typer", "rich", "matplotlib"}
    ours = {name for name in done.stdout.split() if name.split(".")[0] == "inkdigits"}
    assert ours == {"inkdigits", "inkdigits._version"}


def test_reading_loads_no_torch() -> None:
    program = "import sys; from inkdigits import Reader; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"torch", "matplotlib", "safetensors", "filelock", "typer"} & set(done.stdout.split())


def test_the_version_is_the_installed_one() -> None:
    assert inkdigits.__version__ == version("inkdigits")


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(inkdigits.__path__[0]) / "py.typed").exists()


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_and_class_is_explained(name: str) -> None:
    module = import_module(name)
    assert module.__doc__
    for word, thing in vars(module).items():
        if word.startswith("_") or getattr(thing, "__module__", None) != name:
            continue
        if inspect.isfunction(thing) or inspect.isclass(thing):
            written = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
            assert written and not written.startswith(f"{word}("), f"{name}.{word} has no docstring"


@pytest.mark.parametrize("name", sorted(NAMES - {"__version__", "Source"}))
def test_every_public_member_is_explained(name: str) -> None:
    thing = getattr(inkdigits, name)
    assert thing.__doc__
    if inspect.isclass(thing):
        for word, member in vars(thing).items():
            if not word.startswith("_") and (callable(member) or isinstance(member, property | staticmethod)):
                assert member.__doc__, f"{name}.{word} has no docstring"


def parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


OPTIONS = {
    **{"single": False, "region": None, "form": None, "min_confidence": None},
    **{"boxes": "auto", "values": None, "signs": "keep"},
}


@pytest.mark.parametrize("name", ["read", "read_pages"])
def test_every_option_of_reading_is_named_typed_defaulted_and_explained(name: str) -> None:
    """What `help(inkdigits.read)` shows, and that the reader's own method takes the same."""
    function = getattr(inkdigits, name)
    options = {word: each for word, each in parameters(function).items() if each.kind is each.KEYWORD_ONLY}
    assert {word: each.default for word, each in options.items() if word != "name"} == OPTIONS
    assert all(each.annotation is not each.empty for each in parameters(function).values())
    assert all(re.search(rf"\b{word}\b", function.__doc__) for word in options)
    assert all(word in function.__doc__ for word in ("Args:", "Raises:", "UsageError", "PictureError"))
    assert list(parameters(getattr(inkdigits.Reader, name))) == ["self", *parameters(function)]


@pytest.mark.parametrize("name", sorted(NAMES - {"__version__", "Source"}))
def test_what_public_signatures_name_is_public(name: str) -> None:
    """Whoever annotates his own code needs no module of ours but the first."""
    thing = getattr(inkdigits, name)
    members = [thing, *(vars(thing).values() if inspect.isclass(thing) else ())]
    for member in filter(inspect.isfunction, members):
        if member.__name__.startswith("_") and member.__name__ != "__init__":
            continue
        for annotation in inspect.get_annotations(member).values():
            ours = set(re.findall(r"\b[A-Z]\w+", str(annotation))) & INTERNAL
            assert not ours, f"{name}.{member.__name__} names {ours}"


INTERNAL = {
    word
    for each in MODULES
    if not each.startswith(("inkdigits.course.", "inkdigits.cli.", "inkdigits.__main__"))
    for word, thing in vars(import_module(each)).items()
    if inspect.isclass(thing) and thing.__module__.startswith("inkdigits.") and not word.startswith("_")
} - NAMES


def test_every_error_has_a_kind_of_its_own_and_an_exit_code() -> None:
    errors = import_module("inkdigits.errors")
    kinds = [thing for thing in vars(errors).values() if inspect.isclass(thing)]
    assert all(issubclass(kind, inkdigits.InkdigitsError) for kind in kinds)
    assert len({kind.kind for kind in kinds}) == len(kinds)
    assert {kind.exit_code for kind in kinds} == {1, 2}
