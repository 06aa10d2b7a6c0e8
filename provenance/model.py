"""The frozen records that the rooms hand to one another. No behaviour beyond small derived values.

Everything that comes from outside enters as one of these, checked by `records`, `sources`, `fingerprint` or
`signals`; everything that leaves does so as a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from provenance.vocabulary import (
    AccessState,
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    Decision,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

Basis: TypeAlias = LawfulBasis | NonBasis

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(time: datetime) -> int:
    """Microseconds since 1970 in UTC: how every time is stored and compared.

    Raises ValueError for a time without an offset, since guessing one could revive a withdrawn consent.

    >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    if time.tzinfo is None:
        raise ValueError("a time needs an offset, such as 2026-11-22T12:00:00+00:00")
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_micros(microseconds: int) -> datetime:
    """The UTC time of these microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


# --- what the files say -------------------------------------------------------------------------------------


class ProblemKind(StrEnum):
    """Why an image could not be read. Each becomes a recorded finding, never a log line."""

    MISSING = "MISSING"
    ABSENT = "ABSENT"
    """A row names it, and no file has that name."""
    NOT_A_FILE = "NOT_A_FILE"
    IO_ERROR = "IO_ERROR"
    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    UNIDENTIFIED = "UNIDENTIFIED"
    UNSUPPORTED = "UNSUPPORTED"
    DAMAGED = "DAMAGED"
    DECOMPRESSION_BOMB = "DECOMPRESSION_BOMB"
    NOT_OPENED = "NOT_OPENED"
    """No image: a file that may hold images and was not opened, or not whole."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with one image, in one line that a person can act on."""

    kind: ProblemKind
    detail: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A perceptual hash of a whole picture. Never of a face.

    `algorithm` names the method and its version, `value` holds the bits (32 bytes for 256 bits), `quality` runs
    from 0 to 100 (flat pictures are low and collide), `decoder` is the library with its version, `decode_mode` tells
    which decode was taken: draft, full or fallback; or failed, where a later read could not take it (quality 0).
    `place` is "" for the picture that a decoder gives first; another picture or view of the file has one such as
    `frame:7`, `page:2`, `on-white` or `stored` (`fingerprint.places`).
    """

    algorithm: str
    value: bytes
    quality: int
    decoder: str
    decode_mode: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one read and one decode of an image's original bytes gave.

    `sha256` is of the original bytes. Either `fingerprints` is filled or `problem` says why not. `not_compared` names
    each part of the file that has no fingerprint, in words.
    """

    sha256: bytes
    size: int
    format: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    orientation: int | None = None
    fingerprints: tuple[Fingerprint, ...] = ()
    problem: Problem | None = None
    not_compared: tuple[str, ...] = ()


class SignalSubject(StrEnum):
    """What a signal speaks about."""

    TRAINING_GENERATIVE = "TRAINING_GENERATIVE"
    TRAINING_OTHER = "TRAINING_OTHER"
    RESERVATION = "RESERVATION"
    """Words that refuse AI training or text and data mining; `value` is their language."""
    NOTHING_GRANTED = "NOTHING_GRANTED"
    """Words that grant no right; `value` is their language, or the id of a rights statement."""
    RIGHTS = "RIGHTS"
    LICENCE = "LICENCE"
    RELEASE = "RELEASE"
    PERSON = "PERSON"
    MINOR = "MINOR"
    SYNTHETIC = "SYNTHETIC"
    JURISDICTION = "JURISDICTION"
    SENSITIVE = "SENSITIVE"
    HIDDEN_PICTURE = "HIDDEN_PICTURE"
    """A picture or bytes in the file beside the picture that people see: DENY where they show more than it does,
    UNKNOWN where that was not compared, ALLOW where they show no more."""
    UNREADABLE = "UNREADABLE"


class SignalVerdict(StrEnum):
    """Three-valued: what could not be established is UNKNOWN, never ALLOW.

    For PERSON and MINOR, DENY means that the signal shows one; for UNREADABLE it is always UNKNOWN.
    """

    DENY = "DENY"
    ALLOW = "ALLOW"
    UNKNOWN = "UNKNOWN"


class Trust(StrEnum):
    """How far a signal may be believed. A deny counts at every level, an allow only where it is earned."""

    SIGNED = "SIGNED"
    DECLARED = "DECLARED"
    SUSPECTED = "SUSPECTED"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that a file, its sidecar or its web page says, kept with its place and raw value.

    `name` is the field in its standard's own spelling (`plus:DataMining`), `location` the place it was read from
    (`jpeg:APP1/xmp`), `raw` the value as found, cut to 1,000 characters, `value` its normal form.
    """

    subject: SignalSubject
    verdict: SignalVerdict
    name: str
    location: str
    raw: str
    value: str = ""
    trust: Trust = Trust.DECLARED
    nonstandard: bool = False


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """What the file itself, its captured page and its texts say, summed up by the most restrictive rule."""

    generative_training: SignalVerdict = SignalVerdict.UNKNOWN
    other_training: SignalVerdict = SignalVerdict.UNKNOWN
    deciding_signal: str = ""
    """The name and place of the signal that decided, such as `plus:DataMining in jpeg:APP1/xmp`."""
    stock_marker: bool = False
    unreadable: bool = False
    minor_declared: bool = False
    """AG-U14 to AG-A17 or a ModelAge under 18 in the file."""
    adult_declared: bool = False
    minor_suspected: bool = False
    """Text, a path or a detector points to a minor."""
    minor_suspected_by_path: bool = False
    """Nothing but the words of a path or an address points to a minor."""
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
    """The file says that it was generated or composed by a model."""
    sensitive: bool = False
    """The file or a text marks adult, violent or otherwise sensitive content."""
    reservation_in_words: str = ""
    """Where words refuse AI training or text and data mining: field, language and span; "" where none do."""
    nothing_granted: str = ""
    """Where words or an agency's mark say that no right is granted; "" where none do."""
    persons_counted: int = 0
    """The most people that the file, a column, a caption or a detector counts; at most 50."""
    hidden_picture: bool = False
    """The file still holds a preview, thumbnail or second picture that differs, or bytes behind the picture's end."""


# --- what people declare: manifest and basis records -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EstimatedAge:
    """An age that somebody or something guessed from looks. It can raise a flag, never clear one."""

    value: float
    method: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Anonymisation:
    """How a person was made unrecognisable, who checked it, and whether the original still exists."""

    method: str | None = None
    reviewer: str | None = None
    original_retained: bool | None = None


@dataclass(frozen=True, slots=True)
class Death:
    """When a person shown died, and what proves it."""

    died_on: date | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person shown in an image, known by a pseudonym only."""

    ref: str | None = None
    identifiable: bool | None = None
    age: int | None = None
    age_status: AgeStatus | None = None
    born_on: date | None = None
    estimated_age: EstimatedAge | None = None
    groups: tuple[ProtectedGroup, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    deceased: bool | None = None
    death: Death | None = None
    anonymisation: Anonymisation | None = None


@dataclass(frozen=True, slots=True)
class Determination:
    """Who or what said whether a person is shown."""

    method: str | None = None
    reviewer: str | None = None
    detector: str | None = None
    threshold: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Synthesis:
    """A generated image: the record of its making, and whether a real person's likeness is in it."""

    record: str | None = None
    depicts_real_person: bool | None = None


@dataclass(frozen=True, slots=True)
class TrainingLicence:
    """The rights holder's own permission to train, where a reservation stands against it."""

    grantor: str | None = None
    purposes: tuple[Purpose, ...] = ()
    given_at: datetime | None = None
    expires_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One image as its collector declares it (`formats.md` section 1). Absent means unknown, never a default.

    `line` is the row's place in its file, from 1; `extra` keeps unknown columns as they are.
    """

    file_name: str | None = None
    url: str | None = None
    sha256: bytes | None = None
    original_sha256: bytes | None = None
    source_url: str | None = None
    page_url: str | None = None
    upstream_dataset: str | None = None
    upstream_evidence: str | None = None
    upstream_method: AcquisitionMethod | None = None
    acquired_at: datetime | None = None
    acquisition_method: AcquisitionMethod | None = None
    access_state: AccessState | None = None
    licence: str | None = None
    caption: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    persons_status: PersonsStatus = PersonsStatus.UNKNOWN
    persons_determined_by: Determination | None = None
    persons: tuple[Person, ...] = ()
    categories: tuple[ContentCategory, ...] = ()
    synthetic: Synthesis | None = None
    training_licence: TrainingLicence | None = None
    retain_until: datetime | None = None
    web_evidence: Mapping[str, object] | str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a basis record. Appended, never rewritten (ISO/IEC TS 27560:2023)."""

    state: ConsentStatus
    at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the proof of a basis lies, and its digest."""

    kind: EvidenceKind | None = None
    uri: str | None = None
    sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class GivenBy:
    """Who gave the consent and by what authority."""

    role: GiverRole | None = None
    relationship_evidence: str | None = None
    signatures: int | None = None
    signatures_required: int | None = None


@dataclass(frozen=True, slots=True)
class BasisRecord:
    """Why one person's image may be used (`formats.md` section 2): a header and a list of events.

    `items` are file names, `sources` source URL prefixes; with both empty the record covers every image that
    shows this person.
    """

    record_id: str
    person: str
    basis: Basis
    items: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    recipients: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    evidence: Evidence | None = None
    notice_version: str | None = None
    form: ConsentForm | None = None
    biometric: bool = False
    written_release: bool = False
    given_by: GivenBy | None = None
    public_class: str | None = None
    public_class_evidence: str | None = None
    assessment_id: str | None = None
    approval_ref: str | None = None
    community_authority: str | None = None
    events: tuple[Event, ...] = ()
    line: int = 0


# --- what the dataset is for -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration of a biometric database to a regulator, such as Quebec's CAI (LCCJTI s. 45).

    >>> Declaration(id="CAI-2026-1", disclosed_on=date(2026, 1, 10)).service_on is None
    True
    """

    id: str | None = None
    disclosed_on: date | None = None
    service_on: date | None = None


@dataclass(frozen=True, slots=True)
class FaceTemplates:
    """Whether the pipeline measures faces. A photograph is not biometric data until something does.

    None stands for what the context does not say. `assumed` is true where no context was given at all, so that only a
    default says that no face is measured.

    >>> FaceTemplates(derived=False).identify is None
    True
    """

    derived: bool | None = None
    identify: bool | None = None
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """The assessment of necessity and proportionality for the purpose (DPIA, PIA, PIPEDA s. 5(3)).

    >>> Assessment(id="DPIA-7", approver="A. Roy", approved_at=datetime(2026, 5, 1, tzinfo=UTC)).review_by is None
    True
    """

    id: str | None = None
    approver: str | None = None
    approved_at: datetime | None = None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the dataset is for, for whom, and the gate's clock (`formats.md` section 3). No default purpose.

    >>> context = Context(as_of=datetime(2026, 11, 23, tzinfo=UTC), purpose=Purpose.MODEL_EVALUATION)
    >>> ledger.gate("demo/photos", context=context).context.purpose.value
    'MODEL_EVALUATION'
    """

    as_of: datetime
    purpose: Purpose | None = None
    controller_established_in: tuple[str, ...] = ()
    offered_in: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    face_templates: FaceTemplates = field(default_factory=FaceTemplates)
    assessment: Assessment | None = None
    retain_until: datetime | None = None
    vouched_by: str | None = None
    strict: bool = False
    require_signatures: bool = False
    """Whether what people permit, or clear by a look, counts only where they signed it with their account's key."""
    clock_given: bool = False
    """Whether `as_of` was set, and is not the time of the call."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a named person decided about one finding, for a time.

    `finding` is its fingerprint (`policy.overrides.fingerprint`), `decision` ALLOW_BY_REVIEW or BLOCK; it counts from
    `at`, a permission until the end of the day `expires` (UTC). `sha256` and `code` say of which bytes and what the
    finding was: a refusal holds for the bytes even when the finding is gone.
    """

    finding: str
    decision: Decision
    reviewer: str
    at: datetime
    expires: date
    reason: str
    ticket: str = ""
    line: int = 0
    sha256: bytes | None = None
    code: str = ""
    signature: bytes = b""
    """By the key of the account that has the reviewer's name (`proofs.decisions`); empty where nobody signed."""
    fault: str = ""
    """Why the signature counts for nothing; "" where it is sound, or was not looked at yet."""


class ApparentAge(StrEnum):
    """How old the youngest person shown looks. It is no proof of an age."""

    MINOR = "MINOR"
    """Under 18, or so near that it may be."""
    ADULT = "ADULT"
    """Plainly of age, everybody."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one person saw in a picture, by its bytes: a fact with its author, and no decision about any finding.

    `persons_status` UNKNOWN says nothing about people, `persons` counts those shown; what is None or false was not
    said. `reason` is why they looked or what they go by.
    """

    sha256: bytes
    reviewer: str
    at: datetime
    persons_status: PersonsStatus = PersonsStatus.UNKNOWN
    persons: int | None = None
    age: ApparentAge | None = None
    synthetic: bool = False
    sensitive: bool = False
    reason: str = ""
    signature: bytes = b""
    """By the key of the account that has the reviewer's name (`proofs.decisions`); empty where nobody signed."""
    fault: str = ""
    """Why the signature counts for nothing; "" where it is sound, or was not looked at yet."""


# --- what comes out -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding about an image: its code, what it does, whom and which law it concerns, and one sentence.

    >>> reason = verdicts["camera.png"].reasons[0]
    >>> reason.code, reason.jurisdiction
    ('BASIS_MISSING', 'CA')
    """

    code: str
    number: int
    decision: Decision
    detail: str
    citation: str
    jurisdiction: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Under what findings were found: the purpose, who receives the dataset, whether faces are measured."""

    purpose: Purpose | None = None
    recipients: tuple[str, ...] = ()
    derived: bool | None = None
    identify: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one image. `reasons` holds every finding, `reason` is the primary one's code.

    `evaluated_at` is the gate's clock, which somebody set where `clock_given`.

    >>> verdict = verdicts["moon.png"]
    >>> verdict.decision.value, verdict.reason
    ('BLOCK', 'UPSTREAM_PROVENANCE_MISSING')
    """

    item: str
    collection: str
    collection_uri: str
    sha256: bytes | None
    decision: Decision
    reason: str
    reasons: tuple[Reason, ...]
    setting: Setting
    evaluated_at: datetime
    clock_given: bool
    rulepacks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunFinding:
    """What concerns a run and no single image: a refusal that reaches nothing, a row that matches nothing.

    `reason` is the code of the primary one of `reasons`; `file` and `line` say where it was read, 0 for no line.

    >>> verdicts.run_findings
    ()
    """

    decision: Decision
    reason: str
    reasons: tuple[Reason, ...]
    file: str
    line: int = 0

    @property
    def place(self) -> str:
        """File and line for people."""
        return f"{self.file}:{self.line}" if self.line else self.file
