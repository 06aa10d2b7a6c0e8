"""How the cost of one search grows, drawn from what `python -m benchmarks lookup --json` printed.

python -m benchmarks._plot docs/lookup.svg one.json [more.json]

Needs matplotlib (the extra `bench`). Runs of one size each may be given together.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

_ENGINES: Final = ("faiss flat", "scan", "bands")
_RADII: Final = (15, 31)


def times(reports: list[dict[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Milliseconds of one query by number of hashes, for each engine and radius that was measured.

    >>> times([{"figures": [{"name": "scan, radius 31, one query", "n": 10, "value": 2.0}]}])
    {'scan, radius 31': [(10, 2.0)]}
    """
    wanted = {f"{engine}, radius {radius}" for engine in _ENGINES for radius in _RADII}
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for figure in (figure for report in reports for figure in report["figures"]):
        name, _, rest = figure["name"].rpartition(", ")
        if rest == "one query" and name in wanted:
            found[name].append((figure["n"], figure["value"]))
    return {name: sorted(points) for name, points in sorted(found.items())}


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._plot", description=__doc__)
    parser.add_argument("svg", type=Path)
    parser.add_argument("reports", nargs="+", type=Path)
    arguments = parser.parse_args()
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "lookup"  # the same figures give the same file
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.reports]
    for name, points in times(reports).items():
        style = "-" if name.endswith("31") else "--"
        axes.loglog(*zip(*points, strict=True), style, marker="o", label=name)
    axes.set_xlabel("hashes")
    axes.set_ylabel("milliseconds for one query, one thread")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(arguments.svg, metadata={"Date": None})


if __name__ == "__main__":
    main()
