"""The README and every page under docs/ say what works: all their ```sh, ```python and ```js blocks are run.

The blocks of a page run in order in one empty folder, `sh` by bash, which stops at the first command that fails,
`python` and `js` (by node) as programs of their own. Remarks, on a line of their own before a block, say more:

    <!-- not run: reason -->     the next block is only looked at: it may clone, install and make, nothing else
    <!-- setup: examples -->     before the next block, put page.png and digits/zero.png … nine.png into the folder
    <!-- server: examples -->    the same, and the next block is one `inkdigits serve`: it runs until the page ends, on
                                 a free port, which stands in for the usual http://127.0.0.1:8000 in later blocks

So that this takes seconds, every `inkdigits train RECIPE` is given `--steps 20` in place of its own steps, and
`--samples 2000` unless it says how many: what was learnt from is scored too. Where the block names no data, the
commands take MNIST's first digits only, as INKDIGITS_DATA: they score fewer. `inkdigits demo` and `inkdigits finetune`
are given `--steps 5`, and `finetune` judges by fewer of MNIST's digits (warm.py). A recipe that Python takes as it is
gets 300 steps. Nothing else is changed.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis.pages import draw_page as drawn_page
from tests.data.sets.test_sources import write_set
from tests.programs import need
from tests.warm import warm

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?P<before>(?:^<!--[^\n]*-->\n+)*)^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
REMARK = re.compile(r"^<!-- (not run|setup|server): (.+?) -->$", re.MULTILINE)
NOT_RUN = re.compile(r"((git clone|cd|make|pip install|python3? -m (venv|pip)|source|\.)( .*)?|#.*|)")  # whole lines
TRAINING = re.compile(r"(?P<recipe>\binkdigits train [a-z][\w-]*)(?P<options>(?:\\\n|[^\n|&;#])*)")
USUAL = "http://127.0.0.1:8000"  # where `inkdigits serve` listens
PROGRAMS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": ["python", "-c"],
    "js": ["node", "--input-type=module", "--eval"],
}
ENV = {name: value for name, value in os.environ.items() if name != "INKDIGITS_DATA"} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
}
Run = Callable[..., str]
TRAIN_COUNT, TEST_COUNT = 12_000, 1_000  # the lecture takes ten thousand
DEMO = re.compile(r"(\binkdigits (demo|finetune)\b)")
WHOLE_RECIPE = re.compile(r'(\bget_recipe\("[a-z-]+"\))(?!\.)')
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Block:
    """One fenced block: what it is written in, its code, and what the remarks before it say."""

    language: str
    code: str
    not_run: str
    setup: str
    server: str


def blocks(text: str) -> Iterator[Block]:
    """The `sh` and `python` blocks of a page, in order."""
    for match in BLOCK.finditer(text):
        remarks = dict(REMARK.findall(match["before"]))
        if match["language"] in ("sh", "bash", "shell", "console", "python", "py", "js", "javascript"):
            yield Block(match["language"], match["code"], *(remarks.get(n, "") for n in ("not run", "setup", "server")))


def reduced(code: str) -> str:
    """The same commands, with trainings of a few steps."""
    return WHOLE_RECIPE.sub(r"\1.with_knobs(steps=300)", DEMO.sub(r"\1 --steps 5", TRAINING.sub(shorter, code)))


def shorter(command: re.Match[str]) -> str:
    """One `inkdigits train RECIPE …`, of twenty steps and 2,000 digits."""
    samples = "" if "--samples" in command["options"] else " --samples 2000"
    return f"{command['recipe']} --steps 20{samples}" + re.sub(r"\s--steps \d+", "", command["options"])


def put_examples(folder: Path) -> None:
    """A page and ten single digits, of MNIST's training set, on paper of our own drawing."""
    digits = load("train")
    (folder / "digits").mkdir(exist_ok=True)
    Image.fromarray(drawn_page(digits.slice(0, 5000), ("1984 2026", "31415926"), seed=3).image).save(
        folder / "page.png"
    )
    for label, name in enumerate(DIGITS):
        glyph = 255 - digits.images[int(np.flatnonzero(digits.labels == label)[0])]
        Image.fromarray(np.kron(glyph, np.ones((6, 6), np.uint8))).save(folder / "digits" / f"{name}.png")


def put_data(folder: Path) -> None:
    """MNIST's first digits, as IDX files."""
    folder.mkdir()
    for part, word, count in (("train", "train", TRAIN_COUNT), ("test", "t10k", TEST_COUNT)):
        names = (f"{word}-images-idx3-ubyte", f"{word}-labels-idx1-ubyte")
        write_set(folder, names, load(part).slice(0, count), zipped=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a block; `inkdigits` and `python` are split off from a process in which PyTorch is loaded already."""
    folder = tmp_path_factory.mktemp("warm")
    put_data(folder / "digits")
    with warm(folder) as programs:
        own = {"PATH": f"{programs}{os.pathsep}{ENV['PATH']}", "INKDIGITS_DATA": str(folder / "digits")}
        yield partial(run_block, env=ENV | own)


def run_block(block: Block, folder: Path, address: str = USUAL, *, env: Mapping[str, str]) -> str:
    """Run the block in the folder; what it printed on stdout. Fails with what it said on stderr."""
    if block.setup:
        assert block.setup == "examples", f"there is no setup '{block.setup}'"
        put_examples(folder)
    code = reduced(block.code)
    command = [*PROGRAMS[block.language], code.replace(USUAL, address)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{code}\n{done.stderr}"
    return done.stdout


def need_all(text: str) -> None:
    """Skip a page whose blocks use a program that is not installed."""
    used = [block for block in blocks(text) if not block.not_run]
    if any(block.language == "js" for block in used):
        need("node")
    if any(block.language == "sh" and re.search(r"\bcurl\b", block.code) for block in used):
        need("curl")


@contextmanager
def server(block: Block, folder: Path) -> Iterator[str]:
    """The service that the block starts, which must be all that it does; its address."""
    assert re.fullmatch(r"inkdigits serve[^\n|&;]*\n", block.code), f"a service is one command, not {block.code}"
    put_examples(folder)
    words = [*block.code.split(), "--port", "0"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(words, cwd=folder, env=ENV, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.stdout.close()
        assert process.wait(180) == 0, (folder / "log").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_everything_on_the_page_works(page: Path, run: Run, tmp_path: Path) -> None:
    address = USUAL
    need_all(page.read_text(encoding="utf-8"))
    with ExitStack() as until_the_end:
        for block in blocks(page.read_text(encoding="utf-8")):
            assert block.language in PROGRAMS, f"write ```sh, ```python or ```js, not ```{block.language}"
            if block.not_run:
                strange = [line for line in block.code.splitlines() if not NOT_RUN.fullmatch(line)]
                assert not strange, f"only cloning, installing and make may be left out, not {strange}"
            elif block.server:
                address = until_the_end.enter_context(server(block, tmp_path))
            else:
                run(block, tmp_path, address)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


PAGE = """
# A page

```sh
echo one > file
```

Some words, and output that nobody runs:

```text
not a command
```

<!-- not run: it installs -->
```sh
git clone https://example.org/a.git && cd a
make demo
```

<!-- setup: examples -->

```python
from pathlib import Path
print(Path("file").read_text(), Path("page.png").exists(), len(list(Path("digits").iterdir())))
```
"""


def test_blocks_are_found_with_their_remarks() -> None:
    found = list(blocks(PAGE))
    assert [block.language for block in found] == ["sh", "sh", "python"]
    assert [block.not_run for block in found] == ["", "it installs", ""]
    assert [block.setup for block in found] == ["", "", "examples"]
    assert found[0].code == "echo one > file\n"


def test_blocks_of_a_page_share_a_folder(run: Run, tmp_path: Path) -> None:
    first, _, last = blocks(PAGE)
    assert run(first, tmp_path) == ""
    assert run(last, tmp_path).split() == ["one", "True", "10"]


def test_a_block_that_fails_fails_the_test(run: Run, tmp_path: Path) -> None:
    for wrong in (Block("sh", "false\necho on\n", "", "", ""), Block("sh", "false | cat\n", "", "", "")):
        with pytest.raises(AssertionError):
            run(wrong, tmp_path)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run(Block("python", "1 / 0\n", "", "", ""), tmp_path)


@pytest.mark.parametrize(
    ("code", "instead"),
    [
        ("inkdigits train mlp", "inkdigits train mlp --steps 20 --samples 2000"),
        ("inkdigits train mlp --steps 300 --lr 1", "inkdigits train mlp --steps 20 --samples 2000 --lr 1"),
        ("inkdigits train mlp --lr 1 2>&1 | tail", "inkdigits train mlp --steps 20 --samples 2000 --lr 1 2>&1 | tail"),
        ("inkdigits train mlp --samples 60 --lr 1", "inkdigits train mlp --steps 20 --samples 60 --lr 1"),
        ("inkdigits train", "inkdigits train"),
        ("inkdigits train --resume runs/mlp", "inkdigits train --resume runs/mlp"),
        ("inkdigits train a && inkdigits show a", "inkdigits train a --steps 20 --samples 2000 && inkdigits show a"),
        (
            "inkdigits train a\ninkdigits train b",
            "inkdigits train a --steps 20 --samples 2000\ninkdigits train b --steps 20 --samples 2000",
        ),
        (
            "inkdigits train a \\\n --steps 9 \\\n --lr 1",
            "inkdigits train a --steps 20 --samples 2000 \\\n \\\n --lr 1",
        ),
        ("inkdigits demo", "inkdigits demo --steps 5"),
        ("inkdigits finetune a || b", "inkdigits finetune --steps 5 a || b"),
        ("inkdigits read demo/page-1.png", "inkdigits read demo/page-1.png"),
        ('start(get_recipe("softmax"), here)', 'start(get_recipe("softmax").with_knobs(steps=300), here)'),
        ('get_recipe("softmax").with_knobs(steps=9)', 'get_recipe("softmax").with_knobs(steps=9)'),
    ],
)
def test_trainings_are_reduced_and_nothing_else(code: str, instead: str) -> None:
    assert reduced(code) == instead


@pytest.mark.parametrize(
    "line", ["make demo", "git clone https://example.org/a.git", "pip install '.[train]'", "# words", ""]
)
def test_what_may_be_left_out(line: str) -> None:
    assert NOT_RUN.fullmatch(line)


@pytest.mark.parametrize("line", ["inkdigits train cnn", "rm -rf /", "python -m bench.recipes", "makeshift"])
def test_what_may_not_be_left_out(line: str) -> None:
    assert not NOT_RUN.fullmatch(line)
