"""How Alembic reaches the ledger: through the connection that `migrations.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from provenance.ledger import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
