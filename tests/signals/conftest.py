"""Fixtures for the tests of the metadata readers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def _helper(name: str) -> ModuleType:
    place = Path(__file__).parent.parent / "fuzz" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"image_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def files() -> ModuleType:
    """The builders of image files with chosen metadata."""
    return _helper("files")


@pytest.fixture(scope="session")
def manifests() -> ModuleType:
    """The signer of pictures; needs the extra `c2pa`."""
    pytest.importorskip("c2pa")
    return _helper("manifests")
