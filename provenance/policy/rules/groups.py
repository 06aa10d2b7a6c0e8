"""Rules about protected groups, and about minors who need no basis.

Membership is declared by a record or a reviewer, never inferred.
"""

from __future__ import annotations

from typing import Final

from provenance.policy.facts import ItemFacts, PersonFacts
from provenance.policy.rules.evaluation import AgeClass, Answer, age_class
from provenance.policy.rules.person import needs_basis
from provenance.vocabulary import ProtectedGroup

_OTHER_RULES: Final = frozenset({ProtectedGroup.CHILD, ProtectedGroup.INDIGENOUS})


def protected_group_review(person: PersonFacts, _: ItemFacts) -> Answer:
    """Any group beside children and Indigenous people, for whom other rules stand."""
    return any(group not in _OTHER_RULES for group in person.groups)


def community_authority_missing(person: PersonFacts, _: ItemFacts) -> Answer:
    """Authority is collective: it stands beside the person's own consent."""
    indigenous = ProtectedGroup.INDIGENOUS in person.groups
    return indigenous and not any(record.community_authority for record in person.records)


def minor_best_interests_review(person: PersonFacts, _: ItemFacts) -> Answer:
    """A minor who cannot be identified, or is dead, is not cleared by software either."""
    return age_class(person) is AgeClass.MINOR and not needs_basis(person)
