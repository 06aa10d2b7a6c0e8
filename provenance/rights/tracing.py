"""From the source to every recipient: what is held about images, who vouched for what, and who was given them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.keys import collection_name, display
from provenance.ledger import accounts, releases, schema, schema_rights
from provenance.ledger.accounts import Disclosure
from provenance.ledger.gates import DECISIONS, history
from provenance.ledger.within import unindexed
from provenance.model import from_micros
from provenance.policy.reasons import load_reasons

_GATES: Final = 20
"""Gates of which it is told what they said."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A basis record of a person shown: as its source states it now, with its events."""

    source: str
    record_id: str
    person: str
    terms: Mapping[str, Any]
    events: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a gate said of an image, by which clock; `decision` and `reason` are "" where they were pruned since."""

    at: datetime
    as_of: datetime
    purpose: str
    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Traced:
    """One image with where it came from and where it went. `declared` are the rows that speak of it, without people.

    `verdicts` are those of the newest gates, the newest first.
    """

    collection: str
    collection_uri: str
    item: str
    sha256: str
    is_current: bool
    source_url: str
    acquired_at: str
    declared: tuple[tuple[str, Mapping[str, Any]], ...]
    said_by_file: tuple[tuple[str, str, str], ...]
    people: tuple[str, ...]
    records: tuple[Stated, ...]
    verdicts: tuple[Judged, ...]
    requests: tuple[str, ...]
    releases: tuple[str, ...]
    disclosures: tuple[Disclosure, ...]


def trace(connection: Connection, items: Sequence[int], only: frozenset[str] | None = None) -> list[Traced]:
    """Trace rows of images; of the people shown only those with a pseudonym in `only` are told, if it is given."""
    item, collection, content = schema.item.c, schema.collection.c, schema.content.c
    found = []
    for number in items:
        row = connection.execute(
            sa.select(
                item.key,
                item.current,
                item.source_url,
                item.acquired_at,
                item.collection_id,
                collection.uri,
                content.sha256,
            )
            .join(schema.collection, collection.id == item.collection_id)
            .outerjoin(schema.content, content.id == item.content_id)
            .where(item.id == number)
        ).one()
        people = _people(connection, number)
        told = {ref: who for ref, who in people.items() if only is None or ref in only}
        found.append(
            Traced(
                collection=collection_name(row.uri),
                collection_uri=row.uri,
                item=display(bytes(row.key)),
                sha256=bytes(row.sha256).hex() if row.sha256 is not None else "",
                is_current=row.current,
                source_url=row.source_url or "",
                acquired_at=from_micros(row.acquired_at).isoformat() if row.acquired_at is not None else "",
                declared=_declared(connection, number),
                said_by_file=_said(connection, number),
                people=tuple(told),
                records=tuple(_records(connection, row.collection_id, told)),
                verdicts=_verdicts(connection, row.collection_id, bytes(row.key)),
                requests=_requests(connection, number),
                releases=tuple(one.name for one in releases.affected(connection, [number])),
                disclosures=tuple(accounts.given(connection, [number])),
            )
        )
    return found


def _verdicts(connection: Connection, collection: int, key: bytes) -> tuple[Judged, ...]:
    """What the newest gates said of an image; nothing of one that was erased, whose name is gone."""
    codes = load_reasons().codes
    return tuple(
        Judged(
            told.at,
            told.as_of,
            json.loads(told.context).get("purpose") or "",
            DECISIONS[told.decision].value if told.decision is not None else "",
            codes.get(told.reason, "") if told.reason is not None else "",
        )
        for told in (islice(history(connection, collection, key), _GATES) if key else ())
    )


def _people(connection: Connection, item: int) -> dict[str, int]:
    shown, person = schema.depiction.c, schema.person.c
    rows = connection.execute(
        sa.select(person.ref, person.id)
        .join(schema.depiction, shown.person_id == person.id)
        .where(shown.item_id == item)
        .order_by(shown.ordinal)
    )
    return dict(rows.all())


def _declared(connection: Connection, item: int) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    row, further, declaration = schema.item.c, schema.also_declared.c, schema.declaration.c
    version, source = schema.statement_version.c, schema.statement_source.c
    numbers = sa.union(
        sa.select(row.declaration_id).where(row.id == item, row.declaration_id.is_not(None)),
        sa.select(further.declaration_id).where(further.item_id == item),
    )
    rows = connection.execute(
        sa.select(source.name, declaration.line, declaration.row)
        .join(schema.statement_version, version.id == declaration.version_id)
        .join(schema.statement_source, source.id == version.source_id)
        .where(declaration.id.in_(numbers))
        .order_by(declaration.id)
    )
    told = []
    for name, line, text in rows:
        values = {key: value for key, value in json.loads(text).items() if not key.startswith("persons")}
        told.append((f"{name}:{line}" if line else name, values))
    return tuple(told)


def _said(connection: Connection, item: int) -> tuple[tuple[str, str, str], ...]:
    signal = schema.signal.c
    rows = connection.execute(
        sa.select(signal.origin, signal.name, signal.value).where(signal.item_id == item).order_by(signal.ordinal)
    )
    return tuple((origin, name, value) for origin, name, value in rows)


def _records(connection: Connection, collection: int, people: Mapping[str, int]) -> list[Stated]:
    record, source, link = schema.record.c, schema.statement_source.c, schema.source_of_collection.c
    speaking = sa.select(link.source_id).where(link.collection_id == collection)
    rows = connection.execute(
        sa.select(record.id, record.record_id, record.person_id, record.header, source.name)
        .join(schema.statement_source, source.id == record.source_id)
        .where(record.person_id.in_(list(people.values())), record.current, unindexed(record.source_id).in_(speaking))
        .order_by(record.id)
    ).all()
    names = {number: ref for ref, number in people.items()}
    event = schema.event.c
    found = []
    for row in rows:
        events = connection.execute(sa.select(event.state, event.at).where(event.record == row.id).order_by(event.at))
        told = tuple((state, from_micros(at).isoformat()) for state, at in events)
        found.append(Stated(row.name, row.record_id, names[row.person_id], json.loads(row.header), told))
    return found


def _requests(connection: Connection, item: int) -> tuple[str, ...]:
    reach, match = schema_rights.hold_reach.c, schema_rights.suppression_match.c
    hold, request, row = schema_rights.hold.c, schema_rights.request.c, schema.item.c
    by_name = sa.select(reach.hold_id).where(reach.item_id == item)
    by_picture = sa.select(match.hold_id).join(schema.item, row.content_id == match.content_id).where(row.id == item)
    rows = connection.execute(
        sa.select(request.ref)
        .join(schema_rights.hold, hold.request_id == request.id)
        .where(hold.id.in_(sa.union(by_name, by_picture)))
        .distinct()
        .order_by(request.ref)
    )
    return tuple(rows.scalars())
