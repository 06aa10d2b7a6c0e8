"""Every reason code fires where the decision table says so, and not in the case next to it.

Cases are written from the table. Each starts from one picture that may be used, and changes what the code is about.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from judged import (
    ADULT,
    AT_WORK,
    BALANCED,
    BIOMETRIC,
    CHILD,
    DEAD,
    DECLARED,
    EU,
    FOR_RESEARCH,
    GUARDIAN,
    INTEREST,
    LANDSCAPE,
    MINOR_15,
    PUBLIC,
    QC,
    RESEARCH,
    SEVEN,
    STATUTORY,
    TEMPLATES,
    UNSEEN,
    Case,
    codes,
)
from provenance.model import FaceTemplates, SignalVerdict
from provenance.policy.facts import EvidenceState, LicenceClass
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    EvidenceKind,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

# code: (a case in which it fires, the neighbour in which it does not)
CASES: dict[str, tuple[Case, Case]] = {
    "NOT_REGISTERED": (Case(item={"registered": False}), Case()),
    "IMAGE_UNREADABLE": (Case(item={"readable": False}), Case()),
    "CONTENT_NOT_LOOKED_INTO": (Case(item={"not_opened": True}), Case()),
    "DECLARED_FILE_MISSING": (Case(item={"declared_missing": True}), Case()),
    "PART_NOT_COMPARED": (Case(item={"part_not_compared": True}), Case()),
    "FINGERPRINT_MISMATCH": (Case(item={"bytes_match": False}), Case()),
    "SUPPRESSED_ERASURE_REQUEST": (Case(item={"suppressed": True}), Case()),
    "ILLEGAL_CONTENT_SUSPECTED": (Case(item={"illegal_suspected": True}), Case()),
    "PURPOSE_PROHIBITED": (
        Case(context={"purpose": Purpose.FACE_RECOGNITION_DATABASE}),
        Case(context={"purpose": Purpose.FACE_RECOGNITION_TRAINING}),
    ),
    "PURPOSE_MISSING": (Case(context={"purpose": None}), Case()),
    "SOURCE_MISSING": (Case(item={"acquired_recorded": False}), Case()),
    "UPSTREAM_PROVENANCE_MISSING": (
        Case(item={"upstream": True}),
        Case(item={"upstream": True, "upstream_evidence": True}),
    ),
    "RULEPACK_STALE": (
        Case(context={"as_of": datetime(2027, 2, 23, tzinfo=UTC)}),
        Case(context={"as_of": datetime(2027, 2, 22, 23, 59, 59, tzinfo=UTC)}),
    ),
    "TRAINING_OPT_OUT": (
        Case(signals={"generative_training": SignalVerdict.DENY}),
        Case(signals={"generative_training": SignalVerdict.DENY}, context={"purpose": Purpose.AGE_VERIFICATION}),
    ),
    "SIGNALS_UNREADABLE": (Case(signals={"unreadable": True}), Case()),
    "PERSON_STATUS_UNKNOWN": (
        Case(base=None, item={"persons_status": PersonsStatus.NONE}),
        Case(base=None, image=LANDSCAPE),
    ),
    "NO_PERSON_DEPICTED": (
        Case(base=None, image=LANDSCAPE),
        Case(base=None, image=LANDSCAPE, item={"persons_reviewer": False}),
    ),
    "NOT_IDENTIFIABLE": (Case(person=UNSEEN), Case(person={**UNSEEN, "original_retained": None})),
    "IDENTIFIABILITY_UNPROVEN": (Case(person={"identifiable": False}), Case(person=UNSEEN)),
    "DECEASED_CHECK_JURISDICTION": (Case(person=DEAD), Case(person={"deceased": True})),
    "PERSONS_UNACCOUNTED": (Case(signals={"persons_counted": 2}), Case(signals={"persons_counted": 1})),
    "SYNTHETIC_NOT_DECLARED": (
        Case(signals={"synthetic": True}),
        Case(signals={"synthetic": True}, item={"synthetic": True}),
    ),
    "BASIS_MISSING": (Case(person={"records": ()}), Case()),
    "LICENCE_IS_NOT_CONSENT": (Case(record={"evidence_kind": EvidenceKind.COPYRIGHT_LICENCE}), Case()),
    "PLATFORM_TERMS_NOT_CONSENT": (Case(record={"basis": NonBasis.PLATFORM_TERMS}), Case()),
    "PUBLIC_AVAILABILITY_NOT_A_BASIS": (
        Case(record=PUBLIC),
        Case(record=PUBLIC, person={"jurisdictions": ("CA-AB",)}),
    ),
    "PUBLIC_CLASS_PURPOSE_MISMATCH": (
        Case(record={**STATUTORY, "public_class": "SOR/2001-7 s. 1(b)"}),
        Case(
            record={**STATUTORY, "public_class": "(b)", "purposes": (Purpose.WEBSITE_DISPLAY,)},
            context={"purpose": Purpose.WEBSITE_DISPLAY},
        ),
    ),
    "PUBLIC_CLASS_EVIDENCE_MISSING": (
        Case(record={**STATUTORY, "public_class": "e", "public_class_evidence": False}),
        Case(record={**STATUTORY, "public_class": "e"}),
    ),
    "PUBLIC_AVAILABILITY_CONTESTED": (
        Case(record={**STATUTORY, "public_class": "e"}),
        Case(record={**STATUTORY, "public_class": "a"}),
    ),
    "BASIS_NOT_RECOGNISED_IN_JURISDICTION": (
        Case(record=BALANCED),
        Case(record=BALANCED, person=EU),
    ),
    "EVIDENCE_MISSING": (
        Case(record={"evidence": EvidenceState.MISSING}),
        Case(record={"evidence": EvidenceState.UNPINNED}),
    ),
    "EVIDENCE_HASH_MISMATCH": (Case(record={"evidence": EvidenceState.MISMATCH}), Case()),
    "CONSENT_NOT_EXPRESS": (Case(record={"form": ConsentForm.IMPLIED}), Case(record={"form": None})),
    "CONSENT_WITHDRAWN": (
        Case(record={"status": ConsentStatus.WITHDRAWN}),
        Case(record={"status": ConsentStatus.RENEWED}),
    ),
    "OBJECTION_RECEIVED": (
        Case(record={**BALANCED, "status": ConsentStatus.REFUSED}, person=EU),
        Case(record=BALANCED, person=EU),
    ),
    "CONSENT_EXPIRED": (Case(record={"expired": True}), Case()),
    "CONSENT_NOTICE_VERSION_UNKNOWN": (
        Case(record={"notice_version": False}),
        Case(record={**BALANCED, "notice_version": False}, person=EU),
    ),
    "CONSENT_AFTER_COLLECTION": (Case(person={"consent_at_acquisition": False}), Case()),
    "PURPOSE_OUT_OF_SCOPE": (
        Case(record={"purposes": (Purpose.SCIENTIFIC_RESEARCH,)}),
        Case(
            record={"purposes": (Purpose.SCIENTIFIC_RESEARCH,)},
            context={"purpose": Purpose.ACADEMIC_RESEARCH},
        ),
    ),
    "RECIPIENT_OUT_OF_SCOPE": (
        Case(context={"recipients": ("Acme",)}),
        Case(context={"recipients": ("Acme",)}, record={"recipients": ("Acme", "Beta")}),
    ),
    "BIOMETRIC_EXPRESS_CONSENT_REQUIRED": (
        Case(context={"face_templates": TEMPLATES}),
        Case(context={"face_templates": TEMPLATES}, record=BIOMETRIC),
    ),
    "QC_BIOMETRIC_DB_UNDECLARED": (
        Case(context={"face_templates": TEMPLATES}, record=BIOMETRIC, person=QC),
        Case(
            context={"face_templates": replace(TEMPLATES, declarations={"CA-QC": DECLARED})},
            record=BIOMETRIC,
            person=QC,
        ),
    ),
    "ART9_CONDITION_MISSING": (
        Case(record=BALANCED, person={**EU, "groups": (ProtectedGroup.PATIENT,)}),
        Case(person={**EU, "groups": (ProtectedGroup.PATIENT,)}),
    ),
    "LIA_MISSING": (Case(record=INTEREST, person=EU), Case(record=BALANCED, person=EU)),
    "LIA_REVIEW": (Case(record=BALANCED, person=EU), Case(record=INTEREST, person=EU)),
    "RESEARCH_EXEMPTION_REVIEW": (
        Case(record=RESEARCH, context=FOR_RESEARCH),
        Case(record={**RESEARCH, "basis": LawfulBasis.EXPLICIT_CONSENT}, context=FOR_RESEARCH),
    ),
    "MODEL_RELEASE_NONE": (
        Case(signals={"release_none": True}),
        Case(signals={"release_none": True}, base=None, image=LANDSCAPE),
    ),
    "CAPTURE_CONTRADICTS_RECORD": (
        Case(signals={"person_shown": True}, base=None, image=LANDSCAPE),
        Case(signals={"person_shown": True}),
    ),
    "FACE_TEMPLATES_UNDECLARED": (
        Case(context={"face_templates": FaceTemplates()}),
        Case(context={"face_templates": FaceTemplates(derived=False)}),
    ),
    "CONSENT_NOT_SPECIFIC": (Case(record={"purposes": SEVEN}), Case(record={"purposes": SEVEN[:6]})),
    "MINOR_GUARDIAN_CONSENT_REQUIRED": (
        Case(base=replace(MINOR_15, age=12)),
        Case(base=MINOR_15),
    ),
    "GUARDIAN_AUTHORITY_UNVERIFIED": (
        Case(base=CHILD, record={"relationship_evidence": False}),
        Case(base=CHILD),
    ),
    "MINOR_BEST_INTERESTS_REVIEW": (Case(base=CHILD), Case()),
    "AGE_UNKNOWN_APPARENT_MINOR": (
        Case(person={"age": None, "age_when_taken": None, "age_status": AgeStatus.UNKNOWN}),
        Case(person={"age": None, "age_when_taken": None, "age_status": AgeStatus.ADULT_DECLARED}),
    ),
    "RECONSENT_AT_MAJORITY": (Case(base=replace(ADULT, records=(GUARDIAN,))), Case(base=CHILD)),
    "MINOR_SIGNAL_IN_FILE": (Case(signals={"minor_declared": True}), Case(signals={"adult_declared": True})),
    "RETENTION_ENDED": (Case(item={"retention_ended": True}), Case()),
    "PROTECTED_GROUP_REVIEW": (
        Case(person={"groups": (ProtectedGroup.EMPLOYEE,)}),
        Case(person={"groups": (ProtectedGroup.INDIGENOUS,)}),
    ),
    "COMMUNITY_AUTHORITY_MISSING": (
        Case(person={"groups": (ProtectedGroup.INDIGENOUS,)}),
        Case(person={"groups": (ProtectedGroup.INDIGENOUS,)}, record={"community_authority": True}),
    ),
    "SENSITIVE_CONTENT_SIGNAL": (
        Case(signals={"sensitive": True}),
        Case(signals={"sensitive": True}, base=None, image=LANDSCAPE),
    ),
    "PURPOSE_ASSESSMENT_MISSING": (Case(person=AT_WORK, context={"assessment": None}), Case(person=AT_WORK)),
    "PARTIAL_BASIS_COVERAGE": (
        Case(others=(replace(ADULT, records=()),)),
        Case(others=(replace(ADULT, **UNSEEN),)),
    ),
    "NEAR_DUPLICATE_OF_BLOCKED": (Case(item={"conflicting_claims": True}), Case()),
    "JURISDICTION_UNKNOWN_STRICTEST_APPLIED": (
        Case(person={"jurisdictions": ()}),
        Case(person={"jurisdictions": ()}, item={"hinted_jurisdictions": ("CA",)}),
    ),
    "LICENCE_MISSING": (Case(item={"licence": LicenceClass.MISSING}), Case(item={"licence": LicenceClass.PERMISSIVE})),
    "LICENCE_CONDITIONAL": (
        Case(item={"licence": LicenceClass.CONDITIONAL, "licence_conditions": ("NC",)}),
        Case(
            item={"licence": LicenceClass.CONDITIONAL, "licence_conditions": ("NC",)},
            context={"purpose": Purpose.NON_COMMERCIAL_RESEARCH},
        ),
    ),
    "LICENCE_GRANTS_NOTHING": (
        Case(item={"licence": LicenceClass.PERMISSIVE}, signals={"nothing_granted": "dc:rights"}),
        Case(signals={"nothing_granted": "dc:rights"}),
    ),
    "LICENCE_UNRECOGNISED": (Case(item={"licence": LicenceClass.UNRECOGNISED}), Case()),
    "RESERVATION_IN_WORDS": (Case(signals={"reservation_in_words": "dc:rights, en: no AI"}), Case()),
    "JURISDICTION_SUGGESTED": (
        Case(item={"hinted_jurisdictions": ("GB",)}),
        Case(item={"hinted_jurisdictions": ("CA",)}),
    ),
    "LAWFUL_BASIS_VERIFIED": (Case(), Case(others=(replace(ADULT, records=()),))),
}


def test_every_code_of_an_image_has_a_case() -> None:
    of_a_run = {"STATEMENT_REACHES_NOTHING"}  # tests/gate/test_run_findings.py holds it
    assert CASES.keys() == {rule.code for rule in load_reasons()} - of_a_run


@pytest.mark.parametrize("code", CASES)
def test_code_fires_with_its_decision(code: str) -> None:
    judgement = CASES[code][0].judge()
    rule = load_reasons()[code]
    decisions = {finding.decision for finding in judgement.findings if finding.code == code}
    assert decisions == {rule.decision}
    assert judgement.decision.severity >= rule.decision.severity


@pytest.mark.parametrize("code", CASES)
def test_code_is_silent_next_door(code: str) -> None:
    assert code not in codes(CASES[code][1].judge())


def test_details_are_sentences_without_open_places() -> None:
    for fires, _ in CASES.values():
        for finding in fires.judge().findings:
            assert finding.detail.endswith((".", ".)"))
            assert "{" not in finding.detail + finding.citation
            assert finding.citation
