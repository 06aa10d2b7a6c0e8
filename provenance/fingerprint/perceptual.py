"""The perceptual hash of a whole picture: ImageHash's `phash` with 256 bits, and how far it may be trusted.

An algorithm id is a promise: the same bytes and the same library versions give the same bits. Change anything that
moves a bit and the number after the `@` goes up. The two ids here compare with one another: over 149 photographs of
sufficient quality the same file's two hashes are 0 to 10 bits apart, 55 % of them none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from provenance.fingerprint.decode import Decoded, decoder_name, upright
from provenance.model import Fingerprint, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT: Final = "phash256-imagehash@1"
"""`imagehash.phash(picture, hash_size=16)` of the whole, upright picture in 8-bit grey."""

DRAFT: Final = "phash256-draft@1"
"""The same hash after scaling to 128 pixels a side or more: by the JPEG decoder, then by whole-number boxes."""

DRAFT_SIDE: Final = 128
"""Pixels that the shorter side keeps at least before the hash is taken: two for each of the 64 it needs."""

QUALITY_GATE: Final = 50
"""Below it a hash says nothing: flat pictures all look alike. PDQ's own threshold (Meta, ThreatExchange)."""

HASH_SIZE: Final = 16
"""Bits a side."""

_SIDE: Final = 4 * HASH_SIZE
"""Pixels a side of the picture that the DCT sees, as in ImageHash."""

_CLEAR: Final = 75.0
"""Distance from the median that rounding to 8 bits does not bridge: two standard deviations of its noise, which is
4 * sqrt(64 * 64 / 4 / 12) = 37 in an unnormalised 64 x 64 DCT-II."""


def fingerprint(decoded: Decoded, *, exact: bool) -> Fingerprint:
    """The 256-bit hash of a decoded picture, with its quality. Raises ValueError where nothing was decoded.

    `value` is row-major and big-endian: bit 0 of the hash is the highest bit of byte 0, so that `value.hex()` equals
    ImageHash's own text form.
    """
    import numpy as np

    small = _small(decoded, exact=exact)
    pixels = np.asarray(small)
    lowest = _lowest_cosines(pixels)
    median = _median(lowest)
    if exact:
        import imagehash

        bits = imagehash.phash(small, hash_size=HASH_SIZE).hash  # its own scaling leaves 64 x 64 as they are
    else:
        bits = lowest > median
    return Fingerprint(
        algorithm=EXACT if exact else DRAFT,
        value=np.packbits(bits).tobytes(),
        quality=_quality(pixels, lowest - median, min(decoded.width or 0, decoded.height or 0)),
        decoder=decoder_name(decoded.format),
        decode_mode=decoded.decode_mode,
        place=decoded.place,
    )


def _lowest_cosines(pixels: NDArray[Any]) -> NDArray[Any]:
    """The 16 x 16 lowest coefficients of a 64 x 64 picture, by the transform that ImageHash's `phash` takes.

    The very calls of ImageHash: another library, or a product of matrices, rounds otherwise and moves bits. Only the
    rows that are kept go through the second pass.
    """
    from scipy.fftpack import dct

    found: NDArray[Any] = dct(dct(pixels, axis=0)[:HASH_SIZE], axis=1)[:, :HASH_SIZE]
    return found


def _median(coefficients: NDArray[Any]) -> Any:
    """NumPy's own median of an even number of values, without its search for what is not a number.

    Few values are sorted by instructions that compare many at once, in a fraction of what a partition takes.
    """
    import numpy as np

    middle = coefficients.size // 2
    ordered = np.sort(coefficients, axis=None)
    return (ordered[middle - 1] + ordered[middle]) / 2


def _small(decoded: Decoded, *, exact: bool) -> Image.Image:
    """The upright picture at 64 x 64. Turned first in the exact case, as the bits ask for; it costs less last."""
    grey, turn = decoded.grey, decoded.turn
    if grey is None:
        raise ValueError("nothing was decoded")
    if exact:
        return upright(grey, turn).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    small = grey.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, box=decoded.box, reducing_gap=DRAFT_SIDE / _SIDE)
    return upright(small, turn)


def hashable(reading: Reading) -> bool:
    """Whether the perceptual hash of a reading may be compared; if not, only its SHA-256 counts.

    >>> hashable(Reading(sha256=bytes(32), size=0))
    False
    """
    return any(found.quality >= QUALITY_GATE for found in reading.fingerprints)


def _quality(pixels: NDArray[Any], away: NDArray[Any], side: int) -> int:
    """0 to 100: the least of detail, steadiness and size. `away` is how far the coefficients are from their median.

    Detail is PDQ's measure (sum of the steps between neighbours, "The TMK+PDQF video-hashing algorithm and the PDQ
    image-hashing algorithm", Meta 2019). Steadiness is the share of the 256 coefficients that stand clear of their
    median: on a smooth ramp most lie within rounding noise, and two decoders disagree. Size is the shorter side
    beside the 64 pixels that the hash needs.
    """
    import numpy as np

    luma = pixels.astype(np.int16)
    detail = int(steps(luma[1:] - luma[:-1]).sum() + steps(luma[:, 1:] - luma[:, :-1]).sum()) // 90
    steady = 100 * int(np.count_nonzero(np.abs(away) > _CLEAR)) // away.size
    return max(0, min(100, detail, steady, 100 * side // _SIDE))


def steps(differences: NDArray[np.int16]) -> NDArray[np.int16]:
    """Steps between grey levels in whole hundredths of the full range."""
    import numpy as np

    found: NDArray[np.int16] = np.abs(differences) * np.int16(100) // np.int16(255)
    return found
