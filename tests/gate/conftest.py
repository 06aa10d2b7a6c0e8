"""People, consents and clocks for the gate's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def consented(workspace: Any, row: Callable[..., dict[str, Any]]) -> Callable[..., Path]:
    """`consented(name, events)`: an image that shows one adult, and the adult's consent with these events."""

    def make(name: str, events: list[tuple[str, str]], **person: Any) -> Path:
        workspace.add(name)
        shown = {"ref": "p1", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
        workspace.declare(
            [row(name, persons_status="PRESENT", persons_determined_by=None, persons=[{**shown, **person}])]
        )
        evidence = workspace.root / "release.pdf"
        evidence.write_bytes(b"%PDF signed")
        record = {
            "record_id": "r1",
            "person": "p1",
            "basis": "EXPLICIT_CONSENT",
            "purposes": ["MODEL_TRAINING"],
            "form": "EXPRESS",
            "notice_version": "v3",
            "written_release": True,
            "evidence": {"kind": "MODEL_RELEASE", "uri": "release.pdf"},
            "given_by": {"role": "SELF"},
            "events": [{"state": state, "at": at} for state, at in events],
        }
        from hashlib import sha256

        record["evidence"]["sha256"] = sha256(b"%PDF signed").hexdigest()
        records: Path = workspace.root / "records.jsonl"
        records.write_text(json.dumps(record) + "\n")
        return records

    return make
