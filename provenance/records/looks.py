"""Reading what people saw in pictures: the sheet of `provenance review sheet`, with its empty columns filled in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, ValidationError, WithJsonSchema

from provenance.model import ApparentAge, Look
from provenance.printable import from_csv_cell
from provenance.records.columns.file_columns import Columns
from provenance.records.faults import Faults
from provenance.records.form_problems import problems_of
from provenance.records.formats.raw import Header, Item, RawRow
from provenance.records.formats.rows import Format, format_of, read_rows
from provenance.records.passes import Checked, Key, check_file, stream
from provenance.records.reviews import SIGNATURE
from provenance.records.values import fields as f
from provenance.records.values.checks import Checking, is_said, whole, wrong
from provenance.records.values.local_times import LocalTimes
from provenance.vocabulary import PersonsStatus

SHOWN: Final = ("item", "path", "thumbnail", "decision_now", "findings", "detail")
"""Columns that tell the reviewer what a row is about; they are not read back."""

SEEN: Final = ("persons_status", "persons", "age", "synthetic", "sensitive")
"""Columns for what is seen. A row in which all of them are empty is left for later."""

FILLED: Final = (*SEEN, "reviewer", "at", "reason")

CSV_COLUMNS: Final = ("sha256", *FILLED, SIGNATURE)
"""The columns of a sheet of signed looks."""

_REQUIRED: Final = ("sha256", "persons_status", "reviewer", "reason")
_MOST: Final = 1_000


def _age(value: object) -> ApparentAge | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str) and is_said(value):
        found = next((age for age in ApparentAge if age == value.strip().upper()), None)
        if found is not None:
            return found
    raise wrong("it must be MINOR or ADULT", among=tuple(ApparentAge), wide=("ADULT",))


def _must(value: Any) -> Any:
    if value is None:
        raise wrong("it must not be empty")
    return value


class LookForm(f.Form):
    """What a named person saw in one picture."""

    sha256: Annotated[f.Sha256, AfterValidator(_must)]
    """The picture's bytes, as they were exported."""
    persons_status: f.PersonsStatusField = None
    """NONE where nobody is shown, PRESENT where somebody is."""
    persons: Annotated[int | None, PlainValidator(whole(1, _MOST)), WithJsonSchema({"type": "integer"})] = None
    """How many people are shown."""
    age: Annotated[
        ApparentAge | None, PlainValidator(_age), WithJsonSchema({"type": "string", "enum": list(ApparentAge)})
    ] = None
    """MINOR where one of them may be under 18, ADULT where all are plainly of age."""
    synthetic: f.Flag = None
    """Whether the picture was generated."""
    sensitive: f.Flag = None
    """Whether it shows what is sensitive: health, belief, sexual life and the like."""
    reviewer: f.RequiredSomebody
    """The person who looked. A program or a placeholder is nobody, and so an error."""
    at: f.EndTime = None
    """When. Blank: when the file was last saved."""
    reason: f.RequiredIdentifier
    """Why they looked, or what they go by."""
    signature: f.Signature = b""
    """What `provenance review sign` makes of the row by the key of the reviewer's account."""


@dataclass(frozen=True, slots=True)
class LooksFile:
    """A sheet of looks without faults; `rows` counts its rows, filled in or not.

    >>> for line, look in read_looks("sheet.csv").iterate():  # doctest: +SKIP
    ...     print(line, look.reviewer, look.persons_status)
    """

    path: Path
    rows: int
    _saved: datetime
    _times: LocalTimes | None
    _checked: Checked

    def iterate(self) -> Iterator[tuple[int, Look]]:
        """Every look with its line, in the file's order. Raises InputError where the file changed since."""
        found = stream(self.path, self._checked, _Converter(self.path, self._saved, self._times))
        return (row for row in found if row is not _LEFT)


def read_looks(path: str | os.PathLike[str], *, times: LocalTimes | None = None) -> LooksFile:
    """Check a sheet of looks (CSV, JSON Lines or Parquet) whole. Raises RowErrors with every fault, InputError.

    `times` states the zone, and the order of day and month, of times as spreadsheets write them.
    """
    file = Path(path)
    saved = datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.is_file() else datetime.now(UTC)
    checked = check_file(file, _Converter(file, saved, times))
    return LooksFile(file, checked.rows, saved, times, checked)


def holds_looks(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a sheet of looks: it has a row for each picture, and names no findings."""
    for entry in read_rows(Path(path), hashlib.sha256()):
        names = entry.names if isinstance(entry, Header) else tuple(entry.values) if isinstance(entry, RawRow) else ()
        return "persons_status" in names and "finding" not in names
    return False


# Stands for a row that nobody has filled in yet, where None would mean a fault.
_LEFT: Final = (0, Look(b"", "", datetime(1970, 1, 1, tzinfo=UTC)))


class _Converter:
    """Makes looks of raw rows, for one file."""

    def __init__(self, path: Path, saved: datetime, times: LocalTimes | None) -> None:
        self.path = path
        self.saved = saved
        self.quoted = format_of(path) is Format.CSV
        self.checking = Checking((), times)
        known = frozenset((*SHOWN, *CSV_COLUMNS))
        self.columns = Columns("sheet of looks", known, ("persons", "age", "sensitive"), closed=True)

    def rows(self, digest: Any) -> Iterator[Item]:
        """The file's headers, rows and faults, in order."""
        return read_rows(self.path, digest)

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns of a file. False where no row can be read."""
        self.columns.check(header, faults)
        names = self.columns.fields_of(header)
        for name in _REQUIRED:
            if name not in names:
                faults.add(header.line, name, ", ".join(header.names[:5]), "there is no such column", (name,))
        return not faults.listed

    def group_of(self, raw: RawRow) -> None:
        """Each row is one."""

    def convert(self, raw: Sequence[RawRow], faults: Faults) -> tuple[int, Look] | None:
        """The look of a row with its line; None where there is a fault, which is then noted."""
        (row,) = raw
        before = faults.total
        ours, _ = self.columns.take(row.values, row.line, faults)
        if faults.total > before:
            return None
        if self.quoted:
            ours = {name: from_csv_cell(value) if isinstance(value, str) else value for name, value in ours.items()}
        if not any(str(value).strip() for name in SEEN if (value := ours.get(name)) is not None):
            return _LEFT
        values = {name: ours.get(name) for name in CSV_COLUMNS}
        try:
            form = LookForm.model_validate(values, context=self.checking)
        except ValidationError as error:
            for one in problems_of(error, LookForm):
                faults.add(row.line, one.field, one.value, one.problem, one.among, one.wide)
            return None
        return self._looked(form, row, faults)

    def keys(self, record: tuple[int, Look]) -> Iterator[Key]:  # noqa: ARG002 - two people may look at one picture
        """Nothing stands only once."""
        return iter(())

    def said(self, record: tuple[int, Look]) -> Mapping[str, object]:  # noqa: ARG002 - see `keys`
        """Nothing is compared."""
        return {}

    def hint(self, differing: Sequence[str]) -> str:  # noqa: ARG002 - see `keys`
        """Nothing more."""
        return ""

    def _looked(self, form: LookForm, row: RawRow, faults: Faults) -> tuple[int, Look] | None:
        if not (form.persons_status or form.persons or form.age or form.synthetic or form.sensitive):
            told = ", ".join(str(row.values[name]) for name in SEEN if row.values.get(name))
            faults.add(row.line, "persons_status", told, "the row says nothing of what is seen", ("NONE", "PRESENT"))
            return None
        at = form.at or self.saved
        if at > datetime.now(UTC):
            faults.add(row.line, "at", str(at), "it lies ahead: nobody has looked yet")
            return None
        if form.persons_status is PersonsStatus.NONE and (form.persons or form.age):
            faults.add(row.line, "persons_status", "NONE", "the row says that nobody is shown, and tells of people")
            return None
        return row.line, Look(
            form.sha256 or b"",
            form.reviewer,
            at,
            form.persons_status or PersonsStatus.UNKNOWN,
            form.persons,
            form.age,
            form.synthetic or False,
            form.sensitive or False,
            form.reason,
            form.signature,
        )
