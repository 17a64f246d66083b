"""Digits drawn stroke by stroke in the forms that people are taught, many of which MNIST does not have.

MNIST's writers are of one country. Elsewhere a 1 has a long upstroke, a 7 a bar, a 9 a tail like a g's, a 5 is one
stroke like an S. Every form has its proportions drawn anew, so that no two digits are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from numpy.random import Generator

from inkdigits.data.synthesis.pen_paths import Points, join_paths, make_arc, make_curve, make_line


def sample_digit(label: int, rng: Generator) -> list[Points]:
    """The strokes of one digit, in one of its forms: each float64 N×2, x to the right, y upwards, about 1 high."""
    forms = _FORMS[label]
    return forms[rng.integers(len(forms))](rng)


def _zero_oval(rng: Generator) -> list[Points]:
    """At times not closed, as zeros that are written fast one after the other."""
    start, turn = rng.uniform(30, 150), rng.choice([-1, 1])
    return [make_arc((0, 0.5), (rng.uniform(0.2, 0.48), 0.5), start, start + turn * rng.uniform(305, 400))]


def _zero_with_tail(rng: Generator) -> list[Points]:
    """Closed by a stroke that goes on to the right, as where the next digit is joined."""
    radius, start = rng.uniform(0.2, 0.38), rng.uniform(60, 110)
    end = (radius * rng.uniform(0.6, 1.4), rng.uniform(0.85, 1.05))
    oval = make_arc((0, 0.48), (radius, 0.48), start, start + rng.uniform(350, 380))
    return [join_paths(oval, make_line(end))]


def _zero_slashed(rng: Generator) -> list[Points]:
    radius, reach = rng.uniform(0.25, 0.38), rng.uniform(0.6, 1.25)
    return [
        make_arc((0, 0.5), (radius, 0.5), 90, 90 + 360),
        make_line((-radius * reach, 0.5 - 0.45 * reach), (radius * reach, 0.5 + 0.45 * reach)),
    ]


def _one_bare(rng: Generator) -> list[Points]:
    return [make_curve((rng.normal(0, 0.05), 1), (rng.normal(0, 0.04), 0.5), (0, 0))]


def _one_with_upstroke(rng: Generator) -> list[Points]:
    reach, drop = rng.uniform(0.1, 0.5), rng.uniform(0.15, 0.85)
    upstroke = make_line((-reach, 1 - drop), (-reach / 2, 1 - drop / 2 + rng.normal(0, 0.04)), (0, 1))
    return [join_paths(upstroke, make_line((rng.normal(0, 0.05), 0.5), (rng.normal(0, 0.04), 0)))]


def _one_with_base(rng: Generator) -> list[Points]:
    half, reach = rng.uniform(0.12, 0.3), rng.uniform(0, 0.3)
    stem = make_line((-reach, 1 - reach * rng.uniform(0.5, 1.2)), (0, 1), (0, 0))
    return [stem, make_line((-half, rng.normal(0, 0.03)), (half * rng.uniform(0.7, 1.3), rng.normal(0, 0.03)))]


def _two_round(rng: Generator) -> list[Points]:
    radius, top = rng.uniform(0.2, 0.34), rng.uniform(0.66, 0.78)
    head = make_arc((0, top), (radius, 1 - top), rng.uniform(150, 200), rng.uniform(-50, -20))
    foot = (-radius * rng.uniform(0.8, 1.2), rng.uniform(0, 0.05))
    base = (radius * rng.uniform(0.8, 1.5), rng.normal(0.02, 0.05))
    return [join_paths(head, make_line(foot, base))]


def _two_looped(rng: Generator) -> list[Points]:
    """With a small loop at the lower left, and a wavy base."""
    radius, top, loop = rng.uniform(0.2, 0.32), rng.uniform(0.66, 0.78), rng.uniform(0.06, 0.14)
    head = make_arc((0, top), (radius, 1 - top), rng.uniform(140, 190), rng.uniform(-45, -20))
    turn = make_arc((-radius * rng.uniform(0.5, 0.9), loop), (loop * 1.2, loop), -90, -360 - rng.uniform(20, 70))
    tail = make_curve(tuple(turn[-1]), (0.05, 0.06), (radius, -0.04), (radius * 1.5, rng.uniform(0.0, 0.15)))
    return [join_paths(head, turn, tail)]


def _two_like_z(rng: Generator) -> list[Points]:
    half = rng.uniform(0.2, 0.34)
    top = make_curve((-half, rng.uniform(0.75, 0.95)), (0, rng.uniform(1.0, 1.1)), (half, rng.uniform(0.8, 0.95)))
    return [join_paths(top, make_line((-half, 0), (half * rng.uniform(0.9, 1.4), rng.normal(0, 0.05))))]


def _three_round(rng: Generator) -> list[Points]:
    waist, width = rng.uniform(0.45, 0.6), rng.uniform(0.22, 0.34)
    upper = make_arc((0, (1 + waist) / 2), (width * rng.uniform(0.75, 1.0), (1 - waist) / 2), 155, -80)
    lower = make_arc((0, waist / 2), (width, waist / 2), 80, -rng.uniform(130, 165))
    return [join_paths(upper, make_line((-width * rng.uniform(0, 0.4), waist)), lower)]


def _three_flat(rng: Generator) -> list[Points]:
    waist, half = rng.uniform(0.5, 0.65), rng.uniform(0.2, 0.3)
    top = make_line((-half, 1), (half, 1 + rng.normal(0, 0.03)), (-half * rng.uniform(0, 0.6), waist))
    return [join_paths(top, make_arc((0, waist / 2), (half * 1.1, waist / 2), 80, -rng.uniform(120, 165)))]


def _three_looped(rng: Generator) -> list[Points]:
    waist, width, loop = rng.uniform(0.45, 0.58), rng.uniform(0.22, 0.32), rng.uniform(0.04, 0.1)
    upper = make_arc((0, (1 + waist) / 2), (width, (1 - waist) / 2), 150, -70)
    turn = make_arc((-loop, waist), (loop, loop * 0.8), 320, 60)
    return [join_paths(upper, turn, make_arc((0, waist / 2), (width, waist / 2), 70, -rng.uniform(130, 165)))]


def _four_open(rng: Generator) -> list[Points]:
    half, bar = rng.uniform(0.2, 0.34), rng.uniform(0.3, 0.5)
    stem = half * rng.uniform(0.1, 0.8)
    hook = make_line((-half, rng.uniform(0.85, 1.05)), (-half * rng.uniform(0.9, 1.2), bar), (half * 1.3, bar + 0.03))
    return [hook, make_line((stem, rng.uniform(0.65, 1.0)), (stem + rng.normal(0, 0.04), rng.uniform(-0.1, 0)))]


def _four_closed(rng: Generator) -> list[Points]:
    half, bar, stem = rng.uniform(0.25, 0.38), rng.uniform(0.25, 0.4), rng.uniform(0.02, 0.15)
    return [
        make_line((stem, 1), (-half, bar), (half * rng.uniform(0.9, 1.2), bar + rng.normal(0, 0.03))),
        make_line((stem, rng.uniform(0.9, 1.02)), (stem + rng.normal(0, 0.04), 0)),
    ]


def _four_round(rng: Generator) -> list[Points]:
    """Like a u with a long stem, in one stroke or in two."""
    half, low = rng.uniform(0.18, 0.3), rng.uniform(0.35, 0.5)
    bowl = make_curve((-half, rng.uniform(0.85, 1.0)), (-half, low), (0, low - 0.05), (half, low + 0.15), (half, 0.9))
    return [join_paths(bowl, make_line((half * rng.uniform(0.8, 1.1), -rng.uniform(0, 0.12))))]


def _four_crossed(rng: Generator) -> list[Points]:
    """A slanted stroke, a bar, and a short stem through the bar only."""
    half, bar = rng.uniform(0.25, 0.35), rng.uniform(0.28, 0.42)
    stem = rng.uniform(0.05, 0.2)
    return [
        make_line((rng.uniform(-0.1, 0.15), 1), (-half, bar), (half * 1.2, bar)),
        make_line((stem, bar + rng.uniform(0.15, 0.35)), (stem - rng.uniform(0, 0.1), rng.uniform(-0.15, 0.05))),
    ]


def _four_like_h(rng: Generator) -> list[Points]:
    """One stroke: down, back up a little, and over to a leg on the right."""
    half, bar = rng.uniform(0.14, 0.26), rng.uniform(0.25, 0.45)
    foot = (-half * rng.uniform(0.9, 1.3), bar)
    arch = make_curve(foot, (0, bar + rng.uniform(0.1, 0.3)), (half, bar + 0.15), (half * 1.1, -rng.uniform(0, 0.15)))
    return [join_paths(make_line((-half * rng.uniform(0.4, 1.0), 1), foot), arch)]


def _five_with_bar(rng: Generator) -> list[Points]:
    """Neck and bowl, then the bar: attached, apart, or high above."""
    half, neck, bowl = rng.uniform(0.16, 0.28), rng.uniform(0.5, 0.65), rng.uniform(0.24, 0.36)
    body = join_paths(
        make_line((-half, rng.uniform(0.9, 1)), (-half * rng.uniform(0.9, 1.2), neck)),
        make_arc((0, neck / 2 + 0.03), (bowl, neck / 2 + 0.03), 115, -rng.uniform(120, 170)),
    )
    start, lift = -half + rng.uniform(-0.03, 0.12), rng.normal(0.03, 0.06)
    return [body, make_line((start, 1.0), (start + rng.uniform(0.25, 0.6), 1.0 + lift))]


def _five_in_one_stroke(rng: Generator) -> list[Points]:
    """From the right end of the bar to the bowl, like an S: corners sharp or round."""
    half, neck, bowl = rng.uniform(0.15, 0.28), rng.uniform(0.5, 0.62), rng.uniform(0.22, 0.34)
    top = [(half * rng.uniform(1, 1.7), rng.uniform(0.95, 1.08)), (-half, 1.0), (-half * rng.uniform(0.8, 1.2), neck)]
    bend = make_arc((0, neck / 2), (bowl, neck / 2), rng.uniform(85, 120), -rng.uniform(110, 170))
    return [join_paths(make_curve(*top) if rng.random() < 0.5 else make_line(*top), bend)]


def _five_like_s(rng: Generator) -> list[Points]:
    half = rng.uniform(0.18, 0.3)
    return [
        make_curve(
            (half * 1.2, rng.uniform(0.9, 1.02)), (0, 1.08), (-half * 1.3, 0.85), (-half, 0.58),
            (half, 0.5), (half * 1.6, 0.15), (0, -0.1), (-half * rng.uniform(1, 1.6), rng.uniform(0.0, 0.12)),
        )
    ]  # fmt: skip


def _five_hooked(rng: Generator) -> list[Points]:
    """A long stem that ends in a hook, like a J with a bar: written fast, the bowl all but gone."""
    bowl, neck = rng.uniform(0.0, 0.22), rng.uniform(0.45, 0.7)
    bar, left = rng.uniform(0.2, 0.6), rng.uniform(-0.1, 0.02)
    body = make_curve((0, 1), (left, neck), (bowl, neck - 0.05), (bowl * 1.2, 0.1), (0, -0.05), (-bowl * 1.5, 0.05))
    return [body, make_line((rng.uniform(-0.12, 0.05), 1), (bar, 1 + rng.normal(0.03, 0.05)))]


def _five_like_a_root(rng: Generator) -> list[Points]:
    """Down, a hook, and a long stroke up to the right, like a root sign: bowl and bar have become one stroke."""
    foot, reach = rng.uniform(-0.02, 0.15), rng.uniform(0.25, 0.6)
    start = (-rng.uniform(0.0, 0.15), rng.uniform(0.6, 0.95))
    hook = (foot - rng.uniform(0.05, 0.2), rng.uniform(-0.02, 0.08))
    return [
        join_paths(make_curve(start, (foot, 0.45), (foot + 0.03, -0.02), hook)),
        make_line(start, (reach, rng.uniform(0.9, 1.1))),
    ]


def _six_curved(rng: Generator) -> list[Points]:
    radius, loop = rng.uniform(0.2, 0.34), rng.uniform(0.22, 0.32)
    start = (radius * rng.uniform(0.2, 1.3), 1.0)
    stem = make_curve(start, (-radius * rng.uniform(0.4, 1), 0.85), (-radius * 1.1, 0.5), (-radius, loop))
    return [join_paths(stem, make_arc((0, loop), (radius, loop), 180, 180 + rng.uniform(300, 400)))]


def _six_like_b(rng: Generator) -> list[Points]:
    radius, loop, lean = rng.uniform(0.18, 0.3), rng.uniform(0.18, 0.28), rng.uniform(-0.15, 0.3)
    stem = make_line((-radius + lean, 1), (-radius, loop))
    return [join_paths(stem, make_arc((0, loop), (radius, loop), 180, 180 + rng.uniform(280, 380)))]


def _seven(rng: Generator, has_bar: bool) -> list[Points]:
    """A straight or wavy top, now and then with a stroke down at its left end, and a straight or bent stem."""
    half, foot = rng.uniform(0.2, 0.34), rng.uniform(-0.25, 0.1)
    lift = rng.normal(0.02, 0.05)
    top = [(-half, 1 - lift), (0, 1 + rng.normal(-0.02, 0.06)), (half, 1 + lift)]
    if rng.random() < 0.3:
        top.insert(0, (-half + rng.uniform(-0.05, 0.02), 1 - lift - rng.uniform(0.1, 0.3)))
    bend = rng.uniform(0, 0.15) if rng.random() < 0.5 else 0
    stem = make_curve((half, 1 + lift), ((half + foot) / 2 - bend, 0.5), (foot, 0))
    strokes = [join_paths(make_curve(*top) if rng.random() < 0.4 else make_line(*top), stem)]
    if has_bar:
        level, reach, lean = rng.uniform(0.4, 0.6), rng.uniform(0.12, 0.28), rng.normal(0.02, 0.05)
        middle = foot + (half - foot) * level - bend / 2 + rng.normal(0, 0.04)
        strokes.append(make_line((middle - reach, level - lean), (middle + reach, level + lean)))
    return strokes


def _seven_like_plus(rng: Generator) -> list[Points]:
    top, lean = rng.uniform(0.04, 0.16), rng.uniform(-0.05, 0.3)
    level, reach = rng.uniform(0.42, 0.65), rng.uniform(0.18, 0.38)
    stem = make_line((-top + lean, 1 - rng.uniform(0, 0.12)), (lean, 1), (rng.normal(0, 0.05), 0))
    middle = lean * level + rng.normal(0, 0.04)
    return [
        stem,
        make_line((middle - reach, level + rng.normal(0, 0.03)), (middle + reach, level + rng.normal(0.02, 0.03))),
    ]


def _eight_crossed(rng: Generator) -> list[Points]:
    """One stroke that crosses itself at the waist, from the upper right, open there or closed."""
    half, waist = rng.uniform(0.18, 0.3), rng.uniform(0.48, 0.6)
    upper, low = half * rng.uniform(0.75, 1.0), half * rng.uniform(0.95, 1.2)
    end = (upper * rng.uniform(0.5, 1.2), rng.uniform(0.85, 1.05))
    return [
        make_curve(
            (upper * rng.uniform(0.5, 1.1), rng.uniform(0.82, 0.95)), (0, 1.08), (-upper * 1.3, 0.9),
            (-upper, waist + 0.08), (low, waist - 0.12), (low * 1.3, 0.1), (0, -0.1), (-low * 1.3, 0.1),
            (-low, waist - 0.15), (upper, waist + 0.12), end,
        )
    ]  # fmt: skip


def _eight_of_circles(rng: Generator) -> list[Points]:
    waist, width = rng.uniform(0.48, 0.62), rng.uniform(0.2, 0.32)
    upper = make_arc((rng.normal(0, 0.03), (1 + waist) / 2), (width * rng.uniform(0.7, 1), (1 - waist) / 2), 270, 640)
    return [upper, make_arc((0, waist / 2), (width, waist / 2), 90, 460)]


def _nine_straight(rng: Generator) -> list[Points]:
    radius, loop, foot = rng.uniform(0.18, 0.3), rng.uniform(0.18, 0.28), rng.uniform(-0.2, 0.3)
    bowl = make_arc((0, 1 - loop), (radius, loop), rng.uniform(0, 60), rng.uniform(340, 380))
    return [join_paths(bowl, make_line((radius * rng.uniform(0.9, 1.1), 1), (foot, rng.uniform(-0.1, 0.05))))]


def _nine_tailed(rng: Generator) -> list[Points]:
    """With a tail that turns to the left, a little or as far as a g's."""
    radius, loop = rng.uniform(0.18, 0.3), rng.uniform(0.18, 0.26)
    bowl = make_arc((0, 1 - loop), (radius, loop), rng.uniform(0, 60), 360)
    low, reach = rng.uniform(-0.25, 0.02), rng.uniform(0.5, 1.4)
    tail = make_curve(
        (radius, 1 - loop), (radius * rng.uniform(0.9, 1.2), 0.3), (radius * 0.8, low), (0, low - 0.05),
        (-radius * reach, low + rng.uniform(0.02, 0.25)),
    )  # fmt: skip
    return [join_paths(bowl, tail)]


def _nine_like_rho(rng: Generator) -> list[Points]:
    """The stem goes down from the left of the loop, as a p's does."""
    radius, loop = rng.uniform(0.16, 0.28), rng.uniform(0.16, 0.26)
    start = rng.uniform(170, 250)
    bowl = make_arc((0, 1 - loop), (radius, loop), start, start - rng.uniform(330, 400))
    foot = (-radius * rng.uniform(0.6, 1.6), rng.uniform(-0.25, 0.0))
    return [join_paths(bowl, make_line((-radius * rng.uniform(0.2, 0.9), 1 - 2 * loop), foot))]


def _nine_open(rng: Generator) -> list[Points]:
    """The bowl is open at the top, as a y's or a u's."""
    radius, low = rng.uniform(0.16, 0.28), rng.uniform(0.4, 0.58)
    start = (radius * rng.uniform(-0.4, 0.9), rng.uniform(0.9, 1.05))
    bowl = make_curve(start, (-radius, 0.95), (-radius * 1.1, low + 0.1), (0, low - 0.05), (radius, low + 0.15))
    stem = make_line((radius * rng.uniform(0.9, 1.2), rng.uniform(0.75, 1.0)), (radius * rng.uniform(0.2, 1.2), 0))
    return [join_paths(bowl, stem)]


_FORMS: dict[int, tuple[Callable[[Generator], list[Points]], ...]] = {
    0: (_zero_oval, _zero_oval, _zero_with_tail, _zero_slashed),
    1: (_one_bare, _one_with_upstroke, _one_with_upstroke, _one_with_base),
    2: (_two_round, _two_looped, _two_like_z),
    3: (_three_round, _three_round, _three_flat, _three_looped),
    4: (_four_open, _four_closed, _four_round, _four_crossed, _four_like_h),
    5: (_five_with_bar, _five_in_one_stroke, _five_like_s, _five_hooked, _five_like_a_root),
    6: (_six_curved, _six_curved, _six_like_b),
    7: (partial(_seven, has_bar=False), partial(_seven, has_bar=True), partial(_seven, has_bar=True), _seven_like_plus),
    8: (_eight_crossed, _eight_crossed, _eight_of_circles),
    9: (_nine_straight, _nine_tailed, _nine_tailed, _nine_open, _nine_like_rho),
}
