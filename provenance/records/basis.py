"""Reading basis records: why a person's image may be used (exchange formats, section 2)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provenance.model import BasisRecord
from provenance.records import flat
from provenance.records.faults import Faults
from provenance.records.forms import RecordForm, checking, faults_of
from provenance.records.passes import Checked, Columns, check_file, stream
from provenance.records.rows import Format, Header, RawRow, format_of

_FIELDS: Final = frozenset(RecordForm.model_fields)
_LIMITS: Final = ("items", "sources", "events", "expires_at", "withdrawn_at", "recipients", "territories")
_REQUIRED: Final = ("record_id", "person", "basis")
_FLAT_ONLY: Final = ("given_at", "expires_at", "withdrawn_at")


@dataclass(frozen=True, slots=True)
class RecordsFile:
    """A file of basis records without faults. `digest` is the SHA-256 of its bytes, `unknown` names its columns that
    no field of ours has; they are not taken. A local `evidence.uri` is relative to `path.parent`.

    >>> for record in read_records("records.jsonl").iterate():  # doctest: +SKIP
    ...     print(record.record_id, record.person, record.basis)
    """

    path: Path
    digest: bytes
    rows: int
    unknown: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()

    def iterate(self) -> Iterator[BasisRecord]:
        """Every record, in the file's order. Raises InputError where the file changed since it was checked, at the
        latest after the last row: take the records in one transaction."""
        convert = _Converter(format_of(self.path), self.jurisdictions).convert
        return stream(self.path, Checked(self.digest, self.rows), convert)


def read_records(path: str | os.PathLike[str], *, jurisdictions: Iterable[str] = ()) -> RecordsFile:
    """Check a file of basis records whole; they are then handed out by `iterate`. In CSV the columns are flat.

    Raises RowErrors with every fault of the file, InputError where it cannot be read, MissingExtra for Parquet
    without pyarrow.
    """
    file = Path(path)
    converter = _Converter(format_of(file), tuple(jurisdictions))
    checked = check_file(file, converter.convert, lambda record: [("record_id", record.record_id)], converter.header)
    return RecordsFile(
        file, checked.digest, checked.rows, tuple(sorted(converter.columns.unknown)), converter.jurisdictions
    )


class _Converter:
    """Makes basis records of raw rows, for one file."""

    def __init__(self, kind: Format, jurisdictions: tuple[str, ...]) -> None:
        self.flat = kind is Format.CSV
        self.jurisdictions = jurisdictions
        self.context = checking(jurisdictions)
        self.columns = Columns(flat.FILE_RECORD_COLUMNS | {"person_ref"} if self.flat else _FIELDS, _LIMITS)

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns of a file. False where no row can be read."""
        names = set(header.names) | ({"person"} if self.flat and "person_ref" in header.names else set())
        for name in _REQUIRED:
            if name not in names:
                faults.add(header.line, name, ", ".join(header.names[:5]), "there is no such column", (name,))
        if self.flat and "events" in names:
            faults.add(header.line, "events", "events", "a nested field; use given_at, expires_at and withdrawn_at")
        else:
            self.columns.check(header.line, header.names, faults)
        return not faults.listed

    def convert(self, raw: RawRow, faults: Faults) -> BasisRecord | None:
        """The record of a row. None where there is a fault, which is then noted."""
        if self.flat:
            cells = flat.cells_of(raw.values)
            if "expires_at" in cells and "given_at" not in cells:
                faults.add(raw.line, "given_at", "", "it must not be empty where expires_at is filled")
                return None
            values = flat.record_values(cells)
            if "person" not in values and "person_ref" in cells:
                values["person"] = cells["person_ref"]
            return record_of(values, raw, self.context, faults, flat_cells=cells)
        unknown = raw.values.keys() - _FIELDS
        if unknown:
            before = len(faults.listed) + faults.more
            for name in [name for name in _FLAT_ONLY if name in unknown]:
                faults.add(raw.line, name, raw.values[name], "a column of the CSV form; use events")
                unknown.discard(name)
            self.columns.check(raw.line, sorted(unknown), faults)
            if len(faults.listed) + faults.more > before:
                return None
        values = {name: value for name, value in raw.values.items() if name in _FIELDS}
        return record_of(values, raw, self.context, faults)


def record_of(
    values: Mapping[str, Any],
    raw: RawRow,
    context: dict[str, dict[str, None]],
    faults: Faults,
    *,
    flat_cells: Mapping[str, Any] | None = None,
) -> BasisRecord | None:
    """The checked record of nested values; None where there is a fault, which is then noted under the name of the
    column that it came from."""
    try:
        form = RecordForm.model_validate(values, context=context)
    except ValidationError as error:
        for field, value, problem, among in faults_of(error, RecordForm):
            name = field if flat_cells is None else flat.column_of(field, flat_cells)
            faults.add(raw.line, name, value, problem, among)
        return None
    record = BasisRecord(**form.given(), line=raw.line)
    if flat_cells is not None and len(record.events) == 2 and record.events[1].at < record.events[0].at:
        problem = "a withdrawal before the consent was given; list the events in a JSON Lines records file"
        faults.add(raw.line, "withdrawn_at", flat_cells["withdrawn_at"], problem)
        return None
    return record
