"""Reads many images at once, in order, with memory bounded by a window of jobs."""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Final, TypeVar

from provenance.fingerprint.containers import identify
from provenance.fingerprint.decode import line_of
from provenance.fingerprint.read import read_image
from provenance.fingerprint.stderr import c_stderr_discarded
from provenance.fingerprint.wanted import Wanted
from provenance.model import Problem, ProblemKind, Reading

K = TypeVar("K")
Fetch = Callable[[], bytes]
Claim = Callable[[], Reading]
Release = Callable[[], None]
Submit = Callable[[Fetch], tuple[Claim, Release]]
"""Starts the reading of one image; gives the function that waits for it, and the one that lets its bytes go."""

WINDOW: Final = 4
"""Images under way for each worker: enough that none waits for the consumer, few enough to bound memory."""

MAX_WINDOW_BYTES: Final = 256 * 1024 * 1024
"""Original bytes held at once, until a reading is done with; one larger file is read on its own."""

_USUAL: Final = Wanted()

_for_life = ExitStack()
"""What a worker process enters and never leaves."""


def read_many(
    jobs: Iterable[tuple[K, Fetch]], *, workers: int, processes: bool = False, wanted: Wanted = _USUAL
) -> Iterator[tuple[K, Reading]]:
    """A reading for each job, in the order of the jobs. A job is a key and a function that gives the bytes.

    Threads by default: decoding releases the interpreter lock, and the bytes are fetched in the threads too, one file
    at a time. Those of a job count as held until the reading after it is asked for. With `processes` the bytes are
    fetched here and sent over; a decoder that crashes then costs one image, recorded as DAMAGED, and not the program. A
    job that cannot fetch its bytes gives a reading with an empty `sha256` and the problem. Processes are spawned, so a
    script that asks for them needs `if __name__ == "__main__":`.

    Raises ValueError for less than one worker, MissingExtra, and whatever iterating `jobs` raises.

    >>> [(key, reading.size) for key, reading in read_many([("a", lambda: b"not an image")], workers=1)]
    [('a', 12)]
    """
    if workers < 1:
        raise ValueError("at least one worker is needed")
    wanted.check()
    open_pool = _processes if processes else _threads
    return _in_order(jobs, workers, partial(open_pool, workers, wanted))


def _in_order(
    jobs: Iterable[tuple[K, Fetch]], workers: int, pool: Callable[[_Budget], AbstractContextManager[Submit]]
) -> Iterator[tuple[K, Reading]]:
    under_way: deque[tuple[K, Claim, Release]] = deque()
    budget = _Budget()
    with pool(budget) as submit:
        for key, fetch in jobs:
            under_way.append((key, *submit(fetch)))
            while under_way and (len(under_way) >= workers * WINDOW or budget.spent):
                yield from _done(under_way)
        while under_way:
            yield from _done(under_way)


def _done(under_way: deque[tuple[K, Claim, Release]]) -> Iterator[tuple[K, Reading]]:
    key, claim, release = under_way.popleft()
    try:
        yield key, claim()
    finally:
        release()


class _Budget:
    """The original bytes that are held at once. Jobs fetch them in order, each once there is room."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[int, int] = {}
        self._jobs = self._fetched = 0
        self._closed = False

    @property
    def spent(self) -> bool:
        """Whether no more is to be fetched until something is done with."""
        return sum(self._held.values()) > MAX_WINDOW_BYTES

    def job(self) -> int:
        """The number of a new job, which holds nothing yet."""
        with self._changed:
            self._held[self._jobs] = 0
            self._jobs += 1
            return self._jobs - 1

    def fetch(self, number: int, fetch: Fetch) -> bytes | Reading:
        """What a job fetches when its turn has come. One at a time, since nobody knows how large a file will be.

        All jobs before have fetched theirs by then, so that the oldest never waits: what it waits for was let go.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (number == self._fetched and not self.spent))
            data = _fetch(fetch)
            self._held[number] = len(data) if isinstance(data, bytes) else 0
            self._fetched = number + 1
            self._changed.notify_all()
            return data

    def release(self, number: int) -> None:
        """A job is done with."""
        with self._changed:
            self._held.pop(number, None)
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody waits for any job any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


@contextmanager
def _threads(workers: int, wanted: Wanted, budget: _Budget) -> Iterator[Submit]:
    executor = ThreadPoolExecutor(workers, thread_name_prefix="fingerprint")

    def read(number: int, fetch: Fetch) -> Reading:
        data = budget.fetch(number, fetch)
        return data if isinstance(data, Reading) else read_image(data, wanted)

    def submit(fetch: Fetch) -> tuple[Claim, Release]:
        number = budget.job()
        return executor.submit(read, number, fetch).result, partial(budget.release, number)

    try:
        yield submit
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        budget.close()
        executor.shutdown()


@contextmanager
def _processes(workers: int, wanted: Wanted, budget: _Budget) -> Iterator[Submit]:
    shared = _Processes(workers)
    alone = _Processes(1)

    def claim(future: Future[Reading], data: bytes) -> Reading:
        try:
            return future.result()
        except BrokenExecutor:  # some image of the window crashed a worker; which one shows when each is read alone
            return _read_alone(alone, data, wanted)

    def submit(fetch: Fetch) -> tuple[Claim, Release]:
        number = budget.job()
        data = budget.fetch(number, fetch)
        release = partial(budget.release, number)
        if isinstance(data, Reading):
            return partial(_given, data), release
        return partial(claim, shared.submit(data, wanted), data), release

    try:
        yield submit
    finally:
        shared.close()
        alone.close()


class _Processes:
    """A process pool that starts anew after one of its workers has died."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def submit(self, data: bytes, wanted: Wanted) -> Future[Reading]:
        if self._executor is not None:
            try:
                return self._executor.submit(read_image, data, wanted)
            except BrokenExecutor:
                self.close()
        # Spawned, since a fork of a program with threads may hang, and Windows has nothing else.
        self._executor = ProcessPoolExecutor(
            self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_quieten
        )
        return self._executor.submit(read_image, data, wanted)

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None


def _quieten() -> None:
    _for_life.enter_context(c_stderr_discarded())


def _read_alone(alone: _Processes, data: bytes, wanted: Wanted) -> Reading:
    try:
        return alone.submit(data, wanted).result()
    except BrokenExecutor:
        return Reading(
            sha256=hashlib.sha256(data).digest(),
            size=len(data),
            format=identify(data),
            problem=Problem(ProblemKind.DAMAGED, "decoding it ended the process that tried"),
        )


def _given(reading: Reading) -> Reading:
    return reading


def _fetch(fetch: Fetch) -> bytes | Reading:
    """The bytes, or a reading that says why there are none."""
    try:
        return fetch()
    except FileNotFoundError as error:
        problem = Problem(ProblemKind.MISSING, line_of(error))
    except IsADirectoryError as error:
        problem = Problem(ProblemKind.NOT_A_FILE, line_of(error))
    except Exception as error:  # noqa: BLE001 - archives and object stores have errors of their own
        problem = Problem(ProblemKind.IO_ERROR, line_of(error))
    return Reading(sha256=b"", size=0, problem=problem)
