"""Finding what somebody changed by hand: recorded rows by their chain of digests, derived ones by their checksums.

The log is checked leaf by leaf, and each table's chain against what every entry of the log says of it, so that whoever
rewrites a chain from some row on has to rewrite the log as well, and then differs from every checkpoint given out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.errors import InputError, LedgerError
from provenance.ledger import checks, lists, log, schema, schema_rights
from provenance.ledger.append import MUTABLE, digest_of
from provenance.ledger.consents import EVENT, SCOPE, parts_of
from provenance.ledger.erasures import erasure_parts, left_parts
from provenance.ledger.gates import decision_digest, gate_parts
from provenance.ledger.interning import profile_digest
from provenance.ledger.numbers import chunk_parts, unpacked
from provenance.ledger.registry import DEPICTION, FURTHER, SIGNAL, item_parts
from provenance.ledger.secret import named_secret, secret_of
from provenance.model import from_micros
from provenance.proofs import merkle
from provenance.proofs.checkpoints import Checkpoint
from provenance.proofs.notes import Note

_PAGE: Final = 1_000
_PAGES_TOLD: Final = 100
_STREAMED: Final = {"yield_per": _PAGE}


@dataclass(frozen=True, slots=True)
class Changed:
    """One place that is not as this package left it; `row` is None where it cannot be said which one."""

    table: str
    row: int | None
    what: str


def verify(connection: Connection) -> Iterator[Changed]:
    """Everything in a ledger that is not as this package left it, table by table."""
    logged: dict[str, list[_Head]] = {}
    yield from _pages(connection)
    yield from _read("log_entry", _log(connection, logged))
    for table in schema.RECORDED:
        yield from _read(table.name, _chain(connection, table, logged.get(table.name, [])))
    yield from _read("erased_row", _of_no_erasure(connection))
    yield from _read("checkpoint", _checkpoints(connection))
    yield from _counting(connection)
    for table in (schema_rights.release_chunk, schema_rights.disclosure_chunk, schema_rights.search_chunk):
        yield from _read(table.name, _packed(connection, table))
    yield from _read("ledger_secret", _secret(connection, logged.get("ledger_secret", [])))
    yield from _read("fact_set", _named_by_digest(connection))
    for table in schema.DERIVED:
        if not checks.is_sound(connection, table):
            yield Changed(table.name, None, "a derived value is not as it was written")


def _read(table: str, found: Iterator[Changed]) -> Iterator[Changed]:
    """What was found in a table; where a value is of no kind that this package writes, that is found too."""
    try:
        yield from found
    except (TypeError, ValueError, LookupError, ArithmeticError):
        yield Changed(table, None, "it holds values that this package never writes")
    except sa.exc.OperationalError as error:
        if "decode" not in str(error.orig):  # what SQLite's driver says of a text that is none
            raise
        yield Changed(table, None, "it holds values that this package never writes")


def _pages(connection: Connection) -> Iterator[Changed]:
    """Pages of a SQLite file that were torn: rows that an index misses are in no answer, and in no digest either."""
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_PAGES_TOLD})"):
            if said != "ok":
                yield Changed("sqlite", None, str(said).replace("\n", " "))


_Head = tuple[int, bytes]
"""How many rows a table had, and the digest of the last."""


def _secret(connection: Connection, logged: Sequence[_Head]) -> Iterator[Changed]:
    try:
        secret_of(connection)
    except LedgerError:
        yield Changed("ledger_secret", None, "it is no secret of this ledger")
    if named_secret(connection) != (logged[-1] if logged else None):
        yield Changed("ledger_secret", None, "the log says otherwise of it")


def _log(connection: Connection, logged: dict[str, list[_Head]]) -> Iterator[Changed]:
    """Check the log by itself, and collect what its entries say of each table."""
    before, newest = 0, from_micros(0)
    try:
        for one in log.entries(connection):
            if one.number != before + 1:
                yield Changed("log_entry", one.number, f"entry {before + 1} before it was taken out")
            elif merkle.leaf_hash(one.text.encode()) != one.leaf:
                yield Changed("log_entry", one.number, "it is not what its leaf names")
            elif one.named != one.number:
                yield Changed("log_entry", one.number, f"it was written as entry {one.named}")
            elif one.at < newest:
                yield Changed("log_entry", one.number, "it is earlier than the one before it")
            newest = max(newest, one.at)
            for name, head in one.heads.items():
                if logged.setdefault(name, [(0, b"")])[-1][0] >= head[0]:
                    yield Changed("log_entry", one.number, f"it has fewer rows of {name} than an entry before it")
                logged[name].append(head)
            before = one.number
    except LedgerError:
        yield Changed("log_entry", before + 1, "it cannot be read")


def _checkpoints(connection: Connection) -> Iterator[Changed]:
    """Checkpoints that were signed here and that the log does not extend any more, as where its end was cut off."""
    table = schema_rights.checkpoint
    rows = connection.execute(sa.select(table).order_by(table.c.id)).all()
    roots = merkle.roots_of(log.leaves(connection), {row.size for row in rows})
    for before, row in enumerate(rows):
        if row.id != before + 1:
            yield Changed(table.name, row.id, f"row {before + 1} before it was taken out")
            return
        try:
            signed = Checkpoint.parse(Note.parse(row.note).text)
        except InputError:
            yield Changed(table.name, row.id, "it is no signed note")
            continue
        if not (signed.size, signed.root) == (row.size, bytes(row.root)) == (row.size, roots.get(row.size)):
            yield Changed(table.name, row.id, f"the log is not what was signed when it had {signed.size:,} entries")


def _chain(connection: Connection, table: sa.Table, logged: Sequence[_Head]) -> Iterator[Changed]:
    head = schema.chain_head.c
    kept = connection.execute(sa.select(head.rows, head.row_digest).where(head.name == table.name)).first()
    count, last, before = 0, b"", 0
    left_out = MUTABLE.get(table.name, frozenset()) | {"row_digest"}
    columns = [column.name for column in table.columns if column.name not in left_out]
    parts = _PARTS.get(table.name, _none)
    expected = dict(logged)
    for page in batched(_rows_and_erased(connection, table), _PAGE):
        belonging = parts(connection, [row["id"] for row, _ in page if row is not None])
        for row, erased in page:
            number = erased[0] if erased is not None else row["id"]
            if number != before + 1:
                yield Changed(table.name, number, f"row {before + 1} before it was taken out")
            elif erased is not None and row is not None and bytes(row["row_digest"]) != erased[1]:
                yield Changed(table.name, number, "its digest is not the one that was kept when it was erased")
            elif erased is None:
                content = {name: row[name] for name in columns}
                covered = belonging[row["id"]]
                before_that = {name: part for name, part in covered.items() if name not in _COVERED_LATER}
                if all(
                    digest_of(last, {**content, **one}) != bytes(row["row_digest"]) for one in (covered, before_that)
                ):
                    yield Changed(table.name, number, "its content, or the row before it, was changed")
            last = erased[1] if erased is not None else bytes(row["row_digest"])
            count, before = count + 1, number
            if expected.get(number, last) != last:
                yield Changed(table.name, number, "the log says otherwise of it, or of a row before it")
    if (count, last) != ((kept.rows, bytes(kept.row_digest)) if kept is not None else (0, b"")):
        yield Changed(table.name, None, "rows at its end were taken out or put in")
    elif count != (logged[-1][0] if logged else 0):
        yield Changed(table.name, None, "the log knows of more rows, or of fewer")


_Erased = tuple[int, bytes]
"""The number of a row whose content was erased, and the digest that it had."""


def _rows_and_erased(connection: Connection, table: sa.Table) -> Iterator[tuple[Any, _Erased | None]]:
    """Every row of a table with its number in the erasures, in order; None for a row that is there no more."""
    gone = schema_rights.erased_row.c
    erased = connection.execute(
        sa.select(gone.row, gone.row_digest).where(gone.name == table.name).order_by(gone.row),
        execution_options=_STREAMED,
    )
    rows = connection.execute(sa.select(table).order_by(table.c.id), execution_options=_STREAMED)
    there: Iterator[tuple[int, int, Any]] = ((row.id, 0, row._mapping) for row in rows)  # noqa: SLF001 - public
    gone_by: Iterator[tuple[int, int, Any]] = ((number, 1, bytes(digest)) for number, digest in erased)
    for number, several in groupby(merge(there, gone_by, key=itemgetter(0, 1)), key=itemgetter(0)):
        found = {which: value for _, which, value in several}
        yield found.get(0), (number, found[1]) if 1 in found else None


def _of_no_erasure(connection: Connection) -> Iterator[Changed]:
    """Rows that are said to be erased by an erasure that there is not: nothing else would be told of their content."""
    gone, erasure = schema_rights.erased_row.c, schema_rights.erasure.c
    forged = sa.select(gone.name, gone.row).where(~sa.exists().where(erasure.id == gone.erasure_id))
    for name, row in connection.execute(forged.order_by(gone.name, gone.row)):
        yield Changed("erased_row", row, f"no erasure took this row of {name}")


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


def _of_lists(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """The digest over the hashes of each list."""
    return {number: lists.chunk_parts(lists.stored_chunks(connection, number)) for number in numbers}


def _of_chunks(table: sa.Table) -> _Parts:
    """The digest over packed numbers that belong to the rows of another table."""

    def of(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        columns = [column.name for column in table.columns]
        chunks = _rows_of(connection, table, columns, numbers)
        return {n: chunk_parts(bytes(items) for _, _, items in chunks.get(n, ())) for n in numbers}

    return of


def _of_erasures(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    table = schema_rights.erased_row.c
    found = {}
    for number in numbers:
        rows = sa.select(table.name, table.row, table.row_digest).where(table.erasure_id == number)
        ordered = connection.execute(rows.order_by(table.name, table.row), execution_options=_STREAMED)
        parts = erasure_parts((name, row, bytes(digest)) for name, row, digest in ordered)
        erased = connection.execute(sa.select(table.name, table.row).where(table.erasure_id == number))
        found[number] = {**parts, **left_parts(connection, ((name, row) for name, row in erased))}
    return found


_PARTS: Final[Mapping[str, _Parts]] = {
    "item": _of_items,
    "record": _of_records,
    "scan": _of_scans,
    "gate": _of_gates,
    "release": _of_chunks(schema_rights.release_chunk),
    "disclosure": _of_chunks(schema_rights.disclosure_chunk),
    "search": _of_chunks(schema_rights.search_chunk),
    "erasure": _of_erasures,
    "hash_list": _of_lists,
}

_COVERED_LATER: Final = frozenset(("hash_chunk", "left"))
"""What the digests of older lists and erasures do not cover. The log holds each row to the digest that it has."""


def _packed(connection: Connection, table: sa.Table) -> Iterator[Changed]:
    """Packed numbers that are not between those by which they are found."""
    owner = next(iter(table.primary_key))
    rows = sa.select(owner, table.c.first, table.c.last, table.c["items"]).order_by(*table.primary_key)
    for number, first, last, data in connection.execute(rows, execution_options=_STREAMED):
        items = unpacked(bytes(data))
        if not len(items) or (first, last) != (items[0], items[-1]):
            yield Changed(table.name, number, "it does not hold the numbers between which it is looked for")


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
