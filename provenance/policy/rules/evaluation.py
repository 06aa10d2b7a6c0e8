"""What the rules look at: the setting of a gate run, and one claim of one person under one law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum
from typing import Final, TypeAlias

from provenance.model import Context
from provenance.policy.facts import ItemFacts, PersonFacts, RecordFacts
from provenance.policy.packs import Pack
from provenance.policy.purposes import PurposeRule, Purposes
from provenance.vocabulary import ADULT_AGE, AgeStatus, Decision, LawfulBasis, ProtectedGroup, Purpose

Answer: TypeAlias = bool | Decision
"""What a rule says: it does not fire, it fires, or it fires with another decision than its code usually has."""

NO_RECORD: Final = RecordFacts(basis=LawfulBasis.NONE)
"""Stands for the absence of any record."""


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """What is the same for every image of one gate run.

    `covering` holds the declared purposes of which any one covers the build purpose; `measures_faces` is true where
    the pipeline says so or the purpose cannot do without.
    """

    context: Context
    purposes: Purposes
    today: date
    covering: frozenset[Purpose]
    measures_faces: bool

    @property
    def purpose(self) -> PurposeRule:
        """The rules of the build purpose, or of none."""
        return self.purposes.rules[self.context.purpose] if self.context.purpose else PurposeRule()


def evaluation_of(context: Context, purposes: Purposes) -> EvaluationContext:
    """Work out once what every rule asks of the gate context."""
    purpose = context.purpose
    templates = context.face_templates
    return EvaluationContext(
        context=context,
        purposes=purposes,
        today=context.as_of.astimezone(UTC).date(),
        covering=purposes.covering(purpose) if purpose else frozenset(),
        measures_faces=templates.derived
        or templates.identify
        or (purpose is not None and purposes.rules[purpose].measures_faces),
    )


class AgeClass(StrEnum):
    """Whether a person is established to be an adult, known to be a minor, or neither."""

    ADULT = "ADULT"
    MINOR = "MINOR"
    UNKNOWN = "UNKNOWN"


def age_class(person: PersonFacts) -> AgeClass:
    """What the recorded ages come to. A sign of a minor outweighs what says adult; nothing recorded is no adult."""
    status = person.age_status
    age, taken = person.age, person.age_when_taken
    if (
        (age is not None and age < ADULT_AGE)
        or status is AgeStatus.MINOR_VERIFIED
        or ProtectedGroup.CHILD in person.groups
    ):
        return AgeClass.MINOR
    if age is None and taken is not None and taken < ADULT_AGE and status is not AgeStatus.ADULT_VERIFIED:
        return AgeClass.MINOR
    if status is AgeStatus.MINOR_APPARENT:
        return AgeClass.UNKNOWN
    adult = age is not None or taken is not None or status in (AgeStatus.ADULT_VERIFIED, AgeStatus.ADULT_DECLARED)
    return AgeClass.ADULT if adult else AgeClass.UNKNOWN


@dataclass(frozen=True, slots=True)
class EvaluationCase:
    """One record of one person in one image, seen under one law."""

    record: RecordFacts
    person: PersonFacts
    item: ItemFacts
    pack: Pack
    evaluation: EvaluationContext
    age: AgeClass
