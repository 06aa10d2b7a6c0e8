"""The first schema.

Written out, not taken from `schema.metadata`: a migration must always do what it did when it was released.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "collection",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("uri", name=op.f("uq_collection_uri")),
    )
    op.create_table(
        "combination",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_combination")),
        sa.UniqueConstraint("digest", name=op.f("uq_combination_digest")),
    )
    op.create_table(
        "content",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text()),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("frames", sa.Integer()),
        sa.Column("orientation", sa.SmallInteger()),
        sa.Column("problem", sa.Text()),
        sa.Column("problem_detail", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
        sa.UniqueConstraint("sha256", name=op.f("uq_content_sha256")),
    )
    op.create_table(
        "declaration",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_table(
        "event",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "at", "state", "expires_at", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evidence",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("path", "uri", "sha256", name=op.f("uq_evidence_path_uri_sha256")),
    )
    op.create_table(
        "gate",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("ruling_set", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("collections", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
    )
    op.create_table(
        "person",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("ref", name=op.f("uq_person_ref")),
    )
    op.create_table(
        "profile",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("digest", name=op.f("uq_profile_digest")),
    )
    op.create_table(
        "review",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_finding", "review", ["finding"], unique=False)
    op.create_table(
        "fingerprint",
        sa.Column("content_id", _ID, nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("decoder", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_fingerprint_content_id")),
        sa.PrimaryKeyConstraint("content_id", "algorithm", name=op.f("pk_fingerprint")),
    )
    op.create_table(
        "record",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("profile_id", _ID, nullable=False),
        sa.Column("evidence_id", _ID),
        sa.Column("scoped", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_record_evidence_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_record_person_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_record_profile_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    op.create_index("ix_record_evidence_id", "record", ["evidence_id"], unique=False)
    op.create_index("ix_record_person_id", "record", ["person_id"], unique=False)
    op.create_index(
        "uq_record_current",
        "record",
        ["record_id"],
        unique=True,
        sqlite_where=sa.text("current = 1"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "ruling",
        sa.Column("ruling_set", sa.LargeBinary(), nullable=False),
        sa.Column("combination_id", _ID, nullable=False),
        sa.Column("decision", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["combination_id"], ["combination.id"], name=op.f("fk_ruling_combination_id")),
        sa.PrimaryKeyConstraint("ruling_set", "combination_id", name=op.f("pk_ruling")),
    )
    op.create_table(
        "scan",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("collection_id", _ID, nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_scan_collection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_table(
        "tally",
        sa.Column("collection_id", _ID, nullable=False),
        sa.Column("combination_id", _ID, nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_tally_collection_id")),
        sa.ForeignKeyConstraint(["combination_id"], ["combination.id"], name=op.f("fk_tally_combination_id")),
        sa.PrimaryKeyConstraint("collection_id", "combination_id", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "validity",
        sa.Column("collection_id", _ID, autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_validity_collection_id")),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_validity")),
    )
    op.create_table(
        "item",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("collection_id", _ID, nullable=False),
        sa.Column("scan_id", _ID, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("content_id", _ID),
        sa.Column("problem", sa.Text()),
        sa.Column("problem_detail", sa.Text()),
        sa.Column("source_url", sa.Text()),
        sa.Column("declaration_id", _ID),
        sa.Column("bytes_match", sa.Boolean(), nullable=False),
        sa.Column("profile_id", _ID, nullable=False),
        sa.Column("acquired_at", sa.BigInteger()),
        sa.Column("acquired_on", sa.Integer()),
        sa.Column("licence_ends_at", sa.BigInteger()),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger()),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_item_collection_id")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_item_content_id")),
        sa.ForeignKeyConstraint(["declaration_id"], ["declaration.id"], name=op.f("fk_item_declaration_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_item_profile_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_item_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
    )
    op.create_index("ix_item_collection_id_key", "item", ["collection_id", "key"], unique=False)
    op.create_index("ix_item_content_id", "item", ["content_id"], unique=False)
    op.create_index(
        "uq_item_current",
        "item",
        ["collection_id", "key"],
        unique=True,
        sqlite_where=sa.text("current = 1"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "scope",
        sa.Column("record", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_scope_record")),
        sa.PrimaryKeyConstraint("record", "kind", "value", name=op.f("pk_scope")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "standing",
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("record", _ID, nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", _ID, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.SmallInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.BigInteger()),
        sa.Column("given_on", sa.Integer()),
        sa.Column("scoped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_standing_record")),
        sa.PrimaryKeyConstraint("person_id", "record", "from_at", name=op.f("pk_standing")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_standing_record", "standing", ["record"], unique=False)
    op.create_table(
        "depiction",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("person_id", _ID),
        sa.Column("profile_id", _ID, nullable=False),
        sa.Column("age", sa.SmallInteger()),
        sa.Column("born_on", sa.Integer()),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_depiction_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_depiction_person_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_depiction_profile_id")),
        sa.PrimaryKeyConstraint("item_id", "ordinal", name=op.f("pk_depiction")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_depiction_person_id", "depiction", ["person_id"], unique=False)
    op.create_table(
        "dirty",
        sa.Column("item_id", _ID, autoincrement=False, nullable=False),
        sa.Column("collection_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_dirty_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_dirty")),
    )
    op.create_table(
        "item_facts",
        sa.Column("item_id", _ID, autoincrement=False, nullable=False),
        sa.Column("collection_id", _ID, nullable=False),
        sa.Column("combination_id", _ID, nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_facts_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_facts")),
    )
    op.create_table(
        "likeness",
        sa.Column("item_id", _ID, autoincrement=False, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_likeness_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_likeness")),
    )
    op.create_index("ix_likeness_group_id", "likeness", ["group_id"], unique=False)
    op.create_table(
        "reach",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("record", _ID, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_reach_item_id")),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_reach_record")),
        sa.PrimaryKeyConstraint("item_id", "record", name=op.f("pk_reach")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reach_record", "reach", ["record"], unique=False)
    op.create_table(
        "signal",
        sa.Column("item_id", _ID, nullable=False),
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
