"""Rules about what the file itself and its captured page say."""

from __future__ import annotations

from provenance.model import SignalVerdict
from provenance.policy.facts import EvidenceState, FactSet, LicenceClass
from provenance.policy.rules.consents import is_by_guardian, is_in_effect
from provenance.policy.rules.evaluation import AgeClass, Answer, EvaluationContext, age_class
from provenance.policy.rules.person import nobody_shown
from provenance.vocabulary import Decision, PersonsStatus


def training_opt_out(fact_set: FactSet, evaluation: EvaluationContext) -> Answer:
    """A reservation that speaks against the purpose, or a stock agency's marker without a licence."""
    item = fact_set.item
    opinions = {"generative": item.signals.generative_training, "other": item.signals.other_training}
    # Without a purpose every reservation speaks against it.
    kinds = evaluation.purpose.reservations if evaluation.context.purpose else tuple(opinions)
    refused = any(opinions[kind] is SignalVerdict.DENY for kind in kinds)
    return refused or (item.signals.stock_marker and item.licence is LicenceClass.MISSING)


def signals_unreadable(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """Something is there that could not be read whole."""
    return fact_set.item.signals.unreadable


def model_release_none(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """MR-NON matters where a person is shown, or may be."""
    return fact_set.item.signals.release_none and not _cleared_by_reviewer(fact_set)


def capture_contradicts_record(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """The file and the record, or two facts of the record, disagree on age, people or licence."""
    item, persons, file = fact_set.item, fact_set.persons, fact_set.item.signals
    says_nobody = item.persons_status is PersonsStatus.NONE
    ages = {age_class(person) for person in persons}
    return (
        file.licence_denies
        or (says_nobody and (bool(persons) or file.person_shown or item.depicts_real_person is True))
        or (file.person_shown and bool(persons) and all(person.identifiable is False for person in persons))
        or (file.minor_declared and ages == {AgeClass.ADULT})
        or (file.adult_declared and AgeClass.MINOR in ages)
    )


def age_unknown_apparent_minor(fact_set: FactSet, evaluation: EvaluationContext) -> Answer:
    """Words, a path or a detector point to a minor; only a reviewer who saw nobody clears that."""
    if not fact_set.item.signals.minor_suspected or _cleared_by_reviewer(fact_set):
        return False
    return Decision.BLOCK if evaluation.context.strict else True


def minor_signal_in_file(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """The file declares a minor; a guardian's standing consent turns the refusal into a review."""
    if not fact_set.item.signals.minor_declared:
        return False
    guarded = any(
        is_by_guardian(record)
        and is_in_effect(record)
        and record.evidence not in (EvidenceState.MISSING, EvidenceState.MISMATCH)
        for person in fact_set.persons
        for record in person.records
    )
    return Decision.REVIEW if guarded else True


def _cleared_by_reviewer(fact_set: FactSet) -> bool:
    item = fact_set.item
    seen_by_reviewer = item.persons_status is PersonsStatus.NONE and item.persons_reviewer
    return seen_by_reviewer and nobody_shown(item) and not fact_set.persons
