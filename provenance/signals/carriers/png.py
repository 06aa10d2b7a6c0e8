"""Metadata blocks of PNG files (W3C PNG, third edition), before and after the pixel data.

Besides the standard chunks this reads the hexadecimal `Raw profile type …` text chunks of ImageMagick, in which
older tools hide EXIF, XMP and IPTC.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, Block, BlockKind
from provenance.signals.carriers.psd import image_resources

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_READ: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"caBX"})
_RAW_PROFILE: Final = "Raw profile type "
_MAX_CHUNKS: Final = 200_000
_MAX_PLAIN_TEXT: Final = 256 * 1024


def blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of a PNG, in file order.

    >>> [block.problem for block in blocks(b"\\x89PNG\\r\\n\\x1a\\n")]
    ['the file ends before its IEND chunk']
    """
    at = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            # What is missing may have held metadata, which PNG allows after the pixels.
            yield Block(BlockKind.UNKNOWN, "png", data[at:], "the file ends before its IEND chunk")
            return
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        end = at + 8 + size
        if kind in _READ:
            yield from _chunk(kind, data[at + 8 : min(end, at + 8 + MAX_BLOCK_BYTES)], _fault(data, at, size))
        elif end > len(data) and kind != b"IDAT":
            yield Block(BlockKind.UNKNOWN, f"png:{_printable(kind)}", data[at:][:MAX_BLOCK_BYTES], "chunk past the end")
        if kind == b"IEND":
            return
        at = end + 4
    yield Block(BlockKind.UNKNOWN, "png", b"", f"more than {_MAX_CHUNKS} chunks")


def _fault(data: bytes, at: int, size: int) -> str:
    end = at + 8 + size
    if size > MAX_BLOCK_BYTES:
        return "chunk larger than the limit"
    if end + 4 > len(data):
        return "chunk past the end"
    if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
        return "chunk checksum does not match"
    return ""


def _chunk(kind: bytes, body: bytes, problem: str) -> Iterator[Block]:
    if kind == b"eXIf":
        yield Block(BlockKind.EXIF, "png:eXIf", body.removeprefix(b"Exif\0\0"), problem)
    elif kind == b"caBX":
        yield Block(BlockKind.C2PA, "png:caBX", body, problem)
    else:
        keyword, _, rest = body.partition(b"\0")
        name = keyword[:79].decode("latin-1")
        large = name == "XML:com.adobe.xmp" or name.startswith(_RAW_PROFILE)
        text, fault = _text(kind, rest, MAX_BLOCK_BYTES if large else _MAX_PLAIN_TEXT)
        yield from _named(name, text, f"png:{kind.decode()}", problem or fault)


def _text(kind: bytes, rest: bytes, limit: int) -> tuple[bytes, str]:
    """The text of a chunk after its keyword, as UTF-8 where it was Latin-1, and what was wrong with it."""
    if kind == b"tEXt":
        return rest.decode("latin-1").encode(), ""
    if kind == b"zTXt":
        if rest[:1] != b"\0":
            return rest, "unknown compression method"
        text, fault = inflate(rest[1:], limit)
        return text.decode("latin-1").encode(), fault
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


def _named(name: str, text: bytes, location: str, problem: str) -> Iterator[Block]:
    if name == "XML:com.adobe.xmp":
        yield Block(BlockKind.XMP, f"{location}/xmp", text, problem)
    elif name.startswith(_RAW_PROFILE):
        yield from _raw_profile(name.removeprefix(_RAW_PROFILE).strip().lower(), text, location, problem)
    else:
        yield Block(BlockKind.TEXT, location, text, problem, name)


def _raw_profile(profile: str, text: bytes, location: str, problem: str) -> Iterator[Block]:
    """A profile written as its name, its length and its bytes in hexadecimal, each on its own line."""
    place = f"{location}/raw-{profile}"
    header = re.match(rb"\s*[^\n]*\n\s*(\d{1,10})\s*\n", text)
    try:
        body = binascii.unhexlify(re.sub(rb"\s+", b"", text[header.end() :] if header else b"no length"))
    except ValueError:
        if profile != "icc":
            yield Block(BlockKind.UNKNOWN, place, text, "damaged raw profile")
        return
    if header is not None and len(body) != int(header[1]):
        problem = problem or "raw profile of another length than it says"
    if profile in {"exif", "app1"} and body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        yield Block(BlockKind.XMP, place, body.partition(b"\0")[2], problem)
    elif profile in {"exif", "app1"}:
        yield Block(BlockKind.EXIF, place, body.removeprefix(b"Exif\0\0"), problem)
    elif profile == "xmp":
        yield Block(BlockKind.XMP, place, body, problem)
    elif profile in {"iptc", "8bim"}:
        if body[:1] == b"\x1c":
            yield Block(BlockKind.IIM, place, body, problem)
        else:
            yield from image_resources(body.removeprefix(b"Photoshop 3.0\0"), place, problem)


def _printable(kind: bytes) -> str:
    return kind.decode("latin-1") if kind.isalpha() else kind.hex()
