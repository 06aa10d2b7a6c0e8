"""A map from a stranger's columns and values to ours: written once, for a form's or a program's export.

It is a TOML file (`--columns`) or the table `[columns]` of a gate context, with a table for each kind of file:

    [records]
    zone = "America/Toronto"
    dates = "MDY"
    ignore = ["Email Address"]
    rename = { "Your code" = "person", "Timestamp" = "given_at" }
    constant = { basis = "EXPLICIT_CONSENT" }
    values.form = { "I agree" = "EXPRESS" }
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from provenance.errors import InputError
from provenance.files import read_bounded
from provenance.records.column_names import folded_name
from provenance.records.form_problems import problems_of
from provenance.records.formats.raw import text_problem, too_deep
from provenance.records.values import fields as f
from provenance.records.values.checks import wrong
from provenance.records.values.local_times import LocalTimes, zone_of

MAX_BYTES: Final = 1 << 20
"""1 MiB: a longer map is refused."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How the columns of one kind of file become ours. The empty map changes nothing.

    `rename` maps each of their columns to one or several of ours, `ignore` names those to leave out, `constant` fills
    ours in every row, `values` maps their words to ours, for each of our columns. Their names and words are compared
    folded. `one_row_a` is "image" or "person"; `people_parted_by` parts several people in one cell, `lists_parted_by`
    the entries of a list.
    """

    rename: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    constant: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    delimiter: str | None = None
    one_row_a: str = "image"
    people_parted_by: str | None = None
    lists_parted_by: str = ";"
    local: LocalTimes | None = None

    def ours(self, name: str) -> tuple[str, ...]:
        """Our names for their column; none where the map has none."""
        return self.rename.get(folded_name(name), ())

    def ignores(self, name: str) -> bool:
        """Whether their column is to be left out."""
        return folded_name(name) in self.ignore

    def value(self, column: str, value: Any) -> Any:
        """Our value for theirs in our `column`; theirs where the map has none."""
        known = self.values.get(column)
        return known.get(folded_name(value), value) if known and isinstance(value, str) else value


NO_MAP: Final = ColumnMap()


@dataclass(frozen=True, slots=True)
class ColumnMaps:
    """The maps of one file, for manifests and for basis records."""

    manifest: ColumnMap = NO_MAP
    records: ColumnMap = NO_MAP


NO_MAPS: Final = ColumnMaps()


def read_columns_file(path: str | os.PathLike[str]) -> ColumnMaps:
    """Read a file of column maps. Raises InputError that names the file and every field, value and problem."""
    file = Path(path)
    try:
        data = read_bounded(file, MAX_BYTES)
        values = tomllib.loads(data.decode("utf-8-sig")) if data is not None else None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}", remedy="check the path") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not TOML: {str(error)[:200]}", remedy="correct it and run again") from error
    if values is None or too_deep(values) or text_problem(values):
        raise InputError(
            f"{file} is no map of columns of at most {MAX_BYTES} bytes", remedy="docs/columns.md shows one"
        )
    return column_maps(values, str(file))


def column_maps(values: object, place: str) -> ColumnMaps:
    """The maps that a table holds. Raises InputError that names `place` and every fault."""
    try:
        form = _MapsForm.model_validate(values)
    except ValidationError as error:
        lines = [f"{place}: {one.field}: {one.problem}: {one.value}" for one in problems_of(error, _MapsForm)]
        raise InputError("\n".join(lines), remedy="docs/columns.md shows a map of columns") from error
    # The check of each has made a map of its form.
    return ColumnMaps(form.manifest or NO_MAP, form.records or NO_MAP)  # type: ignore[arg-type]


# --- the shape of the file ---------------------------------------------------------------------------------------


def _folded(given: dict[str, Any]) -> dict[str, Any]:
    """By folded name. Two names that differ in nothing that matters must not mean two things."""
    folded: dict[str, Any] = {}
    for name, value in given.items():
        key = folded_name(name)
        if folded.get(key, value) != value:
            raise wrong(f"it stands twice, in two spellings: {name[:80]}")
        folded[key] = value
    return folded


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _zone(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("it must be a text such as Europe/Berlin or +02:00")
    try:
        return zone_of(value)
    except ValueError as error:
        raise wrong(str(error)) from None


_Words = Annotated[dict[str, Any], AfterValidator(_folded)]


class _MapForm(f.Form):
    rename: Annotated[dict[str, Annotated[tuple[str, ...], BeforeValidator(_several)]], AfterValidator(_folded)] = (
        Field(default_factory=dict)
    )
    ignore: tuple[str, ...] = ()
    constant: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, _Words] = Field(default_factory=dict)
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    one_row_a: Literal["image", "person"] = "image"
    people_parted_by: Annotated[str, Field(min_length=1, max_length=8)] | None = None
    lists_parted_by: Annotated[str, Field(min_length=1, max_length=8)] = ";"
    zone: Annotated[Any, BeforeValidator(_zone)] = None
    dates: Literal["YMD", "DMY", "MDY"] = "YMD"
    excel_dates: bool = False


def _map(form: _MapForm) -> ColumnMap:
    local = None
    if form.zone is not None or form.excel_dates or form.dates != "YMD":
        local = LocalTimes(form.zone, form.dates, excel=form.excel_dates)
    return ColumnMap(
        form.rename,
        frozenset(map(folded_name, form.ignore)),
        form.constant,
        form.values,
        form.delimiter,
        form.one_row_a,
        form.people_parted_by,
        form.lists_parted_by,
        local,
    )


_Map = Annotated[_MapForm, AfterValidator(_map)]


class _MapsForm(f.Form):
    manifest: _Map | None = None
    records: _Map | None = None
