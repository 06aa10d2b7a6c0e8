"""Where a picture was taken, as its XMP tells (XMP Specification Part 2, section 2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from provenance.carriers.xmp import Property
from provenance.signals.fields import qualified

_COORDINATE: Final = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])")


def xmp_position(properties: Iterable[Property]) -> tuple[float, float] | None:
    """exif:GPSLatitude and exif:GPSLongitude among a packet's own properties, as degrees.

    They are written as `48,8.82N`.
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
