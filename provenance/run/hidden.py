"""Whether a file still holds what its picture hides: previews, thumbnails and second pictures beside the blurred one.

Somebody who blurs a face and saves the file often leaves the camera's thumbnail in it. So where a row says that people
were made unrecognisable, each picture in the file is compared with the one that people see: it has to show the same,
and nowhere more detail. Where no row says so, they are only counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageChops, ImageFilter

from provenance.carriers import Picture, PictureRole, Walk
from provenance.fingerprint.decode import Decoded, decode_grey
from provenance.fingerprint.frames import frames_of
from provenance.fingerprint.levels import spread
from provenance.model import Person, Signal, SignalSubject, SignalVerdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_COMPARED: Final = "pictures in the file, not compared"
"""The name of the signal by which a later scan knows that it has to compare."""
_COMPARABLE: Final = frozenset({PictureRole.SECOND, PictureRole.PREVIEW, PictureRole.THUMBNAIL})
_MAX_COMPARED: Final = 16
_HEADER_BYTES: Final = 65_536
_ANIMATION: Final = 2
"""The flag in the header of an animated WebP."""
_EVEN: Final = 24
"""Grey levels over which what stands beneath transparency may be spread if it shows nothing."""
_SEQUENCES: Final = frozenset((b"avis", b"msf1", b"hevc", b"hevx"))
"""Brands of AVIF and HEIC files that hold a sequence."""
_SIDE: Final = 1_024
"""Pixels on the shorter side at which the picture itself is decoded."""
_LONGEST: Final = 512
_LEAST: Final = 24
_REDUCTION: Final = 2
"""A rendering is compared at half its size, where the noise of compression and the manner of scaling are gone."""
_BLOCK: Final = 6
"""Pixels a side of the parts that are compared: what is hidden may be as small as a face in a group."""
_BLURS: Final = (0.0, 0.7, 1.5, 3.0, 6.0)
"""Pixels by which the picture is blurred: a rendering that is a blurred picture shows no more than it."""
_UNEXPLAINED: Final = 10.0
"""Grey levels of a part that no blur of the picture explains."""
_COARSE: Final = 2.0
"""How much of the error of coarse scaling is forgiven. Where the main picture is blurred there is none."""
_SHARE: Final = 0.5
"""The least share of a part's own contrast that is unexplained."""
_PARTS: Final = 2
"""Parts that show more. With these bounds 97 % of hidden parts of a quarter of the shorter side or more were found and
64 % of those of an eighth, and no rendering that hid nothing was held up (`benchmarks/hidden.py`, 12 photographs, 576
pairs). Of 91 renderings that cameras and editors had left in real files 12 were held up, some of which do show more."""
_SAME: Final = 0.8
"""Least correlation of two pictures of 24 x 24 that show the same."""
_OTHER_SHAPE: Final = 0.02
_BAR: Final = 20
"""Grey levels by which compression may disturb a bar."""
_TURNS: Final = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def claims_anonymity(persons: Sequence[Person]) -> bool:
    """Whether a row says of anybody shown that nobody could recognise them."""
    return any(person.identifiable is False or person.anonymisation is not None for person in persons)


def hidden_pictures(found: Walk, data: bytes, beside: Sequence[Picture], *, compare: bool) -> Iterator[Signal]:
    """A HIDDEN_PICTURE signal for each picture and stretch of bytes in a file beside its own picture.

    `beside` are the pictures in its sidecars. DENY where more is shown, ALLOW where no more is, UNKNOWN where that
    cannot be compared. Without `compare` they are named in one UNKNOWN signal, `NOT_COMPARED`.
    """
    others, moving = (*found.pictures[1:], *beside), _is_animated(found, data)
    if not compare:
        held = [other.place for other in others] + ["bytes behind the end"] * bool(found.rest) + ["frames"] * moving
        held += ["bytes of a program's own"] * bool(found.private)
        if held:
            yield _signal(SignalVerdict.UNKNOWN, NOT_COMPARED, "file", ", ".join(held[:_MAX_COMPARED]))
        return
    for rest in found.rest[:_MAX_COMPARED]:
        why = f"{rest.end - rest.start} bytes behind the end of the picture"
        yield _signal(SignalVerdict.UNKNOWN, "rest", f"byte {rest.start}", rest.what or why)
    for part in found.private[:_MAX_COMPARED]:
        why = f"{part.size} bytes of a program's own, which nobody here can read"
        yield _signal(SignalVerdict.UNKNOWN, "private", part.location, why)
    if len(others) > _MAX_COMPARED:
        why = f"{len(others)} pictures, of which {_MAX_COMPARED} are looked at"
        yield _signal(SignalVerdict.UNKNOWN, "pictures", "file", why)
    first = decode_grey(data, draft_side=_SIDE)
    for other in islice(others, _MAX_COMPARED):
        verdict, why = _compared(first.grey, other, data)
        yield _signal(verdict, other.place, other.location, why)
    if first.grey is not None and first.shown is not None and first.shown.alpha is not None:
        verdict, why = _beneath(first.shown.levels.grey, first.grey, first.shown.alpha)
        yield _signal(verdict, "transparency", found.family, why)
    if moving:
        yield from _frames(found.family, data, first)


def _is_animated(found: Walk, data: bytes) -> bool:
    """Whether a file of one picture to a walk holds several to a decoder, by the marks of its format alone."""
    if found.family == "gif":
        return len(found.coded) > 1
    if found.family == "png":
        return b"acTL" in data[:_HEADER_BYTES]
    if found.family == "webp":
        return data[12:16] == b"VP8X" and bool(data[20:21]) and bool(data[20] & _ANIMATION)
    return found.family == "boxes" and not _SEQUENCES.isdisjoint(data[at : at + 4] for at in range(8, 64, 4))


def _beneath(shown: Image.Image, raw: Image.Image, alpha: Image.Image) -> tuple[SignalVerdict, str]:
    """What a picture shows to those who drop its transparency. Editors leave one colour beneath what they cut away."""
    transparent = alpha.point([255] * 128 + [0] * 128)
    if spread(raw.histogram(transparent)) < _EVEN:
        return SignalVerdict.ALLOW, "nothing stands beneath its transparency"
    return _judged(shown, raw)


def _frames(family: str, data: bytes, first: Decoded) -> Iterator[Signal]:
    """What the frames behind the one that is shown first show."""
    if first.grey is None:
        yield _signal(SignalVerdict.UNKNOWN, "frames", family, "it could not be decoded")
        return
    for frame in frames_of(data, first):
        if isinstance(frame, str):
            yield _signal(SignalVerdict.UNKNOWN, "frames", family, f"not compared: {frame}")
        elif frame.grey is None:
            yield _signal(SignalVerdict.UNKNOWN, frame.place, family, "it could not be decoded")
        else:
            verdict, why = _judged(first.grey, frame.grey)
            yield _signal(verdict, frame.place, family, why)


def _signal(verdict: SignalVerdict, name: str, location: str, why: str) -> Signal:
    return Signal(SignalSubject.HIDDEN_PICTURE, verdict, name[:200], location[:200], why, why)


def _compared(main: Image.Image | None, other: Picture, data: bytes) -> tuple[SignalVerdict, str]:
    if other.role not in _COMPARABLE or not other.whole:
        return SignalVerdict.UNKNOWN, "it cannot be compared with the picture"
    rendering = _grey(other.bytes(data), _LONGEST)
    if main is None or rendering is None:
        return SignalVerdict.UNKNOWN, "it could not be decoded"
    return _judged(main, rendering)


def _judged(main: Image.Image, rendering: Image.Image) -> tuple[SignalVerdict, str]:
    if shows_more(main, rendering):
        return SignalVerdict.DENY, "it shows something else, or more, than the picture"
    return SignalVerdict.ALLOW, "it shows no more than the picture"


def _grey(data: bytes, side: int) -> Image.Image | None:
    return decode_grey(data, draft_side=side).grey


def shows_more(main: Image.Image, other: Image.Image) -> bool:
    """Whether another picture (mode L) shows something else than the main one, or anywhere more detail."""
    fits = [pair for turn in _TURNS for pair in _fits(main, other if turn is None else other.transpose(turn))]
    likeness, (base, rendering) = max(((_likeness(*pair), pair) for pair in fits), key=lambda each: each[0])
    return likeness < _SAME or _parts_with_more(base, rendering) >= _PARTS


def _reduced(rendering: Image.Image) -> Image.Image:
    scale = min(1 / _REDUCTION, _LONGEST / max(rendering.size))
    size = (max(_LEAST, round(rendering.width * scale)), max(_LEAST, round(rendering.height * scale)))
    return rendering.resize(size, Image.Resampling.LANCZOS)


def _fits(main: Image.Image, other: Image.Image) -> Iterator[tuple[Image.Image, Image.Image]]:
    """The two pictures as they are, the other one without its bars, and the main one cut to the other's shape.

    Where the main one was cut, the other one shows what was cut away, so that it fits as little as it should.
    """
    yield main, other
    bare = _without_bars(other)
    if bare.size != other.size:
        yield main, bare
    if abs(main.width * other.height / (main.height * other.width) - 1) > _OTHER_SHAPE:
        yield _cut(main, other.width / other.height), other


def _without_bars(picture: Image.Image) -> Image.Image:
    """A picture without the bars of one colour that fit it into another shape."""
    colour = Image.new("L", picture.size, picture.getpixel((0, 0)))
    box = ImageChops.difference(picture, colour).point(lambda level: 255 * (level > _BAR)).getbbox()
    return picture.crop(box) if box else picture


def _cut(picture: Image.Image, shape: float) -> Image.Image:
    """The middle of a picture with a ratio of width to height."""
    width, height = min(picture.width, round(picture.height * shape)), min(picture.height, round(picture.width / shape))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + max(1, width), top + max(1, height)))


def _likeness(main: Image.Image, other: Image.Image) -> float:
    """The correlation of two pictures made tiny; 1 where both are flat."""
    import numpy as np

    tiny = [picture.resize((_LEAST, _LEAST), Image.Resampling.BOX) for picture in (main, other)]
    first, second = (pixels - pixels.mean() for pixels in (np.asarray(each, dtype=np.float64) for each in tiny))
    spread = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / spread if spread > 1 else 1.0


def _parts_with_more(main: Image.Image, other: Image.Image) -> int:
    """How many parts of another picture hold contrast that the main one, blurred or not, does not explain."""
    import numpy as np

    small = _reduced(other)
    if small.width < _BLOCK or small.height < _BLOCK:
        return 0
    base = main.resize(small.size, Image.Resampling.LANCZOS)
    parts = _parts(small)
    contrast = (parts**2).mean(-1)
    left = contrast.copy()
    for blur in _BLURS:
        blurred = _parts(base.filter(ImageFilter.GaussianBlur(blur)) if blur else base)
        # The best that the main picture explains, allowing for another contrast.
        slope = ((blurred * parts).mean(-1) / ((blurred**2).mean(-1) + 4)).clip(0, 1.6)
        left = np.minimum(left, ((parts - slope[..., None] * blurred) ** 2).mean(-1))
    # What coarse scaling makes of detail that the main picture shows itself.
    coarse = _parts(_reduced(main.resize(other.size, Image.Resampling.NEAREST))) - _parts(base)
    left -= _COARSE * (coarse**2).mean(-1)
    return int(((left > _UNEXPLAINED**2) & (left > _SHARE**2 * contrast)).sum())


def _parts(picture: Image.Image) -> NDArray[Any]:
    """The square parts of a picture, each without its mean: rows, columns, pixels."""
    import numpy as np

    pixels = np.asarray(picture, dtype=np.float64)
    rows, columns = pixels.shape[0] // _BLOCK, pixels.shape[1] // _BLOCK
    whole = pixels[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    parts = whole.swapaxes(1, 2).reshape(rows, columns, -1)
    found: NDArray[Any] = parts - parts.mean(-1, keepdims=True)
    return found
