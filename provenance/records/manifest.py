"""Reading a manifest: one row an image, as its collector declares it (exchange formats, sections 1 and 1b)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provenance.model import BasisRecord, ManifestRow
from provenance.records import flat
from provenance.records.basis import record_of
from provenance.records.faults import Faults
from provenance.records.forms import ManifestForm, checking, faults_of
from provenance.records.parquet import storable
from provenance.records.passes import Checked, Columns, check_file, stream
from provenance.records.rows import Format, Header, RawRow, format_of

_NESTED_ONLY: Final = ("persons", "persons_determined_by", "synthetic")
_FIELDS: Final = frozenset(ManifestForm.model_fields)
_LIMITS: Final = (
    "persons", "person_ref", "person_age", "person_groups", "withdrawn_at", "expires_at", "web_evidence",
    "upstream_dataset",
)  # fmt: skip
_SUFFIX: Final = "_file_name"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A manifest without faults. `digest` is the SHA-256 of its bytes, `rows` its number of rows, `unknown` its
    columns that no field of ours has (they are kept in `ManifestRow.extra`).

    >>> for row in read_manifest("manifest.csv").iterate():  # doctest: +SKIP
    ...     print(row.file_name, row.persons_status)
    """

    path: Path
    digest: bytes
    rows: int
    unknown: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()

    def iterate(self) -> Iterator[ManifestRow]:
        """Every row, in the file's order. Raises InputError where the file changed since it was checked, at the latest
        after the last row: take the rows in one transaction."""
        return (row for row, _ in self._pairs(with_records=False))

    def records(self, *, folder: str = "") -> Iterator[BasisRecord]:
        """The basis records that the rows of a flat CSV make. None in another format. Raises as `iterate`.

        `folder` is where a metadata file stands below its collection (`train/`): the scope and the derived id of a
        record name the image from the collection's root, as other records do.
        """
        if format_of(self.path) is Format.CSV:
            yield from (record for _, record in self._pairs(with_records=True, folder=folder) if record is not None)

    def _pairs(self, *, with_records: bool, folder: str = "") -> Iterator[_Pair]:
        convert = _Converter(format_of(self.path), self.jurisdictions, with_records=with_records, folder=folder).convert
        return stream(self.path, Checked(self.digest, self.rows), convert)


_Pair = tuple[ManifestRow, BasisRecord | None]


def read_manifest(path: str | os.PathLike[str], *, jurisdictions: Iterable[str] = ()) -> ManifestFile:
    """Check a manifest whole; its rows are then handed out by `iterate`. `jurisdictions` are codes of packs of the
    user's own, beside the known ones.

    Raises RowErrors with every fault of the file, InputError where it cannot be read, MissingExtra for Parquet
    without pyarrow.
    """
    file = Path(path)
    converter = _Converter(format_of(file), tuple(jurisdictions))
    checked = check_file(file, converter.convert, _keys, converter.header)
    return ManifestFile(
        file, checked.digest, checked.rows, tuple(sorted(converter.columns.unknown)), converter.jurisdictions
    )


def _keys(pair: _Pair) -> Iterator[tuple[str, str]]:
    row, record = pair
    if row.file_name is not None:
        yield "file_name", row.file_name
    else:
        assert row.url is not None
        yield "url", row.url
    if record is not None:
        yield "record_id", record.record_id


class _Converter:
    """Makes manifest rows of raw rows, for one file."""

    def __init__(
        self, kind: Format, jurisdictions: tuple[str, ...], *, with_records: bool = True, folder: str = ""
    ) -> None:
        self.flat = kind is Format.CSV
        self.with_records = self.flat and with_records
        self.folder = folder
        self.jurisdictions = jurisdictions
        self.context = checking(jurisdictions)
        self.columns = Columns((_FIELDS | flat.FLAT_COLUMNS) if self.flat else _FIELDS, _LIMITS)

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns of a file. False where no row can be read."""
        names = set(header.names)
        images = [name for name in header.names if name.endswith(_SUFFIX)]
        if not names & {"file_name", "url"} and len(images) != 1:
            faults.add(header.line, "file_name", ", ".join(header.names[:5]), _no_image(images), ("file_name",))
            return False
        if self.flat:
            for name in _NESTED_ONLY:
                if name in names:
                    faults.add(header.line, name, name, "a nested field; use the flat columns, or JSON Lines")
        self.columns.check(header.line, self._foreign(header.names), faults)
        return not faults.listed

    def convert(self, raw: RawRow, faults: Faults) -> _Pair | None:
        """The row and its basis record. None where there is a fault, which is then noted."""
        before = len(faults.listed) + faults.more
        cells = flat.cells_of(raw.values) if self.flat else {}
        values = self._values(raw, cells, faults)
        extra = {name: storable(value) for name, value in values.items() if name not in _FIELDS}
        if extra:
            self.columns.check(raw.line, extra, faults)
            values = {name: value for name, value in values.items() if name in _FIELDS}
        row = self._row(values, extra, raw, faults)
        record = self._record(row, raw, cells, faults) if self.with_records else None
        sound = row is not None and len(faults.listed) + faults.more == before
        return (row, record) if row is not None and sound else None

    def _values(self, raw: RawRow, cells: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
        values = raw.values
        if self.flat:
            values = flat.manifest_values(cells)
        else:
            for name in flat.FLAT_ONLY & values.keys():
                faults.add(
                    raw.line, name, values[name], "a column of the flat CSV form; use persons and a records file"
                )
            values = {name: value for name, value in values.items() if name not in flat.FLAT_ONLY}
        if "file_name" not in values:
            images = [name for name in values if name.endswith(_SUFFIX)]
            if len(images) == 1:
                values = {"file_name" if name == images[0] else name: value for name, value in values.items()}
        return values

    def _row(self, values: dict[str, Any], extra: Mapping[str, Any], raw: RawRow, faults: Faults) -> ManifestRow | None:
        try:
            form = ManifestForm.model_validate(values, context=self.context)
        except ValidationError as error:
            for field, value, problem, among in faults_of(error, ManifestForm):
                name = flat.column_of(field, raw.values) if self.flat else field
                faults.add(raw.line, name, value, problem, among)
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
        return record_of(values, raw, self.context, faults, flat_cells=cells)

    def _foreign(self, names: Iterable[str]) -> list[str]:
        taken = "file_name" in names
        return [name for name in names if taken or not name.endswith(_SUFFIX)]


def _no_image(images: list[str]) -> str:
    if images:
        return f"a row stands for one image, yet the file has {len(images)} columns that name one"
    return "there is no column file_name (or url), separated from the others by a comma"
