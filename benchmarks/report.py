"""What a benchmark reports (exchange formats, section 6)."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `n` is the size it was measured at; `unit` such as `us/item`."""

    name: str
    n: int
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One value against its aim, if an aim was set. `better` tells in which direction the aim lies."""

    name: str
    value: float
    aim: float | None = None
    better: Literal["higher", "lower"] = "higher"

    @property
    def met(self) -> bool | None:
        """Whether the aim was met; None where there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.better == "higher" else self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a benchmark. `packages` are the distributions whose versions matter to it."""

    benchmark: str
    figures: Sequence[Figure]
    ratios: Sequence[Ratio] = ()
    packages: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {
            "benchmark": self.benchmark,
            "machine": {"cores": os.cpu_count(), "cpu": _cpu()},
            "versions": {"python": platform.python_version(), **_versions(self.packages), **self.versions},
            "figures": [asdict(figure) for figure in self.figures],
            "ratios": [{**asdict(ratio), "met": ratio.met} for ratio in self.ratios],
        }


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
