"""The codebook and the purposes hold what the decision table says, and every rule has its code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provenance.policy import rules
from provenance.policy.citations import Occasion, Support, cited
from provenance.policy.facts import EvidenceState
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import load_reasons
from provenance.policy.rules import jurisdiction, rollup
from provenance.vocabulary import Decision, Purpose

# The decision table, sections 3b, 3c and 3d.
TABLE = """
5 NOT_REGISTERED BLOCK
6 IMAGE_UNREADABLE BLOCK
7 CONTENT_NOT_LOOKED_INTO BLOCK
8 DECLARED_FILE_MISSING BLOCK
9 PART_NOT_COMPARED REVIEW
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
25 PERSONS_UNACCOUNTED REVIEW
26 SYNTHETIC_NOT_DECLARED REVIEW
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
42 CONSENT_NOT_EXPRESS REVIEW
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
58 FACE_TEMPLATES_UNDECLARED REVIEW
59 CONSENT_NOT_SPECIFIC REVIEW
60 MINOR_GUARDIAN_CONSENT_REQUIRED BLOCK
61 GUARDIAN_AUTHORITY_UNVERIFIED REVIEW
62 MINOR_BEST_INTERESTS_REVIEW REVIEW
63 AGE_UNKNOWN_APPARENT_MINOR REVIEW
64 RECONSENT_AT_MAJORITY REVIEW
65 MINOR_SIGNAL_IN_FILE BLOCK
66 RETENTION_ENDED BLOCK
70 PROTECTED_GROUP_REVIEW REVIEW
71 COMMUNITY_AUTHORITY_MISSING REVIEW
72 SENSITIVE_CONTENT_SIGNAL REVIEW
73 PURPOSE_ASSESSMENT_MISSING REVIEW
80 PARTIAL_BASIS_COVERAGE BLOCK
82 NEAR_DUPLICATE_OF_BLOCKED REVIEW
90 JURISDICTION_UNKNOWN_STRICTEST_APPLIED INFO
91 LICENCE_MISSING REVIEW
92 LICENCE_CONDITIONAL REVIEW
93 LICENCE_GRANTS_NOTHING REVIEW
94 LICENCE_UNRECOGNISED REVIEW
95 JURISDICTION_SUGGESTED INFO
96 RESERVATION_IN_WORDS REVIEW
97 STATEMENT_REACHES_NOTHING INFO
99 LAWFUL_BASIS_VERIFIED ALLOW
"""


def test_the_codebook_is_the_table() -> None:
    rows = [line.split() for line in TABLE.strip().splitlines()]
    held = [[str(rule.number), rule.code, rule.decision.value] for rule in load_reasons()]
    assert held == rows


def test_what_can_never_be_waived() -> None:
    held = {rule.number for rule in load_reasons() if not rule.overridable}
    harmless = {rule.number for rule in load_reasons() if rule.decision in (Decision.ALLOW, Decision.INFO)}
    assert held - harmless == {5, 6, 7, 8, 10, 11, 12, 13, 14, 43, 44, 60}


def test_every_code_in_the_way_has_a_remedy() -> None:
    for rule in load_reasons():
        assert bool(rule.remedy) == (rule.decision is not Decision.ALLOW)


TABLES = (
    rules.NO_IMAGE_RULES,
    rules.IMAGE_RULES,
    rules.PERSON_RULES,
    rules.STANDING_RULES,
    rules.BASIS_RULES,
    rules.EVIDENCE_RULES,
    (jurisdiction.rulepack_stale, jurisdiction.jurisdiction_unknown_strictest_applied),
    (jurisdiction.jurisdiction_suggested, rollup.partial_basis_coverage, rollup.lawful_basis_verified),
)
RULES = {rule for table in TABLES for rule in table}
# Found over what was stated, not over an image: tests/gate/test_run_findings.py holds them.
OF_A_RUN = {"STATEMENT_REACHES_NOTHING"}


def test_every_code_of_an_image_has_one_rule_of_its_name() -> None:
    of_images = sorted(rule.code for rule in load_reasons() if rule.code not in OF_A_RUN)
    assert sorted(rule.__name__.upper() for rule in RULES) == of_images  # type: ignore[attr-defined]


def test_every_code_can_be_cited_under_every_law_and_says_what_it_cites() -> None:
    marks = "law|guidance|finding"
    for rule in load_reasons():
        for laws in (None, {"CA"}, {"EU-DE"}, {"US-IL"}, {"NZ"}, set()):
            line = cited(rule.citations, laws, set(), rule.otherwise)
            assert re.search(rf"\((({marks}), (un)?checked|policy of this package)\)$", line), line
    assert {citation.supports for rule in load_reasons() for citation in rule.citations} == set(Support) - {
        Support.POLICY
    }


@pytest.mark.parametrize(
    ("code", "text", "when"),
    [
        ("PURPOSE_OUT_OF_SCOPE", "16 CFR 312", Occasion.CHILD),
        ("RECIPIENT_OUT_OF_SCOPE", "16 CFR 312", Occasion.CHILD),
        ("GUARDIAN_AUTHORITY_UNVERIFIED", "16 CFR 312", Occasion.CHILD),
        ("RECIPIENT_OUT_OF_SCOPE", "740 ILCS", Occasion.FACES),
        ("CONSENT_EXPIRED", "740 ILCS", Occasion.FACES),
        ("LICENCE_IS_NOT_CONSENT", "CC BY", Occasion.CC_BY),
    ],
)
def test_some_citations_speak_of_nothing_else(code: str, text: str, when: Occasion) -> None:
    rule = load_reasons()[code]
    assert text in cited(rule.citations, None, {when}, rule.otherwise)
    assert text not in cited(rule.citations, None, set(Occasion) - {when}, rule.otherwise)


def test_a_citation_belongs_to_its_law() -> None:
    rule = load_reasons()["EVIDENCE_MISSING"]
    under = {law: cited(rule.citations, {law}, (), rule.otherwise) for law in ("EU", "EU-DE", "CA", "CA-QC", "JP")}
    assert under["EU"] == under["EU-DE"] == "GDPR Art. 7(1) (law, unchecked)"
    assert under["CA"] == "PIPEDA Sch. 1 cl. 4.1 (law, unchecked)"
    assert under["CA-QC"] == under["JP"] == "a basis has to be shown (policy of this package)"


def test_every_phrase_is_one_that_a_rule_gives() -> None:
    """A rule names its phrases; none is written for a name that no rule gives, and none is missing."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path(rules.__file__).parent.glob("*.py"))
    for rule in load_reasons():
        for name in (*rule.because, *rule.remedies):
            known = name in EvidenceState.__members__ if rule.code == "EVIDENCE_MISSING" and name.isupper() else False
            assert known or re.search(rf"\b{name}=|\"{name}\"", source) or rule.code.startswith("JURISDICTION"), name
        assert rule.remedies.keys() <= rule.because.keys()
        assert ("{because}" in rule.sentence) == bool(rule.because)


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


@pytest.mark.parametrize("purpose", Purpose)
def test_what_would_be_covered_is_refused_both_ways(purpose: Purpose) -> None:
    purposes = load_purposes()
    assert purposes.refusing(purpose) >= purposes.covering(purpose)
    assert all(purpose in purposes.refusing(other) for other in purposes.refusing(purpose))
