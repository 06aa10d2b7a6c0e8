"""Reading what reviewers decided: the file that `provenance review export` wrote, with its empty columns filled in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, ValidationError

from provenance.model import Review
from provenance.printable import from_csv_cell
from provenance.records import fields as f
from provenance.records.faults import Faults
from provenance.records.forms import faults_of
from provenance.records.passes import Checked, check_file, stream
from provenance.records.rows import Format, Header, RawRow, format_of
from provenance.vocabulary import Decision

SHOWN: Final = ("item", "sha256", "code", "decision_now", "jurisdiction", "person", "detail", "citation")
"""Columns that tell the reviewer what a finding is about; they are not read back."""

FILLED: Final = ("decision", "reviewer", "at", "expires", "reason", "ticket")
"""Columns that the reviewer fills in. A row without a decision is left for later."""

MAX_DAYS: Final = 180
"""A decision holds at most this long, and this long where no day is given."""

_ANSWERS: Final = {"ALLOW": Decision.ALLOW_BY_REVIEW, "BLOCK": Decision.BLOCK}


def _answer(value: object) -> Decision:
    if isinstance(value, str) and value.strip().upper() in _ANSWERS:
        return _ANSWERS[value.strip().upper()]
    raise f.wrong("it must be ALLOW or BLOCK", among=tuple(_ANSWERS))


def _must(value: Any) -> Any:
    if value is None:
        raise f.wrong("it must not be empty where a decision is given")
    return value


class _ReviewForm(f.Form):
    finding: f.RequiredName
    decision: Annotated[Decision, PlainValidator(_answer)]
    reviewer: f.RequiredName
    at: Annotated[f.Time, AfterValidator(_must)]
    expires: f.Day = None
    reason: f.RequiredName
    ticket: f.Name = None


@dataclass(frozen=True, slots=True)
class ReviewsFile:
    """A file of decisions without faults; `rows` counts its rows, decided or not.

    >>> for review in read_reviews("review.csv").iterate():  # doctest: +SKIP
    ...     print(review.finding, review.decision)
    """

    path: Path
    digest: bytes
    rows: int

    def iterate(self) -> Iterator[Review]:
        """Every decision, in the file's order. Raises InputError where the file changed since it was checked."""
        found = stream(self.path, Checked(self.digest, self.rows), _converter(self.path))
        return (review for review in found if review is not _UNDECIDED)


def read_reviews(path: str | os.PathLike[str]) -> ReviewsFile:
    """Check a file of decisions (CSV or JSON Lines) whole. Raises RowErrors with every fault, InputError."""
    file = Path(path)
    checked = check_file(file, _converter(file), lambda _review: (), _header)
    return ReviewsFile(file, checked.digest, checked.rows)


def _header(header: Header, faults: Faults) -> bool:
    for name in ("finding", "decision", "reviewer", "at", "reason"):
        if name not in header.names:
            faults.add(header.line, name, ", ".join(header.names[:5]), "there is no such column", (name,))
    return not faults.listed


# Stands for a row that nobody has decided yet, where None would mean a fault.
_UNDECIDED: Final = Review("", Decision.REVIEW, "", f.parse_time("1970-01-01T00:00:00Z"), None, "")  # type: ignore[arg-type]


def _converter(path: Path) -> Callable[[RawRow, Faults], Review | None]:
    return _from_csv if format_of(path) is Format.CSV else _convert


def _from_csv(raw: RawRow, faults: Faults) -> Review | None:
    """A row whose cells are quoted as the export quotes them."""
    plain = {name: from_csv_cell(value) if isinstance(value, str) else value for name, value in raw.values.items()}
    return _convert(replace(raw, values=plain), faults)


def _convert(raw: RawRow, faults: Faults) -> Review | None:
    if not str(raw.values.get("decision") or "").strip():
        return _UNDECIDED
    values = {name: raw.values.get(name) for name in ("finding", *FILLED)}
    try:
        form = _ReviewForm.model_validate(values)
    except ValidationError as error:
        for field, value, problem, among in faults_of(error, _ReviewForm):
            faults.add(raw.line, field, value, problem, among)
        return None
    assert form.at is not None
    day = form.at.astimezone(UTC).date()
    expires = form.expires or day + timedelta(days=MAX_DAYS)
    if not timedelta(0) <= expires - day <= timedelta(days=MAX_DAYS):
        faults.add(raw.line, "expires", str(expires), f"it must be at most {MAX_DAYS} days after the decision")
        return None
    return Review(
        form.finding.lower(),
        form.decision,
        form.reviewer,
        form.at,
        expires,
        form.reason,
        form.ticket or "",
        raw.line,
    )
