"""A join of more hashes needs little more memory, once its buffers are full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]

MEASURE = """
import sys
from pathlib import Path
import numpy as np
from provenance.lookup.join import near_groups
count = int(sys.argv[1])

class Blocks:
    def __iter__(self):
        for start in range(0, count, 10_000):
            hashes = np.random.default_rng(start).integers(0, 256, (10_000, 32), dtype=np.uint8)
            hashes[::2] = 7  # copies of one hash, which need no more
            yield np.arange(start, start + 10_000), hashes

found = near_groups(Blocks(), count, 1, rows=10_000)
assert found.complete and (found.label[::2] == 0).all()
# What getrusage gives would begin with the size of the process that started this one.
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def peak(count: int) -> int:
    """The most memory in KiB that a join of so many hashes needs."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(count)],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of one process")
def test_a_hash_more_needs_few_bytes_more():
    few, many = peak(100_000), peak(500_000)
    # 16 bytes for each further hash. The hash itself has 32, and an order of 8 bytes beside it 40.
    assert (many - few) * 1024 < 16 * 400_000, (few, many)
