"""The fuzz script runs, is repeatable, and finds nothing in its first cases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "tests" / "fuzz" / "web_text.py"
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_first_cases_pass():
    done = run("--cases", "1500", "--seed", "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1500 cases (columns ")
    assert " seed 7: 0 failed" in done.stdout


def test_a_single_case_can_be_had_again():
    assert run("--only", "3", "--seed", "7").stdout == run("--only", "3", "--seed", "7").stdout != ""
