"""Opening a ledger: engine, pragmas, schema version, transactions, and driver errors turned into ours.

SQLite runs in WAL mode with one writer at a time (`BEGIN IMMEDIATE`); readers never wait. Any SQLAlchemy URL works,
PostgreSQL is tested.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from provenance.errors import LedgerError, LedgerLocked, LedgerTooNew, MissingExtra
from provenance.ledger import schema

BATCH: Final = 10_000
"""Rows a bulk statement carries: measured best on SQLite, and small enough to keep memory flat."""

BUSY_SECONDS: Final = 120
"""How long a writer waits for another one. Batches commit every few seconds, so waiting longer hides a fault."""

_WRITER_LOCK: Final = 0x70726F76
"""The advisory lock that makes PostgreSQL, too, have one writer."""

_PRAGMAS: Final = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-65536",
    "PRAGMA mmap_size=268435456",
)


class Database:
    """An open ledger database. Use `reading()` and `writing()`; nothing else begins a transaction.

    >>> database = Database.open("ledger.db")  # doctest: +SKIP
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    @classmethod
    def open(cls, target: str | os.PathLike[str], *, create: bool = True) -> Database:
        """Open a path or a SQLAlchemy URL, creating or migrating the schema as needed.

        Raises LedgerError if it cannot be opened or written, LedgerTooNew if a newer version wrote it.
        """
        text = os.fspath(target)
        url = _url_of(text, create=create)
        name = url.render_as_string(hide_password=True) if url.host else (url.database or text)
        try:
            engine = sa.create_engine(url, **_engine_options(url))
        except ModuleNotFoundError as missing:
            raise MissingExtra(missing.name or "a database driver", "postgres", f"the ledger {name}") from missing
        except sa.exc.ArgumentError as error:
            raise LedgerError(f"the ledger {name}: {error}", remedy="use a path or a SQLAlchemy URL") from error
        if engine.dialect.name == "sqlite":
            _arrange_sqlite(engine)
        database = cls(engine, name)
        with database.explaining_errors():
            _bring_to_head(database)
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded engine is used."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger until it is closed."""
        engine = self.engine
        if not self.is_sqlite:  # whose readers see one state anyway
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self.explaining_errors(), engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the writer's lock from its start: all of it is kept, or none."""
        engine = self.engine.execution_options(provenance_writes=True)
        with self.explaining_errors(), engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            yield connection

    @contextmanager
    def explaining_errors(self) -> Iterator[None]:
        """Turn what the driver raises into one line that names the ledger and the remedy."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise _explained(self.name, error) from error


def bulk(
    connection: Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[tuple[object, ...]],
    *,
    replace: bool = False,
) -> None:
    """Insert many rows through the driver's own executemany, a batch at a time.

    With `replace`, a row with the same primary key is overwritten: for derived tables only. Core's dictionaries cost
    2.7 times as much on SQLite.
    """
    dialect = connection.dialect
    insert = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    insert = insert.values({c: sa.bindparam(c) for c in columns})
    if replace:
        keys = [column.name for column in table.primary_key]
        values = {c: insert.excluded[c] for c in columns if c not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=values)
    compiled = insert.compile(dialect=dialect)
    statement = str(compiled)
    positional = compiled.positiontup
    order = [columns.index(name) for name in positional] if positional else None
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        parameters: list[Any]
        if order is None:
            parameters = [dict(zip(columns, row, strict=True)) for row in batch]
        elif order == list(range(len(columns))):
            parameters = batch
        else:
            parameters = [tuple(row[i] for i in order) for row in batch]
        connection.exec_driver_sql(statement, parameters)


def _url_of(text: str, *, create: bool) -> sa.URL:
    if "://" in text:
        try:
            return sa.make_url(text)
        except sa.exc.ArgumentError as error:
            raise LedgerError(f"not a database URL: {text}", remedy="use a path or a SQLAlchemy URL") from error
    path = Path(text)
    if path.is_dir():
        raise LedgerError(f"the ledger {text} is a folder", remedy=f"name a file, such as {path / 'ledger.db'}")
    if not create and not path.exists():
        raise LedgerError(f"there is no ledger at {text}", remedy="run `provenance scan` first, or check --ledger")
    if not path.parent.is_dir():
        raise LedgerError(f"the folder of the ledger {text} does not exist", remedy=f"create {path.parent}")
    return sa.URL.create("sqlite+pysqlite", database=text)


def _engine_options(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return {"pool_pre_ping": True}


def _arrange_sqlite(engine: Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in _PRAGMAS:
            raw.execute(pragma)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("provenance_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _bring_to_head(database: Database) -> None:
    with database.reading() as connection:
        found = _revision(connection)
    if found == schema.REVISION:
        return
    if database.is_sqlite:
        _check_writable(database)
        with database.engine.connect() as connection:
            # Persistent, so it is set once, here, and outside any transaction.
            connection.connection.driver_connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]
    with database.writing() as connection:
        found = _revision(connection)  # somebody else may have been quicker
        if found is None:
            _create(database, connection)
        elif found != schema.REVISION:
            _migrate(database, connection, found)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.select(schema.alembic_version.c.version_num)).scalar()


def _create(database: Database, connection: Connection) -> None:
    tables = sa.inspect(connection).get_table_names()
    if tables:
        raise LedgerError(
            f"{database.name} is a database of something else (it holds {tables[0]})", remedy="name another file"
        )
    schema.metadata.create_all(connection)
    connection.execute(sa.insert(schema.alembic_version).values(version_num=schema.REVISION))
    connection.execute(sa.insert(schema.ledger_secret).values(secret=secrets.token_bytes(32)))


def _migrate(database: Database, connection: Connection, found: str) -> None:
    from provenance.ledger import migrations

    if found not in migrations.revisions():
        raise LedgerTooNew(
            f"the ledger {database.name} was written by a newer version (schema {found})",
            remedy="upgrade with `pip install -U consent-provenance`",
        )
    migrations.upgrade(connection)


def _check_writable(database: Database) -> None:
    path = Path(database.name)
    if path.exists() and not os.access(path, os.W_OK):
        raise LedgerError(f"the ledger {path} is read-only", remedy="make it and its folder writable, or copy it")


_SQLITE_HINTS: Final = (
    ("database or disk is full", "the disk is full", "free some space and run again; nothing was lost"),
    ("readonly database", "the ledger is read-only", "make it and its folder writable, or copy it"),
    ("unable to open database file", "it cannot be opened", "check that its folder exists and may be written to"),
    ("file is not a database", "it is not a SQLite database", "name another file"),
    ("malformed", "it is damaged", "restore it from a copy, or scan again into a new file"),
    ("disk I/O error", "the disk reports an error", "check the disk; WAL does not work on network file systems"),
)


def _explained(name: str, error: sa.exc.DBAPIError) -> LedgerError:
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    if "database is locked" in said or "database table is locked" in said:
        return LedgerLocked(
            f"the ledger {name} is being written by another process", remedy="wait for it to finish and run again"
        )
    for fragment, problem, remedy in _SQLITE_HINTS:
        if fragment in said:
            return LedgerError(f"the ledger {name}: {problem}", remedy=remedy)
    if isinstance(error, sa.exc.OperationalError) and isinstance(error.orig, OSError):
        code = error.orig.errno
        said = os.strerror(code) if code else said
        if code == errno.ENOSPC:
            return LedgerError(f"the ledger {name}: the disk is full", remedy="free some space and run again")
    return LedgerError(f"the ledger {name}: {said}", remedy="check the ledger and the database server")
