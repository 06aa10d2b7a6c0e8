"""Fixtures for the tests of the metadata readers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def files() -> ModuleType:
    """The builders of image files with chosen metadata."""
    place = Path(__file__).parent.parent / "fuzz" / "files.py"
    spec = importlib.util.spec_from_file_location("image_files", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
