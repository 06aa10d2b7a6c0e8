"""Decodes the picture that a file shows to eight bits of grey, or says why it cannot be decoded.

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
from provenance.fingerprint.levels import Levels, Shown, levels_of, wide_colour
from provenance.fingerprint.limits import MAX_BYTES, MAX_DETAIL, MAX_FRAMES, MAX_PIXELS, MAX_SCAN_PIXELS
from provenance.fingerprint.places import FIRST, STORED, view_of
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

_BACK: Final = {**_TURNS, 1: None, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""What undoes each of them."""

_XMP_ORIENTATION: Final = re.compile(rb"""\bOrientation\s*(?:=\s*["']|>)\s*([1-8])\b""")

_END_OF_IMAGE: Final = b"\xff\xd9"

_IGNORE_PILLOW: Final = ("ignore", None, Warning, re.compile(r"PIL\b|pillow_heif\b"), 0)

_SAMPLES: Final = 277
"""The TIFF tag SamplesPerPixel."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The header as far as it could be read, and one picture or the problem.

    `width` and `height` are pixels of the upright picture before any scaling; `orientation` is the file's value, by
    EXIF or, without that, by XMP. `levels` are as the decoder gives them, `shown` is as people see them where that
    differs. Both are as stored: `turn` makes them upright. `turned_by_xmp` is true where only XMP names the turn, which
    browsers do not follow. `box` (left, top, right, bottom in pixels of the levels) is the part that the picture fills,
    which a scaled decode rounds up. `place` names another picture than the first. `wide_colour` says that its colours
    have 16 bits. `channels_dropped` is the number of those that the decoder leaves out.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    orientation: int | None = None
    levels: Levels | None = None
    shown: Shown | None = None
    turn: Image.Transpose | None = None
    turned_by_xmp: bool = False
    box: tuple[float, float, float, float] | None = None
    decode_mode: str = FULL
    problem: Problem | None = None
    place: str = FIRST
    wide_colour: bool = False
    channels_dropped: int = 0

    @property
    def grey(self) -> Image.Image | None:
        """The picture in grey, as the decoder gives it and stored."""
        return self.levels.grey if self.levels else None


def decode_grey(data: bytes, *, draft_side: int | None = None, colour: bool = False) -> Decoded:
    """The picture that `data` shows, its first frame, in 8 bits of grey. Never raises for what the bytes hold.

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
    found = _by_best_decode(data, format_, draft_side, colour=colour)
    if format_ == "JPEG" and _is_damaged(found) and _lacks_only_its_end(data):
        return _by_best_decode(data + _END_OF_IMAGE, format_, draft_side, colour=colour)
    return found


def _by_best_decode(data: bytes, format_: str, draft_side: int | None, *, colour: bool) -> Decoded:
    if draft_side is None or format_ != "JPEG" or colour:
        return _decode(data, format_, None, colour=colour)
    drafted = _decode(data, format_, draft_side)
    if not _is_damaged(drafted):
        return drafted
    return replace(_decode(data, format_, None), decode_mode=FALLBACK)


def _is_damaged(found: Decoded) -> bool:
    return found.problem is not None and found.problem.kind is ProblemKind.DAMAGED


def _lacks_only_its_end(data: bytes) -> bool:
    """Whether a JPEG holds all of its coded data: then it does not matter what else stands before the end mark.

    Of one that was cut the decoder goes on with no bits, or with whatever the further bytes seem to say.
    """
    if data.endswith(_END_OF_IMAGE):
        return False
    seen = set()
    for more in (b"", bytes(64), b"\xaa\x55" * 32):
        levels = _decode(data + more + _END_OF_IMAGE, "JPEG", None, colour=True).levels
        seen.add(levels.colour.tobytes() if levels is not None and levels.colour is not None else None)
    return len(seen) == 1 and None not in seen


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
        with silent_pillow(), open_image(data, format_) as image:
            refuse_bomb(image.width, image.height, format_, data)
            image.draft("RGB", (side, side))
            image.load()
            turn = _TURNS.get(orientation_of(image) or 1)
            picture = image.convert("RGB")
        return upright(picture, turn)
    except Exception as error:  # noqa: BLE001 - real files raise anything, from KeyError to MemoryError
        return problem_of(error)


def upright(picture: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """A picture after the turn that makes it upright."""
    return picture if turn is None else picture.transpose(turn)


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
        with silent_pillow(), open_image(data, format_) as image:
            known = Decoded(format=format_, width=image.width, height=image.height, decode_mode=decode_mode)
            refuse_bomb(image.width, image.height, format_, data)
            known = header(image, format_, frames=_frames(image, format_, data), decode_mode=decode_mode)
            return load_picture(known, image, draft_side, colour=colour)
    except Exception as error:  # noqa: BLE001 - real files raise anything, from KeyError to MemoryError
        return replace(known, problem=problem_of(error))


def open_image(data: bytes, format_: str) -> Image.Image:
    """A file opened by the reader of its format alone. Raises whatever that does."""
    if format_ == "JPEG":
        containers.check_jpeg_head(data)
    elif format_ == "PPM":
        containers.check_netpbm(data)
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


def refuse_bomb(width: int, height: int, format_: str, data: bytes) -> None:
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


def header(
    image: Image.Image, format_: str, *, frames: int | None = None, decode_mode: str = FULL, place: str = FIRST
) -> Decoded:
    """What the header of the frame at which a file stands tells, with the upright size."""
    wide = wide_colour(image)  # before EXIF is asked for, since a PNG is loaded for that
    orientation = orientation_of(image)
    # Pillow's TIFF reader already reports the upright size.
    turned = orientation is not None and orientation >= 5 and format_ != "TIFF"
    width, height = (image.height, image.width) if turned else (image.width, image.height)
    return Decoded(
        format_,
        width,
        height,
        frames,
        orientation=orientation,
        decode_mode=decode_mode,
        place=place,
        wide_colour=wide,
        channels_dropped=_channels_dropped(image),
    )


def _channels_dropped(image: Image.Image) -> int:
    """How many channels of a TIFF Pillow leaves out: those that are neither colour nor transparency."""
    samples = (getattr(image, "tag_v2", None) or {}).get(_SAMPLES, 1)
    kept = sum(1 for band in image.getbands() if band != "X")
    return max(0, samples - kept) if isinstance(samples, int) else 0


def _frames(image: Image.Image, format_: str, data: bytes) -> int:
    """How many pictures the file holds. GIF and TIFF are counted here since Pillow does it without a bound."""
    if format_ == "GIF":
        return containers.gif_frames(data)
    if format_ == "TIFF":
        return containers.tiff_frames(data)
    if format_ == "ICO":
        return max(1, len(image.ico.entry))  # type: ignore[attr-defined]
    if format_ == "PSD":  # layers of one picture
        return 1
    return max(1, min(int(getattr(image, "n_frames", 1)), MAX_FRAMES))


def orientation_of(image: Image.Image) -> int | None:
    """The orientation by EXIF or, without that, by XMP: 1 to 8, or None where there is none that can be read."""
    value = _pillow_orientation(image)
    if value is None:
        # Pillow looks into XMP too, but knows one of the spellings that XML allows. UTF-16 and UTF-32 lose their zeros.
        packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
        packet = packet.encode() if isinstance(packet, str) else bytes(packet)
        named = _XMP_ORIENTATION.search(packet.replace(b"\0", b""))
        value = int(named[1]) if named else None
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _pillow_orientation(image: Image.Image) -> Any:
    """What Pillow takes for the orientation, and its TIFF reader turns the picture by."""
    with suppress(Exception):  # damaged EXIF does not hide the picture; the signals report it
        return image.getexif().get(ExifTags.Base.Orientation)
    return None


def _only_xmp_turns(image: Image.Image) -> bool:
    """Whether no EXIF block names the orientation."""
    with suppress(Exception):
        tags = getattr(image, "tag_v2", None)
        if tags is None:
            tags = Image.Exif()
            tags.load(image.info.get("exif") or b"")
        return ExifTags.Base.Orientation not in tags and "Raw profile type exif" not in image.info
    return True


def load_picture(known: Decoded, image: Image.Image, draft_side: int | None = None, *, colour: bool = False) -> Decoded:
    """What is known with the levels of the frame at which a file stands. Raises whatever a decoder does."""
    drafted = None if draft_side is None else image.draft("L", (draft_side, draft_side))
    # Pillow's TIFF reader turns the picture while loading and drops the tag; in a PNG it may follow the pixels.
    turned_by_reader = known.format == "TIFF" and _pillow_orientation(image) is not None
    by_xmp = _only_xmp_turns(image) if turned_by_reader else None
    image.load()
    levels, shown = levels_of(image, wide=known.wide_colour, colour=colour)
    orientation = known.orientation if turned_by_reader else orientation_of(image)
    if by_xmp is None:
        by_xmp = orientation not in (None, 1) and _only_xmp_turns(image)
    return replace(
        known,
        orientation=orientation,
        levels=levels,
        shown=shown,
        turn=None if turned_by_reader else _TURNS.get(orientation or 1),
        turned_by_xmp=by_xmp and orientation != 1,
        box=None if drafted is None else drafted[1],
    )


def views_of(decoded: Decoded) -> Iterator[Decoded]:
    """A picture as the decoder gives it, as people see it, and without the turn that only XMP names: those that differ.

    Each is a picture of its own, with its place; `shown` is left with the second alone.
    """
    shown = decoded
    yield decoded if shown.shown is None else replace(decoded, shown=None)
    if decoded.shown is not None and decoded.shown.levels is not decoded.levels:
        shown = replace(decoded, levels=decoded.shown.levels, place=view_of(decoded.place, decoded.shown.view))
        yield shown
    if decoded.turned_by_xmp:
        turned_by_reader = decoded.turn is None
        back = _BACK[decoded.orientation or 1] if turned_by_reader else None
        yield replace(shown, shown=None, turn=back, place=view_of(decoded.place, STORED))


@contextmanager
def silent_pillow() -> Iterator[None]:
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
