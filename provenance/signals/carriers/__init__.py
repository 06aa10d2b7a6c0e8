"""Where metadata hides in each file format: one reader a family, found by the first bytes of the file.

>>> sniff(b"\\xff\\xd8\\xff")
'jpeg'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from provenance.signals.carriers import gif, isobmff, jpeg, png, psd, riff, tiff
from provenance.signals.carriers.interface import (
    MAX_BLOCK_BYTES,
    MAX_BLOCKS,
    MAX_TOTAL_BYTES,
    Block,
    BlockKind,
)

_PACKET: Final = b"<?xpacket begin="
_PACKET_END: Final = b"<?xpacket end="

_READERS: Final[dict[str, Callable[[bytes], Iterator[Block]]]] = {
    "jpeg": jpeg.blocks,
    "png": png.blocks,
    "webp": riff.blocks,
    "gif": gif.blocks,
    "tiff": tiff.blocks,
    "psd": psd.blocks,
    "boxes": isobmff.blocks,
}
_STARTS: Final = (
    (b"\xff\xd8", "jpeg"),
    (png.SIGNATURE, "png"),
    (b"GIF8", "gif"),
    (b"8BPS", "psd"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "boxes"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "boxes"),
    (b"\xff\x0a", "bare"),
    (b"BM", "bare"),
    (b"P1", "bare"),
    (b"P2", "bare"),
    (b"P3", "bare"),
    (b"P4", "bare"),
    (b"P5", "bare"),
    (b"P6", "bare"),
)


def sniff(data: bytes) -> str:
    """The family of a file: a key of the readers, `bare` (a format without metadata blocks), `xmp` or `unknown`."""
    for start, family in _STARTS:
        if data.startswith(start):
            return family
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return "boxes"
    if tiff.header(data) is not None:
        return "tiff"
    text = data[:256].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if text.startswith((b"<?xpacket", b"<?xml", b"<x:xmp", b"<x:xap", b"<rdf:RDF")):
        return "xmp"
    return "unknown"


def read_blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of an image file, within the limits of `interface`. Never raises.

    Whatever is wrong becomes a block with a `problem`. A format that is not known is searched for XMP packets and
    reported as such.

    >>> [block.problem for block in read_blocks(b"not an image")]
    ['not a file format that is known here']
    """
    family = sniff(data)
    total = 0
    for count, block in enumerate(_guarded(family, data)):
        total += 0 if block.data is data else len(block.data)
        if count >= MAX_BLOCKS or total > MAX_TOTAL_BYTES:
            yield Block(BlockKind.UNKNOWN, block.location, block.data, "more metadata than the limit")
            return
        yield block


def _guarded(family: str, data: bytes) -> Iterator[Block]:
    try:
        if family == "xmp":
            fault = "" if len(data) <= MAX_BLOCK_BYTES else "larger than the limit"
            yield Block(BlockKind.XMP, "xmp:file", data[:MAX_BLOCK_BYTES], fault)
        elif family in _READERS:
            yield from _READERS[family](data)
        else:
            yield from _packets(data)
            if family == "unknown":
                yield Block(BlockKind.UNKNOWN, "file", data[:MAX_BLOCK_BYTES], "not a file format that is known here")
    except Exception as fault:  # noqa: BLE001 - the bytes are a stranger's: any fault is a finding, not a crash
        yield Block(BlockKind.UNKNOWN, family, data[:MAX_BLOCK_BYTES], f"reader stopped: {type(fault).__name__}")


def _packets(data: bytes) -> Iterator[Block]:
    """XMP packets found by their wrapper in a file whose structure is not read."""
    at = 0
    for _ in range(MAX_BLOCKS):
        at = data.find(_PACKET, at)
        if at < 0:
            return
        end = data.find(_PACKET_END, at)
        stop = min(end if end >= 0 else len(data), at + MAX_BLOCK_BYTES)
        yield Block(BlockKind.XMP, "file:packet/xmp", data[at:stop], "" if end >= 0 else "packet without an end")
        at = stop
