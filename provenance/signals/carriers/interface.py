"""What a carrier reader hands over: the metadata blocks of one file, and the limits that hold for all of them.

A carrier reader is a function `blocks(data: bytes) -> Iterator[Block]`. It finds blocks by the structure of its
format, never decodes pixels, and never believes a length without comparing it with the bytes that are there.

>>> from provenance.signals.carriers import read_blocks
>>> [block.kind.value for block in read_blocks(b"")]
['UNKNOWN']
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_BLOCKS: Final = 512
"""Metadata blocks taken from one file. Real files hold fewer than twenty; Extended XMP in segments a few hundred."""
MAX_BLOCK_BYTES: Final = 16 * 1024 * 1024
"""The largest single metadata block, after decompression."""
MAX_TOTAL_BYTES: Final = 48 * 1024 * 1024
"""All metadata blocks of one file together."""


class BlockKind(StrEnum):
    """What kind of metadata a block holds."""

    EXIF = "EXIF"
    """A TIFF structure that starts with its byte-order mark."""
    XMP = "XMP"
    """An XMP packet (ISO 16684-1) in UTF-8, UTF-16 or UTF-32."""
    IIM = "IIM"
    """IPTC-IIM 4.2 data sets."""
    IIM_DIGEST = "IIM_DIGEST"
    """Photoshop resource 0x0425: the MD5 digest of the IIM block when it was last in step with the XMP."""
    C2PA = "C2PA"
    """A JUMBF box that holds, or may hold, a C2PA manifest."""
    TEXT = "TEXT"
    """A plain comment or text chunk in UTF-8; `name` is its keyword."""
    UNKNOWN = "UNKNOWN"
    """Bytes that ought to be metadata but cannot be told apart, such as the rest of a broken file."""


@dataclass(frozen=True, slots=True)
class Block:
    """One metadata block: its kind, the place it was found (`jpeg:APP1/xmp`), its bytes.

    `problem` is empty, or says in one line why `data` is not the whole block. `name` is a text chunk's keyword.
    """

    kind: BlockKind
    location: str
    data: bytes
    problem: str = ""
    name: str = ""
