"""Tables and columns under the names that the field uses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (
    ("standing", "consent_state"),
    ("reach", "record_scope_image"),
    ("combination", "fact_set"),
    ("tally", "fact_set_count"),
    ("validity", "derivation_validity"),
    ("dirty", "pending"),
    ("likeness", "near_duplicate"),
    ("ruling", "cached_decision"),
    ("listed", "list_match"),
    ("uncompared", "not_screened"),
)
_COLUMNS = (
    ("item_facts", "combination_id", "fact_set_id"),
    ("fact_set_count", "combination_id", "fact_set_id"),
    ("cached_decision", "combination_id", "fact_set_id"),
    ("cached_decision", "ruling_set", "policy_version"),
    ("gate", "ruling_set", "policy_version"),
    ("fingerprint", "path", "decode_mode"),
    ("hash_list", "kind", "hash_type"),
    ("hash_list", "aim", "purpose"),
    ("hash_list", "flat", "low_quality"),
)
_INDEXES = (
    ("ix_standing_record", "consent_state", "record"),
    ("ix_reach_record", "record_scope_image", "record"),
    ("ix_likeness_group_id", "near_duplicate", "group_id"),
    ("ix_listed_content_id", "list_match", "content_id"),
    ("ix_uncompared_content_id", "not_screened", "content_id"),
)


def upgrade() -> None:
    """No row changes."""
    for old, new in _TABLES:
        op.rename_table(old, new)
    for table, old, new in _COLUMNS:
        op.execute(sa.text(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"))
    for old, table, column in _INDEXES:
        op.drop_index(old, table_name=table)
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
