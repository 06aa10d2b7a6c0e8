"""The shape of a manifest row, a basis record and a gate context in a file, checked by pydantic.

The sentence under each field is what `provenance schema` and `docs/manifest.md` say of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from provenance.model import (
    Anonymisation,
    Assessment,
    Death,
    Declaration,
    Determination,
    EstimatedAge,
    Event,
    Evidence,
    FaceTemplates,
    GivenBy,
    Person,
    Synthesis,
    TrainingLicence,
)
from provenance.records.formats.raw import storable
from provenance.records.values import fields as f
from provenance.records.values.checks import MAX_LIST, is_said, told_list, wrong
from provenance.records.values.time_checks import strict_events
from provenance.vocabulary import PersonsStatus

_T = TypeVar("_T")

_OLDEST: Final = 125
"""Years that nobody alive has lived: the longest life on record is 122."""


def _built(record: Callable[..., _T]) -> AfterValidator:
    """Turns a checked form into the frozen record of the same fields."""

    def build(form: f.Form) -> _T:
        return record(**form.given())

    return AfterValidator(build)


def _as_ours(form: type[f.Form]) -> BeforeValidator:
    """An object whose fields may be spelled as people spell them. None for one that says nothing.

    Dataframes write an absent object to Parquet as one whose fields are all null.
    """

    def prepared(value: object) -> object:
        if isinstance(value, dict) and value and all(inner is None for inner in value.values()):
            return None
        if isinstance(value, str) and not is_said(value):
            return None
        return f.named_as_ours(value, form)

    return BeforeValidator(prepared)


def _entry(form: type[f.Form]) -> BeforeValidator:
    """An entry of a list: somebody is listed even where nothing else is known."""
    return BeforeValidator(lambda value: f.named_as_ours(value, form))


def _must(value: _T | None) -> _T:
    if value is None:
        raise wrong("it must not be empty")
    return value


def _object_or_path(value: object) -> object:
    if value is None or (isinstance(value, str) and not is_said(value)):
        return None
    if isinstance(value, dict | str):
        return storable(value)
    raise wrong("it must be an object or a path to a JSON file")


class EstimatedAgeForm(f.Form):
    """An age that somebody or something guessed from looks."""

    value: Annotated[f.EstimatedYears, AfterValidator(_must)]
    """The estimate in years. It can raise a flag, never clear one."""
    method: f.Identifier = None
    """What estimated it."""
    confidence: f.Share = None
    """From 0 to 1."""


class AnonymisationForm(f.Form):
    """How a person was made unrecognisable."""

    method: f.Identifier = None
    """How, such as a blurred face."""
    reviewer: f.Somebody = None
    """The person who checked it. A program is nobody."""
    original_retained: f.Flag = None
    """Whether the picture still exists as it was."""


class DeathForm(f.Form):
    """When a person shown died, and what proves it."""

    died_on: f.Day = None
    """The day of death."""
    evidence: f.Reference = None
    """What proves it."""


DEATH, FLAG = "<death>", "<flag>"
"""What pydantic puts into the place of a fault for the form that a death is told in; no file has them."""

_Deceased = Annotated[
    Annotated[Annotated[DeathForm, _built(Death)] | None, _as_ours(DeathForm), Tag(DEATH)]
    | Annotated[f.Flag, Tag(FLAG)],
    Discriminator(lambda value: DEATH if isinstance(value, dict) else FLAG),
]
"""True or false, or the day and the proof."""


class PersonForm(f.Form):
    """A natural person shown in the picture, known by a pseudonym only."""

    ref: f.PersonRef = None
    """The pseudonym. A name, an e-mail address, a birth date or a face vector is refused."""
    identifiable: f.Flag = None
    """Whether somebody could recognise the person. Absent counts as yes."""
    age: f.AgeYears = None
    """In whole years, when the picture was acquired."""
    age_status: f.AgeStatusField = None
    """How much is known of the age."""
    born_on: f.Day = None
    """The date of birth."""
    estimated_age: Annotated[Annotated[EstimatedAgeForm, _built(EstimatedAge)] | None, _as_ours(EstimatedAgeForm)] = (
        None
    )
    """An age that was guessed from looks: value, method, confidence."""
    groups: f.Groups = None
    """Groups whose members need more care."""
    jurisdictions: f.Jurisdictions = None
    """Where the person is, or was when photographed."""
    deceased: _Deceased = None
    """True, or the day of death and what proves it. Without both the person is judged as living."""
    anonymisation: Annotated[
        Annotated[AnonymisationForm, _built(Anonymisation)] | None, _as_ours(AnonymisationForm)
    ] = None
    """How the person was made unrecognisable: method, reviewer, original_retained."""


def _person(form: PersonForm) -> Person:
    given = form.given()
    deceased = given.pop("deceased", None)
    if isinstance(deceased, Death):
        return Person(**given, deceased=True, death=deceased)
    return Person(**given, deceased=deceased)


class DeterminationForm(f.Form):
    """Who or what said whether a person is shown."""

    method: f.Identifier = None
    """How it was found out."""
    reviewer: f.Somebody = None
    """The person who looked. That nobody is shown counts only with one; a program is nobody."""
    detector: f.Identifier = None
    """A program that looked, with its version."""
    threshold: f.Threshold = None
    """The score from which on the program says that somebody is shown."""
    at: f.Time = None
    """When it was looked at."""


class SynthesisForm(f.Form):
    """A generated image."""

    record: f.Reference = None
    """The record of its making."""
    depicts_real_person: f.Flag = None
    """Whether a real person's likeness is in it."""


def _where(value: object) -> object:
    """Evidence as a text, or where an object says that it lies."""
    return value.get("uri") if isinstance(value, dict) else value


class TrainingLicenceForm(f.Form):
    """The rights holder's own permission to train, where a reservation stands against it."""

    grantor: f.Reference = None
    """The rights holder who gave it."""
    purposes: f.Purposes = None
    """What it covers."""
    given_at: f.GivenTime = None
    """When it was given."""
    expires_at: f.EndTime = None
    """Until when it holds."""
    evidence: Annotated[f.Reference, BeforeValidator(_where)] = None
    """What proves it."""


class ManifestForm(f.Form):
    """One image as its collector declares it."""

    file_name: f.FileName = None
    """Path inside the collection, with `/`."""
    url: f.AbsoluteAddress = None
    """The image's address, where its bytes are not at hand."""
    sha256: f.Sha256 = None
    """Pins the row to the bytes that are stored."""
    original_sha256: f.Sha256 = None
    """Digest of the bytes as they were downloaded, where a tool has encoded them anew."""
    source_url: f.Address = None
    """Where the image was taken from."""
    page_url: f.Address = None
    """The page that showed it."""
    upstream_dataset: f.Reference = None
    """The third-party dataset that the image came in."""
    upstream_evidence: f.Told = None
    """That dataset's own evidence for this image."""
    upstream_method: f.AcquisitionMethodField = None
    """How that dataset itself came by the image."""
    acquired_at: f.Time = None
    """When it was acquired."""
    acquisition_method: f.AcquisitionMethodField = None
    """How it was acquired."""
    access_state: f.AccessStateField = None
    """Who could see it at its source."""
    licence: f.Licence = None
    """SPDX id or expression, address, or `LicenseRef-` of the copyright licence. Never a privacy basis."""
    caption: f.Text = None
    """Text shown with the image, read for signals."""
    alt_text: f.Text = None
    """Its alternative text, read for signals."""
    keywords: f.Keywords = None
    """Its keywords, read for signals."""
    jurisdictions: f.Jurisdictions = None
    """Laws known to apply to the image as a whole."""
    persons_status: f.PersonsStatusField = None
    """Whether a natural person is shown. Absent counts as UNKNOWN."""
    persons_determined_by: Annotated[
        Annotated[DeterminationForm, _built(Determination)] | None, _as_ours(DeterminationForm)
    ] = None
    """Who or what said so: method, reviewer, detector, threshold, at."""
    persons: Annotated[
        Annotated[
            tuple[Annotated[PersonForm, AfterValidator(_person), _entry(PersonForm)], ...], Field(max_length=MAX_LIST)
        ]
        | None,
        BeforeValidator(told_list),
    ] = None
    """One entry for each person shown."""
    categories: f.Categories = None
    """What the picture shows that needs more than a plain basis."""
    synthetic: Annotated[Annotated[SynthesisForm, _built(Synthesis)] | None, _as_ours(SynthesisForm)] = None
    """A generated image: record, depicts_real_person."""
    training_licence: Annotated[
        Annotated[TrainingLicenceForm, _built(TrainingLicence)] | None, _as_ours(TrainingLicenceForm)
    ] = None
    """The rights holder's own permission to train: grantor, purposes, given_at, expires_at, evidence."""
    retain_until: f.Deadline = None
    """When the image has to go."""
    web_evidence: Annotated[object, PlainValidator(_object_or_path), WithJsonSchema({"type": ["object", "string"]})] = (
        None
    )
    """What the source said at capture: headers, robots_txt, html, tdmrep, captured_at; or the path of such a file."""

    @model_validator(mode="after")
    def _is_sound(self) -> ManifestForm:
        if self.file_name is None and self.url is None:
            raise wrong(
                "a row names its image: it needs file_name, or url where the bytes are not at hand", at="file_name"
            )
        if self.persons_status is PersonsStatus.NONE and self.persons:
            raise wrong("it says NONE, yet the row lists a person", at="persons_status")
        for place, one in enumerate(self.persons or ()):
            # The check of each has made a person of its form.
            born, lives = one.born_on, one.deceased is not True
            if born and lives and self.acquired_at and self.acquired_at.year - born.year > _OLDEST:
                problem = "nobody alive is so old; leave it empty where it is not known"
                raise wrong(problem, at=f"persons[{place}].born_on")
        return self


class EvidenceForm(f.Form):
    """Where the proof of a basis lies."""

    kind: f.EvidenceKindField = None
    """What it is."""
    uri: f.Address = None
    """A path relative to the records file's folder, or an address. A local file is hashed at every gate."""
    sha256: f.Sha256 = None
    """Its digest."""


class GivenByForm(f.Form):
    """Who gave a consent, and by what authority."""

    role: f.GiverRoleField = None
    """The giver, seen from the person shown."""
    relationship_evidence: f.Told = None
    """What proves the relationship or the authority."""
    signatures: f.Count = None
    """How many signed."""
    signatures_required: f.Count = None
    """How many have to sign."""


class EventForm(f.Form):
    """Something that happened to a basis. Events are appended, never rewritten."""

    state: f.StatusField
    """The state that it brings about."""
    at: Annotated[f.EndTime, AfterValidator(_must)]
    """When."""
    expires_at: f.EndTime = None
    """When that state ends."""


_Event = Annotated[Annotated[EventForm, _built(Event)], BeforeValidator(strict_events), _entry(EventForm)]


class RecordForm(f.Form):
    """Why one person's image may be used: a header and a list of events."""

    record_id: f.RequiredIdentifier
    """Unique in its file."""
    person: f.RequiredRef
    """The pseudonym of the person shown."""
    basis: f.BasisField
    """What is claimed: a lawful basis, or one of the claims that are none."""
    items: f.ItemNames = None
    """Scope: file names. Both absent: every image that shows the person. An empty list is an error."""
    sources: f.Sources = None
    """Scope: addresses at and below which the record holds."""
    purposes: f.Purposes = None
    """What it covers."""
    recipients: f.Names = None
    """Who may receive the image; absent means the controller alone."""
    territories: f.Names = None
    """Where; absent means the controller alone."""
    evidence: Annotated[Annotated[EvidenceForm, _built(Evidence)] | None, _as_ours(EvidenceForm)] = None
    """What proves it: kind, uri, sha256."""
    notice_version: f.Reference = None
    """The notice that the person saw."""
    form: f.ConsentFormField = None
    """How a consent was expressed."""
    biometric: f.Flag = None
    """Whether it names biometric use."""
    written_release: f.Flag = None
    """Whether there is a written release."""
    given_by: Annotated[Annotated[GivenByForm, _built(GivenBy)] | None, _as_ours(GivenByForm)] = None
    """Who gave it: role, relationship_evidence, signatures, signatures_required."""
    public_class: f.Identifier = None
    """The class of publicly available information, for STATUTORY_PUBLICLY_AVAILABLE."""
    public_class_evidence: f.Told = None
    """What proves the class."""
    assessment_id: f.Reference = None
    """The assessment of a legitimate interest."""
    approval_ref: f.Reference = None
    """The approval of a research or ethics board."""
    community_authority: f.Reference = None
    """The authority of the community."""
    events: Annotated[Annotated[tuple[_Event, ...], Field(max_length=MAX_LIST)] | None, BeforeValidator(told_list)] = (
        None
    )
    """What happened, each with state, at and expires_at. The last event at or before the gate's clock counts."""


class DeclarationForm(f.Form):
    """A declaration of a biometric database to a regulator."""

    id: f.Reference = None
    """The regulator's number for it."""
    disclosed_on: f.Day = None
    """When it was declared."""
    service_on: f.Day = None
    """When the database goes into service."""


class FaceTemplatesForm(f.Form):
    """Whether the pipeline measures faces."""

    derived: f.Flag = None
    """Whether face templates are derived. Absent is not no."""
    identify: f.Flag = None
    """Whether people are told apart by them."""
    declarations: dict[f.Jurisdiction, Annotated[DeclarationForm, _built(Declaration)]] | None = None
    """By jurisdiction: id, disclosed_on, service_on."""


class AssessmentForm(f.Form):
    """The assessment of necessity and proportionality for the purpose (DPIA, PIA)."""

    id: f.Reference = None
    """Its number or place."""
    approver: f.Somebody = None
    """The person who approved it."""
    approved_at: f.Time = None
    """When."""
    review_by: f.EndDay = None
    """The day by which it has to be looked at again."""


class ContextForm(f.Form):
    """What the dataset is for."""

    purpose: f.IntendedPurpose = None
    """What the dataset is built for. There is no default."""
    controller_established_in: f.Jurisdictions = None
    """Where whoever builds it is established."""
    offered_in: f.Jurisdictions = None
    """Where it is offered."""
    recipients: f.Names = None
    """Who will receive it."""
    face_templates: Annotated[
        Annotated[FaceTemplatesForm, _built(FaceTemplates)] | None, _as_ours(FaceTemplatesForm)
    ] = None
    """Whether faces are measured: derived, identify, declarations."""
    assessment: Annotated[Annotated[AssessmentForm, _built(Assessment)] | None, _as_ours(AssessmentForm)] = None
    """The assessment for this purpose: id, approver, approved_at, review_by."""
    retain_until: f.Deadline = None
    """Until when the dataset may be kept."""
    vouched_by: f.Somebody = None
    """Who vouches for the metadata files that lie in the collection itself."""
    strict: f.Flag = None
    """True: REVIEW counts as BLOCK."""
    require_signatures: f.Flag = None
    """True: what reviewers and approvers permit, or clear by a look, counts only where it is signed by their key."""
