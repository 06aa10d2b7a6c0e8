"""Which of the three copies of a field holds: EXIF, IPTC-IIM or XMP. Every copy is kept; this only ranks them.

Source: Metadata Working Group, Guidelines for Handling Image Metadata 2.0, section 5. EXIF goes before the others;
XMP before IIM, unless the digest that Photoshop left shows that something changed the IIM afterwards. For a deny the
rank does not matter: the most restrictive copy wins.

>>> copies = [Field("iim:By-line", "old", "a"), Field("dc:creator", "new", "b")]
>>> reconcile(copies, iim_changed=None)[0].preferred
('new',)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from provenance.signals.carriers.interface import Block, BlockKind
from provenance.signals.fields import Field, table


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One meaning: the texts that hold, the field they come from, every copy, and whether the copies differ."""

    meaning: str
    preferred: tuple[str, ...]
    source: str
    copies: tuple[Field, ...]
    conflict: bool


def iim_changed(blocks: Iterable[Block]) -> bool | None:
    """Whether the IIM was edited after it was last in step with the XMP; None where the file keeps no digest."""
    listed = list(blocks)
    digests = [block.data for block in listed if block.kind is BlockKind.IIM_DIGEST]
    iim = [block.data for block in listed if block.kind is BlockKind.IIM]
    if not digests or not iim:
        return None
    return hashlib.md5(iim[0], usedforsecurity=False).digest() != digests[0]


def reconcile(fields: Iterable[Field], *, iim_changed: bool | None) -> tuple[Reconciled, ...]:
    """The reconciled meanings that a file holds at least one copy of."""
    by_name: dict[str, list[Field]] = {}
    for field in fields:
        if field.text.strip():
            by_name.setdefault(field.name, []).append(field)
    found = []
    for meaning, (exif, iim, xmp) in table("fields.toml")["reconciled"].items():
        order = (exif, iim, xmp) if iim_changed else (exif, xmp, iim)
        source = next((name for name in order if name in by_name), None)
        if source is not None:
            copies = tuple(field for name in (exif, iim, xmp) for field in by_name.get(name, ()))
            preferred = tuple(dict.fromkeys(field.text for field in by_name[source]))
            held = {tuple(dict.fromkeys(field.text for field in by_name[name])) for name in order if name in by_name}
            found.append(Reconciled(meaning, preferred, source, copies, len(held) > 1))
    return tuple(found)
