"""A table that a dataset brings along becomes a manifest: here COCO's, for two of the demo's photographs.

Run it where `provenance demo demo` was run.
"""

import json
from pathlib import Path

import provenance as pv
from provenance.records.tables.convert import convert
from provenance.records.tables.description import table_of

COCO = {
    "images": [
        {"file_name": "coffee.png", "license": 1, "coco_url": "https://images.example/coffee.png"},
        {"file_name": "rocket.jpg", "license": 2, "coco_url": "https://images.example/rocket.jpg"},
    ],
    "licenses": [{"id": 1, "name": "Attribution License", "url": "http://creativecommons.org/licenses/by/2.0/"}],
}


def main() -> None:
    Path("instances.json").write_text(json.dumps(COCO))
    with Path("coco.jsonl").open("w") as out:
        done = convert(table_of("coco"), Path("instances.json"), out)
    print(f"{done.rows} rows; without a licence: {done.lacking['licence']}")
    with pv.open("coco.db") as ledger:
        verdicts = ledger.gate("demo/photos", context="demo/context.toml", manifest="coco.jsonl")
        for name in ("coffee.png", "rocket.jpg"):
            verdict = verdicts[name]
            print(name, verdict.decision.value, verdict.reason)


if __name__ == "__main__":
    main()
