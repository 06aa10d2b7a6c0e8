"""What a look changes, and that it changes nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judged import ADULT, BLOCK, CONTEXT, IMAGE, LANDSCAPE, REVIEW
from provenance.model import ApparentAge, Look, SignalFacts, to_micros
from provenance.policy.facts import FactSet, ItemFacts, LicenceClass, PersonFacts
from provenance.policy.findings import Judgement
from provenance.policy.judge import Judge
from provenance.policy.looks import LookFacts, decode, encode, looks_of, where_signed, with_looks
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import AcquisitionMethod, AgeStatus, Decision, PersonsStatus

NONE, PRESENT, UNKNOWN = PersonsStatus.NONE, PersonsStatus.PRESENT, PersonsStatus.UNKNOWN
T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
CLOCK = to_micros(T0 + timedelta(days=30))
UNSEEN = replace(IMAGE, persons_status=UNKNOWN, jurisdictions=("CA",))


def look(status: PersonsStatus = UNKNOWN, *, by: str = "J. Morin", day: int = 1, **more: Any) -> Look:
    return Look(b"", by, T0 + timedelta(days=day), status, **more)


def seen(*looks: Look, acquired: datetime | None = T0) -> LookFacts:
    return looks_of(looks, acquired_at=to_micros(acquired) if acquired else None, clock=CLOCK)


def judged(item: ItemFacts, *looks: Look, persons: tuple[PersonFacts, ...] = ()) -> Judgement:
    return Judge(CONTEXT, load_packs(), load_reasons()).judge(with_looks(FactSet(item, persons), seen(*looks)))


def codes(judgement: Judgement) -> set[str]:
    return {finding.code for finding in judgement.findings if finding.decision in (BLOCK, REVIEW)}


def test_nobody_shown_answers_that_question() -> None:
    assert "PERSON_STATUS_UNKNOWN" in codes(judged(UNSEEN))
    assert judged(UNSEEN, look(NONE)).decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"licence": LicenceClass.MISSING}, "LICENCE_MISSING"),
        ({"source_recorded": False}, "SOURCE_MISSING"),
        ({"acquisition_method": AcquisitionMethod.UNKNOWN}, "SOURCE_MISSING"),
        ({"suppressed": True}, "SUPPRESSED_ERASURE_REQUEST"),
        ({"illegal_suspected": True}, "ILLEGAL_CONTENT_SUSPECTED"),
        ({"readable": False}, "IMAGE_UNREADABLE"),
        ({"bytes_match": False}, "FINGERPRINT_MISMATCH"),
    ],
)
def test_nobody_shown_clears_no_other_finding(changes: dict[str, Any], code: str) -> None:
    held = replace(UNSEEN, **changes)
    assert code in {finding.code for finding in judged(held).findings}
    assert code in {finding.code for finding in judged(held, look(NONE)).findings}


def test_a_picture_that_words_call_a_minors_does_not_pass_because_nobody_was_seen() -> None:
    held = replace(UNSEEN, signals=SignalFacts(minor_suspected=True))
    assert codes(judged(held, look(NONE))) == {"AGE_UNKNOWN_APPARENT_MINOR"}
    child = replace(ADULT, age=9, age_status=AgeStatus.MINOR_VERIFIED)
    assert judged(replace(held, persons_status=PRESENT), look(NONE), persons=(child,)).decision in (BLOCK, REVIEW)


def test_a_look_takes_nothing_from_what_a_rows_reviewer_settled() -> None:
    held = replace(LANDSCAPE, signals=SignalFacts(minor_suspected=True))
    assert judged(held).decision is judged(held, look(NONE)).decision is Decision.ALLOW


def test_somebody_seen_where_a_row_says_nobody_is_a_contradiction() -> None:
    assert judged(LANDSCAPE).decision is Decision.ALLOW
    assert judged(LANDSCAPE, look(PRESENT)).decision in (BLOCK, REVIEW)


def test_more_people_seen_than_are_recorded_are_unaccounted_for() -> None:
    assert "PERSONS_UNACCOUNTED" in codes(judged(IMAGE, look(PRESENT, persons=2), persons=(ADULT,)))
    assert "PERSONS_UNACCOUNTED" not in codes(judged(IMAGE, look(PRESENT, persons=1), persons=(ADULT,)))


def test_a_minor_seen_restricts_and_adults_seen_do_not_outdo_a_recorded_minor() -> None:
    assert judged(IMAGE, persons=(ADULT,)).decision is Decision.ALLOW
    assert judged(IMAGE, look(PRESENT, age=ApparentAge.MINOR), persons=(ADULT,)).decision in (BLOCK, REVIEW)
    child = replace(ADULT, age=9, age_status=AgeStatus.MINOR_VERIFIED)
    assert judged(IMAGE, look(PRESENT, age=ApparentAge.ADULT), persons=(child,)).decision in (BLOCK, REVIEW)


def test_what_restricts_counts_before_its_time_and_by_anybody_what_clears_does_not() -> None:
    assert seen(look(PRESENT, day=90)).persons_status is PRESENT
    assert seen(look(NONE, day=90)).persons_status is UNKNOWN
    assert seen(look(NONE, by="unknown")).persons_status is UNKNOWN
    assert seen(look(PRESENT, by="unknown")).persons_status is PRESENT
    assert seen(look(NONE, day=-1)).persons_status is UNKNOWN  # before the image was acquired


def test_the_newest_word_of_one_person_counts_and_two_people_who_differ_contradict() -> None:
    assert seen(look(PRESENT), look(NONE, day=2)).persons_status is NONE
    assert seen(look(NONE), look(PRESENT, day=2)).persons_status is PRESENT
    assert not seen(look(PRESENT), look(NONE, day=2)).conflict
    assert seen(look(PRESENT), look(NONE, by="A. Lee")).conflict


looks = st.builds(
    look,
    st.sampled_from([NONE, PRESENT, UNKNOWN]),
    by=st.sampled_from(["J. Morin", "A. Lee", "unknown"]),
    day=st.integers(-2, 40),
    persons=st.none() | st.integers(1, 3),
    age=st.none() | st.sampled_from(list(ApparentAge)),
    synthetic=st.booleans(),
    sensitive=st.booleans(),
)


@given(st.lists(looks, max_size=5))
def test_what_was_seen_survives_being_stored(given_looks: list[Look]) -> None:
    facts = seen(*given_looks)
    assert decode(encode(facts)) == facts


@given(st.lists(looks, max_size=5), st.randoms())
def test_the_order_in_which_looks_are_read_does_not_matter(given_looks: list[Look], random: Any) -> None:
    distinct = {(one.reviewer, one.at): one for one in given_looks}  # one person says one thing at one moment
    shuffled = list(distinct.values())
    random.shuffle(shuffled)
    assert seen(*shuffled) == seen(*distinct.values())


@given(st.lists(looks, max_size=4), st.sampled_from([True, False]))
def test_no_look_lifts_what_another_fact_holds(given_looks: list[Look], licensed: bool) -> None:
    """Only the findings that somebody who looks may settle ever go away."""
    item = replace(UNSEEN, licence=LicenceClass.REFERENCE if licensed else LicenceClass.MISSING)
    for held in (item, replace(item, suppressed=True), replace(item, source_recorded=False)):
        gone = codes(judged(held)) - codes(judged(held, *given_looks))
        assert gone <= {"PERSON_STATUS_UNKNOWN"}


signatures = st.sampled_from([{}, {"signature": b"s"}, {"signature": b"s", "fault": "the signature is nobody's"}])


@given(st.lists(st.tuples(looks, signatures), max_size=5))
def test_where_signatures_are_required_signed_looks_clear_and_the_others_only_restrict(
    told: list[tuple[Look, dict[str, Any]]],
) -> None:
    several = [replace(one, **more) for one, more in told]
    sound = [one for one in several if one.signature and not one.fault]
    found, alone = where_signed(seen(*several)), seen(*sound)
    assert found.persons_status is not NONE or alone.persons_status is NONE
    assert found.age is not ApparentAge.ADULT or alone.age is ApparentAge.ADULT
    others = [one for one in several if one not in sound]
    assert found.persons_status is PRESENT or not any(one.persons_status is PRESENT for one in others)
    assert found.age is ApparentAge.MINOR or not any(one.age is ApparentAge.MINOR for one in others)


@given(
    st.sampled_from([(UNSEEN, ()), (LANDSCAPE, ()), (IMAGE, (ADULT,))]),
    st.lists(st.tuples(looks, signatures), max_size=4),
)
def test_to_require_signatures_lets_nothing_pass_that_is_held_without(
    image: tuple[ItemFacts, tuple[PersonFacts, ...]], told: list[tuple[Look, dict[str, Any]]]
) -> None:
    facts, found = FactSet(*image), seen(*(replace(one, **more) for one, more in told))
    judge = Judge(CONTEXT, load_packs(), load_reasons())
    strictly, otherwise = (judge.judge(with_looks(facts, found, signed_only=only)) for only in (True, False))
    assert strictly.decision.severity >= otherwise.decision.severity or strictly.decision is not Decision.ALLOW


@given(st.lists(looks, max_size=5))
def test_what_was_stored_before_looks_could_be_signed_clears_nothing_where_that_is_required(
    given_looks: list[Look],
) -> None:
    stored = {name: value for name, value in encode(seen(*given_looks)).items() if name != "signed"}
    assert where_signed(decode(stored)).persons_status is not NONE
    assert where_signed(decode(stored)).age is not ApparentAge.ADULT


@pytest.mark.parametrize("fault", ["", "the signature is none of J. Morin's"])
def test_an_unsigned_or_refused_look_takes_nothing_back(fault: str) -> None:
    signed, later = look(PRESENT, signature=b"s"), look(NONE, day=2, signature=b"s" if fault else b"", fault=fault)
    assert where_signed(seen(signed, later)).persons_status is PRESENT
    assert seen(signed, later).persons_status is (PRESENT if fault else NONE)
