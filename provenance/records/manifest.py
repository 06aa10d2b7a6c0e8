"""Reading a manifest: one row an image, as its collector declares it (exchange formats, sections 1 and 1b)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provenance.model import BasisRecord, ManifestRow
from provenance.records import flat
from provenance.records.ages import Ages
from provenance.records.basis import record_of
from provenance.records.column_names import folded_name
from provenance.records.columns.column_map import NO_MAP, ColumnMap
from provenance.records.columns.file_columns import Columns, Reads, read_by_nobody
from provenance.records.faults import Faults
from provenance.records.form_problems import problems_of
from provenance.records.formats.raw import Header, Item, RawRow
from provenance.records.formats.rows import Format, format_of, read_rows
from provenance.records.forms import ManifestForm
from provenance.records.kept import KeptRow, KeptRows
from provenance.records.passes import Checked, Key, check_file, stream
from provenance.records.row_text import row_of
from provenance.records.values.checks import Checking

_NESTED_ONLY: Final = ("persons", "persons_determined_by", "synthetic", "training_licence")
_FIELDS: Final = frozenset(ManifestForm.model_fields)
_LIMITS: Final = (
    "persons", "person_ref", "person_age", "person_groups", "withdrawn_at", "expires_at", "web_evidence",
    "upstream_dataset", "retain_until", "categories",
)  # fmt: skip
_SUFFIX: Final = "_file_name"
_SAID: Final = tuple(one.name for one in fields(ManifestRow) if one.name != "line")
_ONE_ROW_A_PERSON: Final = (
    '; a table with one row a person is read with one_row_a = "person" in a map of columns (--columns), or written as '
    "JSON Lines with persons"
)


@dataclass(frozen=True, slots=True)
class _Options:
    """How a manifest is read: codes of the user's own packs, the map of its columns, what else is read in them."""

    jurisdictions: tuple[str, ...] = ()
    columns: ColumnMap = NO_MAP
    is_read: Reads = read_by_nobody


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A manifest without faults. `digest` is the SHA-256 of its bytes, `rows` its number of images, `unknown` its
    columns that no field of ours has (they are kept in `ManifestRow.extra`), `reduced` those of which only is kept that
    they name somebody, `contradicting` the pseudonyms whose ages cannot be one person's, with two lines that show it.

    >>> for row in read_manifest("manifest.csv").iterate():  # doctest: +SKIP
    ...     print(row.file_name, row.persons_status)
    """

    path: Path
    digest: bytes
    rows: int
    unknown: tuple[str, ...]
    reduced: tuple[str, ...]
    contradicting: Mapping[str, tuple[int, int]]
    _options: _Options
    _checked: Checked
    _rows: KeptRows = field(compare=False)

    def iterate(self) -> Iterator[ManifestRow]:
        """Every image as it was checked, in order of the file's first row of it, whatever became of the file since."""
        return (row_of(one.text, one.line) for one in self.kept())

    def kept(self) -> Iterator[KeptRow]:
        """The same rows as texts."""
        return (one for one in self._rows.rows() if one.line not in self._checked.repeated)

    def records(self, *, folder: str = "") -> Iterator[BasisRecord]:
        """The basis records that the rows of a flat CSV make. None in another format. Raises InputError where
        the file changed since it was checked, at the latest after the last row: take them in one transaction.

        `folder` is where a metadata file stands below its collection (`train/`): the scope and the derived id of a
        record name the image from the collection's root, as other records do.
        """
        if format_of(self.path, toml=True) is Format.CSV:
            for _, records in stream(self.path, self._checked, _Converter(self.path, self._options, folder=folder)):
                yield from records

    def notes(self) -> tuple[str, ...]:
        """What to tell whoever gave the file, though it is sound: one sentence each."""
        told = [f"{self.path}: {name}: that it names somebody is kept, the name is not" for name in self.reduced]
        told += [
            f"{self.path}:{one} and {self.path}:{other}: the ages or dates of birth of {ref} cannot be one person's"
            for ref, (one, other) in self.contradicting.items()
        ]
        return tuple(told)


_Unit = tuple[ManifestRow, tuple[BasisRecord, ...]]


def read_manifest(
    path: str | os.PathLike[str],
    *,
    jurisdictions: Iterable[str] = (),
    columns: ColumnMap = NO_MAP,
    is_read: Reads = read_by_nobody,
) -> ManifestFile:
    """Check a manifest whole; its rows are then handed out by `iterate`.

    `jurisdictions` are codes of packs of the user's own, beside the known ones; `columns` maps a stranger's columns to
    ours; `is_read` tells which unknown columns are read as signals, so that an age or a count in them is not lost.

    Raises RowErrors with every fault of the file, InputError where it cannot be read, MissingExtra for Parquet
    without pyarrow.
    """
    file = Path(path)
    options = _Options(tuple(jurisdictions), columns, is_read)
    converter = _Converter(file, options)
    kept = KeptRows()
    with Ages() as ages:

        def visit(unit: _Unit, line: int) -> None:
            kept.add(unit[0])
            for person in unit[0].persons:
                ages.add(person, unit[0].acquired_at, line)

        checked = check_file(file, converter, visit)
        contradicting = ages.contradicting()
    return ManifestFile(
        file,
        checked.digest,
        checked.rows,
        tuple(sorted(converter.columns.unknown)),
        tuple(sorted(converter.columns.reduced)),
        contradicting,
        options,
        checked,
        kept,
    )


class _Converter:
    """Makes manifest rows, and the basis records of flat ones, of the raw rows of one file."""

    def __init__(self, path: Path, options: _Options, *, folder: str = "") -> None:
        self.path = path
        self.flat = format_of(path, toml=True) is Format.CSV
        self.folder = folder
        self.map = options.columns
        self.checking = Checking(options.jurisdictions, options.columns.local)
        known = (_FIELDS - set(_NESTED_ONLY)) | flat.FLAT_COLUMNS if self.flat else _FIELDS
        self.columns = Columns("manifest", frozenset(known), _LIMITS, map=options.columns, is_read=options.is_read)

    def rows(self, digest: Any) -> Iterator[Item]:
        """The file's headers, rows and faults, in order."""
        return read_rows(self.path, digest, toml=True, delimiter=self.map.delimiter)

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns of a file. False where no row can be read."""
        ours = {one for name in header.names for one in self._ours(name)} | self.map.constant.keys()
        images = [name for name in header.names if name.endswith(_SUFFIX) and self._ours(name) == (name,)]
        if not ours & {"file_name", "url"} and len(images) != 1:
            faults.add(header.line, "file_name", ", ".join(header.names[:5]), _no_image(images))
            return False
        if self.flat:
            for name in [name for name in header.names if folded_name(name) in _NESTED_FOLDED]:
                faults.add(header.line, name, name, "a nested field; use the flat columns, or JSON Lines")
        told = [name for name in header.names if "file_name" in ours or not name.endswith(_SUFFIX)]
        told = [name for name in told if not self.flat or folded_name(name) not in _NESTED_FOLDED]
        self.columns.check(Header(header.line, tuple(told)), faults)
        return not faults.listed

    def group_of(self, raw: RawRow) -> str | None:
        """The image, where several rows may speak of it."""
        if not self.flat or self.map.one_row_a != "person":
            return None
        named = {one: value for name, value in raw.values.items() for one in self._ours(name)}
        return "\0".join(str(named.get(name, "")) for name in ("file_name", "url"))

    def convert(self, raw: Sequence[RawRow], faults: Faults) -> _Unit | None:
        """The image and its basis records. None where there is a fault, which is then noted."""
        before = faults.total
        read = [self._convert(one, faults) for one in raw]
        units = [unit for unit in read if unit is not None]
        if faults.total > before or len(units) != len(raw):
            return None
        return units[0] if len(units) == 1 else self._together(units, faults)

    def keys(self, record: _Unit) -> Iterator[Key]:
        """The image and the ids of its records may stand only once."""
        row, records = record
        if row.file_name is not None:
            yield Key("file_name", row.file_name)
        if row.url is not None:
            yield Key("url", row.url, weak=row.file_name is not None)
        for one in records:
            yield Key("record_id", one.record_id)

    def said(self, record: _Unit) -> Mapping[str, object]:
        """What a row says, by field."""
        row, records = record
        bases = tuple(replace(one, line=0) for one in records)
        return {name: getattr(row, name) for name in _SAID} | {"basis": bases}

    def hint(self, differing: Sequence[str]) -> str:
        """How a table with one row a person is read."""
        return _ONE_ROW_A_PERSON if self.flat and "persons" in differing else ""

    def _ours(self, name: str) -> tuple[str, ...]:
        """Our names for a column that the map renames or that is spelled in another way, or the name as it is."""
        return self.map.ours(name) or (_BY_FOLDED.get(folded_name(name), name),)

    def _convert(self, raw: RawRow, faults: Faults) -> _Unit | None:
        ours, extra = self.columns.take(self._named(raw, faults), raw.line, faults)
        _take_licence(ours, extra)
        cells = flat.cells_of(ours, self.map) if self.flat else {}
        problem = flat.people_problem(cells, self.map)
        if problem:
            faults.add(raw.line, problem[0], cells[problem[0]], problem[1])
            return None
        values = flat.manifest_values(cells, self.map) if self.flat else self._mapped(ours)
        row = self._row(values, extra, cells, raw, faults)
        record = self._record(row, raw, cells, faults) if self.flat else None
        return (row, (record,) if record is not None else ()) if row is not None else None

    def _named(self, raw: RawRow, faults: Faults) -> dict[str, Any]:
        """The row with its image under the name that we have for it, without the flat columns of a nested file."""
        values = raw.values
        if not self.flat:
            lost = [name for name in values if folded_name(name) in _FLAT_FOLDED]
            for name in lost:
                problem = "a column of the flat CSV form; use persons and a records file"
                faults.add(raw.line, name, values[name], problem)
            values = {name: value for name, value in values.items() if name not in lost}
        if not any("file_name" in self._ours(name) for name in values):
            images = [name for name in values if name.endswith(_SUFFIX)]
            if len(images) == 1:
                values = {"file_name" if name == images[0] else name: value for name, value in values.items()}
        return values

    def _mapped(self, values: dict[str, Any]) -> dict[str, Any]:
        if not self.map.values:
            return values
        return {
            name: [self.map.value(name, one) for one in value]
            if isinstance(value, list)
            else self.map.value(name, value)
            for name, value in values.items()
        }

    def _row(
        self, values: dict[str, Any], extra: Mapping[str, Any], cells: Mapping[str, Any], raw: RawRow, faults: Faults
    ) -> ManifestRow | None:
        try:
            form = ManifestForm.model_validate(values, context=self.checking)
        except ValidationError as error:
            for one in problems_of(error, ManifestForm):
                name = flat.column_of(one.field, cells) if self.flat else one.field
                faults.add(raw.line, name, one.value, one.problem, one.among, one.wide)
            return None
        return ManifestRow(**form.given(), extra=extra, line=raw.line)

    def _record(
        self, row: ManifestRow | None, raw: RawRow, cells: Mapping[str, Any], faults: Faults
    ) -> BasisRecord | None:
        problem = flat.flat_problem(cells)
        if problem:
            faults.add(raw.line, problem[0], cells.get(problem[0], ""), problem[1])
            return None
        name = "unknown"
        if row is not None:
            name = self.folder + row.file_name if row.file_name else str(row.url)
        values = flat.row_record_values(cells, name)
        if values is None:
            return None
        # The person was checked with the row; told twice, a fault would count twice.
        if row is None:
            values["person"] = "p1"
        return record_of(values, raw, self.checking, faults, flat_cells=cells)

    def _together(self, units: Sequence[_Unit], faults: Faults) -> _Unit | None:
        """One image of the rows of its people. What they say of the image itself must agree where they say it."""
        rows = [row for row, _ in units]
        merged: dict[str, Any] = {}
        for name in _SAID:
            if name in ("persons", "extra"):
                continue
            said = [(row.line, value) for row in rows if (value := getattr(row, name)) not in (None, ())]
            if name == "persons_status":
                said = [one for one in said if one[1] != _UNSAID.persons_status]
            if len({repr(value) for _, value in said}) > 1:
                lines = ", ".join(str(line) for line, _ in said[:5])
                image = f"{rows[0].file_name or rows[0].url}, in lines {lines}"
                faults.add(said[1][0], name, image, "the rows of one image say different things")
                return None
            if said:
                merged[name] = said[0][1]
        persons = tuple(dict.fromkeys(person for row in rows for person in row.persons))
        extra = {name: value for row in reversed(rows) for name, value in row.extra.items()}
        by_id = {one.record_id: one for _, records in reversed(units) for one in reversed(records)}
        for one in (one for _, records in units for one in records):
            if replace(one, line=0) != replace(by_id[one.record_id], line=0):
                first = by_id[one.record_id].line
                faults.add(one.line, "record_id", f"{one.record_id}, first in line {first}", "two records have this id")
                return None
        records = tuple(sorted(by_id.values(), key=lambda one: one.line))
        return ManifestRow(**merged, persons=persons, extra=extra, line=rows[0].line), records


_UNSAID: Final = ManifestRow()
_NESTED_FOLDED: Final = frozenset(map(folded_name, _NESTED_ONLY))
_FLAT_FOLDED: Final = frozenset(map(folded_name, flat.FLAT_ONLY))
_BY_FOLDED: Final = {folded_name(name): name for name in (*_FIELDS, *flat.FLAT_COLUMNS)}


def _take_licence(ours: dict[str, Any], extra: Mapping[str, Any]) -> None:
    """A column `license` with words in it is the licence; with numbers it is another table's key for one."""
    if "licence" in ours:
        return
    for name, value in extra.items():
        if folded_name(name) == "license" and isinstance(value, str) and not value.strip().isdigit():
            ours["licence"] = value
            return


def _no_image(images: list[str]) -> str:
    if images:
        return f"a row stands for one image, yet the file has {len(images)} columns that name one"
    return "there is no column file_name (or url); name it, or map another one to it (--columns)"
