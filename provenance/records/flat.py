"""The flat form of CSV: a row of plain cells becomes the nested form of JSON Lines.

Source: the exchange formats, section 1b, and `docs/manifest.md` for the columns that basis records have in CSV.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from provenance.placeholders import is_absence, is_placeholder
from provenance.records.columns.column_map import NO_MAP, ColumnMap

_LISTS: Final = frozenset(
    (
        "keywords", "jurisdictions", "items", "sources", "purposes", "recipients", "territories", "categories",
        "person_groups", "person_jurisdictions",
    )
)  # fmt: skip
_SCOPE: Final = frozenset(("items", "sources"))
_ENDS: Final = frozenset(("expires_at", "withdrawn_at", "retain_until"))
_ENUMS: Final = frozenset(
    ("basis", "persons_status", "access_state", "acquisition_method", "upstream_method", "person_age_status")
)
_FREE: Final = frozenset(("caption", "alt_text"))

_PERSON: Final = {
    "person_ref": "ref",
    "person_age": "age",
    "person_born_on": "born_on",
    "person_groups": "groups",
    "person_age_status": "age_status",
    "person_identifiable": "identifiable",
    "person_jurisdictions": "jurisdictions",
}
_EVIDENCE: Final = {"evidence": "uri", "evidence_kind": "kind", "evidence_sha256": "sha256"}
_GIVEN_BY: Final = {
    "given_by": "role",
    "relationship_evidence": "relationship_evidence",
    "signatures": "signatures",
    "signatures_required": "signatures_required",
}
_TIMES: Final = ("given_at", "expires_at", "withdrawn_at")
_RECORD: Final = (
    "record_id", "basis", "purposes", "recipients", "territories", "notice_version", "form", "biometric",
    "written_release", "public_class", "public_class_evidence", "assessment_id", "approval_ref", "community_authority",
)  # fmt: skip

FLAT_RECORD_COLUMNS: Final = frozenset((*_RECORD, *_EVIDENCE, *_GIVEN_BY, *_TIMES))
"""Columns of a flat manifest that fill a basis record."""

FLAT_COLUMNS: Final = FLAT_RECORD_COLUMNS | frozenset((*_PERSON, "reviewer"))
"""Columns of a flat manifest beside those of the nested one."""

PERSON_COLUMNS: Final = frozenset(_PERSON)
"""Columns of a flat manifest that describe a person."""

FLAT_ONLY: Final = frozenset((*_PERSON, "basis", *_TIMES))
"""Columns that would be lost in a nested manifest, where `persons` and a records file take their place."""

_NEEDS_BASIS: Final = ("record_id", *_TIMES)

FILE_RECORD_COLUMNS: Final = FLAT_RECORD_COLUMNS | frozenset(("person", "items", "sources"))
"""Columns of a records file in CSV."""


def cells_of(row: Mapping[str, Any], columns: ColumnMap = NO_MAP) -> dict[str, Any]:
    """A row's cells as JSON values: lists are split, and what says nothing is left out.

    >>> cells_of({"keywords": "sea; dusk", "person_age": "35", "licence": "n/a"})
    {'keywords': ['sea', 'dusk'], 'person_age': '35'}
    """
    cells = {name: _cell(name, value, columns) for name, value in row.items()}
    return {name: value for name, value in cells.items() if _says_something(name, value)}


def _cell(name: str, value: Any, columns: ColumnMap) -> Any:
    if name not in _LISTS:
        return columns.value(name, value)
    if isinstance(value, str) and not value.strip():
        # A scope of blanks is an empty scope, which is refused: without one the record would cover everything.
        return [] if name in _SCOPE and value else None
    parts = value.split(columns.lists_parted_by) if isinstance(value, str) else value
    told = [part.strip() if isinstance(part, str) else part for part in parts or ()]
    return [columns.value(name, part) for part in told if part != ""]


def _says_something(name: str, value: Any) -> bool:
    """A placeholder says nothing, except where it would take a limit away or is one of the values."""
    if not isinstance(value, str):
        return value is not None
    text = value.strip()
    if not text:
        return False
    if name in _FREE or (name in _ENUMS and text in ("NONE", "UNKNOWN")):
        return True
    # That a limit is not known is no absence, and a picture may well be called `test`.
    narrow = name in _ENDS or name == "file_name"
    return not (is_absence(text) if narrow else is_placeholder(text))


def manifest_values(cells: Mapping[str, Any], columns: ColumnMap = NO_MAP) -> dict[str, Any]:
    """The nested manifest row of a flat one, without the columns of its basis record.

    >>> manifest_values({"file_name": "1.jpg", "person_ref": "p1", "basis": "CONSENT", "reviewer": "AB"})
    {'file_name': '1.jpg', 'persons_determined_by': {'reviewer': 'AB'}, 'persons': [{'ref': 'p1'}]}
    """
    values = {name: value for name, value in cells.items() if name not in FLAT_COLUMNS}
    if "reviewer" in cells:
        values["persons_determined_by"] = {"reviewer": cells["reviewer"]}
    persons = persons_of(cells, columns)
    if persons:
        values["persons"] = persons
    return values


def persons_of(cells: Mapping[str, Any], columns: ColumnMap = NO_MAP) -> list[dict[str, Any]]:
    """The persons of a flat row: one, or as many as its cells have parts where the map says what parts them."""
    person = _part(cells, _PERSON)
    between = columns.people_parted_by
    if not person or between is None or "ref" not in person:
        return [person] if person else []
    parted = {name: _parts(value, between) for name, value in person.items()}
    count = len(parted["ref"])
    return [
        {name: parts[place if len(parts) == count else 0] for name, parts in parted.items() if _fits(parts, count)}
        for place in range(count)
    ]


def people_problem(cells: Mapping[str, Any], columns: ColumnMap) -> tuple[str, str] | None:
    """Column and problem of a flat row whose cells do not hold the same number of people, or a basis for several."""
    between = columns.people_parted_by
    if between is None or "person_ref" not in cells:
        return None
    count = len(_parts(cells["person_ref"], between))
    if count > 1 and "basis" in cells:
        return "basis", "a basis belongs to one person; write one row a person, or a records file"
    for column in _PERSON:
        if column in cells and not _fits(_parts(cells[column], between), count):
            return column, f"it names another number of people than person_ref, which names {count}"
    return None


def _parts(value: Any, between: str) -> list[Any]:
    """One entry for each person; a list that the map has split at the same mark is taken as it is."""
    if isinstance(value, list):
        return [[one] for one in value] if len(value) > 1 else [value]
    return [part.strip() for part in value.split(between)] if isinstance(value, str) else [value]


def _fits(parts: Sequence[Any], count: int) -> bool:
    return len(parts) in (1, count)


def flat_problem(cells: Mapping[str, Any]) -> tuple[str, str] | None:
    """Field and problem of a flat row that says something about a basis without naming one, or None."""
    if "expires_at" in cells and "given_at" not in cells:
        return "given_at", "it must not be empty where expires_at is filled"
    if "basis" in cells:
        if "person_ref" not in cells:
            return "person_ref", "a basis belongs to one person; name the pseudonym"
        return None
    for name in _NEEDS_BASIS:
        if name in cells:
            return "basis", f"it must not be empty where {name} is filled"
    return None


def row_record_values(cells: Mapping[str, Any], file_name: str) -> dict[str, Any] | None:
    """The basis record that a flat manifest row makes, scoped to the row's own image; None where `basis` is blank.

    Without a `record_id` the row gets one that stays the same when other rows or the record's dates change, so that
    filling in `withdrawn_at` later reaches the record that was given.
    """
    if "basis" not in cells:
        return None
    person = str(cells.get("person_ref", ""))
    values = record_values(cells)
    values["person"] = person
    values["items"] = [file_name]
    if "record_id" not in values:
        identity = "\0".join((file_name, person, str(cells["basis"])))
        values["record_id"] = f"ROW-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    return values


def record_values(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The nested basis record of flat cells, of a manifest row or of a records file."""
    values = {name: cells[name] for name in (*_RECORD, "person", "items", "sources") if name in cells}
    evidence = _part(cells, _EVIDENCE)
    if evidence:
        values["evidence"] = evidence
    given_by = _part(cells, _GIVEN_BY)
    if given_by:
        values["given_by"] = given_by
    events = []
    if "given_at" in cells:
        events.append({"state": "GIVEN", "at": cells["given_at"], "expires_at": cells.get("expires_at")})
    if "withdrawn_at" in cells:
        events.append({"state": "WITHDRAWN", "at": cells["withdrawn_at"]})
    if events:
        values["events"] = events
    return values


def column_of(field: str, cells: Mapping[str, Any]) -> str:
    """The flat column that a nested field was filled from, for error messages.

    >>> column_of("events[0].at", {"withdrawn_at": "soon"})
    'withdrawn_at'
    """
    if field.startswith("events["):
        if field.endswith("expires_at"):
            return "expires_at"
        return "given_at" if field.startswith("events[0]") and "given_at" in cells else "withdrawn_at"
    head, _, inner = field.partition(".")
    for prefix, columns in (("persons[", _PERSON), ("evidence", _EVIDENCE), ("given_by", _GIVEN_BY)):
        if inner and head.startswith(prefix):
            bare = inner.partition("[")[0]
            return next((column for column, name in columns.items() if name == bare), field)
    if field == "persons_determined_by.reviewer":
        return "reviewer"
    if field == "person" and "person_ref" in cells:
        return "person_ref"
    return field.partition("[")[0]


def _part(cells: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {name: cells[column] for column, name in columns.items() if column in cells}
