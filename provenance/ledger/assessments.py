"""Assessments of whether a purpose is necessary and proportionate, as they were recorded and retired."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import schema, schema_duties
from provenance.ledger.append import append, next_id
from provenance.ledger.interning import raise_revision
from provenance.ledger.registry import day_number, day_of
from provenance.model import Assessment, from_micros, to_micros
from provenance.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """An assessment (DPIA, PIA, PIPEDA s. 5(3)) of one purpose.

    It speaks of these recipients and of nobody else; `faces` says that it weighed that faces are measured.
    """

    ref: str
    purpose: Purpose
    recipients: tuple[str, ...]
    faces: bool
    approver: str
    approved_at: datetime
    review_by: date | None
    evidence: str
    evidence_sha256: bytes
    by: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment as it stands; `retired_at` with who retired it and why, None while it counts."""

    id: int
    ref: str
    purpose: Purpose
    recipients: tuple[str, ...]
    faces: bool
    approver: str
    approved_at: datetime
    review_by: date | None
    evidence: str
    evidence_sha256: bytes
    by: str
    at: datetime
    retired_at: datetime | None
    retired_by: str
    reason: str

    @property
    def stated(self) -> Assessment:
        """It as a gate context names one."""
        return Assessment(self.ref, self.approver, self.approved_at, self.review_by)

    def covers(self, purpose: Purpose, recipients: Iterable[str], *, measures_faces: bool) -> bool:
        """Whether it was made for this use, and nobody retired it: under another clock it counts no more either."""
        return (
            self.retired_at is None
            and purpose is self.purpose
            and set(recipients) <= set(self.recipients)
            and (self.faces or not measures_faces)
        )


def add(connection: Connection, new: NewAssessment, at: datetime) -> Assessed:
    """Append an assessment. Raises UsageError where its reference is held already."""
    table = schema_duties.assessment
    if connection.execute(sa.select(table.c.id).where(table.c.ref == new.ref)).first() is not None:
        raise UsageError(
            f"an assessment {new.ref} is held already", remedy="name the new one otherwise, such as by a version"
        )
    columns = (
        "id", "ref", "purpose", "recipients", "faces", "approver", "approved_at", "review_by", "evidence",
        "evidence_sha256", "by", "at",
    )  # fmt: skip
    row = (
        next_id(connection, table),
        new.ref,
        new.purpose.value,
        json.dumps(sorted(set(new.recipients))),
        new.faces,
        new.approver,
        to_micros(new.approved_at),
        day_number(new.review_by),
        new.evidence,
        new.evidence_sha256,
        new.by,
        to_micros(at),
    )
    append(connection, table, columns, [row])
    raise_revision(connection, sa.select(schema.collection.c.id))
    return named(connection, new.ref)


def retire(connection: Connection, assessed: Assessed, *, by: str, reason: str, at: datetime) -> None:
    """Note that an assessment counts no more. Raises UsageError for one that was retired before."""
    if assessed.retired_at is not None:
        raise UsageError(
            f"the assessment {assessed.ref} was retired on {assessed.retired_at.date()}", remedy="nothing is left to do"
        )
    row = (assessed.id, to_micros(at), by, reason)
    append(connection, schema_duties.assessment_end, ("assessment_id", "at", "by", "reason"), [row])
    raise_revision(connection, sa.select(schema.collection.c.id))


def named(connection: Connection, ref: str) -> Assessed:
    """The assessment of that reference. Raises UsageError."""
    found = [one for one in listed(connection) if one.ref == ref]
    if not found:
        raise UsageError(f"there is no assessment {ref}", remedy="see `provenance assessments list`")
    return found[0]


def listed(connection: Connection) -> list[Assessed]:
    """Every assessment, in the order in which they were recorded."""
    table, end = schema_duties.assessment, schema_duties.assessment_end.c
    rows = connection.execute(
        sa.select(table, end.at.label("retired_at"), end.by.label("retired_by"), end.reason)
        .outerjoin(schema_duties.assessment_end, end.assessment_id == table.c.id)
        .order_by(table.c.id)
    )
    return [
        Assessed(
            id=row.id,
            ref=row.ref,
            purpose=Purpose(row.purpose),
            recipients=tuple(json.loads(row.recipients)),
            faces=row.faces,
            approver=row.approver,
            approved_at=from_micros(row.approved_at),
            review_by=day_of(row.review_by) if row.review_by is not None else None,
            evidence=row.evidence,
            evidence_sha256=bytes(row.evidence_sha256),
            by=row.by,
            at=from_micros(row.at),
            retired_at=from_micros(row.retired_at) if row.retired_at is not None else None,
            retired_by=row.retired_by or "",
            reason=row.reason or "",
        )
        for row in rows
    ]
