"""Reads many images at once, in order, with memory bounded by a window of jobs."""

from __future__ import annotations

import hashlib
import multiprocessing
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
Submit = Callable[[Fetch], tuple[Claim, int]]
"""Starts the reading of one image; gives the function that waits for it, and the bytes held until then."""

WINDOW: Final = 4
"""Images under way for each worker: enough that none waits for the consumer, few enough to bound memory."""

MAX_WINDOW_BYTES: Final = 256 * 1024 * 1024
"""Original bytes held at once while processes read them; one larger file is read on its own."""

_USUAL: Final = Wanted()

_for_life = ExitStack()
"""What a worker process enters and never leaves."""


def read_many(
    jobs: Iterable[tuple[K, Fetch]], *, workers: int, processes: bool = False, wanted: Wanted = _USUAL
) -> Iterator[tuple[K, Reading]]:
    """A reading for each job, in the order of the jobs. A job is a key and a function that gives the bytes.

    Threads by default: decoding releases the interpreter lock, and the bytes are fetched in the threads too. With
    `processes` the bytes are fetched here and sent over; a decoder that crashes then costs one image, recorded as
    DAMAGED, and not the program. A job that cannot fetch its bytes gives a reading with an empty `sha256` and the
    problem. Processes are spawned, so a script that asks for them needs `if __name__ == "__main__":`.

    Raises ValueError for less than one worker, MissingExtra, and whatever iterating `jobs` raises.

    >>> [(key, reading.size) for key, reading in read_many([("a", lambda: b"not an image")], workers=1)]
    [('a', 12)]
    """
    if workers < 1:
        raise ValueError("at least one worker is needed")
    wanted.check()
    open_pool = _processes if processes else _threads
    return _in_order(jobs, workers, open_pool(workers, wanted))


def _in_order(
    jobs: Iterable[tuple[K, Fetch]], workers: int, pool: AbstractContextManager[Submit]
) -> Iterator[tuple[K, Reading]]:
    under_way: deque[tuple[K, Claim, int]] = deque()
    held = 0
    with pool as submit:
        for key, fetch in jobs:
            claim, size = submit(fetch)
            under_way.append((key, claim, size))
            held += size
            while under_way and (len(under_way) >= workers * WINDOW or held > MAX_WINDOW_BYTES):
                first, claim, size = under_way.popleft()
                held -= size
                yield first, claim()
        for first, claim, _ in under_way:
            yield first, claim()


@contextmanager
def _threads(workers: int, wanted: Wanted) -> Iterator[Submit]:
    executor = ThreadPoolExecutor(workers, thread_name_prefix="fingerprint")

    def submit(fetch: Fetch) -> tuple[Claim, int]:
        return executor.submit(_fetch_and_read, fetch, wanted).result, 0

    try:
        yield submit
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _processes(workers: int, wanted: Wanted) -> Iterator[Submit]:
    shared = _Processes(workers)
    alone = _Processes(1)

    def claim(future: Future[Reading], data: bytes) -> Reading:
        try:
            return future.result()
        except BrokenExecutor:  # some image of the window crashed a worker; which one shows when each is read alone
            return _read_alone(alone, data, wanted)

    def submit(fetch: Fetch) -> tuple[Claim, int]:
        data = _fetch(fetch)
        if isinstance(data, Reading):
            return partial(_given, data), 0
        return partial(claim, shared.submit(data, wanted), data), len(data)

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


def _fetch_and_read(fetch: Fetch, wanted: Wanted) -> Reading:
    data = _fetch(fetch)
    return data if isinstance(data, Reading) else read_image(data, wanted)


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
