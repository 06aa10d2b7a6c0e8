"""The codebook and the purposes hold what the decision table says, and every rule has its code."""

from __future__ import annotations

import pytest

from provenance.policy import rules
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import load_reasons
from provenance.policy.rules import jurisdiction, rollup
from provenance.vocabulary import Decision, Purpose

# The decision table, sections 3b and 3c.
TABLE = """
5 NOT_REGISTERED BLOCK
6 IMAGE_UNREADABLE BLOCK
10 FINGERPRINT_MISMATCH BLOCK
11 SUPPRESSED_ERASURE_REQUEST BLOCK
12 ILLEGAL_CONTENT_SUSPECTED BLOCK
13 PURPOSE_PROHIBITED BLOCK
14 PURPOSE_MISSING BLOCK
15 SOURCE_MISSING BLOCK
16 UPSTREAM_PROVENANCE_MISSING BLOCK
17 RULEPACK_STALE REVIEW
18 TRAINING_OPT_OUT BLOCK
19 SIGNALS_UNREADABLE REVIEW
20 PERSON_STATUS_UNKNOWN REVIEW
21 NO_PERSON_DEPICTED ALLOW
22 NOT_IDENTIFIABLE ALLOW
23 IDENTIFIABILITY_UNPROVEN REVIEW
24 DECEASED_CHECK_JURISDICTION REVIEW
30 BASIS_MISSING BLOCK
31 LICENCE_IS_NOT_CONSENT BLOCK
32 PLATFORM_TERMS_NOT_CONSENT BLOCK
33 PUBLIC_AVAILABILITY_NOT_A_BASIS BLOCK
34 PUBLIC_CLASS_PURPOSE_MISMATCH BLOCK
35 PUBLIC_CLASS_EVIDENCE_MISSING BLOCK
36 PUBLIC_AVAILABILITY_CONTESTED REVIEW
37 BASIS_NOT_RECOGNISED_IN_JURISDICTION BLOCK
40 EVIDENCE_MISSING BLOCK
41 EVIDENCE_HASH_MISMATCH BLOCK
42 CONSENT_NOT_EXPRESS BLOCK
43 CONSENT_WITHDRAWN BLOCK
44 OBJECTION_RECEIVED BLOCK
45 CONSENT_EXPIRED BLOCK
46 CONSENT_NOTICE_VERSION_UNKNOWN REVIEW
47 CONSENT_AFTER_COLLECTION REVIEW
48 PURPOSE_OUT_OF_SCOPE BLOCK
49 RECIPIENT_OUT_OF_SCOPE BLOCK
50 BIOMETRIC_EXPRESS_CONSENT_REQUIRED BLOCK
51 QC_BIOMETRIC_DB_UNDECLARED BLOCK
52 ART9_CONDITION_MISSING BLOCK
53 LIA_MISSING BLOCK
54 LIA_REVIEW REVIEW
55 RESEARCH_EXEMPTION_REVIEW REVIEW
56 MODEL_RELEASE_NONE REVIEW
57 CAPTURE_CONTRADICTS_RECORD REVIEW
60 MINOR_GUARDIAN_CONSENT_REQUIRED BLOCK
61 GUARDIAN_AUTHORITY_UNVERIFIED REVIEW
62 MINOR_BEST_INTERESTS_REVIEW REVIEW
63 AGE_UNKNOWN_APPARENT_MINOR REVIEW
64 RECONSENT_AT_MAJORITY REVIEW
65 MINOR_SIGNAL_IN_FILE BLOCK
70 PROTECTED_GROUP_REVIEW REVIEW
71 COMMUNITY_AUTHORITY_MISSING REVIEW
80 PARTIAL_BASIS_COVERAGE BLOCK
82 NEAR_DUPLICATE_OF_BLOCKED REVIEW
90 JURISDICTION_UNKNOWN_STRICTEST_APPLIED INFO
91 LICENCE_MISSING REVIEW
92 LICENCE_CONDITIONAL REVIEW
95 JURISDICTION_SUGGESTED INFO
99 LAWFUL_BASIS_VERIFIED ALLOW
"""


def test_the_codebook_is_the_table() -> None:
    rows = [line.split() for line in TABLE.strip().splitlines()]
    held = [[str(rule.number), rule.code, rule.decision.value] for rule in load_reasons()]
    assert held == rows


def test_what_can_never_be_waived() -> None:
    held = {rule.number for rule in load_reasons() if not rule.overridable}
    harmless = {rule.number for rule in load_reasons() if rule.decision in (Decision.ALLOW, Decision.INFO)}
    assert held - harmless == {5, 6, 10, 11, 12, 13, 14, 43, 44, 60}


def test_every_code_in_the_way_has_a_remedy() -> None:
    for rule in load_reasons():
        assert bool(rule.remedy) == (rule.decision is not Decision.ALLOW)


def test_every_code_has_a_rule_of_its_name() -> None:
    tables = (
        rules.ITEM_RULES,
        rules.PERSON_RULES,
        rules.STANDING_RULES,
        rules.BASIS_RULES,
        rules.EVIDENCE_RULES,
        (jurisdiction.rulepack_stale, jurisdiction.jurisdiction_unknown_strictest_applied),
        (jurisdiction.jurisdiction_suggested, rollup.partial_basis_coverage, rollup.lawful_basis_verified),
    )
    named = {rule.__name__.upper() for table in tables for rule in table}  # type: ignore[attr-defined]
    assert named == {rule.code for rule in load_reasons()}


def test_every_purpose_is_described_and_covers_itself() -> None:
    purposes = load_purposes()
    assert set(purposes.rules) == set(Purpose)
    assert all(purpose in purposes.covering(purpose) for purpose in Purpose)


@pytest.mark.parametrize(
    ("declared", "built", "covered"),
    [
        (Purpose.SCIENTIFIC_RESEARCH, Purpose.ACADEMIC_RESEARCH, True),
        (Purpose.ACADEMIC_RESEARCH, Purpose.SCIENTIFIC_RESEARCH, False),
        (Purpose.SCIENTIFIC_RESEARCH, Purpose.MODEL_TRAINING, False),
        (Purpose.MODEL_TRAINING, Purpose.GENERATIVE_IMAGE_TRAINING, False),
        (Purpose.MODEL_TRAINING, Purpose.FACE_RECOGNITION_TRAINING, False),
        (Purpose.MODEL_TRAINING, Purpose.MODEL_EVALUATION, False),
        (Purpose.WEBSITE_DISPLAY, Purpose.DATASET_PUBLICATION, False),
    ],
)
def test_what_a_declared_purpose_covers(declared: Purpose, built: Purpose, *, covered: bool) -> None:
    assert (declared in load_purposes().covering(built)) is covered
