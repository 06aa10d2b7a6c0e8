"""What a scan reads."""

from __future__ import annotations

import json
import random

import pytest

from provenance.sources.folder import FolderSource


@pytest.fixture
def reads(monkeypatch):
    """The keys of every image whose bytes are read."""
    found = []
    real = FolderSource.read

    def read(self, key, *most):
        if not key.lower().endswith(b".xmp"):
            found.append(key)
        return real(self, key, *most)

    monkeypatch.setattr(FolderSource, "read", read)
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
