"""Rules about whether a person is shown and can be identified."""

from __future__ import annotations

from provenance.policy.facts import FactSet, ItemFacts, PersonFacts
from provenance.policy.rules.evaluation import Answer, EvaluationContext
from provenance.vocabulary import AcquisitionMethod, PersonsStatus

UNNAMED = PersonFacts(ref_recorded=False)
"""Somebody who is shown and of whom nothing is recorded."""


def nobody_shown(item: ItemFacts) -> bool:
    """A named reviewer saw nobody, or a recorded synthesis holds no real likeness."""
    seen_by_reviewer = item.persons_status is PersonsStatus.NONE and item.persons_reviewer
    if item.synthetic:
        return item.depicts_real_person is False and (item.synthesis_record or seen_by_reviewer)
    return seen_by_reviewer and item.depicts_real_person is not True


def shown_persons(fact_set: FactSet) -> tuple[tuple[int | None, PersonFacts], ...]:
    """Everyone to judge, with their place; somebody unnamed where a person is shown and none is listed."""
    if fact_set.persons:
        return tuple(enumerate(fact_set.persons))
    item = fact_set.item
    if nobody_shown(item):
        return ()
    someone = item.persons_status is PersonsStatus.PRESENT or item.depicts_real_person is True
    return ((None, UNNAMED),) if someone else ()


def person_status_unknown(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """Neither a reviewer nor a synthesis record answers for it; listing some people does not say that it is all."""
    item = fact_set.item
    return item.persons_status is not PersonsStatus.PRESENT and not nobody_shown(item)


def no_person_depicted(fact_set: FactSet, _: EvaluationContext) -> Answer:
    """Nobody real is shown, and nobody is listed all the same."""
    return nobody_shown(fact_set.item) and not fact_set.persons


def is_anonymised(person: PersonFacts) -> bool:
    """Method and reviewer are recorded, and the original is gone."""
    return person.anonymised and person.anonymisation_reviewer and person.original_retained is False


def needs_basis(person: PersonFacts) -> bool:
    """Alive and identifiable, as far as anybody knows: an unknown is identifiable."""
    if person.deceased or person.identifiable is False:
        return False
    return person.identifiable is True or not is_anonymised(person)


def not_identifiable(person: PersonFacts, item: ItemFacts) -> Answer:
    """Said to be unrecognisable, with all the evidence, in a picture that was not scraped at random."""
    scraped = item.acquisition_method is AcquisitionMethod.UNTARGETED_SCRAPE
    return person.identifiable is False and is_anonymised(person) and not scraped


def identifiability_unproven(person: PersonFacts, item: ItemFacts) -> Answer:
    """Said to be unrecognisable with evidence missing, or anonymised without anybody saying that it worked."""
    if person.identifiable is None:
        return is_anonymised(person)
    return person.identifiable is False and not not_identifiable(person, item)


def deceased_check_jurisdiction(person: PersonFacts, _: ItemFacts) -> Answer:
    """Recorded as dead."""
    return person.deceased
