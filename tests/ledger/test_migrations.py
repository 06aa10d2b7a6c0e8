"""Migrations: from nothing to exactly the schema that the code reads and writes, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from provenance.errors import LedgerTooNew
from provenance.ledger import migrations, schema
from provenance.ledger.database import Database
from provenance.ledger.furnish import VIEWS


def differences(connection: sa.Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata)


def shape(connection: sa.Connection) -> dict[str, object]:
    """What the database says of its tables: more than Alembic compares."""
    inspector = sa.inspect(connection)
    found = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):  # Alembic makes its own
        found[table] = (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(map(repr, inspector.get_foreign_keys(table))),
            sorted(map(plain, inspector.get_indexes(table))),
            sorted(map(repr, inspector.get_unique_constraints(table))),
        )
    return found


def plain(index: Any) -> str:
    where = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return repr((index["name"], index["column_names"], bool(index["unique"]), sorted(where.items())))


def without_rowid(connection: sa.Connection) -> set[str]:
    """The tables that SQLite keeps in the order of their keys, which no inspector tells."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    return {name for name, sql in rows if "WITHOUT ROWID" in sql}


@pytest.fixture
def empty(ledger_url):
    """An engine of an empty database."""
    engine = sa.create_engine(ledger_url if "://" in ledger_url else f"sqlite:///{ledger_url}")
    yield engine
    engine.dispose()


def upgraded(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        migrations.upgrade(connection)


def test_from_nothing_to_the_schema(empty):
    upgraded(empty)
    with empty.connect() as connection:
        assert differences(connection) == []
        stored = connection.execute(sa.select(schema.alembic_version.c.version_num)).scalars().all()
    assert stored == [schema.REVISION]


def test_a_migrated_ledger_is_a_created_one(empty, ledger_url):
    upgraded(empty)
    with empty.connect() as connection:
        migrated = shape(connection)
        ordered = without_rowid(connection) if empty.dialect.name == "sqlite" else set()
    with empty.begin() as connection:
        for view in VIEWS:
            connection.exec_driver_sql(f"DROP VIEW {view}")
        schema.metadata.drop_all(connection)
    database = Database.open(ledger_url)
    with database.reading() as connection:
        assert shape(connection) == migrated
        if database.is_sqlite:
            assert without_rowid(connection) == ordered != set()
    database.close()


def test_a_created_ledger_stands_at_the_newest_revision(database):
    assert migrations.revisions()[0] == schema.REVISION
    with database.reading() as connection:
        assert differences(connection) == []
        assert MigrationContext.configure(connection).get_current_revision() == schema.REVISION


def test_a_migrated_ledger_opens(empty, ledger_url):
    upgraded(empty)
    database = Database.open(ledger_url)
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.item)).scalar_one() == 0
    database.close()


def test_a_ledger_of_a_newer_version_is_left_alone(database, ledger_url):
    with database.writing() as connection:
        connection.execute(sa.update(schema.alembic_version).values(version_num="9999"))
    with pytest.raises(LedgerTooNew, match="9999"):
        Database.open(ledger_url)
