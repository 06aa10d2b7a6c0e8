"""The scenarios that are kept beside the project, run by their own runner."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.corpus
@pytest.mark.slow
def test_every_scenario_comes_out_as_it_should():
    runner = _ROOT.parent / "shared" / "scenarios" / "run"
    if not runner.is_file():
        pytest.skip("the scenarios are not here")
    scenarios = len(list(runner.parent.glob("*.json")))
    command = shlex.join([sys.executable, "-c", "from provenance.cli.main import main; main()"])
    done = subprocess.run(
        [sys.executable, runner, "--command", command],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == f"{scenarios} passed, 0 failed"
