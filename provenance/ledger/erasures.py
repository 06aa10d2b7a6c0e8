"""What was erased: which rows of which tables lost their content, and the digests that keep their places."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from provenance.proofs.canonical import canonical


def erasure_parts(rows: Iterable[tuple[str, int, bytes]]) -> dict[str, Any]:
    """What the digest of an erasure covers beside its own row: the erased rows, by table and number."""
    hasher = sha256()
    for name, row, digest in rows:
        hasher.update(canonical([name, row, digest]) + b"\n")
    return {"erased_row": hasher.hexdigest()}
