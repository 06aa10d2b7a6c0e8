"""The kinds of columns and constraints of which the ledger's tables are made."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, text

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NEVER: Final = 2**62
"""Later than every instant: where a span has no end, or a consent no expiry."""

# SQLite stores an INTEGER primary key as the row's own number; PostgreSQL should have 64 bits.
number_type: Final = BigInteger().with_variant(Integer, "sqlite")


def number() -> Column[Any]:
    """A row's number, counted up by the one writer."""
    return Column("id", number_type, primary_key=True, autoincrement=False)


def to(name: str, target: str, *, key: bool = False, optional: bool = False) -> Column[Any]:
    """A column that names a row of another table."""
    reference = ForeignKey(f"{target}.id")
    if key:
        return Column(name, number_type, reference, primary_key=True, autoincrement=False)
    return Column(name, number_type, reference, nullable=optional)


def end_of(name: str, target: str) -> Column[Any]:
    """A column that names the row which counts no longer, or came to its end, once."""
    return Column(name, number_type, ForeignKey(f"{target}.id"), nullable=False, unique=True)


def chained() -> tuple[Column[Any], Column[Any]]:
    """Random bytes that are erased with a row's content, and the digest of that content and of the row before it."""
    return Column("salt", LargeBinary), Column("row_digest", LargeBinary, nullable=False)


def one_current(table: str, *columns: str) -> Index:
    """Rows that were succeeded stay, so what names one thing is unique only among those that count now."""
    return Index(
        f"uq_{table}_current",
        *columns,
        unique=True,
        sqlite_where=text("current = 1"),
        postgresql_where=text("current"),
    )


def among(column: str, *values: str) -> CheckConstraint:
    """One of these values and no other."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
