"""Lists of hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def listing(tmp_path: Path) -> Callable[..., Path]:
    """`listing(name, lines)`: a list of hashes as a file."""

    def write(name: str, lines: Iterable[str]) -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261125)
