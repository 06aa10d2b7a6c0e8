"""What reviewers decided: it yields ALLOW_BY_REVIEW at most, for a time, and the newest decision counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import Reason, Review, Verdict
from provenance.policy.reasons import load_reasons
from provenance.policy.reviews import reviewed
from provenance.policy.waivers import fingerprint
from provenance.vocabulary import Decision

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHA = bytes(32)
BOOK = load_reasons()
STANDING = [rule for rule in BOOK if rule.decision in (Decision.REVIEW, Decision.BLOCK)]


def reason(code: str) -> Reason:
    rule = BOOK[code]
    return Reason(code, rule.number, rule.decision, "why", "law")


def verdict(*codes: str) -> Verdict:
    reasons = tuple(map(reason, codes))
    primary = max(reasons, key=lambda one: (one.decision.severity, -one.number))
    return Verdict("a.jpg", "photos", SHA, primary.decision, primary.code, reasons, NOW, {})


def review(code: str, decision: Decision = Decision.ALLOW_BY_REVIEW, **more: object) -> Review:
    mark = fingerprint(reason(code), SHA)
    assert mark is not None
    given_at = {"at": NOW - timedelta(days=1), "expires": date(2027, 1, 1), **more}
    return Review(mark, decision, "JM", reason="looked", **given_at)  # type: ignore[arg-type]


def after(judged: Verdict, *reviews: Review) -> Verdict:
    by_finding: dict[str, list[Review]] = {}
    for one in reviews:
        by_finding.setdefault(one.finding, []).append(one)
    return reviewed(judged, by_finding, NOW, BOOK)


def test_an_image_passes_by_review_once_every_finding_is_allowed() -> None:
    judged = verdict("LICENCE_MISSING", "PERSON_STATUS_UNKNOWN")
    assert after(judged, review("LICENCE_MISSING")).decision is Decision.REVIEW
    both = after(judged, review("LICENCE_MISSING"), review("PERSON_STATUS_UNKNOWN"))
    assert both.decision is Decision.ALLOW_BY_REVIEW
    assert "JM" in both.reasons[0].detail


@pytest.mark.parametrize("rule", STANDING, ids=lambda rule: rule.code)
def test_no_review_turns_a_finding_into_allow_or_lifts_one_that_nobody_can(rule) -> None:  # type: ignore[no-untyped-def]
    outcome = after(verdict(rule.code), review(rule.code)).decision
    assert outcome is (Decision.ALLOW_BY_REVIEW if rule.overridable else rule.decision)


def test_a_rejection_blocks_and_has_no_end() -> None:
    rejected = review("LICENCE_MISSING", Decision.BLOCK, at=NOW - timedelta(days=900), expires=date(2025, 1, 1))
    assert after(verdict("LICENCE_MISSING"), rejected).decision is Decision.BLOCK


def test_a_permission_ends_after_its_last_day() -> None:
    judged = verdict("LICENCE_MISSING")
    assert after(judged, review("LICENCE_MISSING", expires=date(2026, 11, 22))).decision is Decision.ALLOW_BY_REVIEW
    assert after(judged, review("LICENCE_MISSING", expires=date(2026, 11, 21))).decision is Decision.REVIEW


def test_a_decision_of_tomorrow_is_not_one_yet() -> None:
    tomorrow = review("LICENCE_MISSING", at=NOW + timedelta(seconds=1))
    assert after(verdict("LICENCE_MISSING"), tomorrow).decision is Decision.REVIEW


def test_a_decision_about_other_bytes_is_no_decision_about_these() -> None:
    other = replace(verdict("LICENCE_MISSING"), sha256=bytes([1]) * 32)
    assert after(other, review("LICENCE_MISSING")) == other


@given(st.permutations(range(3)))
def test_the_newest_counts_and_at_one_moment_the_one_that_blocks(order: list[int]) -> None:
    at = NOW - timedelta(hours=1)
    some = [
        review("LICENCE_MISSING", at=at),
        review("LICENCE_MISSING", Decision.BLOCK, at=at),
        review("LICENCE_MISSING", at=at - timedelta(hours=1)),
    ]
    assert after(verdict("LICENCE_MISSING"), *(some[i] for i in order)).decision is Decision.BLOCK
    newer = review("LICENCE_MISSING", at=NOW)
    assert after(verdict("LICENCE_MISSING"), *(some[i] for i in order), newer).decision is Decision.ALLOW_BY_REVIEW
