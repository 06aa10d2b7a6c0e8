"""What is judged is what lies there: pictures, sidecars, captured pages and evidence, at the moment of the verdict."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import provenance as pv
from provenance.errors import LedgerError, LedgerLocked
from provenance.model import Context
from provenance.vocabulary import Purpose

YEARS = 9 * 365 * 86_400 * 10**9
SIDECAR = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'plus:DataMining="http://ns.useplus.org/ldf/vocab/{}"/></rdf:RDF></x:xmpmeta>'
)
ALLOWS, FORBIDS = SIDECAR.format("DMI-ALLOWED"), SIDECAR.format("DMI-PROHIBITED")
OPEN, CLOSED = json.dumps({"headers": {}}), json.dumps({"headers": {"X-Robots-Tag": "noai"}})


class At:
    """A progress that does something once, when a task of that name begins."""

    def __init__(self, task, act):
        self.task, self.act = task, act

    def begin(self, task, total):
        if task == self.task and self.act is not None:
            act, self.act = self.act, None
            act()

    def advance(self, count=1):
        pass

    def end(self):
        pass


def as_it_is(path: Path) -> None:
    pass


def set_back(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 10**10))


def ahead(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, time.time_ns() + YEARS))


def passes(ledger, workspace, **more):
    time.sleep(0.05)  # a tick of the file system's clock
    return ledger.gate(workspace.photos, purpose="MODEL_TRAINING", **more).passed()


@pytest.fixture
def beside(workspace, image, row):
    """One allowed picture with a sidecar and a captured page; gives the paths of these two."""
    workspace.add("a.png", image(1))
    sidecar, page = workspace.photos / "a.xmp", workspace.root / "page.json"
    sidecar.write_text(ALLOWS)
    page.write_text(OPEN)
    workspace.declare([row("a.png", web_evidence="page.json")])
    return {"sidecar": (sidecar, ALLOWS, FORBIDS), "page": (page, OPEN, CLOSED)}


@pytest.mark.parametrize("which", ["sidecar", "page"])
@pytest.mark.parametrize("times", [as_it_is, set_back, ahead])
@pytest.mark.parametrize("picture_times", [as_it_is, set_back, ahead])
def test_what_lies_beside_a_picture_counts_as_it_lies_now(workspace, beside, which, times, picture_times):
    file, _, refuses = beside[which]
    picture = workspace.photos / "a.png"
    picture_times(picture)
    times(file)
    time.sleep(0.05)
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert passes(ledger, workspace), "what lies beside it refuses nothing"
        file.write_text(refuses)
        times(file)
        picture_times(picture)
        assert not passes(ledger, workspace), "no scan has seen it, and it is there"
        assert not passes(ledger, workspace, manifest=workspace.manifest), "a scan reads it"
        assert not passes(ledger, workspace), "and holds what it read"


@pytest.mark.parametrize("times", [as_it_is, set_back, ahead])
def test_times_alone_change_nothing(workspace, beside, times):
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert passes(ledger, workspace)
        for file, _, _ in beside.values():
            times(file)
        times(workspace.photos / "a.png")
        assert passes(ledger, workspace) is (times is as_it_is or passes(ledger, workspace))
        assert passes(ledger, workspace, manifest=workspace.manifest)
        assert passes(ledger, workspace)


def shard(path: Path, image: bytes, sidecar: str) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data in (("p.png", image), ("p.xmp", sidecar.encode())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def test_a_sidecar_within_an_archive_counts_as_it_lies_now(workspace, image, row):
    archive = workspace.photos / "s.tar"
    shard(archive, image(1), ALLOWS)
    workspace.declare([row("s.tar::p.png")])
    time.sleep(0.05)
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert passes(ledger, workspace)
        shard(archive, image(1), ALLOWS)
        assert passes(ledger, workspace), "written again, and all in it is as it was"
        shard(archive, image(1), FORBIDS)
        assert not passes(ledger, workspace)


def test_every_captured_page_counts_that_any_row_names(workspace, image, row):
    """Two tables that agree in the page's name mean two pages, each beside its own table."""
    workspace.add("a.png", image(1))
    common, own = workspace.root / "page.json", workspace.photos / "page.json"
    common.write_text(OPEN)
    own.write_text(OPEN)
    workspace.declare([row("a.png", web_evidence="page.json")])
    (workspace.photos / "metadata.jsonl").write_text(json.dumps({"file_name": "a.png", "web_evidence": "page.json"}))
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert passes(ledger, workspace)
        own.write_text(CLOSED)
        assert not passes(ledger, workspace)
        assert not passes(ledger, workspace, manifest=workspace.manifest)


def test_evidence_without_a_digest_is_the_file_that_was_first_found(workspace, consented):
    records = consented("a.png", [("GIVEN", "2026-05-01T00:00:00+00:00")])
    stated = json.loads(records.read_text())
    del stated["evidence"]["sha256"]
    records.write_text(json.dumps(stated) + "\n")
    release = workspace.root / "release.pdf"
    signed = release.read_bytes()

    def reason(data):
        release.unlink(missing_ok=True)
        if data is not None:
            release.write_bytes(data)
        (verdict,) = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        return verdict.reason

    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
        assert reason(signed) == "LAWFUL_BASIS_VERIFIED"
        for other in (b"%PDF forged", None, b"", b"%PDF forged"):
            assert reason(other) in ("EVIDENCE_HASH_MISMATCH", "EVIDENCE_MISSING"), other
        assert reason(signed) == "LAWFUL_BASIS_VERIFIED"


def test_a_file_takes_the_place_of_what_was_no_evidence(workspace, consented):
    """A copy of the picture, or an empty file, was never what was recorded."""
    records = consented("a.png", [("GIVEN", "2026-05-01T00:00:00+00:00")])
    stated = json.loads(records.read_text())
    del stated["evidence"]["sha256"]
    records.write_text(json.dumps(stated) + "\n")
    release = workspace.root / "release.pdf"
    with pv.open(workspace.ledger) as ledger:
        for instead in ((workspace.photos / "a.png").read_bytes(), b""):
            release.write_bytes(instead)
            ledger.scan(workspace.photos, manifest=workspace.manifest, records=records)
            assert not passes(ledger, workspace)
        release.write_bytes(b"%PDF signed")
        assert passes(ledger, workspace)


@pytest.mark.parametrize("moment", ["deriving facts", "judging fact sets"])
def test_what_changes_while_a_gate_derives_is_a_finding_of_that_gate(workspace, image, moment):
    for number in range(3):
        workspace.add(f"{number}.png", image(number))
    workspace.clear(*(f"{number}.png" for number in range(4)))

    def meddle():
        (workspace.photos / "0.png").write_bytes(image(7))
        (workspace.photos / "1.png").unlink()
        workspace.add("3.png", image(8))

    with pv.open(workspace.ledger) as ledger:
        (workspace.photos / "3.png").unlink(missing_ok=True)
        workspace.clear("0.png", "1.png", "2.png")
        at = At(moment, meddle)
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest, progress=at)
        assert at.act is None, "the moment came"
        assert {one.item: one.decision.value for one in verdicts} == {
            "0.png": "BLOCK",
            "1.png": "BLOCK",
            "2.png": "ALLOW",
            "3.png": "BLOCK",
        }


@pytest.fixture
def told_of(workspace, image, row):
    """One allowed picture, and what a metadata file says of it that the collection may hold."""
    workspace.add("a.png", image(1))
    workspace.declare([row("a.png")])

    def write(said: dict[str, object], name: str = "metadata.jsonl") -> None:
        (workspace.photos / name).write_text(json.dumps({"file_name": "a.png", **said}) + "\n")

    return write


SHOWS, HARMLESS = {"persons_status": "PRESENT"}, {"caption": "a hill"}


@pytest.mark.parametrize("moment", ["listing images", "reading images", "deriving facts", "judging fact sets"])
def test_a_metadata_file_that_comes_during_a_run_is_not_passed_over(workspace, told_of, moment):
    at = At(moment, lambda: told_of(SHOWS))
    with pv.open(workspace.ledger) as ledger:
        with pytest.raises(LedgerError, match="no scan has taken it"):
            ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest, progress=at)
        assert at.act is None, "the moment came"
        assert not passes(ledger, workspace, manifest=workspace.manifest), "a scan takes it"
        assert not passes(ledger, workspace)


@pytest.mark.parametrize("said", [SHOWS, HARMLESS])
def test_a_metadata_file_that_comes_after_a_scan_is_taken_before_anything_passes(workspace, told_of, said):
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert passes(ledger, workspace)
        told_of(said)
        with pytest.raises(LedgerError, match="no scan has taken it"):
            passes(ledger, workspace)
        with pytest.raises(LedgerError, match="no scan has taken it"):
            ledger.explain("a.png", Context(purpose=Purpose.MODEL_TRAINING, as_of=datetime.now(UTC)))
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        assert passes(ledger, workspace) is (said is HARMLESS)


def test_a_metadata_file_goes_with_its_collection(workspace, told_of):
    """What it is called does not hang on where the collection lies, so that one that moved has it taken already."""
    told_of(HARMLESS)
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        moved = workspace.photos.rename(workspace.root / "elsewhere")
        assert ledger.gate(moved, purpose="MODEL_TRAINING", manifest=workspace.manifest).passed()
        assert ledger.gate(moved, purpose="MODEL_TRAINING").passed()


@pytest.mark.parametrize(("said", "expected"), [(SHOWS, False), (HARMLESS, True)])
def test_a_collection_that_is_named_by_its_address_is_heard_too(workspace, told_of, said, expected):
    told_of(said)
    with pv.open(workspace.ledger) as ledger:
        found = ledger.gate(workspace.photos.as_uri(), purpose="MODEL_TRAINING", manifest=workspace.manifest)
        assert found.passed() is expected


def test_a_table_under_a_time_ahead_is_read_again_and_one_that_is_the_same_disturbs_nothing(workspace, told_of, row):
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        ahead(workspace.manifest)
        assert passes(ledger, workspace)
        workspace.declare([row("a.png", persons_status="PRESENT")])
        ahead(workspace.manifest)
        with pytest.raises(LedgerError, match="has changed since it was taken"):
            passes(ledger, workspace)


def test_a_table_that_changes_between_its_reading_and_its_taking_is_not_taken_for_the_one_that_was_read(
    workspace, told_of, row
):
    at = At("listing images", lambda: workspace.declare([row("a.png", persons_status="PRESENT")]))
    with pv.open(workspace.ledger) as ledger:
        for given in ({"manifest": workspace.manifest, "progress": at}, {}):
            with pytest.raises(LedgerError, match="has changed since it was taken"):
                ledger.gate(workspace.photos, purpose="MODEL_TRAINING", **given)
        assert not passes(ledger, workspace, manifest=workspace.manifest), "read again, it shows somebody"


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("moment", ["reading images", "listing images"])
def test_two_scans_at_once_lose_no_row_of_either(workspace, image, row, known, moment):
    """The one says that nobody is shown, the other that somebody is."""
    names = [f"{number}.png" for number in range(3)]
    for number, name in enumerate(names):
        workspace.add(name, image(number))
    nobody, somebody = workspace.root / "nobody.jsonl", workspace.root / "somebody.jsonl"
    nobody.write_text("".join(json.dumps(row(name)) + "\n" for name in names))
    shown = {"persons_status": "PRESENT", "persons_determined_by": None, "persons": [{"ref": "p1"}]}
    somebody.write_text("".join(json.dumps(row(name, **shown)) + "\n" for name in names))

    def other():
        with pv.open(workspace.ledger) as second:
            second.scan(workspace.photos, manifest=somebody)

    with pv.open(workspace.ledger) as ledger:
        if known:
            ledger.scan(workspace.photos)
        try:
            ledger.scan(workspace.photos, manifest=nobody, progress=At(moment, other))
        except LedgerLocked:
            with pytest.raises(LedgerError, match="was not finished"):
                ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
            ledger.scan(workspace.photos, manifest=nobody)
        assert not list(ledger.gate(workspace.photos, purpose="MODEL_TRAINING").allowed())


def test_two_scans_at_once_with_the_same_rows_finish(workspace, image):
    for number in range(3):
        workspace.add(f"{number}.png", image(number))
    workspace.clear("0.png", "1.png", "2.png")

    def other():
        with pv.open(workspace.ledger) as second:
            second.scan(workspace.photos, manifest=workspace.manifest)

    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, progress=At("reading images", other))
        assert passes(ledger, workspace)
