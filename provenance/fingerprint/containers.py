"""What a file is by its first bytes, and what its container tells before anything is decoded.

A name or a suffix is never believed. Only formats of a fixed list reach a decoder: Pillow knows some that run other
programs (EPS) or that nobody trains on.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from provenance.fingerprint.limits import (
    MAX_FRAMES,
    MAX_GIF_BLOCKS,
    MAX_GIF_COMMENT_BLOCKS,
    MAX_JPEG_SEGMENTS,
    MAX_JPEG_STRAY,
    MAX_PPM_COMMENTS,
    MAX_PPM_HEAD,
)

READABLE: Final = frozenset(
    ("AVIF", "BMP", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "PNG", "PPM", "PSD", "QOI", "TIFF", "WEBP")
)
"""Formats that are decoded, by Pillow's names; HEIF needs the `heif` extra."""

_MAGIC: Final = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00", "TIFF"),
    (0, b"MM\x00+", "TIFF"),
    (0, b"BM", "BMP"),
    (0, b"\x00\x00\x01\x00", "ICO"),
    (0, b"8BPS", "PSD"),
    (0, b"qoif", "QOI"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (0, b"%PDF-", "PDF"),
    (0, b"%!PS", "EPS"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (0, b"<svg", "SVG"),
)

_BRANDS: Final = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIF"),
    b"mif1": "HEIF",
    b"msf1": "HEIF",
    b"crx ": "CR3",
}
"""Major brands of ISO base media files (ISO/IEC 23008-12, AV1 Image File Format). Any other is a video."""


_JPEG_MARKER: Final = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
"""A marker outside coded data, where FF is followed by 00 or by a restart marker D0 to D7."""


_PASSED_OVER: Final = frozenset(bytes((0xFF, code)) for code in (0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE))
"""Segments of a header that say nothing about scans: tables, restart intervals, application data, comments."""

_MAX_SEGMENTS: Final = 1_000
"""Segments that are looked at; a photograph has tens, one with a large profile or many comments some hundred."""


def identify(data: bytes) -> str | None:
    """The format's name by the first bytes, or None. `READABLE` tells whether it can be decoded.

    >>> identify(b"GIF89a")
    'GIF'
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _identify_media(data)
    if data[:1] == b"P" and data[1:2] in b"123456fy" and data[2:3].isspace():
        return "PPM"
    if data[:5] == b"<?xml" and b"<svg" in data[:4096]:
        return "SVG"
    for offset, magic, name in _MAGIC:
        if data.startswith(magic, offset):
            return name
    return None


def _identify_media(data: bytes) -> str:
    """The format of an ISO base media file. `mif1` alone says no codec, so the compatible brands decide."""
    brand = data[8:12]
    if brand in (b"mif1", b"msf1"):
        end = min(int.from_bytes(data[:4], "big"), 256)
        compatible = {data[at : at + 4] for at in range(16, end, 4)}
        return "AVIF" if compatible & {b"avif", b"avis"} else "HEIF"
    return _BRANDS.get(brand, "video")


def one_scan(data: bytes) -> bool:
    """Whether a decoder makes one pass over a JPEG whatever else it holds: sequential, all components in one scan.

    False where that is not plain from its header (ITU-T T.81 annex B), as for every progressive one.
    """
    at, components = 2, 0
    for _ in range(_MAX_SEGMENTS):
        marker = data[at : at + 2]
        if marker in (b"\xff\xc0", b"\xff\xc1"):  # baseline and extended sequential
            if components:
                return False
            components = int.from_bytes(data[at + 9 : at + 10], "big")
        elif marker == b"\xff\xda":
            return components > 0 and data[at + 4 : at + 5] == bytes([components])
        elif marker not in _PASSED_OVER:
            return False
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:  # decoders do not agree on where such a segment ends
            return False
        at += 2 + length
    return False


def jpeg_scans(data: bytes) -> int:
    """How many scans the first picture of a JPEG holds (ITU-T T.81 annex B): each costs a pass over all pixels."""
    at, scans = 2, 0
    while marker := _JPEG_MARKER.search(data, at):
        code = data[marker.start() + 1]
        if code == 0xD9:  # end of image; a phone's film or a second picture may follow
            break
        scans += code == 0xDA
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return scans


def tiff_frames(data: bytes) -> int:
    """The length of a TIFF's chain of directories (TIFF 6.0 section 2, BigTIFF), up to `MAX_FRAMES`."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\x00", b"\x00+")
    count_format, entry_size, link_format = (f"{order}Q", 20, f"{order}Q") if big else (f"{order}H", 12, f"{order}L")
    seen: set[int] = set()
    try:
        (offset,) = struct.unpack_from(link_format, data, 8 if big else 4)
        while offset and offset not in seen and len(seen) < MAX_FRAMES:
            (entries,) = struct.unpack_from(count_format, data, offset)
            seen.add(offset)
            link = offset + struct.calcsize(count_format) + entries * entry_size
            (offset,) = struct.unpack_from(link_format, data, link)
    except struct.error:
        pass  # the chain leaves the file: what was found so far is what can be opened
    return max(1, len(seen))


_PPM_ASCII: Final = (b"P1", b"P2", b"P3")
_PPM_NUMBERS: Final = 3
"""What a head holds at least: which of the formats, width and height."""


class TooManyBlocks(ValueError):
    """A file made of more blocks than an honest one has, or of bytes and comments between them."""


def check_jpeg_head(data: bytes) -> None:
    """Raise TooManyBlocks where what stands before a JPEG's pixels is built to stall a decoder (ITU-T T.81, annex B).

    >>> check_jpeg_head(b"\xff\xd8" + bytes(1 << 20))
    Traceback (most recent call last):
    provenance.fingerprint.containers.TooManyBlocks: a JPEG with more than 65,536 bytes between its segments
    """
    at, stray = 2, 0
    for _ in range(MAX_JPEG_SEGMENTS):
        start = at
        while (at := data.find(b"\xff", at) + 1) and at - start <= MAX_JPEG_STRAY:
            if data[at : at + 1] not in (b"\0", b"\xff"):  # neither a stuffed byte nor a filling one
                break
        end = at or len(data)
        stray += max(0, end - 1 - start)
        if stray > MAX_JPEG_STRAY:
            raise TooManyBlocks(f"a JPEG with more than {MAX_JPEG_STRAY:,} bytes between its segments")
        if end >= len(data) or data[end] == 0xDA:  # a scan
            return
        stands_alone = 0xD0 <= data[end] <= 0xD9 or data[end] == 0x01
        at = end + 1 + (0 if stands_alone else int.from_bytes(data[end + 1 : end + 3], "big"))
    raise TooManyBlocks(f"a JPEG of more than {MAX_JPEG_SEGMENTS:,} segments before its pixels")


def check_netpbm(data: bytes) -> None:
    """Raise TooManyBlocks for a netpbm file whose comments are built to stall a decoder (netpbm, ppm(5)).

    >>> check_netpbm(b"P6 # made by hand\n8 8 255\n" + bytes(192))
    """
    head = re.sub(rb"#[^\r\n]*", b" ", data[:MAX_PPM_HEAD])
    if len(data) > MAX_PPM_HEAD and len(head.split(maxsplit=_PPM_NUMBERS)) < _PPM_NUMBERS:
        raise TooManyBlocks(f"a netpbm file with a head of more than {MAX_PPM_HEAD:,} bytes")
    if data[:2] in _PPM_ASCII and data.count(b"#") > MAX_PPM_COMMENTS:
        raise TooManyBlocks(f"a netpbm file with more than {MAX_PPM_COMMENTS:,} comments")


def gif_frames(data: bytes) -> int:
    """The number of pictures in a GIF (GIF89a specification), up to `MAX_FRAMES`.

    Raises TooManyBlocks for a file that is built to stall a decoder.
    """
    at = 13 + _gif_table_size(data[10:11])
    frames = comments = blocks = 0
    while at < len(data) and frames < MAX_FRAMES:
        introducer = data[at]
        if introducer == 0x21:  # extension: label, then data blocks
            is_comment = data[at + 1 : at + 2] == b"\xfe"
            at, passed = _skip_gif_blocks(data, at + 2)
            comments += passed * is_comment
        elif introducer == 0x2C:  # picture: descriptor, colour table, code size, then data blocks
            frames += 1
            at += 10 + _gif_table_size(data[at + 9 : at + 10]) + 1
            at, passed = _skip_gif_blocks(data, at)
        elif introducer == 0x3B:
            break
        else:
            at, passed = at + 1, 1  # decoders skip stray bytes
        blocks += max(1, passed)
        if blocks > MAX_GIF_BLOCKS or comments > MAX_GIF_COMMENT_BLOCKS:
            raise TooManyBlocks(f"a GIF of more than {blocks:,} blocks")
    return max(1, frames)


def _gif_table_size(packed: bytes) -> int:
    """Bytes of the colour table that a packed field announces."""
    return 3 * (2 << (packed[0] & 7)) if packed and packed[0] & 0x80 else 0


def _skip_gif_blocks(data: bytes, at: int) -> tuple[int, int]:
    """The place after a chain of data blocks, and how many there were."""
    blocks = 0
    while at < len(data) and data[at] and blocks <= MAX_GIF_BLOCKS:
        at += data[at] + 1
        blocks += 1
    return at + 1, blocks
