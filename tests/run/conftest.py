"""What a scan reads."""

from __future__ import annotations

import pytest

from provenance.sources.folder import FolderSource


@pytest.fixture
def reads(monkeypatch):
    """The keys of every image whose bytes are read."""
    found = []
    real = FolderSource.read

    def read(self, key, *most):
        if not key.lower().endswith(b".xmp"):
            found.append(key)
        return real(self, key, *most)

    monkeypatch.setattr(FolderSource, "read", read)
    return found
