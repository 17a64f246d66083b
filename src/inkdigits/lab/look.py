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
    results = average_runs(runs)
    first = results[0]
    if len(results) > 1:
        contradicted_labels = contradicted.find_contradictions(
            first.digits, [each.logits for each in results], first.first
        )
        yield (
            "contradicted",
            contradicted.draw_contradictions(first.digits, contradicted_labels, len(results), first.first),
        )
        yield "contradicted", contradicted.text(contradicted_labels)
    learnt = load_split(runs[0].read_recipe(), runs[0].read_source()).train
    for number, page in enumerate(neighbours.pages(first, learnt, most), start=1):
        yield f"mistakes-{number:02}", page
