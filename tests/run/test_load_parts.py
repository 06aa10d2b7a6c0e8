"""Shards that machines without a ledger looked at, taken into one: as if it had scanned, or not at all."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import provenance as pv
from ledger_rows import rows
from provenance.run.parts import receipt as receipts
from provenance.run.parts import write
from provenance.run.parts.columns import schema
from provenance.sources.collection import Collection
from provenance.sources.share import Share
from shards import tar

NOW = "2026-11-20T12:00:00+00:00"


def look(workspace, shard: str, *more: str):
    return workspace.run("scan", str(workspace.photos), "--shard", shard, "--part-out", "parts", *more)


def load(workspace, *more: str, folders=("parts",)):
    manifest = ["--manifest", str(workspace.manifest)] if workspace.manifest.exists() else []
    return workspace.run("db", "load-parts", *folders, "--ledger", str(workspace.ledger), *manifest, *more)


def verdicts(workspace) -> list[dict]:
    ran = workspace.run(
        "gate", str(workspace.photos), "--ledger", str(workspace.ledger), "--purpose", "MODEL_TRAINING",
        "--format", "jsonl", "--as-of", NOW, "--manifest", str(workspace.manifest), "--records", "records.jsonl",
    )  # fmt: skip
    assert ran.status == 1
    return ran.verdicts


@pytest.mark.parametrize("laid", ["told", "in_tars"])
def test_shards_that_are_loaded_give_the_rows_and_verdicts_of_a_scan(laid, request):
    workspace = request.getfixturevalue(laid)
    found = {}
    for engine in ("inline", "processes"):
        ran = workspace.run(*workspace.scan_arguments("--records", "records.jsonl", "--engine", engine))
        assert ran.status == 0, ran.err
        found[engine] = rows(workspace.ledger), verdicts(workspace)
        workspace.ledger.unlink()
        shutil.rmtree(workspace.root / "ledger.db.index", ignore_errors=True)
    for number, engine in ((2, "threads"), (1, "inline"), (3, "processes")):
        assert look(workspace, f"{number}/3", "--engine", engine).status == 0
    assert not workspace.ledger.exists()
    ran = load(workspace, "--records", "records.jsonl")
    assert ran.status == 0, ran.err
    # One image has to be read where the rows are: only a row asks to compare what it holds.
    assert "; 1 were not as their parts saw them" in ran.err
    found["parts"] = rows(workspace.ledger), verdicts(workspace)
    assert len(found["parts"][0]["item"]) == 401
    assert found["parts"] == found["inline"]
    assert found["processes"] == found["inline"]


def test_a_shard_that_was_killed_keeps_its_parts_and_reads_only_the_rest(crowd, reads, monkeypatch):
    monkeypatch.setattr(write, "_PART_SECONDS", 0.0)  # a part for each image
    real, written = write.PartWriter.put, []

    def put(self, folder):
        if len(written) == 7:
            raise KeyboardInterrupt
        written.append(real(self, folder))
        return written[-1]

    with monkeypatch.context() as patch:
        patch.setattr(write.PartWriter, "put", put)
        assert look(crowd, "1/2", "--engine", "inline").status == 2
    assert len(list(Path("parts").glob("*.parquet"))) == 7
    assert not list(Path("parts").glob("*.json"))
    (crowd.root / "parts" / "shard-1-of-2.json.00000000.partial").write_bytes(b"half of a receipt")
    reads.clear()
    assert look(crowd, "1/2", "--engine", "inline").status == 0
    receipt = json.loads(Path("parts/shard-1-of-2.json").read_text())
    assert len(reads) == receipt["images"] - 7
    assert {part.name for part in written} <= {part["name"] for part in receipt["parts"]}
    assert not list(Path("parts").glob("*.partial"))
    reads.clear()
    assert look(crowd, "1/2").status == 0
    assert reads == []
    assert json.loads(Path("parts/shard-1-of-2.json").read_text()) == receipt


# --- what has changed since -------------------------------------------------------------------------------------------


@pytest.fixture
def few(workspace, image):
    """Ten images that are allowed, looked at in two shards."""
    names = [f"{number}.png" for number in range(10)]
    for number, name in enumerate(names):
        workspace.add(name, image(number))
    workspace.clear(*names)
    time.sleep(0.05)  # what was written a moment ago cannot be told from what is written now
    for number in (1, 2):
        assert look(workspace, f"{number}/2").status == 0
    return workspace


def test_what_changed_since_is_read_and_what_came_or_went_is_as_it_is(few, image, reads):
    few.add("3.png", image(33))
    few.add("new.png", image(44))
    (few.photos / "5.png").unlink()
    reads.clear()
    ran = load(few)
    assert ran.status == 0, ran.err
    assert sorted(reads) == [b"3.png", b"new.png"]
    assert "11 images, 1 unreadable" in ran.err  # 5.png is declared and not there
    taken = rows(few.ledger)
    few.ledger.unlink()
    shutil.rmtree(few.root / "ledger.db.index", ignore_errors=True)
    assert few.run(*few.scan_arguments()).status == 0
    assert rows(few.ledger) == taken


def test_a_shard_that_is_scanned_again_reads_the_parts_that_changed(few, image, reads):
    before = json.loads(Path("parts/shard-1-of-2.json").read_text())
    ours = [name for name in (f"{n}.png" for n in range(10)) if Share(1, 2).holds(name.encode())]
    few.add(ours[0], image(55))
    time.sleep(0.05)
    reads.clear()
    assert look(few, "1/2").status == 0
    after = json.loads(Path("parts/shard-1-of-2.json").read_text())
    assert sorted(reads) == sorted(name.encode() for name in ours)
    assert after["images"] == before["images"]
    assert after["parts"] != before["parts"]
    reads.clear()
    assert load(few).status == 0
    assert reads == []


def test_a_disk_that_failed_where_the_shard_was_looked_at_is_asked_again(workspace, image, monkeypatch):
    workspace.add("a.png", image(1))
    workspace.clear("a.png")
    time.sleep(0.05)

    def failing(self, key, *most):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Collection, "read", failing)
        ran = look(workspace, "1/1", "--engine", "inline")
    assert (ran.status, "1 unreadable" in ran.err) == (0, True)
    assert load(workspace).status == 0
    assert workspace.gate().status == 0


# --- what is refused --------------------------------------------------------------------------------------------------


def refused(workspace, *more: str, folders=("parts",)) -> str:
    """What is said where nothing is taken; and then nothing passes that nobody looked at."""
    ran = load(workspace, *more, folders=folders)
    assert ran.status == 2, ran.err
    with pv.open(workspace.ledger) as ledger:
        judged = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        assert {verdict.reason for verdict in judged} == {"NOT_REGISTERED"}
    return ran.err


def test_a_missing_shard_is_named(few):
    Path("parts/shard-2-of-2.json").unlink()
    assert "1 of 2 shards are missing or unfinished: 2;" in refused(few)


def test_a_shard_that_is_there_twice_is_named(few):
    shutil.copytree("parts", "again")
    assert "shard 1 of 2" in refused(few, folders=("parts", "again"))
    assert load(few, folders=("parts", "parts")).status == 0  # one folder named twice is one


def test_shards_of_two_divisions_do_not_make_a_whole(few):
    assert look(few, "3/3").status == 0
    assert "3 shards instead of 2" in refused(few)


@pytest.mark.parametrize("flag", ["--no-windows", "--exact", "--all-frames"])
def test_shards_made_with_other_options_are_not_mixed(few, flag):
    assert "instead of" in refused(few, flag)
    shutil.rmtree("parts")
    assert look(few, "1/2", flag).status == 0
    assert look(few, "2/2").status == 0
    assert "was made with" in refused(few)
    assert "name another folder" in look(few, "1/2").err
    assert look(few, "2/2", flag).status == 2


def test_shards_of_another_version_are_not_taken(few, monkeypatch):
    real = receipts.Made.now
    shutil.rmtree("parts")
    with monkeypatch.context() as patch:
        patch.setattr(receipts.Made, "now", lambda *given: replace(real(*given), version="0.0.9"))
        for number in (1, 2):
            assert look(few, f"{number}/2").status == 0
    assert "version '0.0.9' instead of" in refused(few)


def test_a_part_whose_bytes_changed_is_not_taken_and_is_written_anew(few):
    part = min(Path("parts").glob("shard-1-*.parquet"))
    sound = part.read_bytes()
    middle = len(sound) // 2
    part.write_bytes(sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :])
    assert "not those that were written" in refused(few)
    part.unlink()
    assert "No such file" in refused(few)
    assert look(few, "1/2").status == 0
    assert load(few).status == 0


def test_parts_that_others_may_write_are_not_believed(few):
    Path("parts").chmod(0o777)
    assert "may be written by everybody" in refused(few)


@pytest.mark.parametrize(
    "change",
    [
        {"images": 99},
        {"settings_sha256": "0" * 64},
        {"parts": []},
        {"made": {"shard": 7, "of": 2}},
        {"parts": [{"name": "../../ledger.db", "sha256": "0" * 64, "images": 5}]},
        {"parts": [{"name": "shard-1-of-2.json", "sha256": "0" * 64, "images": 5}]},
        {"unreadable": "many"},
    ],
    ids=str,
)
def test_a_receipt_that_contradicts_itself_is_not_taken(few, change):
    path = Path("parts/shard-1-of-2.json")
    receipt = json.loads(path.read_text())
    receipt |= change if "made" not in change else {"made": receipt["made"] | change["made"]}
    path.write_text(json.dumps(receipt))
    assert "shard-1-of-2.json" in refused(few)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_what_is_no_receipt_is_not_taken(few, text):
    Path("parts/shard-1-of-2.json").write_text(text)
    assert "shard-1-of-2.json cannot be taken" in refused(few)


def forged(few, change) -> None:
    """Change the rows of a part, and put digests into its receipt that fit."""
    from hashlib import sha256

    path = Path("parts/shard-1-of-2.json")
    receipt = json.loads(path.read_text())
    (part,) = receipt["parts"]
    table = pq.read_table(Path("parts") / part["name"])
    changed = change(table)
    pq.write_table(changed, "forged", use_dictionary=True)
    data = Path("forged").read_bytes()
    digest = sha256(data).hexdigest()
    name = f"shard-1-of-2-{digest}.parquet"
    (Path("parts") / name).write_bytes(data)
    receipt["parts"] = [{"name": name, "sha256": digest, "images": changed.num_rows}]
    receipt["images"] = changed.num_rows
    path.write_text(json.dumps(receipt))


def with_first(**values):
    """A change of the first row."""

    def change(table):
        listed = table.to_pylist()
        for name, value in values.items():
            listed[0][name] = value(listed[0][name]) if callable(value) else value
        return pa.Table.from_pylist(listed, schema=table.schema)

    return change


FORGED = {
    "short digest": with_first(sha256=b"\0" * 31),
    "size below nothing": with_first(size=-1),
    "no such problem": with_first(problem="FINE", sha256=None),
    "neither read nor not": with_first(sha256=None),
    "both read and not": with_first(problem="MISSING", detail="gone"),
    "no fingerprint": with_first(fingerprints=[]),
    "short fingerprint": with_first(fingerprints=lambda found: [found[0] | {"value": b"\0" * 8}, *found[1:]]),
    "unknown algorithm": with_first(fingerprints=lambda found: [found[0] | {"algorithm": "face@1"}, *found[1:]]),
    "quality of 101": with_first(fingerprints=lambda found: [found[0] | {"quality": 101}, *found[1:]]),
    "no such place": with_first(fingerprints=lambda found: [*found, found[0] | {"place": "frame:0"}]),
    "no such verdict": with_first(
        signals=[dict.fromkeys(("subject", "name", "location", "raw", "value"), "RIGHTS") | {
            "verdict": "MAYBE", "trust": "DECLARED", "nonstandard": False,
        }]
    ),
    "a detector's signal": with_first(
        signals=[dict.fromkeys(("subject", "location", "raw", "value"), "PERSON") | {
            "name": "detector:faces", "verdict": "UNKNOWN", "trust": "SUSPECTED", "nonstandard": False,
        }]
    ),
    "no name": with_first(key=b""),
    "text with NUL": with_first(identity="\0"),
    "one image twice": lambda table: pa.concat_tables([table, table]),
    "other columns": lambda table: table.drop_columns(["orientation"]),
    "another shard's rows": lambda table: table.replace_schema_metadata({}),
    "texts of two megabytes": lambda table: pa.Table.from_pylist(
        table.to_pylist()[:1] * 50, schema=table.schema
    ).set_column(2, "identity", pa.array(["x" * (2 << 20)] * 50)),
}  # fmt: skip


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_part_that_no_scan_would_have_written_is_not_taken(few, change):
    forged(few, change)
    assert "cannot be taken" in (told := refused(few)) or "speak of one image" in told


def test_a_part_is_written_as_the_schema_says_and_forging_is_what_breaks_it(few):
    forged(few, lambda table: table)
    assert load(few).status == 0
    part = min(Path("parts").glob("*.parquet"))
    assert pq.read_schema(part).names == schema().names


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--shard", "1/2"], "go together"),
        (["--part-out", "parts"], "go together"),
        (["--shard", "1/2", "--part-out", "parts", "--manifest", "manifest.jsonl"], "--manifest has no use"),
        (["--shard", "1/2", "--part-out", "parts", "--people"], "--people has no use"),
        (["--shard", "3/2", "--part-out", "parts"], "no shard 3 of 2"),
        (["--shard", "1/2", "--part-out", "photos/parts"], "lies in the collection"),
    ],
)
def test_what_does_not_go_together_is_said(few, flags, said):
    ran = few.run("scan", str(few.photos), *flags)
    assert (ran.status, said in ran.err) == (2, True), ran.err


def test_a_single_shard_of_images_is_a_collection_and_its_parts_lie_beside_it(workspace, image):
    tar(workspace.root / "whole.tar", [(f"{number}.png", image(number)) for number in range(3)])
    time.sleep(0.05)
    ran = workspace.run("scan", "whole.tar", "--shard", "1/1", "--part-out", "parts")
    assert (ran.status, "3 images in 1 part" in ran.err) == (0, True), ran.err
    assert "3 images, 0 unreadable, 0 gone; 0 were not" in load(workspace).err


def test_a_folder_without_parts_is_said(few):
    Path("empty").mkdir()
    assert "no receipt" in refused(few, folders=("empty",))


def test_parts_of_another_collection_are_not_taken_for_one(few, image):
    (few.root / "other").mkdir()
    (few.root / "other" / "a.png").write_bytes(image(1))
    with pv.open(few.ledger) as ledger, pytest.raises(pv.InputError, match="not scanned"):
        ledger.scan("other", parts=["parts"])
