"""How fast a whole scan fills a ledger, beside the floor, other libraries, and the same work without a ledger.

    python -m benchmarks scan [--quick] --json

A scan lists the folder, reads each file, takes SHA-256, fingerprints, quality and every signal in the file, keeps it
all in SQLite with a search index, and joins copies. The floor reads the file, takes its SHA-256 and decodes it in grey
at the decoder's own scale; ImageHash and imagededup hash each file; none of them keeps anything. Bare multiprocessing
runs the scan's own function over the same shards and throws away what it gives. A scan on Ray is timed once Ray stands;
parts are written as one shard by as many processes, and taken by a ledger that reads no image.

Pictures are photographs as JPEG, each file with a tail of its own, so that all digests differ. Every method has as many
workers as it is given cores, and ratios are medians over turns. The processes of the floor, of imagededup and of bare
multiprocessing are started before the clock; those of a scan, half a second, are within it, so a quick run shows no
aim.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.pool import Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.fingerprint import floor, generated, on_cores, plain_imagehash, start_peer
from benchmarks.report import Figure, Ratio, Report
from provenance.api import Ledger
from provenance.fingerprint.wanted import Wanted
from provenance.run.engines import Engine, Means, Shard, cores, run_tasks, shards
from provenance.run.parts.write import scan_shard
from provenance.run.shard import Task, Work, run_shard
from provenance.run.sources import Sources
from provenance.run.staging import Listed, Staged
from provenance.sources.folder import FolderSource

IMAGES: Final = {"0.2MP JPEG": (20_000, 300), "2MP JPEG": (2_000, 60), "8MP JPEG": (500, 20)}
"""Files of each size, in a full run and in a quick one."""

AIMS: Final = {"0.2MP JPEG": (0.7, 0.5), "2MP JPEG": (0.8, 0.7)}
"""Shares of the floor's images a second that a scan should reach, without windows and with them."""

_THREADS, _PROCESSES, _PLAIN, _PEER = "floor in threads", "floor in processes", "imagehash", "imagededup"
_BARE, _SCAN, _LEAN = "bare multiprocessing", "scan", "scan without windows"
_ON_RAY, _WRITTEN, _TAKEN = "scan on Ray", "parts written", "parts taken"

Timed = Callable[[], object]


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Each size on one core, then on twice as many, up to all there are."""
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    groups = {group.name: group.paths for group in generated(4)}
    version = ""
    for size, (many, few) in IMAGES.items():
        with TemporaryDirectory() as folder:
            photos = Path(folder, "photos")
            paths = photos_in(photos, groups[size], few if quick else many)
            best: dict[int, float] = {}
            for count in _core_counts():
                with ExitStack() as stack:
                    stack.enter_context(on_cores(count))
                    methods, version = _methods(photos, paths, count, stack)
                    seconds = _in_turns(methods, 1 if quick else 3)
                measured = f"{size}, {count} core{'s' if count > 1 else ''}"
                figures += [
                    Figure(f"{name}, {measured}", len(paths), len(paths) / statistics.median(taken), "images/s")
                    for name, taken in seconds.items()
                ]
                ratios += _ratios(size, count, measured, seconds, quick=quick)
                best[count] = statistics.median(seconds[_SCAN])
            ratios += [
                Ratio(f"scan, {size}, {2 * count} cores over {count}", best[count] / best[2 * count], _aim(1.8, quick))
                for count in best
                if 2 * count in best
            ]
    packages = ("pillow", "imagehash", "numpy", "scipy", "sqlalchemy", "pyarrow", "ray")
    return Report("scan", figures, ratios, packages, {"imagededup": version})


def _core_counts() -> list[int]:
    counts = [1]
    while counts[-1] * 2 <= cores():
        counts.append(counts[-1] * 2)
    return counts if counts[-1] == cores() else [*counts, cores()]


def _aim(aim: float | None, quick: bool) -> float | None:  # noqa: FBT001
    return None if quick else aim


def _ratios(size: str, count: int, measured: str, seconds: dict[str, list[float]], *, quick: bool) -> Iterator[Ratio]:
    lean, whole = AIMS.get(size, (None, None))
    floors = {name: seconds[name] for name in (_THREADS, _PROCESSES)}
    fastest = min(floors, key=lambda name: statistics.median(floors[name]))
    yield Ratio(f"{_LEAN} as share of the floor, {measured}", _over(seconds, fastest, _LEAN), _aim(lean, quick))
    yield Ratio(f"{_SCAN} as share of the floor, {measured}", _over(seconds, fastest, _SCAN), _aim(whole, quick))
    over = _over(seconds, _SCAN, _BARE)
    yield Ratio(f"time of a scan over bare multiprocessing, {measured}", over, _aim(1.05, quick), "lower")
    if _ON_RAY in seconds:
        aim = _aim(1.1, quick or count == 1 or lean is None)
        yield Ratio(
            f"time of a scan on Ray over one in processes, {measured}", _over(seconds, _ON_RAY, _SCAN), aim, "lower"
        )
    both = [a + b for a, b in zip(seconds[_WRITTEN], seconds[_TAKEN], strict=True)]
    over = statistics.median(a / b for a, b in zip(both, seconds[_SCAN], strict=True))
    yield Ratio(f"time of parts, written and taken, over a scan, {measured}", over, None, "lower")
    for peer in (_PLAIN, _PEER):
        if peer in seconds:
            yield Ratio(f"scan against {peer}, {measured}", _over(seconds, peer, _SCAN))


def _over(seconds: dict[str, list[float]], over: str, under: str) -> float:
    return statistics.median(a / b for a, b in zip(seconds[over], seconds[under], strict=True))


# --- what is timed ------------------------------------------------------------------------------------------------


def _methods(photos: Path, paths: Sequence[Path], count: int, stack: ExitStack) -> tuple[dict[str, Timed], str]:
    """Every method over the files, and the version of imagededup or why it is not there."""
    work = Work(FolderSource(photos), Wanted(), Sources([], {}), 1 << 30)
    pool = stack.enter_context(multiprocessing.get_context("spawn").Pool(count, _share, (work,)))
    given = list(shards(tasks_of(photos, sorted(paths))))  # folder by folder, as a scan lists them
    for function in (_floors, _hashes, _bare):
        _in_pool(pool, function, given[:1] * count)  # imports, not counted
    methods: dict[str, Timed] = {
        _THREADS: lambda: _in_threads(floor, paths, count),
        _PROCESSES: lambda: _in_pool(pool, _floors, given),
        _PLAIN: lambda: _in_pool(pool, _hashes, given),
        _BARE: lambda: _in_pool(pool, _bare, given),
        _SCAN: lambda: _scan(photos, count, windows=True),
        _LEAN: lambda: _scan(photos, count, windows=False),
    }
    taken = Path(stack.enter_context(TemporaryDirectory()))
    _write(photos, count, taken)
    methods[_WRITTEN] = lambda: _write(photos, count, None)
    methods[_TAKEN] = lambda: _take(photos, taken)
    if _ray_stands(count, stack):
        means = Means(count, 1 << 30, Engine.RAY)
        list(run_tasks(work, (task for shard in given[: 8 * count] for task in shard), means))  # imports, not counted
        methods[_ON_RAY] = lambda: _scan(photos, count, windows=True, engine=Engine.RAY)
    peers = [start_peer(_PEER, stack) for _ in range(count)]
    asked = [ask for ask, _ in peers if ask is not None]
    if len(asked) == count:
        methods[_PEER] = lambda: _by_peers(asked, paths)
    return methods, peers[0][1]


_shared: list[Work] = []
"""What a process of the pool was started with."""


def _share(work: Work) -> None:
    _shared.append(work)


def _bare(shard: Shard) -> int:
    return len(run_shard(_shared[0], shard))


def _floors(shard: Shard) -> int:
    return sum(bool(floor(path)) for path in _paths(shard))


def _hashes(shard: Shard) -> int:
    return sum(bool(plain_imagehash(path)) for path in _paths(shard))


def _paths(shard: Shard) -> Iterator[Path]:
    for task in shard:
        yield Path(_shared[0].source.location, task.staged.listed.key.decode())


def tasks_of(photos: Path, paths: Sequence[Path]) -> list[Task]:
    """A task for each file of a folder, as a first scan makes it."""
    found = []
    for path in paths:
        key = str(path.relative_to(photos)).encode()
        found.append(Task(Staged(Listed(key, path.stat().st_size, "", None), ()), ()))
    return found


def _in_pool(pool: Pool, function: Callable[[Shard], int], given: Sequence[Shard]) -> None:
    for _ in pool.imap(function, given):
        pass


def _in_threads(method: Callable[[Path], object], paths: Sequence[Path], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(method, paths):
            pass


def _by_peers(asked: Sequence[Callable[[Path], float]], paths: Sequence[Path]) -> None:
    """Each process of the other library is asked for its share of the files, one at a time."""
    with ThreadPoolExecutor(len(asked)) as pool:
        for _ in pool.map(lambda n: [asked[n](path) for path in paths[n :: len(asked)]], range(len(asked))):
            pass


def _ray_stands(count: int, stack: ExitStack) -> bool:
    """Start Ray with so many workers; False where it is not installed."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError:
        return False
    ray.init(num_cpus=count, include_dashboard=False, log_to_driver=False, configure_logging=False)
    stack.callback(ray.shutdown)
    return True


def _write(photos: Path, workers: int, out: Path | None) -> None:
    with TemporaryDirectory() as folder:
        scan_shard(photos, "1/1", out or folder, workers=workers, engine=_engine(workers))


def _take(photos: Path, parts: Path) -> None:
    with TemporaryDirectory() as folder, Ledger.open(Path(folder, "ledger.db")) as ledger:
        ledger.scan(photos, parts=[parts])


def _engine(workers: int) -> Engine:
    return Engine.INLINE if workers == 1 else Engine.PROCESSES


def _scan(photos: Path, workers: int, *, windows: bool, engine: Engine | None = None) -> None:
    with TemporaryDirectory() as folder, Ledger.open(Path(folder, "ledger.db")) as ledger:
        ledger.scan(photos, workers=workers, engine=engine or _engine(workers), windows=windows)


def _in_turns(methods: dict[str, Timed], turns: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(turns):
        for name, method in methods.items():
            started = time.perf_counter()
            method()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def photos_in(folder: Path, originals: Sequence[Path], count: int) -> list[Path]:
    """That many files of the photographs in turn, ten folders of them."""
    data = [path.read_bytes() for path in originals]
    paths = [folder / str(number % 10) / f"{number:05}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[number % len(data)] + number.to_bytes(4, "big"))
    return paths
