"""Watching long work. The library reports to whatever observer it is given, and needs none."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what is being done and how far it has come.

    >>> class Steps(list):
    ...     def begin(self, task, total):
    ...         self.append(task)
    ...
    ...     def advance(self, count=1): ...
    ...     def end(self): ...
    >>> steps = Steps()
    >>> _ = ledger.scan("demo/photos", manifest="demo/manifest.jsonl", records="demo/records.jsonl", progress=steps)
    >>> "reading images" in steps
    True
    """

    def begin(self, task: str, total: int | None) -> None:
        """A task starts; `total` is its number of images, None while it is unknown."""

    def advance(self, count: int = 1) -> None:
        """So many more images are done."""

    def end(self) -> None:
        """The task is over."""


class Silent:
    """The observer that is used when none is given."""

    def begin(self, task: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""
