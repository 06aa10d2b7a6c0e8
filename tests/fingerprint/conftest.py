"""Pictures made by arithmetic, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from pictures import encoded


@lru_cache(maxsize=8)
def make_picture(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Waves of several lengths with a little noise: hashes as steadily as a photograph."""
    rows, columns = np.mgrid[:height, :width]
    layers = []
    for channel in range(3):
        total = np.full((height, width), 128.0)
        for wave in range(8):
            digest = hashlib.sha256(f"{seed}/{channel % 2}/{wave}".encode()).digest()
            fy, fx, phase = digest[0] / 48, digest[1] / 48, digest[2] / 40
            total += 22 * np.sin(2 * np.pi * (fy * rows / height + fx * columns / width) + phase)
        noise = np.frombuffer(hashlib.shake_128(f"{seed}/{channel}".encode()).digest(width * height), np.uint8)
        layers.append(np.clip(total + noise.reshape(height, width) / 64, 0, 255).astype(np.uint8))
    return Image.fromarray(np.dstack(layers))


@pytest.fixture(scope="session")
def picture() -> Callable[..., Image.Image]:
    return make_picture


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    return encoded
