"""A manifest row as the text in which it is kept, and back."""

from __future__ import annotations

import json

from provenance.adapters import adapter
from provenance.model import ManifestRow

_DIGESTS = ("sha256", "original_sha256")


def row_text(row: ManifestRow) -> str:
    """A manifest row as canonical JSON, without its place in its file.

    >>> row_text(ManifestRow(file_name="a.jpg", line=7))
    '{"file_name":"a.jpg"}'
    """
    values = adapter(ManifestRow).dump_python(
        row, mode="json", exclude={"line", *_DIGESTS}, exclude_defaults=True, fallback=str
    )
    for name in _DIGESTS:
        digest = getattr(row, name)
        if digest is not None:
            values[name] = digest.hex()
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def row_of(text: str, line: int) -> ManifestRow:
    """The manifest row behind a text, as the row of that line.

    >>> row_of('{"file_name":"a.jpg"}', 7)
    ManifestRow(file_name='a.jpg', line=7)
    """
    values = json.loads(text)
    for name in _DIGESTS:
        if name in values:
            values[name] = bytes.fromhex(values[name])
    return adapter(ManifestRow).validate_python({**values, "line": line})
