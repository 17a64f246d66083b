"""What `inkdigits show RUN… --mistakes` saves: mistakes beside their neighbours; labels that all runs contradict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from inkdigits.lab import contradicted, neighbours
from inkdigits.lab.answers import average_runs
from inkdigits.training.runs import Run
from inkdigits.training.session import load_split

PAGES = 5


def collect_figures(runs: Sequence[Run], most: int = PAGES) -> Iterator[tuple[str, Figure | str]]:
    """What there is to see, by name: figures, and text. At most `most` pages of the first run's mistakes.

    Several runs have one recipe and different seeds; the labels that all contradict come first, as figure and text.
    Raises UsageError, RunError, DataError as `answers.of_several` and `neighbours.pages` do.
    """
    given = average_runs(runs)
    first = given[0]
    if len(given) > 1:
        found = contradicted.find_contradictions(first.digits, [each.said for each in given], first.first)
        yield "contradicted", contradicted.draw_contradictions(first.digits, found, len(given), first.first)
        yield "contradicted", contradicted.text(found)
    learnt = load_split(runs[0].read_recipe(), runs[0].read_source()).train
    for number, page in enumerate(neighbours.pages(first, learnt, most), start=1):
        yield f"mistakes-{number:02}", page
