"""The facts that the rules judge: small, hashable, free of names, digests and row numbers.

Millions of images share thousands of these combinations. The ledger derives them in SQL and hands each distinct
`Combination` to `policy.rules` once; whatever is particular to one image (its path, its person's pseudonym) stays
in the ledger and is joined back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from provenance.model import Basis
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    EvidenceKind,
    GiverRole,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

ADULT_AGE = 18
"""Under it a person is a minor, everywhere (UNCRC art. 1). Ages above it are stored as 18: no rule tells them apart."""


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


class LicenceClass(StrEnum):
    """What the declared copyright licence lets a training set do. Never a privacy basis."""

    MISSING = "MISSING"
    PERMISSIVE = "PERMISSIVE"
    CONDITIONAL = "CONDITIONAL"
    OTHER = "OTHER"
    """A licence is recorded that this package does not know, such as a contract with the photographer."""


class Opinion(StrEnum):
    """What all signals about one subject come to: the most restrictive wins (AIPREF section 7.1)."""

    DENY = "DENY"
    ALLOW = "ALLOW"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """What the file itself and its captured page say, summed up."""

    generative_training: Opinion = Opinion.UNKNOWN
    other_training: Opinion = Opinion.UNKNOWN
    deciding_signal: str = ""
    """The name and place of the signal that decided, such as `plus:DataMining in jpeg:APP1/xmp`."""
    stock_marker: bool = False
    unreadable: bool = False
    minor_declared: bool = False
    """AG-U14 to AG-A17 or a ModelAge under 18 in the file."""
    adult_declared: bool = False
    minor_suspected: bool = False
    """Text, a path or a detector points to a minor."""
    person_shown: bool = False
    """Face regions, persons shown or a detector point to a person."""
    release_none: bool = False
    """The file says MR-NON."""
    licence_denies: bool = False
    """The file's own licence contradicts the declared one."""
    licence_conditional: bool = False
    licence_ended: bool = False
    """The file's own licence ended before the gate's clock (plus:LicenseEndDate)."""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is known of one image as a whole."""

    registered: bool = True
    readable: bool = True
    bytes_match: bool = True
    """False where the declared facts were recorded for other bytes than these."""
    suppressed: bool = False
    illegal_suspected: bool = False
    source_recorded: bool = False
    acquired_recorded: bool = False
    acquisition_method: AcquisitionMethod | None = None
    upstream: bool = False
    """The image came in a third-party dataset."""
    upstream_evidence: bool = False
    licence: LicenceClass = LicenceClass.MISSING
    licence_conditions: tuple[str, ...] = ()
    """Such as ("NC", "SA") for a CONDITIONAL licence."""
    persons_status: PersonsStatus = PersonsStatus.UNKNOWN
    persons_reviewer: bool = False
    persons_detector: bool = False
    synthetic: bool = False
    synthesis_record: bool = False
    depicts_real_person: bool | None = None
    jurisdictions: tuple[str, ...] = ()
    hinted_jurisdictions: tuple[str, ...] = ()
    """From GPS, the source's country-code domain or the caption's language. They add, they never remove."""
    near_duplicate_of_blocked: bool = False
    conflicting_claims: bool = False
    """The same picture is held under two different claims."""
    signals: SignalFacts = SignalFacts()


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
    superseded: bool = False
    """The person withdrew or refused, in this or another record in scope, after this one was last given."""
    given_after_acquisition: bool = False
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
class Combination:
    """The facts of one image: all that a verdict may depend on beside the gate context and the packs."""

    item: ItemFacts
    persons: tuple[PersonFacts, ...] = ()
