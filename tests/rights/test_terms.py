"""Terms of retention by image, record, collection and purpose, and what was found at the sources of images."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import RowErrors, UsageError
from provenance.ledger.rebuild import rebuild
from provenance.ledger.retention import Term
from provenance.rights.about import About
from provenance.rights.terms import Kept

from .conftest import People, photo
from .test_erasure import held_bytes, problems
from .test_releases import release
from .test_requests import A, blocked

NOW = datetime.now(UTC)
PAST, COMING = NOW - timedelta(days=1), NOW + timedelta(days=20)
EVERY = {*A, *(f"b{n}.png" for n in range(4)), "n0.png", "n1.png"}


def keep(people: People, until_at: datetime = PAST, **about: Any) -> Term:
    return people.ledger.duties.keep_until(Kept(until_at, "contract 12", "AB", **about))


def reasons(people: People, name: str) -> dict[str, str]:
    verdict = people.ledger.gate(people.photos, purpose="MODEL_TRAINING")[name]
    return {reason.code: reason.decision.value for reason in verdict.reasons}


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"item": "a0.png"}, {"a0.png"}),
        ({"record": "r1"}, A),
        ({"collection": "photos"}, EVERY),
    ],
    ids=["item", "record", "collection"],
)
def test_what_was_kept_for_too_long_is_blocked_and_nothing_else(
    people: People, about: dict[str, Any], expected: set[str]
) -> None:
    """Code 66 is BLOCK."""
    keep(people, COMING, **about)
    assert blocked(people) == set()
    term = keep(people, PAST, **about)
    assert blocked(people) == expected
    assert {people.decisions()[name][1] for name in expected} == {"RETENTION_ENDED"}
    due = [one for one in people.ledger.rights.due_until(NOW + timedelta(days=30)) if one.what == "destruction"]
    assert {one.name.removeprefix("photos/") for one in due} == expected
    people.ledger.duties.take_back_term(term.ref, by="AB", reason="written down twice")
    assert blocked(people) == set()
    assert problems(people.ledger) == []


def test_of_a_purpose_only_uses_under_it_are_over(people: People) -> None:
    from provenance.vocabulary import Purpose

    keep(people, purpose=Purpose.MODEL_EVALUATION)
    assert blocked(people) == set()
    keep(people, purpose=Purpose.MODEL_TRAINING)
    assert blocked(people) == EVERY
    ends = [(one.what, one.name) for one in people.ledger.rights.due_until(NOW)]
    assert ends == [
        ("end", "every use under the purpose MODEL_EVALUATION (K-1)"),
        ("end", "every use under the purpose MODEL_TRAINING (K-2)"),
    ]


def test_of_several_terms_the_earliest_counts(people: People) -> None:
    rows = people.rows()
    rows[0]["retain_until"] = PAST.isoformat()
    rows[1]["retain_until"] = COMING.isoformat()
    people.scan(rows)
    keep(people, COMING + timedelta(days=9), collection="photos")
    assert blocked(people) == {"a0.png"}
    keep(people, PAST, item="a1.png")
    assert blocked(people) == {"a0.png", "a1.png"}
    due = {one.name: one.at.date() for one in people.ledger.rights.due_until(NOW + timedelta(days=60))}
    assert due["photos/a1.png"] == PAST.date()
    assert due["photos/b0.png"] == (COMING + timedelta(days=9)).date()


def test_a_term_holds_for_the_image_however_often_it_is_scanned(people: People) -> None:
    keep(people, item="a0.png")
    keep(people, record="r2")
    rows = [{**row, "caption": "another"} for row in people.rows()]
    people.scan(rows)
    assert blocked(people) == {"a0.png", *(f"b{n}.png" for n in range(4))}
    with people.ledger._database.writing() as connection:
        rebuild(connection)
    assert blocked(people) == {"a0.png", *(f"b{n}.png" for n in range(4))}


def test_a_term_that_ends_while_nobody_looks_blocks_at_its_end(people: People) -> None:
    keep(people, COMING, item="a0.png")
    for at, expected in ((COMING - timedelta(days=1), "ALLOW"), (COMING + timedelta(days=1), "BLOCK")):
        verdicts = people.ledger.gate(people.photos, purpose="MODEL_TRAINING", as_of=at)
        assert verdicts["a0.png"].decision.value == expected
        assert verdicts["a1.png"].decision.value == "ALLOW"


def test_what_a_term_ended_is_destroyed_and_makes_its_release_stale(people: People) -> None:
    release(people)
    keep(people, record="r1")
    assert {one.item for one in people.ledger.rights.release_status("faces-1")} == A
    destroyed = people.ledger.rights.destroy(by="AB")
    assert (destroyed.proof["cause"], destroyed.proof["images"]) == ("retention", 4)
    assert people.ledger.rights.due_until(NOW) == []
    assert problems(people.ledger) == []
    assert [term.about for term in people.ledger.duties.terms()] == ["record r1"]


def test_nothing_is_left_of_what_was_destroyed_however_often_it_was_declared(people: People) -> None:
    """Rows of earlier scans hold the name, the address, a caption, and keep the picture's fingerprints."""
    rows = people.rows()
    rows[0]["caption"] = "an earlier caption"
    people.scan(rows)
    (people.photos / "a1.png").write_bytes(photo(77))  # another picture under the same name
    rows[0]["caption"], rows[0]["retain_until"] = "the last caption", PAST.isoformat()
    rows[1]["retain_until"] = PAST.isoformat()
    people.scan(rows)
    assert b"an earlier caption" in held_bytes(people)
    kinds = people.ledger.rights.destroy(by="AB").erasure.rows
    assert {"item": 5, "content": 3}.items() <= dict(kinds).items()
    after = held_bytes(people)
    texts = [b"a0.png", b"a1.png", b"an earlier caption", b"the last caption", b"the caption of a0"]
    digests = [sha256(photo(seed)).digest() for seed in (0, 1, 77)]
    assert [text for text in (*texts, *digests) if text in after] == []
    assert sha256(photo(2)).digest() in after
    assert problems(people.ledger) == []


def test_what_is_told_of_an_image_that_is_gone_may_be_kept_no_longer_either(people: People) -> None:
    """By its row, and by a term for its collection; not by an earlier row where a later one gave it more time."""
    rows = people.rows()
    rows[0]["retain_until"] = rows[1]["retain_until"] = rows[2]["retain_until"] = PAST.isoformat()
    people.scan(rows)
    rows[1]["retain_until"] = COMING.isoformat()
    people.scan(rows)
    for name in ("a0.png", "a1.png"):
        (people.photos / name).unlink()
    people.scan([row for row in people.rows() if row["file_name"] > "a1.png"])
    due = [one.name for one in people.ledger.rights.due_until(NOW)]
    assert due == ["photos/a0.png"]
    coming = [one.name for one in people.ledger.rights.due_until(COMING) if one.what == "destruction"]
    assert coming == ["photos/a0.png", "photos/a1.png"]
    people.ledger.rights.destroy(by="AB")
    assert b"a0.png" not in held_bytes(people)
    assert people.ledger.rights.due_until(NOW) == []
    keep(people, PAST, collection="photos")
    due = [one.name for one in people.ledger.rights.due_until(NOW)]
    assert due == [f"photos/{name}" for name in sorted(EVERY - {"a0.png"})]
    assert problems(people.ledger) == []


def test_an_erased_person_leaves_no_term_behind(people: People) -> None:
    keep(people, COMING, record="r1")
    keep(people, COMING, item="a0.png")
    filed = people.ledger.rights.file("erase", About(persons=("p1",)), requester="T", by="AB")
    people.ledger.rights.erase(filed.request.ref, by="AB")
    assert people.ledger.duties.terms() == []
    assert problems(people.ledger) == []


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({}, "a term is of one thing"),
        ({"item": "a0.png", "collection": "photos"}, "a term is of one thing"),
        ({"item": "zz.png"}, "no image zz.png"),
        ({"record": "r9"}, "no source holds r9"),
        ({"collection": "other"}, "no collection is called other"),
    ],
)
def test_what_names_nothing_or_several_things_is_an_error(people: People, about: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        keep(people, **about)
    assert people.ledger.duties.terms() == []


# --- sources ----------------------------------------------------------------------------------------------------------


def checks(people: People, *rows: tuple[str, object, datetime], name: str = "checks.csv") -> Path:
    path = people.root / name
    lines = [f"https://photos.example/{item},{status},{at.isoformat()}" for item, status, at in rows]
    path.write_text("\n".join(["url,status,checked_at", *lines]) + "\n")
    return path


def bring(people: People, *rows: tuple[str, object, datetime]) -> int:
    _, images = people.ledger.duties.take_source_checks(checks(people, *rows), by="AB")
    return images


@pytest.mark.parametrize(
    ("status", "decision"),
    [
        (404, "REVIEW"),
        (410, "REVIEW"),
        (401, "REVIEW"),
        (403, "REVIEW"),
        ("gone", "REVIEW"),
        ("PRIVATE", "REVIEW"),
        (200, None),
        (503, None),
        (429, None),
        ("UNKNOWN", None),
    ],
)
def test_an_image_whose_source_is_gone_needs_a_person_s_look(
    people: People, status: object, decision: str | None
) -> None:
    """Kept after its source was taken down or closed: for a person (PIPEDA Findings #2021-001); no sign is no "no"."""
    assert bring(people, ("a0.png", status, PAST)) == 1
    assert reasons(people, "a0.png").get("RETENTION_ENDED") == decision
    assert "RETENTION_ENDED" not in reasons(people, "a1.png")
    assert problems(people.ledger) == []


def test_the_newest_check_that_found_out_anything_counts(people: People) -> None:
    bring(people, ("a0.png", 404, PAST), ("a1.png", 200, PAST), ("a2.png", 404, PAST))
    bring(people, ("a0.png", 200, PAST - timedelta(days=1)), ("a1.png", 404, NOW - timedelta(hours=1)))
    bring(people, ("a2.png", 500, NOW - timedelta(hours=1)))
    held = {name for name in A if "RETENTION_ENDED" in reasons(people, name)}
    assert held == {"a0.png", "a1.png", "a2.png"}
    bring(people, ("a0.png", 200, NOW - timedelta(minutes=5)), ("a1.png", 200, NOW - timedelta(hours=1)))
    held = {name for name in A if "RETENTION_ENDED" in reasons(people, name)}
    assert held == {"a1.png", "a2.png"}  # of two of one moment the one that found less


def test_a_check_counts_for_what_is_scanned_later_and_however_the_address_is_spelt(people: People) -> None:
    path = people.root / "checks.jsonl"
    path.write_text(
        '{"url": "HTTPS://Photos.example:443/new.png", "status": 404, "checked_at": "2026-11-01T00:00:00Z"}\n'
    )
    assert people.ledger.duties.take_source_checks(path, by="AB")[1] == 0
    (people.photos / "new.png").write_bytes((people.photos / "n0.png").read_bytes() + b"\0")
    people.scan([*people.rows(), people.shows("new.png")])
    assert reasons(people, "new.png")["RETENTION_ENDED"] == "REVIEW"


def test_what_is_gone_and_over_is_blocked(people: People) -> None:
    bring(people, ("a0.png", 404, PAST))
    keep(people, item="a0.png")
    assert reasons(people, "a0.png")["RETENTION_ENDED"] == "BLOCK"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("photos.example/a.png,404,2026-11-01T00:00:00Z", "it is no absolute address"),
        ("https://photos.example/a.png,fine,2026-11-01T00:00:00Z", "it is no status of HTTP"),
        ("https://photos.example/a.png,404,2026-11-01T00:00:00", "offset"),
        ("https://photos.example/a.png,404,", "when somebody looked"),
        ("https://photos.example/a.png,404,2999-11-01T00:00:00Z", "it lies ahead"),
    ],
)
def test_a_file_with_a_fault_is_named_by_its_line_and_not_taken(people: People, line: str, problem: str) -> None:
    path = people.root / "checks.csv"
    path.write_text(f"url,status,checked_at\nhttps://photos.example/a0.png,404,2026-11-01T00:00:00Z\n{line}\n")
    with pytest.raises(RowErrors, match=problem) as raised:
        people.ledger.duties.take_source_checks(path, by="AB")
    assert [error.line for error in raised.value.errors] == [3]
    assert "RETENTION_ENDED" not in reasons(people, "a0.png")


# --- the longest terms of the packs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "years"), [("US-IL", 3), ("US-TX", 1), ("CA", None)], ids=["Illinois", "Texas", "no such rule"]
)
def test_the_longest_term_of_a_law_ends_a_record_without_one_where_faces_are_measured(
    people: People, place: str, years: int | None
) -> None:
    """740 ILCS 14/15(a): three years since the last interaction; Tex. Bus. & Com. Code s. 503.001: one. Code 66."""
    rows = people.rows()
    for row in rows:
        row["jurisdictions"] = [place]
        for person in row["persons"] if row.get("persons") else ():
            person["jurisdictions"] = [place]
    people.scan(rows)
    people.ledger.gate(people.photos, purpose="MODEL_TRAINING")
    assert people.ledger.rights.due_until(NOW + timedelta(days=2_000)) == []
    people.ledger.gate(people.photos, purpose="FACE_RECOGNITION_TRAINING")
    due = people.ledger.rights.due_until(NOW + timedelta(days=2_000))
    given = datetime(2026, 5, 1, 10, tzinfo=UTC)
    told = f"{place} allows {years} year{'s' if years != 1 else ''} for measured faces"
    expected = (
        [(given + timedelta(days=365 * years), "end", f"the record {one}: {told}") for one in ("r1", "r2")]
        if years
        else []
    )
    assert [(one.at, one.what, one.name) for one in due] == expected


def test_a_record_with_a_term_of_its_own_is_left_to_that(people: People) -> None:
    rows = people.rows()
    for row in rows:
        for person in row["persons"] if row.get("persons") else ():
            person["jurisdictions"] = ["US-TX"]
    termed = people.consent("p1", "r1")
    termed["events"] = [{**termed["events"][0], "expires_at": "2029-01-01T00:00:00+00:00"}]
    people.scan(rows, [termed, people.consent("p2", "r2")])
    people.ledger.gate(people.photos, purpose="FACE_RECOGNITION_TRAINING")
    due = people.ledger.rights.due_until(NOW + timedelta(days=2_000))
    assert [one.name.split(":")[0] for one in due] == ["the record r2"]
