"""How many bytes of images may be in memory at once: one budget that everybody who reads takes from.

A file of a gigabyte that is empty inside costs no room on disk and a gigabyte in memory, once for each worker. So
whoever reads takes the size from the budget first, and gives it back when the bytes are let go.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_SHARE: Final = 4
"""A scan takes a quarter of the memory unless it is told otherwise: the rest is for decoding and for others."""

_LEAST: Final = 64 << 20
"""64 MiB: with less, no photograph of a modern camera could be read."""

_CGROUP_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Budget:
    """A number of bytes shared by the threads of one process.

    What is larger than the whole budget is let through alone, when nothing else is held, so that nobody waits for
    ever; ask `fits` first and refuse it. Take in the order in which you will give back: a thread that waits here
    while another waits for what it holds would never go on. A process of its own needs a budget of its own.

    >>> budget = Budget(100)
    >>> with budget.hold(60):
    ...     budget.try_take(60), budget.try_take(40)
    (False, True)
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("a budget needs at least one byte")
        self.limit: Final = limit
        self._held = 0
        self._changed = threading.Condition()

    @property
    def held(self) -> int:
        """Bytes that are taken now."""
        return self._held

    def fits(self, size: int) -> bool:
        """Whether that many bytes could be taken at all without exceeding the budget."""
        return size <= self.limit

    def try_take(self, size: int) -> bool:
        """Take if there is room now."""
        with self._changed:
            if self._held and self._held + size > self.limit:
                return False
            self._held += size
            return True

    def take(self, size: int) -> None:
        """Take, and wait until there is room."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + size <= self.limit)
            self._held += size

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._held -= size
            self._changed.notify_all()

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Take for as long as the block lasts."""
        self.take(size)
        try:
            yield
        finally:
            self.give(size)


def default_limit() -> int:
    """A quarter of the memory that this process may use, in bytes: the machine's, its container's, its own limits.

    >>> default_limit() >= 64 << 20
    True
    """
    return max(usable_memory() // _SHARE, _LEAST)


def usable_memory() -> int:
    """Bytes of memory that this process may use: the smallest of the bounds that are set."""
    bounds = [_machine(), *_container(), *_limits()]
    return min(bound for bound in bounds if bound > 0)


def _machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 4 << 30


def _container() -> Iterator[int]:
    for path in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # "max" is no number: there is no bound
            yield int(path.read_text())


def _limits() -> Iterator[int]:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for name in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        soft, _ = resource.getrlimit(name)
        if soft != resource.RLIM_INFINITY:
            yield soft
