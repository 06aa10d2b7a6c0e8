"""Formats that hold pixels and hardly anything else: BMP, ICO, QOI, Netpbm with its comments; and XMP in any bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    MAX_BLOCKS,
    Block,
    BlockKind,
    Coded,
    Part,
    Picture,
    PictureRole,
    place_of,
)

NETPBM: Final = re.compile(rb"P[1-7fFyY][\s#]")
_COMMENT: Final = re.compile(rb"#([^\r\n]*)")
_TOKEN: Final = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*(\d{1,10})")
_HEADER_BYTES: Final = 65_536
_BITMAP_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})
"""Sizes of the header behind the file's own, of OS/2 and Windows."""
_QOI_END: Final = bytes(7) + b"\x01"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MAX_SIZES: Final = 64
_PACKET: Final = b"<?xpacket begin="
_PACKET_END: Final = b"<?xpacket end="


def packets(data: bytes, start: int, end: int) -> Iterator[Block]:
    """XMP packets found by their wrapper among bytes whose structure is not read, or has no place for them."""
    at = start
    for _ in range(MAX_BLOCKS):
        at = data.find(_PACKET, at, end)
        if at < 0:
            return
        close = data.find(_PACKET_END, at, end)
        stop = min(close if close >= 0 else end, at + MAX_BLOCK_BYTES)
        problem = "" if close >= 0 else "packet without an end"
        yield Block(BlockKind.XMP, "file:packet/xmp", data[at:stop], problem, start=at)
        at = stop


def is_bitmap(data: bytes, start: int) -> bool:
    """Whether a bitmap starts at an offset: its mark is two letters, so its sizes have to fit."""
    size, pixels = (int.from_bytes(data[start + at : start + at + 4], "little") for at in (2, 10))
    header = int.from_bytes(data[start + 14 : start + 18], "little")
    unused = data[start + 6 : start + 10] == bytes(4)
    return unused and header in _BITMAP_HEADERS and 14 + header <= pixels < size <= len(data) - start


def is_qoi(data: bytes, start: int) -> bool:
    """Whether a QOI file starts at an offset: behind its mark stand its sizes, its channels and its colour space."""
    return data.startswith(b"qoif", start) and data[start + 12 : start + 13] in (b"\3", b"\4") and data[start + 13] < 2


def is_netpbm(data: bytes, start: int) -> bool:
    """Whether a whole binary Netpbm picture starts at an offset, as further ones do behind the first."""
    return NETPBM.match(data, start) is not None and _binary_end(data, start) is not None


def bmp(data: bytes, start: int) -> Iterator[Part]:
    """A bitmap ends where its header says, if that lies in the file."""
    size = int.from_bytes(data[start + 2 : start + 6], "little")
    end = start + size if 26 <= size <= len(data) - start else len(data)
    yield from packets(data, start, end)
    yield Picture(PictureRole.PRIMARY, "bmp", start, end)


def qoi(data: bytes, start: int) -> Iterator[Part]:
    """A QOI file is a header, pixels, and an end mark that no pixels spell (qoiformat.org, 2022-01-05)."""
    last = data.find(_QOI_END, start + 14)
    end = last + len(_QOI_END) if last >= 0 else len(data)
    yield Coded(min(start + 14, end), end)
    yield Picture(PictureRole.PRIMARY, "qoi", start, end)


def ico(data: bytes, start: int) -> Iterator[Part]:
    """An icon holds one picture in several sizes, some of them PNG files of their own."""
    count = min(int.from_bytes(data[start + 4 : start + 6], "little"), _MAX_SIZES)
    end = min(start + 6 + 16 * count, len(data))
    number = 0
    for index in range(count):
        entry = data[start + 6 + 16 * index : start + 22 + 16 * index]
        size, offset = int.from_bytes(entry[8:12], "little"), int.from_bytes(entry[12:16], "little")
        first, last = start + offset, start + offset + size
        if len(entry) < 16 or last > len(data):
            continue
        end = max(end, last)
        if data.startswith(_PNG, first):
            number += 1
            yield Picture(PictureRole.THUMBNAIL, "ico", first, last, place_of(PictureRole.THUMBNAIL, number))
    yield Picture(PictureRole.PRIMARY, "ico", start, end)


def netpbm(data: bytes, start: int) -> Iterator[Part]:
    """A Netpbm file: the comments of its header. Binary values end where their number says, others with the file."""
    at, _ = _netpbm_header(data, start)
    text = b"\n".join(_COMMENT.findall(data, start, at))
    if text.strip():
        yield Block(BlockKind.TEXT, "pnm:header", text, name="comment")
    yield Picture(PictureRole.PRIMARY, "pnm", start, _binary_end(data, start) or len(data))


def _netpbm_header(data: bytes, start: int) -> tuple[int, list[int]]:
    """Where the header of a Netpbm picture ends, and its numbers: across, down, and the greatest value if any."""
    stop = min(start + _HEADER_BYTES, len(data))
    magic = data[start : start + 2]
    at = start + 2
    sizes: list[int] = []
    while len(sizes) < (2 if magic in {b"P1", b"P4"} else 3) and (token := _TOKEN.match(data, at, stop)):
        at = token.end()
        sizes.append(int(token[1]))
    if magic == b"P7":
        at = data.find(b"ENDHDR", start, stop) + 6
    return at, sizes


def _binary_end(data: bytes, start: int) -> int | None:
    """Where a binary Netpbm picture ends (netpbm.sourceforge.net/doc); None where it is another, or not whole."""
    magic = data[start : start + 2]
    at, sizes = _netpbm_header(data, start)
    if magic == b"P4" and len(sizes) == 2:
        size = (sizes[0] + 7) // 8 * sizes[1]
    elif magic in {b"P5", b"P6"} and len(sizes) == 3:
        size = sizes[0] * sizes[1] * (3 if magic == b"P6" else 1) * (2 if sizes[2] > 255 else 1)
    else:
        return None
    end = at + 1 + size
    return end if end <= len(data) else None
