"""Checks of times and days: with an offset, or in the zone that a column map states; never guessed.

A placeholder is no time, except where a time ends something: there only an empty cell is none, since a limit that is
not known is no limit that is absent. A day alone is read at the moment of that day which permits least.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from pydantic import ValidationInfo

from provenance.placeholders import is_absence, is_no_time, is_placeholder
from provenance.records.values.checks import checking_of, wrong
from provenance.records.values.local_times import LocalTimes
from provenance.records.values.terms import term_of
from provenance.vocabulary import ConsentStatus

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NEEDS_OFFSET: Final = "a time needs an offset, such as 2026-11-22T12:00:00+00:00"
_NO_TIME: Final = "it must be a time with its offset, such as 2026-11-22T12:00:00+00:00"
_GIVING: Final = frozenset({ConsentStatus.GIVEN, ConsentStatus.RENEWED})


def parse_time(value: object, local: LocalTimes | None = None) -> datetime | None:
    """An ISO 8601 time with its offset; None for None and a blank text. Raises PydanticCustomError.

    Without an offset it is no time, unless `local` states a zone. There a day alone is its first moment.

    >>> parse_time("2026-11-22T06:59:59-05:00").utcoffset()
    datetime.timedelta(days=-1, seconds=68400)
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return _storable(_zoned(value, local))
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str):
        raise wrong(_NO_TIME)
    match = _TIME.fullmatch(text)
    try:
        if match is not None and match[1] is not None:
            return _storable(datetime.fromisoformat(match[0]))
        meant = local.time(text) if local is not None else None
    except ValueError as error:
        raise wrong(f"there is no such time ({error})") from None
    if meant is None:
        raise wrong(_NEEDS_OFFSET if match or _DAY.fullmatch(text) else _NO_TIME)
    return _storable(meant)


def time(value: object, info: ValidationInfo) -> datetime | None:
    """A time that permits nothing by being absent: a placeholder is unknown."""
    if isinstance(value, str) and (is_no_time(value) or is_placeholder(value)):
        return None
    return parse_time(value, checking_of(info).local)


def given_time(value: object, info: ValidationInfo) -> datetime | None:
    """When something was permitted. A day alone counts from its last moment."""
    return time(_last_moment(value, checking_of(info).local) or value, info)


def end_time(value: object, info: ValidationInfo) -> datetime | None:
    """When something ends. That this is not known is no absence."""
    if isinstance(value, str) and is_absence(value):
        return None
    return parse_time(value, checking_of(info).local)


def deadline(value: object, info: ValidationInfo) -> datetime | None:
    """As `end_time`; a day alone needs no zone: it counts from its first moment, in UTC."""
    local = checking_of(info).local
    if local is None or local.zone is None:
        value = _first_moment(value)
    return end_time(value, info)


def day(value: object, info: ValidationInfo) -> date | None:
    """A plain day, such as a birth; a placeholder is unknown."""
    # What programs write for no day is none, except the first of January 1970, which is somebody's birthday.
    if isinstance(value, str) and (is_placeholder(value) or (is_no_time(value) and not value.startswith("1970"))):
        return None
    return _day(value, checking_of(info).local)


def end_day(value: object, info: ValidationInfo) -> date | None:
    """The day on which something ends. That this is not known is no absence."""
    if isinstance(value, str) and is_absence(value):
        return None
    return _day(value, checking_of(info).local)


def strict_events(values: object, info: ValidationInfo) -> object:
    """An event whose time is a day alone: a consent is given at the day's last moment, anything else at its first."""
    if not isinstance(values, dict) or not isinstance(values.get("state"), str):
        return values
    moment = _last_moment(values.get("at"), checking_of(info).local)
    giving = term_of(values["state"], ConsentStatus) in _GIVING
    return {**values, "at": moment} if giving and moment is not None else values


def _storable(time: datetime) -> datetime:
    """The time, unless in UTC it lies before the year 1 or after 9999."""
    try:
        time.astimezone(UTC)
    except OverflowError:
        raise wrong("in UTC it lies beyond the years 1 to 9999") from None
    return time


def _zoned(value: datetime, local: LocalTimes | None) -> datetime:
    if value.tzinfo is not None:
        return value
    if local is None or local.zone is None:
        raise wrong(_NEEDS_OFFSET)
    return value.replace(tzinfo=local.zone)


def _day(value: object, local: LocalTimes | None) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
        meant = local.day(value) if local is not None and isinstance(value, str) else None
    except ValueError as error:
        raise wrong(f"there is no such date ({error})") from None
    if meant is None:
        raise wrong("it must be a date, such as 2008-05-20")
    return meant


def _last_moment(value: object, local: LocalTimes | None) -> str | None:
    """The last second of a day that stands alone, where a zone is stated; None for anything else."""
    if local is None or local.zone is None or isinstance(value, datetime):
        return None
    try:
        alone = local.day(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return f"{alone.isoformat()} 23:59:59" if isinstance(alone, date) else None


def _first_moment(value: object) -> object:
    """The first moment in UTC of a day that stands alone; anything else as it is."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return f"{value}T00:00:00Z"
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value
