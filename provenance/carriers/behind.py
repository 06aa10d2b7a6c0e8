"""What stands behind the end of a picture: further pictures, films, metadata, archives, and bytes that nobody knows.

Trailers of old press tools are read where exiftool reads them: AFCP (AXS File Concatenation Protocol 1.1) and
FotoStation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from provenance.carriers import gif, jpeg, plain, png, tiff, webp
from provenance.carriers.isobmff import is_film
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    Block,
    BlockKind,
    Part,
    Picture,
    PictureRole,
    Rest,
    fault,
    place_of,
)
from provenance.carriers.psd import end_of_list
from provenance.carriers.segments import SOI, end_of_picture

Chain = Callable[[bytes, int], tuple[list[Part], int]]

_CHAINS: Final[dict[str, Chain]] = {
    "jpeg": jpeg.parts_behind,
    "png": png.parts_behind,
    "gif": gif.parts_behind,
    "webp": webp.parts_behind,
}
"""What may go on behind the end of a format as if there were none."""
_PADDING: Final = re.compile(rb"(?:[\0 \r\n\t]++|\xff(?=[\xff\0]|\Z))++")
_EBML: Final = b"\x1aE\xdf\xa3"
_PICTURES: Final = (
    SOI, b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"RIFF", b"ftyp", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+",
    b"8BPS\0\1", b"jP  \r\n\x87\n", b"JXL \r\n\x87\n", _EBML,
)  # fmt: skip
_IN_BOXES: Final = frozenset({b"ftyp", b"jP  \r\n\x87\n", b"JXL \r\n\x87\n"})
"""Types of boxes, which stand behind the size of their box."""
_LARGEST_TYPE_BOX: Final = 1_024
_EBML_TYPES: Final = (b"webm", b"matroska")
_EBML_HEAD: Final = 64
_QUICKTIME: Final = frozenset({b"moov", b"mdat"})
_WIDTH, _STRIPS, _TILES = 0x0100, 0x0111, 0x0144
_WIDE_PACKET: Final = "<?xpacket begin".encode("utf-16-le")[:-1]
"""In UTF-16 of either order, but for the first byte."""
_METADATA: Final = {
    b"<?xpacket begin": (BlockKind.XMP, 0),
    _WIDE_PACKET: (BlockKind.XMP, 0),
    b"<x:xmpmeta": (BlockKind.XMP, 0),
    b"<rdf:RDF": (BlockKind.XMP, 0),
    b"Exif\0\0II*\0": (BlockKind.EXIF, 6),
    b"Exif\0\0MM\0*": (BlockKind.EXIF, 6),
    b"Photoshop 3.0\0": (BlockKind.PHOTOSHOP, 14),
    b"8BIM\x04\x04": (BlockKind.PHOTOSHOP, 0),
    b"\x1c\x02\x00\x00\x02": (BlockKind.IIM, 0),
    b"\x1c\x01\x5a\x00\x03\x1b": (BlockKind.IIM, 0),
}
"""How metadata begin that no structure leads to, and how much of that is a mark."""
_PACKET_END: Final = re.compile(rb"<\?xpacket end=[^>]{0,20}>|</x:xmpmeta>")
_WIDE_PACKET_END: Final = re.compile(re.escape("<?xpacket end".encode("utf-16-le")) + rb".{0,40}?>\0?", re.DOTALL)
_RDF_END: Final = re.compile(rb"</rdf:RDF>")
_ENDS: Final = {b"<rdf:RDF": _RDF_END, _WIDE_PACKET: _WIDE_PACKET_END}
_UNOPENED: Final = {
    b"PK\x03\x04": "a ZIP archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"%PDF-": "a PDF document",
}
_AT_ONCE: Final = {b"\x1f\x8b\x08": "a gzip archive", b"BZh": "a bzip2 archive", b"\xfd7zXZ\0": "an xz archive"}
"""Starts that are too short to be looked for among other bytes."""
_LEAST: Final = 512
"""Bytes below which nobody could be recognised in whatever they hold."""
_MAX_STEPS: Final = 512


def parts(data: bytes, start: int, family: str, end_of: Callable[[int], int]) -> Iterator[Part]:
    """The parts behind the end of the picture of a family, pictures without a place of their own yet.

    `end_of` tells where the picture at an offset ends.
    """
    afcp, stop = _afcp(data)
    station, stop = _foto_station(data, stop)
    yield from (*afcp, *station)
    places = _Places(data, stop)
    at = start
    for _ in range(_MAX_STEPS):
        at = _past_padding(data, at, stop, family)
        if at >= stop:
            return
        found, next_at = _CHAINS[family](data, at) if family in _CHAINS else ([], at)
        if next_at > at:
            yield from found
            at = next_at
            continue
        kind, what = _what_starts(data, at)
        if kind == "picture":
            film = _end_of_film(data, at)
            role = PictureRole.FILM if film or is_film(data, at) else PictureRole.SECOND
            end = max(end_of(at), film, at + 1)
            yield Picture(role, f"{family}:behind-the-end", at, end)
            at = end
        elif kind == "unopened":
            yield Rest(at, stop, what)
            return
        elif kind == "metadata":
            block, at = _loose_metadata(data, at, stop, family)
            yield block
        else:
            following = places.after(at + 1)
            if following - at >= _LEAST:
                yield Rest(at, following)
            at = following
    yield fault(family, "more behind its end than is looked at")
    yield Rest(at, stop)


def _past_padding(data: bytes, at: int, stop: int, family: str) -> int:
    """Where the padding at `at` ends. The size of a box or of a chunk begins with zeros as padding does."""
    padding = _PADDING.match(data, at, stop)
    if padding is None:
        return at
    sized = range(max(at, padding.end() - 3), padding.end())
    return next((place for place in sized if _goes_on(data, place, family)), padding.end())


def _goes_on(data: bytes, at: int, family: str) -> bool:
    """Whether a picture, or something that may go on behind the end of a family, starts at an offset."""
    return _is_picture(data, at) or (family in _CHAINS and _CHAINS[family](data, at)[1] > at)


def _what_starts(data: bytes, at: int) -> tuple[str, str]:
    """What starts at an offset: a `picture`, `metadata`, something `unopened` with its name, or nothing known."""
    if _is_picture(data, at):
        return "picture", ""
    if any(data.startswith(mark, at) for mark in _METADATA):
        return "metadata", ""
    what = next((what for mark, what in (_UNOPENED | _AT_ONCE).items() if data.startswith(mark, at)), "")
    return ("unopened" if what else "", what)


def _is_picture(data: bytes, at: int) -> bool:
    """Whether a picture or film starts at an offset. Short marks occur by chance, so what follows them counts too."""
    if data.startswith(SOI, at):
        return end_of_picture(data, at) is not None
    if data[at + 4 : at + 8] == b"ftyp":
        return 8 <= int.from_bytes(data[at : at + 4], "big") <= _LARGEST_TYPE_BOX and data[at + 8 : at + 12].isascii()
    if _end_of_film(data, at):
        return True
    if data.startswith(b"RIFF", at):
        return data[at + 8 : at + 12] == b"WEBP"
    if data.startswith((b"II", b"MM"), at):
        return _is_tiff_picture(data, at)
    if data.startswith((b"BM", b"qoif"), at):
        return plain.is_bitmap(data, at) or plain.is_qoi(data, at)
    if data.startswith((b"P4", b"P5", b"P6"), at):
        return plain.is_netpbm(data, at)
    if data[at : at + 4] == b"\0\0\0\x0c":
        return data.startswith((b"jP  \r\n\x87\n", b"JXL \r\n\x87\n"), at + 4)
    return data.startswith(_PICTURES, at) and not data.startswith(_EBML, at)


def _end_of_film(data: bytes, at: int) -> int:
    """Where a film ends whose format is not that of pictures: AVI, Matroska, WebM, old QuickTime; 0 for anything else.

    Sources: RFC 8794 and RFC 9559 (EBML and Matroska), QuickTime File Format (a film may begin without a type).
    """
    if data.startswith(_EBML, at):
        return len(data) if any(kind in data[at : at + _EBML_HEAD] for kind in _EBML_TYPES) else 0
    if data.startswith(b"RIFF", at) and data[at + 8 : at + 12] == b"AVI ":
        return min(at + 8 + int.from_bytes(data[at + 4 : at + 8], "little"), len(data))
    if data[at + 4 : at + 8] in _QUICKTIME and 8 <= int.from_bytes(data[at : at + 4], "big") <= len(data) - at:
        return len(data)
    return 0


def _is_tiff_picture(data: bytes, at: int) -> bool:
    """Whether a TIFF structure holds a picture, and not metadata alone as the trailers of cameras do."""
    head = tiff.header(data[at : at + 16])
    if head is None:
        return False
    entries, _, problem = tiff.directory(data, head, at + head.first)
    return not problem and {_WIDTH, _STRIPS} <= {_STRIPS if entry.tag == _TILES else entry.tag for entry in entries}


class _Places:
    """The next place at which something known starts, with each start looked for once only."""

    def __init__(self, data: bytes, stop: int) -> None:
        self._data, self._stop = data, stop
        self._next = dict.fromkeys((*_PICTURES, *_METADATA, *_UNOPENED), -1)

    def after(self, at: int) -> int:
        """The first place from `at` on, or the end."""
        nearest = self._stop
        for mark, known in self._next.items():
            if known < at:
                lead = 4 if mark in _IN_BOXES else 0
                found = self._data.find(mark, at + lead, self._stop)
                self._next[mark] = found - lead if found >= 0 else self._stop
            nearest = min(nearest, self._next[mark])
        return nearest


def _loose_metadata(data: bytes, at: int, stop: int, family: str) -> tuple[Block, int]:
    """The block of metadata that starts at `at`, and where to go on."""
    mark = next(mark for mark in _METADATA if data.startswith(mark, at))
    kind, skip = _METADATA[mark]
    first = at + skip
    if kind is BlockKind.XMP:
        match = _ENDS.get(mark, _PACKET_END).search(data, at, stop)
        end = match.end() if match else min(stop, at + MAX_BLOCK_BYTES)
        problem = "" if match else "packet without an end"
    elif kind is BlockKind.PHOTOSHOP:
        end, problem = end_of_list(data, first, stop), ""
    elif kind is BlockKind.IIM:
        end, problem = _end_of_data_sets(data, first, stop), ""
    else:
        # Its offsets say what belongs to it; what follows is no fault of it.
        end, problem = min(stop, first + 65_536), ""
    place = f"{family}:behind-the-end/{kind.value.lower()}"
    cut = b"\0" if mark == _WIDE_PACKET and (end - first) % 2 else b""
    return Block(kind, place, data[first:end] + cut, problem, start=first), end


def _end_of_data_sets(data: bytes, at: int, stop: int) -> int:
    """Where IIM data sets end that start at an offset."""
    while data[at : at + 1] == b"\x1c" and at + 5 <= stop:
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        wide = size & 0x7FFF if size & 0x8000 else 0
        at += 5 + (wide + int.from_bytes(data[at + 5 : at + 5 + min(wide, 8)], "big") if wide else size)
    return min(at, stop)


def _afcp(data: bytes) -> tuple[list[Part], int]:
    """The IPTC block and the pictures of an AFCP trailer, and where it starts."""
    mark = data[-12:-8]
    if mark not in {b"AXS!", b"AXS*"}:
        return [], len(data)
    order = ">" if mark == b"AXS!" else "<"
    start = _integer(data[-8:-4], order)
    head = data[start : start + 12]
    if head[:4] != mark:
        return [fault("jpeg:AFCP", "trailer without its header", data[-12:])], len(data)
    found: list[Part] = []
    first = start
    for index in range(min(_integer(head[6:8], order), 64)):
        entry = data[start + 12 + 12 * index : start + 24 + 12 * index]
        size, place = _integer(entry[4:8], order), _integer(entry[8:12], order)
        body = data[place : place + size]
        first = min(first, place)
        if entry[:4] == b"IPTC":
            problem = "" if len(body) == size else "trailer entry past the end"
            found.append(Block(BlockKind.IIM, "jpeg:AFCP/iim", body, problem, start=place))
        elif entry[:4] in {b"Nail", b"PrVw"} and b"\xff\xd8\xff" in body[:128]:
            role = PictureRole.THUMBNAIL if entry[:4] == b"Nail" else PictureRole.PREVIEW
            jpeg_at = place + body.find(b"\xff\xd8\xff")
            found.append(Picture(role, "jpeg:AFCP", jpeg_at, place + len(body), place_of(role, index + 1)))
    return found, max(first, 0)


def _foto_station(data: bytes, stop: int) -> tuple[list[Part], int]:
    """The IPTC block and the pictures of a FotoStation trailer, whose records each end with their own size."""
    found: list[Part] = []
    for _ in range(16):
        tag, size = _integer(data[stop - 10 : stop - 8], ">"), _integer(data[stop - 8 : stop - 4], ">")
        if data[stop - 4 : stop] != b"\xa1\xb2\xc3\xd4" or not 10 <= size <= stop:
            break
        start, end = stop - size, stop - 10
        if tag == 1:
            found.append(Block(BlockKind.IIM, "jpeg:FotoStation/iim", data[start:end], start=start))
        elif tag in {3, 4}:
            role = PictureRole.THUMBNAIL if tag == 3 else PictureRole.PREVIEW
            found.append(Picture(role, "jpeg:FotoStation", start, end, place_of(role, 1)))
        stop = start
    return found, stop


def _integer(data: bytes, order: str) -> int:
    return int.from_bytes(data, "big" if order == ">" else "little")
