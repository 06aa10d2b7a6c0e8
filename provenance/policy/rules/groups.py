"""Rules about protected groups. Membership is declared by a record or a reviewer, never inferred."""

from __future__ import annotations

from typing import Final

from provenance.policy.rules.evaluation import Answer, ImageCase, PersonCase, because
from provenance.policy.rules.outline import has_community_authority
from provenance.vocabulary import ContentCategory, ProtectedGroup

_OTHER_RULES: Final = frozenset({ProtectedGroup.CHILD, ProtectedGroup.INDIGENOUS})


def protected_group_review(case: PersonCase) -> Answer:
    """Any group beside children and Indigenous people, for whom other rules stand."""
    return any(group not in _OTHER_RULES for group in case.person.groups)


def community_authority_missing(case: ImageCase | PersonCase) -> Answer:
    """Authority is collective: it stands beside a person's own consent, and for what shows a culture and nobody."""
    if isinstance(case, PersonCase):
        return because(
            person=ProtectedGroup.INDIGENOUS in case.person.groups and not has_community_authority(case.person)
        )
    cultural = ContentCategory.INDIGENOUS_CULTURAL in case.item.categories
    return because(culture=cultural and not any(person.community_authority for person in case.persons))
