"""The tables of the ledger.

Recorded tables hold what was seen or declared and are only appended to; what replaces a row leaves it in place with
`current` false. Derived tables (`consent_state`, `record_scope_image`, `item_facts`, `fact_set`, `fact_set_count`,
`derivation_validity`, `near_duplicate`, `pending`, `cached_decision`, `screening`, `list_match`, `not_screened`) can be
rebuilt from them at any time. Facts that many rows share are stored once, in `profile`, so that a gate judges thousands
of fact sets instead of millions of images. Times are microseconds since 1970 in UTC, days integers such as 20261122.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

REVISION: Final = "0003"
"""The Alembic revision that this code reads and writes."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NEVER: Final = 2**62
"""Later than every instant: where a span has no end, or a consent no expiry."""

# SQLite stores an INTEGER primary key as the row's own number; PostgreSQL should have 64 bits.
_Id: Final = BigInteger().with_variant(Integer, "sqlite")


def _one_current(table: str, *columns: str) -> Index:
    """Rows that were succeeded stay, so what names one thing is unique only among those that count now."""
    return Index(
        f"uq_{table}_current",
        *columns,
        unique=True,
        sqlite_where=text("current = 1"),
        postgresql_where=text("current"),
    )


alembic_version: Final = Table("alembic_version", metadata, Column("version_num", Text, primary_key=True))

ledger_secret: Final = Table("ledger_secret", metadata, Column("secret", LargeBinary, primary_key=True))
"""32 random bytes, made with the ledger: whoever cannot read them cannot make an index that is believed."""

# --- recorded -------------------------------------------------------------------------------------------------------

collection: Final = Table(
    "collection",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),
)

scan: Final = Table(
    "scan",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("inputs", LargeBinary, nullable=False),
    Column("software", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)

profile: Final = Table(
    "profile",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
)

content: Final = Table(
    "content",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("format", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("frames", Integer),
    Column("orientation", SmallInteger),
    Column("problem", Text),
    Column("problem_detail", Text),
)

FAILED: Final = "failed"
"""The `decode_mode` of a fingerprint that stands for one that could not be taken of bytes that were decoded before."""

fingerprint: Final = Table(
    "fingerprint",
    metadata,
    Column("content_id", _Id, ForeignKey("content.id"), primary_key=True),
    Column("algorithm", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    Column("decoder", Text, nullable=False),
    Column("decode_mode", Text, nullable=False),
)

not_compared: Final = Table(
    "not_compared",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("content_id", _Id, ForeignKey("content.id"), nullable=False),
    Column("parts", Text, nullable=False),
    Index("ix_not_compared_content_id", "content_id"),
)
"""What of a content has no fingerprint, in words, a part a line. The newest row of a content counts; none: nothing."""

item: Final = Table(
    "item",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("scan_id", _Id, ForeignKey("scan.id"), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("content_id", _Id, ForeignKey("content.id")),
    Column("problem", Text),
    Column("problem_detail", Text),
    Column("source_url", Text),
    Column("declaration_id", _Id, ForeignKey("declaration.id")),
    Column("bytes_match", Boolean, nullable=False),
    Column("profile_id", _Id, ForeignKey("profile.id"), nullable=False),
    Column("acquired_at", BigInteger),
    Column("acquired_on", Integer),
    Column("licence_ends_at", BigInteger),
    Column("persons", Integer, nullable=False),
    Column("position", BigInteger),
    Column("current", Boolean, nullable=False),
    Index("ix_item_collection_id_key", "collection_id", "key"),
    _one_current("item", "collection_id", "key"),
    Index("ix_item_content_id", "content_id"),
)

declaration: Final = Table(
    "declaration",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("row", Text, nullable=False),
)

signal: Final = Table(
    "signal",
    metadata,
    Column("item_id", _Id, ForeignKey("item.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("trust", Text, nullable=False),
    Column("nonstandard", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

person: Final = Table(
    "person",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("ref", Text, nullable=False, unique=True),
)

depiction: Final = Table(
    "depiction",
    metadata,
    Column("item_id", _Id, ForeignKey("item.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("person_id", _Id, ForeignKey("person.id")),
    Column("profile_id", _Id, ForeignKey("profile.id"), nullable=False),
    Column("age", SmallInteger),
    Column("born_on", Integer),
    Index("ix_depiction_person_id", "person_id"),
    sqlite_with_rowid=False,
)

evidence: Final = Table(
    "evidence",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("seen", Text, nullable=False),
    UniqueConstraint("path", "uri", "sha256"),
)

record: Final = Table(
    "record",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("record_id", Text, nullable=False),
    Column("person_id", _Id, ForeignKey("person.id"), nullable=False),
    Column("profile_id", _Id, ForeignKey("profile.id"), nullable=False),
    Column("evidence_id", _Id, ForeignKey("evidence.id")),
    Column("scoped", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("header", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    Index("ix_record_person_id", "person_id"),
    Index("ix_record_evidence_id", "evidence_id"),
    _one_current("record", "record_id"),
)

event: Final = Table(
    "event",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("expires_at", BigInteger, primary_key=True),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

scope: Final = Table(
    "scope",
    metadata,
    Column("record", _Id, ForeignKey("record.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    sqlite_with_rowid=False,
)

gate: Final = Table(
    "gate",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("policy_version", LargeBinary, nullable=False),
    Column("context", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("collections", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("finished_at", BigInteger, nullable=False),
)

review: Final = Table(
    "review",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("finding", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_on", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Index("ix_review_finding", "finding"),
)

hash_list: Final = Table(
    "hash_list",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("hash_type", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("radius", SmallInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("low_quality", BigInteger, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("current", Boolean, nullable=False),
    _one_current("hash_list", "name"),
)

# A row for each hash would take four times the room; a list may have 50 million.
hash_chunk: Final = Table(
    "hash_chunk",
    metadata,
    Column("list_id", _Id, ForeignKey("hash_list.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("first", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    Column("qualities", LargeBinary, nullable=False),
)

list_end: Final = Table(
    "list_end",
    metadata,
    Column("list_id", _Id, ForeignKey("hash_list.id"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("successor_id", _Id, ForeignKey("hash_list.id")),
)

# --- derived --------------------------------------------------------------------------------------------------------

consent_state: Final = Table(
    "consent_state",
    metadata,
    Column("person_id", _Id, primary_key=True),
    Column("record", _Id, ForeignKey("record.id"), primary_key=True),
    Column("from_at", BigInteger, primary_key=True),
    Column("until_at", BigInteger, nullable=False),
    Column("profile_id", _Id, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("evidence", SmallInteger, nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("given_at", BigInteger),
    Column("given_on", Integer),
    Column("scoped", Boolean, nullable=False),
    Index("ix_consent_state_record", "record"),
    sqlite_with_rowid=False,
)

record_scope_image: Final = Table(
    "record_scope_image",
    metadata,
    Column("item_id", _Id, ForeignKey("item.id"), primary_key=True),
    Column("record", _Id, ForeignKey("record.id"), primary_key=True),
    Index("ix_record_scope_image_record", "record"),
    sqlite_with_rowid=False,
)

item_facts: Final = Table(
    "item_facts",
    metadata,
    Column("item_id", _Id, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    Column("collection_id", _Id, nullable=False),
    Column("fact_set_id", _Id, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
)

fact_set_count: Final = Table(
    "fact_set_count",
    metadata,
    Column("collection_id", _Id, ForeignKey("collection.id"), primary_key=True),
    Column("fact_set_id", _Id, ForeignKey("fact_set.id"), primary_key=True),
    Column("images", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

derivation_validity: Final = Table(
    "derivation_validity",
    metadata,
    Column("collection_id", _Id, ForeignKey("collection.id"), primary_key=True, autoincrement=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
)

near_duplicate: Final = Table(
    "near_duplicate",
    metadata,
    Column("item_id", _Id, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    Column("group_id", _Id, nullable=False),
    Column("conflict", Boolean, nullable=False),
    Index("ix_near_duplicate_group_id", "group_id"),
)

fact_set: Final = Table(
    "fact_set",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("facts", Text, nullable=False),
)

pending: Final = Table(
    "pending",
    metadata,
    Column("item_id", _Id, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    Column("collection_id", _Id, nullable=False),
)

cached_decision: Final = Table(
    "cached_decision",
    metadata,
    Column("policy_version", LargeBinary, primary_key=True),
    Column("fact_set_id", _Id, ForeignKey("fact_set.id"), primary_key=True),
    Column("decision", SmallInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("findings", Text, nullable=False),
)

screening: Final = Table(
    "screening",
    metadata,
    Column("list_id", _Id, ForeignKey("hash_list.id"), primary_key=True, autoincrement=False),
    Column("upto", BigInteger, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

list_match: Final = Table(
    "list_match",
    metadata,
    Column("list_id", _Id, ForeignKey("hash_list.id"), primary_key=True),
    Column("content_id", _Id, ForeignKey("content.id"), primary_key=True),
    Column("line", BigInteger, nullable=False),
    Column("distance", SmallInteger, nullable=False),
    Column("place", Text, nullable=False),
    Index("ix_list_match_content_id", "content_id"),
    sqlite_with_rowid=False,
)

not_screened: Final = Table(
    "not_screened",
    metadata,
    Column("list_id", _Id, ForeignKey("hash_list.id"), primary_key=True),
    Column("content_id", _Id, ForeignKey("content.id"), primary_key=True),
    Index("ix_not_screened_content_id", "content_id"),
    sqlite_with_rowid=False,
)
