"""EXIF tags as JSON, the column that img2dataset keeps of exifread's reading. XMP was never among them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from provenance.model import Signal
from provenance.signals.fields import Field, table
from provenance.signals.places import gps_hint
from provenance.signals.rights import read_rights
from provenance.signals.text import read_text
from provenance.signals.web.finding import unreadable
from provenance.signals.words import read_words
from provenance.unique_keys import json_value

MAX_EXIF: Final = 1_000_000
_MAX_VALUE: Final = 20_000


def read_exif_json(location: str, value: object) -> Iterator[Signal]:
    """The signals of one cell. Its silence means nothing.

    >>> [s.value for s in read_exif_json("column:exif", {"Image Copyright": "All rights reserved"}) if s.value]
    ['en']
    """
    tags = _tags(value)
    if tags is None:
        yield unreadable(
            "exif", location, str(value)[:200] if isinstance(value, str) else "", "not a JSON object of EXIF tags"
        )
        return
    known = table("columns.toml")["exif_tags"]
    held = {name: str(tags[name])[:_MAX_VALUE].strip() for name in (*known["rights"], *known["text"]) if tags.get(name)}
    fields = [Field(f"exif:{name.partition(' ')[2]}", text, location) for name, text in held.items()]
    yield from read_rights(fields)
    yield from read_words(fields)
    for name in known["text"]:
        if name in held:
            yield from read_text(f"{location}/{name}", held[name])
    position = _position(tags)
    if position is not None:
        yield from gps_hint(*position, location)


def _tags(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return value
    text = next(iter(_long_texts(value)), None)
    if text is None or len(text) > MAX_EXIF:
        return None
    if text.strip().lower() in ("", "null", "none", "nan"):
        return {}
    try:
        decoded = json_value(text)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else ({} if decoded is None else None)


def _long_texts(value: object) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value[: MAX_EXIF + 1].decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value[: MAX_EXIF + 1]
    elif isinstance(value, float) and math.isnan(value):
        yield ""


def _position(tags: Mapping[str, Any]) -> tuple[float, float] | None:
    latitude = _degrees(tags.get("GPS GPSLatitude"), tags.get("GPS GPSLatitudeRef"), "S")
    longitude = _degrees(tags.get("GPS GPSLongitude"), tags.get("GPS GPSLongitudeRef"), "W")
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def _degrees(value: object, reference: object, negative: str) -> float | None:
    """`[54, 59, 19/50]` as exifread prints it, in degrees."""
    parts = str(value)[:200].strip(" []()").split(",")
    try:
        numbers = [_fraction(part) for part in parts]
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if not 1 <= len(numbers) <= 3:
        return None
    degrees = math.fsum(number / 60.0**power for power, number in enumerate(numbers))
    return -degrees if str(reference)[:10].strip().upper().startswith(negative) else degrees


def _fraction(text: str) -> float:
    above, slash, below = text.strip().partition("/")
    return float(above) / float(below) if slash else float(above)
