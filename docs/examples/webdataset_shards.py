"""WebDataset: samples that may be used, out of shards as they are, and shards written anew.

Run it where `provenance demo demo` was run.
"""

import json
from pathlib import Path

import webdataset as wds

import provenance as pv
from provenance.ml.shards import rewrite
from provenance.ml.webdataset import Allowed


def pack() -> None:
    """The demo's photographs as a shard, and its manifest with the names that they have in there."""
    Path("shards").mkdir()
    rows = [json.loads(line) for line in Path("demo/manifest.jsonl").read_text().splitlines()]
    with wds.TarWriter("shards/00000.tar") as shard, Path("shards.jsonl").open("w") as manifest:
        for row in rows:
            path = Path("demo/photos") / row["file_name"]
            shard.write({"__key__": path.stem, path.suffix[1:]: path.read_bytes()})
            manifest.write(json.dumps(row | {"file_name": f"00000.tar::{path.stem}"}) + "\n")


def main() -> None:
    pack()
    with pv.open("shards.db") as ledger:
        verdicts = ledger.gate("shards", context="demo/context.toml", manifest="shards.jsonl")
        print(verdicts.summary())
        allowed = wds.WebDataset("shards/00000.tar", shardshuffle=False).select(Allowed(verdicts))
        print("selected:", [sample["__key__"] for sample in allowed])
        for shard in rewrite(verdicts, "clean"):
            print(f"{shard.shard}: {shard.kept} kept, {shard.refused} refused")


if __name__ == "__main__":
    main()
