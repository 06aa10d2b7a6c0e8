"""PNG files (W3C PNG, third edition): text, EXIF and C2PA chunks before, among and behind the pixels and the end.

Besides the standard chunks this reads the hexadecimal `Raw profile type …` text chunks of ImageMagick, in which
older tools hide EXIF, XMP and IPTC.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final

from provenance.carriers import private
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    Block,
    BlockKind,
    Coded,
    Part,
    Picture,
    PictureRole,
    blank,
    fault,
    mark_size,
)

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_READ: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"zxIf", b"exIf", b"caBX"})
_PIXELS: Final = frozenset({b"IDAT", b"fdAT"})
_OF_THE_STANDARD: Final = frozenset(
    b"IHDR PLTE IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD hIST pHYs sPLT tIME acTL fcTL".split()
)
_RAW_PROFILE: Final = "raw profile type "
_XMP: Final = "xml:com.adobe.xmp"
_RAW_HEADER: Final = re.compile(rb"\s*[^\n]*\n\s*(\d{1,10})\s*\n")
_MAX_CHUNKS: Final = 200_000
_MAX_PLAIN_TEXT: Final = 256 * 1024
_CHUNK: Final = 12
"""Bytes of a chunk beside its body: length, kind and checksum."""


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of the PNG that starts at `start`."""
    at = start + len(SIGNATURE)
    pixels: Coded | None = None
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            if pixels:
                yield pixels
            yield Picture(PictureRole.PRIMARY, "png", start, len(data))
            # What is missing may have held metadata, which PNG allows after the pixels.
            yield fault("png", "the file ends before its IEND chunk", data[at:])
            return
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        end = at + 8 + size
        if kind in _PIXELS:
            # Thousands of chunks follow one another; nothing fits between them.
            joined = pixels is not None and pixels.end + _CHUNK >= at + 8
            if pixels and not joined:
                yield pixels
            pixels = Coded(pixels.start if pixels and joined else at + 8, min(end, len(data)))
        elif kind in _READ:
            yield from _chunk(data, at)
        elif end > len(data):
            yield fault(f"png:{_printable(kind)}", "chunk past the end", data[at:])
        elif kind not in _OF_THE_STANDARD:
            yield from private.in_stretch(data, at + 8, end, f"png:{_printable(kind)}")
        at = end + 4
        if kind == b"IEND":
            break
    else:
        yield fault("png", f"more than {_MAX_CHUNKS} chunks")
    if pixels:
        yield pixels
    yield Picture(PictureRole.PRIMARY, "png", start, min(at, len(data)))


def parts_behind(data: bytes, start: int) -> tuple[list[Part], int]:
    """The parts of whole chunks that stand behind an end, and where they end."""
    found: list[Part] = []
    at = start
    for _ in range(_MAX_CHUNKS):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + _CHUNK + size > len(data) or not data[at + 4 : at + 8].isalpha() or _fault(data, at, size):
            break
        if data[at + 4 : at + 8] in _READ:
            found += _chunk(data, at)
        at += _CHUNK + size
    return found, at


def _fault(data: bytes, at: int, size: int) -> str:
    end = at + 8 + size
    if size > MAX_BLOCK_BYTES:
        return "chunk larger than the limit"
    if end + 4 > len(data):
        return "chunk past the end"
    if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
        return "chunk checksum does not match"
    return ""


def _chunk(data: bytes, at: int) -> Iterator[Part]:
    size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
    body = data[at + 8 : at + 8 + min(size, MAX_BLOCK_BYTES)]
    problem = _fault(data, at, size)
    if kind in {b"eXIf", b"exIf"}:
        mark = mark_size(body)
        if problem or not blank(body[mark:]):
            yield Block(BlockKind.EXIF, "png:eXIf", body[mark:], problem, start=at + 8 + mark)
    elif kind == b"zxIf":
        block, why = inflate(body[5:], MAX_BLOCK_BYTES)
        yield Block(BlockKind.EXIF, "png:zxIf", block, problem or why)
    elif kind == b"caBX":
        yield Block(BlockKind.C2PA, "png:caBX", body, problem)
    else:
        keyword, _, rest = body.partition(b"\0")
        name = keyword[:79].decode("latin-1")
        large = name.lower() == _XMP or name.lower().startswith(_RAW_PROFILE)
        text, why = _text(kind, rest, MAX_BLOCK_BYTES if large else _MAX_PLAIN_TEXT)
        yield from _named(name, text, f"png:{kind.decode()}", problem or why)


def _text(kind: bytes, rest: bytes, limit: int) -> tuple[bytes, str]:
    """The text of a chunk after its keyword, as UTF-8 where it was Latin-1, and what was wrong with it."""
    if kind == b"tEXt":
        return rest.decode("latin-1").encode(), ""
    if kind == b"zTXt":
        if rest[:1] != b"\0":
            return rest, "unknown compression method"
        text, why = inflate(rest[1:], limit)
        return text.decode("latin-1").encode(), why
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) < 3:
        return rest, "text chunk cut short"
    if rest[0] == 0:
        return parts[2], ""
    if rest[1] != 0:
        return parts[2], "unknown compression method"
    return inflate(parts[2], limit)


def inflate(data: bytes, limit: int) -> tuple[bytes, str]:
    """Decompressed bytes, never more than `limit`, and what was wrong.

    >>> inflate(zlib.compress(b"abc"), 10)
    (b'abc', '')
    """
    machine = zlib.decompressobj()
    try:
        text = machine.decompress(data, limit)
    except zlib.error:
        return data, "damaged compressed text"
    if machine.unconsumed_tail:
        return text, "compressed text larger than the limit"
    return (text, "") if machine.eof else (text, "compressed text cut short")


def _named(name: str, text: bytes, location: str, problem: str) -> Iterator[Part]:
    if name.lower() == _XMP:
        if problem or not blank(text):
            yield Block(BlockKind.XMP, f"{location}/xmp", text[mark_size(text) :], problem)
    elif name.lower().startswith(_RAW_PROFILE):
        yield from _raw_profile(name[len(_RAW_PROFILE) :].strip().lower(), text, location, problem)
    else:
        yield Block(BlockKind.TEXT, location, text, problem, name)


def _raw_profile(profile: str, text: bytes, location: str, problem: str) -> Iterator[Part]:
    """A profile written as its name, its length and its bytes in hexadecimal, each on its own line.

    What follows the bytes that it says it has is no part of it.
    """
    place = f"{location}/raw-{profile}"
    header = _RAW_HEADER.match(text)
    size = int(header[1]) if header else 0
    digits = re.sub(rb"\s+", b"", text[header.end() :]) if header else b"no length"
    try:
        body = binascii.unhexlify(digits[: 2 * size] if header else digits)
    except ValueError:
        if profile != "icc":
            yield fault(place, "damaged raw profile", text)
        return
    if len(body) < size:
        problem = problem or "raw profile shorter than it says"
    kind = _profile_kind(profile, body)
    if kind is not None:
        yield Block(kind, place, body[mark_size(body) :], problem)
    elif problem and profile != "icc":
        yield fault(place, problem, text)


def _profile_kind(profile: str, body: bytes) -> BlockKind | None:
    if profile in {"exif", "app1"}:
        return BlockKind.XMP if body.startswith(b"http:") else BlockKind.EXIF
    if profile in {"iptc", "8bim"}:
        return BlockKind.IIM if body.startswith(b"\x1c") else BlockKind.PHOTOSHOP
    return BlockKind.XMP if profile == "xmp" else None


def _printable(kind: bytes) -> str:
    return kind.decode("latin-1") if kind.isalpha() else kind.hex()
