"""Rules about minors and unknown ages. The age of a law only decides who signs; it never clears a minor."""

from __future__ import annotations

from typing import Final

from provenance.policy.rules.consents import is_by_guardian, is_consent, is_implied, is_in_effect
from provenance.policy.rules.evaluation import AgeClass, Answer, ImageCase, PersonCase, RecordCase, because
from provenance.policy.rules.person import cleared_by_reviewer, needs_basis
from provenance.vocabulary import ADULT_AGE, AgeStatus, Decision, GiverRole, LawfulBasis, ProtectedGroup

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


def minor_guardian_consent_required(case: RecordCase) -> Answer:
    """A minor without a guardian's consent who is too young to sign alone, or whose image rests on anything else."""
    if case.age is not AgeClass.MINOR:
        return False
    record = case.record
    consented = is_consent(record) and is_in_effect(record, case.evaluation)
    if consented and (is_by_guardian(record) or _signed_of_age(case)):
        return False
    minors = case.pack.minors
    statutory = minors.statutory and minors.self_consent_age is not None
    return because(statute=statutory, reading=not statutory, other_basis=not is_consent(record))


def _signed_of_age(case: RecordCase) -> bool:
    """Old enough to sign alone now, and when it was signed. An age that contradicts the other signs is none."""
    age, given_at, limit = case.person.age, case.record.age_when_given, case.pack.minors.consent_age
    if age is None or age >= ADULT_AGE:
        return False
    return age >= limit and (given_at is None or given_at >= limit)


def guardian_authority_unverified(case: RecordCase) -> Answer:
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
    return because(
        proof=not record.relationship_evidence,
        signatures=signed < needed,
        able_adult=able_adult,
        institution=record.by_institution,
        # A parent or guardian signs for a child; who only represents it may be its school.
        representative=case.age is AgeClass.MINOR and record.giver is GiverRole.REPRESENTATIVE,
    )


def minor_best_interests_review(case: PersonCase | RecordCase) -> Answer:
    """A minor with a consent that stands, or who needs no basis: a human decides all the same."""
    if case.age is not AgeClass.MINOR:
        return False
    if isinstance(case, PersonCase):
        return not needs_basis(case.person)
    return not minor_guardian_consent_required(case)


def age_unknown_apparent_minor(case: ImageCase | RecordCase) -> Answer:
    """Words, a path or a detector point to a minor, which only a row's reviewer who saw nobody clears. Or somebody is
    not established to be an adult, or an estimate speaks against an age that nobody verified."""
    if isinstance(case, ImageCase):
        cleared = cleared_by_reviewer(case) and not case.item.nobody_by_look_alone
        suspected = case.item.signals.minor_suspected and not cleared
        only_path = case.item.signals.minor_suspected_by_path
        return because(
            Decision.BLOCK if case.evaluation.context.strict else None,
            suspected=suspected and not only_path,
            path=suspected and only_path,
        )
    doubted = case.person.estimated_minor and case.person.age_status is not AgeStatus.ADULT_VERIFIED
    if case.age is AgeClass.MINOR or not (case.age is AgeClass.UNKNOWN or doubted):
        return False
    bears_it = case.record.basis in _BEARS_AN_UNKNOWN_AGE and not is_implied(case.record)
    return because(
        None if bears_it and not case.evaluation.context.strict else Decision.BLOCK,
        unestablished=case.age is AgeClass.UNKNOWN,
        estimate=doubted,
    )


def reconsent_at_majority(case: RecordCase) -> Answer:
    """Consent from before the person came of age, who has since."""
    record, age = case.record, case.person.age
    if not is_consent(record):
        return False
    given_at = record.age_when_given
    if case.age is AgeClass.ADULT:
        return given_at < ADULT_AGE if given_at is not None else is_by_guardian(record)
    limit = case.pack.minors.consent_age
    return is_by_guardian(record) and age is not None and age >= limit and given_at is not None and given_at < limit
