"""Rules about which laws apply and whether their packs are current."""

from __future__ import annotations

from collections.abc import Collection

from provenance.policy.pack import Pack
from provenance.policy.rules.evaluation import Answer, EvaluationContext


def rulepack_stale(pack: Pack, evaluation: EvaluationContext) -> Answer:
    """Past the day by which somebody had to look at the law again."""
    return evaluation.today > pack.review_by


def jurisdiction_unknown_strictest_applied(jurisdiction: str, packs: Collection[str]) -> Answer:
    """No pack of its own or of its whole, so the union of all was applied."""
    return jurisdiction not in packs


def jurisdiction_suggested(jurisdiction: str, hinted: Collection[str]) -> Answer:
    """A hint that nobody declared. It adds a law and never takes a declared one away."""
    return jurisdiction in hinted
