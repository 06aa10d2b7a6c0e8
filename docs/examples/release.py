"""What goes out with a dataset: an allow-list, a Croissant description and a data card.

Run it where `provenance demo demo` was run.
"""

import json
from pathlib import Path

import provenance as pv
from provenance.report.formats import FORMATS
from provenance.report.gate_report import GateReport


def main() -> None:
    with pv.open("demo/ledger.db") as ledger:
        report = GateReport(ledger.gate("demo/photos", context="demo/context.toml"), ledger=ledger)
        for name, file in {
            "allow-list": "allowed.txt",
            "croissant": "croissant.json",
            "data-card": "README.md",
        }.items():
            with Path(file).open("w") as out:
                FORMATS[name].write(report, out)
    print(len(Path("allowed.txt").read_text().splitlines()), "images in allowed.txt")
    described = json.loads(Path("croissant.json").read_text())
    print("licences:", ", ".join(described["license"]))
    print(Path("README.md").read_text().splitlines()[1])


if __name__ == "__main__":
    main()
