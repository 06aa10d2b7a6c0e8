"""The quick grid of the decision table, cell by cell: a basis against the kind of person, place and state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from provenance.model import Assessment, Context, FaceTemplates
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.judge import Judge
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    Purpose,
)

IMAGE = ItemFacts(
    source_recorded=True,
    acquired_recorded=True,
    acquisition_method=AcquisitionMethod.LICENSED,
    licence=LicenceClass.PERMISSIVE,
    persons_status=PersonsStatus.PRESENT,
)
SOMEBODY = PersonFacts(identifiable=True, consent_at_acquisition=True)
ADULT = replace(SOMEBODY, age=18, age_status=AgeStatus.ADULT_VERIFIED)
MINOR = replace(SOMEBODY, age=11, age_status=AgeStatus.MINOR_VERIFIED)
COMMON = RecordFacts(
    basis=LawfulBasis.NONE,
    purposes=(Purpose.MODEL_TRAINING,),
    evidence_kind=EvidenceKind.MODEL_RELEASE,
    evidence=EvidenceState.MATCHES,
    notice_version=True,
    years_since_last_event=0,
    giver=GiverRole.SELF,
    status=ConsentStatus.GIVEN,
)
RECORDS = {
    "explicit consent": replace(COMMON, basis=LawfulBasis.EXPLICIT_CONSENT, form=ConsentForm.EXPRESS),
    "implied consent": replace(COMMON, basis=LawfulBasis.IMPLIED_CONSENT, form=ConsentForm.IMPLIED),
    "contract": replace(COMMON, basis=LawfulBasis.CONTRACT, evidence_kind=EvidenceKind.DATA_SUBJECT_CONTRACT),
    "legitimate interest": replace(COMMON, basis=LawfulBasis.LEGITIMATE_INTEREST, assessment=True),
    "research": replace(
        COMMON, basis=LawfulBasis.RESEARCH_EXEMPTION, approval=True, purposes=(Purpose.SCIENTIFIC_RESEARCH,)
    ),
    "public class": replace(
        COMMON, basis=LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE, public_class="e", public_class_evidence=True
    ),
    "public on the web": replace(
        COMMON, basis=NonBasis.PUBLICLY_AVAILABLE, evidence_kind=EvidenceKind.PUBLIC_SOURCE_CAPTURE
    ),
    "licence": replace(COMMON, basis=NonBasis.COPYRIGHT_LICENCE),
    "site terms": replace(COMMON, basis=NonBasis.PLATFORM_TERMS),
}
GRID = """
basis               | CA BC  | QC     | AB     | EU GB  | IL+templates | minor | unknown age | withdrawn | expired
explicit consent    | ALLOW  | ALLOW  | ALLOW  | ALLOW  | BLOCK        | BLOCK | REVIEW      | BLOCK     | BLOCK
implied consent     | REVIEW | REVIEW | REVIEW | BLOCK  | BLOCK        | BLOCK | BLOCK       | BLOCK     | BLOCK
contract            | BLOCK  | BLOCK  | BLOCK  | REVIEW | BLOCK        | BLOCK | REVIEW      | BLOCK     | BLOCK
legitimate interest | BLOCK  | BLOCK  | BLOCK  | REVIEW | BLOCK        | BLOCK | BLOCK       | BLOCK     | BLOCK
research            | REVIEW | REVIEW | REVIEW | REVIEW | BLOCK        | BLOCK | REVIEW      | BLOCK     | BLOCK
public class        | REVIEW | BLOCK  | REVIEW | BLOCK  | BLOCK        | BLOCK | BLOCK       | BLOCK     | BLOCK
public on the web   | BLOCK  | BLOCK  | REVIEW | BLOCK  | BLOCK        | BLOCK | BLOCK       | BLOCK     | BLOCK
licence             | BLOCK  | BLOCK  | BLOCK  | BLOCK  | BLOCK        | BLOCK | BLOCK       | BLOCK     | BLOCK
site terms          | BLOCK  | BLOCK  | BLOCK  | BLOCK  | BLOCK        | BLOCK | BLOCK       | BLOCK     | BLOCK
"""
# Where the basis does best, so that only what the column is about can stand in the way.
FRIENDLIEST = {
    "explicit consent": "CA",
    "implied consent": "CA",
    "contract": "EU",
    "legitimate interest": "EU",
    "research": "CA",
    "public class": "CA",
    "public on the web": "CA-AB",
    "licence": "CA",
    "site terms": "CA",
}
PLACES = {"CA BC": ("CA", "CA-BC"), "QC": ("CA-QC",), "AB": ("CA-AB",), "EU GB": ("EU", "GB", "EU-DE")}
HEAD, *ROWS = [[cell.strip() for cell in line.split("|")] for line in GRID.strip().splitlines()]
CELLS = [(row[0], column, wanted) for row in ROWS for column, wanted in zip(HEAD[1:], row[1:], strict=True)]


def decide(person: PersonFacts, record: RecordFacts, place: str, *, templates: bool = False) -> str:
    context = Context(
        as_of=datetime(2026, 11, 22, tzinfo=UTC),
        purpose=record.purposes[0],  # a research exemption carries research only
        face_templates=FaceTemplates(derived=templates),
        assessment=Assessment("DPIA-7", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC)),
    )
    shown = replace(person, jurisdictions=(place,), records=(record,))
    return Judge(context, load_packs(), load_reasons()).judge(FactSet(IMAGE, (shown,))).decision.value


@pytest.mark.parametrize(("basis", "column", "wanted"), CELLS)
def test_cell(basis: str, column: str, wanted: str) -> None:
    record, best = RECORDS[basis], FRIENDLIEST[basis]
    if column in PLACES:
        assert {decide(ADULT, record, place) for place in PLACES[column]} == {wanted}
    elif column == "IL+templates":
        assert decide(ADULT, record, "US-IL", templates=True) == wanted
    elif column == "minor":
        places = [pack.id for pack in load_packs()]
        assert {decide(MINOR, record, place) for place in places} == {wanted}
    elif column == "unknown age":
        assert decide(SOMEBODY, record, best) == wanted
    elif column == "withdrawn":
        assert decide(ADULT, replace(record, status=ConsentStatus.WITHDRAWN), best) == wanted
    else:
        assert decide(ADULT, replace(record, expired=True), best) == wanted


def test_illinois_is_served_by_a_written_release_that_names_biometrics() -> None:
    named = replace(RECORDS["explicit consent"], biometric=True)
    assert decide(ADULT, named, "US-IL", templates=True) == "BLOCK"
    assert decide(ADULT, replace(named, written_release=True), "US-IL", templates=True) == "ALLOW"


@pytest.mark.parametrize("place", [pack.id for pack in load_packs()])
def test_a_minor_with_a_guardian_is_for_a_human_everywhere(place: str) -> None:
    guardian = replace(
        RECORDS["explicit consent"],
        basis=LawfulBasis.GUARDIAN_CONSENT,
        giver=GiverRole.GUARDIAN,
        relationship_evidence=True,
        signatures=2,
        signatures_required=2,
    )
    assert decide(MINOR, guardian, place) == "REVIEW"


@pytest.mark.parametrize("place", [pack.id for pack in load_packs()])
def test_an_adults_express_consent_serves_everywhere(place: str) -> None:
    assert decide(ADULT, RECORDS["explicit consent"], place) == "ALLOW"
