"""Paper and what degrades a picture: always ink in 0..1, of the size asked for, equal for equal chances."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from inkdigits.data.synthesis import paper
from inkdigits.data.synthesis.strokes import Ink

SIZE, HEIGHT = (90, 140), 30.0
BOX = (50.0, 30.0, 40.0, 30.0)
KINDS: dict[str, Callable[[Generator], Ink]] = {
    "rules": lambda rng: paper.draw_rules(SIZE, HEIGHT, rng),
    "frame": lambda rng: paper.draw_frame(SIZE, BOX, HEIGHT, rng),
    "pattern": lambda rng: paper.draw_pattern(SIZE, HEIGHT, rng),
    "stains": lambda rng: paper.draw_stains(SIZE, rng),
    "grain": lambda rng: paper.draw_grain(SIZE, HEIGHT / 10, rng),
    "dark_edge": lambda rng: paper.draw_dark_edge(SIZE, rng),
    "degraded": lambda rng: paper.degrade(make_writing(), HEIGHT, rng),
}


def make_writing() -> Ink:
    ink = np.zeros(SIZE, np.float32)
    ink[30:60, 50:56] = 1
    return ink


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_ink_of_that_size_and_depends_on_the_chances_only(kind: str) -> None:
    made = [KINDS[kind](np.random.default_rng(seed)) for seed in range(60)]
    for seed, ink in enumerate(made):
        assert ink.shape == SIZE and ink.dtype == np.float32
        assert ink.min() >= 0 and ink.max() <= 1, seed
        assert np.array_equal(ink, KINDS[kind](np.random.default_rng(seed)))
    assert len({ink.tobytes() for ink in made}) > 30


@pytest.mark.parametrize("size", [(3, 3), (1, 40), (40, 1)])
def test_tiny_sheets_are_no_trouble(size: tuple[int, int]) -> None:
    for seed in range(20):
        for made in (paper.draw_rules, paper.draw_pattern):
            assert made(size, HEIGHT, np.random.default_rng(seed)).shape == size
        for stained in (paper.draw_stains, paper.draw_dark_edge):
            assert stained(size, np.random.default_rng(seed)).shape == size
        assert paper.degrade(np.ones(size, np.float32), HEIGHT, np.random.default_rng(seed)).shape == size


def test_rules_run_across() -> None:
    crossed = [(KINDS["rules"](np.random.default_rng(seed)) > 0.1).any(axis=0).mean() for seed in range(40)]
    assert np.mean(np.array(crossed) > 0.95) > 0.6, "all but dotted ones run through"


def test_a_frame_goes_around_and_leaves_the_inside_free() -> None:
    x, y, width, height = (int(side) for side in BOX)
    for seed in range(20):
        ink = KINDS["frame"](np.random.default_rng(seed))
        assert not ink[y + 3 : y + height - 3, x + 3 : x + width - 3].any()
        middle, across = ink[:, x + width // 2], ink[y + height // 2]
        assert middle[: y + 3].any() and middle[y + height - 3 :].any()
        assert across[: x + 3].any() and across[x + width - 3 :].any()


def test_a_dark_edge_reaches_in_from_one_side() -> None:
    for seed in range(20):
        ink = KINDS["dark_edge"](np.random.default_rng(seed))
        sides = [float(side.mean()) for side in (ink[0], ink[-1], ink[:, 0], ink[:, -1])]
        assert max(sides) > 0.1 and ink[40:50, 60:80].mean() < max(sides)


def test_a_rule_is_as_thick_as_asked() -> None:
    ink = np.zeros((40, 60), np.float32)
    paper.draw_rule(ink, (0, 20), (60, 20), 4)
    assert (ink > 0.5).sum(axis=0)[5:55].tolist() == [pytest.approx(4, abs=1)] * 50


def test_degraded_writing_is_still_there() -> None:
    made = [KINDS["degraded"](np.random.default_rng(seed)) for seed in range(60)]
    clearer = [ink[35:55, 51:55].mean() > ink[35:55, 80:120].mean() + 0.1 for ink in made]
    assert np.mean(clearer) > 0.9
