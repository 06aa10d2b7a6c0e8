"""Signatures of looks, and whose law a breach is reported under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns without values, which no digest covers."""
    op.add_column("look", sa.Column("signature", sa.LargeBinary(), nullable=True))
    op.add_column("breach", sa.Column("jurisdictions", sa.Text(), nullable=True))
