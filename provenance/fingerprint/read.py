"""One image's original bytes in, one `Reading` out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provenance.carriers import Walk, walk
from provenance.fingerprint import pdq, perceptual
from provenance.fingerprint.decode import Decoded, decode_grey, problem_of, upright, views_of
from provenance.fingerprint.frames import further_pictures
from provenance.fingerprint.levels import Levels
from provenance.fingerprint.perceptual import QUALITY_GATE
from provenance.fingerprint.wanted import Wanted
from provenance.model import Fingerprint, Reading
from provenance.printable import counted

_USUAL: Final = Wanted()


def read_image(data: bytes, wanted: Wanted = _USUAL, walked: Walk | None = None) -> Reading:
    """SHA-256 and perceptual hashes of an image's original bytes. Never raises for what they hold.

    `walked` is a walk over the same bytes, where somebody has made one already.

    A still picture is decoded once. Its fingerprints stand in the order of `wanted.algorithms`; those of other places
    follow: its other views, further frames and pages. An image that cannot be decoded
    has a `problem`, its SHA-256, and as much of its header as could be read. Raises MissingExtra for PDQ without
    `pdqhash`.

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
    if decoded.levels is None:
        return reading
    try:
        return _compared(reading, data, decoded, wanted, walk(data) if walked is None else walked)
    except Exception as error:  # noqa: BLE001 - short of memory, a picture is unreadable, not absent
        return replace(reading, problem=problem_of(error))


def _compared(reading: Reading, data: bytes, first: Decoded, wanted: Wanted, walked: Walk) -> Reading:
    """The reading with the fingerprints of every picture of the file, and what has none."""
    fingerprints = list(_of_picture(first, wanted))
    not_compared = list(_lost(first, fingerprints))
    held = {found.value for found in fingerprints}
    draft_side = None if wanted.full else perceptual.DRAFT_SIDE
    for picture in further_pictures(
        data, first, walked, draft_side=draft_side, colour=wanted.pdq, every=wanted.all_frames
    ):
        if isinstance(picture, str):
            not_compared.append(picture)
            continue
        found = list(_of_picture(picture, wanted))
        not_compared += _lost(picture, found)
        if found[0].value not in held:  # most frames of a film look like one before them
            fingerprints += found
            held.update(one.value for one in found)
    return replace(reading, fingerprints=tuple(fingerprints), not_compared=tuple(not_compared))


def _of_picture(decoded: Decoded, wanted: Wanted) -> Iterator[Fingerprint]:
    """The fingerprints of one picture in each of its views."""
    for view in views_of(decoded):
        assert view.grey is not None
        whole = perceptual.fingerprint(view, exact=wanted.full)
        yield whole
        if wanted.windows:
            from provenance.fingerprint.windows import WINDOWS, stored_windows  # loads NumPy

            yield replace(whole, algorithm=WINDOWS, value=stored_windows(upright(view.grey, view.turn)))
        if wanted.pdq:
            yield pdq.fingerprint(view)


def _lost(decoded: Decoded, found: list[Fingerprint]) -> Iterator[str]:
    """What of one picture its fingerprints do not show, in words."""
    where = f" of {decoded.place}" if decoded.place else ""
    if decoded.channels_dropped:
        yield f"{counted(decoded.channels_dropped, 'further channel')}{where}"
    shown = decoded.shown
    if shown is None:
        return
    flat = all(one.quality < QUALITY_GATE for one in found if one.algorithm in (perceptual.EXACT, perceptual.DRAFT))
    if shown.lost:
        yield f"the lower half of the 16-bit values{where}"
    elif shown.squeezed and flat:
        yield f"values{where} that lie too close together to be compared"
    if shown.alpha is not None and flat:
        alone = perceptual.fingerprint(replace(decoded, levels=Levels(shown.alpha)), exact=False)
        if alone.quality >= QUALITY_GATE:
            yield f"what is drawn in the transparency{where}"
