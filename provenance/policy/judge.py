"""From facts to a verdict: apply every rule, keep every reason, let the worst decide.

>>> from datetime import UTC, datetime
>>> from provenance.model import Context
>>> from provenance.policy.facts import FactSet, ItemFacts
>>> from provenance.policy.packs import load_packs
>>> from provenance.policy.reasons import load_reasons
>>> judge = Judge(Context(as_of=datetime(2026, 11, 26, tzinfo=UTC)), load_packs(), load_reasons())
>>> judge.judge(FactSet(ItemFacts())).reason
'PURPOSE_MISSING'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar

from provenance.model import Context
from provenance.policy.citations import Occasion, cited
from provenance.policy.facts import FactSet, ItemFacts, PersonFacts
from provenance.policy.findings import Finding, Judgement, Ranked, concluded, mildest, ranked
from provenance.policy.findings import place as place_of
from provenance.policy.pack import Pack
from provenance.policy.packs import PackSet
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.rules import (
    BASIS_RULES,
    DENIAL_RULES,
    EVIDENCE_RULES,
    IMAGE_RULES,
    NO_IMAGE_RULES,
    PERSON_RULES,
    STANDING_RULES,
)
from provenance.policy.rules.evaluation import (
    NO_RECORD,
    Answer,
    Because,
    ImageCase,
    Laws,
    Outline,
    PersonCase,
    RecordCase,
    Shown,
    Surroundings,
    age_class,
    evaluation_of,
    surroundings_of,
)
from provenance.policy.rules.item import zones
from provenance.policy.rules.jurisdiction import (
    jurisdiction_suggested,
    jurisdiction_unknown_strictest_applied,
    rulepack_stale,
)
from provenance.policy.rules.outline import outline_of
from provenance.policy.rules.person import UNNAMED, needs_basis, shown_persons, somebody_may_be_shown
from provenance.policy.rules.rollup import Coverage, lawful_basis_verified, partial_basis_coverage
from provenance.policy.sentences import Case, common_words, occasions, told, words_for
from provenance.vocabulary import UNKNOWN_JURISDICTION, Decision

_REMEMBERED: Final = 20_000
_FIRES: Final = True
_BLOCK: Final = Decision.BLOCK.severity
_REVIEW: Final = Decision.REVIEW.severity


@dataclass(frozen=True, slots=True)
class Considered:
    """A code that was looked at, for whom and under which law, and whether it fired."""

    code: str
    number: int
    jurisdiction: str | None
    person: int | None
    fired: bool


@dataclass(frozen=True, slots=True)
class _Whole:
    """What a judgement says of an image as a whole, and what its persons are judged by: surroundings, and laws each.

    `partial` and `unsettled` are told where not everyone has a basis, and where nothing else speaks for or against it.
    """

    findings: tuple[Ranked, ...]
    around: Surroundings
    laws: tuple[tuple[str, ...], ...]
    partial: Ranked
    unsettled: Ranked


@dataclass(frozen=True, slots=True)
class _Individual:
    """What a judgement says of one person, whether they need a basis, and the worst that is said about it."""

    findings: tuple[Ranked, ...]
    needed: bool
    worst: int


class Judge:
    """Judges fact sets for one gate context under one set of packs. Pure: equal facts give equal judgements.

    `ordered` are the jurisdictions in which an authority's order forbids every use.
    """

    def __init__(
        self, context: Context, packs: PackSet, reasons_catalogue: ReasonCatalogue, ordered: Iterable[str] = ()
    ) -> None:
        self._packs = packs
        self._reasons = reasons_catalogue
        self._evaluation = evaluation_of(context, load_purposes(), ordered)
        self._of_the_gate = (*context.controller_established_in, *context.offered_in)
        # The same people and the same images, as far as rules can tell, recur together in very many fact sets.
        self._judge_person = lru_cache(_REMEMBERED)(self._individual)
        self._judge_anybody = lru_cache(_REMEMBERED)(self._person)
        self._judge_image = lru_cache(_REMEMBERED)(self._whole)
        self._outline = lru_cache(_REMEMBERED)(self._find_outline)
        self._laws_at = lru_cache(_REMEMBERED)(self._find_laws)
        self._cite = lru_cache(_REMEMBERED)(self._find_citation)

    def judge(self, fact_set: FactSet) -> Judgement:
        """Apply every rule. ALLOW is earned by a reason that allows; without one the image needs a person's look."""
        if _is_no_image(fact_set.item):
            none = ImageCase(fact_set.item, (), (), self._evaluation)
            return concluded(ranked(self._image(NO_IMAGE_RULES, none), strict=False))
        whole = self._judge_image(fact_set.item, tuple(map(self._outline, fact_set.persons)))
        found = list(whole.findings)
        coverage = Coverage()
        for (place, person), laws in zip(shown_persons(fact_set), whole.laws, strict=True):
            one = self._judge_person(place, person, whole.around, laws)
            found += one.findings
            if one.needed:
                coverage = Coverage(
                    coverage.identifiable + 1,
                    coverage.covered + (one.worst < _BLOCK),
                    coverage.verified + (one.worst < _REVIEW),
                )
        if partial_basis_coverage(coverage):
            found.append(whole.partial)
        if not lawful_basis_verified(coverage):
            found = [one for one in found if one.finding.code != "LAWFUL_BASIS_VERIFIED"]
        if all(one.finding.decision is Decision.INFO for one in found):
            found.append(whole.unsettled)
        return concluded(found)

    def considered(self, fact_set: FactSet) -> tuple[Considered, ...]:
        """Every code that was looked at, for each person and law, in the order of the table; for `explain`."""
        fired = {(found.code, found.person, found.jurisdiction) for found in self.judge(fact_set).findings}
        if _is_no_image(fact_set.item):
            looked_at = {(code, None, None) for code in _codes(NO_IMAGE_RULES)} | fired
        else:
            looked_at = {(code, None, None) for code in (*_codes(IMAGE_RULES), "PARTIAL_BASIS_COVERAGE")} | fired
            for place, person in shown_persons(fact_set):
                laws = self._laws_of(fact_set.item, person.jurisdictions).judging
                looked_at |= {(code, place, None) for code in _codes(PERSON_RULES)}
                needed = needs_basis(person)
                rules = (*STANDING_RULES, *BASIS_RULES, *EVIDENCE_RULES) if needed else DENIAL_RULES
                codes = (*_codes(rules), *(("LAWFUL_BASIS_VERIFIED",) if needed else ()))
                looked_at |= {(code, place, law) for law in laws for code in codes}
        rows = [
            Considered(code, self._reasons[code].number, jurisdiction, place, (code, place, jurisdiction) in fired)
            for code, place, jurisdiction in looked_at
        ]
        return tuple(sorted(rows, key=lambda row: place_of(row.number, row.person, row.jurisdiction)))

    def faces_years(self, item: ItemFacts, person: PersonFacts) -> tuple[int, str] | None:
        """For how many years a law lets measured faces be kept, the shortest, and which law; None where none says."""
        laws = self._laws_of(item, person.jurisdictions).judging
        terms = [(pack.retention.faces_years, name) for name, pack in laws.items()]
        return min(((years, name) for years, name in terms if years is not None), default=None)

    def would_change(self, judgement: Judgement) -> tuple[str, ...]:
        """One sentence for each code that stands in the way, most serious first: what would have to change."""
        standing = [finding for finding in judgement.findings if finding.decision.severity >= _REVIEW]
        ranked = sorted(standing, key=lambda finding: (-finding.decision.severity, finding.number))
        return tuple(dict.fromkeys(self._reasons[one.code].remedy_for(one.because) for one in ranked))

    def _find_outline(self, person: PersonFacts) -> Outline:
        return outline_of(person, self._evaluation)

    def _ranked(self, findings: Iterable[Finding]) -> tuple[Ranked, ...]:
        return ranked(findings, strict=self._evaluation.context.strict)

    def _whole(self, item: ItemFacts, persons: tuple[Outline, ...]) -> _Whole:
        """What concerns the image as a whole."""
        listed: Iterable[tuple[int | None, Outline]] = enumerate(persons)
        if not persons:
            listed = ((place, self._outline(person)) for place, person in shown_persons(FactSet(item)))
        shown = tuple(Shown(place, one, self._laws_of(item, one.jurisdictions)) for place, one in listed)
        case = ImageCase(item, persons, shown, self._evaluation)
        findings = [*self._image(IMAGE_RULES, case), *self._laws(case)]
        applying = self._applying(case)
        partial = self._finding("PARTIAL_BASIS_COVERAGE", _FIRES, case, laws=applying)
        unknown = self._finding("PERSON_STATUS_UNKNOWN", _FIRES, case, laws=applying)
        laws = tuple(tuple(one.laws.judging) for one in shown)
        return _Whole(self._ranked(findings), surroundings_of(item), laws, *self._ranked((partial, unknown)))

    def _individual(
        self, place: int | None, person: PersonFacts, around: Surroundings, laws: tuple[str, ...]
    ) -> _Individual:
        """What concerns one person: the picture of them, and each law."""
        found = self._judge_anybody(person, around, laws)
        worst = max((finding.decision.severity for finding in found if _is_about_basis(finding)), default=0)
        return _Individual(self._ranked(replace(one, person=place) for one in found), needs_basis(person), worst)

    def _laws_of(self, item: ItemFacts, of_person: tuple[str, ...] | None) -> Laws:
        """The laws that apply to a person with these jurisdictions; None where nobody is shown."""
        declared = (*item.jurisdictions, *(of_person or ()))
        return self._laws_at(declared, item.hinted_jurisdictions, item.language_jurisdictions, of_person is not None)

    def _find_laws(
        self,
        declared: tuple[str, ...],
        hinted: tuple[str, ...],
        language: tuple[str, ...],
        somebody: bool,  # noqa: FBT001 - a key of the cache
    ) -> Laws:
        """The laws that apply to a person: what is declared for the gate, the image and them, and what hints add.

        Where no fact about the person or the capture (declared, or hinted by position, place name or source) names a
        law that judges bases, they are somewhere unknown: the union of all applies beside the others. Where nobody is
        shown nobody is anywhere.
        """
        named = dict(map(self._packs.applying, (*self._of_the_gate, *declared)))
        hints = dict(map(self._packs.applying, (*hinted, *language)))
        every = {**hints, **named}
        of_the_capture = map(self._packs.applying, (*declared, *hinted))
        if somebody and not any(pack.kind == "law" for _, pack in of_the_capture):
            every[UNKNOWN_JURISDICTION] = self._packs.strictest
        every = dict(sorted(every.items()))
        judging = {name: pack for name, pack in every.items() if pack.kind == "law"}
        return Laws(judging, every, frozenset(hints.keys() - named.keys()), self._citable(every))

    def _image(self, rules: Iterable[Callable[[ImageCase], Answer]], case: ImageCase) -> list[Finding]:
        """What concerns the image as a whole."""
        fired = _fired(rules, case)
        laws = self._applying(case) if fired else None
        return [self._finding(code, answer, case, laws=laws) for code, answer in fired]

    def _laws(self, case: ImageCase) -> list[Finding]:
        """Which laws apply, and whether their packs are current."""
        findings = []
        every: dict[str, Pack] = {}
        for shown in self._shown_or_somebody(case):
            every |= shown.laws.every
            for name, pack in shown.laws.every.items():
                if jurisdiction_unknown_strictest_applied(name, self._packs.packs):
                    why = Because(("nowhere" if name == UNKNOWN_JURISDICTION else "no_pack",))
                    code = "JURISDICTION_UNKNOWN_STRICTEST_APPLIED"
                    words = {"jurisdiction": name}
                    findings.append(self._finding(code, why, None, jurisdiction=name, person=shown.place, words=words))
                if jurisdiction_suggested(name, shown.laws.hinted):
                    code = "JURISDICTION_SUGGESTED"
                    findings.append(self._finding(code, _FIRES, None, jurisdiction=name, person=shown.place, pack=pack))
        return findings + [
            self._finding("RULEPACK_STALE", _FIRES, None, jurisdiction=name, pack=pack)
            for name, pack in sorted(every.items())
            if rulepack_stale(pack, self._evaluation)
        ]

    def _shown_or_somebody(self, case: ImageCase) -> tuple[Shown, ...]:
        """Everyone to judge; where there is nobody, somebody of whom nothing is known, to find the laws."""
        if case.shown:
            return case.shown
        somebody = UNNAMED.jurisdictions if somebody_may_be_shown(case) else None
        return (Shown(None, self._outline(UNNAMED), self._laws_of(case.item, somebody)),)

    def _person(self, person: PersonFacts, around: Surroundings, laws: tuple[str, ...]) -> tuple[Finding, ...]:
        """What concerns a person, wherever in the facts they stand."""
        age = age_class(person)
        case = PersonCase(person, around, self._evaluation, age)
        findings = [
            self._finding(code, answer, case, laws=self._citable(laws)) for code, answer in _fired(PERSON_RULES, case)
        ]
        needed = needs_basis(person)
        records = person.records or ((NO_RECORD,) if needed else ())
        for name in laws:
            pack = self._packs.get(name) or self._packs.strictest
            outcomes = []
            for record in records:
                claim = RecordCase(record, person, around, pack, self._evaluation, age)
                # A record that nothing speaks against earns its part; the roll-up takes it back unless all do.
                fired = (_judged(claim) or _CLEAN) if needed else _fired(DENIAL_RULES, claim)
                outcomes.append(
                    [self._finding(code, answer, claim, jurisdiction=name, pack=pack) for code, answer in fired]
                )
            findings += mildest(outcomes)
        return tuple(findings)

    def _finding(
        self,
        code: str,
        answer: Answer,
        case: Case | None,
        *,
        laws: frozenset[str] | None = None,
        jurisdiction: str | None = None,
        person: int | None = None,
        pack: Pack | None = None,
        words: dict[str, str] | None = None,
    ) -> Finding:
        """A finding in words. It may cite the law that it is about or, where it is about none, any of `laws`."""
        if jurisdiction is not None:
            laws = self._citable((jurisdiction,))
        rule = self._reasons[code]
        because = answer.names if isinstance(answer, Because) else ()
        decision = answer.decision if isinstance(answer, Because) else answer
        said = {**common_words(self._evaluation, pack, case), **words_for(code, case), **(words or {})}
        note = ""
        if pack is not None and pack.in_force > self._evaluation.today:
            note = f" (This law is in force from {pack.in_force}; its rules are applied ahead of that.)"
        return Finding(
            code=code,
            number=rule.number,
            decision=decision if isinstance(decision, Decision) else rule.decision,
            jurisdiction=jurisdiction,
            person=person,
            detail=told(rule, because, said) + note,
            citation=self._citation(code, case, laws, jurisdiction, said.get("basis", "")),
            because=because,
        )

    def _citation(
        self, code: str, case: Case | None, laws: frozenset[str] | None, jurisdiction: str | None, basis: str
    ) -> str:
        """The pack's own citation where it has one that fits, otherwise those of the code that do."""
        at_hand = occasions(case, self._evaluation)
        if isinstance(case, ImageCase) and code == "PURPOSE_PROHIBITED":
            own = (citation for zone in zones(case) for citation in zone.citations)
            return cited(dict.fromkeys(own), laws, at_hand, self._reasons[code].otherwise)
        return self._cite(code, laws, jurisdiction, basis, at_hand)

    def _find_citation(
        self,
        code: str,
        laws: frozenset[str] | None,
        jurisdiction: str | None,
        basis: str,
        at_hand: frozenset[Occasion],
    ) -> str:
        rule = self._reasons[code]
        pack = self._packs.get(jurisdiction) if jurisdiction is not None else None
        own = pack.cite(rule.section, basis) if pack is not None and rule.section else None
        if own is not None and own.fits(None, at_hand):
            return str(own)
        return cited(rule.citations, laws, at_hand, rule.otherwise)

    def _citable(self, names: Iterable[str]) -> frozenset[str] | None:
        """The laws that may be cited under these names; None, all of them, where the union was applied."""
        found = frozenset(names)
        return found if found <= self._packs.packs.keys() else None

    def _applying(self, case: ImageCase) -> frozenset[str] | None:
        """The laws that may be cited of the image as a whole."""
        laws = [shown.laws.citable for shown in self._shown_or_somebody(case)]
        return None if None in laws else frozenset().union(*filter(None, laws)) or None


_C = TypeVar("_C")
_CLEAN: Final[list[tuple[str, Answer]]] = [("LAWFUL_BASIS_VERIFIED", _FIRES)]


def _is_no_image(item: ItemFacts) -> bool:
    """The ledger does not hold it, nobody opened it, or it is not there: there is nothing else to judge."""
    return not item.registered or item.not_opened or item.declared_missing


def _codes(rules: Iterable[Callable[[Any], Answer]]) -> tuple[str, ...]:
    """A rule is named after its code."""
    return tuple(rule.__name__.upper() for rule in rules)


def _fired(rules: Iterable[Callable[[_C], Answer]], case: _C) -> list[tuple[str, Answer]]:
    """The codes of the rules that fire, with their answers."""
    return [(rule.__name__.upper(), answer) for rule in rules if (answer := rule(case))]


def _judged(case: RecordCase) -> list[tuple[str, Answer]]:
    """What speaks about one record under one law. Only what is a basis is asked whether it stands."""
    fired = _fired(BASIS_RULES, case)
    refused = any(code != "PUBLIC_AVAILABILITY_CONTESTED" for code, _ in fired)
    return [*_fired(STANDING_RULES, case), *fired, *([] if refused else _fired(EVIDENCE_RULES, case))]


def _is_about_basis(finding: Finding) -> bool:
    return finding.jurisdiction is not None
