"""File names of every kind: one verdict each, in every format, and a way back from the name to the file."""

from __future__ import annotations

import csv
import io
import os
import sys
import unicodedata
from pathlib import Path

import pytest

from provenance.keys import display, key_of
from provenance.printable import from_csv_cell

NAMES = [
    b"plain.png",
    "Größe.png".encode(),
    unicodedata.normalize("NFD", "é.png").encode(),
    unicodedata.normalize("NFC", "é.png").encode(),
    "写真.png".encode(),
    "صورة.png".encode(),
    "תמונה.png".encode(),
    "चित्र.png".encode(),
    "👩‍👩‍👧.png".encode(),
    b"new\nline.png",
    b"carriage\rreturn.png",
    b"tab\tstop.png",
    b'quo"te.png',
    b"apo'strophe.png",
    b"comma,semi;colon.png",
    b"back\\slash.png",
    b"back\\x41slash.png",
    b"\\xff.png",
    b" leading and trailing .png",
    b"-rf.png",
    b"--purpose.png",
    b"$(touch pwned).png",
    b"%s%n{}.png",
    b"*?[a].png",
    b"=1+1.png",
    b"[red]markup[/red].png",
    b"\x1b[2J\x1b]0;title\x07.png",
    b"bell\x07.png",
    "c1\x9b31m.png".encode(),
    "bidi\u202egnp.exe.png".encode(),
    "zero\u200bwidth.png".encode(),
    "line\u2028separator.png".encode(),
    b"not\xff\xfeutf8.png",
    "latin1-é.png".encode("latin-1"),
    b"\xed\xa0\x80surrogate.png",
    b"x" * 251 + b".png",
    "é".encode() * 125 + b"1.png",
    b"deep/" * 40 + b"down.png",
    b"..png",
    b"...png",
    b".hidden.png",
    b"CON.png",
]
"""Names that Linux allows. All are different."""


@pytest.fixture
def odd(workspace, image):
    if sys.platform == "darwin":
        pytest.skip("this file system refuses names that are not UTF-8")
    for seed, name in enumerate(NAMES):
        workspace.add(name, image(seed))
    workspace.clear(*map(display, NAMES))
    return workspace


def test_every_name_has_one_verdict_and_leads_back_to_its_file(odd):
    import hashlib

    ran = odd.gate()
    assert ran.status == 0
    assert len(ran.out.split("\n")) == len(NAMES) + 1
    found = {key_of(item): verdict for item, verdict in ran.by_item.items()}
    assert found.keys() == set(NAMES)
    for key, verdict in found.items():
        data = (odd.photos / os.fsdecode(key)).read_bytes()
        assert verdict["sha256"] == hashlib.sha256(data).hexdigest()


def test_every_name_stands_in_csv(odd):
    rows = list(csv.DictReader(io.StringIO(odd.gate(form="csv").out, newline="")))
    assert all(row["item"].isprintable() for row in rows)
    assert sorted(key_of(from_csv_cell(row["item"])) for row in rows) == sorted(NAMES)
    assert {row["decision"] for row in rows} == {"ALLOW"}


def test_the_table_shows_every_name_without_steering_the_terminal(odd):
    odd.manifest.unlink()
    out = odd.gate(form="table").out
    assert f"{len(NAMES)} images: 0 allowed" in out
    for character in out:
        assert character == "\n" or character.isprintable(), repr(character)
    assert "[red]markup[/red].png" in out
    assert "\\x1b[2J\\x1b]0;title\\x07.png" in out


def test_names_given_in_the_manifest_alone_are_missing_files(workspace):
    workspace.add("a.png")
    workspace.clear(*map(display, NAMES))
    found = {key_of(item): verdict for item, verdict in workspace.gate().by_item.items()}
    assert {found[name]["reason"] for name in NAMES} == {"DECLARED_FILE_MISSING"}
    assert {found[name]["decision"] for name in NAMES} == {"BLOCK"}


def test_the_allowed_paths_can_be_opened(odd):
    import provenance as pv

    with pv.open(odd.ledger) as ledger:
        ledger.scan(odd.photos, manifest=odd.manifest)
        allowed = ledger.gate(odd.photos, purpose="MODEL_TRAINING").allowed()
    assert len(allowed) == len(NAMES)
    assert all(Path(path).is_file() for path in allowed)


@pytest.mark.parametrize("name", [b"not\xffutf8", b"new\nline", b"\x1b[2J", "日本".encode()])
def test_a_collection_may_have_any_name(workspace, image, name):
    folder = workspace.root / os.fsdecode(name)
    folder.mkdir()
    (folder / "a.png").write_bytes(image())
    for form in ("jsonl", "json", "csv", "table"):
        ran = workspace.run(
            "gate", folder, "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", "--format", form
        )
        assert ran.status == 1, ran.err
        assert "a.png" in ran.out


@pytest.mark.parametrize("target", ["collection", "manifest", "ledger"])
def test_an_error_about_a_hostile_name_does_not_steer_the_terminal(workspace, target):
    hostile = workspace.root / "\x1b[2Jx"
    given = {"collection": workspace.photos, "manifest": workspace.clear("a.png"), "ledger": workspace.ledger}
    given[target] = hostile if target != "ledger" else hostile / "y"
    if target == "manifest":
        hostile.write_text('{"file_name": "a.png", "persons_status": "\\u001b[2J"}\n')
    ran = workspace.run(
        "gate", given["collection"], "--manifest", given["manifest"], "--ledger", given["ledger"], "--purpose",
        "MODEL_TRAINING",
    )  # fmt: skip
    assert ran.status == 2
    assert "\x1b" not in ran.err


def test_strangers_words_in_reasons_do_not_steer_the_terminal(workspace, row):
    workspace.add("a.png")
    person = {"ref": "p1", "identifiable": True, "age": 30, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
    workspace.declare([row("a.png", persons_status="PRESENT", persons=[person], persons_determined_by=None)])
    records = workspace.root / "records.jsonl"
    records.write_text(
        '{"record_id": "r1", "person": "p1", "basis": "STATUTORY_PUBLICLY_AVAILABLE", "purposes": ["MODEL_TRAINING"],'
        ' "public_class": "\\u001b[2Jdirectory", "recipients": ["\\u001b[31mx"], "events":'
        ' [{"state": "GIVEN", "at": "2026-01-01T00:00:00+00:00"}]}\n'
    )
    ran = workspace.gate("--records", records, form="table")
    assert ran.status in {1, 2}
    assert "\x1b" not in ran.out + ran.err


def test_what_the_ledger_cannot_hold_is_refused_and_not_a_crash(workspace, row):
    workspace.add("a.png")
    workspace.declare([row("a.png", source_url="https://x.example/\ud800")])
    ran = workspace.gate()
    assert "internal error" not in ran.err
    workspace.declare([row("a.png", caption="nul \x00 and half \udc00 of a character")])
    assert "internal error" not in workspace.gate().err
