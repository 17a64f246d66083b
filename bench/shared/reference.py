"""The clock of a table of trainings: how long one and the same training takes on this machine just now.

Machines differ, and are shared. So every training is timed as a multiple of this one, before and after it on the same
cores; a multiple times the median of all references is what it would take where this takes as long as it mostly did.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from bench.peers.classifiers import train_lenet, train_peer


def time_reference() -> float:
    """Seconds of an epoch of LeNet-5, in float32 on as many cores as torch has: on one, about ten."""
    return train_peer(train_lenet, 0, epochs=1)[1]


def correct_seconds(seconds: float, reference_seconds: float, all_reference_seconds: Iterable[float]) -> float:
    """What took so many seconds beside so long a reference, beside the median of all references."""
    return seconds / reference_seconds * median(all_reference_seconds)
