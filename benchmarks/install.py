"""What it costs to have the package: the size and time of the core and of each extra, and how long a command starts."""

from __future__ import annotations

import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.report import Figure, Ratio, Report

_ROOT: Final = Path(__file__).resolve().parents[1]
_LEFT_OUT: Final = frozenset({"test", "docs", "bench"})
_QUICK: Final = ("report", "serve")
_COMMAND: Final = re.compile(r"^  ([a-z]+)  ", re.MULTILINE)
_MEGABYTE: Final = 1_000_000
_RUNS: Final = 5


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """Install into fresh environments, from the index and without a cache, and start every command."""
    extras = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = _QUICK if quick else tuple(name for name in extras if name not in _LEFT_OUT)
    with tempfile.TemporaryDirectory() as folder:
        core = Path(folder) / "core"
        subprocess.run([sys.executable, "-m", "venv", core], check=True)
        empty = _size(core)
        seconds = _install(core, ".")
        size = _size(core) - empty
        figures = [Figure("install core", 1, seconds, "s"), Figure("size core", 1, size / _MEGABYTE, "MB")]
        for name in wanted:
            other = Path(folder) / name
            shutil.copytree(core, other, symlinks=True)
            before = _size(other)
            seconds = _install(other, f".[{name}]")
            added = (_size(other) - before) / _MEGABYTE
            figures += [Figure(f"install extra {name}", 1, seconds, "s"), Figure(f"size extra {name}", 1, added, "MB")]
            shutil.rmtree(other)
        starts = dict(_starts(core / "bin" / "python"))
    figures += [Figure(f"start {name}", _RUNS, value, "s") for name, value in starts.items()]
    slowest = max(value for name, value in starts.items() if name != "--version")
    ratios = [
        Ratio("seconds to --version", starts["--version"], aim=0.15, better="lower"),
        Ratio("seconds to the slowest --help", slowest, aim=0.3, better="lower"),
    ]
    return Report("install", figures, ratios)


def _install(environment: Path, what: str) -> float:
    started = time.perf_counter()
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-cache-dir", what], cwd=_ROOT, check=True)
    return time.perf_counter() - started


def _size(environment: Path) -> int:
    return sum(file.lstat().st_size for file in environment.rglob("*") if "__pycache__" not in file.parts)


def _starts(python: Path) -> Iterator[tuple[str, float]]:
    """The median processor time of each command's help and of the version, whatever else the machine does."""
    listed = subprocess.run(_call(python, "--help"), capture_output=True, text=True, check=True).stdout
    for words in (["--version"], ["--help"], *([name, "--help"] for name in _COMMAND.findall(listed))):
        took = []
        for _ in range(_RUNS):
            before = _used()
            subprocess.run(_call(python, *words), capture_output=True, check=True)
            took.append(_used() - before)
        yield " ".join(words), statistics.median(took)


def _used() -> float:
    """Seconds of processor time that ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _call(python: Path, *words: str) -> list[str | Path]:
    return [python, "-c", "from provenance.cli.main import main; main()", *words]
