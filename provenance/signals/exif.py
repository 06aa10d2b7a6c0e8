"""Reads EXIF blocks with exifread and with Pillow, and keeps the union: each reads what the other misses.

Both are given an excerpt with the wanted tags only, since both believe counts. exifread is called with
`details=False, extract_thumbnail=False` always: its maker-note reader can be held for an hour by a 170-byte file.

>>> read_exif(b"").problem
'not a TIFF structure'
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from provenance.signals.carriers import tiff

# Without a handler Python prints a library's warnings to standard error; each fault is a finding here already.
logging.getLogger("exifread").addHandler(logging.NullHandler())

_EXIF: Final = 0x8769
_GPS: Final = 0x8825
_MAIN_TAGS: Final = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x013B: "Artist",
    0x8298: "Copyright",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xC62F: "CameraSerialNumber",
}
_EXIF_TAGS: Final = {
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    0x9011: "OffsetTimeOriginal",
    0x9286: "UserComment",
    0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber",
    0xA435: "LensSerialNumber",
    0xA436: "ImageTitle",
    0xA437: "Photographer",
}
_GPS_TAGS: Final = {1: "GPSLatitudeRef", 2: "GPSLatitude", 3: "GPSLongitudeRef", 4: "GPSLongitude"}
# BYTE, ASCII, UNDEFINED and UTF-8; RATIONAL and SRATIONAL.
_TEXT: Final = frozenset({1, 2, 7, 129})
_NUMBERS: Final = frozenset({5, 10})
_TEXTS: Final = {tag: tiff.Wanted(name, _TEXT) for tag, name in (_MAIN_TAGS | _EXIF_TAGS).items()}
_PLACES: Final = {tag: tiff.Wanted(name, _TEXT if "Ref" in name else _NUMBERS) for tag, name in _GPS_TAGS.items()}
_WANTED: Final = {0: _TEXTS, _EXIF: _TEXTS, _GPS: _PLACES}
_GROUPS: Final = (("Image", _MAIN_TAGS | _EXIF_TAGS), ("EXIF", _MAIN_TAGS | _EXIF_TAGS), ("GPS", _GPS_TAGS))
_UTF16: Final = frozenset({"XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"})

Tags = dict[str, object]
"""Tag name (`Copyright`, `GPSLatitude`) to a value: text, or a tuple of three numbers for a coordinate."""


@dataclass(frozen=True, slots=True)
class Exif:
    """What a block says. `values` is (tag name, text, reader), `gps` is latitude and longitude in degrees.

    A value that both readers agree on stands once, with the reader `both`; where they differ each stands, and
    `disagreements` names the tag. `problem` says why the block could not be read whole.
    """

    values: tuple[tuple[str, str, str], ...] = ()
    gps: tuple[float, float] | None = None
    disagreements: tuple[str, ...] = ()
    problem: str = ""


def read_exif(block: bytes) -> Exif:
    """The tags that speak of rights, people, places and times. `block` starts with its TIFF header. Never raises."""
    head = tiff.header(block)
    if head is None:
        return Exif(problem="not a TIFF structure")
    part, problem = tiff.excerpt(block, head, _WANTED)
    notes: list[str] = []
    first = _attempt(_with_exifread, part, "exifread", notes)
    second = _attempt(_with_pillow, part, "Pillow", notes)
    values, differing = _union(first or {}, second or {})
    if first is None and second is None:
        problem = problem or "no reader could read it: " + "; ".join(notes)
    gps = _position(first or {}) or _position(second or {})
    return Exif(values, gps, tuple(differing + notes), problem)


def _attempt(read: Callable[[bytes], Tags], block: bytes, name: str, notes: list[str]) -> Tags | None:
    try:
        return read(block)
    except Exception as fault:  # noqa: BLE001 - both libraries raise whatever the bytes provoke
        notes.append(f"{name} stopped: {type(fault).__name__}")
        return None


def _with_exifread(block: bytes) -> Tags:
    import exifread

    found: Tags = {}
    read = exifread.process_file(io.BytesIO(block), details=False, extract_thumbnail=False)
    for key, tag in read.items():
        group = key.partition(" ")[0]
        for prefix, wanted in _GROUPS:
            name = wanted.get(getattr(tag, "tag", -1)) if group == prefix else None
            if name is not None:
                _keep(found, name, tag.values)
    return found


def _with_pillow(block: bytes) -> Tags:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    found: Tags = {}
    stream = io.BytesIO(block)
    head = stream.read(8)
    main = ImageFileDirectory_v2(head)
    stream.seek(main.next)
    main.load(stream)
    _collect(found, main, _MAIN_TAGS | _EXIF_TAGS)
    for pointer, wanted in ((_EXIF, _EXIF_TAGS | _MAIN_TAGS), (_GPS, _GPS_TAGS)):
        place = main.get(pointer)
        if isinstance(place, int):
            inner = ImageFileDirectory_v2(head, group=pointer)
            stream.seek(place)
            inner.load(stream)
            _collect(found, inner, wanted)
    return found


def _collect(found: Tags, directory: Mapping[int, object], wanted: Mapping[int, str]) -> None:
    for tag, name in wanted.items():
        if tag in directory:
            _keep(found, name, directory[tag])


def _keep(found: Tags, name: str, value: object) -> None:
    if name in {"GPSLatitude", "GPSLongitude"}:
        if isinstance(value, Iterable) and (numbers := [_number(part) for part in value]):
            found[name] = tuple(numbers[:3])
        return
    text = _text(name, value)
    if text:
        found[name] = text


def _number(part: object) -> float:
    try:
        return float(part)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return float("nan")


def _text(name: str, value: object) -> str:
    """The text of a tag value, whichever way its reader hands it over."""
    if isinstance(value, tuple | list):
        if value and all(isinstance(part, int) and 0 <= part < 256 for part in value):
            value = bytes(value)
        elif len(value) == 1:
            value = value[0]
    if isinstance(value, bytes) and name in _UTF16:
        return value.decode("utf-16-le", "replace").split("\0")[0].strip()
    if isinstance(value, bytes) and name == "UserComment":
        return _comment(value)
    if isinstance(value, str):
        try:
            # Pillow takes every text for Latin-1, as Exif before 3.0 half demands; most writers write UTF-8.
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return _parts(str(value))
    if isinstance(value, bytes):
        try:
            return _parts(value.decode("utf-8"))
        except UnicodeDecodeError:
            return _parts(value.decode("latin-1"))
    return ""


def _parts(text: str) -> str:
    """Photographer's and editor's copyright are parted by a NUL (Exif 3.0, tag Copyright)."""
    return "; ".join(part.strip() for part in text.split("\0") if part.strip())


def _comment(value: bytes) -> str:
    """UserComment behind its 8-byte character code."""
    code, body = value[:8], value[8:]
    if code == b"UNICODE\0":
        order = "utf-16-be" if body[:1] == b"\0" or body[:2] == b"\xfe\xff" else "utf-16-le"
        return body.decode(order, "replace").strip("\ufeff\ufffe\0 ")
    if code == b"JIS\0\0\0\0\0":
        return body.decode("iso2022_jp", "replace").strip("\0 ")
    if code not in {b"ASCII\0\0\0", b"\0\0\0\0\0\0\0\0"}:
        body = value
    return body.decode("utf-8", "replace").replace("\0", " ").strip()


def _union(first: Tags, second: Tags) -> tuple[tuple[tuple[str, str, str], ...], list[str]]:
    values = []
    differing = []
    for name in dict.fromkeys([*first, *second]):
        one, two = first.get(name), second.get(name)
        if not isinstance(one or two, str):
            continue
        if isinstance(one, str) and isinstance(two, str):
            if one == two or two.startswith(f"{one}; "):
                # exifread drops what follows a NUL.
                values.append((name, two, "both"))
            else:
                differing.append(f"{name}: exifread and Pillow disagree")
                values += [(name, one, "exifread"), (name, two, "Pillow")]
        elif isinstance(one, str):
            values.append((name, one, "exifread"))
        elif isinstance(two, str):
            values.append((name, two, "Pillow"))
    return tuple(values), differing


def _position(tags: Tags) -> tuple[float, float] | None:
    latitude = _degrees(tags.get("GPSLatitude"), tags.get("GPSLatitudeRef"), "S", 90)
    longitude = _degrees(tags.get("GPSLongitude"), tags.get("GPSLongitudeRef"), "W", 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _degrees(value: object, reference: object, negative: str, limit: int) -> float | None:
    if not isinstance(value, tuple) or not value:
        return None
    parts = [float(part) for part in value]
    degrees = sum(part / (1, 60, 3600)[power] for power, part in enumerate(parts) if not math.isnan(part))
    if math.isnan(parts[0]) or not 0 <= degrees <= limit:
        return None
    return -degrees if str(reference).strip().upper().startswith(negative) else degrees
