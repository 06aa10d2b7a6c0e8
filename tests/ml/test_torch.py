"""The adapter for PyTorch: with datasets that keep its protocol, and in its own loader where it is installed."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import provenance as pv
from provenance.ml.torch import AllowedSampler, Gated, indices, skipping
from provenance.rights.about import About

from .conftest import ALLOWED, REFUSED

NAMES = (*ALLOWED, *REFUSED)


@dataclass
class Photos:
    """A map-style dataset as torchvision's ImageFolder is one: `samples` of path and class."""

    samples: list[tuple[str, int]]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, _ = self.samples[index]
        return Path(path).name, len(Path(path).read_bytes())


@pytest.fixture
def photos(workspace, verdicts):
    return Photos([(str(workspace.photos / name), 0) for name in NAMES])


def test_positions_and_the_sampler_give_the_allowed_images(photos, verdicts):
    assert indices(photos, verdicts) == [0, 1, 2]
    sampler = AllowedSampler(photos, verdicts, seed=7)
    epochs = [list(sampler) for _ in range(20)]
    assert {tuple(sorted(epoch)) for epoch in epochs} == {(0, 1, 2)}
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert len(sampler) == 3
    again = AllowedSampler(photos, verdicts, seed=7)
    again.set_epoch(5)
    assert list(again) == epochs[5]
    assert list(AllowedSampler(photos, verdicts, shuffle=False)) == [0, 1, 2]


def test_a_refused_image_raises_is_skipped_or_replaced(photos, verdicts):
    with pytest.raises(pv.ImageRefused, match=r"refused\.png may not be used \(\w+\)"):
        Gated(photos, verdicts)[3]
    assert Gated(photos, verdicts, refused="skip")[3] is None
    assert Gated(photos, verdicts, refused=lambda position: ("instead", position))[-1] == ("instead", 3)
    assert Gated(photos, verdicts)[0] == photos[0]
    assert len(Gated(photos, verdicts)) == 4
    with pytest.raises(IndexError):
        Gated(photos, verdicts)[4]
    with pytest.raises(pv.UsageError, match="refused is 'ignore'"):
        Gated(photos, verdicts, refused="ignore")


def test_what_the_gate_never_saw_raises_or_is_refused(workspace, photos, verdicts, image):
    elsewhere = workspace.root / "elsewhere.png"
    elsewhere.write_bytes(image(50))
    with pytest.raises(pv.UsageError, match="no path was seen by the gate"):
        Gated(Photos([(str(elsewhere), 0)]), verdicts)
    with pytest.raises(pv.UsageError, match="no path was seen by the gate"):
        AllowedSampler(Photos([(str(elsewhere), 0)]), verdicts)
    mixed = Gated(Photos([*photos.samples, (str(elsewhere), 0)]), verdicts, refused="skip")
    assert mixed[4] is None
    assert mixed[0] is not None


def test_a_file_that_changes_in_the_middle_of_training_is_refused(workspace, photos, verdicts, stored):
    gated = Gated(photos, verdicts, every=3600)
    assert gated[0] == photos[0]
    (workspace.photos / "a.png").write_bytes(stored["c.png"] + b"more")
    with pytest.raises(pv.ImageRefused, match="NOT_REGISTERED"):
        gated[0]


def test_an_epoch_after_a_withdrawal_is_without_what_was_withdrawn(ledger, photos, verdicts):
    sampler = AllowedSampler(photos, verdicts)
    assert sorted(sampler) == [0, 1, 2]
    ledger.rights.file("restrict", About(items=(ALLOWED[1],)), requester="T-1", by="AB")
    assert sorted(sampler) == [0, 2]
    assert len(sampler) == 2
    ledger.rights.lift("Q-1", by="AB", note="settled")
    assert sorted(sampler) == [0, 1, 2]


def test_what_is_withdrawn_in_the_middle_of_training_is_refused(workspace, ledger, row, photos, verdicts):
    gated = Gated(photos, verdicts, every=0.0)
    assert gated[0] == photos[0]
    rows = [row(name) for name in ALLOWED]
    rows[0]["persons_status"] = "PRESENT"
    workspace.declare(rows)
    ledger.scan(workspace.photos, manifest=workspace.manifest)
    with pytest.raises(pv.ImageRefused, match=r"a\.png may not be used"):
        gated[0]
    assert gated[2] == photos[2]
    assert gated.verdicts["a.png"].decision is not pv.Decision.ALLOW


def test_the_ledger_is_asked_at_most_as_often_as_it_was_said(photos, verdicts, monkeypatch):
    asked = []
    monkeypatch.setattr(pv.Verdicts, "stand", lambda self: asked.append(time.monotonic()) or True)
    gated = Gated(photos, verdicts, every=3600)
    for _ in range(50):
        gated[0]
    assert asked == []


def test_another_process_reads_on_where_this_one_was(photos, verdicts):
    gated = pickle.loads(pickle.dumps(Gated(photos, verdicts, refused="skip", every=0.0)))
    assert [gated[position] is not None for position in range(4)] == [True, True, True, False]


def test_torch_is_never_imported():
    code = "import sys, provenance.ml.torch, provenance.ml.answers; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "False"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_in_torchs_own_loader_with_several_workers(photos, verdicts, start):
    data = pytest.importorskip("torch.utils.data")
    loader = data.DataLoader(
        Gated(photos, verdicts, refused="skip", every=0.0),
        batch_size=2,
        num_workers=2,
        multiprocessing_context=start,
        collate_fn=skipping(list),
    )
    seen = [sample for batch in loader if batch is not None for sample in batch]
    assert sorted(seen) == sorted(photos[position] for position in range(3))
    sampled = data.DataLoader(
        Gated(photos, verdicts), sampler=AllowedSampler(photos, verdicts), collate_fn=list, batch_size=3
    )
    assert [sorted(batch) for batch in sampled] == [sorted(seen)]
    refusing = data.DataLoader(
        Gated(photos, verdicts), batch_size=4, num_workers=1, multiprocessing_context=start, collate_fn=list
    )
    with pytest.raises(pv.ImageRefused, match="may not be used"):
        list(refusing)
    assert [len(data.Subset(photos, indices(photos, verdicts)))] == [3]
