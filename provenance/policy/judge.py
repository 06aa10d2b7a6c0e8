"""From facts to a verdict: apply every rule, keep every reason, let the worst decide.

>>> from datetime import UTC, datetime
>>> from provenance.model import Context
>>> from provenance.policy.facts import Combination, ItemFacts
>>> from provenance.policy.packs import load_packs
>>> from provenance.policy.reasons import load_codebook
>>> judge = Judge(Context(as_of=datetime(2026, 11, 22, tzinfo=UTC)), load_packs(), load_reasons())
>>> judge.judge(FactSet(ItemFacts())).reason
'PURPOSE_MISSING'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from provenance.model import Context
from provenance.policy.facts import FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.packs import Pack, PackSet
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.rules import (
    BASIS_RULES,
    DENIAL_RULES,
    EVIDENCE_RULES,
    ITEM_RULES,
    PERSON_RULES,
    STANDING_RULES,
)
from provenance.policy.rules.evaluation import NO_RECORD, Answer, EvaluationCase, age_class, evaluation_of
from provenance.policy.rules.item import breachable_conditions
from provenance.policy.rules.jurisdiction import (
    jurisdiction_suggested,
    jurisdiction_unknown_strictest_applied,
    rulepack_stale,
)
from provenance.policy.rules.person import needs_basis, shown_persons
from provenance.policy.rules.rollup import Coverage, lawful_basis_verified, partial_basis_coverage
from provenance.vocabulary import UNKNOWN_JURISDICTION, Decision

_REMEMBERED: Final = 20_000
_BLOCK: Final = Decision.BLOCK.severity
_REVIEW: Final = Decision.REVIEW.severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason: its code, its effect here, the law and the person it concerns, one sentence, and a citation.

    `person` is the place in `Combination.persons`, from 0; None where it concerns the image, or somebody unlisted.
    """

    code: str
    number: int
    decision: Decision
    jurisdiction: str | None
    person: int | None
    detail: str
    citation: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome for one combination: the worst decision, its lowest-numbered code, and every finding in order."""

    decision: Decision
    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Considered:
    """A code that was looked at, for whom and under which law, and whether it fired."""

    code: str
    number: int
    jurisdiction: str | None
    person: int | None
    fired: bool


class Judge:
    """Judges combinations for one gate context under one set of packs. Pure: equal facts give equal judgements."""

    def __init__(self, context: Context, packs: PackSet, reasons_catalogue: ReasonCatalogue) -> None:
        self._packs = packs
        self._codebook = reasons_catalogue
        self._evaluation = evaluation_of(context, load_purposes())
        self._everywhere = frozenset({*context.controller_established_in, *context.offered_in})
        self._words = {"purpose": context.purpose.value if context.purpose else "an undeclared purpose"}
        # The same people, as far as rules can tell, recur beside others in very many combinations.
        self._judge_person = lru_cache(_REMEMBERED)(self._person)

    def judge(self, fact_set: FactSet) -> Judgement:
        """Apply every rule. ALLOW is earned by a reason that allows; without one the image needs a person's look."""
        persons = shown_persons(fact_set)
        findings = self._item(fact_set)
        findings += self._laws(fact_set, persons)
        coverage = Coverage()
        for place, person in persons:
            found = self._judge_person(place, person, fact_set.item)
            findings += found
            if needs_basis(person):
                worst = max((finding.decision.severity for finding in found if _is_about_basis(finding)), default=0)
                coverage = Coverage(
                    coverage.identifiable + 1,
                    coverage.covered + (worst < _BLOCK),
                    coverage.verified + (worst < _REVIEW),
                )
        if partial_basis_coverage(coverage):
            findings.append(self._finding("PARTIAL_BASIS_COVERAGE"))
        if not lawful_basis_verified(coverage):
            findings = [finding for finding in findings if finding.code != "LAWFUL_BASIS_VERIFIED"]
        if all(finding.decision is Decision.INFO for finding in findings):
            findings.append(self._finding("PERSON_STATUS_UNKNOWN"))
        if self._evaluation.context.strict:
            findings = [_as_block(finding) for finding in findings]
        return _concluded(findings)

    def considered(self, fact_set: FactSet) -> tuple[Considered, ...]:
        """Every code that was looked at, for each person and law, in the order of the table; for `explain`."""
        fired = {(found.code, found.person, found.jurisdiction) for found in self.judge(fact_set).findings}
        looked_at = {(code, None, None) for code in (*_codes(ITEM_RULES), "PARTIAL_BASIS_COVERAGE")} | fired
        for place, person in shown_persons(fact_set):
            looked_at |= {(code, place, None) for code in _codes(PERSON_RULES)}
            rules = (STANDING_RULES, BASIS_RULES, EVIDENCE_RULES) if needs_basis(person) else (DENIAL_RULES,)
            for jurisdiction, _ in self._applicable(fact_set.item, person):
                looked_at |= {(code, place, jurisdiction) for rule in rules for code in _codes(rule)}
                if needs_basis(person):
                    looked_at.add(("LAWFUL_BASIS_VERIFIED", place, jurisdiction))
        rows = [
            Considered(code, self._codebook[code].number, jurisdiction, place, (code, place, jurisdiction) in fired)
            for code, place, jurisdiction in looked_at
        ]
        return tuple(sorted(rows, key=lambda row: _place(row.number, row.person, row.jurisdiction)))

    def would_change(self, judgement: Judgement) -> tuple[str, ...]:
        """One sentence for each code that stands in the way, most serious first: what would have to change."""
        standing = [finding for finding in judgement.findings if finding.decision.severity >= _REVIEW]
        ranked = sorted(standing, key=lambda finding: (-finding.decision.severity, finding.number))
        return tuple(dict.fromkeys(self._codebook[finding.code].remedy for finding in ranked))

    def _item(self, fact_set: FactSet) -> list[Finding]:
        """What concerns the image as a whole."""
        words = {
            **self._words,
            "signal": fact_set.item.signals.deciding_signal or "a stock agency's marker without a licence",
            "conditions": ", ".join(breachable_conditions(fact_set, self._evaluation)),
        }
        return [
            self._finding(code, answer=answer, words=words)
            for code, answer in _fired(ITEM_RULES, fact_set, self._evaluation)
        ]

    def _laws(self, fact_set: FactSet, persons: Iterable[tuple[int | None, PersonFacts]]) -> list[Finding]:
        """Which laws apply, and whether their packs are current."""
        item = fact_set.item
        findings = []
        seen: set[str] = set()
        for place, person in persons or ((None, PersonFacts()),):
            declared = self._declared(item, person)
            named = [*declared, *item.hinted_jurisdictions]
            for jurisdiction, _ in self._applicable(item, person):
                if jurisdiction_unknown_strictest_applied(jurisdiction, self._packs.packs):
                    code = "JURISDICTION_UNKNOWN_STRICTEST_APPLIED"
                    findings.append(self._finding(code, jurisdiction=jurisdiction, person=place))
                    named.append(jurisdiction)
            findings += [
                self._finding("JURISDICTION_SUGGESTED", jurisdiction=hint, person=place)
                for hint in item.hinted_jurisdictions
                if jurisdiction_suggested(hint, declared)
            ]
            seen.update(named)
        for jurisdiction in sorted(seen):
            pack = self._packs.get(jurisdiction) or self._packs.strictest
            if rulepack_stale(pack, self._evaluation):
                findings.append(self._finding("RULEPACK_STALE", jurisdiction=jurisdiction, pack=pack))
        return findings

    def _declared(self, item: ItemFacts, person: PersonFacts) -> frozenset[str]:
        return self._everywhere.union(item.jurisdictions, person.jurisdictions)

    def _applicable(self, item: ItemFacts, person: PersonFacts) -> list[tuple[str, Pack]]:
        """The laws that judge a person's bases, the union of all where nobody declared one that does.

        A hint adds its law; it does not count as knowing, since that could make the outcome milder.
        """
        packs, strictest = self._packs, self._packs.strictest
        declared = self._declared(item, person)
        laws = {
            code: pack
            for code in declared.union(item.hinted_jurisdictions)
            if (pack := packs.get(code) or strictest).kind == "law"
        }
        if not any(code in laws for code in declared):
            laws[UNKNOWN_JURISDICTION] = strictest
        return sorted(laws.items())

    def _person(self, place: int | None, person: PersonFacts, item: ItemFacts) -> tuple[Finding, ...]:
        """What concerns one person: the picture of them, and each law."""
        findings = [
            self._finding(code, answer=answer, person=place) for code, answer in _fired(PERSON_RULES, person, item)
        ]
        needed = needs_basis(person)
        records = person.records or ((NO_RECORD,) if needed else ())
        age = age_class(person)
        for jurisdiction, pack in self._applicable(item, person):
            outcomes = []
            for record in records:
                case = EvaluationCase(record, person, item, pack, self._evaluation, age)
                # A record that nothing speaks against earns its part; the roll-up takes it back unless all do.
                fired = (_judged(case) or _CLEAN) if needed else _fired(DENIAL_RULES, case)
                outcomes.append(
                    [
                        self._finding(
                            code, answer=answer, jurisdiction=jurisdiction, person=place, pack=pack, record=record
                        )
                        for code, answer in fired
                    ]
                )
            findings += _mildest(outcomes)
        return tuple(findings)

    def _finding(
        self,
        code: str,
        *,
        answer: Answer = True,
        jurisdiction: str | None = None,
        person: int | None = None,
        pack: Pack | None = None,
        record: RecordFacts | None = None,
        words: dict[str, str] | None = None,
    ) -> Finding:
        rule = self._codebook[code]
        words = words or dict(self._words)
        citation = ""
        note = ""
        if pack is not None:
            basis = record.basis.value if record else ""
            words = {**words, "jurisdiction": pack.name, "basis": basis, "age": str(pack.minors.consent_age)}
            citation = pack.cite(rule.section, basis) if rule.section else ""
            if pack.in_force > self._evaluation.today:
                note = f" (This law is in force from {pack.in_force}; its rules are applied ahead of that.)"
        return Finding(
            code=code,
            number=rule.number,
            decision=answer if isinstance(answer, Decision) else rule.decision,
            jurisdiction=jurisdiction,
            person=person,
            detail=rule.sentence.format_map(words) + note,
            citation=citation or rule.citation,
        )


def judge(fact_set: FactSet, context: Context, packs: PackSet, reasons_catalogue: ReasonCatalogue) -> Judgement:
    """Judge one combination. For many, build a `Judge` once."""
    return Judge(context, packs, reasons_catalogue).judge(fact_set)


_CLEAN: Final[list[tuple[str, Answer]]] = [("LAWFUL_BASIS_VERIFIED", True)]


def _codes(rules: Iterable[Callable[..., Answer]]) -> tuple[str, ...]:
    """A rule is named after its code."""
    return tuple(rule.__name__.upper() for rule in rules)


def _fired(rules: Iterable[Callable[..., Answer]], *facts: Any) -> list[tuple[str, Answer]]:
    """The codes of the rules that fire, with their answers."""
    return [(rule.__name__.upper(), answer) for rule in rules if (answer := rule(*facts))]


def _judged(case: EvaluationCase) -> list[tuple[str, Answer]]:
    """What speaks about one record under one law. Only what is a basis is asked whether it stands."""
    fired = _fired(BASIS_RULES, case)
    refused = any(code != "PUBLIC_AVAILABILITY_CONTESTED" for code, _ in fired)
    return [*_fired(STANDING_RULES, case), *fired, *([] if refused else _fired(EVIDENCE_RULES, case))]


def _mildest(outcomes: list[list[Finding]]) -> list[Finding]:
    """Of several records the one that carries furthest; where all are refused, everything that is wrong with them."""
    if not outcomes:
        return []
    # The numbers before the words: what is reported must not hang on how a sentence begins.
    best = min(outcomes, key=lambda found: (_worst(found), _numbers(found), sorted(map(_order, found))))
    if _worst(best) < _BLOCK:
        return best
    return [finding for found in outcomes for finding in found]


def _worst(findings: Iterable[Finding]) -> int:
    return max((finding.decision.severity for finding in findings), default=0)


def _numbers(findings: Iterable[Finding]) -> list[int]:
    return sorted(finding.number for finding in findings)


def _is_about_basis(finding: Finding) -> bool:
    return finding.jurisdiction is not None


def _place(number: int, person: int | None, jurisdiction: str | None) -> tuple[int, int, str]:
    return number, -1 if person is None else person, jurisdiction or ""


def _order(finding: Finding) -> tuple[object, ...]:
    place = _place(finding.number, finding.person, finding.jurisdiction)
    return *place, -finding.decision.severity, finding.detail, finding.citation


def _as_block(finding: Finding) -> Finding:
    """In a strict context what a person would have to look at does not pass at all."""
    return replace(finding, decision=Decision.BLOCK) if finding.decision is Decision.REVIEW else finding


def _concluded(findings: list[Finding]) -> Judgement:
    """The same finding once, in a fixed order; the worst decides, its lowest number is the primary reason."""
    unique: dict[tuple[str, int | None, str | None], Finding] = {}
    for finding in sorted(set(findings), key=_order):
        unique.setdefault((finding.code, finding.person, finding.jurisdiction), finding)
    ordered = tuple(unique.values())
    worst = max(ordered, key=lambda finding: (finding.decision.severity, -finding.number))
    return Judgement(worst.decision, worst.code, ordered)
