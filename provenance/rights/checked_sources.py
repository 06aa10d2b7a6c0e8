"""Reading what somebody found at the addresses from which images came: a file that they bring.

CSV, JSON Lines or Parquet with `url`, `status` and `checked_at`. A status is that of HTTP (RFC 9110: 404 and 410 say
that it is gone, 401 and 403 that it is not public, 2xx that it is there) or one of the words of `SourceState`. Every
other status says nothing of the image.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic_core import PydanticCustomError

from provenance.errors import InputError
from provenance.ledger.source_checks import SourceCheck, SourceState
from provenance.records.faults import Faults
from provenance.records.formats.raw import Fault, RawRow
from provenance.records.formats.rows import read_rows
from provenance.records.values.time_checks import parse_time
from provenance.urls import normalised

_MOST: Final = 10_000_000
_HTTP: Final = re.compile(r"[1-5][0-9]{2}")
_MEANING: Final[Mapping[str, SourceState]] = {
    **{str(code): SourceState.THERE for code in range(200, 300)},
    "401": SourceState.PRIVATE,
    "403": SourceState.PRIVATE,
    "404": SourceState.GONE,
    "410": SourceState.GONE,
    **{state.value: state for state in SourceState},
}


@dataclass(frozen=True, slots=True)
class CheckedSources:
    """The checks of one file, and the SHA-256 of its bytes."""

    checks: tuple[SourceCheck, ...]
    sha256: bytes


def read_checks(path: Path, now: datetime) -> CheckedSources:
    """Read a file of checks. Raises RowErrors with the faulty lines, InputError for a file that cannot be read.

    >>> read_checks(Path("checks.csv"), datetime.now(UTC)).checks[0].state.value  # doctest: +SKIP
    'GONE'
    """
    faults, digest = Faults(str(path)), hashlib.sha256()
    found: list[SourceCheck] = []
    for entry in read_rows(path, digest):
        if isinstance(entry, Fault):
            faults.add(entry.line, entry.field, entry.value, entry.problem)
        elif isinstance(entry, RawRow):
            check = _check(entry, now, faults)
            found += [check] if check is not None else []
        if len(found) > _MOST:
            raise InputError(f"{path} holds more than {_MOST:,} checks", remedy="split it")
    faults.raise_any()
    if not found:
        raise InputError(f"{path} holds no check", remedy="give url, status and checked_at of each address")
    return CheckedSources(tuple(found), digest.digest())


def _check(row: RawRow, now: datetime, faults: Faults) -> SourceCheck | None:
    before = faults.total
    url, status, told = (row.values.get(name) for name in ("url", "status", "checked_at"))
    address = normalised(url) if isinstance(url, str) else None
    if address is None:
        faults.add(row.line, "url", url, "it is no absolute address")
    state = state_of(status)
    if state is None:
        faults.add(row.line, "status", status, "it is no status of HTTP", tuple(SourceState), wide=("THERE",))
    at = _time(told, row.line, faults)
    if at is not None and at > now:
        faults.add(row.line, "checked_at", told, "it lies ahead: nobody has looked yet")
    if faults.total > before or address is None or state is None or at is None:
        return None
    return SourceCheck(address, state, at, row.line)


def state_of(status: object) -> SourceState | None:
    """What a status says of an image's source; None for what is no status.

    >>> state_of("410"), state_of(503), state_of("fine")
    (<SourceState.GONE: 'GONE'>, <SourceState.UNKNOWN: 'UNKNOWN'>, None)
    """
    text = str(status).strip().upper() if isinstance(status, str | int) else ""
    return _MEANING.get(text, SourceState.UNKNOWN if _HTTP.fullmatch(text) else None)


def _time(told: Any, line: int, faults: Faults) -> datetime | None:
    try:
        at = parse_time(told)
    except PydanticCustomError as error:
        faults.add(line, "checked_at", told, error.message())
        return None
    if at is None:
        faults.add(line, "checked_at", told, "it is not said when somebody looked")
    return at
