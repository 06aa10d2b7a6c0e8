"""Shards as plain Ray tasks, on this machine alone or on a cluster that is named.

A shard whose worker or node dies is tried again elsewhere, then each of its images alone. What no machine could finish
is recorded as an image that cannot be read: it is blocked, and the next scan tries again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from provenance import __version__
from provenance.errors import MissingExtra, ProvenanceError
from provenance.fingerprint.stderr import c_stderr_discarded
from provenance.run.shard import Outcome, Task, Work, crashed, given_up, run_shard

TRIES: Final = 3
"""How often Ray tries a shard again whose worker or node died."""

_QUIET: Final = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}

_log: Final = logging.getLogger(__name__)


class OnRay:
    """Ray, as long as a scan lasts: a cluster at an address, or one of its own on this machine.

    Where the caller has started Ray already, that one is used and left running. Raises MissingExtra without Ray,
    ProvenanceError where it cannot be started or reached.
    """

    def __init__(self, work: Work, address: str | None, workers: int) -> None:
        self._work = work
        self._stack = ExitStack()
        self._open: set[_UnderWay] = set()
        try:
            self._ray = self._stack.enter_context(_started(address, workers))
            self._shared = self._ray.put(pickle.dumps(work, pickle.HIGHEST_PROTOCOL))
            self._remote = self._ray.remote(max_retries=TRIES, scheduling_strategy="SPREAD")(_run)
            self.slots: Final = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
            self.nodes: Final = max(1, sum(node["Alive"] for node in self._ray.nodes()))
        except BaseException:
            self._stack.close()
            raise

    def submit(self, tasks: Sequence[Task]) -> _UnderWay:
        """Have a shard run wherever there is room."""
        under_way = _UnderWay(self, tasks, self._remote.remote(self._shared, __version__, tasks))
        self._open.add(under_way)
        return under_way

    def close(self) -> None:
        """End every task at once, and Ray with them where it was started for them."""
        for under_way in self._open:
            with contextlib.suppress(Exception):
                self._ray.cancel(under_way.ref, force=True)
        self._stack.close()

    def outcomes(self, under_way: _UnderWay) -> list[Outcome]:
        """What a shard gave. Raises ProvenanceError for a fault that no machine is to blame for."""
        try:
            return self._got(under_way)
        except self._ray.exceptions.RayError as error:
            _log.warning("a shard of %d images failed on every try: %s", len(under_way.tasks), _told(error))
        alone = [self.submit([task]) for task in under_way.tasks]
        return [outcome for one in alone for outcome in self._alone(one)]

    def _alone(self, under_way: _UnderWay) -> list[Outcome]:
        (task,) = under_way.tasks
        try:
            return self._got(under_way)
        except self._ray.exceptions.WorkerCrashedError:
            return [crashed(self._work, task)]
        except self._ray.exceptions.RayError as error:
            return [given_up(self._work, task, f"no machine could finish it: {_told(error)}")]

    def _got(self, under_way: _UnderWay) -> list[Outcome]:
        try:
            outcomes: list[Outcome] = self._ray.get(under_way.ref)
        except self._ray.exceptions.RayTaskError as error:
            raise ProvenanceError(
                f"a Ray task failed: {_told(error.cause or error)}",
                remedy="see that every node has this version and what its images need",
            ) from error
        finally:
            self._open.discard(under_way)
        return outcomes


@dataclass(frozen=True, slots=True, eq=False)
class _UnderWay:
    """A shard that was given to Ray."""

    runner: OnRay
    tasks: Sequence[Task]
    ref: Any

    def result(self) -> list[Outcome]:
        """Wait for what it gives."""
        return self.runner.outcomes(self)


def _run(shared: bytes, version: str, tasks: Sequence[Task]) -> list[Outcome]:
    """What a worker of the cluster does with one shard."""
    if version != __version__:
        raise RuntimeError(f"this node has version {__version__} of consent-provenance, and the scan {version}")
    with c_stderr_discarded():
        return run_shard(_work(shared), tasks)


@lru_cache(1)
def _work(shared: bytes) -> Work:
    """Kept between the shards of a scan, with the container that was read from last."""
    work: Work = pickle.loads(shared)  # noqa: S301 - from the scan that this worker runs for
    return work


@contextmanager
def _started(address: str | None, workers: int) -> Iterator[ModuleType]:
    """Ray, connected: to a cluster, or to one that is started here for this scan."""
    with _environment(_QUIET):
        try:
            import ray
        except ImportError as error:
            raise MissingExtra("ray", "ray", "`--engine ray`") from error
        if ray.is_initialized():
            yield ray
            return
        more: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
        try:
            # Ray puts the working folder, which may be a stranger's collection, on the path of every worker.
            with _own_signals(), contextlib.chdir("/"):
                ray.init(address or "local", log_to_driver=False, configure_logging=False, **more)
        except Exception as error:
            where = f"at {address}" if address else "here"
            raise ProvenanceError(
                f"Ray cannot be had {where}: {_told(error)}", remedy="see that it runs, or use `--engine processes`"
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what SIGTERM does: Ray would have it end the process as if all were done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _told(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
