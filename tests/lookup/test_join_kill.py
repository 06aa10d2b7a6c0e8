"""A join that is killed leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]

JOIN = """
import sys, time
from pathlib import Path
import numpy as np
from provenance.lookup.join import near_groups

class Blocks:
    passes = 0

    def __iter__(self):
        hashes = np.random.default_rng(1).integers(0, 256, (2_000, 32), dtype=np.uint8)
        yield np.arange(2_000), hashes
        self.passes += 1
        if self.passes == 2:
            print("written", flush=True)
            time.sleep(600)

near_groups(Blocks(), 2_000, 31, folder=Path(sys.argv[1]), rows=100)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there has a file no name from the start")
def test_nothing_is_left_by_a_kill(tmp_path):
    command = [sys.executable, "-c", JOIN, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "written\n"
            opened = [str(link.readlink()) for link in Path(f"/proc/{running.pid}/fd").iterdir()]
            assert sum(name.startswith(str(tmp_path)) for name in opened) == 2  # the spills lie in that folder
        finally:
            running.kill()
    assert list(tmp_path.iterdir()) == []
