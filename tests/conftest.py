"""Fixtures that every room's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files kept beside the project; the test is skipped where it is absent."""
    if not _CORPUS.is_dir():
        pytest.skip("the corpus of real files is not here")
    return _CORPUS
