"""Erasing what is held of images and of the people whom they show.

Rows that others refer to are emptied, all others are removed. Of each the digest stays that keeps its place in the
chain of its table (`ledger.append`); the random bytes under that digest go with the content, so nobody can tell any
more what it said. What was derived goes too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.keys import display
from provenance.ledger import idle_records, schema, schema_duties, schema_rights
from provenance.ledger.append import MUTABLE, append, next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.registry import retire
from provenance.model import from_micros, to_micros
from provenance.proofs.canonical import canonical


@dataclass(frozen=True, slots=True)
class Erasure:
    """What one erasure took: how many images, and rows of which tables. `digest` chains it to the others."""

    id: int
    request_id: int | None
    cause: str
    images: int
    rows: Mapping[str, int]
    by: str
    at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is to be erased: rows of images, and persons with what these sources (None: all) state of them."""

    items: Sequence[int]
    people: Sequence[int] = ()
    sources: frozenset[int] | None = None


def erase(
    connection: Connection, doomed: Doomed, *, request_id: int | None, cause: str, by: str, at: datetime
) -> Erasure:
    """Erase, and keep what was erased as rows of `erasure` and `erased_row`. The caller holds the transaction."""
    rows = _Rows(connection)
    names, images = _names(connection, doomed), _images(connection, doomed.items)
    contents = _contents_of(connection, doomed.items)
    _items(rows, doomed.items)
    _contents(rows, contents)
    _records(rows, doomed, to_micros(at))
    _what_names(rows, names, frozenset(doomed.items))
    idle_records.forget(connection)  # nothing tells any more whom the images showed
    return _noted(rows, _Cause(request_id, cause, images, by, at))


def discard(
    connection: Connection, doomed: Sequence[tuple[sa.Table, Sequence[int]]], *, cause: str, by: str, at: datetime
) -> Erasure:
    """Take rows away that were kept long enough, those that name others first, and keep their digests as `erase` does.

    The caller holds the transaction.
    """
    rows = _Rows(connection)
    for table, numbers in doomed:
        rows.remove(table, numbers)
    return _noted(rows, _Cause(None, cause, 0, by, at))


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why rows were erased, of how many images they are, and who did it when."""

    request_id: int | None
    cause: str
    images: int
    by: str
    at: datetime


def _noted(rows: _Rows, why: _Cause) -> Erasure:
    """Keep what was erased as rows of `erasure` and `erased_row`."""
    number = next_id(rows.connection, schema_rights.erasure)
    report = json.dumps(rows.counts, sort_keys=True)
    columns = ("id", "request_id", "cause", "images", "report", "by", "at")
    row = (number, why.request_id, why.cause, why.images, report, why.by, to_micros(why.at))
    parts = {**erasure_parts(rows.sorted()), **left_parts(rows.connection, rows.digests)}
    append(rows.connection, schema_rights.erasure, columns, [row], parts=[parts])
    erased = ((name, one, number, digest) for name, one, digest in rows.sorted())
    bulk(rows.connection, schema_rights.erased_row, ("name", "row", "erasure_id", "row_digest"), erased)
    return next(one for one in listed(rows.connection) if one.id == number)


def listed(connection: Connection) -> list[Erasure]:
    """Every erasure, in order."""
    rows = connection.execute(sa.select(schema_rights.erasure).order_by(schema_rights.erasure.c.id))
    return [
        Erasure(
            row.id, row.request_id, row.cause, row.images, json.loads(row.report), row.by, from_micros(row.at),
            bytes(row.row_digest),
        )
        for row in rows
    ]  # fmt: skip


def erasure_parts(rows: Iterable[tuple[str, int, bytes]]) -> dict[str, Any]:
    """What the digest of an erasure covers beside its own row: the erased rows, by table and number."""
    hasher = sha256()
    for name, row, digest in rows:
        hasher.update(canonical([name, row, digest]) + b"\n")
    return {"erased_row": hasher.hexdigest()}


_LEFT: Final = (schema.item, schema.person, schema.record, schema_rights.legal_order, schema_rights.request)
"""The tables whose erased rows stay with what others refer to, and are not changed any more."""


def left_parts(connection: Connection, erased: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """What the digest of an erasure covers of the rows, by table and number, that it left without their content."""
    hasher, numbers = sha256(), dict[str, list[int]]()
    for name, number in sorted(erased):
        numbers.setdefault(name, []).append(number)
    for table in _LEFT:
        kept = [one for one in table.c if one.name not in {*MUTABLE.get(table.name, ()), "salt", "row_digest"}]
        for some in batched(numbers.get(table.name, ()), IN_LIST):
            query = sa.select(*kept).where(table.c.id.in_(some)).order_by(table.c.id)
            for row in connection.execute(query).mappings():
                content = {name: value for name, value in row.items() if value is not None}
                hasher.update(canonical([table.name, content]) + b"\n")
    return {"left": hasher.hexdigest()}


@dataclass(slots=True)
class _Rows:
    """Empties and removes rows, and keeps the digests of those that were not erased before."""

    connection: Connection
    digests: dict[tuple[str, int], bytes] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        names = [name for name, _ in self.digests]
        return {name: names.count(name) for name in sorted(set(names))}

    def sorted(self) -> list[tuple[str, int, bytes]]:
        return [(name, number, digest) for (name, number), digest in sorted(self.digests.items())]

    def empty(self, table: sa.Table, numbers: Sequence[int], **values: Any) -> None:
        """Leave of these rows their numbers and what they refer to, beside these values."""
        for some in batched(numbers, IN_LIST):
            self._keep_digests(table, some)
            self.connection.execute(sa.update(table).where(table.c.id.in_(some)).values(salt=None, **values))

    def remove(self, table: sa.Table, numbers: Sequence[int]) -> None:
        """Take these rows away, which nothing may refer to any more."""
        for some in batched(numbers, IN_LIST):
            self._keep_digests(table, some)
            self.connection.execute(sa.delete(table).where(table.c.id.in_(some)))

    def numbers(self, column: sa.Column[Any], wanted: Sequence[Any], number: sa.Column[Any]) -> list[int]:
        """The numbers, where there are any, in the rows that have one of these values."""
        found: list[int] = []
        for some in batched(wanted, IN_LIST):
            query = sa.select(number).where(column.in_(some), number.is_not(None))
            found += self.connection.execute(query).scalars()
        return sorted(found)

    def drop(self, table: sa.Table, column: sa.Column[Any], wanted: Sequence[Any], *, derived: bool = True) -> None:
        """Take the rows of a table without digests of its own away."""
        for some in batched(wanted, IN_LIST):
            where: sa.ColumnElement[bool] = column.in_(some)
            if derived:
                with changing(self.connection, table, where):
                    self.connection.execute(sa.delete(table).where(where))
            else:
                self.connection.execute(sa.delete(table).where(where))

    def _keep_digests(self, table: sa.Table, numbers: Sequence[int]) -> None:
        gone = schema_rights.erased_row.c
        before = sa.exists().where(gone.name == table.name, gone.row == table.c.id)
        query = sa.select(table.c.id, table.c.row_digest).where(table.c.id.in_(numbers), ~before)
        self.digests.update({(table.name, number): bytes(digest) for number, digest in self.connection.execute(query)})


def _contents_of(connection: Connection, items: Sequence[int]) -> list[int]:
    """The contents that no other image has."""
    item = schema.item.c
    found: set[int] = set()
    for some in batched(items, IN_LIST):
        query = sa.select(item.content_id).where(item.id.in_(some), item.content_id.is_not(None))
        found.update(connection.execute(query).scalars())
    kept: set[int] = set()
    doomed = set(items)
    for some in batched(sorted(found), IN_LIST):
        holders = connection.execute(sa.select(item.content_id, item.id).where(item.content_id.in_(some)))
        kept.update(content for content, number in holders if number not in doomed)
    return sorted(found - kept)


def _images(connection: Connection, items: Sequence[int]) -> int:
    """How many images these rows tell of: one that was declared anew has several. Those erased before are left out."""
    item, found = schema.item.c, set[tuple[int, bytes]]()
    for some in batched(items, IN_LIST):
        rows = connection.execute(sa.select(item.collection_id, item.key).where(item.id.in_(some), item.key != b""))
        found.update((collection, bytes(key)) for collection, key in rows)
    return len(found)


def _items(rows: _Rows, items: Sequence[int]) -> None:
    connection, item, further = rows.connection, schema.item.c, schema.also_declared.c
    current: list[int] = []
    declared: set[int] = set()
    for some in batched(items, IN_LIST):
        current += connection.execute(sa.select(item.id).where(item.id.in_(some), item.current)).scalars()
        named = sa.select(item.declaration_id).where(item.id.in_(some), item.declaration_id.is_not(None))
        others = sa.select(further.declaration_id).where(further.item_id.in_(some))
        declared.update(connection.execute(sa.union(named, others)).scalars())
    retire(connection, current, None)
    for table in (schema.signal, schema.depiction, schema.also_declared):
        rows.drop(table, table.c.item_id, items, derived=False)
    for derived in (schema_rights.hold_reach, schema.near_duplicate):
        rows.drop(derived, derived.c.item_id, items)
    _terms(rows, schema_duties.retention.c.item_id, items)
    rows.empty(
        schema.item,
        items,
        key=b"",
        size=0,
        identity="",
        bytes_match=False,
        persons=0,
        **dict.fromkeys(_ITEM_TEXTS),
    )
    still = set(rows.numbers(item.declaration_id, sorted(declared), item.declaration_id))
    still.update(rows.numbers(further.declaration_id, sorted(declared), further.declaration_id))
    rows.remove(schema.declaration, sorted(declared - still))


_ITEM_TEXTS = (
    "content_id", "problem", "problem_detail", "source_url", "declaration_id", "capture", "acquired_at", "acquired_on",
    "licence_ends_at", "training_from_at", "training_until_at", "retain_until_at", "looked_at", "position",
)  # fmt: skip


def _contents(rows: _Rows, contents: Sequence[int]) -> None:
    content = schema.content.c
    digests = rows.numbers(content.id, contents, content.sha256)
    for derived in (schema.list_match, schema.not_screened, schema_rights.suppression_match):
        rows.drop(derived, derived.c.content_id, contents)
    for table in (schema.fingerprint, schema.not_compared):
        rows.remove(table, rows.numbers(table.c.content_id, contents, table.c.id))
    looks = rows.numbers(schema.look.c.content_id, contents, schema.look.c.id)
    rows.remove(schema.look_end, rows.numbers(schema.look_end.c.look_id, looks, schema.look_end.c.id))
    rows.remove(schema.look, looks)
    rows.remove(schema.content, contents)
    decisions = rows.numbers(schema.review.c.sha256, digests, schema.review.c.id)
    rows.remove(schema.review_end, rows.numbers(schema.review_end.c.review_id, decisions, schema.review_end.c.id))
    rows.remove(schema.review, decisions)


def _terms(rows: _Rows, column: sa.Column[Any], wanted: Sequence[int]) -> None:
    """Until when images or records may be kept, and why, in the words of whoever set it."""
    term, end = schema_duties.retention, schema_duties.retention_end
    numbers = rows.numbers(column, wanted, term.c.id)
    rows.remove(end, rows.numbers(end.c.retention_id, numbers, end.c.id))
    rows.remove(term, numbers)


def _records(rows: _Rows, doomed: Doomed, at: int) -> None:
    record, connection = schema.record.c, rows.connection
    numbers = rows.numbers(record.person_id, doomed.people, record.id)
    if doomed.sources is not None:
        of_sources = set(rows.numbers(record.source_id, sorted(doomed.sources), record.id))
        numbers = [number for number in numbers if number in of_sources]
    proofs = set(rows.numbers(record.id, numbers, record.evidence_id))
    current = [number for number in numbers if number in set(_current(connection, numbers))]
    columns = ("record", "at", "version_id")
    append(connection, schema.record_end, columns, [(number, at, None) for number in current])
    for table in (schema.consent_state, schema.refusal, schema.record_scope_image, schema.refusal_reach):
        rows.drop(table, table.c.record, numbers)
    for part in (schema.event, schema.scope):
        rows.drop(part, part.c.record, numbers, derived=False)
    _terms(rows, schema_duties.retention.c.record, numbers)
    rows.empty(schema.record, numbers, record_id="", header="{}", digest=b"", line=0, evidence_id=None, current=False)
    proofs -= set(rows.numbers(record.evidence_id, sorted(proofs), record.evidence_id))
    check = schema.evidence_check.c
    rows.remove(schema.evidence_check, rows.numbers(check.evidence_id, sorted(proofs), check.id))
    rows.remove(schema.evidence, sorted(proofs))
    shown = schema.depiction.c
    still = set(rows.numbers(shown.person_id, doomed.people, shown.person_id))
    for number in (one for one in doomed.people if one not in still):
        rows.drop(schema.age_conflict, schema.age_conflict.c.person_id, [number])
        rows.empty(schema.person, [number], ref=f"erased {number}", loose="")


def _current(connection: Connection, numbers: Sequence[int]) -> list[int]:
    record = schema.record.c
    found: list[int] = []
    for some in batched(numbers, IN_LIST):
        found += connection.execute(sa.select(record.id).where(record.id.in_(some), record.current)).scalars()
    return found


def _names(connection: Connection, doomed: Doomed) -> frozenset[str]:
    """What people may have written of the images and persons elsewhere: names, addresses, digests, pseudonyms."""
    item, content, person, record = schema.item.c, schema.content.c, schema.person.c, schema.record.c
    found: set[str] = set()
    for some in batched(doomed.items, IN_LIST):
        query = (
            sa.select(item.key, item.source_url, content.sha256)
            .outerjoin(schema.content, content.id == item.content_id)
            .where(item.id.in_(some))
        )
        for key, url, digest in connection.execute(query):
            found |= {display(bytes(key)), url or "", bytes(digest).hex() if digest is not None else ""}
    for some in batched(doomed.people, IN_LIST):
        found.update(connection.execute(sa.select(person.ref).where(person.id.in_(some))).scalars())
        found.update(connection.execute(sa.select(record.record_id).where(record.person_id.in_(some))).scalars())
    return frozenset(found - {""})


def _what_names(rows: _Rows, names: frozenset[str], items: frozenset[int]) -> None:
    """Empty what was told elsewhere in words: findings of gates, and what requests and orders were about."""
    texts = (
        (schema.gate, schema.gate.c.findings),
        (schema_rights.request, schema_rights.request.c.targets),
        (schema_rights.legal_order, schema_rights.legal_order.c.targets),
    )
    for table, column in texts:
        told = rows.connection.execute(sa.select(table.c.id, column)).all()
        rows.empty(table, [number for number, text in told if _speaks_of(text, names)], **{column.name: "[]"})
    _verdicts(rows, names, items)


def _verdicts(rows: _Rows, names: frozenset[str], items: frozenset[int]) -> None:
    """Empty the reasons that gates told of these images, and those in which they named one of them beside another."""
    exception = schema.gate_exception.c
    query = sa.select(exception.gate_id, exception.item_id, exception.reasons).where(exception.reasons != "")
    told = rows.connection.execute(query, execution_options={"yield_per": 1_000})
    spoke = [(gate, item) for gate, item, text in told if item in items or _speaks_of(text, names)]
    rows.empty(schema.gate, sorted({gate for gate, _ in spoke}))
    for some in batched(spoke, IN_LIST):
        among = sa.tuple_(exception.gate_id, exception.item_id).in_(some)
        rows.connection.execute(sa.update(schema.gate_exception).where(among).values(reasons="[]"))


def _speaks_of(text: str, names: frozenset[str]) -> bool:
    """Whether a JSON text holds one of these names as a word, or in the words of a path or an address."""
    if not names:
        return False
    plain = json.dumps(json.loads(text), ensure_ascii=False)
    words = set(_WORD.findall(plain))
    return not names.isdisjoint(words) or any(_told(name) in plain for name in names if _is_telling(name))


def _is_telling(name: str) -> bool:
    """Whether a name is looked for anywhere: a short one of one word would be met in the midst of other words."""
    return len(name) > _TELLING or not _WORD.fullmatch(name)


def _told(name: str) -> str:
    """A name as a JSON text spells it."""
    return json.dumps(name, ensure_ascii=False)[1:-1]


_TELLING: Final = 8
_WORD: Final = re.compile(r"[^\s\"',;:()\[\]{}]+")
