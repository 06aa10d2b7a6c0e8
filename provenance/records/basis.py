"""Reading basis records: why a person's image may be used (exchange formats, section 2)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provenance.model import BasisRecord
from provenance.records import flat
from provenance.records.columns.column_map import NO_MAP, ColumnMap
from provenance.records.columns.file_columns import Columns
from provenance.records.faults import Faults
from provenance.records.form_problems import problems_of
from provenance.records.formats.raw import Header, Item, RawRow
from provenance.records.formats.rows import Format, format_of, read_rows
from provenance.records.forms import RecordForm
from provenance.records.passes import Checked, Key, check_file, stream
from provenance.records.values.checks import Checking

_FIELDS: Final = frozenset(RecordForm.model_fields)
_LIMITS: Final = ("items", "sources", "events", "expires_at", "withdrawn_at", "recipients", "territories")
_REQUIRED: Final = ("record_id", "person", "basis")
_FLAT_ONLY: Final = ("given_at", "expires_at", "withdrawn_at")
_SAID: Final = tuple(one.name for one in fields(BasisRecord) if one.name != "line")


@dataclass(frozen=True, slots=True)
class RecordsFile:
    """A file of basis records without faults. `digest` is the SHA-256 of its bytes, `rows` its number of records,
    `said` the SHA-256 of what was read in it. A local `evidence.uri` is relative to `path.parent`.

    >>> for record in read_records("records.jsonl").iterate():  # doctest: +SKIP
    ...     print(record.record_id, record.person, record.basis)
    """

    path: Path
    digest: bytes
    rows: int
    said: bytes = b""
    _jurisdictions: tuple[str, ...] = ()
    _columns: ColumnMap = NO_MAP
    _checked: Checked = field(default_factory=lambda: Checked(b"", 0))

    def iterate(self) -> Iterator[BasisRecord]:
        """Every record, in the file's order. Raises InputError where the file changed since it was checked, at the
        latest after the last row: take the records in one transaction."""
        for records in stream(self.path, self._checked, _Converter(self.path, self._jurisdictions, self._columns)):
            yield from records


def read_records(
    path: str | os.PathLike[str], *, jurisdictions: Iterable[str] = (), columns: ColumnMap = NO_MAP
) -> RecordsFile:
    """Check a file of basis records whole; they are then handed out by `iterate`. In CSV the columns are flat.

    `jurisdictions` are codes of packs of the user's own, `columns` maps a stranger's columns to ours. An unknown column
    is a fault: it may narrow what a record permits.

    Raises RowErrors with every fault of the file, InputError where it cannot be read, MissingExtra for Parquet
    without pyarrow.
    """
    file = Path(path)
    codes = tuple(jurisdictions)
    said = sha256()

    def note(records: tuple[BasisRecord, ...], line: int) -> None:
        said.update(b"%d %b\n" % (line, repr(records).encode("utf-8", "backslashreplace")))

    checked = check_file(file, _Converter(file, codes, columns), note)
    return RecordsFile(file, checked.digest, checked.rows, said.digest(), codes, columns, checked)


class _Converter:
    """Makes basis records of raw rows, for one file."""

    def __init__(self, path: Path, jurisdictions: tuple[str, ...], columns: ColumnMap) -> None:
        self.path = path
        self.flat = format_of(path) is Format.CSV
        self.map = columns
        self.checking = Checking(jurisdictions, columns.local)
        known = flat.FILE_RECORD_COLUMNS | {"person_ref"} if self.flat else _FIELDS
        self.columns = Columns("register", frozenset(known), _LIMITS, closed=True, map=columns)

    def rows(self, digest: Any) -> Iterator[Item]:
        """The file's headers, rows and faults, in order."""
        return read_rows(self.path, digest, delimiter=self.map.delimiter)

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns of a file. False where no row can be read."""
        self.columns.check(header, faults)
        names = self.columns.fields_of(header) | self.map.constant.keys()
        names |= {"person"} if "person_ref" in names else set()
        for name in _REQUIRED:
            if name not in names:
                faults.add(header.line, name, ", ".join(header.names[:5]), "there is no such column", (name,))
        return not faults.listed

    def group_of(self, raw: RawRow) -> None:
        """Each row is one."""

    def convert(self, raw: Sequence[RawRow], faults: Faults) -> tuple[BasisRecord, ...] | None:
        """The records of a row: one for each of its people. None where there is a fault, which is then noted."""
        (row,) = raw
        before = faults.total
        if not self.flat:
            for name in [name for name in row.values if name in _FLAT_ONLY]:
                faults.add(row.line, name, row.values[name], "a column of the CSV form; use events")
        given = {name: value for name, value in row.values.items() if self.flat or name not in _FLAT_ONLY}
        ours, _ = self.columns.take(given, row.line, faults)
        if faults.total > before:
            return None
        if not self.flat:
            record = record_of(ours, row, self.checking, faults)
            return None if record is None else (record,)
        cells = flat.cells_of(ours, self.map)
        if "expires_at" in cells and "given_at" not in cells:
            faults.add(row.line, "given_at", "", "it must not be empty where expires_at is filled")
            return None
        values = flat.record_values(cells)
        if "person" not in values and "person_ref" in cells:
            values["person"] = cells["person_ref"]
        found = [record_of(one, row, self.checking, faults, flat_cells=cells) for one in self._each_person(values)]
        return tuple(one for one in found if one is not None) if faults.total == before else None

    def keys(self, record: tuple[BasisRecord, ...]) -> Iterator[Key]:
        """A record's id stands once in a file."""
        for one in record:
            yield Key("record_id", one.record_id)

    def said(self, record: tuple[BasisRecord, ...]) -> Mapping[str, object]:
        """What a row says, by field."""
        return {name: tuple(getattr(one, name) for one in record) for name in _SAID}

    def hint(self, differing: Sequence[str]) -> str:
        """How one record covers several people."""
        return "; a record is about one person, give each an id of its own" if "person" in differing else ""

    def _each_person(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """One record for each person of a cell with several, where the map says what parts them."""
        between, named = self.map.people_parted_by, values.get("person")
        if between is None or not isinstance(named, str) or between not in named:
            return [values]
        people = [part.strip() for part in named.split(between) if part.strip()]
        return [{**values, "person": one, "record_id": f"{values.get('record_id', '')}:{one}"} for one in people]


def record_of(
    values: Mapping[str, Any],
    raw: RawRow,
    checking: Checking,
    faults: Faults,
    *,
    flat_cells: Mapping[str, Any] | None = None,
) -> BasisRecord | None:
    """The checked record of nested values; None where there is a fault, which is then noted under the name of the
    column that it came from."""
    try:
        form = RecordForm.model_validate(values, context=checking)
    except ValidationError as error:
        for one in problems_of(error, RecordForm):
            name = one.field if flat_cells is None else flat.column_of(one.field, flat_cells)
            faults.add(raw.line, name, one.value, one.problem, one.among, one.wide)
        return None
    record = BasisRecord(**form.given(), line=raw.line)
    if flat_cells is not None and len(record.events) == 2 and record.events[1].at < record.events[0].at:
        problem = "a withdrawal before the consent was given; list the events in a JSON Lines records file"
        faults.add(raw.line, "withdrawn_at", flat_cells["withdrawn_at"], problem)
        return None
    return record
