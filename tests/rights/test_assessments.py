"""Assessments of a purpose: one in force answers code 73 as the context's own does, any other answers nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from provenance.errors import UsageError
from provenance.ledger.assessments import Assessed
from provenance.model import Assessment, Context, Verdict
from provenance.rights.keeping import kept_until

from .conftest import People
from .test_erasure import problems

NOW = datetime.now(UTC)
MISSING = "PURPOSE_ASSESSMENT_MISSING"


def assess(people: People, ref: str = "DPIA-7", **more: Any) -> Assessed:
    paper = people.root / "dpia.pdf"
    paper.write_bytes(b"%PDF weighed")
    given: dict[str, Any] = {
        "purpose": "MODEL_TRAINING",
        "approver": "A. Roy",
        "approved_at": NOW - timedelta(days=30),
        "by": "AB",
        **more,
    }
    return people.ledger.duties.assess(ref, given.pop("purpose"), evidence=paper, **given)


def verdict(people: People, item: str = "a0.png", context: Context | None = None, **flags: Any) -> Verdict:
    flags.setdefault("purpose", "MODEL_TRAINING")
    return people.ledger.gate(people.photos, context=context, **flags)[item]


def lacks(people: People, **flags: Any) -> bool:
    return any(reason.code == MISSING for reason in verdict(people, **flags).reasons)


def test_it_answers_the_gate_as_one_that_the_context_names(people: People) -> None:
    given = people.ledger.context(purpose="MODEL_TRAINING", as_of=NOW.isoformat())
    assert MISSING in {reason.code for reason in verdict(people, context=given).reasons}
    named = replace(given, assessment=Assessment("DPIA-1", "A. Roy", NOW - timedelta(days=30)))
    expected = verdict(people, context=named).reasons
    assess(people)
    assert verdict(people, context=given).reasons == expected
    assert MISSING not in {reason.code for reason in expected}


def test_a_minor_s_picture_needs_no_look_for_it_any_more(people: People) -> None:
    """Code 73 is REVIEW where minors are shown; the minor's own code 62 stays."""
    rows = people.rows()
    rows[0]["persons"][0].update(age=9, age_status="MINOR_VERIFIED")
    people.scan(rows)
    found = {reason.code: reason.decision.value for reason in verdict(people).reasons}
    assert found[MISSING] == "REVIEW"
    assess(people)
    assert lacks(people) is False
    assert verdict(people).decision.value != "ALLOW"


@pytest.mark.parametrize(
    ("more", "flags"),
    [
        ({"purpose": "MODEL_EVALUATION"}, {}),
        ({"review_by": (NOW - timedelta(days=1)).date()}, {}),
        ({}, {"recipients": ["Lab, Toronto"]}),
        ({"recipients": ("Lab, Toronto",)}, {"recipients": ["Lab, Toronto", "Somebody else"]}),
        ({}, {"purpose": "FACE_RECOGNITION_TRAINING"}),
        ({"purpose": "FACE_RECOGNITION_TRAINING"}, {"purpose": "FACE_RECOGNITION_TRAINING"}),
        ({}, {"as_of": NOW - timedelta(days=40)}),
    ],
    ids=["purpose", "overdue", "recipient", "one more", "biometric", "faces not weighed", "before its approval"],
)
def test_what_was_made_for_another_use_or_is_overdue_answers_nothing(
    people: People, more: dict[str, Any], flags: dict[str, Any]
) -> None:
    assess(people, **more)
    assert lacks(people, **flags)


@pytest.mark.parametrize(
    ("more", "flags"),
    [
        ({"recipients": ("Lab, Toronto", "B")}, {"recipients": ["Lab, Toronto"]}),
        ({"purpose": "FACE_RECOGNITION_TRAINING", "faces": True}, {"purpose": "FACE_RECOGNITION_TRAINING"}),
    ],
    ids=["recipient", "faces weighed"],
)
def test_what_was_made_for_this_use_answers(people: People, more: dict[str, Any], flags: dict[str, Any]) -> None:
    assess(people, **more)
    assert not lacks(people, **flags)


def test_one_to_be_reviewed_by_a_day_answers_to_the_end_of_it(people: People) -> None:
    last = (datetime.now(UTC) + timedelta(days=2)).date()
    assess(people, review_by=last)
    midnight = datetime.combine(last, time(), UTC) + timedelta(days=1)
    assert not lacks(people, as_of=midnight - timedelta(seconds=1))
    assert lacks(people, as_of=midnight)


def test_a_retired_one_answers_nothing_under_any_clock_and_no_context_brings_it_back(people: People) -> None:
    assess(people)
    assert not lacks(people)
    kept = people.ledger.gate(people.photos, purpose="MODEL_TRAINING")
    people.ledger.duties.retire_assessment("DPIA-7", by="AB", reason="made anew")
    assert lacks(people)
    assert lacks(people, as_of=NOW - timedelta(days=1))
    assert any(reason.code == MISSING for reason in kept.again()["a0.png"].reasons)
    named = replace(
        people.ledger.context(purpose="MODEL_TRAINING"),
        assessment=Assessment("DPIA-7", "A. Roy", NOW - timedelta(days=30)),
    )
    assert lacks(people, context=named)
    assess(people, "DPIA-8")
    assert not lacks(people)
    assert problems(people.ledger) == []


def test_one_that_the_context_names_and_the_ledger_does_not_hold_still_answers(people: People) -> None:
    assess(people, purpose="MODEL_EVALUATION")
    named = replace(
        people.ledger.context(purpose="MODEL_TRAINING"),
        assessment=Assessment("DPIA-1", "A. Roy", NOW - timedelta(days=30)),
    )
    assert not lacks(people, context=named)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"approved_at": NOW + timedelta(days=2)}, "nobody has approved it yet"),
        ({"approver": "n/a"}, "it is not said who"),
        ({"by": "auto-check v2"}, "it is not said who"),
        ({"purpose": "FUN"}, "is no purpose"),
        ({"review_by": (NOW - timedelta(days=60)).date()}, "before its approval"),
    ],
)
def test_what_is_no_assessment_is_an_error(people: People, more: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        assess(people, **more)
    assert people.ledger.duties.assessments() == []


def test_a_reference_is_used_once_and_one_is_retired_once(people: People) -> None:
    assess(people)
    with pytest.raises(UsageError, match="is held already"):
        assess(people)
    people.ledger.duties.retire_assessment("DPIA-7", by="AB", reason="made anew")
    with pytest.raises(UsageError, match="was retired on"):
        people.ledger.duties.retire_assessment("DPIA-7", by="AB", reason="again")


def test_its_review_is_due_the_day_after_its_last(people: People) -> None:
    last = NOW.date() + timedelta(days=9)
    assess(people, review_by=last)
    (due,) = people.ledger.rights.due_until(NOW + timedelta(days=30))
    assert (due.what, due.at.date(), due.name) == (
        "review",
        last + timedelta(days=1),
        "the assessment DPIA-7 of MODEL_TRAINING",
    )


def test_it_is_kept_for_24_months_from_its_end(people: People) -> None:
    assess(people)
    with pytest.raises(UsageError, match="is not over"):
        people.ledger.duties.prune("assessment", "DPIA-7", by="AB")
    retired = people.ledger.duties.retire_assessment("DPIA-7", by="AB", reason="made anew")
    assert retired.retired_at is not None
    goes = kept_until(retired.retired_at)
    assert goes.replace(year=goes.year - 2) == retired.retired_at
    with pytest.raises(UsageError, match=f"has to be kept until {goes:%Y-%m-%d}"):
        people.ledger.duties.prune("assessment", "DPIA-7", by="AB")
    (due,) = people.ledger.rights.due_until(NOW + timedelta(days=800))
    assert (due.what, due.at, due.is_duty) == ("pruning", goes, False)
