"""What it costs to find every near pair within a set of hashes, in time and in memory, beside FAISS.

    python -m benchmarks duplicates [--quick] [--json]

256-bit random hashes with planted copies, 0 to r bits flipped; sizes are 100 thousand and 1 million (quick: 20 and 100
thousand), each in a process of its own, which makes its hashes as they are asked for. Memory is what the peak rises by
above that of a join of 1,000; its growth is taken between two sizes at which the fixed buffers are full. Recall is the
share of the planted pairs that share a group; a run that joins strangers fails.

FAISS's flat index compares every pair. It searches a smaller set for itself, on one thread, as the join does; at the
larger sizes it is charged for size x size pairs at the pairs a second that it did. Ratios are of processor time, which
other work on the machine disturbs less. PROVENANCE_DUPLICATES_SIZES=1000000,
10000000 chooses other sizes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks._planted import Planted
from benchmarks.report import Figure, Ratio, Report
from provenance.errors import MissingExtra
from provenance.lookup.join import near_groups

RADII: Final = (15, 31)
AIM_OF_BYTES: Final = 16.0

_FLOOR: Final = 1_000
_ROOT: Final = Path(__file__).resolve().parents[1]


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """Join at every size and radius; FAISS at one that it can do meanwhile."""
    if find_spec("faiss") is None:
        raise MissingExtra("faiss-cpu", "bench", "the duplicates benchmark")
    chosen = os.environ.get("PROVENANCE_DUPLICATES_SIZES")
    sizes = sorted(int(size) for size in chosen.split(",")) if chosen else []
    sizes = sizes or ([20_000, 100_000] if quick else [100_000, 1_000_000])
    few, many = (300_000, 600_000) if quick else (1_000_000, 4_000_000)
    growth = (_joined(many, RADII[0])["peak"] - _joined(few, RADII[0])["peak"]) / (many - few)
    figures = [Figure("join, growth of memory", many, growth, "bytes/hash", f"from {few:,} on")]
    ratios = [Ratio("bytes of memory for each hash more", growth, AIM_OF_BYTES, better="lower")]
    for radius in RADII:
        rate, measured = _faiss(10_000 if quick else 50_000, radius)
        figures += measured
        done = {size: _joined(size, radius) for size in [_FLOOR, *sizes]}
        for size in sizes:
            figures += _figures(size, radius, done[size], done[_FLOOR])
        last = sizes[-1]
        share = rate * done[last]["work"]
        ratios += [
            Ratio(f"radius {radius}: recall of planted pairs", done[last]["recall"], 1.0),
            Ratio(f"radius {radius}: faiss flat, by its pairs a second, against the join", last * last / share),
            Ratio(
                f"radius {radius}: faiss flat against the join, at faiss's size", measured[0].value / measured[1].value
            ),
        ]
    return Report("duplicates", figures, ratios, ("numpy", "faiss-cpu"))


def _joined(size: int, radius: int) -> dict[str, Any]:
    """One join in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._planted", str(size), str(radius)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    if result["strangers"] or not result["complete"]:
        raise AssertionError(f"the join of {size} hashes at radius {radius} gave {result}")
    return result


def _figures(size: int, radius: int, done: dict[str, Any], floor: dict[str, Any]) -> Iterator[Figure]:
    above = done["peak"] - floor["peak"]
    yield Figure(f"join, radius {radius}", size, done["seconds"], "s")
    yield Figure(f"join, radius {radius}, processor", size, done["work"], "s")
    yield Figure(f"join, radius {radius}, recall", size, done["recall"], "of 1")
    yield Figure(f"join, radius {radius}, peak memory", size, done["peak"] / 1e6, "MB", "the interpreter included")
    yield Figure(f"join, radius {radius}, memory", size, above / size, "bytes/hash", f"above a join of {_FLOOR:,}")


def _faiss(size: int, radius: int) -> tuple[float, list[Figure]]:
    """The pairs a second of the flat index, and how long it and the join take for a set of the same size."""
    import faiss

    faiss.omp_set_num_threads(1)
    planted = Planted(size, radius)
    blocks = list(planted)
    hashes = np.concatenate([block for _, block in blocks])
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    started = time.process_time()
    limits, _, _ = flat.range_search(hashes, radius + 1)  # faiss leaves the radius itself out
    seconds = time.process_time() - started
    if int(limits[-1]) != size + 2 * len(planted.copies):
        raise AssertionError("faiss did not give each hash itself and each planted pair twice")
    started = time.process_time()
    near_groups(blocks, size, radius)
    ours = time.process_time() - started
    return size * size / seconds, [
        Figure(f"faiss flat, radius {radius}, set with itself, processor", size, seconds, "s"),
        Figure(f"join, radius {radius}, in faiss's process, processor", size, ours, "s"),
        Figure(f"faiss flat, radius {radius}, rate", size, size * size / seconds / 1e9, "G pairs/s"),
    ]
