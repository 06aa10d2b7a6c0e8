"""Breaches: recorded, reported, closed, told of in `due`, and kept for 24 months (SOR/2018-64 s. 6(1))."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import PackError, UsageError
from provenance.ledger.breaches import Breach, BreachState
from provenance.policy.packs import load_packs
from provenance.rights.deadlines import report_deadline
from provenance.rights.keeping import kept_until

from .conftest import People
from .test_erasure import held_bytes, problems

NOW = datetime.now(UTC)


def breach(people: People, **more: Any) -> Breach:
    given: dict[str, Any] = {
        "found_at": NOW - timedelta(days=2),
        "occurred": "about 18 November",
        "what": "the folder was open to the web",
        "information": "portraits and captions",
        "by": "AB",
        **more,
    }
    return people.ledger.duties.record_breach(**given)


def test_it_lives_from_its_finding_to_its_end(people: People) -> None:
    one = breach(people, persons=12, risk="yes")
    assert (one.ref, one.is_open, one.persons) == ("B-1", True, 12)
    duties = people.ledger.duties
    duties.note_breach("B-1", "REPORTED", by="AB", note="OPC, file 26-114")
    closed = duties.note_breach("B-1", "CLOSED", by="AB", note="the folder is closed")
    assert [event.state for event in closed.events] == [BreachState.REPORTED, BreachState.CLOSED]
    with pytest.raises(UsageError, match="closed already"):
        duties.note_breach("B-1", "TOLD", by="AB", note="letters")
    assert breach(people).ref == "B-2"
    assert problems(people.ledger) == []


@pytest.mark.parametrize(("risk", "is_due"), [("yes", True), ("unknown", True), ("no", False)])
def test_a_report_is_due_within_72_hours_unless_no_risk_is_likely(people: People, risk: str, is_due: bool) -> None:
    """GDPR Art. 33(1)."""
    one = breach(people, risk=risk)
    due = [one for one in people.ledger.rights.due_until(NOW + timedelta(days=30)) if one.what == "report"]
    assert [found.at for found in due] == ([one.found_at + timedelta(hours=72)] if is_due else [])
    people.ledger.duties.note_breach(one.ref, "REPORTED", by="AB", note="CNIL, 12")
    assert people.ledger.rights.due_until(NOW + timedelta(days=30)) == []


def test_an_open_one_or_one_of_less_than_24_months_stays(people: People) -> None:
    one = breach(people, risk="no")
    duties = people.ledger.duties
    with pytest.raises(UsageError, match="is not over"):
        duties.prune("breach", "B-1", by="AB")
    duties.note_breach("B-1", "CLOSED", by="AB", note="settled")
    with pytest.raises(UsageError, match="has to be kept until"):
        duties.prune("breach", "B-1", by="AB")
    (due,) = people.ledger.rights.due_until(NOW + timedelta(days=800))
    assert (due.what, due.at, due.is_duty) == ("pruning", kept_until(one.found_at), False)


def test_one_that_was_kept_for_24_months_may_go_and_its_number_does_not_come_again(people: People) -> None:
    breach(people, found_at=NOW - timedelta(days=740), what="an old misfortune", risk="no")
    duties = people.ledger.duties
    duties.note_breach("B-1", "CLOSED", by="AB", note="settled at last")
    assert b"an old misfortune" in held_bytes(people)
    gone = duties.prune("breach", "B-1", by="AB")
    assert (gone.proof["cause"], gone.proof["rows"]) == (
        "kept long enough: breach B-1",
        {"breach": 1, "breach_event": 1},
    )
    assert b"misfortune" not in held_bytes(people)
    assert duties.breaches() == []
    assert problems(people.ledger) == []
    assert breach(people).ref == "B-2"
    assert problems(people.ledger) == []


@pytest.mark.parametrize(
    ("jurisdictions", "hours", "rule"),
    [
        (("EU-FR",), 72, "GDPR Art. 33(1)"),
        (("GB",), 72, "UK GDPR Art. 33(1)"),
        (("US-TX",), 720, "Tex. Bus. & Com. Code 521.053(i)"),
        (("US-TX", "EU"), 72, "GDPR Art. 33(1)"),  # the first term of several
        (("CA",), 72, "the shortest term of all packs"),  # as soon as feasible (PIPEDA s. 10.1(2)): no hours
        (("US-TX", "CA"), 72, "the shortest term of all packs"),
        ((), 72, "the shortest term of all packs"),
        (("NZ",), 72, "the shortest term of all packs"),  # no pack of its own
    ],
)
def test_the_report_is_due_by_the_first_term_of_the_laws_that_ask_for_it(
    people: People, jurisdictions: tuple[str, ...], hours: int, rule: str
) -> None:
    one = breach(people, risk="yes", jurisdictions=jurisdictions)
    assert one.jurisdictions == jurisdictions
    (due,) = people.ledger.rights.due_until(NOW + timedelta(days=60))
    assert due.at == one.found_at + timedelta(hours=hours)
    assert rule in people.ledger.duties.report_deadline(one).rule
    assert problems(people.ledger) == []


def test_a_pack_of_ones_own_sets_the_terms(tmp_path: Path) -> None:
    (tmp_path / "CA.toml").write_text('id = "CA"\ninherits = "EU"\n[breaches]\nreport_hours = 24\nkeep_months = 30\n')
    packs = load_packs(tmp_path)
    assert report_deadline(packs, ["CA"], NOW).at == NOW + timedelta(hours=24)
    assert report_deadline(packs, [], NOW).at == NOW + timedelta(hours=24)
    for fault in ("report_hours = 0", "keep_months = 0", "keep_months = 100000", "report_days = 3"):
        (tmp_path / "CA.toml").write_text(f'id = "CA"\ninherits = "EU"\n[breaches]\n{fault}\n')
        with pytest.raises(PackError, match=fault.split()[0]):
            load_packs(tmp_path)


@pytest.mark.parametrize(
    ("jurisdictions", "months"),
    [((), 24), (("CA",), 24), (("EU",), 24), (("CA-QC",), 60), (("CA", "CA-QC"), 60)],
)
def test_a_record_is_kept_for_as_long_as_the_longest_of_its_laws_asks(
    people: People, jurisdictions: tuple[str, ...], months: int
) -> None:
    """24 months at least (SOR/2018-64 s. 6(1)); five years in Quebec (A-2.1, r. 3.1 s. 8)."""
    duties = people.ledger.duties
    for days in (30 * months, 31 * months):
        one = breach(people, found_at=NOW - timedelta(days=days), jurisdictions=jurisdictions, risk="no")
        duties.note_breach(one.ref, "CLOSED", by="AB", note="settled")
    with pytest.raises(UsageError, match=f"{months} months"):
        duties.prune("breach", "B-1", by="AB")
    assert duties.prune("breach", "B-2", by="AB").proof["rows"]["breach"] == 1


def test_24_months_never_end_sooner() -> None:
    assert kept_until(datetime(2026, 8, 31, tzinfo=UTC), 18) == datetime(2028, 3, 1, tzinfo=UTC)
    assert kept_until(datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2028, 3, 31, tzinfo=UTC)
    assert kept_until(datetime(2024, 2, 29, tzinfo=UTC)) == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"found_at": NOW + timedelta(days=1)}, "later than now"),
        ({"what": "n/a"}, "nothing is said under what"),
        ({"by": ""}, "it is not said who"),
        ({"persons": -1}, "fewer than no people"),
        ({"jurisdictions": ["Quebec"]}, "Quebec is no jurisdiction"),
    ],
)
def test_what_says_nothing_is_no_record(people: People, more: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        breach(people, **more)
    assert people.ledger.duties.breaches() == []
