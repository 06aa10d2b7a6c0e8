"""One walk over the bytes of a file, which every reader of it shares: what the file holds, and where each part ends.

>>> found = walk(b"\\xff\\xd8\\xff\\xfe\\x00\\x04hi\\xff\\xd9")
>>> [(block.location, block.data) for block in found.blocks], found.end
([('jpeg:COM', b'hi')], 10)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from provenance.carriers import (
    behind,
    codestream,
    gif,
    index,
    isobmff,
    jpeg,
    jumbf,
    plain,
    png,
    private,
    psd,
    tiff,
    webp,
    xmp_pictures,
)
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    MAX_BLOCKS,
    MAX_DEPTH,
    MAX_PICTURES,
    MAX_TOTAL_BYTES,
    Announced,
    Block,
    BlockKind,
    Coded,
    Part,
    Picture,
    PictureRole,
    Private,
    Rest,
    fault,
    inside,
    place_of,
)

_READERS: Final[dict[str, Callable[[bytes, int], Iterator[Part]]]] = {
    "jpeg": jpeg.parts,
    "png": png.parts,
    "webp": webp.parts,
    "gif": gif.parts,
    "tiff": tiff.parts,
    "psd": psd.parts,
    "boxes": isobmff.parts,
    "j2k": codestream.parts,
    "bmp": plain.bmp,
    "qoi": plain.qoi,
    "ico": plain.ico,
    "pnm": plain.netpbm,
}
_FROM_ZERO: Final = frozenset({"tiff", "psd", "boxes", "bmp", "ico"})
"""Families whose inner offsets count from the beginning of their file."""
_STARTS: Final = (
    (b"\xff\xd8", "jpeg"),
    (png.SIGNATURE, "png"),
    (b"GIF8", "gif"),
    (b"8BPS", "psd"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "boxes"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "boxes"),
    (codestream.START, "j2k"),
    (b"\0\0\x01\0", "ico"),
    (b"qoif", "qoi"),
    (b"BM", "bmp"),
    (b"\xff\x0a", "bare"),
)


@dataclass(frozen=True, slots=True)
class Walk:
    """What a file holds.

    `family` is a key of the readers, `bare` (a format without metadata), `xmp` or `unknown`. The first of `pictures`
    is the primary one; `rest` lies behind its end and belongs to nothing known; `coded` are its pixels; `private` are
    bytes of a program's own.
    """

    family: str
    blocks: tuple[Block, ...]
    pictures: tuple[Picture, ...]
    rest: tuple[Rest, ...]
    coded: tuple[Coded, ...]
    private: tuple[Private, ...]

    @property
    def end(self) -> int:
        """Where the primary picture ends."""
        return self.pictures[0].end

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """Location and reason of everything that could not be read whole."""
        return tuple((block.location, block.problem) for block in self.blocks if block.problem)

    def beside_pixels(self, data: bytes) -> Iterator[bytes]:
        """The bytes of the file without its coded pixels, in order."""
        at = 0
        for coded in sorted(self.coded, key=lambda each: each.start):
            if coded.start > at:
                yield data[at : coded.start]
            at = max(at, coded.end)
        yield data[at:] if at else data


def sniff(data: bytes, start: int = 0) -> str:
    """The family of the file that starts at an offset.

    >>> sniff(b"\\xff\\xd8\\xff")
    'jpeg'
    """
    head = data[start : start + 256]
    for mark, family in _STARTS:
        if head.startswith(mark):
            return family
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "boxes"
    if plain.NETPBM.match(head):
        return "pnm"
    if tiff.header(head) is not None:
        return "tiff"
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if text.startswith((b"<?xpacket", b"<?xml", b"<x:xmp", b"<x:xap", b"<rdf:RDF")):
        return "xmp"
    return "unknown"


def walk(data: bytes) -> Walk:
    """Everything that the bytes of an image file hold, within the limits of `parts`. Never raises.

    Whatever is wrong becomes a block with a `problem`. A format that is not known is searched for XMP packets and
    reported as such.

    >>> walk(b"not an image").problems
    (('file', 'not a file format that is known here'),)
    """
    found = _Found(sniff(data), data)
    try:
        found.take(_whole(data, found.family))
    except Exception as wrong:  # noqa: BLE001 - the bytes are a stranger's: any fault is a finding, not a crash
        found.blocks.append(fault(found.family, f"reader stopped: {type(wrong).__name__}", data))
    return found.walk()


class _Found:
    """The parts that a walk has come across, and the limits."""

    def __init__(self, family: str, data: bytes) -> None:
        self.family, self._data = family, data
        self.blocks: list[Block] = []
        self._pictures: list[Picture] = []
        self._rest: list[Rest] = []
        self._coded: list[Coded] = []
        self._private: list[Private] = []
        self._total = self._unpacked = 0
        self._places: set[str] = set()

    def take(self, parts: Iterator[Part]) -> None:
        for part in parts:
            if isinstance(part, Block):
                self._total += 0 if part.data is self._data else len(part.data)
                if len(self.blocks) >= MAX_BLOCKS or self._total > MAX_TOTAL_BYTES:
                    self.blocks.append(fault(part.location, "more metadata than the limit"))
                    return
                self.blocks.append(part)
            elif isinstance(part, Picture):
                self._unpacked += len(part.packed)
                if len(self._pictures) >= MAX_PICTURES or self._unpacked > MAX_TOTAL_BYTES:
                    self.blocks.append(fault(part.location, "more pictures than the limit"))
                    return
                self._pictures.append(self._named(part))
            elif isinstance(part, Rest):
                self._rest.append(part)
            elif isinstance(part, Private) and len(self._private) < MAX_BLOCKS:
                self._private.append(part)
            elif isinstance(part, Coded):
                self._coded.append(part)

    def _named(self, picture: Picture) -> Picture:
        """The picture under a place that no other has."""
        word, colon, number = picture.place.rpartition(":")
        place, count = picture.place, int(number) if colon and number.isdigit() else 1
        while place and place in self._places:
            count += 1
            place = f"{word or number}:{count}"
        self._places.add(place)
        return picture if place == picture.place else replace(picture, place=place)

    def walk(self) -> Walk:
        primary = [picture for picture in self._pictures if picture.role is PictureRole.PRIMARY]
        others = [picture for picture in self._pictures if picture.role is not PictureRole.PRIMARY]
        whole = Picture(PictureRole.PRIMARY, self.family, 0, len(self._data))
        first = primary[0] if primary else whole
        pictures, rest, coded = (first, *others), tuple(self._rest), tuple(self._coded)
        return Walk(self.family, tuple(self.blocks), pictures, rest, coded, tuple(self._private))


def _whole(data: bytes, family: str) -> Iterator[Part]:
    """The parts of a file: its primary picture, what lies in that, and what follows its end."""
    if family == "xmp":
        problem = "" if len(data) <= MAX_BLOCK_BYTES else "larger than the limit"
        yield Block(BlockKind.XMP, "xmp:file", data[:MAX_BLOCK_BYTES], problem)
        return
    if family not in _READERS:
        yield from plain.packets(data, 0, len(data))
        if family == "unknown":
            yield fault("file", "not a file format that is known here", data)
        return
    blocks: list[Block] = []
    announced: dict[int, PictureRole] = {}
    end = len(data)
    for part in _picture(data, 0, 0):
        if isinstance(part, Picture) and part.role is PictureRole.PRIMARY:
            end = part.end
        elif isinstance(part, Block):
            blocks.append(part)
        elif isinstance(part, Announced):
            announced[part.start] = part.role
        yield part
    if end < len(data):
        yield from _behind(data, end, family, blocks, announced)


def _picture(data: bytes, start: int, depth: int) -> Iterator[Part]:
    """The parts of the picture that starts at an offset, and what lies in each."""
    family = sniff(data, start)
    reader = _READERS.get(family)
    if reader is None:
        return
    if start and family in _FROM_ZERO:
        for part in _picture(data[start:], 0, depth):
            yield _shifted(part, start)
        return
    for part in reader(data, start):
        # The tags of a TIFF file were read with the file.
        opened = family == "tiff" and isinstance(part, Block) and part.kind is BlockKind.EXIF
        yield from (part,) if opened else _opened(data, part, depth, 0)


def _opened(data: bytes, part: Part, depth: int, nesting: int) -> Iterator[Part]:
    """A part and what lies in it: packets in EXIF and Photoshop blocks, pictures in blocks, metadata in pictures."""
    if isinstance(part, Block):
        if part.kind is not BlockKind.PHOTOSHOP:
            yield part
        if nesting < _MAX_NESTING:
            for inner in _contents(part):
                yield from _opened(data, inner, depth, nesting + 1)
        elif part.kind is BlockKind.PHOTOSHOP:
            yield fault(part.location, "nested deeper than is looked at", part.data)
        return
    yield part
    if isinstance(part, Picture) and part.role is not PictureRole.PRIMARY and part.whole and depth < MAX_DEPTH:
        for inner in inside(part.place, _picture(part.bytes(data), 0, depth + 1)):
            # Its own faults say nothing about the picture that it was made from, and its offsets are its own.
            if isinstance(inner, Block) and inner.kind is not BlockKind.UNKNOWN:
                yield replace(inner, start=None)


_MAX_NESTING: Final = 4
"""Blocks in blocks: a Photoshop list in an EXIF block in a Photoshop list."""


def _contents(block: Block) -> Iterator[Part]:
    """The parts that lie in a block."""
    if block.kind is BlockKind.EXIF:
        named: list[Picture] = []
        for part in tiff.contents(block):
            if isinstance(part, Picture):
                named.append(part)
            yield part
        yield from private.in_block(block, named, "/MakerNote")
        yield from xmp_pictures.pictures(block)
    elif block.kind is BlockKind.IIM:
        yield from private.in_block(block, (), "")
    elif block.kind is BlockKind.PHOTOSHOP:
        yield from psd.contents(block)
    elif block.kind in (BlockKind.XMP, BlockKind.TEXT):
        yield from xmp_pictures.pictures(block)
    elif block.kind is BlockKind.C2PA:
        yield from jumbf.contents(block)


def _behind(
    data: bytes, end: int, family: str, blocks: list[Block], announced: dict[int, PictureRole]
) -> Iterator[Part]:
    """The parts behind the end of the primary picture, each picture with its role and all that lies in it."""
    lengths = index.container_roles(blocks)
    read: dict[int, list[Part]] = {}

    def end_of(start: int) -> int:
        read[start] = list(_picture(data, start, 1))
        return next((p.end for p in read[start] if isinstance(p, Picture) and p.role is PictureRole.PRIMARY), start)

    numbers: dict[PictureRole, int] = {PictureRole.SECOND: 1}
    for part in behind.parts(data, end, family, end_of):
        if not isinstance(part, Picture) or part.start not in read:
            yield from _opened(data, part, 0, 0)
            continue
        inner = read[part.start]
        own = [each for each in inner if isinstance(each, Block)]
        role = announced.get(part.start) or lengths.get(part.end - part.start) or part.role
        if role is PictureRole.SECOND:
            role = index.role_of(part, data[part.start : part.end], own)
        role = PictureRole.FILM if part.role is PictureRole.FILM else role
        numbers[role] = numbers.get(role, 0) + 1
        place = place_of(role, numbers[role])
        yield replace(part, role=role, place=place)
        faults = role is PictureRole.SECOND
        for each in inside(place, inner):
            if faults or not (isinstance(each, Block) and each.kind is BlockKind.UNKNOWN):
                yield each


def _shifted(part: Part, by: int) -> Part:
    """A part of the bytes from an offset on, with offsets of the whole."""
    if isinstance(part, Block):
        return part if part.start is None else replace(part, start=part.start + by)
    if isinstance(part, Private) or (isinstance(part, Picture) and part.packed):
        return part
    if isinstance(part, Announced):
        return replace(part, start=part.start + by)
    return replace(part, start=part.start + by, end=part.end + by)
