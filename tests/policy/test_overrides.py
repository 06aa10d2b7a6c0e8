"""Who allows, allows that: reviews and waivers applied to verdicts, under the setting in which they were given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decided import CODES, CONTEXT, NEVER_WAIVED, NOW, SHA, after, entry, reason, review, verdict, waivers
from provenance.errors import UsageError
from provenance.model import Context, FaceTemplates, Review, Setting, Verdict
from provenance.policy.overrides import Overrides, Uses, WaiverState, fingerprint, setting_of
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import Decision, Purpose

LICENCE, GROUP = reason("LICENCE_MISSING"), reason("PROTECTED_GROUP_REVIEW", person="p-1")
VERIFIED = reason("LAWFUL_BASIS_VERIFIED", "CA", "p-1")
STANDING = [rule for rule in load_reasons() if rule.decision in (Decision.REVIEW, Decision.BLOCK)]
BY_REVIEW, REVIEW, BLOCK = Decision.ALLOW_BY_REVIEW, Decision.REVIEW, Decision.BLOCK
OTHERS = {
    "another purpose": replace(CONTEXT, purpose=Purpose.DATASET_PUBLICATION),
    "no purpose": replace(CONTEXT, purpose=None),
    "a recipient": replace(CONTEXT, recipients=("acme",)),
    "measured faces": replace(CONTEXT, face_templates=FaceTemplates(derived=True)),
    "people identified": replace(CONTEXT, face_templates=FaceTemplates(derived=False, identify=True)),
}
"""Contexts that differ from `CONTEXT` in one thing that a decision is bound to."""


def under(context: Context, *reasons: Any) -> Verdict:
    return verdict(*reasons, setting=setting_of(context))


# --- the fingerprint -------------------------------------------------------------------------------------------------


def test_a_fingerprint_follows_a_moved_file_and_nothing_else() -> None:
    mark = fingerprint(GROUP, verdict(GROUP))
    assert fingerprint(GROUP, verdict(GROUP, item="moved/b.jpg", collection="other")) == mark
    assert fingerprint(replace(GROUP, detail="in other words", citation="x"), verdict(GROUP)) == mark
    others = (replace(GROUP, person="p-2"), replace(GROUP, jurisdiction="CA"), replace(GROUP, person=None), LICENCE)
    assert mark not in {fingerprint(other, verdict(other)) for other in others}
    assert fingerprint(GROUP, replace(verdict(GROUP), sha256=bytes(32))) != mark
    assert fingerprint(GROUP, replace(verdict(GROUP), sha256=None)) is None


@pytest.mark.parametrize("name", OTHERS)
def test_under_another_setting_it_is_another_finding(name: str) -> None:
    assert fingerprint(LICENCE, under(OTHERS[name], LICENCE)) != fingerprint(LICENCE, verdict(LICENCE))


def test_what_does_not_bear_on_a_finding_does_not_change_it() -> None:
    mark = fingerprint(LICENCE, verdict(LICENCE))
    same = replace(CONTEXT, as_of=NOW + timedelta(days=9), strict=True, offered_in=("CA",))
    assert fingerprint(LICENCE, under(same, LICENCE)) == mark
    assumed = replace(CONTEXT, face_templates=FaceTemplates(derived=False, assumed=True))
    assert fingerprint(LICENCE, under(assumed, LICENCE)) == mark
    two = [under(replace(CONTEXT, recipients=order), LICENCE) for order in (("a", "b"), ("b", "a", "a"))]
    assert fingerprint(LICENCE, two[0]) == fingerprint(LICENCE, two[1])


def test_the_fingerprint_is_what_the_documentation_says() -> None:
    person = sha256(b"p-1").hexdigest()
    text = f"finding 2\0LIA_REVIEW\0{SHA.hex()}\0EU\0{person}\0MODEL_TRAINING\0no\0\0acme\0lab\0"
    setting = Setting(Purpose.MODEL_TRAINING, ("acme", "lab"), derived=False)
    found = reason("LIA_REVIEW", "EU", "p-1")
    assert fingerprint(found, verdict(found, setting=setting)) == sha256(text.encode()).hexdigest()[:32]


# --- waivers ---------------------------------------------------------------------------------------------------------


def test_every_reason_waived_is_allowed_by_review_and_says_by_whom() -> None:
    got = after(verdict(LICENCE, VERIFIED), held=waivers(entry()))
    assert (got.verdict.decision, got.verdict.reason) == (BY_REVIEW, "LICENCE_MISSING")
    assert [(use.waiver.place, use.served) for use in got.uses] == [(1, True)]
    assert "Waived by J. Morin, unsigned, until 2027-01-31, LEGAL-77: our own archive" in got.verdict.reasons[0].detail


def test_one_reason_unwaived_keeps_the_decision() -> None:
    got = after(verdict(LICENCE, GROUP), held=waivers(entry())).verdict
    assert (got.decision, got.reason) == (REVIEW, "PROTECTED_GROUP_REVIEW")


def test_a_waived_block_leaves_the_review_that_remains() -> None:
    got = after(verdict(reason("SOURCE_MISSING"), LICENCE), held=waivers(entry(code="SOURCE_MISSING"))).verdict
    assert (got.decision, got.reason) == (REVIEW, "LICENCE_MISSING")


def test_nothing_waived_leaves_the_verdict_as_it_is() -> None:
    before = verdict(LICENCE)
    assert after(before, held=waivers(entry(items=["other/"]))).verdict is before


@pytest.mark.parametrize(
    ("at", "decision"),
    [
        (datetime(2026, 9, 30, 23, 59, tzinfo=UTC), REVIEW),
        (datetime(2026, 10, 1, tzinfo=UTC), BY_REVIEW),
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), BY_REVIEW),
        (datetime(2027, 2, 1, tzinfo=UTC), REVIEW),
        (datetime.fromisoformat("2027-01-31T23:00:00-05:00"), REVIEW),
    ],
)
def test_a_waiver_counts_on_its_days_in_utc(at: datetime, decision: Decision) -> None:
    got = after(verdict(LICENCE), held=waivers(entry()), context=replace(CONTEXT, as_of=at))
    assert got.verdict.decision is decision


@pytest.mark.parametrize(
    ("items", "reached"),
    [
        (["archive/a.jpg"], True),
        (["archive/"], True),
        (["photos/archive/a.jpg"], True),
        (["photos/archive/"], True),
        (["photos/"], True),
        (["archive"], False),
        (["archive/a"], False),
        (["a.jpg"], False),
        (["photos/a.jpg"], False),
        (["more/archive/a.jpg"], False),
        (["other/", "archive/a.jpg"], True),
    ],
)
def test_a_name_is_one_in_a_collection(items: list[str], reached: bool) -> None:
    got = after(verdict(LICENCE), held=waivers(entry(items=items)))
    assert (got.verdict.decision is BY_REVIEW) is reached


def test_a_scope_can_be_narrowed_to_a_law() -> None:
    held = waivers(entry(code="LIA_REVIEW", jurisdictions=["EU"]))
    assert after(verdict(reason("LIA_REVIEW", "EU")), held=held).verdict.decision is BY_REVIEW
    assert after(verdict(reason("LIA_REVIEW", "GB")), held=held).verdict.decision is REVIEW
    assert after(verdict(reason("LIA_REVIEW")), held=held).verdict.decision is REVIEW


@pytest.mark.parametrize("name", OTHERS)
def test_a_waiver_does_not_exist_under_another_setting(name: str) -> None:
    other = under(OTHERS[name], LICENCE)
    by_code = after(other, held=waivers(entry()), context=OTHERS[name])
    by_finding = entry(finding=fingerprint(LICENCE, verdict(LICENCE)), code=None, items=None, purpose=None)
    assert by_code.verdict == other
    assert after(other, held=waivers(by_finding), context=OTHERS[name]).verdict == other


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("another purpose", {"purpose": "DATASET_PUBLICATION"}),
        ("a recipient", {"recipients": ["lab", "acme"]}),
        ("measured faces", {"face_templates": True}),
        ("people identified", {"face_templates": True}),
    ],
)
def test_what_a_waiver_says_it_covers(name: str, more: dict[str, Any]) -> None:
    other = under(OTHERS[name], LICENCE)
    assert after(other, held=waivers(entry(**more)), context=OTHERS[name]).verdict.decision is BY_REVIEW


def test_a_purpose_that_measures_faces_is_a_face_template_setting() -> None:
    training = replace(CONTEXT, purpose=Purpose.FACE_RECOGNITION_TRAINING)
    named = {"purpose": "FACE_RECOGNITION_TRAINING"}
    for covers, decision in ((False, REVIEW), (True, BY_REVIEW)):
        held = waivers(entry(**named, face_templates=covers))
        assert after(under(training, LICENCE), held=held, context=training).verdict.decision is decision


def test_a_waiver_without_a_purpose_serves_the_gate_at_hand_and_that_is_told() -> None:
    overrides = Overrides.of(CONTEXT, waivers=waivers(entry(purpose=None)))
    uses = Uses(overrides, CONTEXT)
    served = uses.take(overrides.applied(verdict(LICENCE)))
    assert served.decision is BY_REVIEW
    assert "for MODEL_TRAINING only" in served.reasons[0].detail
    [found] = uses.findings()
    assert (found.state, found.fails) == (WaiverState.WITHOUT_PURPOSE, False)
    assert "MODEL_TRAINING" in found.detail
    [waiver] = uses.without_purpose
    # What the ledger then keeps binds it.
    bound = {waiver.digest: Purpose.MODEL_TRAINING}
    other = OTHERS["another purpose"]
    elsewhere = Overrides.of(other, waivers=overrides.waivers, bound=bound)
    assert elsewhere.applied(under(other, LICENCE)).verdict.decision is REVIEW
    again = Overrides.of(CONTEXT, waivers=overrides.waivers, bound=bound)
    used = Uses(again, CONTEXT)
    assert used.take(again.applied(verdict(LICENCE))).decision is BY_REVIEW
    assert used.without_purpose == ()


def test_a_name_that_serves_pictures_in_two_collections_is_an_error_that_names_both() -> None:
    overrides = Overrides.of(CONTEXT, waivers=waivers(entry(items=["archive/"])))
    uses = Uses(overrides, CONTEXT)
    for item in ("archive/a.jpg", "archive/b.jpg"):
        uses.take(overrides.applied(verdict(LICENCE, item=item)))
    with pytest.raises(UsageError, match=r"waiver 1: items: archive/ names pictures of photos and of more"):
        uses.take(overrides.applied(verdict(LICENCE, collection="more")))


def test_two_names_serve_two_collections() -> None:
    overrides = Overrides.of(CONTEXT, waivers=waivers(entry(items=["photos/archive/", "more/archive/"])))
    uses = Uses(overrides, CONTEXT)
    for collection in ("photos", "more"):
        assert uses.take(overrides.applied(verdict(LICENCE, collection=collection))).decision is BY_REVIEW


def test_a_folder_of_its_collections_name_is_not_the_collection() -> None:
    overrides = Overrides.of(CONTEXT, waivers=waivers(entry(items=["photos/"])))
    uses = Uses(overrides, CONTEXT)
    uses.take(overrides.applied(verdict(LICENCE, item="photos/a.jpg")))
    with pytest.raises(UsageError, match="photos/ names pictures of photos"):
        uses.take(overrides.applied(verdict(LICENCE, item="other/a.jpg")))


@pytest.mark.parametrize("rule", [r for r in load_reasons() if r.number in NEVER_WAIVED], ids=lambda rule: rule.code)
def test_not_even_a_fingerprint_waives_what_nobody_can(rule: object) -> None:
    found = reason(rule.code)  # type: ignore[attr-defined]
    mark = fingerprint(found, verdict(found))
    held = waivers(entry(finding=mark, code=None, items=None, purpose=None))
    got = after(verdict(found), held=held)
    assert (got.verdict, got.uses, got.refused) == (verdict(found), (), {1})
    uses = Uses(Overrides.of(CONTEXT, waivers=held), CONTEXT)
    uses.take(got)
    assert [one.state for one in uses.findings()] == [WaiverState.REFUSED]


def test_a_waiver_out_of_its_time_or_without_use_is_reported() -> None:
    held = waivers(
        entry(date=date(2026, 1, 1), expires=date(2026, 5, 1)),
        entry(date=date(2026, 11, 1), expires=date(2026, 12, 1)),
        entry(items=["nowhere/"]),
        entry(),
        entry(purpose="AGE_VERIFICATION"),
    )
    overrides = Overrides.of(CONTEXT, waivers=held)
    uses = Uses(overrides, CONTEXT)
    uses.take(overrides.applied(verdict(LICENCE)))
    found = uses.findings()
    assert [(one.waiver.place, one.state) for one in found] == [
        (1, WaiverState.EXPIRED),
        (2, WaiverState.NOT_YET),
        (3, WaiverState.UNUSED),
        (5, WaiverState.UNUSED),
    ]
    assert all(one.fails for one in found)
    assert found[0].detail == "waivers.toml: waiver 1 (LICENCE_MISSING, LEGAL-77) expired on 2026-05-01"


@given(st.lists(st.sampled_from(CODES), min_size=1, unique=True), st.lists(st.sampled_from(CODES), unique=True))
def test_waivers_only_ever_lead_to_allow_by_review(held: list[str], waived: list[str]) -> None:
    overridable = [code for code in waived if load_reasons()[code].overridable]
    before = verdict(*map(reason, held))
    got = after(before, held=waivers(*(entry(code=code) for code in overridable))).verdict
    standing = {one.code for one in before.reasons if one.decision in (REVIEW, BLOCK)}
    if standing - set(overridable):
        worst = max((load_reasons()[code].decision for code in standing - set(overridable)), key=lambda d: d.severity)
        assert got.decision is worst
        assert got.reason not in overridable
    elif standing:
        assert got.decision is BY_REVIEW
    else:
        assert got == before
    assert [one.code for one in got.reasons] == [one.code for one in before.reasons]


# --- reviews ---------------------------------------------------------------------------------------------------------


def test_an_image_passes_by_review_once_every_finding_is_allowed() -> None:
    judged = verdict(LICENCE, GROUP)
    assert after(judged, review(LICENCE)).verdict.decision is REVIEW
    both = after(judged, review(LICENCE), review(GROUP)).verdict
    assert both.decision is BY_REVIEW
    assert "JM" in both.reasons[0].detail


@pytest.mark.parametrize("rule", STANDING, ids=lambda rule: rule.code)
def test_no_review_turns_a_finding_into_allow_or_lifts_one_that_nobody_can(rule) -> None:  # type: ignore[no-untyped-def]
    found = reason(rule.code)
    outcome = after(verdict(found), review(found)).verdict.decision
    assert outcome is (BY_REVIEW if rule.overridable else rule.decision)


@pytest.mark.parametrize("name", OTHERS)
def test_a_permission_does_not_exist_under_another_setting(name: str) -> None:
    other = under(OTHERS[name], LICENCE)
    assert after(other, review(LICENCE), context=OTHERS[name]).verdict == other


def test_a_permission_ends_after_its_last_day() -> None:
    judged = verdict(LICENCE)
    assert after(judged, review(LICENCE, expires=NOW.date())).verdict.decision is BY_REVIEW
    assert after(judged, review(LICENCE, expires=NOW.date() - timedelta(days=1))).verdict.decision is REVIEW


def test_a_decision_of_tomorrow_is_not_one_yet() -> None:
    for decision in (BY_REVIEW, BLOCK):
        tomorrow = review(LICENCE, decision, at=NOW + timedelta(seconds=1))
        assert after(verdict(LICENCE), tomorrow).verdict == verdict(LICENCE)


@pytest.mark.parametrize("nobody", ["\u200b", "\u3164", "\u2800", "-", "nan", "n/a", "auto", "retinaface"])
def test_a_permission_by_nobody_is_none_and_a_rejection_counts_whoever_gave_it(nobody: str) -> None:
    assert after(verdict(LICENCE), review(LICENCE, reviewer=nobody)).verdict == verdict(LICENCE)
    assert after(verdict(LICENCE), review(LICENCE, BLOCK, reviewer=nobody)).verdict.decision is BLOCK


def test_a_decision_about_other_bytes_is_no_decision_about_these() -> None:
    other = replace(verdict(LICENCE), sha256=bytes([1]) * 32)
    for decision in (BY_REVIEW, BLOCK):
        assert after(other, review(LICENCE, decision)).verdict == other


@given(st.permutations(range(3)))
def test_the_newest_counts_and_at_one_moment_the_one_that_blocks(order: list[int]) -> None:
    at = NOW - timedelta(hours=1)
    some = [
        review(LICENCE, at=at),
        review(LICENCE, BLOCK, at=at),
        review(LICENCE, at=at - timedelta(hours=1)),
    ]
    assert after(verdict(LICENCE), *(some[i] for i in order)).verdict.decision is BLOCK
    newer = review(LICENCE, at=NOW)
    assert after(verdict(LICENCE), *(some[i] for i in order), newer).verdict.decision is BY_REVIEW


# --- a rejection holds for the image ----------------------------------------------------------------------------------

REJECTED = review(LICENCE, BLOCK, at=NOW - timedelta(days=900), expires=date(2025, 1, 1), reviewer="A. Petrov")
CLEAN = verdict(reason("NO_PERSON_DEPICTED"))


def test_a_rejection_has_no_end() -> None:
    assert after(verdict(LICENCE), REJECTED).verdict.decision is BLOCK


@pytest.mark.parametrize(
    "judged",
    [CLEAN, verdict(GROUP), *(under(context, LICENCE) for context in OTHERS.values())],
    ids=["the finding is gone", "another finding", *OTHERS],
)
def test_a_rejection_holds_whatever_becomes_of_the_finding(judged: Verdict) -> None:
    got = after(judged, REJECTED).verdict
    assert (got.decision, got.reason) == (BLOCK, "LICENCE_MISSING")
    told = next(one for one in got.reasons if one.code == "LICENCE_MISSING" and one.decision is BLOCK)
    assert "A. Petrov" in told.detail
    assert told.citation


def test_it_is_told_once_where_the_finding_itself_is_blocked() -> None:
    got = after(verdict(LICENCE), REJECTED).verdict
    assert [one.code for one in got.reasons] == ["LICENCE_MISSING"]


def test_no_waiver_and_no_permission_for_another_finding_lifts_it() -> None:
    held = waivers(entry())
    assert after(verdict(LICENCE), REJECTED, held=held).verdict.decision is BLOCK
    assert after(CLEAN, REJECTED, held=held).verdict.decision is BLOCK
    assert after(verdict(GROUP), REJECTED, review(GROUP)).verdict.decision is BLOCK


@pytest.mark.parametrize("who", ["A. Petrov", "B. Second"])
def test_who_gave_it_or_somebody_else_lifts_it(who: str) -> None:
    lifted = review(LICENCE, at=NOW - timedelta(hours=1), reviewer=who)
    assert after(CLEAN, REJECTED, lifted).verdict == CLEAN
    # Also by the finding as it is shown for as long as it is held.
    held = after(CLEAN, REJECTED).verdict
    shown = next(one for one in held.reasons if one.decision is BLOCK)
    answer = review(shown, of=held, at=NOW - timedelta(hours=1), reviewer=who)
    assert after(CLEAN, REJECTED, answer).verdict == CLEAN


def test_a_permission_from_before_or_by_nobody_lifts_nothing() -> None:
    before = review(LICENCE, at=REJECTED.at - timedelta(days=1))
    nobody = review(LICENCE, at=NOW - timedelta(hours=1), reviewer="n/a")
    for answer in (before, nobody):
        assert after(CLEAN, REJECTED, answer).verdict.decision is BLOCK


def test_it_is_rejected_again_after_it_was_lifted() -> None:
    lifted = review(LICENCE, at=NOW - timedelta(hours=2))
    again = review(LICENCE, BLOCK, at=NOW - timedelta(hours=1))
    assert after(CLEAN, REJECTED, lifted, again).verdict.decision is BLOCK


def test_a_rejection_from_before_findings_were_bound_still_holds_and_a_permission_does_not() -> None:
    text = f"finding 1\0LICENCE_MISSING\0{SHA.hex()}\0\0\0"
    mark = sha256(text.encode()).hexdigest()[:32]
    old = {"finding": mark, "reviewer": "JM", "at": NOW - timedelta(days=9), "expires": date(2027, 1, 1), "reason": "x"}
    assert after(verdict(LICENCE), Review(decision=BLOCK, **old)).verdict.decision is BLOCK
    assert after(verdict(LICENCE), Review(decision=BY_REVIEW, **old)).verdict == verdict(LICENCE)
