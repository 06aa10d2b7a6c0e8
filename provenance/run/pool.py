"""Doing the same to many things side by side, in order, with a bounded number of them in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_AHEAD = 4
"""Jobs waiting for each worker: enough to keep it busy, few enough that their bytes fit in memory."""


def ordered(work: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int) -> Iterator[Result]:
    """The results of `work` in the order of `jobs`. Decoding releases the interpreter lock, so threads scale.

    >>> list(ordered(len, ["a", "bb"], workers=2))
    [1, 2]
    """
    if workers <= 1:
        yield from map(work, jobs)
        return
    remaining = iter(jobs)
    with ThreadPoolExecutor(workers, thread_name_prefix="provenance") as pool:
        waiting: deque[Future[Result]] = deque(pool.submit(work, job) for job in islice(remaining, workers * _AHEAD))
        try:
            while waiting:
                done = waiting.popleft().result()
                waiting.extend(pool.submit(work, job) for job in islice(remaining, 1))
                yield done
        finally:
            for future in waiting:
                future.cancel()
