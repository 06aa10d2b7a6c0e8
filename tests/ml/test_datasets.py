"""The adapter for Hugging Face `datasets`, against the library itself and without a network."""

from __future__ import annotations

import io
import json
import os
import pickle
from pathlib import Path

import pytest
from PIL import Image

import provenance as pv
from provenance.ml.datasets import gate, verdict_columns

from .conftest import ALLOWED, REFUSED

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
hf = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def imagefolder(workspace, verdicts):
    """The gated folder as `datasets` reads it: with paths, and no bytes."""
    return hf.load_dataset(
        "imagefolder",
        data_dir=str(workspace.photos),
        split="train",
        drop_labels=True,
        cache_dir=str(workspace.root / "cache"),
    )


@pytest.fixture
def embedded(stored):
    """The images with their bytes and without their names."""
    rows = [{"bytes": data, "path": None} for data in stored.values()]
    return hf.Dataset.from_dict(
        {"name": list(stored), "image": rows}, features=hf.Features({"name": hf.Value("string"), "image": hf.Image()})
    )


def with_row(dataset, name, stored):
    """The dataset with one row more."""
    more = hf.Dataset.from_dict({"name": [name], "image": [stored]}, features=dataset.features)
    return hf.concatenate_datasets([dataset, more])


def names(dataset):
    return [row["name"] for row in dataset]


def test_the_allowed_rows_of_an_imagefolder_by_path_without_a_copy(imagefolder, verdicts, stored):
    kept = gate(imagefolder, verdicts)
    assert kept.num_rows == len(ALLOWED)
    assert kept.cache_files == imagefolder.cache_files
    raw = kept.cast_column("image", hf.Image(decode=False))
    assert {Path(row["image"]["path"]).name for row in raw} == {Path(name).name for name in ALLOWED}


def test_rows_are_known_by_their_bytes(embedded, verdicts):
    assert names(gate(embedded, verdicts)) == list(ALLOWED)
    assert isinstance(gate(embedded, verdicts)[0]["image"], Image.Image)
    assert names(gate(embedded.shuffle(seed=3), verdicts).sort("name")) == sorted(ALLOWED)


def test_a_ledger_is_gated_on_the_way(embedded, ledger, workspace):
    assert names(gate(embedded, ledger, str(workspace.photos), purpose="MODEL_TRAINING")) == list(ALLOWED)
    with pytest.raises(pv.UsageError, match="no collection"):
        gate(embedded, ledger)


def test_after_map_saving_and_sharding_the_bytes_are_still_known(embedded, verdicts, workspace):
    mapped = embedded.map(lambda row: {"length": len(row["name"])})
    assert names(gate(mapped, verdicts)) == list(ALLOWED)
    mapped.save_to_disk(str(workspace.root / "saved"), num_shards=2)
    assert names(gate(hf.load_from_disk(str(workspace.root / "saved")), verdicts)) == list(ALLOWED)
    for index in range(2):
        mapped.shard(2, index).to_parquet(str(workspace.root / f"part-{index}.parquet"))
    parts = hf.load_dataset(
        "parquet",
        data_files=str(workspace.root / "part-*.parquet"),
        split="train",
        cache_dir=str(workspace.root / "cache"),
    )
    assert sorted(names(gate(parts, verdicts))) == sorted(ALLOWED)


def test_an_image_that_was_encoded_again_is_none_that_the_gate_saw(embedded, verdicts):
    turned = embedded.map(lambda row: {"image": row["image"].rotate(90)})
    with pytest.raises(pv.UsageError, match="no path was seen by the gate"):
        gate(turned, verdicts)


def test_every_split_is_gated(embedded, verdicts):
    splits = hf.DatasetDict({"train": embedded, "test": embedded.select([0, 3])})
    kept = gate(splits, verdicts)
    assert isinstance(kept, hf.DatasetDict)
    assert {name: len(split) for name, split in kept.items()} == {"train": 3, "test": 1}
    streamed = gate(hf.IterableDatasetDict({"train": embedded.to_iterable_dataset()}), verdicts)
    assert names(streamed["train"]) == list(ALLOWED)


def test_a_stream_is_gated_as_it_flows_and_decodes_as_before(embedded, verdicts):
    stream = gate(embedded.to_iterable_dataset(num_shards=2), verdicts)
    rows = list(stream)
    assert [row["name"] for row in rows] == list(ALLOWED)
    assert all(isinstance(row["image"], Image.Image) for row in rows)
    assert names(pickle.loads(pickle.dumps(stream))) == list(ALLOWED)


def test_a_stream_of_which_nothing_was_seen_raises(verdicts, image):
    unseen = hf.Dataset.from_dict(
        {"image": [{"bytes": image(90 + n), "path": None} for n in range(3)]},
        features=hf.Features({"image": hf.Image()}),
    )
    with pytest.raises(pv.UsageError, match="no path was seen"):
        list(gate(unseen.to_iterable_dataset(), verdicts))
    with pytest.raises(pv.UsageError, match="no path was seen"):
        gate(unseen, verdicts)


def test_an_unseen_row_among_seen_ones_is_left_out(embedded, verdicts, image):
    mixed = with_row(embedded, "new", {"bytes": image(77), "path": None})
    assert names(gate(mixed, verdicts)) == list(ALLOWED)
    assert names(gate(mixed.to_iterable_dataset(), verdicts)) == list(ALLOWED)


def test_a_name_does_not_vouch_for_other_bytes(embedded, verdicts, workspace, image):
    path = str(workspace.photos / "a.png")
    seen = embedded.cast_column("image", hf.Image(decode=False))[0]["image"]
    disguised = hf.Dataset.from_dict({"name": ["a", "b"], "image": [seen, {"bytes": image(78), "path": path}]})
    assert names(gate(disguised, verdicts, image="image")) == ["a"]


def test_columns_say_what_was_decided(embedded, verdicts):
    marked = verdict_columns(embedded, verdicts)
    said = {row["name"]: (row["provenance_decision"], row["provenance_reason"]) for row in marked}
    assert said == {name: (verdicts[name].decision.value, verdicts[name].reason) for name in (*ALLOWED, *REFUSED)}
    streamed = {
        row["name"]: (row["provenance_decision"], row["provenance_reason"])
        for row in verdict_columns(embedded.to_iterable_dataset(), verdicts)
    }
    assert streamed == said


def test_every_image_of_a_row_must_pass(stored, verdicts):
    pairs = [["a.png", "c.png"], ["a.png", "sub/refused.png"], []]
    lists = [[{"bytes": stored[name], "path": None} for name in pair] for pair in pairs]
    features = hf.Features({"name": hf.Value("string"), "images": hf.List(hf.Image())})
    rows = hf.Dataset.from_dict({"name": ["good", "mixed", "empty"], "images": lists}, features=features)
    assert names(gate(rows, verdicts)) == ["good"]
    assert names(gate(rows.to_iterable_dataset(), verdicts)) == ["good"]


def test_two_columns_of_images_and_one_that_is_asked_for(stored, verdicts):
    features = hf.Features({"name": hf.Value("string"), "photo": hf.Image(), "mask": hf.Image()})
    stream = io.BytesIO()
    Image.new("L", (4, 4)).save(stream, "PNG")
    mask = {"bytes": stream.getvalue(), "path": None}
    rows = hf.Dataset.from_dict(
        {
            "name": list(stored),
            "photo": [{"bytes": data, "path": None} for data in stored.values()],
            "mask": [mask] * len(stored),
        },
        features=features,
    )
    with pytest.raises(pv.UsageError, match="no path was seen"):
        gate(rows, verdicts)
    assert names(gate(rows, verdicts, image="photo")) == list(ALLOWED)
    with pytest.raises(pv.UsageError, match="no column fotos"):
        gate(rows, verdicts, image="fotos")


def test_plain_columns_of_bytes_or_paths_are_named(stored, verdicts, workspace):
    by_bytes = hf.Dataset.from_dict({"name": list(stored), "jpg": list(stored.values())})
    with pytest.raises(pv.UsageError, match="no column of the type Image"):
        gate(by_bytes, verdicts)
    assert names(gate(by_bytes, verdicts, image="jpg")) == list(ALLOWED)
    by_path = hf.Dataset.from_dict({"name": list(stored), "file": [str(workspace.photos / name) for name in stored]})
    assert names(gate(by_path, verdicts, image="file")) == list(ALLOWED)


def test_a_row_without_an_image_is_not_handed_out(embedded, verdicts):
    assert "nothing" not in names(gate(with_row(embedded, "nothing", None), verdicts))


def test_without_the_library_it_says_what_to_install(verdicts, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(pv.MissingExtra, match=r"consent-provenance\[hf\]"):
        gate(object(), verdicts)


def test_a_saved_dataset_is_a_collection_whose_rows_are_items(embedded, ledger, workspace, row):
    saved = workspace.root / "saved"
    embedded.save_to_disk(str(saved), num_shards=2)
    keys = ["data-00000-of-00002.arrow::0", "data-00001-of-00002.arrow::1"]
    (workspace.root / "saved.jsonl").write_text("".join(json.dumps(row(key)) + "\n" for key in keys))
    verdicts = ledger.gate(saved, purpose="MODEL_TRAINING", manifest=workspace.root / "saved.jsonl")
    assert [verdict.item for verdict in verdicts if verdict.decision == "ALLOW"] == keys
    assert len(verdicts) == embedded.num_rows
    assert names(gate(hf.load_from_disk(str(saved)), verdicts)) == [embedded[0]["name"], embedded[3]["name"]]


def test_parts_of_which_one_has_other_columns_are_all_gated(embedded, ledger, workspace, row):
    folder = workspace.root / "parts"
    folder.mkdir()
    embedded.select([0, 1]).to_parquet(str(folder / "0.parquet"))
    embedded.select([2, 3]).rename_column("image", "picture").to_parquet(str(folder / "1.parquet"))
    verdicts = ledger.gate(folder, purpose="MODEL_TRAINING")
    assert sorted(verdicts.keys()) == ["0.parquet::0", "0.parquet::1", "1.parquet::0", "1.parquet::1"]
    assert not verdicts.allowed()
