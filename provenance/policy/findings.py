"""What comes of judging: findings in their order, and the judgement that they come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, TypeAlias

from provenance.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason: its code, its effect here, the law and the person it concerns, one sentence, and a citation.

    `person` is the place in `FactSet.persons`, from 0; None where it concerns the image, or somebody unlisted.
    `because` names why the rule fired, where it says so: it picks the remedy.
    """

    code: str
    number: int
    decision: Decision
    jurisdiction: str | None
    person: int | None
    detail: str
    citation: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome for one fact set: the worst decision, its lowest-numbered code, and every finding in order."""

    decision: Decision
    reason: str
    findings: tuple[Finding, ...]


Order: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding with its place among others and how much it weighs, worked out once for the many images it is of."""

    order: Order
    severity: int
    finding: Finding


def ranked(findings: Iterable[Finding], *, strict: bool) -> tuple[Ranked, ...]:
    """Findings with their places. In a `strict` context what a person would have to look at does not pass at all."""
    if strict:
        findings = [_as_block(finding) for finding in findings]
    return tuple(Ranked(order(finding), finding.decision.severity, finding) for finding in findings)


def concluded(found: Iterable[Ranked]) -> Judgement:
    """The same finding once, in a fixed order; the worst decides, its lowest number is the primary reason."""
    ordered: list[Ranked] = []
    for one in sorted(found, key=attrgetter("order")):
        # The first three parts are its number, person and jurisdiction: a code speaks once of each.
        if not ordered or one.order[:3] != ordered[-1].order[:3]:
            ordered.append(one)
    worst = ordered[0]
    for one in ordered:
        if one.severity > worst.severity:
            worst = one
    return Judgement(worst.finding.decision, worst.finding.code, tuple(one.finding for one in ordered))


def mildest(outcomes: list[list[Finding]]) -> list[Finding]:
    """Of several records the one that carries furthest; where all are refused, everything that is wrong with them."""
    if not outcomes:
        return []
    # The numbers before the words: what is reported must not hang on how a sentence begins.
    best = min(outcomes, key=lambda found: (_worst(found), _numbers(found), sorted(map(order, found))))
    if _worst(best) < Decision.BLOCK.severity:
        return best
    return [finding for found in outcomes for finding in found]


def _worst(findings: Iterable[Finding]) -> int:
    return max((finding.decision.severity for finding in findings), default=0)


def _numbers(findings: Iterable[Finding]) -> list[int]:
    return sorted(finding.number for finding in findings)


def place(number: int, person: int | None, jurisdiction: str | None) -> tuple[int, int, str]:
    """Where a code about a person under a law stands among others: by its number first."""
    return number, -1 if person is None else person, jurisdiction or ""


def order(finding: Finding) -> Order:
    """Where a finding stands among others."""
    at = place(finding.number, finding.person, finding.jurisdiction)
    return *at, -finding.decision.severity, finding.detail, finding.citation


def _as_block(finding: Finding) -> Finding:
    return replace(finding, decision=Decision.BLOCK) if finding.decision is Decision.REVIEW else finding
