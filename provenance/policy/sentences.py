"""The words of a finding: what happened here, in one sentence for people. Pure; the sentences are in `reasons.toml`.

>>> refusal_note(date(2026, 9, 14), "K-1")
' (Said on 2026-09-14, in the record K-1.)'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from provenance.policy.citations import Occasion
from provenance.policy.pack import Pack
from provenance.policy.purposes import Prohibition
from provenance.policy.reasons import ReasonRule
from provenance.policy.rules.evaluation import (
    AgeClass,
    EvaluationContext,
    ImageCase,
    PersonCase,
    RecordCase,
)
from provenance.policy.rules.item import zones
from provenance.policy.rules.licence import breachable_conditions

Case = ImageCase | PersonCase | RecordCase
Words = Mapping[str, str]


def told(rule: ReasonRule, because: Iterable[str], words: Words) -> str:
    """The sentence of a code with its words; the phrases that say why are joined."""
    phrases = [rule.because[name].format_map(words) for name in because]
    return rule.sentence.format_map({**words, "because": "; ".join(phrase for phrase in phrases if phrase)})


def words_for(code: str, case: Case | None) -> Words:
    """What a code's sentence names beside what every sentence may name."""
    find = _WORDS.get(code)
    return find(case) if find is not None and case is not None else {}


def common_words(evaluation: EvaluationContext, pack: Pack | None, case: Case | None) -> dict[str, str]:
    """What every sentence may name."""
    purpose = evaluation.context.purpose
    words = {"purpose": purpose.value if purpose else "an undeclared purpose"}
    if pack is not None:
        words["jurisdiction"] = pack.name
        words["law"] = pack.law or pack.name
        words["age"] = str(pack.minors.consent_age)
    if isinstance(case, RecordCase):
        words["basis"] = case.record.basis.value
    return words


def occasions(case: Case | None, evaluation: EvaluationContext) -> frozenset[Occasion]:
    """What a citation may be about here: a child, measured faces, a CC BY licence."""
    found = [Occasion.FACES] if evaluation.measures_faces else []
    if isinstance(case, ImageCase):
        if any(person.age is AgeClass.MINOR for person in case.persons):
            found.append(Occasion.CHILD)
        if case.item.creative_commons_by:
            found.append(Occasion.CC_BY)
    elif case is not None:
        if case.age is AgeClass.MINOR:
            found.append(Occasion.CHILD)
        if case.around.creative_commons_by:
            found.append(Occasion.CC_BY)
    return frozenset(found)


def refusal_note(said_on: date, record: str) -> str:
    """When and where a person refused, to be put behind the sentence of `CONSENT_WITHDRAWN` or `OBJECTION_RECEIVED`.

    The facts that rules judge hold no dates and no names of records: the gate adds this image by image.
    """
    return f" (Said on {said_on}, in the record {record}.)"


def _zones(case: ImageCase) -> Words:
    told = (f"{zone.zone} ({', '.join(_triggers(zone, case))})" for zone in zones(case))
    return {"zones": "; nor ".join(told)}


def _triggers(zone: Prohibition, case: ImageCase) -> list[str]:
    """The facts that put an image into a zone."""
    item, evaluation = case.item, case.evaluation
    found = []
    if zone.purpose is not None:
        found.append(f"the purpose is {zone.purpose}")
    if zone.scraped:
        methods = {"acquisition_method": item.acquisition_method, "upstream_method": item.upstream_method}
        found += [f"{name} is {method}" for name, method in methods.items() if method == "UNTARGETED_SCRAPE"]
    if zone.measures_faces:
        templates = evaluation.context.face_templates
        said = "derived" if templates.derived else "identify" if templates.identify else ""
        found.append(f"face_templates.{said} is true" if said else "that purpose measures faces")
    groups = {group for shown in case.shown for group in shown.outline.groups if group in zone.groups}
    categories = [category for category in item.categories if category in zone.categories]
    return [
        *found,
        *(f"somebody shown is {group}" for group in sorted(groups)),
        *(f"the row declares {category}" for category in categories),
    ]


def _signal(case: ImageCase) -> Words:
    return {"signal": case.item.signals.deciding_signal or "an agency's marker"}


def _counts(case: ImageCase) -> Words:
    listed = len(case.persons)
    return {
        "counted": _number(case.item.signals.persons_counted, "person", "people"),
        "listed": "nobody is listed" if not listed else f"{_number(listed, 'is', 'are')} listed",
    }


def _granting_nothing(case: ImageCase) -> Words:
    return {"where": case.item.signals.nothing_granted or "the recorded licence"}


def _condition(case: RecordCase) -> Words:
    entry = case.pack.recognised(case.record.basis.value)
    return {"condition": f": {entry.condition}" if entry is not None and entry.condition else ""}


def _years(case: Case) -> Words:
    longest = case.pack.retention.faces_years if isinstance(case, RecordCase) else None
    return {"years": _number(longest or 0, "year", "years")}


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


_WORDS: Final[Mapping[str, Callable[[Any], Words]]] = {
    "PURPOSE_PROHIBITED": _zones,
    "TRAINING_OPT_OUT": _signal,
    "PERSONS_UNACCOUNTED": _counts,
    "LICENCE_CONDITIONAL": lambda case: {"conditions": ", ".join(breachable_conditions(case))},
    "LICENCE_GRANTS_NOTHING": _granting_nothing,
    "RESERVATION_IN_WORDS": lambda case: {"where": case.item.signals.reservation_in_words},
    "RESEARCH_EXEMPTION_REVIEW": _condition,
    "RETENTION_ENDED": _years,
    "CONSENT_NOT_SPECIFIC": lambda case: {"purposes": str(len(set(case.record.purposes)))},
}
"""By code, what its sentence names beside the common words: each is asked with the kind of case of its rule."""
