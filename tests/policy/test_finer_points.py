"""Where rules meet: what decides between them, and what is told beside the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from judged import (
    ADULT,
    ALLOW,
    BALANCED,
    BIOMETRIC,
    BLOCK,
    CHILD,
    CONSENT,
    CONTEXT,
    DEAD,
    DECLARED,
    EU,
    FOR_RESEARCH,
    GUARDIAN,
    IMAGE,
    LANDSCAPE,
    MINOR_15,
    POSTED,
    PUBLIC,
    QC,
    REVIEW,
    SCRAPED,
    SEVEN,
    STATUTORY,
    TEMPLATES,
    TRAINING,
    UNSEEN,
    Case,
    codes,
)
from provenance.model import Declaration, FaceTemplates, SignalVerdict
from provenance.policy.facts import EvidenceState, FactSet, LicenceClass
from provenance.policy.judge import Judge
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    Decision,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)


def test_the_usable_picture_is_allowed_for_one_reason() -> None:
    judgement = Case().judge()
    assert (judgement.decision, judgement.reason) == (Decision.ALLOW, "LAWFUL_BASIS_VERIFIED")
    assert [(found.person, found.jurisdiction) for found in judgement.findings] == [(0, "CA")]
    assert "PIPEDA s. 6.1" in judgement.findings[0].citation


@pytest.mark.parametrize(
    ("case", "decision", "code"),
    [
        (Case(record={"evidence": EvidenceState.REMOTE}), REVIEW, "EVIDENCE_MISSING"),
        (Case(record={"evidence_kind": EvidenceKind.PUBLIC_SOURCE_CAPTURE}), BLOCK, "EVIDENCE_MISSING"),
        (Case(record={"status": ConsentStatus.REFUSED}), BLOCK, "BASIS_MISSING"),
        (Case(record={"status": ConsentStatus.REQUESTED}), BLOCK, "BASIS_MISSING"),
        (Case(record={"status": ConsentStatus.UNKNOWN}), BLOCK, "BASIS_MISSING"),
        (Case(record={"status": ConsentStatus.INVALIDATED}), BLOCK, "BASIS_MISSING"),
        (Case(record={"status": ConsentStatus.REVOKED_BY_CONTROLLER}), BLOCK, "CONSENT_WITHDRAWN"),
        (Case(record={"status": ConsentStatus.EXPIRED}), BLOCK, "CONSENT_EXPIRED"),
        (Case(record={"refusals": TRAINING}), BLOCK, "CONSENT_WITHDRAWN"),
        (Case(record={"refusals": ((),)}), BLOCK, "CONSENT_WITHDRAWN"),
        (Case(record={"refusals": ((Purpose.DATASET_PUBLICATION,),)}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(record={**BALANCED, "refusals": TRAINING}, person=EU), BLOCK, "OBJECTION_RECEIVED"),
        (
            Case(
                record={"purposes": (Purpose.SCIENTIFIC_RESEARCH,), "refusals": ((Purpose.ACADEMIC_RESEARCH,),)},
                context=FOR_RESEARCH,
            ),
            BLOCK,
            "CONSENT_WITHDRAWN",
        ),
        (Case(record={**PUBLIC, "refusals": TRAINING}), BLOCK, "PUBLIC_AVAILABILITY_NOT_A_BASIS"),
        (Case(record={"evidence_kind": EvidenceKind.REGULATOR_ORDER}), BLOCK, "SUPPRESSED_ERASURE_REQUEST"),
        (Case(record={"basis": LawfulBasis.CONSENT, "form": None}), BLOCK, "CONSENT_NOT_EXPRESS"),
        (Case(record={"form": ConsentForm.IMPLIED}, person=EU), BLOCK, "CONSENT_NOT_EXPRESS"),
        (
            Case(record={"basis": LawfulBasis.IMPLIED_CONSENT}, person=EU),
            BLOCK,
            "BASIS_NOT_RECOGNISED_IN_JURISDICTION",
        ),
        (Case(record={"basis": LawfulBasis.CONSENT, "form": None}, person=EU), REVIEW, "CONSENT_NOT_EXPRESS"),
        (Case(record={"basis": LawfulBasis.CONSENT}, person=EU), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(record={"basis": LawfulBasis.CONSENT}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(record={**STATUTORY, "public_class": "a"}), BLOCK, "PUBLIC_AVAILABILITY_NOT_A_BASIS"),
        (Case(record={**STATUTORY, "public_class": "e"}, person=QC), BLOCK, "PUBLIC_AVAILABILITY_NOT_A_BASIS"),
        (Case(record={**STATUTORY, "public_class": "law"}, person=QC), REVIEW, "PUBLIC_AVAILABILITY_CONTESTED"),
        (Case(record=PUBLIC, person={"jurisdictions": ("BR",)}), BLOCK, "PUBLIC_AVAILABILITY_NOT_A_BASIS"),
        (Case(record=POSTED, person={"jurisdictions": ("US-TX",)}), BLOCK, "PUBLIC_AVAILABILITY_NOT_A_BASIS"),
        (
            Case(record=POSTED, person={"jurisdictions": ("US-TX",)}, context={"face_templates": TEMPLATES}),
            BLOCK,
            "BIOMETRIC_EXPRESS_CONSENT_REQUIRED",
        ),
        (Case(item={"acquisition_method": AcquisitionMethod.UNKNOWN}), BLOCK, "SOURCE_MISSING"),
        (Case(item=SCRAPED), REVIEW, "CONSENT_AFTER_COLLECTION"),
        (
            Case(item=SCRAPED, context={"face_templates": TEMPLATES}),
            BLOCK,
            "PURPOSE_PROHIBITED",
        ),
        (Case(item=SCRAPED, person=UNSEEN), REVIEW, "IDENTIFIABILITY_UNPROVEN"),
        (Case(base=None), BLOCK, "BASIS_MISSING"),
        (Case(image=LANDSCAPE), REVIEW, "CAPTURE_CONTRADICTS_RECORD"),
        (Case(item={"persons_status": PersonsStatus.UNKNOWN}), REVIEW, "PERSON_STATUS_UNKNOWN"),
        (Case(person={"identifiable": None}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(person={"identifiable": None, "records": ()}), BLOCK, "BASIS_MISSING"),
        (Case(person={**UNSEEN, "identifiable": None}), REVIEW, "IDENTIFIABILITY_UNPROVEN"),
        (Case(person={**UNSEEN, "identifiable": True, "records": ()}), BLOCK, "BASIS_MISSING"),
        (Case(person=DEAD, record={"status": ConsentStatus.WITHDRAWN}), BLOCK, "CONSENT_WITHDRAWN"),
        (Case(person={"deceased": True, "records": ()}), BLOCK, "BASIS_MISSING"),
        (Case(person={**DEAD, "records": ()}), REVIEW, "DECEASED_CHECK_JURISDICTION"),
        (Case(person=UNSEEN, record={"refusals": TRAINING}), BLOCK, "CONSENT_WITHDRAWN"),
        (Case(base=CHILD, person=UNSEEN), REVIEW, "MINOR_BEST_INTERESTS_REVIEW"),
        (Case(base=CHILD, signals={"minor_declared": True}), REVIEW, "MINOR_BEST_INTERESTS_REVIEW"),
        (Case(base=CHILD, record={"signatures": 0}), REVIEW, "GUARDIAN_AUTHORITY_UNVERIFIED"),
        (Case(record={**PUBLIC, "status": ConsentStatus.REVOKED_BY_CONTROLLER}), BLOCK, "BASIS_MISSING"),
        (Case(base=CHILD, record={"giver": GiverRole.SELF}), BLOCK, "MINOR_GUARDIAN_CONSENT_REQUIRED"),
        (Case(base=CHILD, person={"jurisdictions": ("EU-FR",)}), REVIEW, "GUARDIAN_AUTHORITY_UNVERIFIED"),
        (Case(base=MINOR_15, person={"jurisdictions": ("CA-AB",)}), BLOCK, "MINOR_GUARDIAN_CONSENT_REQUIRED"),
        (Case(base=MINOR_15, person={"jurisdictions": ("EU-DE",)}), BLOCK, "MINOR_GUARDIAN_CONSENT_REQUIRED"),
        (Case(base=MINOR_15, person={"jurisdictions": ("EU-ES",)}), REVIEW, "MINOR_BEST_INTERESTS_REVIEW"),
        (Case(base=MINOR_15, record={"age_when_given": 11}), BLOCK, "MINOR_GUARDIAN_CONSENT_REQUIRED"),
        (
            Case(base=MINOR_15, person={"records": (replace(GUARDIAN, age_when_given=12),)}),
            REVIEW,
            "MINOR_BEST_INTERESTS_REVIEW",
        ),
        (Case(person={"groups": (ProtectedGroup.CHILD,)}), BLOCK, "MINOR_GUARDIAN_CONSENT_REQUIRED"),
        (
            Case(person={"age": None, "age_status": None, "age_when_taken": 12}),
            BLOCK,
            "MINOR_GUARDIAN_CONSENT_REQUIRED",
        ),
        (Case(record={"age_when_given": 12}), REVIEW, "RECONSENT_AT_MAJORITY"),
        (
            Case(person={"records": (replace(GUARDIAN, age_when_given=None),)}),
            REVIEW,
            "RECONSENT_AT_MAJORITY",
        ),
        (
            Case(person={"records": (replace(GUARDIAN, age_when_given=18),)}),
            REVIEW,
            "GUARDIAN_AUTHORITY_UNVERIFIED",
        ),
        (
            Case(record={"giver": GiverRole.REPRESENTATIVE, "relationship_evidence": True}),
            REVIEW,
            "GUARDIAN_AUTHORITY_UNVERIFIED",
        ),
        (Case(person={"age_status": None, "estimated_minor": True}), REVIEW, "AGE_UNKNOWN_APPARENT_MINOR"),
        (Case(person={"estimated_minor": True}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(person={"age_status": AgeStatus.MINOR_APPARENT}), REVIEW, "AGE_UNKNOWN_APPARENT_MINOR"),
        (Case(signals={"minor_suspected": True}), REVIEW, "AGE_UNKNOWN_APPARENT_MINOR"),
        (Case(signals={"minor_suspected": True}, context={"strict": True}), BLOCK, "AGE_UNKNOWN_APPARENT_MINOR"),
        (Case(signals={"minor_suspected": True}, base=None, image=LANDSCAPE), ALLOW, "NO_PERSON_DEPICTED"),
        (Case(signals={"minor_declared": True}, base=None, image=LANDSCAPE), BLOCK, "MINOR_SIGNAL_IN_FILE"),
        (Case(signals={"stock_marker": True}, item={"licence": LicenceClass.MISSING}), BLOCK, "TRAINING_OPT_OUT"),
        (Case(signals={"stock_marker": True}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(signals={"other_training": SignalVerdict.ALLOW}, person={"records": ()}), BLOCK, "BASIS_MISSING"),
        (Case(signals={"licence_denies": True}), REVIEW, "CAPTURE_CONTRADICTS_RECORD"),
        (Case(signals={"licence_ended": True}), REVIEW, "LICENCE_CONDITIONAL"),
        (Case(context={"offered_in": ("US",)}, record={"territories": ("CA",)}), BLOCK, "RECIPIENT_OUT_OF_SCOPE"),
        (Case(context={"offered_in": ("CA",)}), BLOCK, "RECIPIENT_OUT_OF_SCOPE"),
        (
            Case(context={"offered_in": ("EU-DE",)}, record={"territories": ("CA", "DE")}),
            ALLOW,
            "LAWFUL_BASIS_VERIFIED",
        ),
        (Case(context={"offered_in": ("DE",)}, record={"territories": ("EU",)}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(context={"offered_in": ("CA-QC",)}, record={"territories": ("CA",)}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(context={"purpose": Purpose.PUBLIC_SECURITY, "face_templates": TEMPLATES}), BLOCK, "PURPOSE_PROHIBITED"),
        (Case(context={"purpose": Purpose.GENERATIVE_IMAGE_TRAINING}), BLOCK, "PURPOSE_OUT_OF_SCOPE"),
        (
            Case(person={"jurisdictions": ("EU-AIA",)}, record={"basis": LawfulBasis.CONTRACT}),
            BLOCK,
            "BASIS_NOT_RECOGNISED_IN_JURISDICTION",
        ),
        (
            Case(person={"jurisdictions": ("NZ",)}, record={"basis": LawfulBasis.CONTRACT}),
            BLOCK,
            "BASIS_NOT_RECOGNISED_IN_JURISDICTION",
        ),
        (Case(person={"jurisdictions": ()}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
        (Case(person={"jurisdictions": ("US",)}), ALLOW, "LAWFUL_BASIS_VERIFIED"),
    ],
)
def test_finer_points(case: Case, decision: Decision, code: str) -> None:
    judgement = case.judge()
    assert (judgement.decision, judgement.reason) == (decision, code)


@pytest.mark.parametrize(
    ("facts", "decision", "code"),
    [
        ({"synthetic": True, "synthesis_record": True, "depicts_real_person": False}, ALLOW, "NO_PERSON_DEPICTED"),
        ({"synthetic": True, "synthesis_record": True}, REVIEW, "PERSON_STATUS_UNKNOWN"),
        ({"synthetic": True, "depicts_real_person": False}, REVIEW, "PERSON_STATUS_UNKNOWN"),
        ({"synthetic": True, "synthesis_record": True, "depicts_real_person": True}, BLOCK, "BASIS_MISSING"),
    ],
)
def test_a_synthetic_image_is_cleared_by_its_record_only(
    facts: Mapping[str, Any], decision: Decision, code: str
) -> None:
    image = replace(IMAGE, persons_status=PersonsStatus.UNKNOWN, jurisdictions=("CA",), **facts)
    judgement = Case(base=None, image=image).judge()
    assert (judgement.decision, judgement.reason) == (decision, code)


def test_india_is_applied_ahead_of_its_date_and_says_so() -> None:
    finding = Case(record=BALANCED, person={"jurisdictions": ("IN",)}).judge().findings[0]
    assert (finding.code, finding.decision) == ("BASIS_NOT_RECOGNISED_IN_JURISDICTION", Decision.BLOCK)
    assert "in force from 2027-05-14" in finding.detail


@pytest.mark.parametrize(
    "declaration",
    [
        replace(DECLARED, id=None),
        replace(DECLARED, disclosed_on=None),
        replace(DECLARED, service_on=None),
        replace(DECLARED, service_on=date(2026, 7, 30)),  # 59 days
        replace(DECLARED, disclosed_on=date(2026, 11, 23), service_on=date(2027, 6, 1)),  # tomorrow
    ],
)
def test_a_late_or_incomplete_declaration_is_none(declaration: Declaration) -> None:
    templates = replace(TEMPLATES, declarations={"CA-QC": declaration})
    judgement = Case(context={"face_templates": templates}, record=BIOMETRIC, person=QC).judge()
    assert judgement.reason == "QC_BIOMETRIC_DB_UNDECLARED"


def test_the_mildest_standing_record_decides_and_a_withdrawn_one_beside_it_is_silent() -> None:
    withdrawn = replace(CONSENT, status=ConsentStatus.WITHDRAWN)
    judgement = Case(person={"records": (withdrawn, CONSENT)}).judge()
    assert codes(judgement) == {"LAWFUL_BASIS_VERIFIED"}


def test_of_two_records_that_need_a_look_the_same_one_is_reported_in_any_order() -> None:
    unnoticed, many = replace(CONSENT, notice_version=False), replace(CONSENT, purposes=SEVEN)
    for held in ((unnoticed, many), (many, unnoticed)):
        assert codes(Case(person={"records": held}).judge()) == {"CONSENT_NOTICE_VERSION_UNKNOWN"}


def test_a_verified_basis_beside_one_for_review_earns_nothing() -> None:
    reviewed = replace(ADULT, records=(replace(CONSENT, notice_version=False),))
    assert codes(Case(others=(reviewed,)).judge()) == {"CONSENT_NOTICE_VERSION_UNKNOWN"}


def test_no_law_excepts_a_measured_face_for_being_public() -> None:
    place = {"jurisdictions": ("CA-AB",)}
    judgement = Case(record=PUBLIC, person=place, context={"face_templates": TEMPLATES}).judge()
    assert judgement.reason == "PUBLIC_AVAILABILITY_NOT_A_BASIS"


def test_a_part_does_not_cover_the_whole() -> None:
    judgement = Case(context={"offered_in": ("CA",)}, record={"territories": ("CA-QC",)}).judge()
    assert judgement.reason == "RECIPIENT_OUT_OF_SCOPE"


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        (Case(signals={"minor_declared": True}), {"MINOR_SIGNAL_IN_FILE", "CAPTURE_CONTRADICTS_RECORD"}),
        (Case(signals={"minor_declared": True}, base=CHILD), {"MINOR_SIGNAL_IN_FILE"}),
        (Case(signals={"adult_declared": True}, base=CHILD), {"CAPTURE_CONTRADICTS_RECORD"}),
        (Case(signals={"person_shown": True}, person=UNSEEN), {"CAPTURE_CONTRADICTS_RECORD"}),
        (Case(context={"face_templates": FaceTemplates(identify=True)}), {"BIOMETRIC_EXPRESS_CONSENT_REQUIRED"}),
    ],
)
def test_what_is_told_beside_the_rest(case: Case, wanted: set[str]) -> None:
    ever_present = {
        "LAWFUL_BASIS_VERIFIED",
        "NOT_IDENTIFIABLE",
        "MINOR_BEST_INTERESTS_REVIEW",
        "PARTIAL_BASIS_COVERAGE",
    }
    assert codes(case.judge()) - ever_present == wanted


def test_a_refused_minor_is_not_also_for_review() -> None:
    found = codes(Case(base=replace(MINOR_15, age=12)).judge())
    assert found == {"MINOR_GUARDIAN_CONSENT_REQUIRED", "PARTIAL_BASIS_COVERAGE"}


def test_where_every_record_is_refused_all_their_reasons_are_kept() -> None:
    licence = replace(CONSENT, basis=NonBasis.COPYRIGHT_LICENCE)
    expired = replace(CONSENT, expired=True)
    judgement = Case(person={"records": (expired, licence)}).judge()
    assert codes(judgement) == {"LICENCE_IS_NOT_CONSENT", "CONSENT_EXPIRED", "PARTIAL_BASIS_COVERAGE"}
    assert judgement.reason == "LICENCE_IS_NOT_CONSENT"


def test_each_law_judges_for_itself() -> None:
    judgement = Case(person={"jurisdictions": ("EU", "CA-QC", "BR")}, record=BALANCED).judge()
    refused = {
        found.jurisdiction for found in judgement.findings if found.code == "BASIS_NOT_RECOGNISED_IN_JURISDICTION"
    }
    reviewed = {found.jurisdiction for found in judgement.findings if found.code == "LIA_REVIEW"}
    assert (refused, reviewed) == ({"CA-QC"}, {"BR", "EU"})


def test_a_remedy_is_named_for_every_code_in_the_way() -> None:
    judge_ = Judge(CONTEXT, load_packs(), load_reasons())
    blocked = Case(record={"purposes": (), "notice_version": False}).judge()
    # What blocks comes before what only needs a look, though its number is higher.
    assert judge_.would_change(blocked) == (
        load_reasons()["PURPOSE_OUT_OF_SCOPE"].remedy,
        load_reasons()["PARTIAL_BASIS_COVERAGE"].remedy,
        load_reasons()["CONSENT_NOTICE_VERSION_UNKNOWN"].remedy,
    )
    assert judge_.would_change(Case().judge()) == ()


def test_considered_shows_what_fired_and_what_was_looked_at() -> None:
    judge_ = Judge(CONTEXT, load_packs(), load_reasons())
    fact_set = FactSet(IMAGE, (replace(ADULT, records=(replace(CONSENT, expired=True),)),))
    rows = judge_.considered(fact_set)
    fired = {row.code for row in rows if row.fired}
    assert fired == codes(judge_.judge(fact_set)) == {"CONSENT_EXPIRED", "PARTIAL_BASIS_COVERAGE"}
    silent = {(row.code, row.person, row.jurisdiction) for row in rows if not row.fired}
    assert ("CONSENT_WITHDRAWN", 0, "CA") in silent
    assert ("FINGERPRINT_MISMATCH", None, None) in silent
    assert [row.number for row in rows] == sorted(row.number for row in rows)
