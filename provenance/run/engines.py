"""Who runs the shards of a scan: this thread, other threads, other processes, or Ray. All give the same outcomes.

Threads share one interpreter lock, which all but decoding needs, so they stop at two cores; processes take half a
second to start and then use every core. A decoder that crashes ends a scan in threads and costs one image in processes.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Final, Protocol

from provenance.budget import Budget
from provenance.chunks import TEXT_AT_ONCE
from provenance.run.shard import Outcome, Task, Work, fetch, run_shard
from provenance.run.workers import Workers
from provenance.sources.interface import MEMBER

SHARD_IMAGES: Final = 32
"""Images of one shard at most: some 30 ms of work, beside which the way to a worker and back costs little."""

SHARD_BYTES: Final = 16 << 20
"""Bytes of one shard, unless a single image has more."""

SHARD_IMAGES_ON_RAY: Final = 256
"""A quarter of a second of work, beside some milliseconds that a task of Ray costs."""

AHEAD: Final = 3
"""Shards under way for each worker: enough that none waits for the writer, few enough to bound memory."""

WORTH_PROCESSES: Final = 1_000
"""Images to read from which on processes gain more than the half second that they take to start."""

THREADS_KEEP_BUSY: Final = 2
"""Cores that threads use as well as processes do, without their start."""

PATIENCE: Final = 0.7
"""Seconds that a scan which is stopped waits for images under way in threads: a server may not answer for minutes."""

Shard = tuple[Task, ...]


class Engine(StrEnum):
    """Who runs the shards."""

    AUTO = "auto"
    """Processes where there are cores and images enough for them, threads otherwise."""
    INLINE = "inline"
    THREADS = "threads"
    PROCESSES = "processes"
    RAY = "ray"
    """Plain Ray tasks, on this machine or on a cluster."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a scan may use: an engine, so many workers, and so many bytes of image files at once.

    `address` is that of a Ray cluster, whose processors count instead of `workers`.
    """

    workers: int
    memory: int
    engine: Engine = Engine.AUTO
    address: str | None = None


def run_tasks(work: Work, tasks: Iterable[Task], means: Means) -> Iterator[Outcome]:
    """The outcome of each task, in their order, by the engine that suits or that was asked for.

    Closing the iterator ends all work at once. Raises ProvenanceError where worker processes cannot be started.
    """
    tasks = iter(tasks)
    first = _first(tasks)
    engine = _chosen(work, means, sum(task.is_read for task in first))
    tasks = chain(first, tasks)
    if engine is Engine.INLINE:
        for shard in shards(tasks):
            yield from run_shard(work, shard)
    elif engine is Engine.THREADS:
        yield from _in_threads(work, shards(tasks), means)
    elif engine is Engine.RAY:
        yield from _on_ray(work, shards(tasks, SHARD_IMAGES_ON_RAY), means)
    else:
        yield from _in_processes(work, shards(tasks), means)


def _first(tasks: Iterator[Task]) -> list[Task]:
    """The tasks by which the engine is chosen, fewer where their rows are long."""
    first: list[Task] = []
    held = 0
    for task in tasks:
        first.append(task)
        held += task.length
        if len(first) >= WORTH_PROCESSES or held > TEXT_AT_ONCE:
            break
    return first


def _chosen(work: Work, means: Means, reads: int) -> Engine:
    """The engine for tasks of which the first few read so many images."""
    if means.engine is not Engine.AUTO:
        return means.engine
    if means.workers == 1 or not reads:
        return Engine.INLINE
    # Detectors ask the ledger whether bytes are barred, which a worker process has no part of.
    worth = reads >= WORTH_PROCESSES and work.lookout is None and min(means.workers, cores()) > THREADS_KEEP_BUSY
    return Engine.PROCESSES if worth else Engine.THREADS


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def shards(tasks: Iterable[Task], images: int = SHARD_IMAGES) -> Iterator[Shard]:
    """Tasks in groups of bounded number and size, in their order."""
    shard: list[Task] = []
    size = 0
    for task in tasks:
        more = _size(task) + task.length
        if shard and (len(shard) >= images or size + more > SHARD_BYTES):
            yield tuple(shard)
            shard, size = [], 0
        shard.append(task)
        size += more
    if shard:
        yield tuple(shard)


def _size(task: Task) -> int:
    return task.staged.listed.size if task.is_read else 0


def _in_threads(work: Work, given: Iterable[Shard], means: Means) -> Iterator[Outcome]:
    executor = ThreadPoolExecutor(means.workers, thread_name_prefix="scan")
    stopped = threading.Event()
    under_way: set[Future[list[Outcome]]] = set()

    def run(shard: Shard) -> list[Outcome]:
        """The outcomes of a shard, unless nobody waits for them any more: no more than one image is then finished."""
        return [outcome for task in shard if not stopped.is_set() for outcome in run_shard(work, [task])]

    def submit(shard: Shard) -> Future[list[Outcome]]:
        future = executor.submit(run, shard)
        under_way.add(future)
        future.add_done_callback(under_way.discard)
        return future

    try:
        yield from _in_order(given, submit, means)
    finally:
        stopped.set()
        executor.shutdown(wait=False, cancel_futures=True)
        if not wait(set(under_way), PATIENCE).not_done:
            executor.shutdown()


def _in_processes(work: Work, given: Iterable[Shard], means: Means) -> Iterator[Outcome]:
    workers = Workers(work, means.workers)
    try:
        yield from _in_order((_with_members(work, shard) for shard in given), workers.submit, means)
    finally:
        workers.close()


def _on_ray(work: Work, given: Iterable[Shard], means: Means) -> Iterator[Outcome]:
    from provenance.run.on_ray import OnRay

    runner = OnRay(work, means.address, means.workers)
    try:
        yield from _in_order(
            given, runner.submit, replace(means, workers=runner.slots, memory=means.memory * runner.nodes)
        )
    finally:
        runner.close()


def _with_members(work: Work, shard: Shard) -> Shard:
    """The shard with the bytes of what lies in containers, which one reader reads from front to back."""
    return tuple(
        replace(task, fetched=fetch(work, task.staged.listed))
        if task.is_read and MEMBER in task.staged.listed.key
        else task
        for task in shard
    )


class _UnderWay(Protocol):
    """A shard that somebody runs."""

    def result(self) -> list[Outcome]:
        """Wait for what it gives."""


def _in_order(given: Iterable[Shard], submit: Callable[[Shard], _UnderWay], means: Means) -> Iterator[Outcome]:
    """Keep workers busy, and let outcomes out in order. Only this thread takes from the budget and gives back."""
    under_way: deque[tuple[_UnderWay, int]] = deque()
    budget = Budget(means.memory)
    for shard in given:
        held = _held(shard)
        while len(under_way) >= means.workers * AHEAD:
            yield from _oldest(under_way, budget)
        while not budget.try_take(held):
            yield from _oldest(under_way, budget)
        under_way.append((submit(shard), held))
    while under_way:
        yield from _oldest(under_way, budget)


def _oldest(under_way: deque[tuple[_UnderWay, int]], budget: Budget) -> list[Outcome]:
    future, held = under_way.popleft()
    found = future.result()
    budget.give(held)
    return found


def _held(shard: Shard) -> int:
    """Bytes of image files that a shard has in memory at once: all that were fetched, one of those that were not."""
    fetched = sum(len(task.fetched.data) for task in shard if task.fetched is not None)
    return max(fetched, *(_size(task) for task in shard))
