"""The words of findings: complete, particular to the fact, honest about what is law and what is policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from judged import BALANCED, BIOMETRIC, CHILD, CONSENT, CONTEXT, EU, FOR_RESEARCH, RESEARCH, TEMPLATES, TRAINING, Case
from provenance.policy.findings import Finding
from provenance.policy.judge import Judge
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.policy.sentences import refusal_note
from provenance.vocabulary import ConsentStatus, LawfulBasis, NonBasis


def found(case: Case, code: str) -> Finding:
    return next(one for one in case.judge().findings if one.code == code)


def test_a_complete_record_says_for_what_under_which_law_and_what_was_not_looked_at() -> None:
    told = found(Case(person=EU), "LAWFUL_BASIS_VERIFIED")
    assert "complete for MODEL_TRAINING under Regulation (EU) 2016/679 (GDPR)" in told.detail
    assert "Not assessed" in told.detail
    assert "verified" not in told.detail + told.citation
    assert "unchecked" in told.citation


def test_a_withdrawal_says_that_nothing_replaces_it_and_takes_its_date() -> None:
    told = found(Case(record={"status": ConsentStatus.WITHDRAWN}), "CONSENT_WITHDRAWN")
    assert "no other ground" in told.detail
    assert told.detail.endswith(".")
    assert refusal_note(date(2026, 9, 14), "K-1") == " (Said on 2026-09-14, in the record K-1.)"


def test_a_withdrawal_elsewhere_says_so() -> None:
    own = found(Case(record={"status": ConsentStatus.WITHDRAWN}), "CONSENT_WITHDRAWN").detail
    elsewhere = found(Case(record={"refusals": TRAINING}), "CONSENT_WITHDRAWN").detail
    controller = found(Case(record={"status": ConsentStatus.REVOKED_BY_CONTROLLER}), "CONSENT_WITHDRAWN").detail
    assert len({own, elsewhere, controller}) == 3
    assert "The controller" in controller


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("US", "the law lets nobody under 13"),
        ("CA", "nobody under 13 consents alone is this package's reading"),
        ("CA-AB", "nobody under 18 consents alone is this package's reading"),
    ],
)
def test_a_minors_sentence_says_whether_the_age_is_the_laws(place: str, word: str) -> None:
    alone = replace(CHILD, records=(replace(CONSENT, age_when_given=9),), jurisdictions=(place,))
    told = found(Case(base=alone), "MINOR_GUARDIAN_CONSENT_REQUIRED").detail
    assert word in told
    assert "stricter than the law" not in told


def test_that_a_minor_rests_on_consent_alone_is_policy_and_said_so() -> None:
    told = found(Case(base=CHILD, record=BALANCED, person=EU), "MINOR_GUARDIAN_CONSENT_REQUIRED").detail
    assert "policy of this package, stricter than the law" in told
    assert "policy of this package and not the law" in found(Case(base=CHILD), "MINOR_BEST_INTERESTS_REVIEW").detail


def test_only_legitimate_interest_is_told_to_show_a_balance() -> None:
    judge = Judge(CONTEXT, load_packs(), load_reasons())
    interest = Case(record=BALANCED, person=EU).judge()
    contract = Case(record={"basis": LawfulBasis.CONTRACT}, person=EU).judge()
    assert "balance" in " ".join(judge.would_change(interest))
    assert "balance" in found(Case(record=BALANCED, person=EU), "LIA_REVIEW").detail
    assert "balance" not in " ".join((*judge.would_change(contract), *(one.detail for one in contract.findings)))


def test_a_reservation_with_a_licence_has_a_remedy_of_its_own() -> None:
    rule = load_reasons()["TRAINING_OPT_OUT"]
    assert rule.remedy_for(("licensed",)) != rule.remedy_for(("refused",)) == rule.remedy


def test_research_in_canada_names_what_it_does_not_carry() -> None:
    told = found(Case(record=RESEARCH, context=FOR_RESEARCH), "RESEARCH_EXEMPTION_REVIEW").detail
    assert "no collection for research" in told
    assert found(Case(record=RESEARCH, context=FOR_RESEARCH, person=EU), "RESEARCH_EXEMPTION_REVIEW").detail.endswith(
        ")."
    )


@pytest.mark.parametrize(
    ("case", "word", "cited"),
    [
        (Case(person={"jurisdictions": ("US",)}, record={"purposes": ()}), "16 CFR", False),
        (Case(base=CHILD, person={"jurisdictions": ("US",)}, record={"purposes": ()}), "16 CFR", True),
        (Case(base=CHILD, record={"purposes": ()}), "16 CFR", False),
        (Case(person={"jurisdictions": ("US-IL",)}, context={"recipients": ("lab",)}), "740 ILCS", False),
        (
            Case(
                person={"jurisdictions": ("US-IL",)},
                context={"recipients": ("lab",), "face_templates": TEMPLATES},
                record=BIOMETRIC,
            ),
            "740 ILCS",
            True,
        ),
        (Case(record={"basis": NonBasis.COPYRIGHT_LICENCE}), "CC BY", False),
        (Case(record={"basis": NonBasis.COPYRIGHT_LICENCE}, item={"creative_commons_by": True}), "CC BY", True),
        (Case(person={"records": ()}), "GDPR", False),
        (Case(person={"records": (), "jurisdictions": ("EU-FR",)}), "GDPR", True),
    ],
)
def test_a_citation_fits_the_person_and_the_law(case: Case, word: str, cited: bool) -> None:
    everything = " ".join(one.citation for one in case.judge().findings)
    assert (word in everything) is cited


def test_what_a_pack_cites_says_whether_it_was_read_and_what_it_supports() -> None:
    illinois = Case(
        person={"jurisdictions": ("US-IL",)},
        context={"face_templates": TEMPLATES},
        record={**BIOMETRIC, "biometric": False},
    )
    assert found(illinois, "BIOMETRIC_EXPRESS_CONSENT_REQUIRED").citation == (
        "740 ILCS 14/15(b)(3): a written release (law, checked)"
    )
    adult = Case(person={"jurisdictions": ("US",)})
    assert found(adult, "LAWFUL_BASIS_VERIFIED").citation.endswith("(policy of this package)")


def test_the_union_of_all_cites_them_all() -> None:
    told = found(Case(person={"jurisdictions": (), "records": ()}), "BASIS_MISSING").citation
    assert {"PIPEDA", "GDPR", "DPDP"} <= {word for word in ("PIPEDA", "GDPR", "DPDP") if word in told}
