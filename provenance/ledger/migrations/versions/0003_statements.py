"""Sources of statements, a chain of digests, checks of what is derived, and a history that can be asked.

Everything recorded is kept. What was derived is made anew. Nothing that an older version read or was told permits
anything until it has been read and told again, since it read less: each collection has to be scanned once more, with
its manifest and its register. Refusals count at once, for every collection of the ledger.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection

from provenance.ledger import consents, schema
from provenance.ledger.append import append
from provenance.ledger.bulk import bulk
from provenance.ledger.furnish import furnish
from provenance.ledger.names import loose_ref
from provenance.ledger.rebuild import rebuild
from provenance.ledger.registry import DEPICTION, SIGNAL, item_parts

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PAGE = 2_000
_OLD = "provenance_0002"

# Rows that others name come last: they are dropped in this order.
_TABLES = (
    "uncompared", "listed", "screening", "ruling", "dirty", "likeness", "validity", "tally", "item_facts",
    "combination", "reach", "standing", "list_end", "hash_chunk", "hash_list", "review", "gate", "scope", "event",
    "record", "evidence", "depiction", "person", "signal", "item", "declaration", "fingerprint", "content", "profile",
    "scan", "collection",
)  # fmt: skip


def upgrade() -> None:
    """Put the old tables away, make the new ones, and bring over what was recorded."""
    connection = op.get_bind()
    _put_away(connection)
    _create()
    now = time.time_ns() // 1_000
    _collections(connection, now)
    _pictures(connection)
    sources = _sources(connection, now)
    _items(connection, sources)
    _records(connection, sources, now)
    _people_decided(connection)
    _lists(connection)
    for table in _TABLES:
        connection.exec_driver_sql(f"DROP TABLE {_name(connection, table)}")
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"DROP SCHEMA {_OLD}")
    furnish(connection)
    rebuild(connection)


def _name(connection: Connection, table: str) -> str:
    return f"old_{table}" if connection.dialect.name == "sqlite" else f"{_OLD}.{table}"


def _put_away(connection: Connection) -> None:
    lite = connection.dialect.name == "sqlite"
    if not lite:
        connection.exec_driver_sql(f"CREATE SCHEMA {_OLD}")
    for table in _TABLES:
        if lite:
            for index in sa.inspect(connection).get_indexes(table):
                connection.exec_driver_sql(f"DROP INDEX {index['name']}")
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO old_{table}")
        else:
            connection.exec_driver_sql(f"ALTER TABLE {table} SET SCHEMA {_OLD}")


def _rows(connection: Connection, table: str, order: str) -> Iterator[Mapping[str, Any]]:
    query = f"SELECT * FROM {_name(connection, table)} ORDER BY {order}"  # noqa: S608 - names of ours
    result = connection.exec_driver_sql(query, execution_options={"yield_per": _PAGE})
    for row in result.mappings():
        yield dict(row)


def _pages(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    while page := list(islice(rows, _PAGE)):
        yield page


def _carry(
    connection: Connection, table: sa.Table, names: Mapping[str, str], rows: Iterator[Mapping[str, Any]]
) -> None:
    """Append rows under the new names of their columns (`new: old`)."""
    for page in _pages(rows):
        append(connection, table, tuple(names), [tuple(_plain(row[old]) for old in names.values()) for row in page])


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _collections(connection: Connection, now: int) -> None:
    for row in _rows(connection, "collection", "id"):
        bulk(connection, schema.collection, ("id", "uri", "revision"), [(row["id"], row["uri"], 0)])
        columns: tuple[str, ...] = ("id", "collection_id", "uri", "root", "at")
        append(connection, schema.collection_place, columns, [(row["id"], row["id"], row["uri"], "", now)])
    latest: dict[int, int] = {}
    ended = []
    for row in _rows(connection, "scan", "id"):
        names: tuple[str, ...] = ("id", "collection_id", "inputs", "software", "started_at")
        told = tuple(_plain(row[name]) for name in names)
        append(connection, schema.scan, names, [told], parts=[{"scan_source": []}])
        latest[row["collection_id"]] = row["id"]
        if row["finished_at"] is not None:
            ended.append((row["id"], row["finished_at"]))
    # The last one of each is taken as unfinished: what an older version did not read was not read.
    open_ones = set(latest.values())
    append(connection, schema.scan_end, ("scan_id", "at"), [one for one in ended if one[0] not in open_ones])


def _pictures(connection: Connection) -> None:
    names = _same(
        "id", "sha256", "size", "format", "width", "height", "frames", "orientation", "problem", "problem_detail"
    )
    _carry(connection, schema.profile, _same("id", "digest", "kind", "facts"), _rows(connection, "profile", "id"))
    _carry(connection, schema.content, names, _rows(connection, "content", "id"))
    columns: tuple[str, ...] = ("content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
    for page in _pages(_rows(connection, "fingerprint", "content_id, algorithm")):
        rows: list[tuple[Any, ...]] = [
            (r["content_id"], r["algorithm"], "", _plain(r["value"]), r["quality"], r["decoder"], r["path"])
            for r in page
        ]
        append(connection, schema.fingerprint, columns, rows)
    for page in _pages(_rows(connection, "content", "id")):
        rows = [(row["id"], "what is behind the first picture") for row in page if row["problem"] is None]
        append(connection, schema.not_compared, ("content_id", "parts"), rows)
    for page in _pages(_rows(connection, "person", "id")):
        rows = [(row["id"], row["ref"], loose_ref(row["ref"])) for row in page]
        append(connection, schema.person, ("id", "ref", "loose"), rows)


def _sources(connection: Connection, now: int) -> dict[str, int]:
    """The version under which each file of the old ledger stands now, ended: it permits nothing until it is given."""
    found: dict[str, int] = {}
    collections = [row["id"] for row in _rows(connection, "collection", "id")]
    links = 0
    for table, kind in (("declaration", "manifest"), ("record", "register")):
        files = connection.exec_driver_sql(f"SELECT DISTINCT file FROM {_name(connection, table)} ORDER BY file")  # noqa: S608
        for (file,) in files.all():
            number = len(found) + 1
            name = f"{file} (taken by an earlier version)"
            append(connection, schema.statement_source, ("id", "kind", "name"), [(number, kind, name)])
            columns: tuple[str, ...] = ("id", "source_id", "digest", "path", "rows", "at", "identity")
            append(connection, schema.statement_version, columns, [(number, number, b"", file, 0, now, "")])
            rows: list[tuple[Any, ...]] = [
                (links + place, one, number, number, now) for place, one in enumerate(collections, start=1)
            ]
            columns = ("id", "collection_id", "source_id", "version_id", "at")
            append(connection, schema.source_of_collection, columns, rows)
            links += len(rows)
            reason = "it was taken by an earlier version"
            columns = ("id", "version_id", "at", "by", "reason")
            append(connection, schema.source_end, columns, [(number, number, now, "provenance", reason)])
            found[f"{kind} {file}"] = number
    return found


def _items(connection: Connection, sources: Mapping[str, int]) -> None:
    columns: tuple[str, ...] = ("id", "digest", "version_id", "line", "row")
    for page in _pages(_rows(connection, "declaration", "id")):
        rows: list[tuple[Any, ...]] = [
            (r["id"], _plain(r["digest"]), sources[f"manifest {r['file']}"], r["line"], r["row"]) for r in page
        ]
        append(connection, schema.declaration, columns, rows)
    names: tuple[str, ...] = (
        "id", "collection_id", "scan_id", "key", "size", "content_id", "problem", "problem_detail", "source_url",
        "declaration_id", "bytes_match", "profile_id", "acquired_at", "acquired_on", "licence_ends_at", "persons",
        "position", "current",
    )  # fmt: skip
    ended: list[tuple[int, int]] = []
    for page in _pages(_rows(connection, "item", "id")):
        first, last = page[0]["id"], page[-1]["id"]
        shown = _parts(connection, "depiction", DEPICTION, first, last)
        signals = _parts(connection, "signal", SIGNAL, first, last)
        rows = []
        parts = []
        for row in page:
            values = {name: _plain(row[name]) for name in names}
            values["bytes_match"], values["current"] = bool(values["bytes_match"]), bool(values["current"])
            rows.append((*values.values(), ""))
            parts.append(item_parts(shown.get(row["id"], ()), signals.get(row["id"], ()), ()))
            if not row["current"]:
                ended.append((row["id"], row["scan_id"]))
        append(connection, schema.item, (*names, "identity"), rows, parts=parts)
        bulk(connection, schema.depiction, DEPICTION, ((n, *one) for n, several in shown.items() for one in several))
        bulk(connection, schema.signal, SIGNAL, ((n, *one) for n, several in signals.items() for one in several))
    append(connection, schema.item_end, ("item_id", "scan_id"), ended)


def _parts(
    connection: Connection, table: str, columns: tuple[str, ...], first: int, last: int
) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    query = (
        f"SELECT * FROM {_name(connection, table)} WHERE item_id BETWEEN {first} AND {last} ORDER BY item_id, ordinal"  # noqa: S608
    )
    for row in connection.exec_driver_sql(query).mappings():
        values = [bool(row[name]) if name == "nonstandard" else _plain(row.get(name)) for name in columns[1:]]
        found.setdefault(row["item_id"], []).append(tuple(values))
    return found


def _records(connection: Connection, sources: Mapping[str, int], now: int) -> None:
    """Basis records with the events that their id had: none counts any more, but what it refused stays."""
    rows: list[tuple[Any, ...]] = [
        (r["id"], r["uri"], r["path"], "", _plain(r["sha256"])) for r in _rows(connection, "evidence", "id")
    ]
    append(connection, schema.evidence, ("id", "uri", "path", "folders", "sha256"), rows)
    checks = [(r["id"], r["id"], now, r["state"], "", b"", True) for r in _rows(connection, "evidence", "id")]
    columns: tuple[str, ...] = ("id", "evidence_id", "at", "state", "identity", "found", "current")
    append(connection, schema.evidence_check, columns, checks)
    events: dict[str, list[tuple[int, str, int]]] = {}
    for row in _rows(connection, "event", "record_id, at, state, expires_at"):
        events.setdefault(row["record_id"], []).append((row["at"], row["state"], row["expires_at"]))
    scopes: dict[int, list[tuple[str, int, str]]] = {}
    for row in _rows(connection, "scope", "record, kind, value"):
        scopes.setdefault(row["record"], []).append((row["kind"], 0, row["value"]))
    columns = (
        "id", "source_id", "record_id", "person_id", "profile_id", "evidence_id", "scoped", "digest", "version_id",
        "line", "header", "current",
    )  # fmt: skip
    for page in _pages(_rows(connection, "record", "id")):
        stored, parts, happened, named_by = [], [], [], []
        for row in page:
            source = sources[f"register {row['file']}"]
            known = {name: _plain(row[name]) for name in columns if name in row}
            values = {
                **known,
                "source_id": source,
                "version_id": source,
                "scoped": bool(row["scoped"]),
                "current": False,
            }
            stored.append(tuple(values[name] for name in columns))
            own = sorted(events.get(row["record_id"], ()))
            named = sorted(scopes.get(row["id"], ()))
            parts.append(consents.parts_of(own, named))
            happened += [(row["id"], *event) for event in own]
            named_by += [(row["id"], *entry) for entry in named]
        append(connection, schema.record, columns, stored, parts=parts)
        bulk(connection, schema.event, consents.EVENT, happened)
        bulk(connection, schema.scope, consents.SCOPE, named_by)
        append(connection, schema.record_end, ("record", "at", "version_id"), [(row["id"], now, None) for row in page])


def _people_decided(connection: Connection) -> None:
    numbers = {row["uri"]: row["id"] for row in _rows(connection, "collection", "id")}
    for row in _rows(connection, "gate", "id"):
        digest = _plain(row["ruling_set"])
        known = sa.select(schema.policy_version.c.digest).where(schema.policy_version.c.digest == digest)
        if connection.execute(known).first() is None:
            columns: tuple[str, ...] = ("digest", "context", "packs", "software")
            bulk(connection, schema.policy_version, columns, [(digest, row["context"], "{}", "")])
        seen = sorted((numbers[uri], 0) for uri in json.loads(row["collections"]) if uri in numbers)
        columns = (
            "id", "policy_version", "context", "as_of", "waivers", "started_at", "ended_at", "counts", "findings",
        )  # fmt: skip
        values = (row["id"], digest, row["context"], row["as_of"], "", row["finished_at"], row["finished_at"])
        parts = {"gate_collection": [list(one) for one in seen], "gate_exception": hashlib.sha256().hexdigest()}
        append(connection, schema.gate, columns, [(*values, row["counts"], "[]")], parts=[parts])
        columns = ("gate_id", "collection_id", "revision")
        bulk(connection, schema.gate_collection, columns, ((row["id"], *one) for one in seen))
    reviews = list(_rows(connection, "review", "id"))
    images = _reviewed(connection, {row["finding"] for row in reviews})
    columns = (
        "id", "finding", "decision", "reviewer", "at", "expires_on", "reason", "ticket", "file", "line", "code",
        "sha256",
    )  # fmt: skip
    stored = [(*(row[name] for name in columns[:-2]), *images.get(row["finding"], ("", b""))) for row in reviews]
    append(connection, schema.review, columns, stored)


def _reviewed(connection: Connection, wanted: set[str]) -> dict[str, tuple[str, bytes]]:
    """The code and the image of each finding that somebody reviewed, by the formula that named findings until now."""
    found: dict[str, tuple[str, bytes]] = {}
    if not wanted:
        return found
    told = {
        (finding[0], finding[3])
        for row in _rows(connection, "ruling", "combination_id")
        for finding in json.loads(row["findings"])
    }
    query = f"""
        SELECT DISTINCT content.sha256, person.ref FROM {_name(connection, "item")} AS item
        JOIN {_name(connection, "content")} AS content ON content.id = item.content_id
        LEFT JOIN {_name(connection, "depiction")} AS shown ON shown.item_id = item.id
        LEFT JOIN {_name(connection, "person")} AS person ON person.id = shown.person_id
    """  # noqa: S608
    for sha256, ref in connection.exec_driver_sql(query, execution_options={"yield_per": _PAGE}):
        for person in {None, ref}:
            mark = hashlib.sha256(person.encode()).hexdigest() if person is not None else ""
            for code, jurisdiction in told:
                parts = ("finding 1", code, bytes(sha256).hex(), jurisdiction or "", mark)
                name = hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()[:32]
                if name in wanted:
                    found[name] = (code, bytes(sha256))
    return found


def _lists(connection: Connection) -> None:
    names = _same("id", "name", "radius", "file", "digest", "entries", "added_at")
    names |= {"hash_type": "kind", "purpose": "aim", "low_quality": "flat"}
    for row in _rows(connection, "hash_list", "id"):
        values = tuple(_plain(row[old]) for old in names.values())
        append(connection, schema.hash_list, (*names, "current"), [(*values, bool(row["current"]))])
    columns: tuple[str, ...] = ("list_id", "ordinal", "first", "hashes", "lines", "qualities")
    for row in _rows(connection, "hash_chunk", "list_id, ordinal"):
        bulk(connection, schema.hash_chunk, columns, [tuple(_plain(row[name]) for name in columns)])
    names = _same("list_id", "at", "successor_id")
    _carry(connection, schema.list_end, names, _rows(connection, "list_end", "at, list_id"))


def _create() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("jurisdictions", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("ck_account_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "chain_head",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "collection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("uri", name=op.f("uq_collection_uri")),
    )
    op.create_table(
        "consent_status_name",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_status_name")),
        sa.UniqueConstraint("name", name=op.f("uq_consent_status_name_name")),
    )
    op.create_table(
        "content",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("orientation", sa.SmallInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_detail", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
        sa.UniqueConstraint("sha256", name=op.f("uq_content_sha256")),
    )
    op.create_table(
        "decision_name",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_name")),
        sa.UniqueConstraint("name", name=op.f("uq_decision_name_name")),
    )
    op.create_table(
        "derived_check",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_derived_check")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("folders", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("path", "uri", "folders", "sha256", name=op.f("uq_evidence_path_uri_folders_sha256")),
    )
    op.create_table(
        "evidence_state_name",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_state_name")),
        sa.UniqueConstraint("name", name=op.f("uq_evidence_state_name_name")),
    )
    op.create_table(
        "fact_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_set")),
        sa.UniqueConstraint("digest", name=op.f("uq_fact_set_digest")),
    )
    op.create_table(
        "hash_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash_type", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("radius", sa.SmallInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("low_quality", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("hash_type IN ('sha256', 'phash256', 'pdq')", name=op.f("ck_hash_list_hash_type")),
        sa.CheckConstraint("purpose IN ('suppression', 'illegal')", name=op.f("ck_hash_list_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hash_list")),
    )
    op.create_index(
        "uq_hash_list_current",
        "hash_list",
        ["name"],
        unique=True,
        sqlite_where=sa.text("current = 1"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "hold_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("targets", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("suppressions", sa.BigInteger(), nullable=False),
        sa.Column("contents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_progress")),
    )
    op.create_table(
        "ledger_secret",
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("secret", name=op.f("pk_ledger_secret")),
    )
    op.create_table(
        "legal_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_order")),
        sa.UniqueConstraint("ref", name=op.f("uq_legal_order_ref")),
    )
    op.create_table(
        "log_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("loose", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("ref", name=op.f("uq_person_ref")),
    )
    op.create_index("ix_person_loose", "person", ["loose"], unique=False)
    op.create_table(
        "policy_version",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("packs", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "profile",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('item', 'person', 'record')", name=op.f("ck_profile_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("digest", name=op.f("uq_profile_digest")),
    )
    op.create_table(
        "reason_name",
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_reason_name")),
        sa.UniqueConstraint("code", name=op.f("uq_reason_name_code")),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('withdraw', 'object', 'erase', 'restrict', 'access')", name=op.f("ck_request_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("ref", name=op.f("uq_request_ref")),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_finding", "review", ["finding"], unique=False)
    op.create_index("ix_review_sha256", "review", ["sha256"], unique=False)
    op.create_table(
        "statement_source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('manifest', 'register', 'collection', 'request')", name=op.f("ck_statement_source_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_source")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_statement_source_kind_name")),
    )
    op.create_table(
        "account_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_end_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_end")),
        sa.UniqueConstraint("account_id", name=op.f("uq_account_end_account_id")),
    )
    op.create_table(
        "age_conflict",
        sa.Column(
            "collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_age_conflict_collection_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_age_conflict_person_id")),
        sa.PrimaryKeyConstraint("collection_id", "person_id", name=op.f("pk_age_conflict")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cached_decision",
        sa.Column("policy_version", sa.LargeBinary(), nullable=False),
        sa.Column(
            "fact_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("decision", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["fact_set_id"], ["fact_set.id"], name=op.f("fk_cached_decision_fact_set_id")),
        sa.PrimaryKeyConstraint("policy_version", "fact_set_id", name=op.f("pk_cached_decision")),
    )
    op.create_table(
        "collection_place",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_collection_place_collection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_place")),
    )
    op.create_index("ix_collection_place_collection_id", "collection_place", ["collection_id"], unique=False)
    op.create_table(
        "derivation_validity",
        sa.Column(
            "collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_derivation_validity_collection_id")
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_derivation_validity")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_erasure_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_table(
        "evidence_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("found", sa.LargeBinary(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_check_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_check")),
    )
    op.create_index("ix_evidence_check_found", "evidence_check", ["found"], unique=False)
    op.create_index(
        "uq_evidence_check_current",
        "evidence_check",
        ["evidence_id"],
        unique=True,
        sqlite_where=sa.text("current = 1"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "fact_set_count",
        sa.Column(
            "collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "fact_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("images >= 0", name=op.f("ck_fact_set_count_images")),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_fact_set_count_collection_id")),
        sa.ForeignKeyConstraint(["fact_set_id"], ["fact_set.id"], name=op.f("fk_fact_set_count_fact_set_id")),
        sa.PrimaryKeyConstraint("collection_id", "fact_set_id", name=op.f("pk_fact_set_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fingerprint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("decoder", sa.Text(), nullable=False),
        sa.Column("decode_mode", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_fingerprint_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fingerprint")),
        sa.UniqueConstraint("content_id", "algorithm", "place", name=op.f("uq_fingerprint_content_id_algorithm_place")),
    )
    op.create_table(
        "gate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("policy_version", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("waivers", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["policy_version"], ["policy_version.digest"], name=op.f("fk_gate_policy_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
    )
    op.create_index("ix_gate_policy_version", "gate", ["policy_version"], unique=False)
    op.create_table(
        "hash_chunk",
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("first", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.Column("qualities", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_hash_chunk_list_id")),
        sa.PrimaryKeyConstraint("list_id", "ordinal", name=op.f("pk_hash_chunk")),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["legal_order.id"], name=op.f("fk_hold_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_hold_person_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_hold_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_order_id", "hold", ["order_id"], unique=False)
    op.create_index("ix_hold_request_id", "hold", ["request_id"], unique=False)
    op.create_table(
        "legal_order_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["legal_order.id"], name=op.f("fk_legal_order_end_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_order_end")),
        sa.UniqueConstraint("order_id", name=op.f("uq_legal_order_end_order_id")),
    )
    op.create_table(
        "list_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("successor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_list_end_list_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["hash_list.id"], name=op.f("fk_list_end_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_end")),
        sa.UniqueConstraint("list_id", name=op.f("uq_list_end_list_id")),
    )
    op.create_index("ix_list_end_successor_id", "list_end", ["successor_id"], unique=False)
    op.create_table(
        "list_match",
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_list_match_content_id")),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_list_match_list_id")),
        sa.PrimaryKeyConstraint("list_id", "content_id", name=op.f("pk_list_match")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_list_match_content_id", "list_match", ["content_id"], unique=False)
    op.create_table(
        "look",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("persons_status", sa.Text(), nullable=False),
        sa.Column("persons", sa.SmallInteger(), nullable=True),
        sa.Column("age", sa.Text(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_look_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    op.create_index("ix_look_content_id", "look", ["content_id"], unique=False)
    op.create_table(
        "not_compared",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_not_compared_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_not_compared")),
    )
    op.create_index("ix_not_compared_content_id", "not_compared", ["content_id"], unique=False)
    op.create_table(
        "not_screened",
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_not_screened_content_id")),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_not_screened_list_id")),
        sa.PrimaryKeyConstraint("list_id", "content_id", name=op.f("pk_not_screened")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_not_screened_content_id", "not_screened", ["content_id"], unique=False)
    op.create_table(
        "request_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('IDENTIFIED', 'EXTENDED', 'ANSWERED', 'DECLINED', 'LIFTED')", name=op.f("ck_request_event_state")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_event_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_event")),
    )
    op.create_index("ix_request_event_request_id", "request_event", ["request_id"], unique=False)
    op.create_table(
        "review_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_end_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_end")),
        sa.UniqueConstraint("review_id", name=op.f("uq_review_end_review_id")),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_scan_collection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_index("ix_scan_collection_id", "scan", ["collection_id"], unique=False)
    op.create_table(
        "screening",
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_screening_list_id")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_screening")),
    )
    op.create_table(
        "statement_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["statement_source.id"], name=op.f("fk_statement_version_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_version")),
    )
    op.create_index("ix_statement_version_source_id", "statement_version", ["source_id"], unique=False)
    op.create_table(
        "declaration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_declaration_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_index("ix_declaration_digest", "declaration", ["digest"], unique=False)
    op.create_table(
        "erased_row",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("erasure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasure.id"], name=op.f("fk_erased_row_erasure_id")),
        sa.PrimaryKeyConstraint("name", "row", name=op.f("pk_erased_row")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_erased_row_erasure_id", "erased_row", ["erasure_id"], unique=False)
    op.create_table(
        "gate_collection",
        sa.Column("gate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_gate_collection_collection_id")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_gate_collection_gate_id")),
        sa.PrimaryKeyConstraint("gate_id", "collection_id", name=op.f("pk_gate_collection")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gate_collection_collection_id", "gate_collection", ["collection_id"], unique=False)
    op.create_table(
        "hold_target",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('item', 'address', 'person', 'collection', 'jurisdiction')", name=op.f("ck_hold_target_kind")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_target_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_target")),
    )
    op.create_index("ix_hold_target_digest", "hold_target", ["digest"], unique=False)
    op.create_index("ix_hold_target_hold_id", "hold_target", ["hold_id"], unique=False)
    op.create_table(
        "look_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("look_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["look_id"], ["look.id"], name=op.f("fk_look_end_look_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_end")),
        sa.UniqueConstraint("look_id", name=op.f("uq_look_end_look_id")),
    )
    op.create_table(
        "record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scoped", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_record_evidence_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_record_person_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_record_profile_id")),
        sa.ForeignKeyConstraint(["source_id"], ["statement_source.id"], name=op.f("fk_record_source_id")),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_record_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    op.create_index("ix_record_evidence_id", "record", ["evidence_id"], unique=False)
    op.create_index("ix_record_person_id", "record", ["person_id"], unique=False)
    op.create_index("ix_record_source_id", "record", ["source_id", "record_id"], unique=False)
    op.create_index(
        "uq_record_current",
        "record",
        ["source_id", "record_id"],
        unique=True,
        sqlite_where=sa.text("current = 1"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_release_gate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("name", name=op.f("uq_release_name")),
    )
    op.create_table(
        "scan_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("scan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_scan_end_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_end")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_scan_end_scan_id")),
    )
    op.create_table(
        "scan_source",
        sa.Column("scan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_scan_source_scan_id")),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_scan_source_version_id")),
        sa.PrimaryKeyConstraint("scan_id", "version_id", name=op.f("pk_scan_source")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_source_end_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_end")),
    )
    op.create_index("ix_source_end_version_id", "source_end", ["version_id"], unique=False)
    op.create_table(
        "source_of_collection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_source_of_collection_collection_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["statement_source.id"], name=op.f("fk_source_of_collection_source_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["statement_version.id"], name=op.f("fk_source_of_collection_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_of_collection")),
    )
    op.create_index("ix_source_of_collection_collection_id", "source_of_collection", ["collection_id"], unique=False)
    op.create_index("ix_source_of_collection_source_id", "source_of_collection", ["source_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("wholes", sa.LargeBinary(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_suppression_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    op.create_index("ix_suppression_hold_id", "suppression", ["hold_id"], unique=False)
    op.create_index("ix_suppression_sha256", "suppression", ["sha256"], unique=False)
    op.create_table(
        "suppression_match",
        sa.Column(
            "content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_suppression_match_content_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_suppression_match_hold_id")),
        sa.PrimaryKeyConstraint("content_id", "hold_id", name=op.f("pk_suppression_match")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_suppression_match_hold_id", "suppression_match", ["hold_id"], unique=False)
    op.create_table(
        "vouch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_vouch_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouch")),
    )
    op.create_index("ix_vouch_version_id", "vouch", ["version_id"], unique=False)
    op.create_table(
        "waiver_use",
        sa.Column("waiver", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("gate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_waiver_use_gate_id")),
        sa.PrimaryKeyConstraint("waiver", name=op.f("pk_waiver_use")),
    )
    op.create_table(
        "consent_state",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("from_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.SmallInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.Column("given_on", sa.Integer(), nullable=True),
        sa.Column("has_term", sa.Boolean(), nullable=False),
        sa.Column("is_consent", sa.Boolean(), nullable=False),
        sa.Column("scoped", sa.Boolean(), nullable=False),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_consent_state_span")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_state_person_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_consent_state_profile_id")),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_consent_state_record")),
        sa.ForeignKeyConstraint(["source_id"], ["statement_source.id"], name=op.f("fk_consent_state_source_id")),
        sa.PrimaryKeyConstraint("person_id", "record", "from_at", name=op.f("pk_consent_state")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_consent_state_record", "consent_state", ["record"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('release', 'sample')", name=op.f("ck_disclosure_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_disclosure_account_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_disclosure_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index("ix_disclosure_release_id", "disclosure", ["release_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_event_record")),
        sa.PrimaryKeyConstraint("record", "at", "state", "expires_at", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_detail", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("declaration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("capture", sa.Text(), nullable=True),
        sa.Column("bytes_match", sa.Boolean(), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acquired_at", sa.BigInteger(), nullable=True),
        sa.Column("acquired_on", sa.Integer(), nullable=True),
        sa.Column("licence_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("training_from_at", sa.BigInteger(), nullable=True),
        sa.Column("training_until_at", sa.BigInteger(), nullable=True),
        sa.Column("retain_until_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_item_collection_id")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_item_content_id")),
        sa.ForeignKeyConstraint(["declaration_id"], ["declaration.id"], name=op.f("fk_item_declaration_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_item_profile_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_item_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
    )
    op.create_index("ix_item_content_id", "item", ["content_id"], unique=False)
    op.create_index("ix_item_key", "item", ["key"], unique=False)
    op.create_index(
        "uq_item_current",
        "item",
        ["collection_id", "key"],
        unique=True,
        sqlite_where=sa.text("current = 1"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "record_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_record_end_record")),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_record_end_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_end")),
        sa.UniqueConstraint("record", name=op.f("uq_record_end_record")),
    )
    op.create_table(
        "refusal",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scoped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_refusal_person_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_refusal_profile_id")),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_refusal_record")),
        sa.ForeignKeyConstraint(["source_id"], ["statement_source.id"], name=op.f("fk_refusal_source_id")),
        sa.PrimaryKeyConstraint("person_id", "record", "at", "status", name=op.f("pk_refusal")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refusal_record", "refusal", ["record"], unique=False)
    op.create_index("ix_refusal_source_id", "refusal", ["source_id"], unique=False)
    op.create_table(
        "release_chunk",
        sa.Column(
            "release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_chunk_release_id")),
        sa.PrimaryKeyConstraint("release_id", "first", name=op.f("pk_release_chunk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retraction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_retraction_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retraction")),
    )
    op.create_index("ix_retraction_record", "retraction", ["record"], unique=False)
    op.create_table(
        "scope",
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("value", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('item', 'source')", name=op.f("ck_scope_kind")),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_scope_record")),
        sa.PrimaryKeyConstraint("record", "kind", "collection_id", "value", name=op.f("pk_scope")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "also_declared",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("declaration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["declaration_id"], ["declaration.id"], name=op.f("fk_also_declared_declaration_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_also_declared_item_id")),
        sa.PrimaryKeyConstraint("item_id", "ordinal", name=op.f("pk_also_declared")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "depiction",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("age", sa.SmallInteger(), nullable=True),
        sa.Column("born_on", sa.Integer(), nullable=True),
        sa.Column("died_on", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_depiction_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_depiction_person_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_depiction_profile_id")),
        sa.PrimaryKeyConstraint("item_id", "ordinal", name=op.f("pk_depiction")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_depiction_person_id", "depiction", ["person_id"], unique=False)
    op.create_table(
        "disclosure_chunk",
        sa.Column(
            "disclosure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["disclosure_id"], ["disclosure.id"], name=op.f("fk_disclosure_chunk_disclosure_id")),
        sa.PrimaryKeyConstraint("disclosure_id", "first", name=op.f("pk_disclosure_chunk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gate_exception",
        sa.Column("gate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("decision", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_gate_exception_gate_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_gate_exception_item_id")),
        sa.PrimaryKeyConstraint("gate_id", "item_id", name=op.f("pk_gate_exception")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gate_exception_item_id", "gate_exception", ["item_id"], unique=False)
    op.create_table(
        "hold_reach",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_reach_hold_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_hold_reach_item_id")),
        sa.PrimaryKeyConstraint("item_id", "hold_id", name=op.f("pk_hold_reach")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hold_reach_hold_id", "hold_reach", ["hold_id"], unique=False)
    op.create_table(
        "item_end",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_end_item_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_item_end_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_end")),
        sa.UniqueConstraint("item_id", name=op.f("uq_item_end_item_id")),
    )
    op.create_table(
        "item_facts",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fact_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("since_gate", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_item_facts_span")),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_item_facts_collection_id")),
        sa.ForeignKeyConstraint(["fact_set_id"], ["fact_set.id"], name=op.f("fk_item_facts_fact_set_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_facts_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_facts")),
    )
    op.create_index("ix_item_facts_collection_id", "item_facts", ["collection_id"], unique=False)
    op.create_table(
        "item_facts_past",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "until_gate", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("since_gate", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fact_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["fact_set_id"], ["fact_set.id"], name=op.f("fk_item_facts_past_fact_set_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_facts_past_item_id")),
        sa.PrimaryKeyConstraint("item_id", "until_gate", name=op.f("pk_item_facts_past")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_facts_past_fact_set_id", "item_facts_past", ["fact_set_id"], unique=False)
    op.create_table(
        "near_duplicate",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_near_duplicate_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_near_duplicate")),
    )
    op.create_index("ix_near_duplicate_group_id", "near_duplicate", ["group_id"], unique=False)
    op.create_table(
        "near_duplicate_upto",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_near_duplicate_upto_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_near_duplicate_upto")),
    )
    op.create_table(
        "pending",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_pending_collection_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_pending_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_pending")),
    )
    op.create_index("ix_pending_collection_id", "pending", ["collection_id"], unique=False)
    op.create_table(
        "record_scope_image",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_record_scope_image_item_id")),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_record_scope_image_record")),
        sa.PrimaryKeyConstraint("item_id", "record", name=op.f("pk_record_scope_image")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_scope_image_record", "record_scope_image", ["record"], unique=False)
    op.create_table(
        "refusal_reach",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("how", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_refusal_reach_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_refusal_reach_person_id")),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_refusal_reach_record")),
        sa.PrimaryKeyConstraint("item_id", "person_id", "record", name=op.f("pk_refusal_reach")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refusal_reach_person_id", "refusal_reach", ["person_id"], unique=False)
    op.create_index("ix_refusal_reach_record", "refusal_reach", ["record"], unique=False)
    op.create_table(
        "signal",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("trust", sa.Text(), nullable=False),
        sa.Column("nonstandard", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_signal_item_id")),
        sa.PrimaryKeyConstraint("item_id", "ordinal", name=op.f("pk_signal")),
        sqlite_with_rowid=False,
    )
