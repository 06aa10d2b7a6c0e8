"""What a named person decided about findings, applied to a verdict. Pure.

A decision to allow yields ALLOW_BY_REVIEW, never ALLOW, and nothing for a code that cannot be overridden; a decision
to block makes the finding BLOCK.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from provenance.model import Reason, Review, Verdict
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.waivers import fingerprint
from provenance.vocabulary import Decision


def reviewed(
    verdict: Verdict, reviews: Mapping[str, Sequence[Review]], at: datetime, reasons_catalogue: ReasonCatalogue
) -> Verdict:
    """The verdict after what reviewers decided up to the clock `at`; `reviews` are oldest first for each finding."""
    reasons = tuple(_decided(reason, verdict.sha256, reviews, at, reasons_catalogue) for reason in verdict.reasons)
    if reasons == verdict.reasons:
        return verdict
    primary = max(reasons, key=lambda reason: (reason.decision.severity, -reason.number))
    return replace(verdict, decision=primary.decision, reason=primary.code, reasons=reasons)


def _decided(
    reason: Reason,
    sha256: bytes | None,
    reviews: Mapping[str, Sequence[Review]],
    at: datetime,
    reasons_catalogue: ReasonCatalogue,
) -> Reason:
    if reason.decision not in (Decision.REVIEW, Decision.BLOCK):
        return reason
    mark = fingerprint(reason, sha256)
    told = [review for review in reviews.get(mark or "", ()) if review.at <= at]
    # The newest counts; of several at one moment the one that blocks.
    latest = max(told, key=lambda review: (review.at, review.decision.severity), default=None)
    if latest is None:
        return reason
    # A refusal needs no term; a permission ends, and some findings nobody can permit.
    ended = at.astimezone(UTC).date() > latest.expires or not reasons_catalogue[reason.code].overridable
    if latest.decision is not Decision.BLOCK and ended:
        return reason
    word = "Rejected" if latest.decision is Decision.BLOCK else "Allowed"
    note = f" ({word} by {latest.reviewer} on {latest.at.date()} until {latest.expires}: {latest.reason})"
    return replace(reason, decision=latest.decision, detail=reason.detail + note)
