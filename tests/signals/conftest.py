"""Fixtures for the tests of the metadata readers."""

from __future__ import annotations

from types import ModuleType

import pytest

from fuzz import files as built_files


@pytest.fixture(scope="session")
def files() -> ModuleType:
    """The builders of image files with chosen metadata."""
    return built_files


@pytest.fixture(scope="session")
def manifests() -> ModuleType:
    """The signer of pictures; needs the extra `c2pa`."""
    pytest.importorskip("c2pa")
    from fuzz import manifests as signer

    return signer
