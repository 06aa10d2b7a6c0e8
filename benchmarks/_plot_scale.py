"""How long three billion images take on how many cores, drawn from what `python -m benchmarks scale --json` printed.

python -m benchmarks._plot_scale docs/scale.svg scale.json

Needs matplotlib (the extra `bench`).
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any


def hours(report: dict[str, Any]) -> list[tuple[int, float]]:
    """Cores and hours of a scan.

    >>> hours({"figures": [{"name": "scan on 1,024 cores", "value": 2.0}]})
    [(1024, 2.0)]
    """
    found = ((re.fullmatch(r"scan on ([0-9,]+) cores", one["name"]), one["value"]) for one in report["figures"])
    return sorted((int(name[1].replace(",", "")), value) for name, value in found if name)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._plot_scale", description=__doc__)
    parser.add_argument("svg", type=Path)
    parser.add_argument("report", type=Path)
    arguments = parser.parse_args()
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "scale"  # the same figures give the same file
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.loglog(*zip(*hours(json.loads(arguments.report.read_text(encoding="utf-8"))), strict=True), marker="o")
    axes.set_xlabel("cores")
    axes.set_ylabel("hours for 3,000,000,000 images of 0.2 megapixels")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(arguments.svg, metadata={"Date": None})


if __name__ == "__main__":
    main()
