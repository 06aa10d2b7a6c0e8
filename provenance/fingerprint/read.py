"""One image's original bytes in, one `Reading` out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provenance.fingerprint import pdq, perceptual
from provenance.fingerprint.decode import Decoded, decode_grey, problem_of
from provenance.fingerprint.wanted import Wanted
from provenance.model import Fingerprint, Reading

_USUAL: Final = Wanted()


def read_image(data: bytes, wanted: Wanted = _USUAL) -> Reading:
    """SHA-256 and perceptual hashes of an image's original bytes, from one decode. Never raises for what they hold.

    The fingerprints stand in the order of `wanted.algorithms`. An image that cannot be decoded has a `problem`, its
    SHA-256, and as much of its header as could be read. Raises MissingExtra for PDQ without `pdqhash`.

    >>> read_image(b"not an image").problem.kind.value
    'UNIDENTIFIED'
    """
    wanted.check()
    decoded = decode_grey(data, draft_side=None if wanted.full else perceptual.DRAFT_SIDE, colour=wanted.pdq)
    reading = Reading(
        sha256=hashlib.sha256(data).digest(),
        size=len(data),
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
        frames=decoded.frames,
        orientation=decoded.orientation,
        problem=decoded.problem,
    )
    if decoded.grey is None:
        return reading
    try:
        return replace(reading, fingerprints=tuple(_fingerprints(decoded, wanted)))
    except Exception as error:  # noqa: BLE001 - short of memory, a picture is unreadable, not absent
        return replace(reading, problem=problem_of(error))


def _fingerprints(decoded: Decoded, wanted: Wanted) -> Iterator[Fingerprint]:
    whole = perceptual.fingerprint(decoded, exact=wanted.full)
    yield whole
    if wanted.windows:
        from provenance.fingerprint import variants

        yield replace(whole, algorithm=variants.WINDOWS, value=variants.stored_windows(decoded))
    if wanted.pdq:
        yield pdq.fingerprint(decoded)
