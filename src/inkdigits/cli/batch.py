"""Many pictures: each is read and written out, several at a time if wanted, and the results come in input order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

from inkdigits.cli.inputs import Input, open_source
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.imaging.picture import Picture, Source, attempt_pages
from inkdigits.types import Failure, Reading

PageFormatter = Callable[[Reading | Failure, Picture | None], str]  # what a file of results gets of a page
MAX_MISFITS = 5  # numbers that are named in a sentence
View = Callable[[Picture, Reading], None]  # what else is made of a page: a drawing, say


class ReadPages(Protocol):
    """How pictures are read: `Reader.attempt` with all options given but the picture and its name."""

    def __call__(self, picture: Source, *, name: str) -> Iterator[Reading | Failure]: ...


@dataclass(frozen=True, slots=True)
class PageResult:
    """One page done: its text for each file of results, whether something on it is unsure or nothing was found, why
    nothing was accepted, what went wrong, and which numbers miss the format that was asked for."""

    texts: tuple[str, ...]
    unsure: bool = False
    empty: bool = False
    hint: str | None = None
    trouble: str | None = None
    misfit: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with each picture. May be called in several threads.

    `needs_pixels` says that views or results need the pages' pixels too; pages are then decoded a second time, one by
    one. `tells_misfits` says that numbers that miss the format asked for are to be told of, since results do not.
    """

    attempt: ReadPages
    limits: Limits
    formatters: tuple[PageFormatter, ...]
    views: tuple[View, ...] = ()
    needs_pixels: bool = False
    tells_misfits: bool = False

    def __call__(self, picture: Input) -> Iterator[PageResult]:
        """The pages of one picture, each when it is read."""
        if isinstance(picture, Failure):
            yield self._page(picture, None)
            return
        source = open_source(picture, self.limits)
        images = (
            attempt_pages(source, self.limits, picture, lambda page, _: page) if self.needs_pixels else repeat(None)
        )
        for outcome in self.attempt(source, name=picture):
            image = next(images)
            yield self._page(outcome, None if isinstance(image, Failure) else image)

    def _page(self, outcome: Reading | Failure, image: Picture | None) -> PageResult:
        texts = tuple(format_page(outcome, image) for format_page in self.formatters)
        if isinstance(outcome, Failure):
            return PageResult(texts, trouble=outcome.message)
        if image is not None:
            for view in self.views:
                view(image, outcome)
        unsure = not all(digit.accepted for digit in outcome.digits)
        misfit = describe_misfits(outcome) if self.tells_misfits else None
        return PageResult(texts, unsure, not outcome.digits, outcome.hint, misfit=misfit)


def describe_misfits(reading: Reading) -> str | None:
    """A sentence on the numbers that miss the format asked for, if there are any."""
    texts = [number.text for number in reading.numbers if number.fits is False and not number.rejected]
    if not texts:
        return None
    count = "1 number does" if len(texts) == 1 else f"{len(texts)} numbers do"
    page = f", page {reading.page}" if reading.page > 1 else ""
    more = " …" if len(texts) > MAX_MISFITS else "."
    return f"{reading.file}{page}: {count} not fit: {', '.join(texts[:MAX_MISFITS])}{more}"


def process_in_order(
    work: Callable[[Input], Iterator[PageResult]], pictures: list[Input], jobs: int
) -> Iterator[Iterable[PageResult]]:
    """For every picture, in order, its pages. One job gives each page when it is read; several give whole pictures.

    Never more than twice as many pictures as jobs are read ahead, so that results do not pile up in memory.
    """
    if jobs == 1:
        yield from map(work, pictures)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    pool, ahead = ThreadPoolExecutor(jobs), deque[Future[list[PageResult]]]()
    try:
        for picture in pictures:
            ahead.append(pool.submit(lambda each: list(work(each)), picture))
            if len(ahead) >= 2 * jobs:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:  # after Ctrl-C too: what has begun ends, what has not never begins
        pool.shutdown(wait=True, cancel_futures=True)
