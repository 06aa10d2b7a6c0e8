"""What a scan reads."""

from __future__ import annotations

import json
import random
import shutil

import pytest

from provenance.sources.collection import Collection
from shards import tar


@pytest.fixture
def reads(monkeypatch):
    """The keys of every image whose bytes are read."""
    found = []
    real = Collection.read

    def read(self, key, *most):
        if not key.lower().endswith(b".xmp"):
            found.append(key)
        return real(self, key, *most)

    monkeypatch.setattr(Collection, "read", read)
    return found


@pytest.fixture
def crowd(workspace, image, row):
    """Hundreds of images with people, consents, broken files and captions: a scan of a second or two."""
    rng = random.Random(7)
    rows, records = [], []
    for number in range(400):
        name = f"{number % 7}/{number:04}.jpg"
        workspace.add(name, image(number % 350, kind="JPEG") if number % 50 else b"broken")
        ref = rng.randrange(40)
        person = {"ref": f"p{ref}", "age": 15 + ref % 25, "jurisdictions": ["CA"]}
        shown = {"persons_status": "PRESENT", "persons": [person]} if number % 3 else {}
        rows.append(row(name, caption=f"picture {number % 11}", **shown))
    for number in range(40):
        at = f"2026-0{rng.randrange(1, 10)}-01T00:00:00+00:00"
        named = [f"{n % 7}/{n:04}.jpg" for n in range(number * 10, number * 10 + 10)]
        records.append(
            {
                "record_id": f"r{number}",
                "person": f"p{number}",
                "basis": "EXPLICIT_CONSENT",
                "purposes": ["MODEL_TRAINING"],
                **({"items": named} if number % 2 else {}),
                "events": [{"state": "GIVEN", "at": at}],
            }
        )
    workspace.declare(rows)
    path = workspace.root / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return workspace


@pytest.fixture
def told(crowd, image, row):
    """The crowd, with a picture of somebody made unrecognisable with another picture behind its own."""
    crowd.add("blurred.jpg", image(900, kind="JPEG") + image(901, kind="JPEG"))
    crowd.add("1/0001.xmp", b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    person = {"ref": "p1", "identifiable": False, "anonymisation": {"method": "blur", "reviewer": "AB"}}
    with crowd.manifest.open("a") as manifest:
        manifest.write(json.dumps(row("blurred.jpg", persons_status="PRESENT", persons=[person])) + "\n")
    return crowd


@pytest.fixture
def in_tars(told):
    """The same images in four tar shards, and the manifest by their names there."""
    names = sorted(str(path.relative_to(told.photos)) for path in told.photos.rglob("*.jpg"))
    shard_of = {name: f"{number % 4}.tar" for number, name in enumerate(names)}
    members = {name: (told.photos / name).read_bytes() for name in names}
    shutil.rmtree(told.photos)
    for shard in set(shard_of.values()):
        tar(told.photos / shard, [(name, members[name]) for name in names if shard_of[name] == shard])
    declared = [json.loads(line) for line in told.manifest.read_text().splitlines()]
    told.declare([one | {"file_name": f"{shard_of[one['file_name']]}::{one['file_name']}"} for one in declared])
    return told
