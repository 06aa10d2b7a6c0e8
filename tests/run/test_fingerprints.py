"""Which fingerprints a scan takes, and what it adds to images that were registered without them."""

from __future__ import annotations

import io
import os
import random
import sqlite3
import time

import imagehash
import pytest
from PIL import Image

import provenance as pv
from provenance.copies.screen import screen, take
from provenance.fingerprint import perceptual
from provenance.fingerprint.pdq import PDQ
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.windows import WINDOWS
from provenance.ledger import screening
from provenance.ledger.database import Database
from provenance.lookup.hashlists import HashType, ListPurpose
from provenance.run.progress import Silent

NAMES = ("a.jpg", "b.jpg", "c.jpg")


@pytest.fixture
def photos(workspace, image):
    for seed, name in enumerate(NAMES):
        workspace.add(name, image(seed, (320, 240), kind="JPEG"))
    workspace.clear(*NAMES)
    time.sleep(0.05)  # a time within the file system's last tick tells nothing
    return workspace


def scan(workspace, *flags):
    ran = workspace.run(*workspace.scan_arguments(*flags))
    assert ran.status == 0, ran.err


def held(workspace):
    """The rows of the fingerprint table, by content and algorithm."""
    with sqlite3.connect(workspace.ledger) as ledger:
        rows = ledger.execute("SELECT content_id, algorithm, value, quality, decode_mode FROM fingerprint").fetchall()
    return {(content, algorithm): rest for content, algorithm, *rest in rows}


def kinds(workspace):
    return {algorithm for _, algorithm in held(workspace)}


def items(workspace):
    with sqlite3.connect(workspace.ledger) as ledger:
        return ledger.execute("SELECT * FROM item ORDER BY id").fetchall()


def test_a_scan_takes_the_quick_hash_and_the_windows(photos):
    scan(photos)
    assert kinds(photos) == {DRAFT, WINDOWS}
    assert {path for *_, path in held(photos).values()} == {"draft"}
    assert len(held(photos)) == 6


def test_a_gate_takes_what_it_is_told(photos):
    photos.gate("--exact", "--no-windows")
    assert kinds(photos) == {EXACT}


def test_an_exact_scan_gives_imagehashs_bits(photos, image):
    scan(photos, "--exact", "--no-windows")
    values = {value.hex() for value, *_ in held(photos).values()}
    pictures = [Image.open(io.BytesIO(image(seed, (320, 240), kind="JPEG"))) for seed in range(3)]
    assert values == {str(imagehash.phash(picture, hash_size=16)) for picture in pictures}


def test_what_is_lacking_is_added_and_nothing_else_is_touched(photos, reads):
    scan(photos, "--no-windows")
    before, rows = held(photos), items(photos)
    assert kinds(photos) == {DRAFT}
    reads.clear()
    scan(photos, "--exact")
    after = held(photos)
    assert sorted(map(os.fsdecode, reads)) == list(NAMES)
    assert before.items() <= after.items()
    assert set(after) - set(before) == {(content, kind) for content in (1, 2, 3) for kind in (EXACT, WINDOWS)}
    assert items(photos) == rows
    reads.clear()
    scan(photos, "--exact")
    scan(photos)
    scan(photos, "--no-windows")
    assert reads == []
    assert held(photos) == after


def test_an_exact_hash_is_enough_where_a_quick_one_would_do(photos, reads):
    scan(photos, "--exact", "--no-windows")
    reads.clear()
    scan(photos, "--no-windows")
    assert reads == []
    scan(photos)
    assert kinds(photos) == {EXACT, WINDOWS}


def test_pdq_is_added_to_what_is_known(photos, reads):
    pytest.importorskip("pdqhash")
    scan(photos)
    scan(photos, "--pdq")
    assert kinds(photos) == {DRAFT, EXACT, WINDOWS, PDQ}
    reads.clear()
    scan(photos, "--pdq")
    assert reads == []


def test_without_pdqhash_nothing_is_taken(photos, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pdqhash", None)
    ran = photos.run(*photos.scan_arguments("--pdq"))
    assert ran.status == 2
    assert "consent-provenance[pdq]" in ran.err
    with sqlite3.connect(photos.ledger) as ledger:
        assert ledger.execute("SELECT count(*) FROM item").fetchone() == (0,)


def test_a_copy_under_another_name_brings_what_its_bytes_lack(photos, image):
    scan(photos, "--no-windows")
    photos.add("d.jpg", image(0, (320, 240), kind="JPEG"))
    with pv.open(photos.ledger) as ledger:
        ledger.scan(photos.photos, windows=True)
    assert {content for content, algorithm in held(photos) if algorithm == WINDOWS} == {1, 2, 3}
    assert len(items(photos)) == 4


def test_what_cannot_be_decoded_is_not_read_at_every_scan(photos, reads):
    photos.add("broken.jpg", b"\xff\xd8\xff\xe0 not a picture")
    photos.clear(*NAMES, "missing.jpg")
    time.sleep(0.05)
    scan(photos, "--no-windows")
    reads.clear()
    scan(photos, "--no-windows")
    assert reads == []
    scan(photos)
    assert sorted(map(os.fsdecode, reads)) == list(NAMES)
    reads.clear()
    scan(photos)
    assert reads == []


def test_what_a_later_read_cannot_take_is_noted_once_and_never_compared(photos, reads, monkeypatch):
    """Bytes that were decoded at the decoder's scale, and cannot be decoded in full."""
    scan(photos)
    real = perceptual.fingerprint

    def failing(decoded, *, exact):
        if exact:
            raise OSError("broken data stream")
        return real(decoded, exact=exact)

    before = held(photos)
    with monkeypatch.context() as patch:
        patch.setattr(perceptual, "fingerprint", failing)
        scan(photos, "--exact")
        reads.clear()
        scan(photos, "--exact")
        assert reads == []
    after = held(photos)
    assert before.items() <= after.items()
    assert {after[content, EXACT][1:] == [0, "failed"] for content in (1, 2, 3)} == {True}
    with pv.open(photos.ledger) as ledger:
        found = ledger.find(photos.photos / "a.jpg")
        assert [match.item for match in found.matches] == ["a.jpg"]
        assert found.by_bytes_only == 0


def test_where_memory_was_short_the_next_scan_tries_again(photos, reads, monkeypatch):
    scan(photos)

    def failing(decoded, *, exact):
        raise MemoryError

    before = held(photos)
    with monkeypatch.context() as patch:
        patch.setattr(perceptual, "fingerprint", failing)
        scan(photos, "--exact")
    assert held(photos) == before
    scan(photos, "--exact")
    assert kinds(photos) == {DRAFT, EXACT, WINDOWS}


def test_a_row_that_changes_while_its_bytes_lack_something_keeps_its_claims(photos, row):
    scan(photos, "--no-windows")
    photos.declare([row("a.jpg", caption="new words"), row("b.jpg"), row("c.jpg")])
    ran = photos.gate()
    assert ran.status == 0
    assert kinds(photos) == {DRAFT, WINDOWS}
    assert len(items(photos)) == 4


def test_a_crop_is_found_where_windows_are_held(workspace):
    coarse = Image.frombytes("RGB", (20, 15), random.Random(5).randbytes(20 * 15 * 3))
    picture = coarse.resize((640, 480), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    workspace.add("a.png", stream.getvalue())
    cropped = io.BytesIO()
    picture.crop((64, 48, 64 + 512, 48 + 384)).save(cropped, "PNG")
    for flag, matches in (("--no-windows", 0), ("--windows", 1)):
        scan(workspace, flag)
        with pv.open(workspace.ledger) as ledger:
            assert len(ledger.find(cropped.getvalue()).matches) == matches


def test_a_fingerprint_that_is_added_is_held_against_the_lists_again(photos):
    """A crop's hash on a list meets an image only by a window, and the windows come later."""
    scan(photos, "--no-windows")
    path = photos.root / "list.txt"
    path.write_text("0f" * 32 + "\n")
    database = Database.open(photos.ledger)
    stored = take(
        database,
        path,
        HashType.PHASH256,
        ListPurpose.SUPPRESSION,
        name=None,
        radius=31,
        replace=False,
        progress=Silent(),
    )

    def upto() -> int:
        with database.reading() as connection:
            return screening.screening(connection, stored.id).upto

    assert upto() == 3
    scan(photos, "--no-windows")
    assert upto() == 3
    scan(photos)
    assert upto() == 0
    screen(database, Silent())
    assert upto() == 3
    database.close()
