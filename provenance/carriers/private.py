"""Pictures that nothing names: in chunks and segments of a program's own, in maker notes, in IPTC previews.

Nobody says how such bytes are built, so that a picture in them is found by its start, and a JPEG believed where whole
segments and pixels follow. What is left of them is bytes that nobody can read, which may be a picture all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from provenance.carriers.parts import Block, Picture, PictureRole, Private, blank, place_of, within
from provenance.carriers.segments import SOI, end_of_picture

_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", 0), (b"GIF89a", 0), (b"GIF87a", 0), (b"WEBPVP8", 8), (b"ftypheic", 4), (b"ftypavif", 4),
)  # fmt: skip
"""How pictures start beside JPEG, with the bytes that stand before what is looked for."""
_MAX_FOUND: Final = 8
_TEXT: Final = bytes([*range(0x20, 0x7F), *b"\t\r\n\0"])
_LONGEST_WORD: Final = 400
"""Characters of base64 below which nothing could be seen in a picture."""
_LEAST: Final = 512
"""Bytes of a stretch below which nothing could be seen in a picture."""


def in_stretch(data: bytes, start: int, end: int, location: str) -> Iterator[Picture | Private]:
    """The pictures in a chunk or segment, each in its own right, as an editor keeps an original; and what is left.

    Each is numbered as if it were the only one; a walk numbers on.

    >>> list(in_stretch(b"\\1" * 700, 0, 700, "png:prVt"))
    [Private(location='png:prVt', size=700)]
    """
    spans = list(_spans(data, start, end))
    for first, last, whole in spans:
        yield Picture(PictureRole.SECOND, location, first, last, place_of(PictureRole.SECOND, 2), whole=whole)
    yield from left_of(data[start:end], sum(last - first for first, last, _ in spans), location)


def in_joined(body: bytes, location: str) -> Iterator[Picture | Private]:
    """The same of bytes that had to be joined."""
    spans = list(_spans(body, 0, len(body)))
    for first, last, whole in spans:
        place = place_of(PictureRole.SECOND, 2)
        yield Picture(PictureRole.SECOND, location, 0, 0, place, packed=body[first:last], whole=whole)
    yield from left_of(body, sum(last - first for first, last, _ in spans), location)


def left_of(body: bytes, found: int, location: str) -> Iterator[Private]:
    """What a stretch holds beside its pictures, which take up `found` of it. Padding and words are no picture."""
    if len(body) - found >= _LEAST and not blank(body) and not _is_words(body):
        yield Private(location, len(body) - found)


def _is_words(body: bytes) -> bool:
    """Whether bytes are a text as people and programs write it, without a long run that might be something packed."""
    return not body.translate(None, _TEXT) and max(map(len, body.split()), default=0) < _LONGEST_WORD


def _spans(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Where pictures start and end in a stretch, and whether they are whole."""
    if end - start < _LEAST:
        return
    for first, last in _jpegs(data, start, end, ()):
        # One that runs on goes over several segments, and no decoder takes it as it lies there.
        yield first, min(last, end), last <= end
    yield from ((first, last, True) for first, last in _others(data, start, end, ()))


def in_block(block: Block, named: Iterable[Picture], where: str) -> Iterator[Picture]:
    """The previews in a block of metadata beside those that its directories name; `where` is added to its place.

    A maker note is never parsed, since each maker has a structure of its own.
    """
    origin = block.start or 0
    spans = [(picture.start - origin, picture.end - origin) for picture in named]
    found = chain(_jpegs(block.data, 0, len(block.data), spans), _others(block.data, 0, len(block.data), spans))
    for number, (first, last) in enumerate(found, start=1):
        place = place_of(PictureRole.PREVIEW, number)
        yield within(block, PictureRole.PREVIEW, place, first, last, location=f"{block.location}{where}")


def _others(data: bytes, start: int, end: int, known: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The first picture of each other format that begins in a stretch and in no known span; no end can be told."""
    spans = list(known)
    for mark, lead in _STARTS:
        at = data.find(mark, start + lead, end) - lead
        if at >= start and not any(first <= at < last for first, last in spans):
            yield at, end


def _jpegs(data: bytes, start: int, end: int, known: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where JPEG pictures start and end that begin in a stretch and in no known span."""
    spans = list(known)
    at = start
    for _ in range(_MAX_FOUND):
        at = data.find(SOI, at, end)
        if at < 0:
            return
        last = next((last for first, last in spans if first <= at < last), None)
        if last is None and (last := end_of_picture(data, at)) is not None:
            yield at, last
        at = max(last or 0, at + len(SOI))
