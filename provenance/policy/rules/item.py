"""Rules about the image as a whole: registered, readable, sourced, licensed, for a purpose that may be served."""

from __future__ import annotations

from provenance.policy.facts import FactSet, LicenceClass
from provenance.policy.purposes import Prohibition
from provenance.policy.rules.evaluation import Answer, EvaluationContext
from provenance.vocabulary import AcquisitionMethod, EvidenceKind, LawfulBasis


def not_registered(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """The ledger does not hold the bytes."""
    return not fact_set.item.registered


def image_unreadable(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """The bytes cannot be decoded."""
    return not fact_set.item.readable


def fingerprint_mismatch(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """What is declared was declared for other bytes."""
    return not fact_set.item.bytes_match


def suppressed_erasure_request(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """On the suppression list, or a regulator's order is filed for somebody shown."""
    return fact_set.item.suppressed or any(
        record.evidence_kind is EvidenceKind.REGULATOR_ORDER and record.basis is not LawfulBasis.LEGAL_OBLIGATION
        for person in fact_set.persons
        for record in person.records
    )


def illegal_content_suspected(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """A hash list or a reviewer says so."""
    return fact_set.item.illegal_suspected


def purpose_prohibited(fact_set: FactSet, evaluation: EvaluationContext) -> Answer:
    """A no-go zone of `purposes.toml`, looked at before any basis."""
    return any(_matches(zone, fact_set, evaluation) for zone in evaluation.purposes.prohibited)


def _matches(zone: Prohibition, fact_set: FactSet, evaluation: EvaluationContext) -> bool:
    context = evaluation.context
    return (
        (zone.purpose is None or zone.purpose is context.purpose)
        and (zone.method is None or zone.method is fact_set.item.acquisition_method)
        and (not zone.identifies or bool(context.face_templates.identify))
        and (not zone.measures_faces or evaluation.measures_faces)
    )


def purpose_missing(_: FactSet, evaluation: EvaluationContext) -> Answer:
    """There is no default purpose."""
    return evaluation.context.purpose is None


def source_missing(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """Source, date and method are each needed; a method recorded as unknown is none."""
    item = fact_set.item
    no_method = item.acquisition_method in (None, AcquisitionMethod.UNKNOWN)
    return not (item.source_recorded and item.acquired_recorded) or no_method


def upstream_provenance_missing(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """A third-party dataset has to vouch for each image, not only for itself."""
    item = fact_set.item
    came_upstream = item.upstream or item.acquisition_method is AcquisitionMethod.THIRD_PARTY_DATASET
    return came_upstream and not item.upstream_evidence


def near_duplicate_of_blocked(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """What is known of a picture holds for its copies, as far as a person confirms that they are copies."""
    return fact_set.item.near_duplicate_of_blocked or fact_set.item.conflicting_claims


def licence_missing(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """Copyright is a question of its own beside privacy."""
    return fact_set.item.licence is LicenceClass.MISSING


def licence_conditional(fact_set: FactSet, evaluation: EvaluationContext) -> Answer:
    """A condition that the purpose may breach, in the declared or the file's own licence, or a term that is over."""
    return bool(breachable_conditions(fact_set, evaluation))


def breachable_conditions(fact_set: FactSet, evaluation: EvaluationContext) -> tuple[str, ...]:
    """The conditions that count; NC is none for a purpose that is never commercial."""
    item = fact_set.item
    conditions = item.licence_conditions
    if item.licence is LicenceClass.CONDITIONAL and not conditions:
        conditions = ("a condition",)
    if evaluation.purpose.non_commercial:
        conditions = tuple(condition for condition in conditions if condition != "NC")
    if item.signals.licence_conditional:
        conditions = (*conditions, "the file's own licence")
    if item.signals.licence_ended:
        conditions = (*conditions, "its term has ended")
    return conditions
