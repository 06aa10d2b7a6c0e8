"""What a list says of single images, on both engines alike, and what it costs the tallies."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest

import provenance as pv
from provenance.errors import VerdictsStale
from provenance.gate.image import Overlay, said
from provenance.ledger.screening import Listing
from provenance.lookup.hashlists import ListPurpose
from provenance.policy.facts import FactSet, ItemFacts


@pytest.fixture
def gated(ledger_url, tmp_path, image, row):
    """Twelve cleared images under one combination, and the open ledger, on each engine."""
    photos = tmp_path / "photos"
    photos.mkdir()
    names = [f"{number:02}.png" for number in range(12)]
    for number, name in enumerate(names):
        (photos / name).write_bytes(image(number))
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row(name)) + "\n" for name in names))
    with pv.open(ledger_url) as ledger:
        ledger.scan(photos, manifest=manifest)
        yield ledger, photos


def digests(photos, *numbers: int) -> str:
    return "\n".join(hashlib.sha256((photos / f"{n:02}.png").read_bytes()).hexdigest() for n in numbers)


def test_listed_images_are_blocked_and_counted_on_each_engine(gated, tmp_path):
    ledger, photos = gated
    (tmp_path / "one").write_text(digests(photos, 1, 2, 3))
    (tmp_path / "two").write_text(digests(photos, 3, 4))
    ledger.add_list(tmp_path / "one", kind="sha256", purpose="suppression")
    ledger.add_list(tmp_path / "two", kind="sha256", purpose="illegal")
    verdicts = ledger.gate(photos, purpose="MODEL_TRAINING")
    expected = Counter(
        {
            ("ALLOW", "NO_PERSON_DEPICTED"): 8,
            ("BLOCK", "SUPPRESSED_ERASURE_REQUEST"): 3,  # 11 comes before 12
            ("BLOCK", "ILLEGAL_CONTENT_SUSPECTED"): 1,
        }
    )
    assert Counter({(tally.decision, tally.code): tally.images for tally in verdicts.tallies}) == expected
    assert Counter((verdict.decision, verdict.reason) for verdict in verdicts) == expected
    both = next(verdict for verdict in verdicts if verdict.item == "03.png")
    details = {reason.code: reason.detail for reason in both.reasons}
    assert details["SUPPRESSED_ERASURE_REQUEST"].endswith("(On the list one, line 3, 0 bits away.)")
    assert details["ILLEGAL_CONTENT_SUSPECTED"].endswith("(On the list two, line 1, 0 bits away.)")
    assert ledger.listed_images() == {1: 3, 2: 2}


def test_verdicts_that_a_scan_overtook_are_not_given(gated, tmp_path, image):
    """An image that came after the gate was held against no list yet."""
    ledger, photos = gated
    (tmp_path / "one").write_text(digests(photos, 1))
    ledger.add_list(tmp_path / "one", kind="sha256", purpose="illegal")
    verdicts = ledger.gate(photos, purpose="MODEL_TRAINING")
    (photos / "new.png").write_bytes(image(99))
    ledger.scan(photos)
    with pytest.raises(VerdictsStale, match=r"files of photos have changed|has changed since the gate"):
        verdicts.allowed()
    assert len(ledger.gate(photos, purpose="MODEL_TRAINING")) == 13


def test_an_image_on_a_list_whose_bytes_changed_on_disk_stays_blocked(gated, tmp_path, image):
    ledger, photos = gated
    (tmp_path / "one").write_text(digests(photos, 1))
    ledger.add_list(tmp_path / "one", kind="sha256", purpose="suppression")
    (photos / "01.png").write_bytes(image(50))
    (verdict,) = (v for v in ledger.gate(photos, purpose="MODEL_TRAINING") if v.item == "01.png")
    assert {"FINGERPRINT_MISMATCH", "SUPPRESSED_ERASURE_REQUEST"} <= {reason.code for reason in verdict.reasons}


def test_what_is_known_beyond_is_added_and_takes_nothing_away():
    known = FactSet(ItemFacts(bytes_match=False, suppressed=True, conflicting_claims=True))
    assert Overlay().added_to(known) == known
    listing = Listing("hotline", ListPurpose.ILLEGAL, 7, 12)
    added = Overlay(listings=(listing,)).added_to(known).item
    assert (added.bytes_match, added.suppressed, added.illegal_suspected, added.conflicting_claims) == (
        False,
        True,
        True,
        True,
    )
    assert said(listing) == "the list hotline, line 7, 12 bits away"
