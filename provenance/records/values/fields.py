"""The kinds of value that manifests, basis records, gate contexts and reviews are made of, for pydantic.

Each kind names its check (`checks`, `time_checks`) and its JSON Schema. A check takes plain JSON values, and dates,
which Parquet and TOML have.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from provenance.model import Basis
from provenance.records.column_names import folded_name
from provenance.records.values import checks as c
from provenance.records.values import time_checks as t
from provenance.vocabulary import (
    AccessState,
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
    Term,
)


class Form(BaseModel):
    """An object of a file. An unknown field is an error: a misspelt `expires_at` would revive a consent.

    Letter case, blanks, hyphens and camel case of a field's name do not matter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def given(self) -> dict[str, Any]:
        """The fields that were filled, for the frozen record of the same shape."""
        return {name: value for name, value in self.__dict__.items() if value is not None}


@cache
def spellings(form: type[Form]) -> dict[str, str]:
    """Field by folded name."""
    return {folded_name(name): name for name in form.model_fields}


def named_as_ours(values: object, form: type[Form]) -> object:
    """An object with its fields under our names. Two fields that become one are left as they are, and so refused."""
    if not isinstance(values, dict) or values.keys() <= form.model_fields.keys():
        return values
    names = {name: spellings(form).get(folded_name(name), name) if isinstance(name, str) else name for name in values}
    return {names[name]: value for name, value in values.items()} if len(set(names.values())) == len(names) else values


# --- the kinds, with the JSON Schema of each -----------------------------------------------------------------------


def _schema(kind: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


def _enum(*kinds: type[Term]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [str(term) for kind in kinds for term in kind]})


_ShortText: Final = _schema("string", maxLength=c.MAX_NAME)
_LongText: Final = _schema("string", maxLength=c.MAX_TEXT)
_TimeText: Final = _schema("string", format="date-time")
_DayText: Final = _schema("string", format="date")

Text = Annotated[str | None, PlainValidator(c.text), _LongText]
Told = Annotated[str | None, PlainValidator(c.told), _LongText]
Licence = Annotated[str | None, PlainValidator(c.licence), _ShortText]
Identifier = Annotated[str | None, PlainValidator(c.identifier), _ShortText]
RequiredIdentifier = Annotated[str, PlainValidator(c.required(c.identifier)), _ShortText]
Reference = Annotated[str | None, PlainValidator(c.reference), _ShortText]
RequiredReference = Annotated[str, PlainValidator(c.required(c.reference)), _ShortText]
Somebody = Annotated[str | None, PlainValidator(c.somebody), _ShortText]
RequiredSomebody = Annotated[str, PlainValidator(c.required(c.somebody)), _ShortText]
Address = Annotated[str | None, PlainValidator(c.address), _ShortText]
AbsoluteAddress = Annotated[
    str | None, PlainValidator(c.absolute), _schema("string", format="uri", maxLength=c.MAX_NAME)
]
RequiredAddress = Annotated[str, PlainValidator(c.required(c.address)), _ShortText]
FileName = Annotated[str | None, PlainValidator(c.file_name), _ShortText]
ItemName = Annotated[str, PlainValidator(c.item), _ShortText]
PersonRef = Annotated[str | None, PlainValidator(c.ref), _schema("string", maxLength=128)]
RequiredRef = Annotated[str, PlainValidator(c.required(c.ref)), _schema("string", maxLength=128)]
Flag = Annotated[bool | None, PlainValidator(c.flag), _schema("boolean")]
AgeYears = Annotated[int | None, PlainValidator(c.whole(0, 150)), _schema("integer", minimum=0, maximum=150)]
Count = Annotated[int | None, PlainValidator(c.whole(0, 1000)), _schema("integer", minimum=0, maximum=1000)]
EstimatedYears = Annotated[float | None, PlainValidator(c.number(0, 150)), _schema("number", minimum=0, maximum=150)]
Share = Annotated[float | None, PlainValidator(c.number(0, 1)), _schema("number", minimum=0, maximum=1)]
Threshold = Annotated[float | None, PlainValidator(c.number(-1e9, 1e9)), _schema("number")]
Time = Annotated[datetime | None, PlainValidator(t.time), _TimeText]
GivenTime = Annotated[datetime | None, PlainValidator(t.given_time), _TimeText]
EndTime = Annotated[datetime | None, PlainValidator(t.end_time), _TimeText]
Deadline = Annotated[
    datetime | None,
    PlainValidator(t.deadline),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]
Day = Annotated[date | None, PlainValidator(t.day), _DayText]
EndDay = Annotated[date | None, PlainValidator(t.end_day), _DayText]
Sha256 = Annotated[bytes | None, PlainValidator(c.sha256), _schema("string", pattern="^[0-9a-fA-F]{64}$")]
Signature = Annotated[bytes, PlainValidator(c.signature), _schema("string")]
Jurisdiction = Annotated[
    str, PlainValidator(c.jurisdiction), _schema("string", examples=["CA-QC", "GB", "EU", "UNKNOWN"])
]

AcquisitionMethodField = Annotated[
    AcquisitionMethod | None, PlainValidator(c.optional(AcquisitionMethod)), _enum(AcquisitionMethod)
]
AccessStateField = Annotated[AccessState | None, PlainValidator(c.optional(AccessState)), _enum(AccessState)]
PersonsStatusField = Annotated[PersonsStatus | None, PlainValidator(c.optional(PersonsStatus)), _enum(PersonsStatus)]
AgeStatusField = Annotated[AgeStatus | None, PlainValidator(c.optional(AgeStatus)), _enum(AgeStatus)]
EvidenceKindField = Annotated[EvidenceKind | None, PlainValidator(c.optional(EvidenceKind)), _enum(EvidenceKind)]
ConsentFormField = Annotated[ConsentForm | None, PlainValidator(c.optional(ConsentForm)), _enum(ConsentForm)]
GiverRoleField = Annotated[GiverRole | None, PlainValidator(c.optional(GiverRole)), _enum(GiverRole)]
IntendedPurpose = Annotated[Purpose | None, PlainValidator(c.intended), _enum(Purpose)]
PurposeField = Annotated[Purpose, PlainValidator(c.one_of(Purpose)), _enum(Purpose)]
GroupField = Annotated[ProtectedGroup, PlainValidator(c.one_of(ProtectedGroup)), _enum(ProtectedGroup)]
CategoryField = Annotated[ContentCategory, PlainValidator(c.one_of(ContentCategory)), _enum(ContentCategory)]
StatusField = Annotated[ConsentStatus, PlainValidator(c.one_of(ConsentStatus)), _enum(ConsentStatus)]
BasisField = Annotated[Basis, PlainValidator(c.one_of(LawfulBasis, NonBasis)), _enum(LawfulBasis, NonBasis)]

_Most: Final = Field(max_length=c.MAX_LIST)
_Keyword = Annotated[str, PlainValidator(c.required(c.text)), _LongText]

Keywords = Annotated[Annotated[tuple[_Keyword, ...], _Most] | None, BeforeValidator(c.told_entries)]
Names = Annotated[Annotated[tuple[RequiredReference, ...], _Most] | None, BeforeValidator(c.told_entries)]
Sources = Annotated[Annotated[tuple[RequiredAddress, ...], _Most] | None, BeforeValidator(c.filled_scope)]
ItemNames = Annotated[
    Annotated[tuple[ItemName, ...], Field(max_length=c.MAX_ITEMS)] | None, BeforeValidator(c.filled_scope)
]
Jurisdictions = Annotated[Annotated[tuple[Jurisdiction, ...], _Most] | None, BeforeValidator(c.told_list)]
Purposes = Annotated[Annotated[tuple[PurposeField, ...], _Most] | None, BeforeValidator(c.purposes)]
Groups = Annotated[Annotated[tuple[GroupField, ...], _Most] | None, BeforeValidator(c.told_entries)]
Categories = Annotated[Annotated[tuple[CategoryField, ...], _Most] | None, BeforeValidator(c.told_entries)]
