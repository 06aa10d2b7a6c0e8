"""The facts that the rules judge: small, hashable, free of names, digests and row numbers.

Millions of images share thousands of fact sets. The ledger derives them in SQL and hands each distinct `FactSet` to
`policy.rules` once; whatever is particular to one image (its path, its person's pseudonym) stays in the ledger and is
joined back. A default is what nobody knows, and never favours use. Every field is read by at least one rule.

"The clock" is the gate's (`Context.as_of`). "In scope" says of a record or an event that it is about this person and
that its `items` and `sources` reach this image, or name none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from provenance.licences import LicenceClass as LicenceClass  # noqa: PLC0414 - part of the facts, told by a room below
from provenance.model import Basis, SignalFacts
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    EvidenceKind,
    GiverRole,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)


class EvidenceState(StrEnum):
    """What the gate found where a record says its evidence lies."""

    MISSING = "MISSING"
    """No evidence is named, or what is named is no file that can be read."""
    MATCHES = "MATCHES"
    """A local file whose digest is the recorded one."""
    MISMATCH = "MISMATCH"
    """A local file whose digest is not the recorded one."""
    REMOTE = "REMOTE"
    """A URL or an identifier, never fetched."""
    UNPINNED = "UNPINNED"
    """A local file that exists, for which the record holds no digest."""
    EMPTY = "EMPTY"
    """A file without a byte, or of white space only."""
    POINTER = "POINTER"
    """A pointer that stands in place of a file that was not fetched (Git LFS, git-annex, DVC)."""
    ERROR_PAGE = "ERROR_PAGE"
    """The page of a server that says that the document is not there."""
    CLAIM_ITSELF = "CLAIM_ITSELF"
    """The manifest, register or other table that makes the claim."""
    COLLECTION_IMAGE = "COLLECTION_IMAGE"
    """An image of a collection: a picture does not show that its person agreed."""
    OUTSIDE = "OUTSIDE"
    """A file outside the register's folder, which nobody allowed to be read."""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is known of one image as a whole."""

    registered: bool = True
    readable: bool = True
    bytes_match: bool = True
    """False where the declared facts were recorded for other bytes than these."""
    not_opened: bool = False
    """No image: a file that may hold images and was not opened. Nothing else is judged of it."""
    declared_missing: bool = False
    """A manifest row names the file, and it is not there. Nothing else is judged of it."""
    part_not_compared: bool = False
    """Frames, pages, an alpha channel, a picture behind the end, or values that nobody could map, have no hash."""
    statements_conflict: bool = False
    """Two tables that speak of the image contradict each other."""
    suppressed: bool = False
    illegal_suspected: bool = False
    source_recorded: bool = False
    acquired_recorded: bool = False
    acquired_in_future: bool = False
    """The recorded `acquired_at` lies after the clock. False where none is recorded."""
    acquisition_method: AcquisitionMethod | None = None
    upstream: bool = False
    """The image came in a third-party dataset."""
    upstream_evidence: bool = False
    upstream_method: AcquisitionMethod | None = None
    """How the third-party dataset itself came by the image."""
    licence: LicenceClass = LicenceClass.MISSING
    licence_conditions: tuple[str, ...] = ()
    """Such as ("NC", "SA") for a CONDITIONAL licence."""
    creative_commons_by: bool = False
    """The declared licence is CC BY or one of its kin (BY-SA, BY-NC and so on), in any version or port."""
    training_licence: tuple[Purpose, ...] = ()
    """What the rights holder's own training licence covers; () unless grantor, evidence and both ends of its term are
    recorded."""
    training_licence_in_force: bool = False
    """`training_licence.given_at` <= clock <= `training_licence.expires_at`. False where either is not recorded."""
    retention_ended: bool = False
    """The row's own `retain_until`, or another term of the image, lies before the clock. False where it has none."""
    source_gone: bool = False
    """The newest check that somebody brought found the image's source taken down, or no longer public."""
    categories: tuple[ContentCategory, ...] = ()
    persons_status: PersonsStatus = PersonsStatus.UNKNOWN
    persons_reviewer: bool = False
    """A named person, no placeholder and no program, looked at the picture: not before it was acquired and not after
    the clock, where both times are recorded."""
    nobody_by_look_alone: bool = False
    """That nobody is shown rests on a look, and on no row: it settles who is shown, and no doubt about an age."""
    synthetic: bool = False
    synthesis_record: bool = False
    depicts_real_person: bool | None = None
    jurisdictions: tuple[str, ...] = ()
    hinted_jurisdictions: tuple[str, ...] = ()
    """From GPS, place names in the file, or the source's country-code domain: facts about the capture."""
    language_jurisdictions: tuple[str, ...] = ()
    """Where a caption's language or script is at home. They add their laws and are no fact about the capture."""
    near_duplicate_of_blocked: bool = False
    conflicting_claims: bool = False
    """The same picture is held under two different claims."""
    copy_refused: bool = False
    """The very bytes are held in another place, where a refusal of somebody shown blocks them."""
    signals: SignalFacts = field(default_factory=SignalFacts)


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """One basis record as it stands for one person in one image at the gate's clock."""

    basis: Basis
    purposes: tuple[Purpose, ...] = ()
    recipients: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    evidence_kind: EvidenceKind | None = None
    evidence: EvidenceState = EvidenceState.MISSING
    notice_version: bool = False
    form: ConsentForm | None = None
    biometric: bool = False
    written_release: bool = False
    giver: GiverRole | None = None
    relationship_evidence: bool = False
    by_institution: bool = False
    """The proof of the relationship names a school, club, clinic or another institution."""
    signatures: int | None = None
    signatures_required: int | None = None
    public_class: str | None = None
    public_class_evidence: bool = False
    assessment: bool = False
    approval: bool = False
    community_authority: bool = False
    status: ConsentStatus = ConsentStatus.UNKNOWN
    """The last event at or before the gate's clock; UNKNOWN where there is none."""
    expired: bool = False
    refusals: tuple[tuple[Purpose, ...], ...] = ()
    """What the person refused and this record does not outlive: for each refusal its purposes, () for every purpose.

    A refusal is an event WITHDRAWN or REFUSED, at or before the clock, of any record in scope of this person, whatever
    its basis and whether or not its register still states it; its purposes are those of its record at the time. It is
    left out where it was retracted by name, and where this record is an express consent (`rules.consents.is_express`)
    of which a GIVEN or RENEWED event lies after the refusal and at or before the clock. A record's own refusal counts
    among the others. Sorted, each once.
    """
    years_since_last_event: int | None = None
    """Whole years from the record's last event at or before the clock to the clock, at most 10; None without events."""
    has_term: bool = False
    """The event that brought the present consent about names its own end (`expires_at`)."""
    age_when_given: int | None = None
    """Whole years, at most 18; None where it cannot be computed."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One person shown in one image, with the records whose scope reaches that image."""

    identifiable: bool | None = None
    anonymised: bool = False
    anonymisation_reviewer: bool = False
    original_retained: bool | None = None
    deceased: bool = False
    death_recorded: bool = False
    """The date of death, not after the clock, and its evidence are recorded."""
    age_contradicts: bool = False
    """Ages and dates of birth recorded for the person, in this image or in others under the same pseudonym of the same
    register, cannot all be true: an age that is more than a year off the date of birth, two dates of birth, a birth
    after the acquisition or the clock, an age of 18 or more of a verified minor, somebody who grows younger."""
    consent_at_acquisition: bool = False
    """A consent of the person (CONSENT, EXPLICIT, IMPLIED or GUARDIAN), in scope, was GIVEN or RENEWED and in its term
    at `acquired_at`, whatever became of it later. False where `acquired_at` is not recorded."""
    age: int | None = None
    """At the clock, whole years, at most 18; None where it is not recorded."""
    age_when_taken: int | None = None
    """When the image was acquired, as recorded or computed from the date of birth; at most 18."""
    age_status: AgeStatus | None = None
    estimated_minor: bool = False
    """An estimate under 18, or so near that it may be (`policy.summarise.CHALLENGE_AGE`)."""
    groups: tuple[ProtectedGroup, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    records: tuple[RecordFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class FactSet:
    """The facts of one image: all that a verdict may depend on beside the gate context and the packs."""

    item: ItemFacts
    persons: tuple[PersonFacts, ...] = ()
