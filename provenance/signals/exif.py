"""Reads the tags of EXIF blocks that speak of rights, makers, texts and places, on every page of the structure.

The structure is followed by `carriers.tiff`, which believes no count; only values of the wanted tags are looked at.
General readers follow maker notes, too, and can be held there for an hour by a 170-byte file.

>>> read_exif(b"").problem
'not a TIFF structure'
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provenance.carriers import tiff
from provenance.signals.fields import plain_text

_TAGS: Final = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA430: "CameraOwnerName",
    0xA436: "ImageTitle",
    0xA437: "Photographer",
    0xA43B: "ImageEditingSoftware",
    0xA43C: "MetadataEditingSoftware",
}
_LATITUDE, _LONGITUDE = 2, 4
_TEXT_TYPES: Final = frozenset({1, 2, 7, 129})
"""BYTE, ASCII, UNDEFINED, and UTF-8 of Exif 3.0."""
_RATIONALS: Final = {5: "I", 10: "i"}
_MAX_VALUE: Final = 65_536
"""Bytes of a single value: captions and comments, never pictures."""
_MAX_VALUES: Final = 1 << 20
"""Bytes of all values of a block together. Directories may point to the same ones again and again."""
_UTF16: Final = frozenset({"XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"})


@dataclass(frozen=True, slots=True)
class Exif:
    """What a block says. `values` is (tag name, text, page), `gps` is latitude and longitude in degrees.

    `page` is "" for the first directory and its subordinates, `IFD1` and so on for others. `problem` says which value
    could not be read whole.
    """

    values: tuple[tuple[str, str, str], ...] = ()
    gps: tuple[float, float] | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Value:
    """The value of a wanted tag, or what was wrong with it."""

    name: str
    text: str
    problem: str = ""


def read_exif(block: bytes) -> Exif:
    """The tags that speak of rights, people, places and times. `block` starts with its TIFF header. Never raises.

    What is wrong with the structure itself is told by the walk that follows it.
    """
    head = tiff.header(block)
    if head is None:
        return Exif(problem="not a TIFF structure")
    values: list[tuple[str, str, str]] = []
    gps, problem, left = None, "", _MAX_VALUES
    for directory in tiff.directories(block, head):
        if directory.kind == tiff.GPS:
            gps = gps or _position(block, head, directory)
            continue
        for value in _values(block, directory):
            problem = problem or value.problem
            left -= len(value.text)
            if left < 0:
                return Exif(tuple(dict.fromkeys(values)), gps, f"more than {_MAX_VALUES} bytes of text")
            if value.text:
                values.append((value.name, value.text, directory.page))
    return Exif(tuple(dict.fromkeys(values)), gps, problem)


def _values(block: bytes, directory: tiff.Directory) -> Iterator[_Value]:
    """The wanted values of a directory. Which of two values of one tag holds is nobody's to guess, so both count."""
    seen: set[int] = set()
    for entry in directory.entries:
        name = _TAGS.get(entry.tag)
        if name is None:
            continue
        problem = f"{name} stands twice" if entry.tag in seen else ""
        seen.add(entry.tag)
        if entry.type not in _TEXT_TYPES:
            yield _Value(name, "", f"{name} of type {entry.type}, which it cannot have")
            continue
        body = block[entry.start : entry.start + min(entry.size, _MAX_VALUE)]
        if len(body) < entry.size:
            problem = problem or f"{name} past the end or larger than the limit"
        yield _Value(name, _text(name, body), problem)


def _text(name: str, body: bytes) -> str:
    if name in _UTF16:
        return body.decode("utf-16-le", "replace").split("\0")[0].strip()
    if name == "UserComment":
        return _comment(body)
    # Photographer's and editor's copyright are parted by a NUL (Exif 3.0, tag Copyright).
    return "; ".join(part.strip() for part in plain_text(body).split("\0") if part.strip())


def _comment(value: bytes) -> str:
    """UserComment behind its 8-byte character code."""
    code, body = value[:8], value[8:]
    if code == b"UNICODE\0":
        order = "utf-16-be" if body[:1] == b"\0" or body[:2] == b"\xfe\xff" else "utf-16-le"
        return body.decode(order, "replace").strip("\ufeff\ufffe\0 ")
    if code == b"JIS\0\0\0\0\0":
        return body.decode("iso2022_jp", "replace").strip("\0 ")
    if code not in {b"ASCII\0\0\0", bytes(8)}:
        body = value
    return plain_text(body).replace("\0", " ").strip()


def _position(block: bytes, head: tiff.Header, directory: tiff.Directory) -> tuple[float, float] | None:
    latitude = _degrees(block, head, directory, _LATITUDE, "S", 90)
    longitude = _degrees(block, head, directory, _LONGITUDE, "W", 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _degrees(
    block: bytes, head: tiff.Header, directory: tiff.Directory, tag: int, negative: str, limit: int
) -> float | None:
    """A coordinate in degrees, minutes and seconds, whose reference stands in the tag before it."""
    entry, reference = directory.find(tag), directory.find(tag - 1)
    form = _RATIONALS.get(entry.type) if entry else None
    if entry is None or form is None or not 1 <= entry.count <= 3 or entry.start + entry.size > len(block):
        return None
    numbers = struct.unpack_from(f"{head.order}{2 * entry.count}{form}", block, entry.start)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if not pairs[0][1]:
        return None
    parts = zip(pairs, (1.0, 60.0, 3600.0), strict=False)
    degrees: float = sum(above / below / share for (above, below), share in parts if below)
    if not 0 <= degrees <= limit:
        return None
    letter = block[reference.start : reference.start + 1].decode("latin-1").upper() if reference else ""
    return -degrees if letter == negative else degrees
