"""Manifest rows as the canonical JSON that the ledger keeps, and back."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Any

from provenance.ledger.registry import Declared
from provenance.model import ManifestRow


def declared(row: ManifestRow, file: str) -> Declared:
    """A manifest row ready to be stored. Its digest does not depend on where in the file it stood."""
    fields = _adapter().dump_python(
        row, mode="json", exclude={"line", "sha256"}, exclude_defaults=True, fallback=str, by_alias=False
    )
    if row.sha256 is not None:
        fields["sha256"] = row.sha256.hex()
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return Declared(sha256(text.encode()).digest(), file, row.line, text)


def manifest_row(stored: Declared) -> ManifestRow:
    """The manifest row behind what was stored."""
    fields = json.loads(stored.row)
    digest = fields.pop("sha256", None)
    fields["line"] = stored.line
    if digest is not None:
        fields["sha256"] = bytes.fromhex(digest)
    row: ManifestRow = _adapter().validate_python(fields)
    return row


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(ManifestRow)
