"""Small pictures for a report: few, light, in bounded time, and none that not everybody should see."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.fingerprint.decode import decode_colour
from provenance.model import Problem, Verdict
from provenance.report.gate_report import GateReport

if TYPE_CHECKING:
    from PIL.Image import Image

MOST: Final = 500
"""Thumbnails of one report."""

BYTES: Final = 1_300_000
"""What they may weigh together before they are written as text: with the rest a report stays under 3 MB."""

SECONDS: Final = 2.0
"""How long they may take together; images that are left stand in the table."""

_SIDE: Final = 96
_QUALITY: Final = 45
_BLUR: Final = 9 / 96
"""Radius of the blur, in sides of the picture."""

SENSITIVE: Final = {
    "minors": frozenset(
        {
            "MINOR_GUARDIAN_CONSENT_REQUIRED",
            "GUARDIAN_AUTHORITY_UNVERIFIED",
            "MINOR_BEST_INTERESTS_REVIEW",
            "AGE_UNKNOWN_APPARENT_MINOR",
            "RECONSENT_AT_MAJORITY",
            "MINOR_SIGNAL_IN_FILE",
        }
    ),
    "sensitive": frozenset({"SENSITIVE_CONTENT_SIGNAL", "ART9_CONDITION_MISSING"}),
}
"""Reason codes whose pictures are left out, and blurred where somebody asks for them, by the name to ask with."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One image of the contact sheet, with its picture as a `data:` URL."""

    verdict: Verdict
    url: str
    blurred: bool


def kinds_of(verdict: Verdict) -> frozenset[str]:
    """What an image is flagged for of what not everybody should see."""
    codes = {reason.code for reason in verdict.reasons}
    return frozenset(kind for kind, among in SENSITIVE.items() if codes & among)


def thumbnails(report: GateReport, flagged: Iterable[Verdict]) -> tuple[list[Thumbnail], list[Verdict]]:
    """Thumbnails of the first images that may be shown, and the images that have none, in order."""
    made: list[Thumbnail] = []
    left: list[Verdict] = []
    showable: list[Verdict] = []
    for verdict in flagged:
        (showable if kinds_of(verdict) <= report.shown and len(showable) < MOST else left).append(verdict)
    weight, until = 0, time.monotonic() + SECONDS
    if report.ledger is None:
        return [], [*showable, *left]
    pictures = report.ledger.pictures(report.verdicts, showable)
    for place, (verdict, data) in enumerate(zip(showable, pictures, strict=False)):
        blurred = bool(kinds_of(verdict))
        made_of = small(data, side=_SIDE, quality=_QUALITY, blurred=blurred) if data is not None else None
        if made_of is None:
            left.append(verdict)
            continue
        weight += len(made_of)
        if weight > BYTES or time.monotonic() > until:
            left += showable[place:]
            break
        made.append(Thumbnail(verdict, f"data:image/webp;base64,{base64.b64encode(made_of).decode()}", blurred))
    return made, left


def small(data: bytes, *, side: int, quality: int, blurred: bool) -> bytes | None:
    """A picture of at most `side` pixels a side as WebP, without metadata; None for bytes that no decoder takes."""
    picture = decode_colour(data, side=side)
    return None if isinstance(picture, Problem) else _encoded(picture, side, quality, blurred=blurred)


def _encoded(picture: Image, side: int, quality: int, *, blurred: bool) -> bytes:
    from PIL import Image, ImageFilter

    picture.thumbnail((side, side), Image.Resampling.BILINEAR)
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(side * _BLUR))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=0)
    return out.getvalue()
