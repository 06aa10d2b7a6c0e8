"""The segments of a JPEG, its coded pixels and its end, by its markers (ITU-T T.81 annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from provenance.carriers.parts import MAX_BLOCK_BYTES, Coded

SOI: Final = b"\xff\xd8\xff"
MAX_SEGMENTS: Final = 20_000
_SMALL: Final = 1 << 15
_PIECE: Final = 1 << 18
_MAX_HEADER: Final = 1_000
"""Segments before the first pixels of a picture that is looked for among other bytes."""
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_APPLICATION: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
_AFTER_PIXELS: Final = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
"""A marker that ends coded pixels, where FF is followed by 00 or by a restart marker D0 to D7."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its marker (0 for stray bytes), where its body lies, and what was wrong with it."""

    marker: int
    start: int
    end: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """One picture: the segments that can hold anything but tables, the coded pixels, and where it ends."""

    segments: tuple[Segment, ...]
    coded: tuple[Coded, ...]
    end: int


def follow(data: bytes, start: int) -> Stream:
    """Follow a picture from its SOI at `start` to behind its EOI.

    >>> follow(b"\\xff\\xd8\\xff\\xfe\\x00\\x04hi\\xff\\xd9and more", 0).end
    10
    """
    found: list[Segment] = []
    coded: list[Coded] = []
    at = start + 2
    for _ in range(MAX_SEGMENTS):
        place = _next_marker(data, at, found)
        if place + 2 > len(data):
            why = "the file ends before its end mark" if coded else "the file ends before its pixel data"
            found.append(Segment(0, place, len(data), why))
            return Stream(tuple(found), tuple(coded), len(data))
        marker = data[place + 1]
        if marker == _EOI:
            return Stream(tuple(found), tuple(coded), place + 2)
        if marker in _STANDALONE:
            at = place + 2
            continue
        size = int.from_bytes(data[place + 2 : place + 4], "big")
        at = place + 2 + max(size, 2)
        if marker == _SOS:
            end = _end_of_pixels(data, at)
            coded.append(Coded(min(at, end), end))
            at = end
            continue
        broken = size < 2 or at > len(data)
        if marker in _APPLICATION or broken:
            end = min(at, len(data)) if size >= 2 else len(data)
            found.append(Segment(marker, place + 4, end, "segment past the end" if broken else ""))
    found.append(Segment(0, at, at, f"more than {MAX_SEGMENTS} segments"))
    return Stream(tuple(found), tuple(coded), min(at, len(data)))


def loose(data: bytes, start: int) -> tuple[list[Segment], int]:
    """The whole application segments that stand one after another at `start`, and where they end."""
    found: list[Segment] = []
    at = start
    while len(found) < MAX_SEGMENTS and data[at : at + 1] == b"\xff" and at + 4 <= len(data):
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in _APPLICATION or size < 2 or at + 2 + size > len(data):
            break
        found.append(Segment(data[at + 1], at + 4, at + 2 + size))
        at += 2 + size
    return found, at


def end_of_picture(data: bytes, start: int) -> int | None:
    """Where the JPEG at `start` ends; None where what starts there is none: no pixels, or stray bytes before them.

    >>> end_of_picture(b"\\xff\\xd8\\xff\\xd9", 0) is None
    True
    """
    if not data.startswith(SOI, start):
        return None
    at = start + 2
    for _ in range(_MAX_HEADER):
        marker = data[at + 1] if at + 4 <= len(data) and data[at] == 0xFF else 0
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xC0 or marker == 0xFF or size < 2 or marker in _STANDALONE or marker == _EOI:
            return None
        if marker == _SOS:
            return follow(data, start).end
        at += 2 + size
    return None


def _end_of_pixels(data: bytes, at: int) -> int:
    """The place of the first marker behind coded pixels, or the end of the file.

    NumPy passes over megabytes in a third of the time that an expression takes.
    """
    if len(data) - at < _SMALL:
        match = _AFTER_PIXELS.search(data, at)
        return match.start() if match else len(data)
    import numpy as np

    pixels = np.frombuffer(data, np.uint8)
    while at < len(data) - 1:
        piece = pixels[at : at + _PIECE + 1]
        marked = piece[:-1] == 0xFF
        marked &= piece[1:] >= 0xC0
        if marked.any():
            match = _AFTER_PIXELS.search(data, at + int(marked.argmax()), at + _PIECE + 1)
            if match:
                return match.start()
        at += _PIECE
    return len(data)


def _next_marker(data: bytes, at: int, found: list[Segment]) -> int:
    """The place of the next marker; stray bytes before it are noted."""
    match = _MARKER.search(data, at)
    place = match.start() if match else len(data)
    if place > at and data[at : min(place, at + MAX_BLOCK_BYTES)].strip(b"\0\xff"):
        found.append(Segment(0, at, place, "bytes between segments"))
    return place
