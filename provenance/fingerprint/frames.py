"""The pictures of a file behind the one that it shows: frames, pages, and whatever else its container holds.

Each is decoded, handed over and let go before the next, so that memory is that of one. What is left out is named, so
that nothing counts as compared that was not. Gain maps, depth maps, previews and thumbnails are no pictures of their
own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from PIL import Image

from provenance.carriers import Picture, PictureRole, Walk
from provenance.carriers.boxes import boxes
from provenance.fingerprint import decode
from provenance.fingerprint.decode import Decoded
from provenance.fingerprint.limits import COMPARED_FRAMES, MAX_EVERY_FRAME_PIXELS, MAX_FRAME_PIXELS
from provenance.fingerprint.places import FRAME, PAGE, PICTURE, place_of

_PARTS: Final = {
    "GIF": FRAME, "PNG": FRAME, "WEBP": FRAME, "AVIF": FRAME, "TIFF": PAGE, "HEIF": PICTURE, "ICO": PICTURE,
}  # fmt: skip
"""What the pictures of a file are called, by the formats that hold several."""

_IN_TURN: Final = frozenset(("GIF", "PNG", "WEBP"))
"""Formats in which a frame is made from the one before it."""

_PAGE: Final = re.compile(r"ifd[0-9]+")
"""What a walk calls the pages of a TIFF, which are frames to a decoder."""


def chosen(count: int, most: int) -> tuple[int, ...]:
    """At most so many of the pictures numbered 0 to `count` - 1, spread over all, with the first and the last.

    >>> chosen(5, 16), chosen(100, 4)
    ((0, 1, 2, 3, 4), (0, 33, 66, 99))
    """
    if count <= most:
        return tuple(range(count))
    return tuple(round(place * (count - 1) / (most - 1)) for place in range(most))


def further_pictures(
    data: bytes, first: Decoded, walked: Walk, *, draft_side: int | None, colour: bool, every: bool
) -> Iterator[Decoded | str]:
    """Each further picture of a file that was decoded, with its place, or in words what is left out.

    `walked` is what a walk found in the file. Never raises for what the bytes hold.
    """
    yield from frames_of(data, first, colour=colour, every=every)
    yield from _others(data, first, walked, draft_side=draft_side, colour=colour, every=every)


def frames_of(data: bytes, first: Decoded, *, colour: bool = False, every: bool = False) -> Iterator[Decoded | str]:
    """What Pillow reaches by number behind the picture that was decoded, or in words what is left out."""
    part = _PARTS.get(first.format or "")
    if part is None or (first.frames or 1) < 2:
        return
    assert first.format is not None
    count = first.frames or 1
    wanted = chosen(count, count if every else COMPARED_FRAMES)
    if len(wanted) < count:
        yield f"{count - len(wanted)} of {count} {part}s"
    budget = MAX_EVERY_FRAME_PIXELS if every else MAX_FRAME_PIXELS
    try:
        with decode.silent_pillow(), decode.open_image(data, first.format) as image:
            yield from _numbered(data, image, first, part, wanted, budget, colour=colour)
    except Exception as error:  # noqa: BLE001 - real files raise anything, from KeyError to MemoryError
        yield f"the {part}s behind the first: {decode.line_of(error)}"


def _others(
    data: bytes, first: Decoded, walked: Walk, *, draft_side: int | None, colour: bool, every: bool
) -> Iterator[Decoded | str]:
    """What is a file in the file, or no decoder takes."""
    seconds = [picture for picture in walked.pictures[1:] if picture.role is PictureRole.SECOND]
    whole = [picture for picture in seconds if picture.whole]
    wanted = whole if every else whole[: COMPARED_FRAMES - 1]
    budget = MAX_EVERY_FRAME_PIXELS if every else MAX_FRAME_PIXELS
    for number, picture in enumerate(wanted, start=2):
        found = decode.decode_grey(picture.bytes(data), draft_side=draft_side, colour=colour)
        place = place_of(PICTURE, number)
        budget -= (found.width or 0) * (found.height or 0)
        if found.problem is not None:
            yield f"{place}: {found.problem.detail}"
        elif budget < 0:
            yield f"{place} and what follows: more pixels than a file may have decoded"
            break
        else:
            yield replace(found, place=place)
            if (found.frames or 1) > 1:
                yield f"the frames behind the first of {place}"
    if len(wanted) < len(whole):
        yield f"{len(whole) - len(wanted)} of {len(whole) + 1} pictures"
    yield from _not_decoded(data, first, walked, [picture for picture in seconds if not picture.whole])


def _not_decoded(data: bytes, first: Decoded, walked: Walk, parts: Sequence[Picture]) -> Iterator[str]:
    """What of a file no decoder takes: items, layers and films, without what Pillow has reached by number."""
    reached = 0
    if first.format == "TIFF":
        parts = [picture for picture in parts if not _PAGE.fullmatch(picture.place)]
    elif first.format in ("HEIF", "AVIF"):
        reached = (first.frames or 1) - 1
    yield from dict.fromkeys(picture.place for picture in parts[reached:])
    yield from dict.fromkeys(picture.place for picture in walked.pictures if picture.role is PictureRole.FILM)
    if first.format in ("HEIF", "AVIF") and (first.frames or 1) < 2:
        films = sum(box.kind == b"moov" for box in boxes(data, 0, len(data)))
        yield from ["a sequence of pictures"] * bool(films)


def _numbered(
    data: bytes, image: Image.Image, first: Decoded, part: str, wanted: Sequence[int], budget: int, *, colour: bool
) -> Iterator[Decoded | str]:
    assert first.format is not None
    shown = image.tell()
    at = shown
    for number in wanted:
        if number == shown:
            continue
        budget -= image.width * image.height * (max(1, number - at) if first.format in _IN_TURN else 1)
        if budget < 0:
            yield f"{part}s {number + 1} to {wanted[-1] + 1}: more pixels than a file may have decoded"
            return
        try:
            picture = _at(image, number)
            decode.refuse_bomb(picture.width, picture.height, first.format, data)
            known = decode.header(picture, first.format, place=place_of(part, number + 1))
            found = decode.load_picture(known, picture, colour=colour)
        except Exception as error:  # noqa: BLE001 - as above
            if first.format in _IN_TURN:
                yield f"{part}s {number + 1} to {wanted[-1] + 1}: {decode.line_of(error)}"
                return
            yield f"{part} {number + 1}: {decode.line_of(error)}"
        else:
            yield found
        at = number


def _at(image: Image.Image, number: int) -> Image.Image:
    """The file at one of its pictures."""
    if image.format == "ICO":
        return image.ico.frame(number)  # type: ignore[attr-defined, no-any-return]
    image.seek(number)
    return image
