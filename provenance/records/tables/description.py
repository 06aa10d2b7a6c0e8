"""What is known of each table: `tables.toml`, checked as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from provenance.errors import UsageError
from provenance.tables import table


class Join(BaseModel):
    """Rows of another place in the same file, which a row's `column` names by their `key`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    rows: str
    key: str


class Table(BaseModel):
    """One kind of table, as `tables.toml` describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    source: str
    format: Literal["json", "csv", "tsv", "parquet", "xml", "dep5"]
    rows: str = ""
    columns: tuple[str, ...] = ()
    join: Join | None = None
    only: Mapping[str, str] = {}
    fields: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, str]] = {}
    parted_by: Mapping[str, str] = {}
    constant: Mapping[str, str] = {}
    creator: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


@cache
def known_tables() -> Mapping[str, Table]:
    """Every kind of table by its name.

    >>> known_tables()["coco"].format
    'json'
    """
    return {name: Table.model_validate(one) for name, one in table("provenance.records.tables", "tables.toml").items()}


def table_of(name: str) -> Table:
    """The kind of table that a name means. Raises UsageError with those there are."""
    found = known_tables().get(name)
    if found is None:
        raise UsageError(f"{name} is no known kind of table", remedy=f"give one of {', '.join(known_tables())}")
    return found
