"""When and where a picture was taken, as far as its metadata tells.

Sources: CIPA DC-008 (Exif 3.0), XMP Specification Part 2, IPTC-IIM 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from provenance.signals.fields import Field, names, qualified
from provenance.signals.xmp import Property

_STAMP: Final = re.compile(r"(\d{4})[:-]?(\d{2})[:-]?(\d{2})(?:[T ]?(\d{2}):?(\d{2}):?(\d{2})?)?")
_COORDINATE: Final = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])")
_OFFSET: Final = re.compile(r"[+-]\d{2}:\d{2}|Z")


def taken_at(fields: Iterable[Field]) -> str | None:
    """The time of capture as ISO 8601, without an offset where the file has none; None where no field tells it.

    EXIF goes before XMP and IIM; the time of digitizing stands in where the time of capture is missing.

    >>> taken_at([Field("exif:DateTimeOriginal", "2024:03:22 00:23:02", "x")])
    '2024-03-22T00:23:02'
    """
    dates: dict[str, str] = {}
    for field in fields:
        if field.name in names("dates"):
            dates.setdefault(field.name, field.text)
    offset = dates.get("exif:OffsetTimeOriginal", "")
    exif = _iso(dates.get("exif:DateTimeOriginal", ""), offset)
    iim = _iso(dates.get("iim:DateCreated", "") + dates.get("iim:TimeCreated", "")[:6], "")
    others = (_iso(dates.get(name, ""), "") for name in ("xmp:CreateDate", "exif:DateTimeDigitized"))
    return exif or _iso(dates.get("photoshop:DateCreated", ""), "") or iim or next((d for d in others if d), None)


def _iso(text: str, offset: str) -> str | None:
    match = _STAMP.match(text.strip())
    if match is None or match[1] == "0000":
        return None
    year, month, day, hour, minute, second = match.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    zone = _OFFSET.search(text[match.end() :]) or _OFFSET.fullmatch(offset.strip())
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone[0] if zone else ''}"


def xmp_position(properties: Iterable[Property]) -> tuple[float, float] | None:
    """exif:GPSLatitude and exif:GPSLongitude among a packet's own properties, as degrees.

    They are written as `48,8.82N` (XMP Specification Part 2, section 2.6).
    """
    found = {
        qualified(prop.namespace, prop.name): prop.value.text for prop in properties if prop.name.startswith("GPSL")
    }
    latitude = _coordinate(found.get("exif:GPSLatitude", ""), "NS", 90)
    longitude = _coordinate(found.get("exif:GPSLongitude", ""), "EW", 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _coordinate(text: str, letters: str, limit: int) -> float | None:
    match = _COORDINATE.fullmatch(text.strip())
    if match is None or match[4] not in letters:
        return None
    degrees = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    if degrees > limit:
        return None
    return -degrees if match[4] in "SW" else degrees
