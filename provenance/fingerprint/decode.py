"""Decodes an image's first frame to a grey picture, or says why it cannot be decoded.

Nothing of Pillow's is changed for the program that calls: its pixel limit, its plug-ins and the warning filters stay
as they are. Bytes come from strangers, so every exception of a decoder is a `Problem`.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import PIL
from PIL import ExifTags, Image, UnidentifiedImageError

from provenance.fingerprint import containers
from provenance.fingerprint.limits import MAX_BYTES, MAX_DETAIL, MAX_FRAMES, MAX_PIXELS, MAX_SCAN_PIXELS
from provenance.model import Problem, ProblemKind

DRAFT, FULL, FALLBACK = "draft", "full", "fallback"
"""Which decode was taken: scaled by the decoder, whole, or whole because the scaled one failed."""

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by EXIF orientation (EXIF 3.0, tag 0x0112)."""

_IGNORE_PILLOW: Final = ("ignore", None, Warning, re.compile(r"PIL\b|pillow_heif\b"), 0)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The header as far as it could be read, and the first frame in grey (mode L) or the problem.

    `width` and `height` are pixels of the upright picture before any scaling; `orientation` is the file's EXIF value.
    `grey`, and `colour` (mode RGB) where it was asked for, are as stored: `turn` makes them upright. `box` (left, top,
    right, bottom in pixels of `grey`) is the part that the picture fills, which a scaled decode rounds up.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    orientation: int | None = None
    grey: Image.Image | None = None
    colour: Image.Image | None = None
    turn: Image.Transpose | None = None
    box: tuple[float, float, float, float] | None = None
    decode_mode: str = FULL
    problem: Problem | None = None


def decode_grey(data: bytes, *, draft_side: int | None = None, colour: bool = False) -> Decoded:
    """The first frame of `data` as an 8-bit grey picture. Never raises for what the bytes hold.

    With `draft_side` a JPEG is scaled while it is decoded, to no less than that many pixels on its shorter side; if
    that fails the whole picture is decoded and `decode_mode` is "fallback". With `colour` one whole decode gives RGB
    as well.

    >>> decode_grey(b"").problem
    Problem(kind=<ProblemKind.EMPTY: 'EMPTY'>, detail='the file is empty')
    """
    format_ = containers.identify(data)
    refusal = _refusal(data, format_)
    if refusal or format_ is None:
        return Decoded(format=format_, problem=refusal)
    if draft_side is None or format_ != "JPEG" or colour:
        return _decode(data, format_, None, colour=colour)
    drafted = _decode(data, format_, draft_side)
    if drafted.problem is None or drafted.problem.kind is not ProblemKind.DAMAGED:
        return drafted
    return replace(_decode(data, format_, None), decode_mode=FALLBACK)


def decode_colour(data: bytes, *, side: int) -> Image.Image | Problem:
    """The first frame of `data`, upright and in RGB, its shorter side no smaller than `side` pixels if it was not.

    For detectors, which need neither all pixels nor all frames. Never raises for what the bytes hold.

    >>> decode_colour(b"", side=512).kind.value
    'EMPTY'
    """
    format_ = containers.identify(data)
    refusal = _refusal(data, format_)
    if refusal or format_ is None:
        return refusal or Problem(ProblemKind.UNIDENTIFIED, "no known image format starts with these bytes")
    try:
        with _silent_pillow(), _open(data, format_) as image:
            _refuse_bomb(image.width, image.height, format_, data)
            image.draft("RGB", (side, side))
            image.load()
            turn = _TURNS.get(_orientation(image) or 1)
            picture = image.convert("RGB")
        return picture if turn is None else picture.transpose(turn)
    except Exception as error:  # noqa: BLE001 - real files raise anything, from KeyError to MemoryError
        return problem_of(error)


def decoder_name(format_: str | None) -> str:
    """The library that decodes a format, with its version: `pillow 13.0.0`."""
    if format_ == "HEIF":
        import pillow_heif

        return f"pillow-heif {pillow_heif.__version__}"
    return f"pillow {PIL.__version__}"


def problem_of(error: Exception) -> Problem:
    """The problem that a decoder's exception stands for, with one line of detail."""
    said = line_of(error)
    if isinstance(error, (_Bomb, Image.DecompressionBombError, containers.TooManyBlocks)):
        return Problem(ProblemKind.DECOMPRESSION_BOMB, said)
    if isinstance(error, MemoryError):
        return Problem(ProblemKind.TOO_LARGE, "not enough memory to decode the picture")
    if re.search(r"unsupported|not (available|supported)", said, re.IGNORECASE):
        return Problem(ProblemKind.UNSUPPORTED, said)
    if isinstance(error, UnidentifiedImageError):
        return Problem(ProblemKind.DAMAGED, "the header cannot be read")
    return Problem(ProblemKind.DAMAGED, said)


def line_of(error: Exception) -> str:
    """What an exception says, in one printable line of bounded length."""
    said = " ".join(f"{error}"[: 4 * MAX_DETAIL].split()) or type(error).__name__
    return "".join(character if character.isprintable() else "?" for character in said)[:MAX_DETAIL]


def _refusal(data: bytes, format_: str | None) -> Problem | None:
    """Why `data` must not reach a decoder, if so."""
    if not data:
        return Problem(ProblemKind.EMPTY, "the file is empty")
    if len(data) > MAX_BYTES:
        return Problem(ProblemKind.TOO_LARGE, f"{len(data):,} bytes, more than {MAX_BYTES:,}")
    if format_ is None:
        return Problem(ProblemKind.UNIDENTIFIED, "no known image format starts with these bytes")
    if format_ not in containers.READABLE:
        return Problem(ProblemKind.UNSUPPORTED, f"{format_} is not decoded; convert it to PNG or JPEG")
    return None


def _decode(data: bytes, format_: str, draft_side: int | None, *, colour: bool = False) -> Decoded:
    decode_mode = FULL if draft_side is None else DRAFT
    known = Decoded(format=format_, decode_mode=decode_mode)
    try:
        with _silent_pillow(), _open(data, format_) as image:
            known = Decoded(format=format_, width=image.width, height=image.height, decode_mode=decode_mode)
            _refuse_bomb(image.width, image.height, format_, data)
            known = _header(image, format_, data, decode_mode)
            return _with_picture(known, image, draft_side, colour=colour)
    except Exception as error:  # noqa: BLE001 - real files raise anything, from KeyError to MemoryError
        return replace(known, problem=problem_of(error))


def _open(data: bytes, format_: str) -> Image.Image:
    if format_ != "HEIF":
        return Image.open(io.BytesIO(data), formats=(format_,))
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise OSError("HEIF is not supported here; pip install 'consent-provenance[heif]'") from None
    # The class itself rather than register_heif_opener(), which would change Pillow for the whole program.
    return cast("Image.Image", cast("Any", HeifImageFile)(io.BytesIO(data)))


class _Bomb(ValueError):
    """A picture that would take too much memory or time to decode."""


def _refuse_bomb(width: int, height: int, format_: str, data: bytes) -> None:
    """Raises _Bomb by what the header announces. First of all, since PNG's EXIF costs a whole decode."""
    if width * height > MAX_PIXELS:
        raise _Bomb(f"{width} x {height} pixels, more than {MAX_PIXELS:,}")
    if format_ != "JPEG" or containers.one_scan(data):
        return
    # Counting bytes is quick and never too low; it is only too high where other data looks like a scan.
    if data.count(b"\xff\xda") * width * height > MAX_SCAN_PIXELS:
        scans = containers.jpeg_scans(data)
        if scans * width * height > MAX_SCAN_PIXELS:
            raise _Bomb(f"{scans} scans of {width} x {height} pixels")


def _header(image: Image.Image, format_: str, data: bytes, decode_mode: str) -> Decoded:
    """What the header tells, with the upright size."""
    orientation = _orientation(image)
    # Pillow's TIFF reader already reports the upright size.
    turned = orientation is not None and orientation >= 5 and format_ != "TIFF"
    width, height = (image.height, image.width) if turned else (image.width, image.height)
    return Decoded(format_, width, height, _frames(image, format_, data), orientation, decode_mode=decode_mode)


def _frames(image: Image.Image, format_: str, data: bytes) -> int:
    """How many pictures the file holds. GIF and TIFF are counted here since Pillow does it without a bound."""
    if format_ == "GIF":
        return containers.gif_frames(data)
    if format_ == "TIFF":
        return containers.tiff_frames(data)
    if format_ in ("PSD", "ICO"):  # layers and sizes of one picture
        return 1
    return max(1, min(int(getattr(image, "n_frames", 1)), MAX_FRAMES))


def _orientation(image: Image.Image) -> int | None:
    """The EXIF orientation, 1 to 8, or None where there is none that can be read."""
    with suppress(Exception):  # damaged EXIF does not hide the picture; the signals report it
        value = image.getexif().get(ExifTags.Base.Orientation)
        if isinstance(value, int) and 1 <= value <= 8:
            return value
    return None


def _with_picture(known: Decoded, image: Image.Image, draft_side: int | None, *, colour: bool) -> Decoded:
    drafted = None if draft_side is None else image.draft("L", (draft_side, draft_side))
    image.load()
    # Some readers (TIFF) turn the picture while loading and drop the tag, so it is asked again.
    turn = _TURNS.get(_orientation(image) or 1)
    grey = _grey(image)
    box = None if drafted is None else drafted[1]
    return replace(known, grey=grey, colour=_colour(image, grey) if colour else None, turn=turn, box=box)


def _grey(image: Image.Image) -> Image.Image:
    """Mode L, as Pillow converts it (ITU-R 601-2 luma) except where that loses the picture."""
    if image.mode == "LAB":  # Pillow has no way out of it; the first band is the lightness
        return image.getchannel(0)
    if image.mode.startswith("I;16"):  # Pillow clips at 255, which leaves white
        import numpy as np

        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("L")


def _colour(image: Image.Image, grey: Image.Image) -> Image.Image:
    """Mode RGB, as Pillow converts it except where that loses the picture."""
    if image.mode == "RGB":
        return image
    return (grey if image.mode == "LAB" or image.mode.startswith("I;16") else image).convert("RGB")


@contextmanager
def _silent_pillow() -> Iterator[None]:
    """Ignores Pillow's warnings while an image is read, whatever filters the program has set.

    `warnings.catch_warnings` is not safe with threads: it puts back the whole list and loses what another thread
    changed meanwhile. Here every call puts one entry in front and takes one away, from the same list.
    """
    filters = cast("list[Any]", warnings.filters)
    filters.insert(0, _IGNORE_PILLOW)
    try:
        yield
    finally:
        with suppress(ValueError):
            filters.remove(_IGNORE_PILLOW)
