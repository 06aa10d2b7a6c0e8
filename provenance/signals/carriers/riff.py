"""Metadata blocks of WebP files (RIFF container, Google WebP container specification).

The EXIF chunk starts with a TIFF header or, from some writers, with `Exif\\0\\0` before it; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, Block, BlockKind

_MAX_CHUNKS: Final = 200_000
_KINDS: Final = {
    b"EXIF": (BlockKind.EXIF, "EXIF"),
    b"XMP ": (BlockKind.XMP, "XMP"),
    b"XMP\0": (BlockKind.XMP, "XMP"),
    b"C2PA": (BlockKind.C2PA, "C2PA"),
}


def blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of a WebP file. Chunks after the declared end of the RIFF are read too."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            if len(data) < 8 + int.from_bytes(data[4:8], "little") or at > len(data) + 1:
                yield Block(BlockKind.UNKNOWN, "webp", data[at:], "the file ends before its declared end")
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size
        known = _KINDS.get(data[at : at + 4])
        if known is not None:
            kind, name = known
            body = data[at + 8 : min(end, at + 8 + MAX_BLOCK_BYTES)]
            problem = "" if len(body) == size else "chunk past the end or larger than the limit"
            yield Block(kind, f"webp:{name}", body.removeprefix(b"Exif\0\0"), problem)
        elif end > len(data) and data[at : at + 4] not in {b"VP8 ", b"VP8L", b"ANMF"}:
            yield Block(BlockKind.UNKNOWN, "webp", data[at:][:MAX_BLOCK_BYTES], "chunk past the end")
        at = end + size % 2
    yield Block(BlockKind.UNKNOWN, "webp", b"", f"more than {_MAX_CHUNKS} chunks")
