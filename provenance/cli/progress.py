"""How far long work has come: a bar with rate and time left on a terminal, a line every half minute elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from provenance.cli.speak import say
from provenance.printable import printable
from provenance.run.bar import Bar, Pace
from provenance.run.progress import Progress, Silent

EVERY: Final = 30.0
"""Seconds between two lines where nobody watches a bar."""


class Lines:
    """Says every half minute how far a task has come; with `every_step` also when each begins and ends."""

    def __init__(self, *, every_step: bool = False) -> None:
        self._every_step = every_step
        self._pace: Pace | None = None
        self._said = 0.0

    def begin(self, task: str, total: int | None) -> None:
        """A new task; its first line comes when it takes long."""
        self.end()
        self._said = time.monotonic()
        self._pace = Pace(printable(task), total, self._said)
        if self._every_step:
            say(self._pace.task)

    def advance(self, count: int = 1) -> None:
        """Say how far it is, if the last line is old enough."""
        if self._pace is None:
            return
        self._pace.done += count
        now = time.monotonic()
        if now - self._said >= EVERY:
            self._said = now
            say(self._pace.line(now))

    def end(self) -> None:
        """The task is over."""
        if self._pace is not None and self._every_step:
            now = time.monotonic()
            say(f"{self._pace.task}: {self._pace.done:,} done in {now - self._pace.began:.1f} s")
        self._pace = None


def watched(*, quiet: bool, verbose: bool = False) -> AbstractContextManager[Progress]:
    """A bar where standard error is a terminal, otherwise lines now and then; nothing where quiet is asked for."""
    if quiet:
        return nullcontext(Silent())
    if verbose or sys.stderr is None or not sys.stderr.isatty():
        return nullcontext(Lines(every_step=verbose))
    return Bar()
