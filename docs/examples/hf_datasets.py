"""Hugging Face `datasets`: the rows that may be used, from a folder, after saving, and streaming.

Run it where `provenance demo demo` was run.
"""

from datasets import Image, load_dataset, load_from_disk

import provenance as pv
from provenance.ml.datasets import gate, verdict_columns


def main() -> None:
    photos = load_dataset("imagefolder", data_dir="demo/photos", split="train")
    with pv.open("demo/ledger.db") as ledger:
        verdicts = ledger.gate("demo/photos", context="demo/context.toml")
    allowed = gate(photos, verdicts)
    print(f"{allowed.num_rows} of {photos.num_rows} rows may be used")

    # Saved with their bytes, rows have no names any more: they are known by their bytes.
    photos.save_to_disk("saved")
    saved = load_from_disk("saved")
    print("saved:", gate(saved, verdicts).num_rows)
    print("streamed:", sum(1 for _ in gate(saved.to_iterable_dataset(), verdicts)))

    marked = verdict_columns(photos, verdicts).cast_column("image", Image(decode=False))
    print("marked:", sorted({row["provenance_decision"] for row in marked}))


if __name__ == "__main__":
    main()
