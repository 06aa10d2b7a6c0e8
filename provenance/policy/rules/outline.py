"""What of a person matters to the image as a whole."""

from __future__ import annotations

from provenance.policy.facts import PersonFacts
from provenance.policy.rules.consents import SHOWS_SOMETHING, is_by_guardian, is_in_effect
from provenance.policy.rules.evaluation import EvaluationContext, Outline, age_class
from provenance.vocabulary import EvidenceKind


def outline_of(person: PersonFacts, evaluation: EvaluationContext) -> Outline:
    """What the rules on images may ask of a person; the rest concerns only the person."""
    return Outline(
        age=age_class(person),
        identifiable=person.identifiable,
        age_contradicts=person.age_contradicts,
        groups=person.groups,
        jurisdictions=person.jurisdictions,
        guarded=any(
            is_by_guardian(record) and is_in_effect(record, evaluation) and record.evidence in SHOWS_SOMETHING
            for record in person.records
        ),
        regulator_order=any(record.evidence_kind is EvidenceKind.REGULATOR_ORDER for record in person.records),
        community_authority=has_community_authority(person),
    )


def has_community_authority(person: PersonFacts) -> bool:
    """Whether a community with authority over the person's culture agreed."""
    return any(record.community_authority for record in person.records)
