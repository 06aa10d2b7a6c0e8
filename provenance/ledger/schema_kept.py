"""The tables in which gates keep what they counted and looked for, so that the next asks only what has changed since.

All are derived, and may be thrown away at any time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, SmallInteger, Table

from provenance.ledger.columns import metadata, number, to

decision_count: Final = Table(
    "decision_count",
    metadata,
    Column("policy", BigInteger, primary_key=True, autoincrement=False),
    to("collection_id", "collection", key=True),
    Column("decision", SmallInteger, primary_key=True, autoincrement=False),
    Column("reason", SmallInteger, primary_key=True, autoincrement=False),
    Column("images", BigInteger, nullable=False),
    CheckConstraint("images >= 0", name="images"),
    sqlite_with_rowid=False,
)
"""How many images of a collection have each decision and reason by their facts, under a policy version of late.

`policy` is the first 63 bits of its digest. What has changed since is in `fact_set_change`.
"""

fact_set_change: Final = Table(
    "fact_set_change",
    metadata,
    Column("policy", BigInteger, primary_key=True, autoincrement=False),
    to("collection_id", "collection", key=True),
    to("fact_set_id", "fact_set", key=True),
    Column("images", BigInteger, nullable=False),
    Index("ix_fact_set_change_fact_set_id", "fact_set_id"),
    sqlite_with_rowid=False,
)
"""How many images more, or fewer, have a fact set than `decision_count` has counted."""

idle_record: Final = Table(
    "idle_record",
    metadata,
    to("record", "record", key=True),
    to("source_id", "statement_source"),
    Column("shown", Boolean, nullable=False),
    Index("ix_idle_record_source_id_record", "source_id", "record"),
    sqlite_with_rowid=False,
)
"""Records that reach no image. Of one whose person is `shown` in some, its scope names none of those."""

idle_record_upto: Final = Table(
    "idle_record_upto",
    metadata,
    number(),
    Column("items", BigInteger, nullable=False),
    Column("item_ends", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("record_ends", BigInteger, nullable=False),
    Column("links", BigInteger, nullable=False),
)
"""One row: the last image, record, end of either, and link of a source that `idle_record` knows of."""

DERIVED: Final = (decision_count, fact_set_change, idle_record, idle_record_upto)
"""The tables of this file. The rows of each are covered by a checksum."""
