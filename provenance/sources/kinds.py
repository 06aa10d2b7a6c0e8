"""Telling images, files that may hold images, and other files apart: by extension, and by the first bytes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from provenance.sources.heads import HEAD_BYTES, is_picture_as_text, is_wide, text_of
from provenance.spelt_pictures import spelling_of

SMALLEST: Final = 128
"""Bytes. An unknown binary file below this is a digest or a signature: no picture of anything fits."""

TEXT_BYTES: Final = 4 << 20
"""4 MiB of a text are searched for pictures. A longer one is a list of many, whose end is looked at too."""

_TAR: Final = "tar"
_SHARDS: Final = frozenset({_TAR, "parquet", "arrow"})
_PRINTABLE: Final = frozenset([*range(0x20, 0x7F), 9, 10, 13])


class FileKind(Enum):
    """What a file is to a collection of images."""

    IMAGE = "image"
    CONTAINER = "container"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is: `name` says it in words for a container, `reader` which of our readers opens it, if one does.

    `is_text` is true of a text in which nothing was found so far.
    """

    kind: FileKind
    name: str = ""
    reader: str = ""
    is_text: bool = False


IMAGE: Final = Found(FileKind.IMAGE)
OTHER: Final = Found(FileKind.OTHER)
UNKNOWN: Final = Found(FileKind.CONTAINER, "a binary file of no known kind")
TEXT: Final = Found(FileKind.OTHER, is_text=True)
TEXT_BEFORE: Final = Found(FileKind.CONTAINER, "a text with bytes of another kind behind it")

_Magic = tuple[tuple[int, bytes], ...]
"""Parts of a file's beginning, each at its place; all of them have to be there."""


class _Container(NamedTuple):
    found: Found
    text: bool
    magic: re.Pattern[bytes]


class _Lists(NamedTuple):
    images: frozenset[bytes]
    sure: re.Pattern[bytes]
    """Beginnings of images that no text has."""
    words: re.Pattern[bytes]
    """Beginnings of images that a text may have too, so that the bytes behind have to tell."""
    brands: frozenset[bytes]
    containers: tuple[_Container, ...]
    texts: tuple[_Container, ...]
    by_extension: dict[bytes, _Container]
    harmless: tuple[tuple[int, re.Pattern[bytes]], ...]


def is_image_name(name: bytes) -> bool:
    """Whether the last extension of a file name is that of an image format.

    >>> is_image_name(b"IMG_0001.JPG"), is_image_name(b"IMG_0001")
    (True, False)
    """
    return _extension(name) in _lists().images


@cache
def image_extensions() -> tuple[bytes, ...]:
    """The extensions of image formats, in small letters and in capitals."""
    return tuple(sorted(spelt for one in _lists().images for spelt in (one, one.upper())))


def container_of_name(name: bytes) -> Found | None:
    """What the extension alone says of a file whose contents are not at hand; None where it says nothing.

    >>> container_of_name(b"train.tar").name
    'a tar archive'
    """
    named = _lists().by_extension.get(_extension(name))
    return named.found if named else None


def kind_of(name: bytes, head: bytes, size: int) -> Found:
    """What a file is by its first `HEAD_BYTES`, whatever its name, which only settles what the bytes leave open.

    >>> kind_of(b"photo.txt", b"\\xff\\xd8\\xff\\xe0\\x00\\x10JFIF", 5_000).kind.name
    'IMAGE'
    >>> kind_of(b"data_batch_1", bytes(range(256)), 30_000_000).name
    'a binary file of no known kind'
    """
    lists = _lists()
    named = lists.by_extension.get(_extension(name))
    if not head:
        return _of_name_alone(named, OTHER)
    if lists.sure.match(head):
        return IMAGE
    text = text_of(head)
    if is_picture_as_text(head, text):
        return IMAGE
    if text is not None:
        return _kind_of_text(head, text, named)
    if lists.words.match(head) or _is_still(head):
        return IMAGE
    if any(size <= most and magic.match(head) for most, magic in lists.harmless):
        return OTHER
    for container in lists.containers:
        if container.magic.match(head):
            return container.found
    if named is not None and named.found.reader == _TAR and not head.strip(b"\0"):
        return named.found  # an archive without a member is its end alone; the reader sees whether it is
    if size < SMALLEST:
        return _of_name_alone(named, OTHER)
    # An extension says what a file was meant to be, not that one of our readers can open it.
    return Found(FileKind.CONTAINER, named.found.name) if named else UNKNOWN


def looks_like_image(head: bytes) -> bool:
    """Whether the first bytes of a file are those of an image format.

    >>> looks_like_image(b"\\xff\\xd8\\xff\\xe0\\x00\\x10JFIF")
    True
    """
    return kind_of(b"", head, len(head)).kind is FileKind.IMAGE


def kind_of_whole(name: bytes, head: bytes, size: int, read: Callable[[int, int], bytes]) -> Found:
    """What a file is by its head, and a text also by what lies behind it.

    `read` gives the bytes from a place: where it begins, and how many. The end of a text in wide characters cannot be
    told by itself.

    >>> data = b"word " * 20_000 + b"\\xff\\xd8\\xff"
    >>> kind_of_whole(b"a.txt", data[:65_536], len(data), lambda at, size: data[at : at + size]).name
    'a text with bytes of another kind behind it'
    """
    found = kind_of(name, head, size)
    if not found.is_text or size <= HEAD_BYTES:
        return found
    found = kind_of_rest(read(0, TEXT_BYTES))
    if not found.is_text or size <= TEXT_BYTES or is_wide(head):
        return found
    return kind_of_rest(read(size - HEAD_BYTES, HEAD_BYTES))


def kind_of_rest(data: bytes) -> Found:
    """What a text file is that goes on behind its head, by its first `TEXT_BYTES` or its last `HEAD_BYTES`.

    >>> kind_of_rest(b"word " * 9 + bytes(9)).name
    'a text with bytes of another kind behind it'
    """
    text = text_of(data)
    return TEXT_BEFORE if text is None else _spelt(text)


def _spelt(text: str) -> Found:
    spelling = spelling_of(text)
    return Found(FileKind.CONTAINER, f"a text that holds a picture in {spelling}") if spelling else TEXT


def _kind_of_text(head: bytes, text: str, named: _Container | None) -> Found:
    for container in _lists().texts:
        if container.magic.match(head):
            return container.found
    if named is not None and named.text:
        return named.found
    return _of_name_alone(named, _spelt(text))


def _of_name_alone(named: _Container | None, otherwise: Found) -> Found:
    """A shard of a dataset by its name that is none by its bytes: it was cut to nothing, or is a page that says 404."""
    if named is None or named.found.reader not in _SHARDS:
        return otherwise
    return Found(FileKind.CONTAINER, f"{named.found.name} by its name and not by its bytes")


def _is_still(head: bytes) -> bool:
    """Whether a file of the ISO base media format says that it holds still pictures (ISO/IEC 14496-12, section 4.3)."""
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head), 1024)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    return not _lists().brands.isdisjoint(brands)


def _extension(name: bytes) -> bytes:
    _, dot, extension = name.rpartition(b".")
    return extension.lower() if dot else b""


def _is_words(magic: _Magic) -> bool:
    return all(_PRINTABLE.issuperset(part) for _, part in magic)


def _pattern(magics: Iterable[_Magic]) -> re.Pattern[bytes]:
    """One expression for several beginnings; it matches nothing where there are none."""
    alternatives = []
    for magic in magics:
        expression, end = b"", 0
        for at, part in sorted(magic):
            expression += b".{%d}" % (at - end) + re.escape(part)
            end = at + len(part)
        alternatives.append(expression)
    return re.compile(b"|".join(alternatives) or b"(?!)", re.DOTALL)


@cache
def _lists() -> _Lists:
    images, holders = _data("images.toml"), _data("containers.toml")
    containers = tuple(
        _Container(
            Found(FileKind.CONTAINER, one["name"], one.get("reader", "")),
            one.get("text", False),
            _pattern(map(_magic, one["magic"])),
        )
        for one in holders["container"]
    )
    magics = [_magic(entry["parts"]) for entry in images["magic"]]
    return _Lists(
        images=frozenset(extension.encode() for extension in images["image"]),
        sure=_pattern(magic for magic in magics if not _is_words(magic)),
        words=_pattern(filter(_is_words, magics)),
        brands=frozenset(brand.encode() for brand in images["iso"]["brands"]),
        containers=containers,
        texts=tuple(container for container in containers if container.text),
        by_extension={
            extension.encode(): container
            for container, one in zip(containers, holders["container"], strict=True)
            for extension in one["extensions"]
        },
        harmless=tuple((one["most"], _pattern(map(_magic, one["magic"]))) for one in holders["harmless"]),
    )


def stores() -> list[dict[str, str]]:
    """The stores of `containers.toml`: tool and mark as text, folder and name as expressions."""
    found: list[dict[str, str]] = _data("containers.toml")["store"]
    return found


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("provenance.sources").joinpath(name).read_text(encoding="utf-8"))


def _magic(parts: list[dict[str, Any]]) -> _Magic:
    return tuple((part["at"], bytes.fromhex(part["hex"])) for part in parts)
