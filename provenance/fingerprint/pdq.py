"""PDQ (Meta, ThreatExchange): the hash that other services' lists are of, bit for bit as `pdqhash` takes it.

Lists are compared at 31 bits, so none is given away: a decode scaled to 512 pixels would be 5 times (2 megapixels) to
17 times (8 megapixels) as fast, but moves up to 12 bits, over 8 in 6 of 134 real photographs.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from provenance.errors import MissingExtra
from provenance.fingerprint.decode import Decoded, decoder_name, upright
from provenance.model import Fingerprint

PDQ: Final = "pdq256-pdqhash@1"
"""Bit-identical to `pdqhash.compute` of the whole, upright first frame in 8-bit RGB, with PDQ's own quality."""


def require() -> None:
    """Raises MissingExtra where PDQ cannot be taken, before any image is read."""
    try:
        import pdqhash  # noqa: F401
    except ImportError:
        raise MissingExtra("pdqhash", "pdq", "taking PDQ fingerprints") from None


def fingerprint(decoded: Decoded) -> Fingerprint:
    """PDQ of a picture that was decoded in colour, packed as ThreatExchange's lists write it.

    Under 5 pixels a side PDQ gives no bit and quality 0. Raises ValueError where no colour was decoded, MissingExtra.
    """
    if decoded.levels is None or decoded.levels.colour is None:
        raise ValueError("no colour was decoded")
    require()
    import numpy as np
    import pdqhash

    bits, quality = pdqhash.compute(np.asarray(upright(decoded.levels.colour, decoded.turn)))
    return Fingerprint(
        algorithm=PDQ,
        value=np.packbits(bits.astype(np.bool_)).tobytes(),
        quality=max(0, min(100, int(quality))),
        decoder=f"{decoder_name(decoded.format)}, pdqhash {version('pdqhash')}",
        decode_mode=decoded.decode_mode,
        place=decoded.place,
    )
