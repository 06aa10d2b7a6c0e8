"""Times as programs write them without a zone: read in a zone, and in an order of day and month, that somebody stated.

Nothing is guessed. Without a stated zone a time without an offset is a fault; so is 03/04/2026 without a stated order.

>>> local = LocalTimes(zone_of("America/Toronto"), "MDY")
>>> local.time("6/1/2026 10:15:32 AM").isoformat()
'2026-06-01T10:15:32-04:00'
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_CLOCK: Final = r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:\s*([AaPp])\.?[Mm]\.?)?"
_YMD: Final = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})(?:[T ]\s*{_CLOCK})?", re.ASCII)
_OTHER: Final = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}})(?:,?\s+{_CLOCK})?", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d{1,12})?", re.ASCII)

_EXCEL_START: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of the 1900 date system, in no zone
_EXCEL_DAYS: Final = range(18264, 73051)
"""1950 to 2099: another number is no date that belongs into a manifest."""

_NOON: Final = 12


def zone_of(name: str) -> dt.tzinfo:
    """The zone of an IANA name or an offset. Raises ValueError where there is none.

    >>> zone_of("+05:30").utcoffset(None)
    datetime.timedelta(seconds=19800)
    """
    offset = _OFFSET.fullmatch(name.strip())
    if offset:
        size = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return dt.timezone(-size if offset[1] == "-" else size)
    if name.strip().upper() in ("Z", "UTC"):
        return dt.UTC
    try:
        return ZoneInfo(name.strip())
    except (ValueError, OSError, KeyError):
        raise ValueError("there is no such zone; name one such as Europe/Berlin, or an offset such as +02:00") from None


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """What a column map states of times: the zone, the order of day, month and year, whether Excel numbers its days."""

    zone: dt.tzinfo | None = None
    order: str = "YMD"
    excel: bool = False

    def time(self, text: str) -> dt.datetime | None:
        """The time that a text stands for in the stated zone; None where it is none, or no zone is stated.

        A day alone is its first moment. Raises ValueError for a day that no month has.
        """
        local = self._local(text.strip())
        return None if local is None or self.zone is None else local.replace(tzinfo=self.zone)

    def day(self, text: str) -> dt.date | None:
        """The day that a text stands for, without a time; None where it is none. Raises as `time`."""
        local = self._local(text.strip())
        return local.date() if local is not None and not is_timed(text) else None

    def _local(self, text: str) -> dt.datetime | None:
        if self.excel and _SERIAL.fullmatch(text) and int(float(text)) in _EXCEL_DAYS:
            # Excel counts in days; its fractions are good for milliseconds, which no form is signed to.
            return _EXCEL_START + dt.timedelta(seconds=round(float(text) * 86_400))
        match = _YMD.fullmatch(text)
        if match:
            year, month, day = int(match[1]), int(match[2]), int(match[3])
        else:
            match = _OTHER.fullmatch(text) if self.order != "YMD" else None
            if match is None:
                return None
            first, second = int(match[1]), int(match[2])
            year, (day, month) = int(match[3]), (first, second) if self.order == "DMY" else (second, first)
        hour, minute, second_ = _hour(match[4], match[7]), int(match[5] or 0), int(match[6] or 0)
        return dt.datetime(year, month, day, hour, minute, second_)  # noqa: DTZ001 - the zone is put to it by the caller


def is_timed(text: str) -> bool:
    """Whether a text names a time of the day beside the day.

    >>> is_timed("2026-06-01"), is_timed("6/1/2026 10:15"), is_timed("46174.5")
    (False, True, True)
    """
    bare = text.strip()
    return ":" in bare or (_SERIAL.fullmatch(bare) is not None and float(bare) % 1 != 0)


def _hour(digits: str | None, half: str | None) -> int:
    hour = int(digits or 0)
    if half is None:
        return hour
    if not 1 <= hour <= _NOON:
        raise ValueError("an hour before or after noon is 1 to 12")
    return hour % _NOON + (_NOON if half in "Pp" else 0)
