"""`python -m benchmarks NAME [--quick] [--json]`: run one benchmark and print its figures."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

from benchmarks.report import Report


def names() -> list[str]:
    """The benchmarks there are: every module of this folder that has a `run`."""
    helpers = {"__init__", "__main__", "report"}
    return sorted(
        path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in helpers and path.stem[0] != "_"
    )


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under a minute, the same keys")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    report: Report = importlib.import_module(f"benchmarks.{arguments.name}").run(arguments.quick)
    if arguments.json:
        print(json.dumps(report.as_dict(), indent=1))
        return
    for figure in report.figures:
        print(f"{figure.name:48} n={figure.n:<12,} {figure.value:12.3f} {figure.unit} {figure.note}")
    for ratio in report.ratios:
        aim = "" if ratio.aim is None else f"aim {ratio.aim:g}: {'met' if ratio.met else 'MISSED'}"
        print(f"{ratio.name:65} {ratio.value:8.2f} {aim}")


if __name__ == "__main__":
    main()
