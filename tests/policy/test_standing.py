"""Whether a basis stands: evidence, scope, refusals, who signed, and what needs more than a plain basis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from judged import (
    ALLOW,
    BALANCED,
    BLOCK,
    CHILD,
    CONSENT,
    EU,
    FOR_RESEARCH,
    LANDSCAPE,
    POSTED,
    RESEARCH,
    REVIEW,
    SCRAPED,
    TRAINING,
    UNSEEN,
    WORSHIP,
    Case,
    codes,
)
from provenance.policy.facts import EvidenceState
from provenance.vocabulary import (
    AcquisitionMethod,
    ConsentStatus,
    ContentCategory,
    Decision,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    ProtectedGroup,
    Purpose,
)

FILE = {"evidence": EvidenceState.MATCHES}
STANDS = (EvidenceState.MATCHES, EvidenceState.UNPINNED)
NOTHING = [state for state in EvidenceState if state not in (*STANDS, EvidenceState.REMOTE, EvidenceState.MISMATCH)]


def detail(case: Case, code: str) -> str:
    return next(one.detail for one in case.judge().findings if one.code == code)


@pytest.mark.parametrize("state", NOTHING)
def test_what_shows_nothing_is_no_evidence_and_the_sentence_says_why(state: EvidenceState) -> None:
    case = Case(record={"evidence": state})
    assert (case.judge().decision, case.judge().reason) == (BLOCK, "EVIDENCE_MISSING")
    others = {detail(Case(record={"evidence": other}), "EVIDENCE_MISSING") for other in NOTHING if other is not state}
    assert detail(case, "EVIDENCE_MISSING") not in others


@pytest.mark.parametrize("state", STANDS)
def test_a_file_that_stands_is_evidence(state: EvidenceState) -> None:
    assert Case(record={"evidence": state}).judge().decision is ALLOW


@pytest.mark.parametrize(
    ("record", "stands"),
    [
        ({"evidence_kind": None}, False),
        ({"evidence_kind": EvidenceKind.CONSENT_RECEIPT}, True),
        ({"evidence_kind": EvidenceKind.PRIVACY_NOTICE}, False),
        ({"evidence_kind": EvidenceKind.CONSENT_NOTICE}, False),
        ({"evidence_kind": EvidenceKind.GUARDIAN_AUTHORITY}, False),
        ({"evidence_kind": EvidenceKind.DEATH_RECORD}, False),
        ({"basis": LawfulBasis.CONTRACT, "evidence_kind": EvidenceKind.DATA_SUBJECT_CONTRACT}, True),
        ({"basis": LawfulBasis.CONTRACT, "evidence_kind": EvidenceKind.CONSENT_RECORD}, False),
        ({"basis": LawfulBasis.LEGAL_OBLIGATION, "evidence_kind": EvidenceKind.MODEL_RELEASE}, False),
        ({"basis": LawfulBasis.LEGAL_OBLIGATION, "evidence_kind": EvidenceKind.PROCESSING_RECORD}, True),
        ({"basis": LawfulBasis.IMPLIED_CONSENT, "evidence_kind": EvidenceKind.CONSENT_NOTICE}, True),
        ({**BALANCED, "evidence_kind": None}, True),
    ],
)
def test_a_kind_of_document_shows_what_it_can(record: Mapping[str, Any], stands: bool) -> None:
    places = ("CA",) if record.get("basis") is LawfulBasis.IMPLIED_CONSENT else ("EU",)
    found = codes(Case(record=record, person={"jurisdictions": places}).judge())
    assert ("EVIDENCE_MISSING" not in found) is stands


def test_proof_of_guardianship_goes_with_a_guardians_consent() -> None:
    shown = {"evidence_kind": EvidenceKind.GUARDIAN_AUTHORITY}
    assert "EVIDENCE_MISSING" not in codes(Case(base=CHILD, record=shown).judge())
    assert "EVIDENCE_MISSING" in codes(Case(base=CHILD, record={**shown, "giver": GiverRole.SELF}).judge())


def test_an_approval_is_shown_by_its_reference_or_its_document() -> None:
    letter = {**RESEARCH, "approval": False, "evidence_kind": EvidenceKind.ETHICS_APPROVAL}
    assert "EVIDENCE_MISSING" not in codes(Case(record=letter, context=FOR_RESEARCH).judge())
    for missing in ({"evidence": EvidenceState.EMPTY}, {"evidence_kind": EvidenceKind.MODEL_RELEASE}):
        assert "EVIDENCE_MISSING" in codes(Case(record={**letter, **missing}, context=FOR_RESEARCH).judge())


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED])
@pytest.mark.parametrize("record", [{}, {"basis": LawfulBasis.CONTRACT}, BALANCED, POSTED])
def test_a_refusal_is_named_even_where_its_record_is_the_only_one(
    status: ConsentStatus, record: Mapping[str, Any]
) -> None:
    found = Case(record={**record, "status": status}).judge()
    assert {"CONSENT_WITHDRAWN", "OBJECTION_RECEIVED"} & codes(found)


def test_no_other_ground_carries_who_refused_but_a_new_consent_does() -> None:
    withdrawn = replace(CONSENT, status=ConsentStatus.WITHDRAWN, refusals=TRAINING)
    interest = replace(CONSENT, basis=LawfulBasis.LEGITIMATE_INTEREST, assessment=True, refusals=TRAINING)
    anew = CONSENT
    assert Case(person=EU | {"records": (withdrawn, interest)}).judge().decision is BLOCK
    both = codes(Case(person=EU | {"records": (withdrawn, interest)}).judge())
    assert {"CONSENT_WITHDRAWN", "OBJECTION_RECEIVED"} < both
    assert Case(person=EU | {"records": (withdrawn, interest, anew)}).judge().decision is ALLOW


def test_without_a_purpose_every_refusal_is_about_it() -> None:
    elsewhere = {"refusals": ((Purpose.DATASET_PUBLICATION,),)}
    assert "CONSENT_WITHDRAWN" in codes(Case(record=elsewhere, context={"purpose": None}).judge())
    assert "CONSENT_WITHDRAWN" not in codes(Case(record=elsewhere).judge())


@pytest.mark.parametrize("basis", [LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.LEGAL_OBLIGATION])
def test_an_order_binds_whatever_it_is_filed_under(basis: LawfulBasis) -> None:
    judgement = Case(record={"basis": basis, "evidence_kind": EvidenceKind.REGULATOR_ORDER}).judge()
    assert judgement.reason == "SUPPRESSED_ERASURE_REQUEST"


# --- scope ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [Purpose.DATASET_PUBLICATION, Purpose.WEBSITE_DISPLAY])
def test_a_publication_goes_to_more_than_who_is_named(purpose: Purpose) -> None:
    covered = {"purposes": (purpose,)}
    case = Case(record={**covered, "recipients": ("lab",)}, context={"purpose": purpose})
    assert case.judge().reason == "RECIPIENT_OUT_OF_SCOPE"
    assert Case(record=covered, context={"purpose": purpose}).judge().decision is ALLOW
    assert Case(record={"recipients": ("lab",)}).judge().decision is ALLOW


@pytest.mark.parametrize("purpose", Purpose)
def test_a_research_exemption_carries_research_and_nothing_else(purpose: Purpose) -> None:
    record = {**RESEARCH, "purposes": (purpose,)}
    stretched = "PURPOSE_OUT_OF_SCOPE" in codes(Case(record=record, context={"purpose": purpose}).judge())
    assert stretched is not purpose.endswith("_RESEARCH")


@pytest.mark.parametrize("item", [SCRAPED, {"upstream_method": AcquisitionMethod.UNTARGETED_SCRAPE}])
def test_who_is_scraped_at_random_was_not_asked_first(item: Mapping[str, Any]) -> None:
    assert Case(item=item).judge().reason == "CONSENT_AFTER_COLLECTION"
    assert Case(item=item, person=UNSEEN).judge().reason == "IDENTIFIABILITY_UNPROVEN"


# --- what needs more --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ContentCategory)
def test_a_declared_category_takes_a_condition_of_the_law(category: ContentCategory) -> None:
    declared = {"categories": (category,)}
    protected = category not in (ContentCategory.INDIGENOUS_CULTURAL, ContentCategory.SENSITIVE)
    for place in ("EU", "GB", "KR", "BR"):
        case = Case(item=declared, record=BALANCED, person={"jurisdictions": (place,)})
        assert ("ART9_CONDITION_MISSING" in codes(case.judge())) is protected
        expressed = Case(item=declared, person={"jurisdictions": (place,)})
        assert "ART9_CONDITION_MISSING" not in codes(expressed.judge())
    assert "ART9_CONDITION_MISSING" not in codes(Case(item=declared, record=BALANCED).judge())


@pytest.mark.parametrize(
    "record",
    [{"basis": LawfulBasis.CONSENT, "form": None}, {**RESEARCH, "approval": False}, {"basis": LawfulBasis.CONTRACT}],
)
def test_a_plain_consent_or_an_unapproved_exemption_is_no_condition(record: Mapping[str, Any]) -> None:
    case = Case(item=WORSHIP, record=record, person=EU, context=FOR_RESEARCH)
    assert "ART9_CONDITION_MISSING" in codes(case.judge())
    assert "ART9_CONDITION_MISSING" not in codes(Case(item=WORSHIP, record=RESEARCH, person=EU).judge())


def test_implied_consent_does_not_do_where_a_category_is_declared() -> None:
    implied = {"basis": LawfulBasis.IMPLIED_CONSENT}
    assert Case(record=implied).judge().decision is REVIEW
    assert (
        Case(record=implied, item={"categories": (ContentCategory.SENSITIVE,)}).judge().reason == "CONSENT_NOT_EXPRESS"
    )
    assert Case(record=implied, item={"categories": (ContentCategory.SENSITIVE,)}).judge().decision is BLOCK


def test_what_shows_a_culture_asks_its_community_though_nobody_is_shown() -> None:
    cultural = {"categories": (ContentCategory.INDIGENOUS_CULTURAL,)}
    assert Case(base=None, image=LANDSCAPE, item=cultural).judge().reason == "COMMUNITY_AUTHORITY_MISSING"
    assert "COMMUNITY_AUTHORITY_MISSING" in codes(Case(item=cultural).judge())
    assert Case(item=cultural, record={"community_authority": True}).judge().decision is ALLOW


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"relationship_evidence": False}, "no proof"),
        ({"signatures": 0}, "signatures"),
        ({"by_institution": True}, "school"),
        ({"giver": GiverRole.REPRESENTATIVE}, "representative"),
    ],
)
def test_who_signed_for_a_child_shows_that_they_may(record: Mapping[str, Any], why: str) -> None:
    case = Case(base=CHILD, record=record)
    assert case.judge().reason == "GUARDIAN_AUTHORITY_UNVERIFIED"
    assert why in detail(case, "GUARDIAN_AUTHORITY_UNVERIFIED")


def test_a_representative_may_sign_for_an_adult_who_cannot() -> None:
    signed = replace(CONSENT, giver=GiverRole.REPRESENTATIVE, relationship_evidence=True)
    person = {"groups": (ProtectedGroup.LACKS_CAPACITY,), "records": (signed,)}
    assert "GUARDIAN_AUTHORITY_UNVERIFIED" not in codes(Case(person=person).judge())


def test_whoever_consented_as_a_child_is_asked_again() -> None:
    assert Case(record={"age_when_given": 17}).judge().reason == "RECONSENT_AT_MAJORITY"
    assert Case(record={"age_when_given": 18}).judge().decision is Decision.ALLOW
