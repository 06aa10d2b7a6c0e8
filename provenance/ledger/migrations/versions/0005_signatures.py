"""Signatures of reviews, and the keys of accounts by which they are checked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column without values, which no digest covers, and a table that is empty."""
    op.add_column("review", sa.Column("signature", sa.LargeBinary(), nullable=True))
    op.create_table(
        "account_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_key_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_key")),
    )
    op.create_index("ix_account_key_account_id", "account_key", ["account_id"], unique=False)
