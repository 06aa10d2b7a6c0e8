"""The tables of the ledger.

Recorded tables hold what was seen, declared, decided or judged. Their rows are appended and never rewritten; a row that
counts no longer is named by a row of another table (`item_end`, `record_end`, `list_end` ...). Each carries
`row_digest`, SHA-256 over its content and the digest of the row before it (`ledger.append`). The few columns that do
change say only where something is now or whether it counts (`current`, `identity`, `position`, `uri`); a digest leaves
them out. The tables of what people and authorities ask for stand in `ledger.schema_rights`, those of what has to be
kept, destroyed or reported in `ledger.schema_duties`, those of what gates keep in `ledger.schema_kept`.

Derived tables can be rebuilt from the recorded ones at any time (`ledger.rebuild`). Each keeps a checksum of its rows
in `derived_check` (`ledger.checks`), so that a value that was changed by hand is noticed when it is read. Facts that
many rows share are stored once, in `profile`, so that a gate judges thousands of fact sets instead of millions of
images. Times are microseconds since 1970 in UTC, days integers such as 20261122.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from provenance.ledger import columns
from provenance.ledger import schema_duties as duties
from provenance.ledger import schema_kept as kept
from provenance.ledger import schema_rights as rights
from provenance.ledger.columns import among as _among
from provenance.ledger.columns import chained as _chained
from provenance.ledger.columns import end_of as _end_of
from provenance.ledger.columns import number as _number
from provenance.ledger.columns import number_type as _number_type
from provenance.ledger.columns import one_current as _one_current
from provenance.ledger.columns import to as _to

REVISION: Final = "0008"
"""The Alembic revision that this code reads and writes."""

NEVER: Final = columns.NEVER
metadata: Final = columns.metadata

alembic_version: Final = Table("alembic_version", metadata, Column("version_num", Text, primary_key=True))

# --- what is said by whom: collections, sources of statements, scans ------------------------------------------------

collection: Final = Table(
    "collection",
    metadata,
    _number(),
    Column("uri", Text, nullable=False, unique=True),
    Column("revision", BigInteger, nullable=False),
)
"""`uri` is where it lies now; `revision` goes up with whatever may change a verdict on one of its images."""

collection_place: Final = Table(
    "collection_place",
    metadata,
    _number(),
    _to("collection_id", "collection"),
    Column("uri", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *_chained(),
    Index("ix_collection_place_collection_id", "collection_id"),
)

statement_source: Final = Table(
    "statement_source",
    metadata,
    _number(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    *_chained(),
    UniqueConstraint("kind", "name"),
    _among("kind", "manifest", "register", "collection", "request"),
)
"""A manifest, a register of basis records, a collection's own metadata file, or people's requests, under its name."""

statement_version: Final = Table(
    "statement_version",
    metadata,
    _number(),
    _to("source_id", "statement_source"),
    Column("digest", LargeBinary, nullable=False),
    Column("path", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("identity", Text, nullable=False),
    *_chained(),
    Index("ix_statement_version_source_id", "source_id"),
)

source_of_collection: Final = Table(
    "source_of_collection",
    metadata,
    _number(),
    _to("collection_id", "collection"),
    _to("source_id", "statement_source"),
    _to("version_id", "statement_version"),
    Column("at", BigInteger, nullable=False),
    *_chained(),
    Index("ix_source_of_collection_collection_id", "collection_id"),
    Index("ix_source_of_collection_source_id", "source_id"),
)
"""That a source speaks for a collection, and by which version it was last taken there; the newest row counts."""

source_end: Final = Table(
    "source_end",
    metadata,
    _number(),
    _to("version_id", "statement_version"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *_chained(),
    Index("ix_source_end_version_id", "version_id"),
)
"""That a source, whose newest version this was, permits nothing until it is given again. Its refusals stay."""

vouch: Final = Table(
    "vouch",
    metadata,
    _number(),
    _to("version_id", "statement_version"),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *_chained(),
    Index("ix_vouch_version_id", "version_id"),
)
"""That a named person answers for one version of a collection's own metadata file."""

scan: Final = Table(
    "scan",
    metadata,
    _number(),
    _to("collection_id", "collection"),
    Column("inputs", LargeBinary, nullable=False),
    Column("software", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    *_chained(),
    Index("ix_scan_collection_id", "collection_id"),
)

scan_source: Final = Table(
    "scan_source",
    metadata,
    _to("scan_id", "scan", key=True),
    _to("version_id", "statement_version", key=True),
    sqlite_with_rowid=False,
)
"""The versions of sources that a scan was given."""

scan_end: Final = Table(
    "scan_end",
    metadata,
    _number(),
    _end_of("scan_id", "scan"),
    Column("at", BigInteger, nullable=False),
    *_chained(),
)

# --- images ---------------------------------------------------------------------------------------------------------

profile: Final = Table(
    "profile",
    metadata,
    _number(),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    *_chained(),
    _among("kind", "item", "person", "record"),
)

content: Final = Table(
    "content",
    metadata,
    _number(),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("format", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("frames", Integer),
    Column("orientation", SmallInteger),
    Column("problem", Text),
    Column("problem_detail", Text),
    *_chained(),
)

FAILED: Final = "failed"
"""The `decode_mode` of a fingerprint that stands for one that could not be taken of bytes that were decoded before."""

fingerprint: Final = Table(
    "fingerprint",
    metadata,
    _number(),
    _to("content_id", "content"),
    Column("algorithm", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    Column("decoder", Text, nullable=False),
    Column("decode_mode", Text, nullable=False),
    *_chained(),
    UniqueConstraint("content_id", "algorithm", "place"),
)

not_compared: Final = Table(
    "not_compared",
    metadata,
    _number(),
    _to("content_id", "content"),
    Column("parts", Text, nullable=False),
    *_chained(),
    Index("ix_not_compared_content_id", "content_id"),
)
"""What of a content has no fingerprint, in words, a part a line. The newest row of a content counts; none: nothing."""

declaration: Final = Table(
    "declaration",
    metadata,
    _number(),
    Column("digest", LargeBinary, nullable=False),
    _to("version_id", "statement_version"),
    Column("line", BigInteger, nullable=False),
    Column("row", Text, nullable=False),
    *_chained(),
    Index("ix_declaration_digest", "digest"),
)

item: Final = Table(
    "item",
    metadata,
    _number(),
    _to("collection_id", "collection"),
    _to("scan_id", "scan"),
    Column("key", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("identity", Text, nullable=False),
    _to("content_id", "content", optional=True),
    Column("problem", Text),
    Column("problem_detail", Text),
    Column("source_url", Text),
    _to("declaration_id", "declaration", optional=True),
    Column("capture", Text),
    Column("bytes_match", Boolean, nullable=False),
    _to("profile_id", "profile"),
    Column("acquired_at", BigInteger),
    Column("acquired_on", Integer),
    Column("licence_ends_at", BigInteger),
    Column("training_from_at", BigInteger),
    Column("training_until_at", BigInteger),
    Column("retain_until_at", BigInteger),
    Column("looked_at", BigInteger),
    Column("persons", Integer, nullable=False),
    Column("position", BigInteger),
    Column("current", Boolean, nullable=False),
    *_chained(),
    _one_current("item", "collection_id", "key"),
    Index("ix_item_collection_id_position_key", "collection_id", "position", "key"),
    Index("ix_item_key", "key"),
    Index("ix_item_content_id", "content_id"),
)
"""One image of a collection as one scan found it. The digest covers its depictions, signals and further statements."""

item_end: Final = Table(
    "item_end",
    metadata,
    _number(),
    _end_of("item_id", "item"),
    _to("scan_id", "scan", optional=True),
    *_chained(),
)
"""Which scan found that a row counts no longer: the image was gone, or another row succeeded it; none if erased."""

also_declared: Final = Table(
    "also_declared",
    metadata,
    _to("item_id", "item", key=True),
    Column("ordinal", Integer, primary_key=True),
    _to("declaration_id", "declaration"),
    sqlite_with_rowid=False,
)
"""The rows of further tables that speak of the same image."""

signal: Final = Table(
    "signal",
    metadata,
    _to("item_id", "item", key=True),
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
    _number(),
    Column("ref", Text, nullable=False, unique=True),
    Column("loose", Text, nullable=False),
    *_chained(),
    Index("ix_person_loose", "loose"),
)
"""A pseudonym, also without what people change in one. Who it stands for is a matter of the sources that speak for a
collection."""

depiction: Final = Table(
    "depiction",
    metadata,
    _to("item_id", "item", key=True),
    Column("ordinal", Integer, primary_key=True),
    _to("person_id", "person", optional=True),
    _to("profile_id", "profile"),
    Column("age", SmallInteger),
    Column("born_on", Integer),
    Column("died_on", Integer),
    Index("ix_depiction_person_id", "person_id"),
    sqlite_with_rowid=False,
)

# --- basis records ----------------------------------------------------------------------------------------------------

evidence: Final = Table(
    "evidence",
    metadata,
    _number(),
    Column("uri", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("folders", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    *_chained(),
    UniqueConstraint("path", "uri", "folders", "sha256"),
)

evidence_check: Final = Table(
    "evidence_check",
    metadata,
    _number(),
    _to("evidence_id", "evidence"),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("found", LargeBinary, nullable=False),
    Column("current", Boolean, nullable=False),
    *_chained(),
    _one_current("evidence_check", "evidence_id"),
    Index("ix_evidence_check_found", "found"),
)
"""What a look at an evidence file found, a row for each time that this was something new."""

record: Final = Table(
    "record",
    metadata,
    _number(),
    _to("source_id", "statement_source"),
    Column("record_id", Text, nullable=False),
    _to("person_id", "person"),
    _to("profile_id", "profile"),
    _to("evidence_id", "evidence", optional=True),
    Column("scoped", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    _to("version_id", "statement_version"),
    Column("line", BigInteger, nullable=False),
    Column("header", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    *_chained(),
    Index("ix_record_person_id", "person_id"),
    Index("ix_record_evidence_id", "evidence_id"),
    Index("ix_record_source_id", "source_id", "record_id"),
    _one_current("record", "source_id", "record_id"),
)
"""One basis record as one version of its source states it. The digest covers its scope and its events."""

record_end: Final = Table(
    "record_end",
    metadata,
    _number(),
    _end_of("record", "record"),
    Column("at", BigInteger, nullable=False),
    _to("version_id", "statement_version", optional=True),
    *_chained(),
)
"""Which version of its source no longer states a record as it was; none where the whole source ended."""

event: Final = Table(
    "event",
    metadata,
    _to("record", "record", key=True),
    Column("at", BigInteger, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("expires_at", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

scope: Final = Table(
    "scope",
    metadata,
    _to("record", "record", key=True),
    Column("kind", Text, primary_key=True),
    Column("collection_id", _number_type, primary_key=True, autoincrement=False),
    Column("value", Text, primary_key=True),
    _among("kind", "item", "source"),
    sqlite_with_rowid=False,
)
"""`collection_id` is 0 where the record speaks of every collection that its source speaks for."""

retraction: Final = Table(
    "retraction",
    metadata,
    _number(),
    _to("record", "record"),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *_chained(),
    Index("ix_retraction_record", "record"),
)
"""That the refusals which a record held up to and with this version of it count no more."""

# --- gates and what people decided ----------------------------------------------------------------------------------

policy_version: Final = Table(
    "policy_version",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("context", Text, nullable=False),
    Column("packs", Text, nullable=False),
    Column("software", Text, nullable=False),
)
"""All that a verdict depends on beside the image's facts; named by its digest."""

gate: Final = Table(
    "gate",
    metadata,
    _number(),
    Column("policy_version", LargeBinary, ForeignKey("policy_version.digest"), nullable=False),
    Column("context", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("waivers", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),
    Column("findings", Text, nullable=False),
    *_chained(),
    Index("ix_gate_policy_version", "policy_version"),
)
"""One gate that came to its end. The digest covers its collections and its exceptions."""

gate_collection: Final = Table(
    "gate_collection",
    metadata,
    _to("gate_id", "gate", key=True),
    _to("collection_id", "collection", key=True),
    Column("revision", BigInteger, nullable=False),
    Index("ix_gate_collection_collection_id", "collection_id"),
    sqlite_with_rowid=False,
)

gate_exception: Final = Table(
    "gate_exception",
    metadata,
    _to("gate_id", "gate", key=True),
    _to("item_id", "item", key=True),
    Column("decision", SmallInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("reasons", Text, nullable=False),
    Index("ix_gate_exception_item_id", "item_id"),
    sqlite_with_rowid=False,
)
"""The verdicts of a gate that differ from what the image's fact set alone would have."""

item_facts_past: Final = Table(
    "item_facts_past",
    metadata,
    _to("item_id", "item", key=True),
    Column("until_gate", _number_type, primary_key=True, autoincrement=False),
    Column("since_gate", _number_type, nullable=False),
    _to("fact_set_id", "fact_set"),
    Index("ix_item_facts_past_fact_set_id", "fact_set_id"),
    sqlite_with_rowid=False,
)
"""The fact set that an image had from one gate up to, but not in, another."""

PAST: Final = ("item_id", "until_gate", "since_gate", "fact_set_id")
"""The columns of `item_facts_past`."""

review: Final = Table(
    "review",
    metadata,
    _number(),
    Column("finding", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_on", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    *_chained(),
    Column("signature", LargeBinary),
    Index("ix_review_finding", "finding"),
    Index("ix_review_sha256", "sha256"),
)

review_end: Final = Table(
    "review_end",
    metadata,
    _number(),
    _end_of("review_id", "review"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *_chained(),
)
"""That somebody took a decision back: it counts no more."""

look: Final = Table(
    "look",
    metadata,
    _number(),
    _to("content_id", "content"),
    Column("reviewer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("persons_status", Text, nullable=False),
    Column("persons", SmallInteger),
    Column("age", Text),
    Column("synthetic", Boolean, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    *_chained(),
    Column("signature", LargeBinary),
    Index("ix_look_content_id", "content_id"),
)
"""What one person saw in a picture, by its bytes. `file` is empty where they looked at it in the review page."""

look_end: Final = Table(
    "look_end",
    metadata,
    _number(),
    _end_of("look_id", "look"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *_chained(),
)
"""That somebody took back what they, or another, said that they saw."""

waiver_use: Final = Table(
    "waiver_use",
    metadata,
    Column("waiver", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    _to("gate_id", "gate"),
)
"""The purpose for which a waiver that names none was first used: it serves no other."""

hash_list: Final = Table(
    "hash_list",
    metadata,
    _number(),
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
    *_chained(),
    _one_current("hash_list", "name"),
    _among("hash_type", "sha256", "phash256", "pdq"),
    _among("purpose", "suppression", "illegal"),
)

# A row for each hash would take four times the room; a list may have 50 million.
hash_chunk: Final = Table(
    "hash_chunk",
    metadata,
    _to("list_id", "hash_list", key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("first", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    Column("qualities", LargeBinary, nullable=False),
)

list_end: Final = Table(
    "list_end",
    metadata,
    _number(),
    _end_of("list_id", "hash_list"),
    Column("at", BigInteger, nullable=False),
    _to("successor_id", "hash_list", optional=True),
    *_chained(),
    Index("ix_list_end_successor_id", "successor_id"),
)

# --- keeping the ledger ---------------------------------------------------------------------------------------------

chain_head: Final = Table(
    "chain_head",
    metadata,
    Column("name", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("row_digest", LargeBinary, nullable=False),
)
"""The last row's digest of each recorded table, so that rows cut off at the end are missed."""

ledger_secret: Final = Table("ledger_secret", metadata, Column("secret", LargeBinary, primary_key=True))
"""32 random bytes, made with the ledger: whoever cannot read them cannot make an index that is believed."""

# Names for people who read the ledger with SQL.
decision_name: Final = Table(
    "decision_name",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
)
reason_name: Final = Table(
    "reason_name",
    metadata,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False, unique=True),
)
consent_status_name: Final = Table(
    "consent_status_name",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
)
evidence_state_name: Final = Table(
    "evidence_state_name",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
)

# --- derived --------------------------------------------------------------------------------------------------------

consent_state: Final = Table(
    "consent_state",
    metadata,
    _to("person_id", "person", key=True),
    _to("record", "record", key=True),
    Column("from_at", BigInteger, primary_key=True, autoincrement=False),
    Column("until_at", BigInteger, nullable=False),
    _to("source_id", "statement_source"),
    _to("profile_id", "profile"),
    Column("status", SmallInteger, nullable=False),
    Column("evidence", SmallInteger, nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("given_at", BigInteger),
    Column("given_on", Integer),
    Column("has_term", Boolean, nullable=False),
    Column("is_consent", Boolean, nullable=False),
    Column("scoped", Boolean, nullable=False),
    Index("ix_consent_state_record", "record"),
    CheckConstraint("from_at < until_at", name="span"),
    sqlite_with_rowid=False,
)
"""Spans of time in which a record has one state. `given_at` is the last consent at or before the span."""

refusal: Final = Table(
    "refusal",
    metadata,
    _to("person_id", "person", key=True),
    _to("record", "record", key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("status", SmallInteger, primary_key=True, autoincrement=False),
    _to("source_id", "statement_source"),
    _to("profile_id", "profile"),
    Column("scoped", Boolean, nullable=False),
    Index("ix_refusal_source_id", "source_id"),
    Index("ix_refusal_record", "record"),
    sqlite_with_rowid=False,
)
"""Every refusal that nobody retracted, whether or not its source still states it."""

record_scope_image: Final = Table(
    "record_scope_image",
    metadata,
    _to("item_id", "item", key=True),
    _to("record", "record", key=True),
    Index("ix_record_scope_image_record", "record"),
    sqlite_with_rowid=False,
)
"""Which images the scope of a record names."""

refusal_reach: Final = Table(
    "refusal_reach",
    metadata,
    _to("item_id", "item", key=True),
    _to("person_id", "person", key=True),
    _to("record", "record", key=True),
    Column("how", SmallInteger, nullable=False),
    Index("ix_refusal_reach_record", "record"),
    Index("ix_refusal_reach_person_id", "person_id"),
    sqlite_with_rowid=False,
)
"""Images of a person that a refusal holds though its scope or its pseudonym is not spelled as theirs (`how`)."""

age_conflict: Final = Table(
    "age_conflict",
    metadata,
    _to("collection_id", "collection", key=True),
    _to("person_id", "person", key=True),
    sqlite_with_rowid=False,
)
"""Persons of a collection whose ages and dates of birth, in all images that show them, cannot all be true."""

fact_set: Final = Table(
    "fact_set",
    metadata,
    _number(),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("facts", Text, nullable=False),
)

item_facts: Final = Table(
    "item_facts",
    metadata,
    _to("item_id", "item", key=True),
    _to("collection_id", "collection"),
    _to("fact_set_id", "fact_set"),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("since_gate", _number_type, nullable=False),
    Index("ix_item_facts_collection_id", "collection_id"),
    CheckConstraint("valid_from < valid_until", name="span"),
)

fact_set_count: Final = Table(
    "fact_set_count",
    metadata,
    _to("collection_id", "collection", key=True),
    _to("fact_set_id", "fact_set", key=True),
    Column("images", BigInteger, nullable=False),
    CheckConstraint("images >= 0", name="images"),
    sqlite_with_rowid=False,
)

derivation_validity: Final = Table(
    "derivation_validity",
    metadata,
    _to("collection_id", "collection", key=True),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
)

near_duplicate: Final = Table(
    "near_duplicate",
    metadata,
    _to("item_id", "item", key=True),
    Column("group_id", _number_type, nullable=False),
    Column("conflict", Boolean, nullable=False),
    Index("ix_near_duplicate_group_id", "group_id"),
)

near_duplicate_upto: Final = Table("near_duplicate_upto", metadata, _to("item_id", "item", key=True))
"""The last image whose copies were looked for."""

pending: Final = Table(
    "pending",
    metadata,
    _to("item_id", "item", key=True),
    _to("collection_id", "collection"),
    Index("ix_pending_collection_id", "collection_id"),
)
"""Images whose facts have to be derived before the next verdict."""

cached_decision: Final = Table(
    "cached_decision",
    metadata,
    Column("policy_version", LargeBinary, primary_key=True),
    _to("fact_set_id", "fact_set", key=True),
    Column("decision", SmallInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("findings", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

screening: Final = Table(
    "screening",
    metadata,
    _to("list_id", "hash_list", key=True),
    Column("upto", BigInteger, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

list_match: Final = Table(
    "list_match",
    metadata,
    _to("list_id", "hash_list", key=True),
    _to("content_id", "content", key=True),
    Column("line", BigInteger, nullable=False),
    Column("distance", SmallInteger, nullable=False),
    Column("place", BigInteger, nullable=False),
    Index("ix_list_match_content_id", "content_id"),
    sqlite_with_rowid=False,
)
"""The nearest hash of each list to a content; `place` is the picture that it met (`fingerprint.places.number_of`)."""

not_screened: Final = Table(
    "not_screened",
    metadata,
    _to("list_id", "hash_list", key=True),
    _to("content_id", "content", key=True),
    Index("ix_not_screened_content_id", "content_id"),
    sqlite_with_rowid=False,
)

derived_check: Final = Table(
    "derived_check",
    metadata,
    Column("name", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
)
"""How many rows a derived table has, and a checksum of their values."""

RECORDED: Final = (
    collection_place,
    statement_source,
    statement_version,
    source_of_collection,
    source_end,
    vouch,
    scan,
    scan_end,
    profile,
    content,
    fingerprint,
    not_compared,
    declaration,
    item,
    item_end,
    person,
    evidence,
    evidence_check,
    record,
    record_end,
    retraction,
    gate,
    review,
    review_end,
    look,
    look_end,
    hash_list,
    list_end,
    *rights.RECORDED,
    *duties.RECORDED,
)
"""The tables whose rows are chained, in an order in which each row's references come first."""

DERIVED: Final = (
    consent_state,
    refusal,
    record_scope_image,
    refusal_reach,
    age_conflict,
    item_facts,
    item_facts_past,
    fact_set_count,
    derivation_validity,
    near_duplicate,
    near_duplicate_upto,
    pending,
    screening,
    list_match,
    not_screened,
    *rights.DERIVED,
    *kept.DERIVED,
)
"""The tables whose rows are covered by a checksum. Fact sets and cached decisions carry digests of their own."""
