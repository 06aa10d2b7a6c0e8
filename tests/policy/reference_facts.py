"""What the second reading of the table speaks of: findings, kinds of basis, and plain readings of single facts.

Shared by `reference` (the image) and `reference_person` (each person under each law).
"""

# ruff: noqa: SIM102 - one plain `if` for each condition of the table, to be laid beside it

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import NamedTuple

from provenance.model import Context
from provenance.policy.facts import EvidenceState, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    EU_MEMBER_STATES,
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    Decision,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

ALLOW, INFO, REVIEW, BLOCK = Decision.ALLOW, Decision.INFO, Decision.REVIEW, Decision.BLOCK
ADULT, MINOR, NOT_ESTABLISHED = "adult", "minor", "not established"

CONSENT_KINDS = (
    LawfulBasis.EXPLICIT_CONSENT,
    LawfulBasis.CONSENT,
    LawfulBasis.IMPLIED_CONSENT,
    LawfulBasis.GUARDIAN_CONSENT,
)
APPROVED_KINDS = (LawfulBasis.RESEARCH_EXEMPTION, LawfulBasis.PUBLIC_INTEREST, LawfulBasis.OFFICIAL_AUTHORITY)
NECESSITY_KINDS = (LawfulBasis.CONTRACT, LawfulBasis.LEGAL_OBLIGATION, LawfulBasis.VITAL_INTEREST)
PUBLIC_KINDS = (
    LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE,
    NonBasis.PUBLICLY_AVAILABLE,
    NonBasis.SELF_PUBLISHED,
)
# Row 52 names them.
SPECIAL = (
    ContentCategory.HEALTH,
    ContentCategory.RELIGION,
    ContentCategory.ETHNICITY,
    ContentCategory.POLITICS,
    ContentCategory.TRADE_UNION,
    ContentCategory.SEX_LIFE,
    ContentCategory.BIOMETRIC,
    ContentCategory.GENETIC,
    ContentCategory.CRIMINAL,
)
# Row 73 names them.
BIOMETRIC_PURPOSES = (
    Purpose.FACE_RECOGNITION_TRAINING,
    Purpose.FACE_RECOGNITION_DATABASE,
    Purpose.BIOMETRIC_CATEGORISATION,
    Purpose.EMOTION_RECOGNITION,
    Purpose.IDENTITY_VERIFICATION,
    Purpose.PUBLIC_SECURITY,
)
# Policy: which purposes are research, and which hand a picture to everybody.
RESEARCH = (
    Purpose.SCIENTIFIC_RESEARCH,
    Purpose.ACADEMIC_RESEARCH,
    Purpose.NON_COMMERCIAL_RESEARCH,
    Purpose.COMMERCIAL_RESEARCH,
)
PUBLICATION = (Purpose.DATASET_PUBLICATION, Purpose.WEBSITE_DISPLAY)
# Row 40, and the states of evidence that show nothing.
FITS = tomllib.loads(files("provenance.policy").joinpath("evidence.toml").read_text(encoding="utf-8"))["fits"]
SHOWS_SOMETHING = (EvidenceState.MATCHES, EvidenceState.UNPINNED, EvidenceState.REMOTE)
NUMBERS = {rule.code: rule.number for rule in load_reasons()}


class Found(NamedTuple):
    """One finding: its code, what it does, under which law, and whom it concerns (their place in the image)."""

    code: str
    decision: Decision
    jurisdiction: str | None = None
    person: int | None = None


class Outcome(NamedTuple):
    """What the table comes to for one image."""

    decision: Decision
    reason: str
    findings: frozenset[tuple[str, str | None, int | None]]


def severity(found: list[Found]) -> int:
    """How bad the worst of several findings is."""
    return max((one.decision.severity for one in found), default=0)


def faces_measured(context: Context) -> bool:
    """The context says so, or the purpose cannot do without."""
    if context.face_templates.derived or context.face_templates.identify:
        return True
    return context.purpose is not None and load_purposes().rules[context.purpose].measures_faces


def scraped(item: ItemFacts) -> bool:
    """From an untargeted scrape, whoever did the scraping."""
    return AcquisitionMethod.UNTARGETED_SCRAPE in (item.acquisition_method, item.upstream_method)


def nobody_shown(item: ItemFacts) -> bool:
    """Row 21: a reviewer saw nobody, or a synthesis that is recorded holds no real likeness."""
    reviewed = item.persons_status is PersonsStatus.NONE and item.persons_reviewer
    if item.depicts_real_person is True:
        return False
    if item.synthetic:
        # Whether a generated picture resembles somebody has to be said; an unknown likeness is not "nobody".
        if item.depicts_real_person is None:
            return False
        return item.synthesis_record or reviewed
    return reviewed


def fully_anonymised(person: PersonFacts) -> bool:
    """Row 22: method, reviewer, original gone."""
    return person.anonymised and person.anonymisation_reviewer and person.original_retained is False


def must_have_basis(person: PersonFacts) -> bool:
    """Whether a person is alive and may be recognised. Not knowing whether they can be is no anonymity."""
    if person.deceased and person.death_recorded:
        # Row 24 of 3d: without date and evidence of death the person is judged as living.
        return False
    if person.identifiable is True:
        return True
    if person.identifiable is False:
        return False
    return not fully_anonymised(person)


def age_of(person: PersonFacts) -> str:
    """Adult, minor, or not established. A sign of a minor outweighs what says adult."""
    if person.age_status is AgeStatus.MINOR_VERIFIED or ProtectedGroup.CHILD in person.groups:
        return MINOR
    if person.age is not None and person.age < 18:
        return MINOR
    if person.age_when_taken is not None and person.age_when_taken < 18 and person.age is None:
        # A child when it was taken; only somebody who verified it makes them an adult today.
        if person.age_status is not AgeStatus.ADULT_VERIFIED:
            return MINOR
    if person.age_contradicts:
        # Policy: of ages that cannot all be true none establishes an adult.
        return NOT_ESTABLISHED
    if person.age is not None:
        return NOT_ESTABLISHED if person.age_status is AgeStatus.MINOR_APPARENT else ADULT
    if person.age_status is AgeStatus.MINOR_APPARENT:
        return NOT_ESTABLISHED
    if person.age_when_taken is not None:
        return ADULT
    if person.age_status in (AgeStatus.ADULT_VERIFIED, AgeStatus.ADULT_DECLARED):
        return ADULT
    return NOT_ESTABLISHED


def signed_by_other(record: RecordFacts) -> bool:
    """Policy: a consent given by a guardian or representative is a guardian's, whatever it calls itself."""
    if record.basis not in CONSENT_KINDS:
        return False
    if record.giver is None:
        return record.basis is LawfulBasis.GUARDIAN_CONSENT
    return record.giver in (GiverRole.GUARDIAN, GiverRole.REPRESENTATIVE)


def implied(record: RecordFacts) -> bool:
    """Policy: anything whose form is IMPLIED is implied consent, whatever it calls itself."""
    if record.basis is LawfulBasis.IMPLIED_CONSENT:
        return True
    return record.basis in CONSENT_KINDS and record.form is ConsentForm.IMPLIED


def express(record: RecordFacts) -> bool:
    """A clear act, by the basis's name or by its recorded form."""
    if record.basis not in CONSENT_KINDS or implied(record):
        return False
    return record.basis is LawfulBasis.EXPLICIT_CONSENT or record.form is ConsentForm.EXPRESS


def in_effect(record: RecordFacts, context: Context) -> bool:
    """Given or renewed, in date, and no refusal stands against it."""
    if record.expired or refused(record, context):
        return False
    return record.status in (ConsentStatus.GIVEN, ConsentStatus.RENEWED)


def refused(record: RecordFacts, context: Context) -> bool:
    """3d, principle 2: a refusal binds the person and the purpose, whatever else is filed."""
    for purposes in record.refusals:
        if not purposes or context.purpose is None:
            return True
        for purpose in purposes:
            # Policy: who refuses a part refuses the whole that holds it, and the other way round.
            if context.purpose is purpose or {context.purpose, purpose} == {
                Purpose.SCIENTIFIC_RESEARCH,
                Purpose.ACADEMIC_RESEARCH,
            }:
                return True
    return False


def wholes_of(code: str) -> list[str]:
    """A place and what it is a part of, the nearest first: DE-BY, Germany, the Union."""
    if code.startswith("EU-"):
        return [code, "EU"]
    country, _, part = code.partition("-")
    above = [f"EU-{country}", "EU"] if country in EU_MEMBER_STATES else [country]
    return [code, *above] if part else above


def name_of(code: str) -> str:
    """DE and EU-DE are one."""
    return f"EU-{code}" if code in EU_MEMBER_STATES else code
