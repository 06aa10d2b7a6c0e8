"""How many bytes of images may be in memory at once.

A file of a gigabyte that is empty inside costs no room on disk and a gigabyte in memory, once for each worker. So
whoever lets images be read takes their size from a budget first, and gives it back when the bytes are let go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_SHARE: Final = 4
"""A scan takes a quarter of the memory unless it is told otherwise: the rest is for decoding and for others."""

_LEAST: Final = 64 << 20
"""64 MiB: with less, no photograph of a modern camera could be read."""

_CGROUP_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Budget:
    """A number of bytes, for one thread that takes them before work starts and gives them back when it is done.

    What is larger than the whole budget is let through alone, when nothing else is held, so that it never stops
    everything.

    >>> budget = Budget(100)
    >>> budget.try_take(60), budget.try_take(60), budget.try_take(40)
    (True, False, True)
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("a budget needs at least one byte")
        self._limit = limit
        self._held = 0

    def try_take(self, size: int) -> bool:
        """Take if there is room now, or nothing is held."""
        if self._held and self._held + size > self._limit:
            return False
        self._held += size
        return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        self._held -= size


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
