"""Looks that are signed with the key of the reviewer's account, and what becomes of those that are not."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import provenance as pv
from provenance.errors import VerdictsStale
from provenance.model import ApparentAge, Look, Review
from provenance.proofs.decisions import statement
from provenance.proofs.notes import new_key, private_key
from provenance.review.app import ReviewPage
from provenance.vocabulary import Decision, PersonsStatus

from .conftest import open_account
from .test_signatures import CHANGES, written

AT = "2026-11-22T10:00:00+00:00"
CLOCK = datetime(2026, 11, 22, 12, tzinfo=UTC)
GATE_AT = ("--as-of", "2026-11-22T12:00:00Z")
ALLOW, REVIEW, BLOCK = Decision.ALLOW, Decision.REVIEW, Decision.BLOCK


@pytest.fixture
def desk(workspace: Any, row: Callable[..., dict[str, Any]], image: Callable[..., bytes]) -> Any:
    """Two pictures of which nobody has said whether a person is shown, and the accounts of two reviewers with keys."""
    names = ("a.png", "b.png")
    for seed, name in enumerate(names):
        workspace.add(name, image(seed, (320, 240)))
    workspace.declare(row(name, persons_status="UNKNOWN", persons_determined_by=None) for name in names)
    assert workspace.gate(*GATE_AT).status == 1
    open_account(workspace, "J. Morin", "morin")
    open_account(workspace, "A. Lee", "lee")
    return workspace


def seen(desk: Any, items: Sequence[str] = ("a.png",), **cells: str) -> Path:
    """A sheet in which J. Morin saw nobody in some pictures, or what the cells say."""
    ran = desk.run("review", "sheet", desk.photos, "--ledger", desk.ledger, "--purpose", "MODEL_TRAINING", *GATE_AT)
    assert ran.status == 0, ran.err
    rows = [row for row in csv.DictReader(io.StringIO(ran.out)) if row["item"] in items]
    assert len(rows) == len(items)
    filled = {"persons_status": "NONE", "reviewer": "J. Morin", "at": AT, "reason": "=looked, twice", **cells}
    return written(desk.root / "seen.csv", [{**row, **filled} for row in rows])


def signed(desk: Any, file: Path, *, key: str = "morin", account: str = "J. Morin", how: Sequence[str] = ()) -> Path:
    out: Path = desk.root / f"signed-{key}.csv"
    ran = desk.run("review", "sign", file, "--private", desk.root / key, "--account", account, *how, "-o", out)
    assert ran.status == 0, ran.err
    return out


def taken(desk: Any, file: Path) -> Any:
    ran = desk.run("review", "import", file, "--ledger", desk.ledger)
    assert ran.status == 0, ran.err
    return ran


def context(desk: Any, *, required: bool) -> Path:
    path: Path = desk.root / "context.toml"
    path.write_text(f"require_signatures = {str(required).lower()}\nface_templates = {{derived = false}}\n")
    return path


def verdict(desk: Any, item: str = "a.png", *, required: bool = False) -> Any:
    return desk.gate(*GATE_AT, "--context", context(desk, required=required)).by_item[item]


def told(found: Any) -> str:
    return " ".join(reason["detail"] for reason in found["reasons"])


def marks(desk: Any) -> list[str]:
    listed = desk.run("review", "list", "--ledger", desk.ledger, "--format", "jsonl").verdicts
    return [entry["signed"] for entry in listed]


def test_a_signed_look_counts_whether_or_not_signatures_are_required(desk: Any) -> None:
    taken(desk, signed(desk, seen(desk)))
    for required in (False, True):
        assert verdict(desk, required=required)["decision"] == ALLOW
        assert verdict(desk, "b.png", required=required)["decision"] == REVIEW
    assert marks(desk) == ["signed"]


def test_an_unsigned_look_is_marked_and_clears_nothing_where_signatures_are_required(desk: Any) -> None:
    taken(desk, seen(desk))
    assert verdict(desk)["decision"] == ALLOW
    refused = verdict(desk, required=True)
    assert (refused["decision"], refused["reason"]) == (REVIEW, "PERSON_STATUS_UNKNOWN")
    said = "J. Morin on 2026-11-22, unsigned: nobody is shown"
    assert f"Not counted: {said}; it is not signed, and that is required" in told(refused)
    how = ("--ledger", desk.ledger, "--purpose", "MODEL_TRAINING", *GATE_AT)
    assert said in desk.run("explain", "a.png", *how, "--context", context(desk, required=True)).out
    assert marks(desk) == ["unsigned"]
    taken(desk, signed(desk, desk.root / "seen.csv"))
    assert verdict(desk, required=True)["decision"] == ALLOW


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"persons_status": "PRESENT"}, "BASIS_MISSING"),
        ({"persons_status": "PRESENT", "age": "MINOR"}, "AGE_UNKNOWN_APPARENT_MINOR"),
    ],
)
def test_what_an_unsigned_look_restricts_counts_all_the_same(desk: Any, cells: dict[str, str], code: str) -> None:
    taken(desk, seen(desk, **cells))
    for required in (False, True):
        found = verdict(desk, required=required)
        assert found["decision"] != ALLOW
        assert code in {reason["code"] for reason in found["reasons"]}


def test_nobody_takes_back_what_somebody_signed_by_a_look_without_a_signature(desk: Any) -> None:
    """That J. Morin saw nobody later outdoes that they saw somebody; said in their name by anybody it does not."""
    taken(desk, signed(desk, seen(desk, persons_status="PRESENT")))
    later = seen(desk, at="2026-11-22T11:00:00+00:00")
    taken(desk, later)
    assert verdict(desk)["decision"] == ALLOW
    assert verdict(desk, required=True)["decision"] != ALLOW
    taken(desk, signed(desk, later))
    assert verdict(desk, required=True)["decision"] == ALLOW


CHANGED = ("another reason", "another moment", "another reviewer", "an account that is none", "a turned bit")


@pytest.mark.parametrize("change", CHANGED)
def test_a_signature_that_is_not_of_this_look_clears_nothing(desk: Any, change: str) -> None:
    with signed(desk, seen(desk)).open() as file:
        rows = [CHANGES[change](row) for row in csv.DictReader(file)]
    assert "its signature does not count" in taken(desk, written(desk.root / "changed.csv", rows)).err
    # Whether or not signatures are required: one that is there has to fit.
    for required in (False, True):
        found = verdict(desk, required=required)
        assert found["decision"] == REVIEW
        assert "Not counted" in told(found)
        assert "signature refused" in told(found)


def test_a_signature_of_one_picture_and_of_what_was_seen_is_none_of_another(desk: Any) -> None:
    with signed(desk, seen(desk)).open() as file:
        (mine,) = csv.DictReader(file)
    with seen(desk, ["b.png"]).open() as file:
        (other,) = csv.DictReader(file)
    taken(desk, written(desk.root / "replayed.csv", [{**mine, "sha256": other["sha256"]}]))
    assert verdict(desk, "b.png")["decision"] == REVIEW
    with signed(desk, seen(desk, persons_status="PRESENT")).open() as file:
        (shown,) = csv.DictReader(file)
    taken(desk, written(desk.root / "turned.csv", [{**shown, "persons_status": "NONE"}]))
    assert verdict(desk)["decision"] != ALLOW


def test_nobody_signs_with_another_ones_key(desk: Any) -> None:
    taken(desk, signed(desk, seen(desk), key="lee"))
    assert verdict(desk)["decision"] == REVIEW


def test_a_revoked_account_clears_nothing_any_more_and_verdicts_from_before_are_stale(desk: Any) -> None:
    taken(desk, signed(desk, seen(desk)))
    with pv.open(desk.ledger) as ledger:
        verdicts = ledger.gate(desk.photos, purpose="MODEL_TRAINING", as_of=CLOCK)
        assert verdicts["a.png"].decision == ALLOW
        ledger.rights.revoke_account("J. Morin", by="AB", reason="the key was lost")
        with pytest.raises(VerdictsStale):
            list(verdicts)
    for required in (False, True):
        found = verdict(desk, required=required)
        assert found["decision"] == REVIEW
        assert "was revoked" in told(found)


def test_a_look_counts_from_when_its_key_is_known(desk: Any) -> None:
    new_key(desk.root / "roy")
    taken(desk, signed(desk, seen(desk, reviewer="K. Roy"), key="roy", account="K. Roy"))
    refused = verdict(desk, required=True)
    assert refused["decision"] == REVIEW
    assert "there is no account K. Roy" in told(refused)
    with pv.open(desk.ledger) as ledger:
        ledger.rights.open_account("K. Roy", "person", by="AB")
        ledger.rights.add_key("K. Roy", private_key(desk.root / "roy").public_key().public_bytes_raw(), by="AB")
    assert verdict(desk, required=True)["decision"] == ALLOW


@pytest.mark.parametrize(
    ("column", "value"),
    [("reason", "other"), ("reviewer", "A. Lee"), ("persons_status", "PRESENT"), ("signature", b"SSHSIG")],
)
def test_a_row_that_was_changed_in_the_ledger_clears_nothing(desk: Any, column: str, value: object) -> None:
    taken(desk, signed(desk, seen(desk)))
    with sqlite3.connect(desk.ledger) as ledger:
        ledger.execute(f"UPDATE look SET {column} = ?", (value,))
    assert verdict(desk, required=True)["decision"] != ALLOW
    assert desk.run("verify", "--ledger", desk.ledger).status == 1


def test_signing_leaves_what_others_saw_as_it_is_and_reads_a_spreadsheets_times(desk: Any) -> None:
    with seen(desk, ["a.png", "b.png"], at="22/11/2026 10:00").open() as file:
        rows = list(csv.DictReader(file))
    rows[1]["reviewer"] = "A. Lee"
    how = ("--zone", "+00:00", "--dates", "DMY")
    once = signed(desk, written(desk.root / "both.csv", rows), how=how)
    with signed(desk, once, key="lee", account="A. Lee").open() as file:
        found = list(csv.DictReader(file))
    assert [row["at"] for row in found] == [AT, AT]
    assert all(row["signature"] for row in found)
    taken(desk, desk.root / "signed-lee.csv")
    assert [verdict(desk, item, required=True)["decision"] for item in ("a.png", "b.png")] == [ALLOW, ALLOW]


STORED = Look(
    bytes(range(32)), "J. Morin", datetime(2026, 11, 22, 10, tzinfo=UTC), PersonsStatus.PRESENT, 2, ApparentAge.ADULT,
    False, True, "«vu» deux fois",
)  # fmt: skip


def test_what_is_signed_is_written_down() -> None:
    """Signatures that were given have to fit for ever: RFC 8785 by hand, microseconds since 1970 of 10:00 UTC."""
    digest = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    at = 1_795_341_600_000_000
    assert statement(STORED).decode() == (
        f'{{"age":"ADULT","at":{at},"kind":"look","persons":2,"persons_status":"PRESENT","reason":"«vu» deux fois",'
        f'"reviewer":"J. Morin","sensitive":true,"sha256":"{digest}","synthetic":false,"v":1}}'
    )
    decided = Review(
        "f0",
        Decision.BLOCK,
        "J. Morin",
        STORED.at,
        date(2027, 5, 21),
        "why",
        "T-1",
        7,
        STORED.sha256,
        "LICENCE_MISSING",
    )
    assert statement(decided).decode() == (
        f'{{"at":{at},"code":"LICENCE_MISSING","decision":"BLOCK","expires":"2027-05-21","finding":"f0",'
        f'"kind":"review","reason":"why","reviewer":"J. Morin","sha256":"{digest}","ticket":"T-1","v":1}}'
    )


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_signs_what_is_said_on_it(desk: Any) -> None:
    with pv.open(desk.ledger) as ledger:
        key = ledger.rights.signing_key("J. Morin", desk.root / "morin")
        asked = ledger.context(context(desk, required=True), purpose="MODEL_TRAINING")
        queue = ledger.review_queue([desk.photos], asked)
        taken(desk, seen(desk, ["b.png"]))
        listed = {one.verdict.item: one.place.item for one in queue.page("PERSON_STATUS_UNKNOWN", size=9).pictures}
        assert set(listed) == {"a.png", "b.png"}, "an unsigned look settles nothing here"
        with TestClient(Starlette(routes=ReviewPage(queue, "J. Morin", key).routes())) as client:
            session = client.get("/start").json()["session"]
            look = {"kind": "look", "persons_status": "NONE", "reason": "looked"}
            reject = {"kind": "reject", "reason": "no"}
            for number, (what, item) in enumerate(((look, "a.png"), (reject, "b.png")), start=1):
                body = {"session": session, "number": number, "pictures": [listed[item]], **what}
                assert client.post("/decide", content=json.dumps(body)).status_code == 200
        assert queue.page("PERSON_STATUS_UNKNOWN", size=9).pictures == ()
        verdicts = ledger.gate(desk.photos, context=replace(asked, as_of=datetime.now(UTC)))
        assert [verdicts[item].decision for item in ("a.png", "b.png")] == [ALLOW, BLOCK]
    assert sorted(marks(desk)) == ["signed", "signed", "unsigned"]


@pytest.mark.parametrize(
    ("account", "key", "problem"),
    [
        ("J. Morin", "lee", "the signature is none of J. Morin's"),
        ("M. Dubois", "morin", "there is no account M. Dubois"),
    ],
)
def test_the_page_is_not_served_with_another_ones_key(desk: Any, account: str, key: str, problem: str) -> None:
    given = ("--ledger", desk.ledger, "--purpose", "MODEL_TRAINING", "--reviewer", account)
    ran = desk.run("review", "serve", desk.photos, *given, "--private", desk.root / key)
    assert ran.status == 2
    assert problem in ran.err


def test_where_signatures_are_required_the_page_is_not_served_without_a_key(desk: Any) -> None:
    given = ("--ledger", desk.ledger, "--purpose", "MODEL_TRAINING", "--reviewer", "J. Morin")
    ran = desk.run("review", "serve", desk.photos, *given, "--context", context(desk, required=True))
    assert ran.status == 2
    assert "--private" in ran.err


def test_what_is_signed_comes_back_from_either_engine(ledger_url: str, workspace: Any, row: Any) -> None:
    workspace.add("a.png")
    workspace.declare([row("a.png", persons_status="UNKNOWN", persons_determined_by=None)])
    new_key(workspace.root / "morin")
    private = private_key(workspace.root / "morin")
    with pv.open(ledger_url) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        ledger.rights.open_account("J. Morin", "person", by="AB")
        ledger.rights.add_key("J. Morin", private.public_key().public_bytes_raw(), by="AB")
        asked = ledger.context(context(workspace, required=True), purpose="MODEL_TRAINING")
        queue = ledger.review_queue([workspace.photos], asked)
        (listed,) = queue.page("PERSON_STATUS_UNKNOWN", size=9).pictures
        look = Look(b"", "J. Morin", datetime.now(UTC), PersonsStatus.NONE, reason="looked")
        queue.look([listed.place.item], look, key=private)
        verdicts = ledger.gate(workspace.photos, context=replace(asked, as_of=datetime.now(UTC)))
        assert verdicts["a.png"].decision == ALLOW
        assert ledger.verify() == ()
