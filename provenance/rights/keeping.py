"""How long records about the use itself are kept, and taking them away once they may go.

A breach is kept for 24 months from the day on which it was determined that it had occurred (SOR/2018-64 s. 6(1)), or
for longer where the law of a jurisdiction of it asks for more. By policy of this package an assessment is kept for 24
months from the day on which it was retired.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from provenance.errors import UsageError
from provenance.ledger import assessments, breaches, erasures, schema_duties
from provenance.ledger.assessments import Assessed
from provenance.ledger.breaches import Breach
from provenance.ledger.database import Database
from provenance.policy.packs import PackSet
from provenance.rights.erasing import Erased, clean, proof
from provenance.rights.told import require_named

MONTHS: Final = 24
_RULE: Final = "SOR/2018-64 s. 6(1)"

_TABLES: Final = {
    "breach": (schema_duties.breach, schema_duties.breach_event),
    "assessment": (schema_duties.assessment, schema_duties.assessment_end),
}


def kept_until(start: datetime, months: int = MONTHS) -> datetime:
    """Some months after a moment. Where the month is shorter then, the day after its end: never sooner.

    >>> kept_until(datetime(2024, 2, 29, tzinfo=UTC)).isoformat()
    '2026-03-01T00:00:00+00:00'
    """
    months += start.month - 1
    year, month = start.year + months // 12, months % 12 + 1
    try:
        return start.replace(year=year, month=month)
    except ValueError:
        return start.replace(year=year, month=month + 1, day=1)


def term(one: Breach | Assessed, packs: PackSet) -> tuple[int, str]:
    """For how many months a record is kept, and the rule that says so: the longest that applies."""
    laws = [packs.applying(place)[1].breaches for place in one.jurisdictions] if isinstance(one, Breach) else []
    longer = [(rule.keep_months, rule.citation) for rule in laws if rule.keep_months and rule.keep_months > MONTHS]
    return max(longer, default=(MONTHS, _RULE))


def may_go(one: Breach | Assessed, packs: PackSet) -> datetime | None:
    """From when on a record may be taken away; None while that is not known: it is open, or in force."""
    months, _ = term(one, packs)
    if isinstance(one, Breach):
        return None if one.is_open else kept_until(one.found_at, months)
    return None if one.retired_at is None else kept_until(one.retired_at, months)


def prune(database: Database, packs: PackSet, kind: str, ref: str, *, by: str) -> Erased:
    """Take a `breach` or an `assessment` away for good; a digest of each of its rows stays.

    Raises UsageError for one that has to be kept still, and says until when.
    """
    require_named(by)
    now = datetime.now(UTC)
    with database.writing() as connection:
        one = breaches.named(connection, ref) if kind == "breach" else assessments.named(connection, ref)
        at, (months, rule) = may_go(one, packs), term(one, packs)
        if at is None:
            raise UsageError(f"the {kind} {ref} is not over", remedy="close a breach, or retire an assessment, first")
        if at > now:
            raise UsageError(
                f"the {kind} {ref} has to be kept until {at:%Y-%m-%d} ({months} months, {rule})",
                remedy="take it away when that day has come",
            )
        table, events = _TABLES[kind]
        naming = events.c[f"{kind}_id"] == one.id
        rows = ((events, connection.execute(sa.select(events.c.id).where(naming)).scalars().all()), (table, (one.id,)))
        erasure = erasures.discard(connection, rows, cause=f"kept long enough: {kind} {ref}", by=by, at=now)
    clean(database)
    with database.reading() as connection:
        return Erased(erasure, (), proof(connection, erasure))
