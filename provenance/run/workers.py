"""Worker processes that run shards, one shard at a time each.

They are programs of their own, not children of a pool: `concurrent.futures` imports the caller's script once more in
each, gives up every job of a pool when one process dies, and waits for the jobs under way when it is closed.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any, Final

from provenance.errors import ProvenanceError
from provenance.fingerprint.stderr import c_stderr_discarded
from provenance.run.shard import Outcome, Task, Work, crashed, run_shard

_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[1:]; from provenance.run.workers import serve; serve()"

_ONE_THREAD: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""There is a worker for each core; libraries that start threads of their own would only take turns with it."""

_ATTEMPTS: Final = 3

_READY: Final = "ready"
_DONE: Final = "done"


class Workers:
    """So many worker processes, each started when it is first needed and again after it has died."""

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._shared = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        self._closed = threading.Event()
        self._all = [_Worker(self._closed) for _ in range(count)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._all:
            self._idle.put(worker)
        # A thread for each process does nothing but wait for it.
        self._waiting = ThreadPoolExecutor(count, thread_name_prefix="worker")

    def submit(self, tasks: Sequence[Task]) -> Future[list[Outcome]]:
        """Have a shard run by the next worker that is free."""
        return self._waiting.submit(self._run, tasks)

    def close(self) -> None:
        """End every worker at once, whatever it is doing."""
        self._closed.set()
        for worker in self._all:
            worker.end()
        self._waiting.shutdown(cancel_futures=True)

    def _run(self, tasks: Sequence[Task]) -> list[Outcome]:
        worker = self._idle.get()
        try:
            try:
                return self._ask(worker, tasks)
            except _DiedError:
                # Some image ended the process; which one shows when each is run alone.
                return [outcome for task in tasks for outcome in self._alone(worker, task)]
        finally:
            self._idle.put(worker)

    def _alone(self, worker: _Worker, task: Task) -> list[Outcome]:
        try:
            return self._ask(worker, [task])
        except _DiedError:
            return [crashed(self._work, task)]

    def _ask(self, worker: _Worker, tasks: Sequence[Task]) -> list[Outcome]:
        try:
            return worker.run(self._shared, tasks)
        except _DiedError:
            if self._closed.is_set():
                return []  # nobody waits for it
            raise


class _DiedError(Exception):
    """A worker process ended before it answered."""


class _Worker:
    """One worker process, or the place of one. None is started once `closed` is set."""

    def __init__(self, closed: threading.Event) -> None:
        self._closed = closed
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, shared: bytes, tasks: Sequence[Task]) -> list[Outcome]:
        """Let it run a shard. Raises _DiedError; ProvenanceError where it cannot be started or reports a fault."""
        process = self._process or self._started(shared)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, pickle.dumps(tasks, pickle.HIGHEST_PROTOCOL))
            kind, found = _received(process.stdout)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise _DiedError from error
        if kind != _DONE:
            raise ProvenanceError(
                f"a worker process failed: {found}", remedy="try `--engine inline`, which shows the whole of it"
            )
        outcomes: list[Outcome] = found
        return outcomes

    def end(self) -> None:
        """End it now."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr] # both were asked for

    def _started(self, shared: bytes) -> subprocess.Popen[bytes]:
        """A process that is ready, after a few attempts: that one was killed as it began says nothing of the next."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(ProvenanceError):
                return self._start(shared)
        return self._start(shared)

    def _start(self, shared: bytes) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - this very interpreter, with nothing that anybody typed
            [sys.executable, "-c", _PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD},
        )
        self._process = process
        if self._closed.is_set():
            self.end()
            raise _DiedError
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, shared)
            _received(process.stdout)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            if self._closed.is_set():
                raise _DiedError from error
            raise ProvenanceError("a worker process could not be started", remedy="use `--engine threads`") from error
        return process


def serve() -> None:
    """What a worker process does: it takes what a scan shares, then a shard at a time, until nobody sends any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the scan is interrupted, and ends its workers
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    with c_stderr_discarded(), suppress(EOFError, BrokenPipeError):
        work: Work = _received(source)
        _send(sink, pickle.dumps((_READY, None)))
        while True:
            tasks = _received(source)
            try:
                answer = pickle.dumps((_DONE, run_shard(work, tasks)), pickle.HIGHEST_PROTOCOL)
            except Exception as error:  # noqa: BLE001 - it is the scan that has to know
                told = "".join(traceback.format_exception_only(error)).strip()
                answer = pickle.dumps(("fault", told))
            _send(sink, answer)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(8, "big"))
    pipe.write(message)
    pipe.flush()


def _received(pipe: IO[bytes]) -> Any:
    """The next message. Raises EOFError where there is none, or not the whole of one."""
    size = int.from_bytes(_exactly(pipe, 8), "big")
    return pickle.loads(_exactly(pipe, size))  # noqa: S301 - from the process at the other end of a private pipe


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data
