"""What all tests share: settings, and one tiny finished run of every network that learns quickly."""

import os
import signal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import settings

from inkdigits.data.sets import idx
from inkdigits.data.synthesis import nondigits
from inkdigits.data.synthesis.hand_digits import sample_digit
from inkdigits.data.synthesis.pen_digits import PenDigit
from inkdigits.data.synthesis.signs import load_fonts
from inkdigits.training import ensembles, material
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import EnsembleRun, Run
from inkdigits.training.session import start
from tests import programs
from tests import told as in_process

settings.register_profile("shared machine", deadline=None)  # a busy core is no fault of the code
settings.load_profile("shared machine")

pytest_sessionfinish = programs.pytest_sessionfinish  # the line that names missing programs
told = in_process.told

# Networks this small gain nothing from a second core, and lose much where it is not free. The commands that tests
# start as processes inherit the variable.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)

# A shell has its background jobs ignore Ctrl-C, and every process that they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Unpacking MNIST takes a quarter of a second, and tests and their trainings load it hundreds of times. Files are still
# read and checked each time, and nobody can write to what is kept.
idx._decompress = lru_cache(maxsize=4)(idx._decompress)

# Files that take ten seconds of processor time or more, with that of all that they start (Chromium too), the longest
# first. All others follow, so that no worker begins a long one when the other has nothing left to do. (By itself
# pytest-xdist begins with files of many tests, and the longest have few.)
LONG_FILES = (
    *("test_docs.py", "ray/test_bulk.py", "cli/test_runs.py", "website/test_site.py", "serving/test_page_picture.py"),
    *("training/test_export.py", "cli/test_batch.py", "serving/test_page_collect.py", "serving/test_page_looks.py"),
    *("serving/test_page_draw.py", "serving/test_workers.py", "reading/test_reader.py", "serving/test_page_uploads.py"),
    *("cli/test_train.py", "course/test_browser.py", "serving/test_page_correct.py", "bench/test_service.py"),
    *("cli/test_main.py", "serving/test_busy.py", "cli/test_ensembles.py", "test_warm.py", "serving/test_jobs.py"),
    *("reading/test_hostile.py", "forms/test_reading.py", "cli/test_finetune.py"),
    *("data/augmentation/test_style_transfer.py", "bench/test_finetune.py", "cli/test_read.py"),
    *("course/test_export.py", "training/test_session.py", "training/test_finetune.py", "test_wheel.py"),
    *("bench/test_frontier.py",),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    order = {Path(__file__).parent / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


KNOBS_BY_RECIPE = {
    "softmax": {"samples": 500, "steps": 20},
    "mlp": {"samples": 500, "steps": 20},
    "standard": {"samples": 300, "steps": 6, "batch": 32, "width": 4},
    "fast": {"samples": 300, "steps": 6, "batch": 32},
    "instant": {"samples": 300, "steps": 3, "batch": 100},
    "lecture-softmax": {"steps": 40},
}


@pytest.fixture
def restore_threads() -> Iterator[None]:
    """Give torch back the threads it had."""
    thread_count = torch.get_num_threads()
    yield
    torch.set_num_threads(thread_count)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """Recipe → its finished run of a few steps. To be looked at only: damage a copy."""
    folder = tmp_path_factory.mktemp("runs")
    for name, knobs in KNOBS_BY_RECIPE.items():
        start(get_recipe(name).with_knobs(**knobs), folder / name)
    return MappingProxyType({name: Run(folder / name) for name in KNOBS_BY_RECIPE})


@pytest.fixture(scope="session")
def mlps(tmp_path_factory: pytest.TempPathFactory) -> EnsembleRun:
    """A finished ensemble of two networks, with the seeds 4 and 5. To be looked at only: damage a copy."""
    folder = tmp_path_factory.mktemp("ensembles") / "two"
    ensembles.start(get_recipe("mlp").with_knobs(**KNOBS_BY_RECIPE["mlp"], batch=32, seed=4), 2, folder)
    return EnsembleRun(folder)


FONT_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu, which matplotlib brings
FONT_FAMILIES = ("DejaVuSans", "DejaVuSerif")
FAMILIES_WITH_LETTERS = ("DejaVuSans-", "DejaVuSerif-")  # without DejaVu's "Display" fonts, which have no letters


@pytest.fixture
def bundled_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have letters and words drawn in the only fonts that are on every machine the tests run on."""
    draw_font_glyphs, require_fonts = nondigits.draw_font_glyphs, nondigits.require_fonts
    for module in (nondigits, material):
        monkeypatch.setattr(
            module, "draw_font_glyphs", lambda n, c, _, rng: draw_font_glyphs(n, c, FONT_FAMILIES, rng, FONT_FOLDER)
        )
    monkeypatch.setattr(material, "require_fonts", lambda _: require_fonts(FONT_FAMILIES, FONT_FOLDER))
    hand_fonts = load_fonts([FONT_FOLDER / f"{family}.ttf" for family in FONT_FAMILIES])
    monkeypatch.setattr(material, "load_hand_fonts", lambda: hand_fonts)
    rng = np.random.default_rng(0)
    pen_digits = [PenDigit(label, writer, tuple(sample_digit(label, rng))) for writer in "ab" for label in range(10)]
    monkeypatch.setattr(material, "load_pen_digits", lambda: pen_digits)
