"""Which sidecar files belong to an image: `photo.xmp` and `photo.jpg.xmp` beside `photo.jpg`.

>>> sidecar_names("holiday/photo.jpg")
('holiday/photo.jpg.xmp', 'holiday/photo.xmp', 'holiday/photo.jpg.XMP', 'holiday/photo.XMP')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provenance.carriers.parts import MAX_BLOCK_BYTES, Block, BlockKind


def sidecar_names(name: str) -> tuple[str, ...]:
    """The names under which a sidecar of the image `name` may lie, the more specific first."""
    folder, slash, file = name.rpartition("/")
    stem, dot, _ = file.rpartition(".")
    stems = [file, stem] if dot and stem else [file]
    return tuple(f"{folder}{slash}{base}{suffix}" for suffix in (".xmp", ".XMP") for base in stems)


def sidecar_blocks(name: str, sidecars: Mapping[str, bytes]) -> Iterator[Block]:
    """The XMP blocks of the sidecars of the image `name` among `sidecars` (file name to bytes).

    Without a name every sidecar given is taken to be the image's own. With one, keys may carry the image's folder
    or stand bare.
    """
    if not sidecars:
        return
    wanted = sidecar_names(name)
    bare = sidecar_names(name.rpartition("/")[2])
    keys = dict.fromkeys(wanted + bare) if name else sidecars
    for key in keys:
        if (data := sidecars.get(key)) is not None:
            problem = "" if len(data) <= MAX_BLOCK_BYTES else "sidecar larger than the limit"
            yield Block(BlockKind.XMP, f"sidecar:{key}", data[:MAX_BLOCK_BYTES], problem)
