"""Rules about whether a person is shown and can be identified."""

from __future__ import annotations

from typing import Final

from provenance.policy.facts import FactSet, ItemFacts, PersonFacts
from provenance.policy.rules.evaluation import Answer, ImageCase, PersonCase, because
from provenance.vocabulary import PersonsStatus

UNNAMED: Final = PersonFacts()
"""Somebody who is shown and of whom nothing is recorded."""


def nobody_shown(item: ItemFacts) -> bool:
    """A named reviewer saw nobody, or a recorded synthesis holds no real likeness."""
    seen_by_reviewer = item.persons_status is PersonsStatus.NONE and item.persons_reviewer
    if item.synthetic:
        return item.depicts_real_person is False and (item.synthesis_record or seen_by_reviewer)
    return seen_by_reviewer and item.depicts_real_person is not True


def cleared_by_reviewer(case: ImageCase) -> bool:
    """A named reviewer saw nobody, and nobody is listed."""
    seen_by_reviewer = case.item.persons_status is PersonsStatus.NONE and case.item.persons_reviewer
    return seen_by_reviewer and nobody_shown(case.item) and not case.persons


def somebody_may_be_shown(case: ImageCase) -> bool:
    """Somebody is listed, or nobody established that nobody is shown."""
    return bool(case.persons) or not nobody_shown(case.item)


def shown_persons(fact_set: FactSet) -> tuple[tuple[int | None, PersonFacts], ...]:
    """Everyone to judge, with their place; somebody unnamed where a person is shown and none is listed."""
    if fact_set.persons:
        return tuple(enumerate(fact_set.persons))
    item = fact_set.item
    if nobody_shown(item):
        return ()
    someone = item.persons_status is PersonsStatus.PRESENT or item.depicts_real_person is True
    return ((None, UNNAMED),) if someone else ()


def person_status_unknown(case: ImageCase) -> Answer:
    """Neither a reviewer nor a synthesis record answers for it; listing some people does not say that it is all."""
    return case.item.persons_status is not PersonsStatus.PRESENT and not nobody_shown(case.item)


def no_person_depicted(case: ImageCase) -> Answer:
    """Nobody real is shown, and nobody is listed all the same."""
    return nobody_shown(case.item) and not case.persons


def is_anonymised(person: PersonFacts) -> bool:
    """Method and reviewer are recorded, and the original is gone."""
    return person.anonymised and person.anonymisation_reviewer and person.original_retained is False


def is_known_dead(person: PersonFacts) -> bool:
    """Date and evidence of death are recorded. Otherwise a person is judged as living."""
    return person.deceased and person.death_recorded


def needs_basis(person: PersonFacts) -> bool:
    """Alive and identifiable, as far as anybody knows: an unknown is identifiable."""
    if is_known_dead(person) or person.identifiable is False:
        return False
    return person.identifiable is True or not is_anonymised(person)


def not_identifiable(case: PersonCase) -> Answer:
    """Said to be unrecognisable, with all the evidence, and nothing at hand speaks against it."""
    return case.person.identifiable is False and not _doubts(case)


def identifiability_unproven(case: PersonCase) -> Answer:
    """Said to be unrecognisable and in doubt, or anonymised without anybody saying that it worked."""
    if case.person.identifiable is None:
        return because(unsaid=is_anonymised(case.person))
    return case.person.identifiable is False and _doubts(case)


def _doubts(case: PersonCase) -> Answer:
    """What speaks against it that a person is unrecognisable."""
    return because(
        incomplete=not is_anonymised(case.person),
        scraped=case.around.scraped,
        hidden_picture=case.around.hidden_picture,
        measured=case.evaluation.measures_faces,
    )


def deceased_check_jurisdiction(case: PersonCase) -> Answer:
    """Recorded as dead, with date and evidence."""
    return is_known_dead(case.person)
