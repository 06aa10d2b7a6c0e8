"""The library's front door: two lines in a training script."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import provenance as pv

CLOCK = "2026-11-22T12:00:00+00:00"


class Folder:
    """As torchvision's `ImageFolder`: `samples` holds (path, class), and an index gives one."""

    def __init__(self, *paths: Path) -> None:
        self.samples = [(str(path), 0) for path in paths]

    def __len__(self) -> int:
        return len(self.samples)


@pytest.fixture
def gated(workspace, row):
    """One image that may be used, one that nobody declared, and the open ledger."""
    good, bad = workspace.add("good.png"), workspace.add("bad.png")
    workspace.declare([row("good.png")])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        yield ledger, workspace.photos, good, bad


def test_a_gate_that_fails_raises_with_its_summary(gated):
    ledger, photos, _, _ = gated
    verdict = ledger.gate(photos, purpose="MODEL_TRAINING")
    with pytest.raises(pv.GateFailed, match="2 images: 1 allowed, 0 need review, 1 blocked") as raised:
        verdict.raise_for_status()
    assert raised.value.counts == {"ALLOW": 1, "BLOCK": 1}


def test_what_may_be_used_is_given_as_paths_and_as_indices(gated):
    ledger, photos, good, bad = gated
    verdict = ledger.gate(photos, purpose="MODEL_TRAINING")
    assert verdict.allowed() == [str(good)]
    assert verdict.indices(Folder(bad, good, bad, good)) == [1, 3]
    assert verdict.indices([good, bad], path_of=lambda index: str([good, bad][index])) == [0]


def test_a_file_that_the_gate_never_saw_is_in_no_subset(gated, tmp_path):
    ledger, photos, good, _ = gated
    verdict = ledger.gate(photos, purpose="MODEL_TRAINING")
    assert verdict.indices(Folder(tmp_path / "elsewhere.png", good)) == [1]


def test_a_dataset_without_paths_is_refused(gated):
    ledger, photos, _, _ = gated
    with pytest.raises(TypeError, match="path_of"):
        ledger.gate(photos, purpose="MODEL_TRAINING").indices([1, 2, 3])


def test_a_gate_that_passes_raises_nothing(gated):
    ledger, photos, _, bad = gated
    bad.unlink()
    ledger.gate(photos, purpose="MODEL_TRAINING").raise_for_status()


def test_without_a_purpose_nothing_passes(gated):
    ledger, photos, _, _ = gated
    assert {verdict.reason for verdict in ledger.gate(photos)} == {"PURPOSE_MISSING"}


def test_nothing_to_check_is_no_pass(gated, tmp_path):
    ledger, _, _, _ = gated
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(pv.NothingToCheck):
        ledger.gate(empty, purpose="MODEL_TRAINING")
    with pytest.raises(pv.ProvenanceError, match="no collection was named"):
        ledger.gate(purpose="MODEL_TRAINING")


def test_an_image_that_was_never_scanned_is_blocked(gated, tmp_path):
    ledger, photos, good, _ = gated
    (photos / "new.png").write_bytes(good.read_bytes())
    found = {verdict.item: verdict.reason for verdict in ledger.gate(photos, purpose="MODEL_TRAINING")}
    assert found["new.png"] == "NOT_REGISTERED"


def test_bytes_that_changed_since_the_scan_are_blocked(gated):
    ledger, photos, good, _ = gated
    good.write_bytes(good.read_bytes() + b"\0")
    found = {verdict.item: verdict.reason for verdict in ledger.gate(photos, purpose="MODEL_TRAINING")}
    assert found["good.png"] == "FINGERPRINT_MISMATCH"


def test_the_module_runs_as_the_command(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "provenance", "gate", str(tmp_path), "--ledger", str(tmp_path / "l.db")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(pv.__file__).parents[1])},
    )
    assert (ran.returncode, ran.stdout) == (3, "")


def test_derived_tables_that_lost_an_image_never_pass(workspace, row):
    for name in ("a.png", "b.png"):
        workspace.add(name)
    workspace.declare([row("a.png"), row("b.png")])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        assert verdicts.passed()
        with closing(sqlite3.connect(workspace.ledger)) as raw, raw:
            raw.execute("UPDATE fact_set_count SET images = images - 1")
        with pytest.raises(pv.ProvenanceError, match="fact_set_count is not as it was written"):
            ledger.overview(verdicts)
        with pytest.raises(pv.ProvenanceError, match="fact_set_count is not as it was written"):
            ledger.gate(workspace.photos, purpose="MODEL_EVALUATION")  # which was not counted yet
        with closing(sqlite3.connect(workspace.ledger)) as raw, raw:
            raw.execute("UPDATE decision_count SET images = images - 1")
        with pytest.raises(pv.ProvenanceError, match="decision_count is not as it was written"):
            ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
