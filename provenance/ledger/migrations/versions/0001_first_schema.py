"""The first schema. Ledgers are created at the newest revision; this one only marks where migrations start."""

from __future__ import annotations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: a ledger older than this was never released."""
