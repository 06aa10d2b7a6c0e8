"""Finding what somebody changed by hand: recorded rows by their chain of digests, derived ones by their checksums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.ledger import checks, schema
from provenance.ledger.append import MUTABLE, digest_of
from provenance.ledger.consents import EVENT, SCOPE, parts_of
from provenance.ledger.gates import decision_digest, gate_parts
from provenance.ledger.interning import profile_digest
from provenance.ledger.registry import DEPICTION, FURTHER, SIGNAL, item_parts

_PAGE: Final = 1_000
_STREAMED: Final = {"yield_per": _PAGE}


@dataclass(frozen=True, slots=True)
class Changed:
    """One place that is not as this package left it; `row` is None where it cannot be said which one."""

    table: str
    row: int | None
    what: str


def verify(connection: Connection) -> Iterator[Changed]:
    """Everything in a ledger that is not as this package left it, table by table."""
    for table in schema.RECORDED:
        yield from _chain(connection, table)
    yield from _counting(connection)
    yield from _named_by_digest(connection)
    for table in schema.DERIVED:
        if not checks.is_sound(connection, table):
            yield Changed(table.name, None, "a derived value is not as it was written")


def _chain(connection: Connection, table: sa.Table) -> Iterator[Changed]:
    head = schema.chain_head.c
    kept = connection.execute(sa.select(head.rows, head.row_digest).where(head.name == table.name)).first()
    count, last, before = 0, b"", 0
    left_out = MUTABLE.get(table.name, frozenset()) | {"row_digest"}
    columns = [column.name for column in table.columns if column.name not in left_out]
    parts = _PARTS.get(table.name, _none)
    rows = connection.execute(sa.select(table).order_by(table.c.id), execution_options=_STREAMED)
    for page in batched((row._mapping for row in rows), _PAGE):  # noqa: SLF001 - SQLAlchemy's public mapping
        belonging = parts(connection, [row["id"] for row in page])
        for row in page:
            content = {**{name: row[name] for name in columns}, **belonging[row["id"]]}
            if row["id"] != before + 1:
                yield Changed(table.name, row["id"], f"row {before + 1} before it was taken out")
            elif digest_of(last, content) != bytes(row["row_digest"]):
                yield Changed(table.name, row["id"], "its content, or the row before it, was changed")
            count, last, before = count + 1, bytes(row["row_digest"]), row["id"]
    if (count, last) != ((kept.rows, bytes(kept.row_digest)) if kept is not None else (0, b"")):
        yield Changed(table.name, None, "rows at its end were taken out or put in")


_Parts = Callable[[Connection, Sequence[int]], Mapping[int, Mapping[str, Any]]]


def _rows_of(
    connection: Connection, table: sa.Table, columns: Sequence[str], numbers: Sequence[int]
) -> dict[int, list[tuple[Any, ...]]]:
    """The rows of a table that belong to others, by the number of these and in the order of its key."""
    wanted = [table.c[name] for name in columns]
    rows = connection.execute(sa.select(*wanted).where(wanted[0].in_(numbers)).order_by(*table.primary_key))
    grouped = groupby(map(tuple, rows), key=itemgetter(0))
    return {number: [row[1:] for row in several] for number, several in grouped}


def _none(_connection: Connection, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    return {number: {} for number in numbers}


def _of_items(connection: Connection, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    shown = _rows_of(connection, schema.depiction, DEPICTION, numbers)
    signals = _rows_of(connection, schema.signal, SIGNAL, numbers)
    further = _rows_of(connection, schema.also_declared, FURTHER, numbers)
    return {n: item_parts(shown.get(n, ()), signals.get(n, ()), further.get(n, ())) for n in numbers}


def _of_records(connection: Connection, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    events = _rows_of(connection, schema.event, EVENT, numbers)
    scopes = _rows_of(connection, schema.scope, SCOPE, numbers)
    return {n: parts_of(sorted(events.get(n, ())), sorted(scopes.get(n, ()))) for n in numbers}


def _of_scans(connection: Connection, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    given = _rows_of(connection, schema.scan_source, ("scan_id", "version_id"), numbers)
    return {n: {"scan_source": sorted(version for (version,) in given.get(n, ()))} for n in numbers}


def _of_gates(connection: Connection, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    seen = _rows_of(connection, schema.gate_collection, ("gate_id", "collection_id", "revision"), numbers)
    columns = ("gate_id", "item_id", "decision", "reason", "reasons")
    own = _rows_of(connection, schema.gate_exception, columns, numbers)
    return {n: gate_parts(sorted(seen.get(n, ())), sorted(own.get(n, ()))) for n in numbers}


_PARTS: Final[Mapping[str, _Parts]] = {
    "item": _of_items,
    "record": _of_records,
    "scan": _of_scans,
    "gate": _of_gates,
}


def _counting(connection: Connection) -> Iterator[Changed]:
    """Rows whose `current` is not what the rows that end them say."""
    ends = (
        (schema.item, schema.item_end.c.item_id),
        (schema.record, schema.record_end.c.record),
        (schema.hash_list, schema.list_end.c.list_id),
    )
    for table, named in ends:
        ended = sa.exists().where(named == table.c.id)
        wrong = sa.select(table.c.id).where(sa.or_(sa.and_(table.c.current, ended), sa.and_(~table.c.current, ~ended)))
        for number in connection.execute(wrong.order_by(table.c.id)).scalars():
            yield Changed(table.name, number, "whether it counts was changed")
    check, later = schema.evidence_check, schema.evidence_check.alias("later")
    newer = sa.exists().where(later.c.evidence_id == check.c.evidence_id, later.c.id > check.c.id)
    wrong = sa.select(check.c.id).where(sa.or_(sa.and_(check.c.current, newer), sa.and_(~check.c.current, ~newer)))
    for number in connection.execute(wrong.order_by(check.c.id)).scalars():
        yield Changed(check.name, number, "whether it counts was changed")


def _named_by_digest(connection: Connection) -> Iterator[Changed]:
    facts, profile, decided = schema.fact_set.c, schema.profile.c, schema.cached_decision
    for number, digest, text in connection.execute(
        sa.select(facts.id, facts.digest, facts.facts), execution_options=_STREAMED
    ):
        if bytes(digest) != sha256(text.encode()).digest():
            yield Changed("fact_set", number, "it is not what its digest names")
    for number, digest, kind, text in connection.execute(
        sa.select(profile.id, profile.digest, profile.kind, profile.facts), execution_options=_STREAMED
    ):
        if bytes(digest) != profile_digest(kind, text):
            yield Changed("profile", number, "it is not what its digest names")
    for row in connection.execute(sa.select(decided), execution_options=_STREAMED):
        expected = decision_digest(bytes(row.policy_version), row.fact_set_id, row.decision, row.reason, row.findings)
        if bytes(row.digest) != expected:
            yield Changed("cached_decision", row.fact_set_id, "it is not what its digest names")
