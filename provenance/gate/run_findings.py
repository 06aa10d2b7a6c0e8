"""What a gate has to say of the run and of no single image: statements that reach nothing, or not what they meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.keys import display
from provenance.ledger import schema
from provenance.ledger.idle_records import idle_records
from provenance.ledger.reach import How
from provenance.ledger.spans import STATUSES
from provenance.ledger.within import current_within
from provenance.model import Reason, RunFinding, from_micros
from provenance.policy.reasons import ReasonCatalogue
from provenance.vocabulary import ConsentStatus, Decision

_REFUSAL_CODES: Final = {
    ConsentStatus.WITHDRAWN: "CONSENT_WITHDRAWN",
    ConsentStatus.REFUSED: "OBJECTION_RECEIVED",
}
_NAMED: Final = 3
"""Images that one sentence names."""

REACHES_NOTHING: Final = "STATEMENT_REACHES_NOTHING"


def run_findings(
    connection: Connection, collections: Sequence[int], at: int, catalogue: ReasonCatalogue
) -> tuple[RunFinding, ...]:
    """The findings of a run over these collections, the worst first, each with the place of what was stated."""
    found = [*_misspelt(connection, collections, at, catalogue), *_reaching_nothing(connection, collections, catalogue)]
    return tuple(sorted(found, key=lambda one: (-one.decision.severity, one.file, one.line)))


def _misspelt(
    connection: Connection, collections: Sequence[int], at: int, catalogue: ReasonCatalogue
) -> Iterator[RunFinding]:
    """Refusals that hold images although they do not name them as they are called."""
    reach, refusal, record, version = (
        schema.refusal_reach.c,
        schema.refusal.c,
        schema.record.c,
        schema.statement_version.c,
    )
    item, link = schema.item.c, schema.source_of_collection.c
    speaks = sa.exists().where(link.collection_id == item.collection_id, link.source_id == refusal.source_id)
    rows = connection.execute(
        sa.select(
            refusal.record,
            refusal.status,
            refusal.at,
            reach.how,
            reach.person_id,
            record.record_id,
            record.line,
            version.path,
            sa.func.count(sa.distinct(item.id)).label("images"),
            sa.func.min(item.key).label("first"),
        )
        .join(schema.refusal, refusal.record == reach.record)
        .join(schema.record, record.id == reach.record)
        .join(schema.statement_version, version.id == record.version_id)
        .join(schema.item, item.id == reach.item_id)
        .where(reach.how != int(How.NAMED), current_within(collections), refusal.at <= at, speaks)
        .group_by(
            refusal.record, refusal.status, refusal.at, reach.how, reach.person_id, record.record_id, record.line,
            version.path,
        )
        .order_by(refusal.record, refusal.at, reach.how)
    )  # fmt: skip
    for row in rows:
        status = STATUSES[row.status]
        word = status.value.lower()
        held = f"{row.images} image{'s are' if row.images != 1 else ' is'} held, such as {display(bytes(row.first))}"
        person = _ref(connection, row.person_id)
        detail = f"Record {row.record_id}, {word} on {from_micros(row.at).date()}, {_MISSED[How(row.how)]}; {held}."
        yield _finding(catalogue, _REFUSAL_CODES[status], Decision.BLOCK, detail, (row.path, row.line), person)


_MISSED: Final = {
    How.NEARLY_NAMED: "has a scope that names images nearly and not as they are called",
    How.UNPLACED: "has a scope that names none of its person's images here",
    How.LIKE_PERSON: "was filed for a pseudonym that nobody here has and that is nearly one shown here",
}


def _ref(connection: Connection, person: int) -> str | None:
    return connection.execute(sa.select(schema.person.c.ref).where(schema.person.c.id == person)).scalar()


def _reaching_nothing(
    connection: Connection, collections: Sequence[int], catalogue: ReasonCatalogue
) -> Iterator[RunFinding]:
    """Records whose person no image shows, or whose scope names none, in any collection that their source speaks for.

    One register may serve several projects, so that alone fails nothing.
    """
    record, version, link = schema.record.c, schema.statement_version.c, schema.source_of_collection.c
    idle = idle_records(connection)
    speaking = sa.select(link.source_id).where(link.collection_id.in_(collections))
    held = sa.exists().where(schema.refusal_reach.c.record == record.id)
    rows = connection.execute(
        sa.select(record.record_id, record.line, version.path, schema.person.c.ref, idle.c.shown, record.header)
        .select_from(idle)
        .join(schema.record, record.id == idle.c.record)
        .join(schema.statement_version, version.id == record.version_id)
        .join(schema.person, schema.person.c.id == record.person_id)
        .where(idle.c.source_id.in_(speaking), ~held)
        .order_by(idle.c.record)
        .limit(_MOST)
    )
    for row in rows:
        if row.shown:
            scope = json.loads(row.header)
            named = [*scope.get("items", ()), *scope.get("sources", ())][:_NAMED]
            why = f"the images that it names show nobody of that pseudonym or are not here: {', '.join(named)}"
        else:
            why = f"no image shows {row.ref}"
        detail = f"Record {row.record_id} reaches nothing: {why}."
        yield _finding(catalogue, REACHES_NOTHING, Decision.INFO, detail, (row.path, row.line), row.ref)


_MOST: Final = 1_000
"""Such records that one run tells, those that were taken first."""


def _finding(
    catalogue: ReasonCatalogue,
    code: str,
    decision: Decision,
    detail: str,
    place: tuple[str, int],
    person: str | None,
) -> RunFinding:
    rule = catalogue[code]
    reason = Reason(code, rule.number, decision, detail, rule.otherwise, person=person)
    return RunFinding(decision, code, (reason,), *place)
