"""What one exact Hamming search costs, beside FAISS, a BK-tree, and the time it takes merely to read the hashes.

    python -m benchmarks lookup [--quick] [--json]

256-bit random hashes; each query is a stored hash with 0 to r bits flipped. Every engine runs on one thread, but for
three rows on every core, in this process, over the same hashes, and must give the very hits that FAISS's brute force
gives: recall is that share. Sizes are 1, 10 and 50 million (quick: 50 and 100 thousand); aims are for 10 million and
are left out at other sizes. The figures by size are the table of how cost grows.
PROVENANCE_LOOKUP_SIZES=1000000,10000000 chooses other sizes.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Figure, Ratio, Report
from provenance.errors import MissingExtra
from provenance.lookup import bands, files
from provenance.lookup.interface import words_of
from provenance.lookup.scan import scan
from provenance.lookup.segment import Segment, build, cores

AIMED: Final = 10_000_000
RADII: Final = (15, 31)
AIMS: Final = {15: 20.0, 31: 5.0}
AIM_OF_BYTES: Final = 100.0

_ONE: Final = 40
_BATCH: Final = 200
_MULTI_HASH: Final = {15: (11, 23, 1), 31: (11, 23, 2)}
"""Bands, bits and flips with which FAISS's multi-hash is exact: 11 * (flips + 1) - 1 is 21 and 32 bits."""
_MULTI_HASH_UP_TO: Final = 1_000_000
"""It takes 176 s and 6 GB to build for 10 million."""
_TREE_ROWS: Final = 100_000
_VIEWS: Final = 400
_FAR: Final = 60

Pairs = set[tuple[int, int]]


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """Search at every size; ratios at 10 million, or at the largest size of a run without it."""
    if find_spec("faiss") is None:
        raise MissingExtra("faiss-cpu", "bench", "the lookup benchmark")
    import faiss

    faiss.omp_set_num_threads(1)
    chosen = os.environ.get("PROVENANCE_LOOKUP_SIZES")
    sizes = [int(size) for size in chosen.split(",")] if chosen else []
    sizes = sizes or ([50_000, 100_000] if quick else [1_000_000, AIMED, 50_000_000])
    at = AIMED if AIMED in sizes else max(sizes)
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    for size in sizes:
        measured = _measured(size, faiss)
        figures += measured
        if size == at:
            ratios = list(_ratios({figure.name: figure.value for figure in measured}, aimed=size == AIMED))
    figures += _on_every_core(min(sizes), faiss)
    figures += _tree(_TREE_ROWS // 10 if quick else _TREE_ROWS)
    return Report("lookup", figures, ratios, ("numpy", "faiss-cpu", "pybktree"))


def _measured(size: int, faiss: Any) -> list[Figure]:
    """Everything at one size."""
    rng = np.random.default_rng(size)
    hashes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    started = time.perf_counter()
    segment = build(hashes, np.arange(size), with_bands=True)
    figures = [Figure("build, bands", size, (time.perf_counter() - started) / size * 1e6, "us/hash")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "segment")
        files.write(path, segment, files.Key(bytes(32), "benchmark"))
        figures.append(Figure("on disk, bands", size, path.stat().st_size / size, "bytes/hash"))
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    floor = _best(lambda: sum(int(column.all().sum()) for column in segment.columns))
    figures.append(Figure("reading every hash", size, floor * 1e3, "ms"))
    for radius in RADII:
        queries = _planted(rng, hashes, radius)
        engines = {"faiss flat": _faiss(flat, radius), "scan": _scan(segment, radius), "bands": _bands(segment, radius)}
        if size <= _MULTI_HASH_UP_TO:
            engines["faiss multi-hash"] = _faiss(_multi_hash(faiss, hashes, radius), radius)
        figures += _compared(engines, queries, radius, size)
    return figures


def _on_every_core(size: int, faiss: Any) -> Iterator[Figure]:
    """As many queries as a photo has views, at the radius where every hash is looked at, in turns."""
    rng = np.random.default_rng(size)
    hashes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    segment = build(hashes, np.arange(size), with_bands=False)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    queries = rng.integers(0, 256, (_VIEWS, 32), dtype=np.uint8)
    faiss.omp_set_num_threads(cores())
    try:
        searches: dict[str, Callable[[NDArray[np.uint8]], Any]] = {
            "scan in threads": partial(_in_threads, segment),
            "scan by faiss in blocks": partial(segment.search, radius=_FAR),
            "faiss flat": lambda some: flat.range_search(some, _FAR + 1),
        }
        taken = [{name: _timed(search, queries) for name, search in searches.items()} for _ in range(5)]
    finally:
        faiss.omp_set_num_threads(1)
    for name in searches:
        yield Figure(f"{name}, radius {_FAR}, {_VIEWS} queries, every core", size, median(t[name] for t in taken), "s")


def _in_threads(segment: Segment, queries: NDArray[np.uint8]) -> None:
    """What a search does where FAISS is not installed."""
    words = np.array_split(words_of(queries), cores())
    with ThreadPoolExecutor(len(words)) as pool:
        list(pool.map(lambda some: scan(segment.columns, some, _FAR), words))


def _compared(
    engines: dict[str, Callable[[NDArray[np.uint8]], Pairs]], queries: NDArray[np.uint8], radius: int, size: int
) -> Iterator[Figure]:
    """One query and a batch with each engine, in turns, and the share of the true hits that it gave."""
    few = {name: _BATCH if "bands" in name or "hash" in name else _ONE // 4 for name in engines}
    truth = engines["faiss flat"](queries[:_ONE])
    single: dict[str, list[float]] = {name: [] for name in engines}
    for number in range(_ONE):
        for name, search in engines.items():
            if few[name] == _BATCH or number < few[name]:
                single[name].append(_timed(search, queries[number : number + 1]))
    for name, search in engines.items():
        found = search(queries[:_ONE])
        batch = min(_timed(search, queries[: few[name]]) for _ in range(2))
        yield Figure(f"{name}, radius {radius}, one query", size, median(single[name]) * 1e3, "ms")
        yield Figure(f"{name}, radius {radius}, batch of many", size, few[name] / batch, "queries/s")
        yield Figure(f"{name}, radius {radius}, recall", size, len(found & truth) / len(truth), "of 1")
        if found - truth:
            raise AssertionError(f"{name} gave hits beyond the radius")


def _ratios(value: dict[str, float], *, aimed: bool) -> Iterator[Ratio]:
    for radius in RADII:
        one = f"radius {radius}, one query"
        for peer in ("faiss flat", "faiss multi-hash", "scan"):
            if f"{peer}, {one}" in value:
                aim = AIMS[radius] if aimed and peer == "faiss flat" else None
                yield Ratio(f"{one}: {peer} against bands", value[f"{peer}, {one}"] / value[f"bands, {one}"], aim)
        yield Ratio(f"radius {radius}: recall of bands", value[f"bands, radius {radius}, recall"], 1.0)
        yield Ratio(f"radius {radius}: recall of scan", value[f"scan, radius {radius}, recall"], 1.0)
        yield Ratio(f"{one}: scan against reading every hash", value[f"scan, {one}"] / value["reading every hash"])
    yield Ratio("bytes a hash on disk", value["on disk, bands"], AIM_OF_BYTES if aimed else None, better="lower")


def _planted(rng: np.random.Generator, hashes: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Stored hashes with 0 to `radius` bits flipped."""
    bits = np.unpackbits(hashes[rng.integers(0, len(hashes), _BATCH)], axis=1)
    for row in bits:
        row[rng.choice(256, int(rng.integers(0, radius + 1)), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def _bands(segment: Segment, radius: int) -> Callable[[NDArray[np.uint8]], Pairs]:
    assert segment.bands is not None
    made = segment.bands

    def search(queries: NDArray[np.uint8]) -> Pairs:
        query, row, _ = bands.search(segment.columns, made, words_of(queries), radius)
        return set(zip(query.tolist(), segment.ids.take(row).tolist(), strict=True))

    return search


def _scan(segment: Segment, radius: int) -> Callable[[NDArray[np.uint8]], Pairs]:
    def search(queries: NDArray[np.uint8]) -> Pairs:
        query, row, _ = scan(segment.columns, words_of(queries), radius)
        return set(zip(query.tolist(), segment.ids.take(row).tolist(), strict=True))

    return search


def _faiss(index: Any, radius: int) -> Callable[[NDArray[np.uint8]], Pairs]:
    def search(queries: NDArray[np.uint8]) -> Pairs:
        limits, _, ids = index.range_search(queries, radius + 1)  # faiss leaves the radius itself out
        return set(
            zip(
                np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64))).tolist(), ids.tolist(), strict=True
            )
        )

    return search


def _multi_hash(faiss: Any, hashes: NDArray[np.uint8], radius: int) -> Any:
    count, width, flips = _MULTI_HASH[radius]
    index = faiss.IndexBinaryMultiHash(256, count, width)
    index.nflip = flips
    index.add(hashes)
    return index


def _tree(rows: int) -> list[Figure]:
    """A BK-tree at radius 31, where one is installed; its absence shows among the versions."""
    if find_spec("pybktree") is None:
        return []
    import pybktree

    source = random.Random(rows)
    hashes = [source.getrandbits(256) for _ in range(rows)]
    tree = pybktree.BKTree(pybktree.hamming_distance, hashes)
    times = [_timed(lambda value: tree.find(value, 31), value) for value in hashes[:5]]
    return [Figure("pybktree, radius 31, one query", rows, median(times) * 1e3, "ms")]


def _timed(call: Callable[[Any], Any], argument: Any) -> float:
    started = time.perf_counter()
    call(argument)
    return time.perf_counter() - started


def _best(call: Callable[[], Any]) -> float:
    return min(_timed(lambda _: call(), None) for _ in range(3))
