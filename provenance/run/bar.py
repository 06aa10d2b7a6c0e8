"""A bar that shows how far long work has come, with rate and time left, on a terminal or in a notebook."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from provenance.printable import printable

if TYPE_CHECKING:
    from rich.progress import TaskID


class Bar:
    """Shows each task of a run as a bar."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._pace = Pace("", None, 0.0)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, task: str, total: int | None) -> None:
        """Show a new bar in place of the last."""
        self.end()
        self._pace = Pace(printable(task), total, time.monotonic())
        self._task = self._bars.add_task(self._pace.task, total=total, rate="")

    def advance(self, count: int = 1) -> None:
        """Move the bar."""
        if self._task is not None:
            self._pace.done += count
            self._bars.update(self._task, advance=count, rate=self._pace.rate(time.monotonic()))

    def end(self) -> None:
        """Remove the bar."""
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None


class Pace:
    """How far one task has come, and how fast."""

    def __init__(self, task: str, total: int | None, began: float) -> None:
        self.task = task
        self.total = total
        self.began = began
        self.done = 0

    def rate(self, now: float) -> str:
        """Images a second until now; nothing while none is done."""
        passed = now - self.began
        return f"{self.done / passed:,.0f}/s" if self.done and passed > 0 else ""

    def line(self, now: float) -> str:
        """One line: how many of how many, the rate, and the time left.

        >>> pace = Pace("reading images", 300, 0.0)
        >>> pace.done = 100
        >>> pace.line(50.0)
        'reading images: 100 of 300, 2/s, 1:40 left'
        """
        told = [f"{self.done:,} of {self.total:,}" if self.total is not None else f"{self.done:,}"]
        told += [rate] if (rate := self.rate(now)) else []
        if self.total is not None and self.done:
            left = round((now - self.began) / self.done * (self.total - self.done))
            told.append(f"{left // 60}:{left % 60:02} left")
        return f"{self.task}: {', '.join(told)}"
