"""What the context says, or leaves unsaid: face templates, terms, the assessment of the purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from judged import ALLOW, BIOMETRIC, CHILD, CONTEXT, FACES, INFO, LANDSCAPE, REVIEW, UNSEEN, Case
from provenance.model import Assessment, FaceTemplates
from provenance.policy.packs import load_packs
from provenance.vocabulary import ContentCategory, Decision, ProtectedGroup, Purpose

NOW = CONTEXT.as_of


def silent(**said: bool | None) -> dict[str, FaceTemplates]:
    return {"face_templates": FaceTemplates(**said)}  # type: ignore[arg-type]


def decisions(case: Case, code: str) -> list[Decision]:
    return [one.decision for one in case.judge().findings if one.code == code]


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        (Case(context=silent()), [REVIEW]),
        (Case(context=silent(identify=False)), [REVIEW]),
        (Case(context=silent(derived=False)), []),
        (Case(context=silent(derived=True)), []),
        (Case(context=silent(identify=True)), []),
        (Case(context=silent(derived=False, assumed=True)), [INFO]),
        (Case(context=silent() | FACES), []),
        (Case(context=silent(), base=None, image=LANDSCAPE), []),
        (Case(context=silent(), base=None), [REVIEW]),
        (Case(context=silent(), person=UNSEEN), [REVIEW]),
        (Case(context=silent(), person={"jurisdictions": ("IN",)}), []),
        (Case(context=silent(), person={"jurisdictions": ()}), [REVIEW]),
    ],
)
def test_whether_faces_are_measured_has_to_be_said(case: Case, wanted: list[Decision]) -> None:
    assert decisions(case, "FACE_TEMPLATES_UNDECLARED") == wanted


def test_what_only_a_default_says_is_told_and_passes() -> None:
    judgement = Case(context=silent(derived=False, assumed=True)).judge()
    assert judgement.decision is ALLOW
    [told] = [one.detail for one in judgement.findings if one.code == "FACE_TEMPLATES_UNDECLARED"]
    assert "no context was given" in told


@pytest.mark.parametrize(
    ("place", "years", "term", "ended"),
    [
        ("US-IL", 2, False, False),
        ("US-IL", 3, False, True),
        ("US-IL", None, False, True),
        ("US-IL", 3, True, False),
        ("US-TX", 1, False, True),
        ("US-TX", 0, False, False),
        ("CA", 10, False, False),
    ],
)
def test_measured_faces_go_when_the_law_says(place: str, years: int | None, term: bool, ended: bool) -> None:
    record = BIOMETRIC | {"years_since_last_event": years, "has_term": term}
    case = Case(context=silent(derived=True), record=record, person={"jurisdictions": (place,)})
    assert bool(decisions(case, "RETENTION_ENDED")) is ended
    assert not decisions(replace(case, context={}), "RETENTION_ENDED")


@pytest.mark.parametrize(("days", "ended"), [(-1, True), (0, False), (1, False)])
def test_the_contexts_own_term(days: int, ended: bool) -> None:
    until = {"retain_until": NOW + timedelta(days=days)}
    for case in (Case(context=until), Case(context=until, base=None, image=LANDSCAPE)):
        assert bool(decisions(case, "RETENTION_ENDED")) is ended


GRAVE = {
    "faces are measured": Case(context=silent(derived=True), record=BIOMETRIC),
    "identity": Case(context={"purpose": Purpose.IDENTITY_VERIFICATION}),
    "security": Case(context={"purpose": Purpose.PUBLIC_SECURITY}),
    "a minor": Case(base=CHILD),
    "a group": Case(person={"groups": (ProtectedGroup.ELDERLY,)}),
    "a category": Case(item={"categories": (ContentCategory.HEALTH,)}),
}
COMMON = {
    "an adult": Case(),
    "age estimation": Case(context={"purpose": Purpose.AGE_VERIFICATION}),
    "sensitive, no special category": Case(item={"categories": (ContentCategory.SENSITIVE,)}),
    "nobody knows who is shown": Case(base=None),
}


@pytest.mark.parametrize("name", GRAVE)
def test_a_grave_purpose_without_an_assessment_is_for_a_person(name: str) -> None:
    case = GRAVE[name]
    assert decisions(replace(case, context={**case.context, "assessment": None}), CODE) == [REVIEW]
    assert decisions(case, CODE) == []


@pytest.mark.parametrize("name", COMMON)
def test_elsewhere_its_absence_is_told(name: str) -> None:
    case = COMMON[name]
    assert decisions(replace(case, context={**case.context, "assessment": None}), CODE) == [INFO]


def test_where_nobody_is_shown_there_is_nothing_to_assess() -> None:
    case = Case(base=None, image=LANDSCAPE, context={**FACES, "assessment": None})
    assert case.judge().decision is ALLOW
    assert decisions(case, CODE) == []


CODE = "PURPOSE_ASSESSMENT_MISSING"


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"id": None}, False),
        ({"id": "TBD"}, False),
        ({"approver": None}, False),
        ({"approver": "n/a"}, False),
        ({"approver": "\u3164"}, False),
        ({"approver": "retinaface"}, False),
        ({"approved_at": None}, False),
        ({"approved_at": NOW}, True),
        ({"approved_at": NOW + timedelta(seconds=1)}, False),
        ({"review_by": NOW.date()}, True),
        ({"review_by": NOW.date() - timedelta(days=1)}, False),
        ({"review_by": None}, True),
    ],
)
def test_an_assessment_counts_when_somebody_made_it_and_it_is_not_overdue(
    changes: dict[str, object], counts: bool
) -> None:
    made = replace(Assessment("PIA-3", "M. Roy", datetime(2026, 4, 1, tzinfo=UTC), date(2027, 4, 1)), **changes)  # type: ignore[arg-type]
    assert (decisions(Case(context={"assessment": made}), CODE) == []) is counts


def test_every_pack_but_one_has_a_rule_on_faces() -> None:
    assert [pack.id for pack in load_packs() if not pack.faces.regulated] == ["IN"]
