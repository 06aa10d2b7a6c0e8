"""One image's original bytes in, one `Reading` out."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from provenance.fingerprint import perceptual
from provenance.fingerprint.decode import decode_grey, problem_of
from provenance.model import Reading


def read_image(data: bytes, *, exact: bool = True, windows: bool = False) -> Reading:
    """SHA-256 and perceptual hash of an image's original bytes, from one decode. Never raises for what they hold.

    `exact` decodes in full and gives the bits of `imagehash.phash(upright, hash_size=16)`; without it a JPEG is
    scaled while it is decoded, about three times as fast. `windows` adds a second fingerprint, the hashes of 27
    windows in a row (`variants.WINDOWS`), by which larger crops are found. An image that cannot be decoded has a
    `problem`, its SHA-256, and as much of its header as could be read.

    >>> read_image(b"not an image").problem.kind.value
    'UNIDENTIFIED'
    """
    decoded = decode_grey(data, draft_side=None if exact else perceptual.DRAFT_SIDE)
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
        found = perceptual.fingerprint(decoded, exact=exact)
        if not windows:
            return replace(reading, fingerprints=(found,))
        from provenance.fingerprint import variants

        parts = replace(found, algorithm=variants.WINDOWS, value=variants.stored_windows(decoded))
        return replace(reading, fingerprints=(found, parts))
    except Exception as error:  # noqa: BLE001 - short of memory, a picture is unreadable, not absent
        return replace(reading, problem=problem_of(error))
