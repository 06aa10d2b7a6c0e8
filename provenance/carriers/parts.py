"""What a walk over a file finds: metadata blocks, pictures, coded pixels and bytes that nobody knows, with the limits.

A reader is a function `parts(data, start) -> Iterator[Part]`. It finds parts by the structure of its format, never
decodes pixels, and never believes a length without comparing it with the bytes that are there. Every offset is one of
`data`. What lies in a block or a picture that it finds is left to `walk`.

>>> from provenance.carriers import walk
>>> [block.kind.value for block in walk(b"").blocks]
['UNKNOWN']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

MAX_BLOCKS: Final = 512
"""Metadata blocks taken from one file. Real files hold fewer than twenty; Extended XMP in segments a few hundred."""
MAX_BLOCK_BYTES: Final = 16 * 1024 * 1024
"""The largest single metadata block, after decompression."""
MAX_TOTAL_BYTES: Final = 48 * 1024 * 1024
"""All metadata blocks of one file together, and likewise all pictures that had to be unpacked."""
MAX_PICTURES: Final = 256
"""Pictures of one file that are told apart."""
MAX_DEPTH: Final = 2
"""Pictures in pictures that are looked into: a preview in the EXIF block of a second picture."""


class BlockKind(StrEnum):
    """What kind of metadata a block holds."""

    EXIF = "EXIF"
    """A TIFF structure that starts with its byte-order mark."""
    XMP = "XMP"
    """An XMP packet (ISO 16684-1) in UTF-8, UTF-16 or UTF-32."""
    IIM = "IIM"
    """IPTC-IIM 4.2 data sets."""
    PHOTOSHOP = "PHOTOSHOP"
    """Photoshop image resources. A walk gives what lies in them instead."""
    C2PA = "C2PA"
    """A JUMBF box that holds, or may hold, a C2PA manifest."""
    TEXT = "TEXT"
    """A plain comment or text chunk in UTF-8; `name` is its keyword."""
    JSON = "JSON"
    """A sidecar of named values, such as Google Takeout writes."""
    UNKNOWN = "UNKNOWN"
    """Bytes that ought to be metadata but cannot be told apart, such as the rest of a broken file."""


@dataclass(frozen=True, slots=True)
class Block:
    """One metadata block: its kind, the place it was found (`jpeg:APP1/xmp`), its bytes.

    `problem` is empty, or says in one line why `data` is not the whole block. `name` is a text chunk's keyword.
    `start` is where the bytes lie in the file, None where they had to be unpacked or joined.
    """

    kind: BlockKind
    location: str
    data: bytes
    problem: str = ""
    name: str = ""
    start: int | None = None


class PictureRole(StrEnum):
    """What a picture in a file is there for."""

    PRIMARY = "PRIMARY"
    """The one that people see when they open the file."""
    SECOND = "SECOND"
    """Another one in its own right: of a multi-picture file, behind the end, an original kept beside its edit."""
    PREVIEW = "PREVIEW"
    """A smaller rendering for screens."""
    THUMBNAIL = "THUMBNAIL"
    """A rendering of a few hundred pixels for lists."""
    GAIN_MAP = "GAIN_MAP"
    """How much brighter each part is on a screen that can show it (ISO 21496-1)."""
    DEPTH_MAP = "DEPTH_MAP"
    """How far each part is, or which parts belong to the foreground."""
    FILM = "FILM"
    """A film of the moment, as phones keep one behind a photograph."""


_MARKS: Final = (b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0", b"Photoshop 3.0\0")
_WORDS: Final = {
    PictureRole.SECOND: "picture",
    PictureRole.PREVIEW: "preview",
    PictureRole.THUMBNAIL: "thumbnail",
    PictureRole.GAIN_MAP: "gain-map",
    PictureRole.DEPTH_MAP: "depth-map",
    PictureRole.FILM: "film",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a file: bytes `start` to `end` of it, or `packed` where it had to be unpacked (Base64, hexadecimal).

    `place` is "" for the primary picture, `picture:2`, `thumbnail:1` and so on for others; `location` is where it
    stands (`jpeg:APP1/exif/IFD1`). `whole` is False where the bytes are no file of their own that a decoder would
    take, such as an item of a HEIC file or the layers of a Photoshop file.
    """

    role: PictureRole
    location: str
    start: int
    end: int
    place: str = ""
    packed: bytes = b""
    whole: bool = True

    def bytes(self, data: bytes) -> bytes:
        """The picture's own bytes, from those of the file."""
        return self.packed or data[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Rest:
    """Bytes behind the end of a picture that belong to no picture and no metadata.

    `what` names an archive or document that was not opened, and is "" where nobody knows.
    """

    start: int
    end: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class Private:
    """Bytes of a program's own within a picture's file, in which no picture was found and which nobody can read."""

    location: str
    size: int


@dataclass(frozen=True, slots=True)
class Coded:
    """Coded pixels, among which no metadata can stand."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Announced:
    """Where an index says that a further picture starts, and what it is there for. Editors leave such indices stale."""

    start: int
    role: PictureRole


Part: TypeAlias = Block | Picture | Rest | Private | Coded | Announced


def place_of(role: PictureRole, number: int) -> str:
    """How the picture of this role and number is called; the primary picture is the first, so a second has number 2.

    >>> place_of(PictureRole.SECOND, 2)
    'picture:2'
    """
    word = _WORDS.get(role)
    return f"{word}:{number}" if word else ""


def inside(place: str, parts: Iterable[Part]) -> Iterator[Part]:
    """The parts of a picture in a file, with its place before theirs. Its own span is left to the caller."""
    for part in parts:
        if isinstance(part, Block):
            yield replace(part, location=f"{place}/{part.location}")
        elif isinstance(part, Picture) and part.role is not PictureRole.PRIMARY:
            yield replace(part, location=f"{place}/{part.location}", place=f"{place}/{part.place}")
        elif isinstance(part, Private):
            yield replace(part, location=f"{place}/{part.location}")
        elif isinstance(part, Coded):
            yield part


def fault(location: str, why: str, data: bytes = b"") -> Block:
    """A block for something that could not be read: `data` is what is left of it."""
    return Block(BlockKind.UNKNOWN, location, data[:MAX_BLOCK_BYTES], why)


def within(
    block: Block, role: PictureRole, place: str, start: int, end: int, *, location: str = "", whole: bool = True
) -> Picture:
    """The picture that bytes `start` to `end` of a block are."""
    where = location or block.location
    if block.start is None:
        return Picture(role, where, 0, 0, place, packed=block.data[start:end], whole=whole)
    return Picture(role, where, block.start + start, block.start + end, place, whole=whole)


def of_pixels(location: str, place: str, across: int, down: int, pixels: bytes) -> Picture:
    """A thumbnail of bare pixels, three bytes each, as a file of its own (Netpbm's PPM)."""
    packed = b"P6 %d %d 255\n" % (across, down) + pixels
    return Picture(PictureRole.THUMBNAIL, location, 0, 0, place, packed=packed)


def mark_size(body: bytes) -> int:
    """The length of the mark that stands before a block in a JPEG and that some writers copy into other formats.

    >>> mark_size(b"Exif\\0\\0II*\\0"), mark_size(b"II*\\0")
    (6, 0)
    """
    return next((len(mark) for mark in _MARKS if body.startswith(mark)), 0)


def blank(data: bytes) -> bool:
    """Whether a block is empty but for padding, so that it says nothing.

    >>> blank(b"\\0 \\n"), blank(b"II*")
    (True, False)
    """
    return not data.strip(b"\0 \r\n\t")
