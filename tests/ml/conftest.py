"""A folder of images of which a gate allows some, blocks one for want of a row, and one that is gated nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import provenance as pv

ALLOWED = ("a.png", "sub/b.png", "c.png")
REFUSED = ("sub/refused.png",)


@pytest.fixture
def ledger(workspace: Any, row: Any, image: Any) -> Iterator[pv.Ledger]:
    """The ledger of the workspace, in which its collection `photos` was scanned."""
    for seed, name in enumerate((*ALLOWED, *REFUSED), 1):
        workspace.add(name, image(seed))
    workspace.declare([row(name) for name in ALLOWED])
    with pv.open(workspace.ledger) as opened:
        opened.scan(workspace.photos, manifest=workspace.manifest)
        yield opened


@pytest.fixture
def verdicts(ledger: pv.Ledger, workspace: Any) -> pv.Verdicts:
    """What a gate gave for training on `photos`."""
    return ledger.gate(workspace.photos, purpose="MODEL_TRAINING")


@pytest.fixture
def stored(workspace: Any, verdicts: pv.Verdicts) -> dict[str, bytes]:
    """The bytes of every image, by name."""
    photos: Path = workspace.photos
    return {name: (photos / name).read_bytes() for name in (*ALLOWED, *REFUSED)}
