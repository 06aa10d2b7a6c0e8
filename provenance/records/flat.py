"""The flat form of CSV: a row of plain cells becomes the nested form of JSON Lines.

Source: the exchange formats, section 1b, and `docs/manifest.md` for the columns that basis records have in CSV.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

_LISTS: Final = frozenset(
    (
        "keywords",
        "jurisdictions",
        "items",
        "sources",
        "purposes",
        "recipients",
        "territories",
        "person_groups",
        "person_jurisdictions",
    )
)
_FLAGS: Final = frozenset(("biometric", "written_release", "person_identifiable"))
_WHOLE: Final = frozenset(("person_age", "signatures", "signatures_required"))

_PERSON: Final = {
    "person_ref": "ref",
    "person_age": "age",
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

FLAT_ONLY: Final = frozenset((*_PERSON, "basis", *_TIMES))
"""Columns that would be lost in a nested manifest, where `persons` and a records file take their place."""

_NEEDS_BASIS: Final = ("record_id", *_TIMES)

FILE_RECORD_COLUMNS: Final = FLAT_RECORD_COLUMNS | frozenset(("person", "items", "sources"))
"""Columns of a records file in CSV."""


def cells_of(row: Mapping[str, str]) -> dict[str, Any]:
    """A row's cells as JSON values: lists split at `;`, whole numbers and flags read. What cannot be read stays text,
    for the schema to refuse.

    >>> cells_of({"keywords": "sea; dusk", "person_age": "35", "biometric": "TRUE"})
    {'keywords': ['sea', 'dusk'], 'person_age': 35, 'biometric': True}
    """
    return {name: _cell(name, text) for name, text in row.items() if text.strip()}


def _cell(name: str, text: str) -> Any:
    if name in _LISTS:
        return [part.strip() for part in text.split(";") if part.strip()]
    bare = text.strip()
    if name in _WHOLE and len(bare) <= 4 and bare.isascii() and bare.isdigit():
        return int(bare)
    if name in _FLAGS and bare.lower() in ("true", "false"):
        return bare.lower() == "true"
    return text


def manifest_values(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The nested manifest row of a flat one, without the columns of its basis record.

    >>> manifest_values({"file_name": "1.jpg", "person_ref": "p1", "basis": "CONSENT", "reviewer": "AB"})
    {'file_name': '1.jpg', 'persons_determined_by': {'reviewer': 'AB'}, 'persons': [{'ref': 'p1'}]}
    """
    values = {name: value for name, value in cells.items() if name not in FLAT_COLUMNS}
    if "reviewer" in cells:
        values["persons_determined_by"] = {"reviewer": cells["reviewer"]}
    person = _part(cells, _PERSON)
    if person:
        values["persons"] = [person]
    return values


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
    for prefix, columns in (("persons[0].", _PERSON), ("evidence.", _EVIDENCE), ("given_by.", _GIVEN_BY)):
        if field.startswith(prefix):
            inner = field.removeprefix(prefix).partition("[")[0]
            return next((column for column, name in columns.items() if name == inner), field)
    if field == "persons_determined_by.reviewer":
        return "reviewer"
    if field == "person" and "person_ref" in cells:
        return "person_ref"
    return field.partition("[")[0]


def _part(cells: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {name: cells[column] for column, name in columns.items() if column in cells}
