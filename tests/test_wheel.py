"""The wheel, alone in an empty environment: it brings all it needs to read, and no torch."""

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkdigits
from inkdigits.data.sets.mnist import FOLDER, SHA256_BY_NAME, load

ROOT = Path(__file__).parents[1]
EXTRAS = {
    *("torch", "matplotlib", "safetensors", "filelock", "onnx", "onnxscript", "scikit-learn", "scipy", "pytest"),
    *("ray", "pyarrow"),
    *("fastapi", "uvicorn", "prometheus-client", "python-multipart"),
    *("marimo", "nbformat", "latex2mathml", "anywidget"),
}


def quietly(*words: str | Path, cwd: Path | None = None) -> str:
    """Run a command away from this checkout; what it printed."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    quietly(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


def pip(programs: Path, *words: str | Path) -> str:
    """Run this environment's pip on another one, which needs none of its own; what it printed."""
    return quietly(sys.executable, "-m", "pip", "--python", programs / "python", "--disable-pip-version-check", *words)


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has this wheel and what it asks for, and nothing else.

    Python compiles what is used when it is used: of most packages that is little.
    """
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder)
    programs = folder / "bin"
    pip(programs, "install", "--quiet", "--no-compile", wheel)
    return programs


def test_the_wheel_has_the_data_the_network_and_the_notices(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        packed = {name: archive.read(f"inkdigits/data/files/{name}") for name in SHA256_BY_NAME}
        about = Parser().parsestr(archive.read(next(n for n in names if n.endswith("METADATA"))).decode())
    assert all(packed[name] == (FOLDER / name).read_bytes() for name in SHA256_BY_NAME)
    assert {
        "inkdigits/py.typed",
        "inkdigits/reading/weights/reader.onnx",
        "inkdigits/reading/weights/reader.json",
        "inkdigits/reading/weights/reader.nearest.npz",
        "inkdigits/serving/page/index.html",
        "inkdigits/serving/page/main.js",
        "inkdigits/serving/docs_page/docs.js",
    } <= names
    for notice in ("LICENSE", "NOTICE"):
        assert any(name.endswith(f"licenses/{notice}") for name in names)
    strays = [name for name in names if not name.startswith(("inkdigits/", "inkdigits-"))]
    assert not strays and not any("__pycache__" in name or "/tests/" in name for name in names)
    assert about["Version"] == inkdigits.__version__ and about["License-Expression"] == "MIT"
    needed = [need for need in about.get_all("Requires-Dist") or [] if "extra ==" not in need]
    assert not {re.split(r"[^\w-]", need)[0] for need in needed} & EXTRAS


def test_it_reads_a_picture_without_torch(alone: Path, tmp_path: Path) -> None:
    digits = load("train")
    seven = 255 - np.kron(digits.images[int(np.flatnonzero(digits.labels == 7)[1])], np.ones((5, 5), np.uint8))
    Image.fromarray(seven).save(tmp_path / "seven.png")
    assert quietly(alone / "inkdigits", "read", "--single", "seven.png", cwd=tmp_path) == "7\n"
    assert json.loads(quietly(alone / "inkdigits", "read", "--json", "seven.png", cwd=tmp_path))["text"] == "7"
    program = "import inkdigits, sys; print(inkdigits.read_digit('seven.png').digit, inkdigits.__file__)"
    said = quietly(alone / "python", "-c", program, cwd=tmp_path).split()
    assert said[0] == "7" and Path(said[1]).is_relative_to(alone.parent)
    installed = {each["name"].lower() for each in json.loads(pip(alone, "list", "--format=json"))}
    assert "inkdigits" in installed and not installed & EXTRAS


def test_what_needs_torch_says_so(alone: Path) -> None:
    done = subprocess.run([alone / "inkdigits", "train", "mlp"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("inkdigits: 'train' needs ") and 'pip install "inkdigits[train]"' in done.stderr
    said = quietly(alone / "inkdigits", "--help")
    assert "Read handwritten digits" in said and "Needs the extra" in said
