"""What the page that reads in a tab loads on demand: libraries from npm, the reader's own Python, its network."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import inkdigits
from inkdigits.files import write_atomically
from website.lessons import hash_files

FOLDER = Path(__file__).parent / "tab"
PACKAGES = {"onnxruntime-web": "1.30.0", "@techstark/opencv-js": "5.0.0-release.1", "brython": "3.14.3"}
_LIBRARY_FILES = {
    "ort.mjs": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "ort.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    "opencv.js": "@techstark/opencv-js/dist/opencv.js",
    "brython.js": "brython/brython.min.js",
}
_OPENCV_WASM = re.compile(r"binaryDecode\('((?:[^'\\]|\\.)*)'\)", re.DOTALL)  # the program, in a string of its script
_OPENCV_OPTIONS = "var Module = {};"
_SHARED_MODULES = (
    "marks", "errors", "types", "glyph", "reading.normalise", "reading.single", "reading.imaging.ink",
    "reading.imaging.parts", "reading.imaging.pixels", "reading.decoding.digits", "reading.networks.activations",
    "reading.networks.classifier",
)  # fmt: skip
_STANDARD_NAMES = (
    "__future__", "collections.abc", "dataclasses", "functools", "inkdigits.values", "io", "math", "numpy.typing", "os",
    "typing",
)  # fmt: skip


def fetch_packages(folder: Path) -> Path:
    """Fetch what npm has into `folder`, unless it is there; the folder of packages. Needs npm, and a network once."""
    packages = folder / "node_modules"
    if not all((packages / name / "package.json").exists() for name in PACKAGES):
        names = [f"{name}@{version}" for name, version in PACKAGES.items()]
        command = ["npm", "install", "--silent", "--no-save", "--ignore-scripts", "--prefix", str(folder), *names]
        subprocess.run(command, check=True)
    return packages


def write_tab(packages: Path, folder: Path) -> None:
    """Write all that the worker loads, packed, and the worker itself, into `folder`."""
    contents = {name: (packages / path).read_bytes() for name, path in _LIBRARY_FILES.items()}
    contents["opencv.js"], contents["opencv.wasm"] = _split_opencv(contents["opencv.js"].decode())
    contents["kernels.js"] = (FOLDER / "kernels.js").read_bytes()
    contents["reader.onnx"] = (_package_path("reading.weights") / "reader.onnx").read_bytes()
    contents["python.json"] = json.dumps(_collect_python(packages / _LIBRARY_FILES["brython.js"])).encode()
    for name, content in contents.items():
        write_atomically(folder / f"{name}.gz", gzip.compress(content, mtime=0))
    version = hash_files([folder / f"{name}.gz" for name in contents])
    script = (FOLDER / "worker.js").read_text(encoding="utf-8")
    write_atomically(folder / "worker.js", f"const VERSION = {json.dumps(version)};\n{script}")


def _split_opencv(script: str) -> tuple[bytes, bytes]:
    """OpenCV's script without the program in it, and the program, which browsers compile while it arrives."""
    literal = _OPENCV_WASM.search(script)
    assert literal is not None and script.count(_OPENCV_OPTIONS) == 1, "OpenCV's script is not as it was"
    escapes = {"n": "\n", "r": "\r"}
    characters = re.sub(r"\\(.)", lambda escape: escapes.get(escape[1], escape[1]), literal[1], flags=re.DOTALL)
    program = characters.replace("\u0100", "\0").encode("latin-1")
    script = script[: literal.start()] + "undefined" + script[literal.end() :]
    return script.replace(_OPENCV_OPTIONS, "var Module = globalThis.opencvOptions;").encode(), program


def _package_path(module: str) -> Path:
    return Path(inkdigits.__file__).parent.joinpath(*module.split("."))


def _collect_python(brython: Path) -> dict[str, object]:
    """The modules as Brython keeps them, and the network's card."""
    card = json.loads((_package_path("reading.weights") / "reader.json").read_bytes())
    own = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "python").glob("*.*")}
    shared = {name: _package_path(name).with_suffix(".py") for name in _SHARED_MODULES}
    sources = {f"inkdigits.{name}": path.read_text(encoding="utf-8") for name, path in shared.items()}
    sources |= {name: own[f"{name}.py"] for name in ("read", "standard")}
    sources |= {"inkdigits.reading.networks.session": own["session.py"]}
    sources |= dict.fromkeys(_STANDARD_NAMES, "from standard import *\n")
    packages = {name.rpartition(".")[0] for name in sources} - {""}
    packages |= {name.rpartition(".")[0] for name in packages} - {""}
    scripts = dict.fromkeys(packages, "") | _compile(sources, brython)
    scripts |= {name: own[f"{name}.js"] for name in ("cv2", "numpy")}
    files = {name: [".js", script, [], int(name in packages)] for name, script in sorted(scripts.items())}
    return {"card": {key: card[key] for key in ("name", "version", "temperature", "accept", "sha256")}, "files": files}


def _compile(sources: dict[str, str], brython: Path) -> dict[str, str]:
    """Python's modules, by name, in JavaScript."""
    command = ["node", str(FOLDER / "compile.js"), str(brython.resolve())]
    compiled = subprocess.run(command, input=json.dumps(sources).encode(), stdout=subprocess.PIPE, check=True).stdout
    scripts: dict[str, str] = json.loads(compiled)
    return scripts


if __name__ == "__main__":
    write_tab(fetch_packages(Path(sys.argv[1])), Path(sys.argv[2]))
