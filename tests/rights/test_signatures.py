"""Decisions that are signed with the key of the reviewer's account, and what becomes of those that are not."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

import provenance as pv
from provenance.errors import VerdictsStale
from provenance.ledger.append import digest_of
from provenance.proofs.notes import new_key, private_key
from provenance.vocabulary import Decision

from .conftest import open_account

AT = "2026-11-22T10:00:00+00:00"
GATE_AT = ("--as-of", "2026-11-22T12:00:00Z")
WAIVER = """
[[waiver]]  # our own
code = "LICENCE_MISSING"
items = ["a.png"]
purpose = "MODEL_TRAINING"
reason = "our own archive"
approver = "J. Morin"
ticket = "LEGAL-77"
date = 2026-10-01
expires = 2027-01-31
"""


@pytest.fixture
def desk(workspace: Any, image: Callable[..., bytes]) -> Any:
    """Two pictures without a licence, which hold them for review, and the accounts of two reviewers with keys."""
    rows = []
    for seed, name in enumerate(("a.png", "b.png")):
        workspace.add(name, image(seed, (320, 240)))
        rows.append(
            {
                "file_name": name,
                "source_url": f"https://photos.example/{name}",
                "acquired_at": "2026-06-01T10:00:00Z",
                "acquisition_method": "LICENSED",
                "persons_status": "NONE",
                "persons_determined_by": {"reviewer": "AB"},
                "jurisdictions": ["CA"],
            }
        )
    workspace.declare(rows)
    assert workspace.gate(*GATE_AT).status == 1
    open_account(workspace, "J. Morin", "morin")
    open_account(workspace, "A. Lee", "lee")
    return workspace


def exported(desk: Any, purpose: str = "MODEL_TRAINING") -> list[dict[str, str]]:
    ran = desk.run("review", "export", desk.photos, "--ledger", desk.ledger, "--purpose", purpose, *GATE_AT)
    assert ran.status == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out)))


def decided(desk: Any, answer: str, items: Sequence[str] = ("a.png",), purpose: str = "MODEL_TRAINING") -> Path:
    """A file in which J. Morin decided about the findings of some images."""
    rows = [row for row in exported(desk, purpose) if row["item"] in items]
    assert rows
    filled = {"decision": answer, "reviewer": "J. Morin", "at": AT, "reason": "looked"}
    return written(desk.root / "decided.csv", [{**row, **filled} for row in rows])


def written(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def signed(desk: Any, file: Path, key: str = "morin", account: str = "J. Morin") -> Path:
    out: Path = desk.root / f"signed{file.suffix}"
    ran = desk.run("review", "sign", file, "--private", desk.root / key, "--account", account, "-o", out)
    assert ran.status == 0, ran.err
    return out


def taken(desk: Any, file: Path) -> None:
    ran = desk.run("review", "import", file, "--ledger", desk.ledger)
    assert ran.status == 0, ran.err


def verdict(desk: Any, item: str = "a.png", *, required: bool = False, purpose: str = "MODEL_TRAINING") -> Any:
    context = desk.root / "context.toml"
    context.write_text(f"require_signatures = {str(required).lower()}\nface_templates = {{derived = false}}\n")
    return desk.gate(*GATE_AT, "--context", context, purpose=purpose).by_item[item]


def told(found: Any) -> str:
    return " ".join(reason["detail"] for reason in found["reasons"])


def test_a_signed_permission_counts_and_says_that_it_is_signed(desk: Any) -> None:
    taken(desk, signed(desk, decided(desk, "ALLOW")))
    for required in (False, True):
        found = verdict(desk, required=required)
        assert found["decision"] == Decision.ALLOW_BY_REVIEW
        assert "Allowed by J. Morin on 2026-11-22, signed, until" in told(found)
    assert verdict(desk, "b.png", required=True)["decision"] == Decision.REVIEW
    listed = desk.run("review", "list", "--ledger", desk.ledger, "--format", "jsonl").verdicts
    assert [entry["signed"] for entry in listed] == ["signed"]


def test_an_unsigned_permission_says_so_and_counts_where_none_is_required(desk: Any) -> None:
    taken(desk, decided(desk, "ALLOW"))
    found = verdict(desk)
    assert found["decision"] == Decision.ALLOW_BY_REVIEW
    assert "unsigned" in told(found)
    refused = verdict(desk, required=True)
    assert refused["decision"] == Decision.REVIEW
    assert "Not counted: allowed by J. Morin on 2026-11-22, unsigned" in told(refused)
    how = ("--purpose", "MODEL_TRAINING", "--context", desk.root / "context.toml", *GATE_AT)
    explained = desk.run("explain", "a.png", "--ledger", desk.ledger, *how)
    assert explained.status == 1
    assert "unsigned" in explained.out


def test_an_unsigned_rejection_blocks_all_the_same(desk: Any) -> None:
    taken(desk, decided(desk, "BLOCK"))
    assert verdict(desk, required=True)["decision"] == Decision.BLOCK
    assert verdict(desk)["decision"] == Decision.BLOCK


CHANGES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "another reason": lambda row: {**row, "reason": "did not look"},
    "a longer term": lambda row: {**row, "expires": "2027-03-01"},
    "another moment": lambda row: {**row, "at": "2026-11-22T10:00:01+00:00"},
    "another ticket": lambda row: {**row, "ticket": "LEGAL-1"},
    "another reviewer": lambda row: {**row, "reviewer": "A. Lee"},
    "an account that is none": lambda row: {**row, "reviewer": "M. Dubois"},
    "a turned bit": lambda row: {**row, "signature": row["signature"][:-3] + "AA="},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_signature_that_is_not_of_this_decision_permits_nothing(
    desk: Any, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    with signed(desk, decided(desk, "ALLOW")).open() as file:
        rows = [change(row) for row in csv.DictReader(file)]
    taken(desk, written(desk.root / "changed.csv", rows))
    # Whether or not signatures are required: one that is there has to fit.
    for required in (False, True):
        found = verdict(desk, required=required)
        assert found["decision"] == Decision.REVIEW
        assert "Not counted" in told(found)


def test_a_signature_of_one_image_is_none_of_another(desk: Any) -> None:
    with signed(desk, decided(desk, "ALLOW")).open() as file:
        (mine,) = csv.DictReader(file)
    (other,) = (row for row in exported(desk) if row["item"] == "b.png")
    replayed = {**mine, "finding": other["finding"], "sha256": other["sha256"]}
    taken(desk, written(desk.root / "replayed.csv", [replayed]))
    assert verdict(desk, "b.png")["decision"] == Decision.REVIEW


def test_a_signature_for_one_purpose_is_none_for_another(desk: Any) -> None:
    with signed(desk, decided(desk, "ALLOW")).open() as file:
        (mine,) = csv.DictReader(file)
    other = next(row for row in exported(desk, "MODEL_EVALUATION") if row["item"] == "a.png")
    taken(desk, written(desk.root / "replayed.csv", [{**mine, "finding": other["finding"]}]))
    assert verdict(desk, purpose="MODEL_EVALUATION")["decision"] == Decision.REVIEW


def test_a_permission_turned_into_another_answer_does_not_fit(desk: Any) -> None:
    """A rejection that was signed cannot be made a permission; made of a permission, a rejection still blocks."""
    for answer, turned, wanted in (("BLOCK", "ALLOW", Decision.REVIEW), ("ALLOW", "BLOCK", Decision.BLOCK)):
        with signed(desk, decided(desk, answer)).open() as file:
            rows = [{**row, "decision": turned} for row in csv.DictReader(file)]
        taken(desk, written(desk.root / "turned.csv", rows))
        assert verdict(desk)["decision"] == wanted


def test_nobody_signs_with_another_ones_key(desk: Any) -> None:
    taken(desk, signed(desk, decided(desk, "ALLOW"), key="lee"))
    assert verdict(desk)["decision"] == Decision.REVIEW


def test_a_revoked_account_permits_nothing_any_more(desk: Any) -> None:
    taken(desk, signed(desk, decided(desk, "ALLOW", ("a.png", "b.png"))))
    assert verdict(desk)["decision"] == Decision.ALLOW_BY_REVIEW
    revoked = ("accounts", "revoke", "J. Morin", "--by", "AB", "--reason", "the key was lost", "--ledger", desk.ledger)
    assert desk.run(*revoked).status == 0
    for required in (False, True):
        found = verdict(desk, required=required)
        assert found["decision"] == Decision.REVIEW
        assert "revoked" in told(found)


def test_verdicts_from_before_an_account_was_revoked_are_stale(desk: Any) -> None:
    taken(desk, signed(desk, decided(desk, "ALLOW")))
    with pv.open(desk.ledger) as ledger:
        verdicts = ledger.gate(
            desk.photos, purpose="MODEL_TRAINING", as_of=datetime.fromisoformat("2026-11-22T12:00:00+00:00")
        )
        assert verdicts["a.png"].decision == Decision.ALLOW_BY_REVIEW
        ledger.rights.revoke_account("J. Morin", by="AB", reason="the key was lost")
        with pytest.raises(VerdictsStale):
            list(verdicts)


def test_the_releases_that_rest_on_what_a_revoked_account_signed_are_named(desk: Any) -> None:
    """And none by the end of another account, which signed nothing."""
    taken(desk, signed(desk, decided(desk, "ALLOW", ("a.png", "b.png"))))
    with pv.open(desk.ledger) as ledger:
        ledger.rights.release(ledger.gate(desk.photos, purpose="MODEL_TRAINING"), "r1", io.BytesIO(), by="AB")
        for name, stale in (("A. Lee", []), ("J. Morin", [("r1", 2)])):
            with ledger.rights.telling_stale() as told:
                ledger.rights.revoke_account(name, by="AB", reason="the key was lost")
            assert [(one.name, one.images) for one in told.releases] == stale


def test_an_account_decides_for_the_purposes_that_it_is_limited_to(desk: Any) -> None:
    ledger = ("--ledger", desk.ledger)
    limited = ("--kind", "person", "--by", "AB", "--purpose", "MODEL_EVALUATION")
    assert desk.run("accounts", "add", "K. Roy", *limited, *ledger).status == 0
    new_key(desk.root / "roy")
    public = private_key(desk.root / "roy").public_key()
    (desk.root / "roy.pub").write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    assert desk.run("accounts", "key", "K. Roy", "--public", desk.root / "roy.pub", "--by", "AB", *ledger).status == 0
    for purpose, wanted in (("MODEL_TRAINING", Decision.REVIEW), ("MODEL_EVALUATION", Decision.ALLOW_BY_REVIEW)):
        file = decided(desk, "ALLOW", purpose=purpose)
        file.write_text(file.read_text().replace("J. Morin", "K. Roy"))
        taken(desk, signed(desk, file, key="roy", account="K. Roy"))
        assert verdict(desk, purpose=purpose)["decision"] == wanted


def test_a_key_is_one_persons(desk: Any) -> None:
    shared = ("accounts", "key", "A. Lee", "--public", desk.root / "morin.pub", "--by", "AB", "--ledger", desk.ledger)
    ran = desk.run(*shared)
    assert ran.status == 2
    assert "already" in ran.err


@pytest.mark.parametrize("column", ["reason", "expires_on", "reviewer", "signature"])
def test_a_row_that_was_changed_in_the_ledger_permits_nothing(desk: Any, column: str) -> None:
    """Nor where whoever changed it knows how its digest is made."""
    taken(desk, signed(desk, decided(desk, "ALLOW")))
    with sqlite3.connect(desk.ledger) as ledger:
        value = {"reason": "other", "expires_on": 20270101, "reviewer": "A. Lee", "signature": b"SSHSIG"}[column]
        ledger.execute(f"UPDATE review SET {column} = ?", (value,))
    assert desk.gate(*GATE_AT).status == 2
    with sqlite3.connect(desk.ledger) as ledger:
        ledger.row_factory = sqlite3.Row
        (row,) = map(dict, ledger.execute("SELECT * FROM review"))
        del row["row_digest"]
        ledger.execute("UPDATE review SET row_digest = ?", (digest_of(b"", row),))
    assert verdict(desk, required=True)["decision"] == Decision.REVIEW
    assert desk.run("verify", "--ledger", desk.ledger).status == 1


def test_a_signed_waiver_counts_where_signatures_are_required_and_an_unsigned_does_not(desk: Any) -> None:
    plain = desk.root / "plain.toml"
    plain.write_text(WAIVER)
    context = desk.root / "context.toml"
    context.write_text("require_signatures = true\nface_templates = {derived = false}\n")
    sealed = signed(desk, plain)
    for file, wanted, said in (
        (plain, Decision.REVIEW, "it is not signed"),
        (sealed, Decision.ALLOW_BY_REVIEW, "Waived by J. Morin, signed, until 2027-01-31"),
    ):
        ran = desk.gate(*GATE_AT, "--context", context, "--waivers", file)
        assert ran.by_item["a.png"]["decision"] == wanted
        assert said in ran.out + ran.err
    assert desk.gate(*GATE_AT, "--waivers", plain).by_item["a.png"]["decision"] == Decision.ALLOW_BY_REVIEW
    widened = desk.root / "widened.toml"
    widened.write_text(sealed.read_text().replace('items = ["a.png"]', 'items = ["a.png", "b.png"]'))
    ran = desk.gate(*GATE_AT, "--waivers", widened)
    assert {item: one["decision"] for item, one in ran.by_item.items()} == dict.fromkeys(
        ("a.png", "b.png"), Decision.REVIEW
    )
    assert "the signature is none of J. Morin's" in ran.out + ran.err


def test_signing_leaves_what_others_decided_as_it_is(desk: Any) -> None:
    with decided(desk, "ALLOW", ("a.png", "b.png")).open() as file:
        rows = list(csv.DictReader(file))
    rows[1]["reviewer"] = "A. Lee"
    once = signed(desk, written(desk.root / "both.csv", rows))
    twice = desk.root / "twice.csv"
    once.rename(twice)
    with signed(desk, twice, key="lee", account="A. Lee").open() as file:
        found = list(csv.DictReader(file))
    assert all(row["signature"] for row in found)
    taken(desk, desk.root / "signed.csv")
    assert verdict(desk, "a.png", required=True)["decision"] == Decision.ALLOW_BY_REVIEW
    assert verdict(desk, "b.png", required=True)["decision"] == Decision.ALLOW_BY_REVIEW
