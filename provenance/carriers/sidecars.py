"""Which files lie beside an image and speak of it, by their names alone.

`photo.xmp` and `photo.jpg.xmp` of raw converters, darktable's numbered versions (`photo_01.jpg.xmp`), the JSON files of
Google Takeout with their cut and numbered names, captions and licences (`photo.txt`, `photo.jpg.license`), whatever
goes on behind the image's full name (`photo.jpg.acr.xmp`), and folders of sidecars (`xmp/photo.xmp`). What speaks of
the raw file speaks of the picture that was made from it (`photo.cr2.xmp`), and a backup of a sidecar counts where the
sidecar itself is gone. Programs differ in letter case and in the Unicode form of a name, and a file system may tell
neither apart, so a name counts without regard to both.

>>> Sidecars(["a01.JPG.xmp", "a01.json", "b.txt"]).of("a01.jpg")
('a01.JPG.xmp', 'a01.json')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from provenance.carriers import xmp_pictures
from provenance.carriers.parts import MAX_BLOCK_BYTES, MAX_PICTURES, Block, BlockKind, Picture, fault

_KINDS: Final = {
    **dict.fromkeys((".xmp", ".nksc", ".rdf"), BlockKind.XMP),
    ".json": BlockKind.JSON,
    **dict.fromkeys(
        (
            ".txt", ".caption", ".captions", ".tags", ".license", ".licence", ".yaml", ".yml", ".xml", ".md",
            ".dop", ".pp3", ".cos", ".on1",
        ),
        BlockKind.TEXT,
    ),
    **dict.fromkeys((".c2pa", ".exv", ".mie"), BlockKind.UNKNOWN),
}  # fmt: skip
"""Suffixes of sidecars; `.dop` and behind are DxO's, RawTherapee's, Capture One's and ON1's, and `.nksc` is Nikon's.

What stands in C2PA's own (C2PA 2.1 section 11.4), Exiv2's and ExifTool's is searched and named, not read.
"""
_BACKUP: Final = re.compile(r"(?:~|\.bak|\.old|\.orig|\.backup|_original)$", re.IGNORECASE)
"""What programs add to the name of a file that they write anew: editors, Exiv2, ExifTool."""
_ORIGINALS: Final = re.compile(
    r"(.+)\.(?:3fr|arw|cr2|cr3|crw|dng|erf|heic|heif|iiq|nef|nrw|orf|pef|psd|raf|raw|rw2|rwl|sr2|srw|tif|tiff|x3f)"
)
"""Extensions of what JPEGs are made from."""
_JPEGS: Final = ("jpg", "jpeg", "jpe", "jfif")
FOLDERS: Final = frozenset(("xmp", ".xmp", "sidecar", "sidecars", "metadata", "meta", "json", "captions", "nksc_param"))
"""Folders beside images in which their sidecars lie."""
_ADDED: Final = re.compile(r"(.+)[-_. ](?:meta|metadata|info|captions?|tags|prompt|licen[sc]e|exif|iptc|description)")
"""What programs add to the name of an image without its extension: `photo.info.json`, `photo_metadata.json`."""
_DOTS: Final = 8
_VERSION: Final = re.compile(r"(.+)_(\d{2,3})(\.\w{1,5})?")
"""A duplicate of darktable's: `photo_01.jpg.xmp`, and without the image's extension."""
_NUMBERED: Final = re.compile(r"(.+)\((\d{1,4})\)")
_SUPPLEMENT: Final = "supplemental-metadata"
_PLAIN: Final = 4
"""Letters of it that no other word has; fewer count in a name that was cut."""
_TAKEOUT_CUT: Final = 46
"""Characters to which Google Takeout cuts a name before it adds `.json`."""
_EDITED: Final = re.compile(r"(.+)-(?:edited|bearbeitet|modifié|editado|editada|ha editado)((?:\(\d{1,4}\))?\.\w{1,5})")
MAX_SIDECARS: Final = 256
"""Sidecars of one image. Real ones have fewer than ten; more are a finding."""


class Sidecars:
    """The sidecars of one folder, by the names that they speak of. Memory grows with their number, not the images'."""

    def __init__(self, names: Iterable[str]) -> None:
        """`names` are those of every file in the folder, and of those in its folders of sidecars with their path."""
        self._by_name: dict[str, list[str]] = {}
        self._longer: dict[str, list[tuple[str, str]]] = {}
        self._images: set[str] = set()
        for name in names:
            suffix, plain = _suffix(name), folded(name)
            stem = plain.rpartition(".")[0]
            if suffix:
                base = _BACKUP.sub("", plain)[: -len(suffix)].rstrip()
                self._take(name, _without_folder(base), suffix)
            elif "." in stem or _VERSION.fullmatch(plain) or _ADDED.fullmatch(stem):
                # An image of that name owns what would otherwise belong to one with a shorter name.
                self._images |= {plain, stem}

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def of(self, name: str) -> tuple[str, ...]:
        """The sidecars of a file, the more specific first; none for a sidecar itself."""
        if not self:
            return ()
        plain = folded(name)
        if _suffix(plain):
            return ()
        stem, dot, extension = plain.rpartition(".")
        keys = [plain, stem] if dot and stem else [plain]
        if stem and extension in _JPEGS:
            keys += [f"{stem}.{other}" for other in _JPEGS if other != extension]
        found = [each for key in keys for each in sorted(self._by_name.get(key, ()))]
        for key in keys:
            found += [each for base, each in sorted(self._longer.get(key, ())) if not self._is_owned(base, key)]
        found += self._by_name.get(f"{plain[:_TAKEOUT_CUT]}\0", ())
        if edited := _EDITED.fullmatch(plain):
            found += [each for each in self.of(edited[1] + edited[2]) if _suffix(each) == ".json"]
        there = {folded(each) for each in found}
        return tuple(each for each in dict.fromkeys(found) if not _is_replaced(each, there))[:MAX_SIDECARS]

    def _take(self, name: str, base: str, suffix: str) -> None:
        self._by_name.setdefault(base, []).append(name)
        if original := _ORIGINALS.fullmatch(base):
            self._by_name.setdefault(original[1], []).append(name)
        for key in {*_longer_keys(base), *_version_keys(base)} if suffix == ".xmp" else _longer_keys(base):
            self._longer.setdefault(key, []).append((base, name))
        if suffix == ".json":
            for key in _takeout_keys(base):
                self._by_name.setdefault(key, []).append(name)

    def _is_owned(self, base: str, key: str) -> bool:
        """Whether another image has the name of a sidecar, or more of it than `key`."""
        return base in self._images or any(len(part) > len(key) and part in self._images for part in _dotted(base))


def _is_replaced(name: str, there: set[str]) -> bool:
    """Whether a sidecar is the backup of one that is there."""
    plain = folded(name)
    return (sidecar := _BACKUP.sub("", plain)) != plain and sidecar in there


def _without_folder(base: str) -> str:
    """The path of a sidecar's name without the folder of sidecars that it lies in, if it does."""
    folder, _, file = base.rpartition("/")
    above, slash, last = folder.rpartition("/")
    return f"{above}{slash}{file}" if last in FOLDERS else base


def _version_keys(base: str) -> Iterator[str]:
    """The name of which a sidecar of darktable's is a numbered version."""
    if version := _VERSION.fullmatch(base):
        yield version[1] + (version[3] or "")


def _longer_keys(base: str) -> Iterator[str]:
    """The names of images behind which a sidecar's own goes on. A number in brackets is another image's."""
    if added := _ADDED.fullmatch(base):
        yield added[1]
    if not _NUMBERED.fullmatch(base):
        yield from (part for part in _dotted(base) if "." in part)


def _dotted(base: str) -> Iterator[str]:
    """What stands before each dot of a name, the longest first, and no more than `_DOTS`."""
    for _ in range(_DOTS):
        base, dot, _rest = base.rpartition(".")
        if not dot:
            return
        yield base


def _takeout_keys(base: str) -> Iterator[str]:
    """The names of which a JSON file of Google Takeout speaks, beside its own. A cut one is marked by a NUL."""
    numbered = _NUMBERED.fullmatch(base)
    core, number = (numbered[1], f"({numbered[2]})") if numbered else (base, "")
    if len(core) == _TAKEOUT_CUT:
        yield f"{core}\0"
    image, dot, last = core.rpartition(".")
    if dot and last and _SUPPLEMENT.startswith(last) and (len(last) >= _PLAIN or len(core) >= _TAKEOUT_CUT):
        core = image
    if core == base:
        return
    stem, dot, extension = core.rpartition(".")
    # `photo.jpg(1).json` speaks of `photo(1).jpg`.
    yield f"{stem}{number}.{extension}" if dot else f"{core}{number}"


def is_sidecar(name: str) -> bool:
    """Whether a file may be the sidecar of another, by its name.

    >>> is_sidecar("a/b.JPG.Xmp"), is_sidecar("a/b.jpg")
    (True, False)
    """
    return bool(_suffix(name))


def folded(name: str) -> str:
    """A name without regard to letter case and Unicode form."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def sidecar_blocks(name: str, sidecars: Mapping[str, bytes]) -> Iterator[Block]:
    """The blocks of the sidecars of the image `name` among `sidecars` (file name to bytes).

    Without a name every sidecar given is taken to be the image's own. With one, keys may carry the image's folder
    or stand bare.
    """
    if not sidecars:
        return
    for key in _own(name, sidecars) if name else sidecars:
        data, kind = sidecars[key], _KINDS.get(_suffix(key), BlockKind.XMP)
        problem = "" if len(data) <= MAX_BLOCK_BYTES else "sidecar larger than the limit"
        if kind is BlockKind.UNKNOWN:
            problem = "a sidecar of a kind that is not read"
        yield Block(kind, f"sidecar:{key}", data[:MAX_BLOCK_BYTES], problem)
    if len(sidecars) >= MAX_SIDECARS:
        yield fault("sidecar", f"{MAX_SIDECARS} sidecars or more")


def pictures_in(sidecars: Mapping[str, bytes]) -> tuple[Picture, ...]:
    """The pictures that sidecars hold in Base64, such as the thumbnail that an editor keeps of a photograph."""
    found = (picture for block in sidecar_blocks("", sidecars) for picture in xmp_pictures.pictures(block))
    return tuple(islice(found, MAX_PICTURES))


def _own(name: str, sidecars: Mapping[str, bytes]) -> Iterator[str]:
    folder, _, file = name.rpartition("/")
    near = {key.rpartition("/")[2]: key for key in sidecars if key.rpartition("/")[0] in ("", folder)}
    return (near[found] for found in Sidecars(near).of(file))


def _suffix(name: str) -> str:
    """The suffix that makes a file a sidecar, in small letters, or ""."""
    _, dot, extension = _BACKUP.sub("", name).rpartition(".")
    suffix = f"{dot}{extension}".lower()
    return suffix if suffix in _KINDS else ""
