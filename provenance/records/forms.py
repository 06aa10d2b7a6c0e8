"""The shape of a manifest row, a basis record and a gate context in a file, checked by pydantic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationError, model_validator
from pydantic_core import ErrorDetails

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
from provenance.records import fields as f
from provenance.records.faults import shown
from provenance.records.parquet import storable
from provenance.vocabulary import PersonsStatus

_T = TypeVar("_T")


def _built(record: Callable[..., _T]) -> AfterValidator:
    """Turns a checked form into the frozen record of the same fields."""

    def build(form: f.Form) -> _T:
        return record(**form.given())

    return AfterValidator(build)


def _filled(value: object) -> object:
    """None for an object whose fields are all null: how dataframes write an absent one to Parquet."""
    return None if isinstance(value, dict) and value and all(inner is None for inner in value.values()) else value


_OrNull: Final = BeforeValidator(_filled)


def _must(value: _T | None) -> _T:
    if value is None:
        raise f.wrong("it must not be empty")
    return value


def _object_or_path(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, dict | str):
        return storable(value)
    raise f.wrong("it must be an object or a path to a JSON file")


class EstimatedAgeForm(f.Form):
    value: Annotated[f.EstimatedYears, AfterValidator(_must)]
    method: f.Name = None
    confidence: f.Share = None


class AnonymisationForm(f.Form):
    method: f.Name = None
    reviewer: f.Name = None
    original_retained: f.Flag = None


class DeathForm(f.Form):
    died_on: f.Day = None
    evidence: f.Text = None


class PersonForm(f.Form):
    ref: f.PersonRef = None
    identifiable: f.Flag = None
    age: f.AgeYears = None
    age_status: f.AgeStatusField = None
    born_on: f.Day = None
    estimated_age: Annotated[Annotated[EstimatedAgeForm, _built(EstimatedAge)] | None, _OrNull] = None
    groups: f.Groups = None
    jurisdictions: f.Jurisdictions = None
    deceased: f.Flag = None
    death: Annotated[Annotated[DeathForm, _built(Death)] | None, _OrNull] = None
    anonymisation: Annotated[Annotated[AnonymisationForm, _built(Anonymisation)] | None, _OrNull] = None

    @model_validator(mode="before")
    @classmethod
    def _death_says_that_they_died(cls, value: object) -> object:
        if isinstance(value, dict) and isinstance(value.get("deceased"), dict):
            return {**value, "deceased": True, "death": value["deceased"]}
        return value


class DeterminationForm(f.Form):
    method: f.Name = None
    reviewer: f.Name = None
    detector: f.Name = None
    threshold: f.Threshold = None
    at: f.Time = None


class SynthesisForm(f.Form):
    record: f.Name = None
    depicts_real_person: f.Flag = None


def _where(value: object) -> object:
    """Evidence as a text, or where an object says that it lies."""
    return value.get("uri") if isinstance(value, dict) else value


class TrainingLicenceForm(f.Form):
    grantor: f.Name = None
    purposes: f.Purposes = None
    given_at: f.Time = None
    expires_at: f.Time = None
    evidence: Annotated[f.Text, BeforeValidator(_where)] = None


class ManifestForm(f.Form):
    file_name: f.FileName = None
    url: f.Name = None
    sha256: f.Sha256 = None
    source_url: f.Name = None
    page_url: f.Name = None
    upstream_dataset: f.Name = None
    upstream_evidence: f.Text = None
    upstream_method: f.AcquisitionMethodField = None
    acquired_at: f.Time = None
    acquisition_method: f.AcquisitionMethodField = None
    access_state: f.AccessStateField = None
    licence: f.Name = None
    caption: f.Text = None
    alt_text: f.Text = None
    keywords: f.Names = None
    jurisdictions: f.Jurisdictions = None
    persons_status: f.PersonsStatusField = None
    persons_determined_by: Annotated[Annotated[DeterminationForm, _built(Determination)] | None, _OrNull] = None
    persons: Annotated[tuple[Annotated[PersonForm, _built(Person)], ...] | None, Field(max_length=f.MAX_LIST)] = None
    categories: f.Categories = None
    synthetic: Annotated[Annotated[SynthesisForm, _built(Synthesis)] | None, _OrNull] = None
    training_licence: Annotated[Annotated[TrainingLicenceForm, _built(TrainingLicence)] | None, _OrNull] = None
    retain_until: f.Time = None
    web_evidence: Annotated[object, PlainValidator(_object_or_path)] = None

    @model_validator(mode="after")
    def _is_sound(self) -> ManifestForm:
        if self.file_name is None and self.url is None:
            raise f.wrong(
                "a row names its image: it needs file_name, or url where the bytes are not at hand", at="file_name"
            )
        if self.persons_status is PersonsStatus.NONE and self.persons:
            raise f.wrong("it says NONE, yet the row lists a person", at="persons_status")
        return self


class EvidenceForm(f.Form):
    kind: f.EvidenceKindField = None
    uri: f.Name = None
    sha256: f.Sha256 = None


class GivenByForm(f.Form):
    role: f.GiverRoleField = None
    relationship_evidence: f.Text = None
    signatures: f.Count = None
    signatures_required: f.Count = None


class EventForm(f.Form):
    state: f.StatusField
    at: Annotated[f.Time, AfterValidator(_must)]
    expires_at: f.Time = None


class RecordForm(f.Form):
    record_id: f.RequiredName
    person: f.RequiredRef
    basis: f.BasisField
    items: f.ItemNames = None
    sources: f.Names = None
    purposes: f.Purposes = None
    recipients: f.Names = None
    territories: f.Names = None
    evidence: Annotated[Annotated[EvidenceForm, _built(Evidence)] | None, _OrNull] = None
    notice_version: f.Name = None
    form: f.ConsentFormField = None
    biometric: f.Flag = None
    written_release: f.Flag = None
    given_by: Annotated[Annotated[GivenByForm, _built(GivenBy)] | None, _OrNull] = None
    public_class: f.Name = None
    public_class_evidence: f.Text = None
    assessment_id: f.Name = None
    approval_ref: f.Name = None
    community_authority: f.Name = None
    events: Annotated[tuple[Annotated[EventForm, _built(Event)], ...] | None, Field(max_length=f.MAX_LIST)] = None


class DeclarationForm(f.Form):
    id: f.Name = None
    disclosed_on: f.Day = None
    service_on: f.Day = None


class FaceTemplatesForm(f.Form):
    derived: f.Flag = None
    identify: f.Flag = None
    declarations: dict[f.Jurisdiction, Annotated[DeclarationForm, _built(Declaration)]] | None = None


class AssessmentForm(f.Form):
    id: f.Name = None
    approver: f.Name = None
    approved_at: f.Time = None
    review_by: f.Day = None


class ContextForm(f.Form):
    purpose: f.OptionalPurpose = None
    controller_established_in: f.Jurisdictions = None
    offered_in: f.Jurisdictions = None
    recipients: f.Names = None
    face_templates: Annotated[Annotated[FaceTemplatesForm, _built(FaceTemplates)] | None, _OrNull] = None
    assessment: Annotated[Annotated[AssessmentForm, _built(Assessment)] | None, _OrNull] = None
    retain_until: f.Time = None
    as_of: f.Time = None
    strict: f.Flag = None
    vouched_by: f.Name = None


_NESTED: Final[Mapping[str, type[f.Form]]] = {
    "persons": PersonForm,
    "estimated_age": EstimatedAgeForm,
    "anonymisation": AnonymisationForm,
    "persons_determined_by": DeterminationForm,
    "death": DeathForm,
    "synthetic": SynthesisForm,
    "training_licence": TrainingLicenceForm,
    "assessment": AssessmentForm,
    "evidence": EvidenceForm,
    "given_by": GivenByForm,
    "events": EventForm,
    "face_templates": FaceTemplatesForm,
    "declarations": DeclarationForm,
}

_WORDS: Final[Mapping[str, str]] = {
    "missing": "it must not be absent",
    "extra_forbidden": "there is no such field",
    "model_type": "it must be an object",
    "dict_type": "it must be an object",
    "tuple_type": "it must be a list",
    "too_long": "it has too many entries",
}
"""What pydantic's own error types mean for the reader of a manifest."""


@cache
def checking(jurisdictions: tuple[str, ...]) -> dict[str, dict[str, None]]:
    """The context of a check: the jurisdictions that may be named beside the known ones, in order."""
    return {"jurisdictions": dict.fromkeys(jurisdictions)}


def explain(error: ErrorDetails, form: type[f.Form]) -> tuple[str, str, str, tuple[str, ...]]:
    """Field, value, problem and valid values of one fault that pydantic found in `form`.

    >>> try:
    ...     RecordForm.model_validate({"record_id": "R-1", "person": "p1", "basis": "CONCENT"})
    ... except ValidationError as found:
    ...     explain(found.errors()[0], RecordForm)[:3]
    ('basis', 'CONCENT', 'it is no LawfulBasis or ClaimThatIsNotABasis')
    """
    context = error.get("ctx") or {}
    place = tuple(part for part in error["loc"] if part != "[key]")
    value = shown(error["input"])
    if "at" in context:
        place = (context["at"],)
        value = shown((error["input"] or {}).get(context["at"]) if isinstance(error["input"], dict) else "")
    if context.get("hide"):
        value = f"(not shown, {len(str(error['input']))} characters)"
    problem = context.get("problem") or _WORDS.get(error["type"], error["msg"])
    among = tuple(context.get("among", ()))
    if error["type"] == "extra_forbidden":
        named = [part for part in place[:-1] if isinstance(part, str) and part in _NESTED]
        among = tuple((_NESTED[named[-1]] if named else form).model_fields)
        value = str(place[-1])
    elif error["type"] == "missing":
        value = ""
    return _dotted(place), value, problem, among


def _dotted(place: tuple[int | str, ...]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}" if text else shown(part)
    return text


def faults_of(error: ValidationError, form: type[f.Form]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Every fault that pydantic found in one object, as `explain` tells it."""
    return [explain(one, form) for one in error.errors(include_url=False)]


def given(form: f.Form) -> dict[str, Any]:
    """The filled fields of a checked form."""
    return form.given()
