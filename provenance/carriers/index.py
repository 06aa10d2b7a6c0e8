"""What a file says itself of the pictures behind its end: Google's container directory in XMP, and each one's own XMP.

Source: the Ultra HDR image format and the dynamic depth format (Container:Directory, Item:Semantic, Item:Length).
The index of a multi-picture file (MPF) is read with the JPEG that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from provenance.carriers.parts import Block, BlockKind, Picture, PictureRole
from provenance.carriers.xmp import Property, Value, flattened, read_xmp

_SEMANTICS: Final = {
    "gainmap": PictureRole.GAIN_MAP,
    "depth": PictureRole.DEPTH_MAP,
    "depthmap": PictureRole.DEPTH_MAP,
    "confidence": PictureRole.DEPTH_MAP,
    "motionphoto": PictureRole.FILM,
    "original": PictureRole.SECOND,
}
_GAIN_MAP: Final = (b"hdr-gain-map/1.0", b"hdrgainmap")
_GAIN_MAP_VALUES: Final = (b"GainMapMax", b"hdrgainmap")
_ISO_GAIN_MAP: Final = b"urn:iso:std:iso:ts:21496"
_DEPTH: Final = (b"depthmap/1.0", b"aux:depth", b"aux:disparity", b"matte")


def container_roles(blocks: Iterable[Block]) -> Mapping[int, PictureRole]:
    """The roles of what lies behind the end, by length in bytes, as the container directory of the file lists them."""
    found: dict[int, PictureRole] = {}
    for block in blocks:
        if block.kind is BlockKind.XMP and b"Semantic" in block.data:
            for prop in flattened(read_xmp(block.data).properties):
                if prop.name == "Directory":
                    found |= dict(_items(prop.value))
    return found


def _items(directory: Value) -> Iterable[tuple[int, PictureRole]]:
    for item in directory.items:
        texts = {prop.name: prop.value.text for prop in flattened(_fields(item))}
        role = _SEMANTICS.get(texts.get("Semantic", "").lower())
        length = texts.get("Length", "")
        if role is not None and length.isascii() and length.isdigit():
            yield int(length[:18]), role


def _fields(value: Value) -> tuple[Property, ...]:
    return value.fields


def role_of(picture: Picture, body: bytes, blocks: Iterable[Block]) -> PictureRole:
    """The role that a picture behind the end gives itself by its own XMP or its mark of ISO 21496-1."""
    for block in blocks:
        if block.kind is not BlockKind.XMP:
            continue
        if any(mark in block.data for mark in _GAIN_MAP) and any(mark in block.data for mark in _GAIN_MAP_VALUES):
            return PictureRole.GAIN_MAP
        if any(mark in block.data for mark in _DEPTH):
            return PictureRole.DEPTH_MAP
    return PictureRole.GAIN_MAP if _ISO_GAIN_MAP in body[:4_096] else picture.role
