"""Reading what reviewers decided: the file that `provenance review export` wrote, with its empty columns filled in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, ValidationError, WithJsonSchema

from provenance.model import Review
from provenance.printable import from_csv_cell
from provenance.records.columns.file_columns import Columns
from provenance.records.faults import Faults
from provenance.records.form_problems import problems_of
from provenance.records.formats.raw import Header, Item, RawRow
from provenance.records.formats.rows import Format, format_of, read_rows
from provenance.records.passes import Checked, Key, check_file, stream
from provenance.records.values import fields as f
from provenance.records.values.checks import Checking, is_said, wrong
from provenance.records.values.local_times import LocalTimes
from provenance.records.values.terms import term_of
from provenance.vocabulary import Decision

SHOWN: Final = ("item", "sha256", "code", "decision_now", "jurisdiction", "person", "detail", "citation")
"""Columns that tell the reviewer what a finding is about; of these, `sha256` and `code` are read back."""

BOUND: Final = ("finding", "sha256", "code")
"""Columns that say what was decided: the finding, of which bytes, and what it was."""

FILLED: Final = ("decision", "reviewer", "at", "expires", "reason", "ticket")
"""Columns that the reviewer fills in. A row without a decision is left for later."""

MAX_DAYS: Final = 180
"""A decision holds at most this long, and this long where no day is given."""

SIGNATURE: Final = "signature"
"""The column that `provenance review sign` adds."""

CSV_COLUMNS: Final = (*BOUND, *FILLED, SIGNATURE)
"""The columns of a file of signed decisions."""

_ANSWERS: Final = ("ALLOW", "BLOCK")
_LIMITS: Final = ("decision", "expires", "reviewer")
_SAID: Final = tuple(one.name for one in fields(Review) if one.name != "line")


def _answer(value: object) -> Decision:
    found = term_of(value, Decision) if isinstance(value, str) and is_said(value) else None
    if found is Decision.ALLOW:
        return Decision.ALLOW_BY_REVIEW
    if found is Decision.BLOCK:
        return Decision.BLOCK
    raise wrong("it must be ALLOW or BLOCK", among=_ANSWERS, wide=("ALLOW",))


def _must(value: Any) -> Any:
    if value is None:
        raise wrong("it must not be empty where a decision is given")
    return value


class ReviewForm(f.Form):
    """What a named person decided about one finding."""

    finding: f.RequiredReference
    """The fingerprint of the finding, as it was exported."""
    sha256: Annotated[f.Sha256, AfterValidator(_must)]
    """The image's bytes, as they were exported."""
    code: f.RequiredReference
    """What was found, as it was exported."""
    decision: Annotated[Decision, PlainValidator(_answer), WithJsonSchema({"type": "string", "enum": list(_ANSWERS)})]
    """ALLOW or BLOCK. A row without one is left for later."""
    reviewer: f.RequiredSomebody
    """The person who decided. A program or a placeholder is nobody, and so an error."""
    at: Annotated[f.EndTime, AfterValidator(_must)]
    """When; not after now."""
    expires: f.EndDay = None
    """The last day on which it counts, at most 180 days later. Blank: 180 days."""
    reason: f.RequiredIdentifier
    """Why."""
    ticket: f.Identifier = None
    """Where it is filed."""
    signature: f.Signature = b""
    """What `provenance review sign` makes of the row by the key of the reviewer's account."""


@dataclass(frozen=True, slots=True)
class ReviewsFile:
    """A file of decisions without faults; `rows` counts its rows, decided or not.

    >>> for review in read_reviews("review.csv").iterate():  # doctest: +SKIP
    ...     print(review.finding, review.decision)
    """

    path: Path
    digest: bytes
    rows: int
    _now: datetime
    _times: LocalTimes | None = None
    _checked: Checked = field(default_factory=lambda: Checked(b"", 0))

    def iterate(self) -> Iterator[Review]:
        """Every decision, in the file's order. Raises InputError where the file changed since it was checked."""
        found = stream(self.path, self._checked, _Converter(self.path, self._now, self._times))
        return (review for review in found if review is not _UNDECIDED)


def read_reviews(
    path: str | os.PathLike[str], *, now: datetime | None = None, times: LocalTimes | None = None
) -> ReviewsFile:
    """Check a file of decisions (CSV or JSON Lines) whole. Raises RowErrors with every fault, InputError.

    A decision that lies after `now` is a fault: nobody has decided yet. `times` states the zone, and the order of day
    and month, of times as spreadsheets write them.
    """
    file = Path(path)
    clock = now or datetime.now(UTC)
    checked = check_file(file, _Converter(file, clock, times))
    return ReviewsFile(file, checked.digest, checked.rows, clock, times, checked)


# Stands for a row that nobody has decided yet, where None would mean a fault.
_UNDECIDED: Final = Review("", Decision.REVIEW, "", datetime(1970, 1, 1, tzinfo=UTC), date(1970, 1, 1), "")


class _Converter:
    """Makes decisions of raw rows, for one file."""

    def __init__(self, path: Path, now: datetime, times: LocalTimes | None) -> None:
        self.path = path
        self.now = now
        self.checking = Checking((), times)
        self.quoted = format_of(path) is Format.CSV
        self.columns = Columns(
            "file of reviews", frozenset(("finding", *SHOWN, *FILLED, SIGNATURE)), _LIMITS, closed=True
        )

    def rows(self, digest: Any) -> Iterator[Item]:
        """The file's headers, rows and faults, in order."""
        return read_rows(self.path, digest)

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns of a file. False where no row can be read."""
        self.columns.check(header, faults)
        names = self.columns.fields_of(header)
        for name in (*BOUND, "decision", "reviewer", "at", "reason"):
            if name not in names:
                faults.add(header.line, name, ", ".join(header.names[:5]), "there is no such column", (name,))
        return not faults.listed

    def group_of(self, raw: RawRow) -> None:
        """Each row is one."""

    def convert(self, raw: Sequence[RawRow], faults: Faults) -> Review | None:
        """The decision of a row; None where there is a fault, which is then noted."""
        (row,) = raw
        before = faults.total
        ours, _ = self.columns.take(row.values, row.line, faults)
        if faults.total > before:
            return None
        if self.quoted:
            ours = {name: from_csv_cell(value) if isinstance(value, str) else value for name, value in ours.items()}
        if not str(ours.get("decision") or "").strip():
            return _UNDECIDED
        try:
            form = ReviewForm.model_validate(
                {name: ours.get(name) for name in (*BOUND, *FILLED, SIGNATURE)}, context=self.checking
            )
        except ValidationError as error:
            for one in problems_of(error, ReviewForm):
                faults.add(row.line, one.field, one.value, one.problem, one.among, one.wide)
            return None
        return self._dated(form, row, faults)

    def keys(self, record: Review) -> Iterator[Key]:  # noqa: ARG002 - a finding may be decided again
        """Nothing stands only once."""
        return iter(())

    def said(self, record: Review) -> Mapping[str, object]:
        """What a row says, by field."""
        return {name: getattr(record, name) for name in _SAID}

    def hint(self, differing: Sequence[str]) -> str:  # noqa: ARG002 - two decisions may differ
        """Nothing more."""
        return ""

    def _dated(self, form: ReviewForm, row: RawRow, faults: Faults) -> Review | None:
        assert form.at is not None
        if form.at > self.now:
            faults.add(row.line, "at", str(form.at), "it lies ahead: nobody has decided yet")
            return None
        day = form.at.astimezone(UTC).date()
        expires = form.expires or day + timedelta(days=MAX_DAYS)
        if not timedelta(0) <= expires - day <= timedelta(days=MAX_DAYS):
            faults.add(row.line, "expires", str(expires), f"it must be at most {MAX_DAYS} days after the decision")
            return None
        return Review(
            form.finding.lower(),
            form.decision,
            form.reviewer,
            form.at,
            expires,
            form.reason,
            form.ticket or "",
            row.line,
            form.sha256,
            form.code,
            form.signature,
        )
