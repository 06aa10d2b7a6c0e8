"""What the rules look at: the gate's context, an image, a person in it, a record of that person under one law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from provenance.model import Assessment, Context
from provenance.placeholders import is_reference, names_somebody
from provenance.policy.facts import ItemFacts, PersonFacts, RecordFacts
from provenance.policy.pack import Pack
from provenance.policy.purposes import PurposeRule, Purposes
from provenance.vocabulary import (
    ADULT_AGE,
    AcquisitionMethod,
    AgeStatus,
    ContentCategory,
    Decision,
    LawfulBasis,
    ProtectedGroup,
    Purpose,
)


@dataclass(frozen=True, slots=True)
class Because:
    """A rule fires, and why: by the names of its phrases in `reasons.toml`; with the code's own decision unless set."""

    names: tuple[str, ...]
    decision: Decision | None = None


Answer: TypeAlias = bool | Decision | Because
"""What a rule says: it does not fire, it fires, it fires with another decision than its code usually has, or why."""


def because(decision: Decision | None = None, /, **reasons: bool) -> Answer:
    """Fires where any of the reasons holds, and says which.

    >>> because(source=True, date=False)
    Because(names=('source',), decision=None)
    """
    if not any(reasons.values()):
        return False
    return Because(tuple(name for name, holds in reasons.items() if holds), decision)


NO_RECORD: Final = RecordFacts(basis=LawfulBasis.NONE)
"""Stands for the absence of any record."""

SPECIAL: Final = frozenset(ContentCategory) - {ContentCategory.INDIGENOUS_CULTURAL, ContentCategory.SENSITIVE}
"""Categories that GDPR Art. 9 and 10 and their like protect."""


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """What is the same for every image of one gate run.

    `covering` and `refusing` hold the purposes of a record, or of a refusal, of which any one covers or refuses the
    build purpose; `measures_faces` is true where the pipeline says so or the purpose cannot do without; `assessed`
    where an assessment of the purpose was made and is not overdue. In the jurisdictions of `ordered` an authority's
    order forbids every use.
    """

    context: Context
    purposes: Purposes
    today: date
    covering: frozenset[Purpose]
    refusing: frozenset[Purpose]
    measures_faces: bool
    assessed: bool
    ordered: frozenset[str] = frozenset()

    @property
    def purpose(self) -> PurposeRule:
        """The rules of the build purpose, or of none."""
        return self.purposes.rules[self.context.purpose] if self.context.purpose else PurposeRule()


def evaluation_of(context: Context, purposes: Purposes, ordered: Iterable[str] = ()) -> EvaluationContext:
    """Work out once what every rule asks of the gate context."""
    purpose = context.purpose
    templates = context.face_templates
    today = context.as_of.astimezone(UTC).date()
    return EvaluationContext(
        context=context,
        purposes=purposes,
        today=today,
        covering=purposes.covering(purpose) if purpose else frozenset(),
        refusing=purposes.refusing(purpose) if purpose else frozenset(),
        measures_faces=bool(templates.derived or templates.identify)
        or (purpose is not None and purposes.rules[purpose].measures_faces),
        assessed=context.assessment is not None and is_made(context.assessment, context.as_of),
        ordered=frozenset(ordered),
    )


def is_made(assessment: Assessment, at: datetime) -> bool:
    """Whether it has its id, a person who approved it and when, which is no time ahead, and is not overdue.

    >>> is_made(Assessment(id="DPIA-7", approver="A. Roy"), datetime(2026, 5, 1, tzinfo=UTC))
    False
    """
    return (
        is_reference(assessment.id or "")
        and names_somebody(assessment.approver or "")
        and assessment.approved_at is not None
        and assessment.approved_at <= at
        and (assessment.review_by is None or at.astimezone(UTC).date() <= assessment.review_by)
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
    if status is AgeStatus.MINOR_APPARENT or person.age_contradicts:
        return AgeClass.UNKNOWN
    adult = age is not None or taken is not None or status in (AgeStatus.ADULT_VERIFIED, AgeStatus.ADULT_DECLARED)
    return AgeClass.ADULT if adult else AgeClass.UNKNOWN


@dataclass(frozen=True, slots=True)
class Laws:
    """The packs that apply to one person, by name: those that judge bases, and all, with those that only forbid.

    `hinted` are the names to which only a hint points, `citable` those that may be cited: None stands for any, where
    the union of all packs is among them.
    """

    judging: Mapping[str, Pack]
    every: Mapping[str, Pack]
    hinted: frozenset[str] = frozenset()
    citable: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """What of a person matters to the image as a whole. Few are distinct, so that few images are judged anew."""

    age: AgeClass
    identifiable: bool | None
    age_contradicts: bool
    groups: tuple[ProtectedGroup, ...]
    jurisdictions: tuple[str, ...]
    guarded: bool
    """A guardian's consent stands, and something shows it."""
    regulator_order: bool
    """A regulator's order is filed for them, under whatever basis."""
    community_authority: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody to judge. `place` is where they stand in the facts, from 0; None for somebody who is not listed."""

    place: int | None
    outline: Outline
    laws: Laws


@dataclass(frozen=True, slots=True)
class ImageCase:
    """An image as a whole: its facts, who is listed, and who is to be judged."""

    item: ItemFacts
    persons: tuple[Outline, ...]
    shown: tuple[Shown, ...]
    evaluation: EvaluationContext


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of an image matters to the people in it."""

    scraped: bool = False
    hidden_picture: bool = False
    categories: tuple[ContentCategory, ...] = ()
    creative_commons_by: bool = False


def surroundings_of(item: ItemFacts) -> Surroundings:
    """What of an image matters to the people in it."""
    return Surroundings(is_scraped(item), item.signals.hidden_picture, item.categories, item.creative_commons_by)


def is_scraped(item: ItemFacts) -> bool:
    """From an untargeted scrape, whoever did the scraping."""
    return AcquisitionMethod.UNTARGETED_SCRAPE in (item.acquisition_method, item.upstream_method)


@dataclass(frozen=True, slots=True)
class PersonCase:
    """One person in an image."""

    person: PersonFacts
    around: Surroundings
    evaluation: EvaluationContext
    age: AgeClass


@dataclass(frozen=True, slots=True)
class RecordCase:
    """One record of one person in an image, seen under one law."""

    record: RecordFacts
    person: PersonFacts
    around: Surroundings
    pack: Pack
    evaluation: EvaluationContext
    age: AgeClass
