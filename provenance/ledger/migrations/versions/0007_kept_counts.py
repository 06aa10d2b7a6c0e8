"""What gates counted and which records reach no image, kept so that the next gate need not ask all of it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """New derived tables only: where they are empty, the next gate counts as before."""
    op.create_table(
        "decision_count",
        sa.Column("policy", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("collection_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("decision", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("images >= 0", name=op.f("ck_decision_count_images")),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_decision_count_collection_id")),
        sa.PrimaryKeyConstraint("policy", "collection_id", "decision", "reason", name=op.f("pk_decision_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact_set_change",
        sa.Column("policy", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("collection_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("fact_set_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_fact_set_change_collection_id")),
        sa.ForeignKeyConstraint(["fact_set_id"], ["fact_set.id"], name=op.f("fk_fact_set_change_fact_set_id")),
        sa.PrimaryKeyConstraint("policy", "collection_id", "fact_set_id", name=op.f("pk_fact_set_change")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_fact_set_change_fact_set_id", "fact_set_change", ["fact_set_id"], unique=False)
    op.create_table(
        "idle_record",
        sa.Column("record", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("source_id", _NUMBER, nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name=op.f("fk_idle_record_record")),
        sa.ForeignKeyConstraint(["source_id"], ["statement_source.id"], name=op.f("fk_idle_record_source_id")),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_idle_record")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_idle_record_source_id_record", "idle_record", ["source_id", "record"], unique=False)
    op.create_table(
        "idle_record_upto",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("item_ends", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("record_ends", sa.BigInteger(), nullable=False),
        sa.Column("links", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idle_record_upto")),
    )
