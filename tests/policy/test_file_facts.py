"""What the file and the row say: parts, people, generation, contradictions, licences, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from judged import ADULT, ALLOW, BALANCED, BLOCK, FACES, GENERATED, LANDSCAPE, REVIEW, SCRAPED, UNSEEN, Case, codes
from provenance.model import SignalVerdict
from provenance.policy.facts import LicenceClass
from provenance.vocabulary import AgeStatus, ContentCategory, PersonsStatus, Purpose

RESERVED = {"other_training": SignalVerdict.DENY, "deciding_signal": "tdm-reservation in http:tdm-reservation"}
LICENSED = {"training_licence": (Purpose.MODEL_TRAINING,), "training_licence_in_force": True}


@pytest.mark.parametrize("item", [{"registered": False}, {"not_opened": True}, {"declared_missing": True}])
def test_where_there_is_no_image_nothing_else_is_said_of_it(item: Mapping[str, Any]) -> None:
    bare = Case(base=None, item={**item, "source_recorded": False, "licence": LicenceClass.MISSING}).judge()
    assert len(bare.findings) == 1
    assert bare.decision is BLOCK
    without_purpose = Case(item=item, context={"purpose": None}).judge()
    assert {"PURPOSE_MISSING"} < codes(without_purpose)


@pytest.mark.parametrize(
    ("item", "decision"),
    [
        ({}, BLOCK),
        (LICENSED, REVIEW),
        ({**LICENSED, "training_licence_in_force": False}, BLOCK),
        ({**LICENSED, "training_licence": (Purpose.SCIENTIFIC_RESEARCH,)}, BLOCK),
    ],
)
def test_a_training_licence_and_a_reservation_are_for_a_person_to_settle(
    item: Mapping[str, Any], decision: object
) -> None:
    judgement = Case(base=None, image=LANDSCAPE, item=item, signals=RESERVED).judge()
    assert (judgement.decision, judgement.reason) == (decision, "TRAINING_OPT_OUT")
    assert "tdm-reservation in http:tdm-reservation" in judgement.findings[0].detail


@pytest.mark.parametrize("licence", LicenceClass)
def test_an_agencys_mark_beside_each_kind_of_licence(licence: LicenceClass) -> None:
    found = codes(Case(item={"licence": licence}, signals={"stock_marker": True}).judge())
    none, open_ones = (
        {LicenceClass.MISSING, LicenceClass.GRANTS_NOTHING},
        {LicenceClass.PERMISSIVE, LicenceClass.CONDITIONAL},
    )
    assert ("TRAINING_OPT_OUT" in found) is (licence in none)
    assert ("CAPTURE_CONTRADICTS_RECORD" in found) is (licence in open_ones)


@pytest.mark.parametrize("licence", LicenceClass)
def test_what_grants_nothing(licence: LicenceClass) -> None:
    said = codes(Case(item={"licence": licence}, signals={"nothing_granted": "exif:Copyright"}).judge())
    assert ("LICENCE_GRANTS_NOTHING" in said) is (licence is not LicenceClass.REFERENCE)
    unsaid = codes(Case(item={"licence": licence}).judge())
    assert ("LICENCE_GRANTS_NOTHING" in unsaid) is (licence is LicenceClass.GRANTS_NOTHING)


def test_the_place_of_the_words_is_told() -> None:
    words = {"reservation_in_words": "dc:rights (en): no AI training", "nothing_granted": "iim:Credit"}
    details = {
        one.code: one.detail for one in Case(item={"licence": LicenceClass.PERMISSIVE}, signals=words).judge().findings
    }
    assert "dc:rights (en): no AI training" in details["RESERVATION_IN_WORDS"]
    assert "iim:Credit" in details["LICENCE_GRANTS_NOTHING"]


@pytest.mark.parametrize(
    ("case", "fires"),
    [
        (Case(signals={"persons_counted": 1}), False),
        (Case(signals={"persons_counted": 2}), True),
        (Case(signals={"persons_counted": 2}, others=(replace(ADULT, **UNSEEN),)), False),
        (Case(signals={"persons_counted": 1}, base=None, image=LANDSCAPE), True),
        (Case(signals={"persons_counted": 3}, base=None, image=LANDSCAPE, item=GENERATED), False),
        (
            Case(
                signals={"persons_counted": 3},
                base=None,
                image=LANDSCAPE,
                item={**GENERATED, "synthesis_record": False, "persons_reviewer": False},
            ),
            True,
        ),
    ],
)
def test_everybody_who_is_counted_is_accounted_for(case: Case, fires: bool) -> None:
    assert ("PERSONS_UNACCOUNTED" in codes(case.judge())) is fires


def test_what_is_generated_says_whom_it_resembles() -> None:
    landscape = Case(base=None, image=LANDSCAPE, signals={"synthetic": True})
    assert landscape.judge().reason == "SYNTHETIC_NOT_DECLARED"
    assert replace(landscape, item=GENERATED).judge().decision is ALLOW
    unsaid = replace(landscape, item={**GENERATED, "depicts_real_person": None})
    assert unsaid.judge().reason == "PERSON_STATUS_UNKNOWN"


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Case(person={**UNSEEN, "original_retained": None}), "not all recorded"),
        (Case(person=UNSEEN, signals={"hidden_picture": True}), "another picture"),
        (Case(person=UNSEEN, context=FACES), "faces are measured"),
        (Case(person=UNSEEN, item=SCRAPED), "scraped at random"),
        (Case(person={**UNSEEN, "identifiable": None}), "nobody said"),
    ],
)
def test_what_speaks_against_anonymity_is_told(case: Case, why: str) -> None:
    [told] = [one.detail for one in case.judge().findings if one.code == "IDENTIFIABILITY_UNPROVEN"]
    assert why in told
    assert "NOT_IDENTIFIABLE" not in codes(case.judge())


def test_a_hidden_picture_matters_only_to_who_is_said_to_be_hidden() -> None:
    assert Case(signals={"hidden_picture": True}).judge().decision is ALLOW


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        ({"minor_suspected": True}, "words or a detector"),
        ({"minor_suspected": True, "minor_suspected_by_path": True}, "words of the file's path"),
    ],
)
def test_a_path_that_points_to_a_minor_is_told_from_what_the_file_says(signals: dict[str, bool], why: str) -> None:
    [told] = [one.detail for one in Case(signals=signals).judge().findings if one.code == "AGE_UNKNOWN_APPARENT_MINOR"]
    assert why in told


def test_tables_that_contradict_each_other_leave_nothing_to_go_by() -> None:
    judgement = Case(item={"statements_conflict": True}).judge()
    assert (judgement.decision, judgement.reason) == (BLOCK, "CAPTURE_CONTRADICTS_RECORD")
    assert "two tables" in judgement.findings[0].detail


@pytest.mark.parametrize(
    ("case", "decision", "code"),
    [
        (Case(person={"age_contradicts": True}), REVIEW, "CAPTURE_CONTRADICTS_RECORD"),
        (Case(person={"age_contradicts": True, "age": 12}), BLOCK, "MINOR_GUARDIAN_CONSENT_REQUIRED"),
        (Case(person={"age_contradicts": True}, record={**BALANCED}), BLOCK, "BASIS_NOT_RECOGNISED_IN_JURISDICTION"),
        (Case(item={"acquired_in_future": True}), BLOCK, "SOURCE_MISSING"),
        (Case(item={"acquired_recorded": False, "acquired_in_future": False}), BLOCK, "SOURCE_MISSING"),
    ],
)
def test_what_cannot_be_true_does_not_pass(case: Case, decision: object, code: str) -> None:
    judgement = case.judge()
    assert (judgement.decision, judgement.reason) == (decision, code)


def test_ages_that_cannot_all_be_true_make_nobody_an_adult() -> None:
    doubtful = Case(person={"age_contradicts": True, "age_status": AgeStatus.ADULT_VERIFIED})
    assert "AGE_UNKNOWN_APPARENT_MINOR" in codes(doubtful.judge())


@pytest.mark.parametrize(
    ("case", "fires"),
    [
        (Case(signals={"sensitive": True}), True),
        (Case(item={"categories": (ContentCategory.SENSITIVE,)}), True),
        (Case(item={"categories": (ContentCategory.HEALTH,)}), False),
        (Case(signals={"sensitive": True}, base=None, image=LANDSCAPE), False),
        (Case(signals={"sensitive": True}, base=None, item={"persons_status": PersonsStatus.UNKNOWN}), True),
    ],
)
def test_sensitive_content_matters_where_somebody_may_be_shown(case: Case, fires: bool) -> None:
    assert ("SENSITIVE_CONTENT_SIGNAL" in codes(case.judge())) is fires
