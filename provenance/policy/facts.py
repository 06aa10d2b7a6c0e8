"""The facts that the rules judge: small, hashable, free of names, digests and row numbers.

Millions of images share thousands of these combinations. The ledger derives them in SQL and hands each distinct
`FactSet` to `policy.rules` once; whatever is particular to one image (its path, its person's pseudonym) stays
in the ledger and is joined back.
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
    """No evidence is named, or the file that is named cannot be read."""
    MATCHES = "MATCHES"
    """A local file whose digest is the recorded one."""
    MISMATCH = "MISMATCH"
    """A local file whose digest is not the recorded one."""
    REMOTE = "REMOTE"
    """A URL or an identifier, never fetched."""
    UNPINNED = "UNPINNED"
    """A local file that exists, for which the record holds no digest."""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is known of one image as a whole."""

    registered: bool = True
    readable: bool = True
    bytes_match: bool = True
    """False where the declared facts were recorded for other bytes than these."""
    not_opened: bool = False
    """No image: a file that may hold images and was not opened."""
    declared_missing: bool = False
    """A manifest row names the file, and it is not there."""
    part_not_compared: bool = False
    """Frames, pages, an alpha channel, a picture behind the end, or values that nobody could map, have no hash."""
    statements_conflict: bool = False
    """Two tables that speak of the image contradict each other."""
    suppressed: bool = False
    illegal_suspected: bool = False
    source_recorded: bool = False
    acquired_recorded: bool = False
    acquired_in_future: bool = False
    """Acquired after the gate's clock."""
    acquisition_method: AcquisitionMethod | None = None
    upstream: bool = False
    """The image came in a third-party dataset."""
    upstream_evidence: bool = False
    upstream_method: AcquisitionMethod | None = None
    licence: LicenceClass = LicenceClass.MISSING
    licence_conditions: tuple[str, ...] = ()
    """Such as ("NC", "SA") for a CONDITIONAL licence."""
    training_licence: tuple[Purpose, ...] = ()
    """What the rights holder's own training licence covers, where grantor, evidence and term are recorded."""
    training_licence_in_force: bool = False
    """Given before, and not ended by, the gate's clock."""
    retention_ended: bool = False
    """The row's own `retain_until` lies before the gate's clock."""
    categories: tuple[ContentCategory, ...] = ()
    persons_status: PersonsStatus = PersonsStatus.UNKNOWN
    persons_reviewer: bool = False
    """A named person, no placeholder and no program, looked at the picture after it was acquired."""
    synthetic: bool = False
    synthesis_record: bool = False
    depicts_real_person: bool | None = None
    jurisdictions: tuple[str, ...] = ()
    hinted_jurisdictions: tuple[str, ...] = ()
    """From GPS, the source's country-code domain or the caption's language. They add, they never remove."""
    near_duplicate_of_blocked: bool = False
    conflicting_claims: bool = False
    """The same picture is held under two different claims."""
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
    """The purposes (none: every purpose) of each refusal of the person in scope that this record does not outlive: all
    of them, unless the record is an express consent that was given after the refusal."""
    superseded: bool = False
    """The person withdrew or refused, in this or another record in scope, after this one was last given."""
    given_after_acquisition: bool = False
    years_since_last_event: int | None = None
    """Whole years since the record's last event at the gate's clock, at most 10."""
    has_term: bool = False
    """The consent in effect names its own end."""
    age_when_given: int | None = None
    """Whole years, at most 18; None where it cannot be computed."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One person shown in one image, with the records whose scope reaches that image."""

    ref_recorded: bool = True
    identifiable: bool | None = None
    anonymised: bool = False
    anonymisation_reviewer: bool = False
    original_retained: bool | None = None
    deceased: bool = False
    death_recorded: bool = False
    """The date of death and its evidence are recorded."""
    age_contradicts: bool = False
    """Ages and dates of birth recorded for the person cannot all be true."""
    consent_at_acquisition: bool = False
    """A consent of the person, in scope, was in effect when the image was acquired."""
    age: int | None = None
    """At the gate's clock, whole years, at most 18; None where it is not recorded."""
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
