"""The kinds of value that manifests, basis records and gate contexts are made of, for pydantic.

Each check takes plain JSON values (and dates, which Parquet and TOML have) and is strict: no number stands in for a
text, no text for a number, nothing is guessed. A blank text counts as absent, so that it can never stand for evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from provenance.keys import display, key_of, path_problem
from provenance.model import Basis
from provenance.records.person_ref import ref_problem
from provenance.vocabulary import (
    OWN_JURISDICTIONS,
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
    is_jurisdiction,
)

MAX_TEXT: Final = 1 << 20
"""Characters of a caption or another free text."""

MAX_NAME: Final = 4096
"""Characters of a path, a URL or an identifier."""

MAX_LIST: Final = 10_000
"""Entries of a list, such as persons or keywords."""

MAX_ITEMS: Final = 1_000_000
"""File names in the scope of one basis record."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


def wrong(problem: str, **context: Any) -> PydanticCustomError:
    """The error that a check raises; `among` in the context lists the valid values, `hide` keeps the value unshown."""
    return PydanticCustomError("provenance", "{problem}", {"problem": problem, **context})


class Form(BaseModel):
    """An object of a file. An unknown field is an error: a misspelt `expires_at` would revive a consent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """The fields that were filled, for the frozen record of the same shape."""
        return {name: value for name, value in self.__dict__.items() if value is not None}


def _text(limit: int) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise wrong("it must be a text")
        if len(value) > limit:
            raise wrong(f"it is longer than {limit} characters")
        return value if value.strip() else None

    return check


def _required(check: Callable[[object], str | None]) -> Callable[[object], str]:
    def checked(value: object) -> str:
        text = check(value)
        if text is None:
            raise wrong("it must not be empty")
        return text

    return checked


def _flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise wrong("it must be true or false", among=("true", "false") if isinstance(value, str) else ())


def _whole(low: int, high: int) -> Callable[[object], int | None]:
    def check(value: object) -> int | None:
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():  # dataframes turn a column with gaps into floats
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("it must be a whole number")
        if not low <= value <= high:
            raise wrong(f"it must be from {low} to {high}")
        return value

    return check


def _number(low: float, high: float) -> Callable[[object], float | None]:
    def check(value: object) -> float | None:
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong("it must be a number")
        if not low <= value <= high:  # true for NaN and infinity as well
            raise wrong(f"it must be from {low:g} to {high:g}")
        return float(value)

    return check


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time with its offset, or None for None. Raises PydanticCustomError: without an offset it is no time.

    >>> parse_time("2026-11-22T06:59:59-05:00").utcoffset()
    datetime.timedelta(days=-1, seconds=68400)
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise wrong("a time needs an offset, such as 2026-11-22T12:00:00+00:00")
        return _storable(value)
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise wrong("it must be a time with its offset, such as 2026-11-22T12:00:00+00:00")
    if match[1] is None:
        raise wrong("a time needs an offset, such as 2026-11-22T12:00:00+00:00")
    try:
        return _storable(datetime.fromisoformat(match[0]))
    except ValueError as error:
        raise wrong(f"there is no such time ({error})") from None


def _storable(time: datetime) -> datetime:
    """The time, unless in UTC it lies before the year 1 or after 9999."""
    try:
        time.astimezone(UTC)
    except OverflowError:
        raise wrong("in UTC it lies beyond the years 1 to 9999") from None
    return time


def _day(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise wrong("it must be a date, such as 2008-05-20")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise wrong(f"there is no such date ({error})") from None


def _sha256(value: object) -> bytes | None:
    if value is None or value == "":
        return None
    if isinstance(value, bytes) and len(value) == 32:
        return value
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise wrong("it must be a SHA-256 of 64 hexadecimal digits")
    return bytes.fromhex(value)


def _file_name(value: object) -> str | None:
    """The normal form of a path (`provenance.keys`), so that one file has one spelling."""
    text = _text(MAX_NAME)(value)
    if text is None:
        return None
    key = key_of(text)
    problem = path_problem(key)
    if problem:
        raise wrong(problem)
    return display(key)


def _item(value: object) -> str:
    text = _required(_text(MAX_NAME))(value)
    return text if "://" in text else _required(_file_name)(text)


def _ref(value: object) -> str | None:
    text = _text(MAX_NAME)(value)
    if text is None:
        return None
    problem = ref_problem(text)
    if problem:
        raise wrong(problem, hide=True)
    return text


def _jurisdiction(value: object, info: ValidationInfo) -> str:
    own: Mapping[str, None] = (info.context or {}).get("jurisdictions", {})
    if not isinstance(value, str) or not (value in own or is_jurisdiction(value)):
        raise wrong("it is no known jurisdiction", among=(*own, *OWN_JURISDICTIONS))
    return value


def _one_of(*kinds: type[Term]) -> PlainValidator:
    terms = {str(term): term for kind in kinds for term in kind}

    def check(value: object) -> Term:
        term = terms.get(value) if isinstance(value, str) else None
        if term is None:
            raise wrong(f"it is no {' or '.join(kind.__name__ for kind in kinds)}", among=tuple(terms))
        return term

    return PlainValidator(check)


def _optional(kind: type[Term], *more: type[Term]) -> PlainValidator:
    required = _one_of(kind, *more).func

    def check(value: object) -> Term | None:
        return None if value is None or value == "" else required(value)  # type: ignore[call-arg]

    return PlainValidator(check)


Text = Annotated[str | None, PlainValidator(_text(MAX_TEXT))]
Name = Annotated[str | None, PlainValidator(_text(MAX_NAME))]
RequiredName = Annotated[str, PlainValidator(_required(_text(MAX_NAME)))]
FileName = Annotated[str | None, PlainValidator(_file_name)]
ItemName = Annotated[str, PlainValidator(_item)]
PersonRef = Annotated[str | None, PlainValidator(_ref)]
RequiredRef = Annotated[str, PlainValidator(_required(_ref))]
Flag = Annotated[bool | None, PlainValidator(_flag)]
AgeYears = Annotated[int | None, PlainValidator(_whole(0, 150))]
Count = Annotated[int | None, PlainValidator(_whole(0, 1000))]
EstimatedYears = Annotated[float | None, PlainValidator(_number(0, 150))]
Share = Annotated[float | None, PlainValidator(_number(0, 1))]
Threshold = Annotated[float | None, PlainValidator(_number(-1e9, 1e9))]
Time = Annotated[datetime | None, PlainValidator(parse_time)]
Day = Annotated[date | None, PlainValidator(_day)]
Sha256 = Annotated[bytes | None, PlainValidator(_sha256)]
Jurisdiction = Annotated[str, PlainValidator(_jurisdiction)]

AcquisitionMethodField = Annotated[AcquisitionMethod | None, _optional(AcquisitionMethod)]
AccessStateField = Annotated[AccessState | None, _optional(AccessState)]
PersonsStatusField = Annotated[PersonsStatus | None, _optional(PersonsStatus)]
AgeStatusField = Annotated[AgeStatus | None, _optional(AgeStatus)]
EvidenceKindField = Annotated[EvidenceKind | None, _optional(EvidenceKind)]
ConsentFormField = Annotated[ConsentForm | None, _optional(ConsentForm)]
GiverRoleField = Annotated[GiverRole | None, _optional(GiverRole)]
OptionalPurpose = Annotated[Purpose | None, _optional(Purpose)]
PurposeField = Annotated[Purpose, _one_of(Purpose)]
GroupField = Annotated[ProtectedGroup, _one_of(ProtectedGroup)]
CategoryField = Annotated[ContentCategory, _one_of(ContentCategory)]
StatusField = Annotated[ConsentStatus, _one_of(ConsentStatus)]
BasisField = Annotated[Basis, _one_of(LawfulBasis, NonBasis)]

Names = Annotated[tuple[RequiredName, ...] | None, Field(max_length=MAX_LIST)]
ItemNames = Annotated[tuple[ItemName, ...] | None, Field(max_length=MAX_ITEMS)]
Jurisdictions = Annotated[tuple[Jurisdiction, ...] | None, Field(max_length=MAX_LIST)]
Purposes = Annotated[tuple[PurposeField, ...] | None, Field(max_length=MAX_LIST)]
Groups = Annotated[tuple[GroupField, ...] | None, Field(max_length=MAX_LIST)]
Categories = Annotated[tuple[CategoryField, ...] | None, Field(max_length=MAX_LIST)]
