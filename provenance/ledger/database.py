"""Opening a ledger: engine, pragmas, schema version, transactions, and driver errors turned into ours.

SQLite runs in WAL mode with one writer at a time (`BEGIN IMMEDIATE`); readers never wait. Any SQLAlchemy URL works,
PostgreSQL is tested. A ledger that may only be read is opened too (`ledger.read_only`).
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from provenance.errors import LedgerError, LedgerLocked, LedgerTooNew, MissingExtra
from provenance.ledger import log, planted, read_only, schema
from provenance.ledger.address import address_of, secrets_of, sendable, shown, without
from provenance.ledger.furnish import furnish
from provenance.private_files import create, require_own

BUSY_SECONDS: Final = 120
"""How long a writer waits for another one. Batches commit every few seconds, so waiting longer hides a fault."""

PATIENCE_SECONDS: Final = 2
"""How long it waits before it says so."""

UNFINISHED: Final = "copying"
"""What stands for the revision of a copy (`ledger.copying`) until all of it is there; no version opens it."""

_LOG: Final = logging.getLogger(__name__)

_WRITER_LOCK: Final = 0x70726F76
"""The advisory lock that makes PostgreSQL, too, have one writer."""

_PRAGMAS: Final = (
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-65536",
    "PRAGMA mmap_size=268435456",
)


class Database:
    """An open ledger database. Use `reading()` and `writing()`; nothing else begins a transaction.

    >>> database = Database.open("ledger.db")  # doctest: +SKIP
    """

    def __init__(
        self, engine: Engine, name: str, secrets: frozenset[str] = frozenset(), still: read_only.Still | None = None
    ) -> None:
        self.engine = engine
        self.name = name
        self.read_only = False
        self._secrets = secrets
        self._still = still

    @classmethod
    def open(cls, target: str | os.PathLike[str], *, create: bool = True) -> Database:
        """Open a path or a SQLAlchemy URL, creating or migrating the schema as needed.

        Raises LedgerError if it cannot be opened, LedgerTooNew if a newer version wrote it.
        """
        database = cls.connect(target, create=create)
        with database.explaining_errors():
            _bring_to_head(database)
            if not database.is_sqlite:
                with database.reading() as connection:
                    database.read_only = read_only.may_only_select(connection)
        return database

    @classmethod
    def connect(cls, target: str | os.PathLike[str], *, create: bool) -> Database:
        """A path or a SQLAlchemy URL with whatever it holds. Raises LedgerError."""
        url = address_of(os.fspath(target), create=create)
        name = shown(url)
        options, still = _engine_options(url), None
        sealed = False
        if url.get_backend_name() == "sqlite":
            _guard_file(name)
            sealed = read_only.may_not_write(Path(name))
            if sealed:
                options["creator"], still = read_only.connector(Path(name))
        try:
            engine = sa.create_engine(url, **options)
        except ModuleNotFoundError as missing:
            raise MissingExtra(missing.name or "a database driver", "postgres", f"the ledger {name}") from missing
        except (sa.exc.ArgumentError, ValueError, TypeError) as error:
            problem = without(str(error), secrets_of(os.fspath(target)))
            raise LedgerError(f"the ledger {name}: {problem}", remedy="use a path or a SQLAlchemy URL") from None
        if engine.dialect.name == "sqlite":
            _arrange_sqlite(engine)
        _ENGINES.add(engine)
        database = cls(engine, name, secrets_of(os.fspath(target)), still)
        database.read_only = sealed
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded engine is used."""
        return self.engine.dialect.name == "sqlite"

    @property
    def address(self) -> str:
        """Where another process can open it: a path or a URL, without any secret.

        Raises LedgerError for a ledger in memory.
        """
        url = self.engine.url
        if not self.is_sqlite:
            return sendable(url).render_as_string(hide_password=False)
        if not url.database or url.database == ":memory:":
            raise LedgerError("a ledger in memory is its process's alone", remedy="open a file")
        return os.path.abspath(url.database)  # noqa: PTH100 - `resolve` would follow links that may be laid anew

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
            if self._still is not None:
                self._still.require()

    @contextmanager
    def writing(self, *, derived: bool = False) -> Iterator[Connection]:
        """A transaction that holds the writer's lock from its start: all of it is kept, or none.

        What it records makes one entry of the log. Where all rows are `derived` from what was read in it, SQLite need
        not look up again whether what they name exists, which takes longer than to write them. Raises LedgerError for
        a ledger that may only be read.
        """
        if self.read_only:
            raise read_only.refused(self.name)
        engine = self.engine.execution_options(provenance_writes=True, provenance_derives=derived)
        with self.explaining_errors(), engine.begin() as connection:
            if not self.is_sqlite and not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_WRITER_LOCK))):
                _LOG.warning("another process writes to the ledger; waiting for it")
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            log.forget_appended(connection)
            try:
                yield connection
                log.seal(connection)
            finally:
                log.forget_appended(connection)

    @contextmanager
    def explaining_errors(self) -> Iterator[None]:
        """Turn what the driver raises into one line that names the ledger and the remedy."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise _explained(self.name, error, self._secrets) from error
        except self.engine.dialect.loaded_dbapi.Error as error:  # of what is asked of the driver itself
            raise _explained(self.name, sa.exc.DBAPIError("", None, error), self._secrets) from error


_ENGINES: Final[weakref.WeakSet[Engine]] = weakref.WeakSet()
_PARENTS: Final[list[object]] = []
"""Connections of the process that this one was forked from, kept so that nothing here closes them."""


def _leave_to_parent() -> None:
    """In a forked process: open connections anew, and never touch those that the parent still uses."""
    for engine in list(_ENGINES):
        _PARENTS.append(engine.pool)
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def _guard_file(name: str) -> None:
    """Make a new ledger's file its owner's alone, which SQLite gives -wal and -shm too; refuse one others may write."""
    path = Path(name)
    if name == ":memory:" or not name:
        return
    for part in ("", "-wal", "-shm", "-journal"):  # SQLite takes what these hold for the ledger's own
        require_own(path.with_name(path.name + part), "the ledger")
    with suppress(OSError):  # SQLite says better what is wrong with the place, and a file that is there stays
        os.close(create(path))


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
        derives = connection.get_execution_options().get("provenance_derives", False)
        connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if derives else 'ON'}")
        if connection.get_execution_options().get("provenance_writes", False):
            _take_turn(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _take_turn(connection: Connection) -> None:
    """Begin to write as soon as no other process does, and say so where that takes a while."""
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA busy_timeout={int(1000 * min(PATIENCE_SECONDS, BUSY_SECONDS))}")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            _LOG.warning("another process writes to the ledger; waiting up to %.0f s for it", BUSY_SECONDS)
    else:
        return
    finally:
        raw.execute(f"PRAGMA busy_timeout={int(1000 * BUSY_SECONDS)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _bring_to_head(database: Database) -> None:
    with database.reading() as connection:
        planted.require_none(connection, database.name)
        found = revision_of(connection)
    if found == schema.REVISION:
        return
    if found == UNFINISHED:
        raise unfinished(database.name)
    if database.read_only:
        raise LedgerError(
            f"the ledger {database.name} is read-only, and holds no ledger of this version",
            remedy="open it once as somebody who may write, such as by `provenance status`",
        )
    if database.is_sqlite:
        set_wal(database)
    with database.writing() as connection:
        found = revision_of(connection)  # somebody else may have been quicker
        if found is None:
            _create(database, connection)
        elif found != schema.REVISION:
            _migrate(database, connection, found)


def set_wal(database: Database) -> None:
    """Let a SQLite file have a write-ahead log: for good, so it is done once, outside any transaction."""
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]


def unfinished(name: str) -> LedgerError:
    """What whoever opens a copy is told that was not finished."""
    return LedgerError(
        f"the ledger {name} is a copy that was not finished",
        remedy="remove the file, or drop the database and create it anew, then copy again",
    )


def revision_of(connection: Connection) -> str | None:
    """The revision of the schema in a database; None where no ledger is there."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.select(schema.alembic_version.c.version_num)).scalar()


def _create(database: Database, connection: Connection) -> None:
    tables = sa.inspect(connection).get_table_names()
    if tables:
        raise LedgerError(
            f"{database.name} is a database of something else (it holds {tables[0]})", remedy="name another file"
        )
    schema.metadata.create_all(connection, checkfirst=False)  # there is no table yet
    furnish(connection)
    connection.execute(sa.insert(schema.alembic_version).values(version_num=schema.REVISION))


def _migrate(database: Database, connection: Connection, found: str) -> None:
    from provenance.ledger import migrations

    if found not in migrations.revisions():
        raise LedgerTooNew(
            f"the ledger {database.name} was written by a newer version (schema {found})",
            remedy="upgrade with `pip install -U consent-provenance`",
        )
    migrations.upgrade(connection)


_SQLITE_HINTS: Final = (
    ("database or disk is full", "the disk is full", "free some space and run again; nothing was lost"),
    ("readonly database", "the ledger is read-only", "make it and its folder writable, or copy it"),
    ("unable to open database file", "it cannot be opened", "check that its folder exists and may be written to"),
    ("file is not a database", "it is not a SQLite database", "name another file"),
    ("malformed", "it is damaged", "restore it from a copy, or scan again into a new file"),
    ("disk I/O error", "the disk reports an error", "check the disk; WAL does not work on network file systems"),
)


def _explained(name: str, error: sa.exc.DBAPIError, secrets: frozenset[str]) -> LedgerError:
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
    return LedgerError(
        f"the ledger {name}: {without(said, secrets)}", remedy="check the ledger and the database server"
    )
