"""Lists of hashes that others keep, and which contents are on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """New tables only; a ledger that has them empty is judged as before."""
    op.create_table(
        "hash_list",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("aim", sa.Text(), nullable=False),
        sa.Column("radius", sa.SmallInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("flat", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
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
        "hash_chunk",
        sa.Column("list_id", _ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("first", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.Column("qualities", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_hash_chunk_list_id")),
        sa.PrimaryKeyConstraint("list_id", "ordinal", name=op.f("pk_hash_chunk")),
    )
    op.create_table(
        "list_end",
        sa.Column("list_id", _ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("successor_id", _ID),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_list_end_list_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["hash_list.id"], name=op.f("fk_list_end_successor_id")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_list_end")),
    )
    op.create_table(
        "screening",
        sa.Column("list_id", _ID, autoincrement=False, nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_screening_list_id")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_screening")),
    )
    op.create_table(
        "listed",
        sa.Column("list_id", _ID, nullable=False),
        sa.Column("content_id", _ID, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_listed_list_id")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_listed_content_id")),
        sa.PrimaryKeyConstraint("list_id", "content_id", name=op.f("pk_listed")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_listed_content_id", "listed", ["content_id"], unique=False)
    op.create_table(
        "uncompared",
        sa.Column("list_id", _ID, nullable=False),
        sa.Column("content_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["hash_list.id"], name=op.f("fk_uncompared_list_id")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_uncompared_content_id")),
        sa.PrimaryKeyConstraint("list_id", "content_id", name=op.f("pk_uncompared")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_uncompared_content_id", "uncompared", ["content_id"], unique=False)
