"""Rules about minors and unknown ages. The age of a law only decides who signs; it never clears a minor."""

from __future__ import annotations

from typing import Final

from provenance.policy.rules.consents import is_by_guardian, is_consent, is_implied, is_in_effect
from provenance.policy.rules.evaluation import AgeClass, Answer, EvaluationCase
from provenance.vocabulary import ADULT_AGE, AgeStatus, Decision, LawfulBasis, ProtectedGroup

_BEARS_AN_UNKNOWN_AGE: Final = frozenset(
    {
        LawfulBasis.EXPLICIT_CONSENT,
        LawfulBasis.CONSENT,
        LawfulBasis.GUARDIAN_CONSENT,
        LawfulBasis.CONTRACT,
        LawfulBasis.RESEARCH_EXEMPTION,
        LawfulBasis.NONE,  # refused by a code of its own
    }
)


def minor_guardian_consent_required(case: EvaluationCase) -> Answer:
    """A minor without a guardian's consent who is too young to sign alone, or whose image rests on anything else."""
    if case.age is not AgeClass.MINOR:
        return False
    record = case.record
    if not is_consent(record) or not is_in_effect(record):
        return True
    return not is_by_guardian(record) and not _signed_of_age(case)


def _signed_of_age(case: EvaluationCase) -> bool:
    """Old enough to sign alone now, and when it was signed. An age that contradicts the other signs is none."""
    age, given_at, limit = case.person.age, case.record.age_when_given, case.pack.minors.consent_age
    if age is None or age >= ADULT_AGE:
        return False
    return age >= limit and (given_at is None or given_at >= limit)


def guardian_authority_unverified(case: EvaluationCase) -> Answer:
    """Somebody signed for the person without proof, without enough signatures, or for an able adult."""
    record = case.record
    if not is_by_guardian(record) and record.basis is not LawfulBasis.GUARDIAN_CONSENT:
        return False
    needed = max(record.signatures_required or 1, case.pack.minors.signatures)
    able_adult = (
        case.age is AgeClass.ADULT
        and record.age_when_given is not None
        and record.age_when_given >= ADULT_AGE
        and ProtectedGroup.LACKS_CAPACITY not in case.person.groups
    )
    signed = 1 if record.signatures is None else record.signatures
    return not record.relationship_evidence or signed < needed or able_adult


def minor_best_interests_review(case: EvaluationCase) -> Answer:
    """A minor with a consent that stands: a human decides all the same."""
    return case.age is AgeClass.MINOR and not minor_guardian_consent_required(case)


def age_unknown_apparent_minor(case: EvaluationCase) -> Answer:
    """Not established to be an adult, or an estimate speaks against an age that nobody verified."""
    doubted = case.person.estimated_minor and case.person.age_status is not AgeStatus.ADULT_VERIFIED
    if case.age is AgeClass.MINOR or not (case.age is AgeClass.UNKNOWN or doubted):
        return False
    bears_it = case.record.basis in _BEARS_AN_UNKNOWN_AGE and not is_implied(case.record)
    return True if bears_it and not case.evaluation.context.strict else Decision.BLOCK


def reconsent_at_majority(case: EvaluationCase) -> Answer:
    """Consent from before the person came of age, who has since."""
    record, age = case.record, case.person.age
    if not is_consent(record):
        return False
    given_at = record.age_when_given
    if case.age is AgeClass.ADULT:
        return given_at < ADULT_AGE if given_at is not None else is_by_guardian(record)
    limit = case.pack.minors.consent_age
    return is_by_guardian(record) and age is not None and age >= limit and given_at is not None and given_at < limit
