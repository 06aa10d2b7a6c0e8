"""Reports as they were given to somebody, so that the next one can say what has changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema_duties
from provenance.ledger.append import append
from provenance.model import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class GivenReport:
    """A report that was given: of which kind, to whom, for which purpose or release, and its figures."""

    kind: str
    recipient: str
    subject: str
    figures: Mapping[tuple[str, str], int | float]
    by: str
    at: datetime


def add(connection: Connection, given: GivenReport) -> None:
    """Append a report."""
    figures = json.dumps([[section, name, value] for (section, name), value in given.figures.items()])
    row = (given.kind, given.recipient, given.subject, figures, given.by, to_micros(given.at))
    append(connection, schema_duties.report, ("kind", "recipient", "subject", "figures", "by", "at"), [row])


def last(connection: Connection, kind: str, subject: str) -> GivenReport | None:
    """The newest report of a kind about the same."""
    table = schema_duties.report.c
    row = connection.execute(
        sa.select(schema_duties.report)
        .where(table.kind == kind, table.subject == subject)
        .order_by(table.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    figures = {(section, name): value for section, name, value in json.loads(row.figures)}
    return GivenReport(row.kind, row.recipient, row.subject, figures, row.by, from_micros(row.at))
