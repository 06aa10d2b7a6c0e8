"""People, consents and clocks for the gate's tests."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import provenance as pv

NOW = datetime.now(UTC)
NO_SOURCE = {"source_url": None, "page_url": None, "acquired_at": None}
NO_LICENCE = {"licence": None}
IMAGES = {
    "allowed.png": (1, {}),
    "sourceless.png": (2, NO_SOURCE),
    "copy of sourceless.jpg": (2, {}),
    "on a list.png": (3, {}),
    "blocked by a reviewer.png": (4, NO_LICENCE),
    "copy of blocked.jpg": (4, {}),
    "waived.png": (5, NO_LICENCE),
    "let through by a reviewer.png": (6, NO_LICENCE),
    "to be decided.png": (7, NO_LICENCE),
    "gone.png": (8, {}),
    "other bytes.png": (9, {}),
}
SIGNED = b"%PDF signed"
PERSON = {"ref": "p1", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
CONSENT = {
    "record_id": "r1",
    "person": "p1",
    "basis": "EXPLICIT_CONSENT",
    "purposes": ["MODEL_TRAINING"],
    "form": "EXPRESS",
    "notice_version": "v3",
    "written_release": True,
    "evidence": {"kind": "MODEL_RELEASE", "uri": "release.pdf", "sha256": sha256(SIGNED).hexdigest()},
    "given_by": {"role": "SELF"},
}
WAIVER = """
[[waiver]]
code = "LICENCE_MISSING"
items = ["waived.png"]
purpose = "MODEL_TRAINING"
reason = "our own archive"
approver = "J. Morin"
ticket = "LEGAL-77"
date = {today}
expires = {later}
"""


@pytest.fixture
def consented(workspace: Any, row: Callable[..., dict[str, Any]]) -> Callable[..., Path]:
    """`consented(name, events)`: an image that shows one adult, and the adult's consent with these events."""

    def make(name: str, events: list[tuple[str, str]], **person: Any) -> Path:
        workspace.add(name)
        workspace.declare(
            [row(name, persons_status="PRESENT", persons_determined_by=None, persons=[{**PERSON, **person}])]
        )
        (workspace.root / "release.pdf").write_bytes(SIGNED)
        record = {**CONSENT, "events": [{"state": state, "at": at} for state, at in events]}
        records: Path = workspace.root / "records.jsonl"
        records.write_text(json.dumps(record) + "\n")
        return records

    return make


@pytest.fixture
def told(workspace: Any, image: Callable[..., bytes], row: Callable[..., dict[str, Any]]) -> Path:
    """A ledger in which every kind of thing is known of some image; gives the waivers' file."""
    for name, (seed, _) in IMAGES.items():
        picture = image(seed)
        if name.endswith(".jpg"):
            again = io.BytesIO()
            Image.open(io.BytesIO(picture)).save(again, "JPEG", quality=92)
            picture = again.getvalue()
        workspace.add(name, picture)
    workspace.add("portrait.png", image(10))
    shown = row("portrait.png", persons_status="PRESENT", persons_determined_by=None, persons=[PERSON])
    workspace.declare([*(row(name, **changes) for name, (_, changes) in IMAGES.items()), shown])
    (workspace.root / "release.pdf").write_bytes(SIGNED)
    records = workspace.root / "records.jsonl"
    records.write_text(json.dumps({**CONSENT, "events": [{"state": "GIVEN", "at": "2026-05-01T00:00:00Z"}]}) + "\n")
    assert workspace.run(*workspace.scan_arguments("--records", str(records))).status == 0

    asked = ["review", "export", "photos", "--ledger", "ledger.db", "--purpose", "MODEL_TRAINING"]
    rows = list(csv.DictReader(io.StringIO(workspace.run(*asked).out)))
    for name, decision in (("blocked by a reviewer.png", "BLOCK"), ("let through by a reviewer.png", "ALLOW")):
        for one in rows:
            if one["item"] == name:
                one.update(decision=decision, reviewer="J. Morin", at=NOW.isoformat(), reason="seen")
    with (workspace.root / "decided.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    taken = workspace.run("review", "import", "decided.csv", "--ledger", "ledger.db")
    assert taken.status == 0, taken.err

    waivers = workspace.root / "waivers.toml"
    waivers.write_text(WAIVER.format(today=NOW.date(), later=NOW.date() + timedelta(days=60)))
    with pv.open(workspace.ledger) as ledger:
        listed = sha256((workspace.photos / "on a list.png").read_bytes()).hexdigest()
        (workspace.root / "takedown.txt").write_text(listed + "\n")
        ledger.add_list(workspace.root / "takedown.txt", kind="sha256", purpose="suppression")
        ledger.keep_duplicates()
    return waivers
