"""The adapter for WebDataset, against the library itself, and shards written anew."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile

import pytest

import provenance as pv
from provenance.ml.shards import rewrite
from provenance.ml.webdataset import Allowed

wds = pytest.importorskip("webdataset")
pytestmark = pytest.mark.filterwarnings("ignore")

SHARDS = {"00000.tar": ("000", "001", "002"), "00001.tar": ("100", "101")}
ALLOWED = ["000", "002", "100"]


@pytest.fixture
def shards(workspace, image):
    """Two shards as WebDataset's own writer makes them: an image, its caption and its class."""
    for shard, held in SHARDS.items():
        with wds.TarWriter(str(workspace.photos / shard)) as out:
            for key in held:
                picture = image(int(key) + 1, kind="JPEG")
                out.write({"__key__": key, "jpg": picture, "txt": f"a picture {key}", "cls": 3})
    return workspace.photos


@pytest.fixture
def verdicts(shards, workspace, row):
    workspace.declare([row(f"{shard}::{key}") for shard, keys in SHARDS.items() for key in keys if key in ALLOWED])
    with pv.open(workspace.ledger) as ledger:
        yield ledger.gate(shards, purpose="MODEL_TRAINING", manifest=workspace.manifest)


def urls(folder):
    return [str(folder / shard) for shard in SHARDS]


def keys(samples):
    return [sample["__key__"] for sample in samples]


@pytest.mark.parametrize("by", ["bytes", "name"])
def test_only_allowed_samples_pass(shards, verdicts, by):
    allowed = Allowed(verdicts, by=by)
    assert keys(wds.WebDataset(urls(shards), shardshuffle=False).select(allowed)) == ALLOWED
    copied = pickle.loads(pickle.dumps(Allowed(verdicts, by=by)))
    decoded = list(wds.WebDataset(urls(shards), shardshuffle=False).select(copied).decode("pil"))
    assert [sample["jpg"].size for sample in decoded] == [(64, 48)] * 3


def test_the_bytes_are_known_wherever_the_shard_lies(workspace, shards, verdicts):
    moved = workspace.root / "elsewhere.tar"
    moved.write_bytes((shards / "00000.tar").read_bytes())
    for by in ("bytes", "name"):
        assert keys(wds.WebDataset(str(moved), shardshuffle=False).select(Allowed(verdicts, by=by))) == ["000", "002"]


def test_a_name_does_not_vouch_for_a_shard_that_changed(shards, verdicts, image):
    by_name, by_bytes = Allowed(verdicts, by="name"), Allowed(verdicts)
    with wds.TarWriter(str(shards / "00000.tar")) as out:
        out.write({"__key__": "000", "jpg": image(70, kind="JPEG")})
        out.write({"__key__": "002", "jpg": image(3, kind="JPEG")})
    with pytest.raises(pv.VerdictsStale, match="has changed since the gate"):
        list(wds.WebDataset(urls(shards), shardshuffle=False).select(by_name))
    with pytest.raises(pv.UsageError, match=r"00000\.tar is no shard that was gated, and 000, its first, is unknown"):
        list(wds.WebDataset(urls(shards), shardshuffle=False).select(by_bytes))
    with pytest.raises(pv.VerdictsStale):
        Allowed(verdicts)


def test_an_image_that_was_decoded_already_is_an_error(shards, verdicts):
    with pytest.raises(pv.UsageError, match=r"put \.select before \.decode"):
        list(wds.WebDataset(urls(shards), shardshuffle=False).decode("pil").select(Allowed(verdicts)))


def write(path, samples):
    with wds.TarWriter(str(path)) as out:
        for key, data in samples:
            out.write({"__key__": key, "jpg": data})
    return str(path)


@pytest.mark.parametrize("by", ["bytes", "name"])
@pytest.mark.parametrize("samples", [1, 3, 70])
def test_a_shard_that_the_gate_never_saw_raises_at_its_first_image(workspace, verdicts, image, by, samples):
    strange = write(workspace.root / "strange.tar", [(f"{n:03}", image(200 + n, kind="JPEG")) for n in range(samples)])
    handed_out = []
    with pytest.raises(pv.UsageError, match=r"no path was seen by the gate: .*strange\.tar is no shard that was gated"):
        handed_out += wds.WebDataset(strange, shardshuffle=False).select(Allowed(verdicts, by=by))
    assert handed_out == []


@pytest.mark.parametrize("by", ["bytes", "name"])
def test_it_raises_after_shards_that_were_gated_too(workspace, shards, verdicts, image, by):
    strange = write(workspace.root / "strange.tar", [("9", image(200, kind="JPEG"))])
    stream = iter(wds.WebDataset([*urls(shards), strange], shardshuffle=False).select(Allowed(verdicts, by=by)))
    assert [next(stream)["__key__"] for _ in ALLOWED] == ALLOWED
    with pytest.raises(pv.UsageError, match="strange"):
        next(stream)


def test_an_unseen_image_behind_seen_ones_is_refused_and_named_in_the_log(workspace, shards, verdicts, image, caplog):
    """A shard that was moved and then grew: what was judged passes, what came later does not."""
    seen = {sample["__key__"]: sample["jpg"] for sample in wds.WebDataset(urls(shards), shardshuffle=False)}
    later = [(f"{number}", image(300 + number, kind="JPEG")) for number in range(3)]
    grown = write(workspace.root / "grown.tar", [("000", seen["000"]), *later, ("002", seen["002"])])
    assert keys(wds.WebDataset(grown, shardshuffle=False).select(Allowed(verdicts))) == ["000", "002"]
    assert [record.getMessage() for record in caplog.records] == [
        f"0 of {grown} was not seen by the gate and may not be used; neither may others like it"
    ]


def test_a_gated_shard_whose_first_images_could_not_be_judged_is_no_unknown_shard(workspace, row, image, caplog):
    """What the gate saw and blocked, such as a file cut short, is seen."""
    path = write(workspace.photos / "s.tar", [("0", image(1, kind="JPEG")[:200]), ("1", image(2, kind="JPEG"))])
    workspace.declare([row("s.tar::0"), row("s.tar::1")])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest)
    for by in ("bytes", "name"):
        assert keys(wds.WebDataset(path, shardshuffle=False).select(Allowed(verdicts, by=by))) == ["1"]
    assert caplog.records == []


@pytest.mark.slow
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_in_workers_of_torchs_loader(workspace, shards, verdicts, image, start):
    data = pytest.importorskip("torch.utils.data")
    options = {"batch_size": None, "num_workers": 2, "multiprocessing_context": start}
    dataset = wds.WebDataset(urls(shards), shardshuffle=False).select(Allowed(verdicts))
    assert sorted(keys(data.DataLoader(dataset, **options))) == ALLOWED
    strange = [write(workspace.root / f"s{n}.tar", [("9", image(200 + n, kind="JPEG"))]) for n in range(2)]
    dataset = wds.WebDataset(strange, shardshuffle=False).select(Allowed(verdicts))
    with pytest.raises(pv.UsageError, match="no path was seen by the gate"):
        list(data.DataLoader(dataset, **options))


def test_every_image_of_a_sample_must_pass_and_one_without_is_left_out(workspace, row, image):
    with wds.TarWriter(str(workspace.photos / "s.tar")) as out:
        out.write({"__key__": "both", "jpg": image(1, kind="JPEG"), "mask.png": image(2)})
        out.write({"__key__": "half", "jpg": image(3, kind="JPEG"), "mask.png": image(4)})
        out.write({"__key__": "text", "txt": "nothing to see"})
        out.write({"__key__": "disguised", "bin": image(5)})
    named = ["both.jpg", "both.mask.png", "half.jpg"]
    workspace.declare([row(f"s.tar::{name}") for name in named])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest)
        for by in ("bytes", "name"):
            dataset = wds.WebDataset(str(workspace.photos / "s.tar"), shardshuffle=False)
            assert keys(dataset.select(Allowed(verdicts, by=by))) == ["both"]


def refused(folder):
    lines = (folder / "refused.jsonl").read_text().splitlines()
    return {(line["shard"], line["sample"]): line["reason"] for line in map(json.loads, lines)}


def test_shards_are_written_anew_with_their_verdicts(workspace, shards, verdicts):
    clean = workspace.root / "clean"
    done = rewrite(verdicts, clean)
    assert [(one.shard, one.kept, one.refused) for one in done] == [("00000.tar", 2, 1), ("00001.tar", 1, 1)]
    assert refused(clean) == {
        ("00000.tar", "001"): verdicts["00000.tar::001"].reason,
        ("00001.tar", "101"): verdicts["00001.tar::101"].reason,
    }
    before = {sample["__key__"]: sample for sample in wds.WebDataset(urls(shards), shardshuffle=False)}
    after = list(wds.WebDataset(urls(clean), shardshuffle=False))
    assert keys(after) == ALLOWED
    for sample in after:
        assert {name: sample[name] for name in ("jpg", "txt", "cls")} == {
            name: before[sample["__key__"]][name] for name in ("jpg", "txt", "cls")
        }
        verdict = json.loads(sample["provenance"])
        assert verdict["decision"] == "ALLOW"
        assert bytes.fromhex(verdict["sha256"]) == verdicts[f"{_shard(sample)}::{sample['__key__']}"].sha256
    with pytest.raises(pv.UsageError, match="is not empty"):
        rewrite(verdicts, clean)
    with pv.open(workspace.root / "clean.db") as ledger:
        again = ledger.gate(clean, purpose="MODEL_TRAINING", manifest=workspace.manifest)
        assert again.passed()
        assert list(again.keys()) == [f"{_shard(sample)}::{sample['__key__']}" for sample in after]
        assert "a picture 000" in json.dumps(ledger.explain("00000.tar::000", again.context).declared)


def _shard(sample):
    return os.path.basename(sample["__url__"])  # noqa: PTH119


def test_a_shard_cut_short_keys_that_stand_twice_and_keys_in_two_shards(workspace, row, image):
    def shard(name, members, cut=0):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as out:
            for member, data in members:
                info = tarfile.TarInfo(member)
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
        data = stream.getvalue()
        (workspace.photos / name).write_bytes(data[: len(data) - cut])

    shard("a.tar", [("1.png", image(1)), ("2.png", image(2)), ("2.png", image(3))])
    shard("b.tar", [("1.png", image(4)), ("9.png", image(5))])
    shard("cut.tar", [("5.png", image(6)), ("6.png", image(7))], cut=12_000)
    workspace.declare([row(name) for name in ("a.tar::1", "b.tar::1", "b.tar::9", "cut.tar::5")])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest)
        done = {one.shard: one for one in rewrite(verdicts, workspace.root / "clean")}
    left_out = refused(workspace.root / "clean")
    assert (done["a.tar"].kept, done["b.tar"].kept, done["b.tar"].repeated, done["cut.tar"].kept) == (1, 2, 1, 1)
    assert ("a.tar", "2") in left_out
    assert left_out["cut.tar", ""] == "CONTENT_NOT_LOOKED_INTO"
    assert ("cut.tar", "6") in left_out
    assert not {("a.tar", "1"), ("b.tar", "1"), ("b.tar", "9"), ("cut.tar", "5")} & left_out.keys()
