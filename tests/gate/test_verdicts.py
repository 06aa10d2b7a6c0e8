"""Verdicts as a sequence, a mapping and tables; in other processes; and what may not be read any more."""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import pickle
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest

import provenance as pv
from other_processes import decision_of
from provenance.ledger.address import sendable

CLOCK = datetime(2026, 11, 22, 12, tzinfo=UTC)
DECISIONS = {"a.png": "ALLOW", "b.png": "ALLOW", "c.png": "BLOCK", "sub/d.png": "BLOCK", "new.png": "BLOCK"}


@pytest.fixture
def gated(workspace, row):
    """Two images that may be used, two that nobody declared, one that was never scanned; the manifest's order."""
    for name in ("c.png", "b.png", "a.png", "sub/d.png"):
        workspace.add(name)
    workspace.declare([row("b.png"), row("a.png")])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        workspace.add("new.png")
        yield ledger, workspace, ledger.gate(workspace.photos, purpose="MODEL_TRAINING")


def test_it_is_a_sequence_in_manifest_order(gated):
    _, _, verdicts = gated
    names = [verdict.item for verdict in verdicts]
    assert names == ["b.png", "a.png", "c.png", "sub/d.png", "new.png"]
    assert len(verdicts) == 5
    assert [verdicts[index].item for index in range(-5, 5)] == names * 2
    for cut in (slice(1, 4), slice(None, None, 2), slice(None, None, -1), slice(4, 0, -2), slice(3, 3), slice(9, 2)):
        assert [verdict.item for verdict in verdicts[cut]] == names[cut]
    for beyond in (5, -6):
        with pytest.raises(IndexError, match="5 images"):
            verdicts[beyond]
    assert verdicts[0] in verdicts
    assert next(reversed(verdicts)) == verdicts[-1]


def test_it_is_a_mapping_by_name_path_and_key(gated, monkeypatch):
    _, workspace, verdicts = gated
    assert {name: verdict.decision.value for name, verdict in verdicts.items()} == DECISIONS
    assert set(verdicts.keys()) == set(DECISIONS)
    monkeypatch.chdir(workspace.photos / "sub")
    for name in ("sub/d.png", "photos/sub/d.png", str(workspace.photos / "sub" / "d.png"), b"sub/d.png", Path("d.png")):
        assert verdicts[name].item == "sub/d.png"
        assert name in verdicts
    assert verdicts["new.png"].reason == "NOT_REGISTERED"
    assert verdicts.get("nowhere.png") is None
    assert "nowhere.png" not in verdicts
    assert 7 not in verdicts
    with pytest.raises(KeyError, match=r"no image 'nowhere\.png'"):
        verdicts["nowhere.png"]


def test_a_name_of_images_in_two_collections_asks_which(workspace, row, tmp_path):
    workspace.add("a.png")
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.png").write_bytes((workspace.photos / "a.png").read_bytes())
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, other, purpose="MODEL_TRAINING")
        assert verdicts["other/a.png"].collection == "other"
        with pytest.raises(pv.UsageError, match=r"2 images are called 'a\.png'; write photos/a\.png"):
            verdicts["a.png"]


def test_images_are_told_by_decision_and_reason(gated):
    _, workspace, verdicts = gated
    photos = workspace.photos
    assert verdicts.allowed() == [str(photos / "b.png"), str(photos / "a.png")]
    assert verdicts.blocked() == [str(photos / "c.png"), str(photos / "sub" / "d.png"), str(photos / "new.png")]
    assert verdicts.for_review() == []
    by_reason = verdicts.by_reason()
    assert by_reason["NOT_REGISTERED"] == [str(photos / "new.png")]
    assert sum(map(len, by_reason.values())) == 5
    assert [(one.path, one.decision.value) for one in verdicts.decided()] == [
        (str(photos / name), DECISIONS[name]) for name in ("b.png", "a.png", "c.png", "sub/d.png", "new.png")
    ]


def test_the_brief_decisions_are_those_of_the_verdicts_where_people_decided(workspace, row):
    """A waiver, other bytes, an image that is gone: what a gate noted of single images shows in both readings."""
    for name in ("a.png", "b.png", "gone.png"):
        workspace.add(name)
    workspace.declare([row("a.png"), row("b.png", licence=None), row("gone.png")])
    waivers = workspace.root / "waivers.toml"
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        before = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", as_of=CLOCK)
        assert before["b.png"].decision == "REVIEW"
        waivers.write_text(
            '[[waiver]]\ncode = "LICENCE_MISSING"\nitems = ["b.png"]\npurpose = "MODEL_TRAINING"\n'
            'reason = "our own archive"\napprover = "J. Morin"\nticket = "L-1"\ndate = 2026-10-01\n'
            "expires = 2027-01-31\n"
        )
        (workspace.photos / "gone.png").unlink()
        (workspace.photos / "a.png").write_bytes(b"other bytes")
        after = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=waivers, as_of=CLOCK)
        assert {v.item: (v.decision, v.reason) for v in after} == {
            one.key.decode(): (one.decision, one.reason) for one in after.decided()
        }
        assert {v.item: v.decision.value for v in after} == {"a.png": "BLOCK", "b.png": "ALLOW_BY_REVIEW"}
        assert after["a.png"].reason == "FINGERPRINT_MISMATCH"
        assert after[1] == after["b.png"]
        assert "gone.png" not in after


def test_it_becomes_a_table_in_every_shape(gated):
    _, workspace, verdicts = gated
    pa = pytest.importorskip("pyarrow")
    table = verdicts.to_arrow()
    assert table.column("item").to_pylist() == [verdict.item for verdict in verdicts]
    assert table.column("decision").to_pylist() == [verdict.decision.value for verdict in verdicts]
    assert table.column("path").to_pylist()[0] == str(workspace.photos / "b.png")
    assert table.column("sha256").to_pylist()[-1] is None
    first = table.column("reasons").to_pylist()[2][0]
    assert (first["code"], first["decision"]) == (verdicts[2].reasons[0].code, verdicts[2].reasons[0].decision.value)
    assert table.column("evaluated_at")[0].as_py() == verdicts.evaluated_at
    assert pa.table(verdicts).equals(table)


def test_it_becomes_a_pandas_and_a_polars_frame(gated):
    _, _, verdicts = gated
    pytest.importorskip("pandas")
    frame = verdicts.to_pandas()
    assert dict(zip(frame["item"], frame["decision"], strict=True)) == DECISIONS
    polars = pytest.importorskip("polars")
    assert dict(verdicts.to_polars().select("item", "decision").iter_rows()) == DECISIONS
    assert polars.DataFrame(verdicts).height == 5


def test_what_is_not_installed_is_named_with_its_extra(gated, monkeypatch):
    _, _, verdicts = gated
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(pv.MissingExtra, match=r"needs polars; pip install 'consent-provenance\[polars\]'"):
        verdicts.to_polars()


def test_a_notebook_shows_counts_and_first_findings_escaped(workspace):
    workspace.add("<b>.png")
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos)
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        shown = verdicts._repr_html_()
        assert "1 image: 0 allowed, 0 need review, 1 blocked" in shown
        assert "&lt;b&gt;.png" in shown
        assert "<b>" not in shown
        assert repr(verdicts) == f"<Verdicts of photos for MODEL_TRAINING: {verdicts.summary()}>"
        ledger.scan(workspace.photos, manifest=workspace.clear("<b>.png"))
        assert "has changed since the gate" in verdicts._repr_html_()


def test_it_is_stale_once_the_ledger_changed(gated):
    ledger, workspace, verdicts = gated
    assert verdicts.stand()
    ledger.scan(workspace.photos)
    assert not verdicts.stand()
    for read in (
        lambda: verdicts["a.png"],
        lambda: list(verdicts),
        verdicts.allowed,
        verdicts.blocked,
        verdicts.passed,
        verdicts.raise_for_status,
    ):
        with pytest.raises(pv.VerdictsStale):
            read()
    assert verdicts.again().stand()


def test_it_is_stale_once_a_list_holds_an_image(gated, workspace):
    ledger, _, verdicts = gated
    hashes = workspace.root / "takedown.txt"
    hashes.write_text(sha256((workspace.photos / "a.png").read_bytes()).hexdigest() + "\n")
    ledger.add_list(hashes, kind="sha256", purpose="illegal")
    with pytest.raises(pv.VerdictsStale):
        verdicts.passed()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_other_processes_read_it(gated, method):
    _, _, verdicts = gated
    next(iter(verdicts))  # a connection is open when the process is forked
    with multiprocessing.get_context(method).Pool(2) as pool:
        told = pool.starmap(decision_of, [(verdicts, name) for name in DECISIONS])
    assert told == [(decision, True) for decision in DECISIONS.values()]
    assert verdicts["a.png"].decision == "ALLOW"


def _in_child(verdicts: pv.Verdicts, queue: Any) -> None:
    queue.put(decision_of(verdicts, "a.png"))


def test_a_forked_process_reads_it_without_pickling(gated):
    """As a data loader's worker does, in the middle of the parent's own reading."""
    _, _, verdicts = gated
    context = multiprocessing.get_context("fork")
    reading = iter(verdicts)
    next(reading)
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(verdicts, queue))
    child.start()
    assert queue.get(timeout=60) == ("ALLOW", True)
    child.join(60)
    assert child.exitcode == 0
    assert len(list(reading)) == 4


def test_a_pickle_is_small_and_opens_the_ledger_by_its_address(gated):
    ledger, workspace, verdicts = gated
    data = pickle.dumps(verdicts)
    assert os.fsencode(workspace.ledger) in data
    again = pickle.loads(data)
    assert [(v.item, v.decision) for v in again] == [(v.item, v.decision) for v in verdicts]
    assert again.summary() == verdicts.summary()
    assert repr(pickle.loads(pickle.dumps(ledger))) == repr(ledger)


def test_a_ledger_in_memory_is_not_pickled(workspace):
    with pv.open("sqlite://") as ledger, pytest.raises(pv.LedgerError, match="in memory"):
        pickle.dumps(ledger)


def test_no_password_is_ever_in_a_pickle():
    sa = pytest.importorskip("sqlalchemy")
    url = sa.make_url(
        "postgresql+psycopg://u:hunter2@h:5433/x?sslmode=require&sslpassword=hunter3&options=-c%20key=hunter4"
    )
    text = sendable(url).render_as_string(hide_password=False)
    assert text == "postgresql+psycopg://u@h:5433/x?sslmode=require"


def test_a_gate_with_a_manifest_scans_first(workspace, row):
    workspace.add("a.png")
    workspace.declare([row("a.png")])
    with pv.open(workspace.ledger) as ledger:
        ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest).raise_for_status()


def test_a_gate_without_says_what_is_not_registered_and_how_to(workspace, caplog):
    workspace.add("a.png")
    with pv.open(workspace.ledger) as ledger, caplog.at_level(logging.INFO, "provenance"):
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
    told = f"1 image is not registered: scan it with ledger.scan({str(workspace.photos)!r}, manifest=...)"
    assert verdicts.unregistered().startswith(told)
    with pytest.raises(pv.GateFailed) as raised:
        verdicts.raise_for_status()
    assert told in str(raised.value)
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]


class Bar:
    """As tqdm's class."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, total: int | None = None, desc: str = "") -> None:
        self.total, self.desc, self.done, self.closed = total, desc, 0, False
        self.made.append(self)

    def update(self, n: int = 1) -> None:
        self.done += n

    def close(self) -> None:
        self.closed = True


def test_progress_takes_a_class_a_bar_a_callable_and_true(workspace, capsys):
    for number in range(3):
        workspace.add(f"{number}.png")
    steps = []
    tqdm = pytest.importorskip("tqdm")
    Bar.made.clear()
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, progress=Bar)
        reading = next(bar for bar in Bar.made if bar.desc == "reading images")
        assert (reading.total, reading.done, reading.closed) == (3, 3, True)
        ledger.scan(workspace.photos, progress=lambda *step: steps.append(step))
        assert ("reading images", 3, 3) in steps
        with tqdm.tqdm(disable=False, file=io.StringIO()) as bar:
            ledger.scan(workspace.photos, progress=bar)
            assert bar.n == 3
        ledger.scan(workspace.photos, progress=True)
        ledger.scan(workspace.photos, progress=False)
        with pytest.raises(pv.UsageError, match="progress cannot be 7"):
            ledger.scan(workspace.photos, progress=7)


def test_a_picture_is_found_however_it_is_held(workspace, image):
    import numpy as np
    from PIL import Image

    data = image(4, size=(160, 120))
    workspace.add("a.png", data)
    pixels = Image.open(io.BytesIO(data))
    shapes = [data, bytearray(data), memoryview(data), workspace.photos / "a.png", io.BytesIO(data)]
    shapes += [pixels, pixels.convert("CMYK"), np.asarray(pixels)]
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos)
        for shape in shapes:
            assert [match.item for match in ledger.find(shape).matches] == ["a.png"]
        assert ledger.find(np.asarray(pixels)).matches[0].distance <= 2
        for wrong in (np.zeros((4, 4), "float32"), np.zeros((2, 4, 4, 3), "uint8"), 7, io.StringIO("text")):
            with pytest.raises(pv.UsageError, match=r"picture|text"):
                ledger.find(wrong)
