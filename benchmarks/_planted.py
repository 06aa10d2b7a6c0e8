"""One join of a set with itself in a process of its own: how long it took, how much memory, and what it found.

    python -m benchmarks._planted SIZE RADIUS

The hashes are random and made anew whenever they are asked for, so that none of the memory is theirs. One hash in fifty
of the second half is one of the first half with 0 to `radius` bits flipped.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.interface import Bytes
from provenance.lookup.join import Block, near_groups

_EVERY: Final = 50
_STEP: Final = _EVERY * 2_000


@dataclass(frozen=True, slots=True)
class Planted:
    """So many random hashes with near pairs among them, a block at a time."""

    size: int
    radius: int

    @property
    def copies(self) -> NDArray[np.int64]:
        """The numbers of the copies. The original of each is `size // 2` before it."""
        return np.arange(self.size // 2, self.size, _EVERY)

    def __iter__(self) -> Iterator[Block]:
        half = self.size // 2
        for upper in (False, True):
            for start in range(0, half, _STEP):
                rows = min(_STEP, half - start)
                hashes = _random(self.size, int(upper), start, rows)
                if upper:
                    hashes[::_EVERY] = self._flipped(_random(self.size, 0, start, rows)[::_EVERY], start)
                yield np.arange(start, start + rows) + half * upper, hashes

    def _flipped(self, originals: Bytes, start: int) -> Bytes:
        rng = np.random.default_rng([self.size, self.radius, start])
        order = rng.random((len(originals), 256)).argsort(axis=1)
        flips = order < rng.integers(0, self.radius + 1, (len(originals), 1))
        copies: Bytes = originals ^ np.packbits(flips, axis=1)
        return copies


def _random(size: int, half: int, start: int, rows: int) -> Bytes:
    return np.random.default_rng([size, half, start]).integers(0, 256, (rows, 32), dtype=np.uint8)


def peak_memory() -> int:
    """The most bytes that this process had resident. Raises OSError where there is no Linux to say so.

    `getrusage` will not do: what it gives begins with the size of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    """Print one JSON object: seconds, those of the processor, peak bytes, recall, and how many groups were missing."""
    size, radius = map(int, sys.argv[1:])
    planted = Planted(size, radius)
    started, worked = time.perf_counter(), time.process_time()
    found = near_groups(planted, size, radius)
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    peak = peak_memory()
    copies = planted.copies
    together = found.label[copies] == found.label[copies - size // 2]
    groups = int((found.label == np.arange(size)).sum())
    result = {
        "seconds": seconds,
        "work": work,
        "peak": peak,
        "recall": float(together.mean()),
        "strangers": size - int(together.sum()) - groups,
        "complete": found.complete,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
