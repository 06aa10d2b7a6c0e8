"""Fixtures for the tests of the walk over a file."""

from __future__ import annotations

from types import ModuleType

import pytest

from fuzz import files as built_files


@pytest.fixture(scope="session")
def files() -> ModuleType:
    """The builders of image files with chosen metadata."""
    return built_files
