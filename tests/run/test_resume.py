"""Scanning again: what is unchanged is not read, what changed gets a new row, and claims stay with their bytes."""

from __future__ import annotations

import os
import sqlite3
import time
from hashlib import sha256

import pytest

from provenance.sources.folder import FolderSource


@pytest.fixture
def allowed(workspace, image):
    for seed, name in enumerate(("a.png", "b.png", "c.png")):
        workspace.add(name, image(seed))
    workspace.clear("a.png", "b.png", "c.png")
    time.sleep(0.05)  # a time within the file system's last tick tells nothing
    assert workspace.gate().status == 0
    return workspace


def rows(workspace):
    with sqlite3.connect(workspace.ledger) as ledger:
        return ledger.execute("SELECT id, CAST(key AS TEXT), current, content_id FROM item ORDER BY id").fetchall()


def later(path, seconds=10):
    """Another time of modification, not ahead of the clock, and a moment for the file system's clock to go on."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - seconds * 10**9))
    time.sleep(0.05)


def test_an_unchanged_image_is_not_read_again(allowed, reads):
    before = rows(allowed)
    assert allowed.gate().status == 0
    assert allowed.run(*allowed.scan_arguments()).status == 0
    assert reads == []
    assert rows(allowed) == before


def test_an_image_that_is_new_is_all_that_is_read(allowed, reads, image):
    allowed.add("d.png", image(9))
    time.sleep(0.05)
    allowed.gate()
    assert reads == [b"d.png"]


def test_a_manifest_that_says_something_else_needs_no_reading(allowed, reads, row):
    allowed.declare([row("a.png", caption="new words"), row("b.png"), row("c.png")])
    assert allowed.gate().status == 0
    assert reads == []
    assert [r[1:3] for r in rows(allowed)] == [("a.png", 0), ("b.png", 1), ("c.png", 1), ("a.png", 1)]


def test_an_image_that_was_only_touched_gets_no_new_row(allowed, reads):
    before = rows(allowed)
    later(allowed.photos / "b.png")
    assert allowed.gate().status == 0
    assert reads == [b"b.png"]
    assert rows(allowed) == before
    assert allowed.gate().status == 0
    assert reads == [b"b.png"]


def test_a_touched_image_with_words_of_its_own_gets_no_new_row(workspace, image):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        '<rdf:li xml:lang="x-default">a schoolgirl, 12 years old</rdf:li></rdf:Alt></dc:description>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    info.add_itxt("XML:com.adobe.xmp", packet)
    path = workspace.add("a.png", image(pnginfo=info))
    workspace.clear("a.png")
    first = workspace.gate().verdicts[0]
    later(path)
    assert workspace.gate().verdicts[0]["reasons"] == first["reasons"]
    assert len(rows(workspace)) == 1


def test_other_bytes_under_a_declared_name_are_blocked_until_a_row_says_something_new_of_them(allowed, image, row):
    allowed.add("b.png", image(77))
    later(allowed.photos / "b.png")
    manifest = allowed.manifest.rename(allowed.root / "kept.jsonl")
    ran = allowed.gate()
    assert ran.status == 1
    found = ran.by_item
    assert (found["b.png"]["decision"], found["b.png"]["reason"]) == ("BLOCK", "FINGERPRINT_MISMATCH")
    assert found["b.png"]["sha256"] == sha256(image(77)).hexdigest()
    assert found["a.png"]["decision"] == found["c.png"]["decision"] == "ALLOW"
    assert [r[1:3] for r in rows(allowed)] == [("a.png", 1), ("b.png", 0), ("c.png", 1), ("b.png", 1)]
    assert allowed.gate().by_item["b.png"]["reason"] == "FINGERPRINT_MISMATCH"
    manifest.rename(allowed.manifest)
    assert allowed.gate().by_item["b.png"]["reason"] == "FINGERPRINT_MISMATCH"
    later(allowed.photos / "b.png", 30)
    assert allowed.gate().by_item["b.png"]["reason"] == "FINGERPRINT_MISMATCH"
    looked_again = row("b.png", persons_determined_by={"reviewer": "AB", "at": "2026-11-01T10:00:00Z"})
    allowed.declare([row("a.png"), looked_again, row("c.png")])
    assert allowed.gate().status == 0


def test_a_file_that_was_away_for_a_while_does_not_free_its_row_for_other_bytes(allowed, image, row):
    (allowed.photos / "b.png").unlink()
    assert allowed.gate().by_item["b.png"]["reason"] == "DECLARED_FILE_MISSING"
    allowed.add("b.png", image(77))
    assert allowed.gate().by_item["b.png"]["reason"] == "FINGERPRINT_MISMATCH"
    manifest = allowed.manifest.rename(allowed.root / "kept.jsonl")
    (allowed.photos / "b.png").unlink()
    allowed.gate()
    allowed.add("b.png", image(78))
    manifest.rename(allowed.manifest)
    assert allowed.gate().by_item["b.png"]["reason"] == "FINGERPRINT_MISMATCH"


def test_a_row_that_names_the_digest_of_other_bytes_covers_them(allowed, image, row):
    allowed.add("b.png", image(77))
    later(allowed.photos / "b.png")
    assert allowed.gate().by_item["b.png"]["reason"] == "FINGERPRINT_MISMATCH"
    allowed.declare([row("a.png"), row("b.png", sha256=sha256(image(77)).hexdigest()), row("c.png")])
    assert allowed.gate().status == 0


def test_bytes_that_come_back_are_the_content_that_was_there(allowed, image):
    allowed.add("b.png", image(77))
    later(allowed.photos / "b.png")
    allowed.gate()
    allowed.add("b.png", image(1))
    later(allowed.photos / "b.png", 20)
    assert allowed.gate().status == 0
    b = [r for r in rows(allowed) if r[1] == "b.png"]
    assert len(b) == 3
    assert b[0][3] == b[2][3] != b[1][3]


def test_a_manifest_that_pins_other_bytes_is_a_mismatch(workspace, image, row):
    workspace.add("a.png", image(1))
    workspace.add("b.png", image(2))
    workspace.declare(
        [row("a.png", sha256=sha256(image(1)).hexdigest()), row("b.png", sha256=sha256(image(1)).hexdigest())]
    )
    found = workspace.gate().by_item
    assert found["a.png"]["decision"] == "ALLOW"
    assert (found["b.png"]["decision"], found["b.png"]["reason"]) == ("BLOCK", "FINGERPRINT_MISMATCH")


def test_a_removed_image_is_retired_and_its_row_stays(allowed):
    (allowed.photos / "b.png").unlink()
    allowed.manifest.unlink()
    ran = allowed.gate()
    assert [v["item"] for v in ran.verdicts] == ["a.png", "c.png"]
    assert [r[1:3] for r in rows(allowed)] == [("a.png", 1), ("b.png", 0), ("c.png", 1)]


def test_a_removed_image_that_the_manifest_names_has_a_verdict(allowed):
    (allowed.photos / "b.png").unlink()
    ran = allowed.gate()
    assert ran.status == 1
    assert (ran.by_item["b.png"]["decision"], ran.by_item["b.png"]["reason"]) == ("BLOCK", "DECLARED_FILE_MISSING")
    assert len(ran.verdicts) == 3


def test_an_image_that_returns_is_allowed_again(allowed, image):
    (allowed.photos / "b.png").unlink()
    allowed.gate()
    allowed.add("b.png", image(1))
    assert allowed.gate().status == 0


def test_an_image_that_could_not_be_read_is_tried_again(allowed, monkeypatch, image):
    real = FolderSource.read

    def failing(self, key):
        if key == b"d.png":
            raise OSError(5, "Input/output error")
        return real(self, key)

    allowed.add("d.png", image(9))
    allowed.clear("a.png", "b.png", "c.png", "d.png")
    with monkeypatch.context() as patch:
        patch.setattr(FolderSource, "read", failing)
        assert allowed.gate().by_item["d.png"]["reason"] == "IMAGE_UNREADABLE"
    assert allowed.gate().by_item["d.png"]["decision"] == "ALLOW"


SIDECAR = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/></rdf:RDF></x:xmpmeta>'
)


def test_a_sidecar_that_arrives_later_is_heard(allowed):
    (allowed.photos / "b.xmp").write_text(SIDECAR)
    found = allowed.gate().by_item
    assert found["b.png"]["decision"] == "BLOCK"
    assert found["a.png"]["decision"] == "ALLOW"
    (allowed.photos / "b.xmp").unlink()
    assert allowed.gate().status == 0


def test_gate_alone_compares_with_the_disk(allowed, image):
    import provenance as pv

    allowed.add("b.png", image(77))
    later(allowed.photos / "b.png")
    allowed.add("new.png", image(78))
    (allowed.photos / "c.png").unlink()
    with pv.open(allowed.ledger) as ledger:
        verdicts = ledger.gate(allowed.photos, purpose="MODEL_TRAINING")
        found = {v.item: (v.decision.value, v.reason) for v in verdicts}
    assert found["b.png"] == ("BLOCK", "FINGERPRINT_MISMATCH")
    assert found["new.png"] == ("BLOCK", "NOT_REGISTERED")
    assert found["a.png"][0] == "ALLOW"
    assert "c.png" not in found
    assert len(verdicts) == 3
    assert not verdicts.passed()
