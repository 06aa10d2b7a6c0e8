"""What lies beside the images of a collection, in its shards and tables, as a manifest of its own.

It is the collection's own word: it came with the pictures, and nobody has vouched for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from provenance.model import BasisRecord, ManifestRow
from provenance.sources.rows import described


@dataclass(frozen=True, slots=True)
class RowsBeside:
    """The rows that lie beside the images of one collection; `digest` names them all, and their order."""

    path: Path
    digest: bytes
    rows: int

    def records(self, *, folder: str = "") -> Iterator[BasisRecord]:  # noqa: ARG002 - as a manifest has it
        """None: what lies in a shard speaks of pictures, never of anybody's consent."""
        return iter(())


def row_beside(row: Mapping[str, object], line: int) -> ManifestRow:
    """What lies beside an image, as a manifest row; `line` is the image's place in its container.

    >>> row_beside({"url": "https://a.example/1.jpg", "caption": "a hill"}, 1).source_url
    'https://a.example/1.jpg'
    """
    found = described(row)
    return ManifestRow(
        source_url=found.source_url,
        page_url=found.page_url,
        caption=found.caption,
        alt_text=found.alt_text,
        original_sha256=found.original_sha256,
        extra=found.extra,
        line=line,
    )
