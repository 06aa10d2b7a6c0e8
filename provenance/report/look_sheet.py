"""The sheet on which people write down what they see: one row a picture, as CSV for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from provenance.chunks import batched
from provenance.errors import UsageError
from provenance.model import Verdict
from provenance.printable import csv_cell
from provenance.private_files import FILE_MODE, create_folder, require_own
from provenance.records.looks import FILLED, SHOWN
from provenance.report.gate_report import PASSING, GateReport
from provenance.report.thumbnails import kinds_of, small

_AT_ONCE: Final = 100
_SIDE: Final = 320
_QUALITY: Final = 75
_DETAIL: Final = 500


def write_sheet(report: GateReport, out: TextIO, *, thumbnails: Path | None = None, reviewer: str = "") -> int:
    """Write a row for each picture that does not pass, with empty cells for what is seen; gives their number.

    A file that cannot be read has no row: nobody can look at it. With a folder for `thumbnails` each picture that may
    be shown gets one there, named by its SHA-256 and blurred where it is flagged for minors or sensitive content.
    Raises UsageError where one cannot be written, LedgerError.
    """
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow((*SHOWN, "sha256", *FILLED))
    if thumbnails is not None:
        create_folder(thumbnails)
        require_own(thumbnails, "the folder of thumbnails")
    given = {"reviewer": reviewer, "reason": "looked at"}
    written = 0
    for some in batched((verdict for verdict in report.verdicts if _can_be_looked_at(verdict)), _AT_ONCE):
        links = _links(report, some, thumbnails) if thumbnails is not None else [""] * len(some)
        for verdict, link in zip(some, links, strict=True):
            cells = (*_about(report, verdict, link), *(given.get(name, "") for name in FILLED))
            rows.writerow(map(csv_cell, cells))
            written += 1
    return written


def _can_be_looked_at(verdict: Verdict) -> bool:
    codes = {reason.code for reason in verdict.reasons}
    hidden = {"ILLEGAL_CONTENT_SUSPECTED", "IMAGE_UNREADABLE", "CONTENT_NOT_LOOKED_INTO"}
    return verdict.decision not in PASSING and verdict.sha256 is not None and not codes & hidden


def _about(report: GateReport, verdict: Verdict, link: str) -> Iterator[str]:
    """The cells that tell what a row is about, and the picture's bytes."""
    assert verdict.sha256 is not None
    told = list(dict.fromkeys(reason.code for reason in verdict.reasons if reason.decision not in PASSING))
    primary = next((reason.detail for reason in verdict.reasons if reason.code == verdict.reason), "")
    yield verdict.item
    yield report.path(verdict)
    yield link
    yield verdict.decision.value
    yield " ".join(told)
    yield primary[:_DETAIL]
    yield verdict.sha256.hex()


def _links(report: GateReport, some: list[Verdict], folder: Path) -> list[str]:
    """Where the thumbnail of each picture lies; "" where it must not or cannot be shown."""
    assert report.ledger is not None
    links = []
    for verdict, data in zip(some, report.ledger.pictures(report.verdicts, some), strict=True):
        drawn = None
        if data is not None:
            drawn = small(data, side=_SIDE, quality=_QUALITY, blurred=bool(kinds_of(verdict)))
        if drawn is None or verdict.sha256 is None:
            links.append("")
            continue
        path = folder / f"{verdict.sha256.hex()}.webp"
        try:
            path.write_bytes(drawn)
            path.chmod(FILE_MODE)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}", remedy="free the place") from error
        links.append(path.absolute().as_uri())
    return links
