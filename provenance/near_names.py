"""The name that was meant by one that is not there, and what tells the two apart. Pure.

Two names are near where they are the same without what people and programs change in them: letter case, Unicode form,
URL quoting, separators, spaces and dashes, leading zeros, the extension, folders in front. A name is looked up by its
forms, so a million names are passed once and never compared in pairs.

>>> near = NearNames(["img_1.jpg"])
>>> near.see("IMG_1.JPG")
>>> near.nearest("img_1.jpg")
NearName(name='IMG_1.JPG', why='the letter case differs')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final
from urllib.parse import unquote

from provenance import urls

MOST: Final = 10_000
"""Names that are not there and are looked for: nobody reads more, and memory stays bounded."""

_LONGEST: Final = 1_024
_DEEPEST: Final = 16
_SPACES: Final = re.compile(r"[\s_+\-\u200b-\u200f\u2060\ufeff]+")
_ZEROS: Final = re.compile(r"(?<![0-9])(?<![0-9]\.)0+(?=[0-9])")
"""What spreadsheets take off the front of a number."""

_EXTENSION: Final = re.compile(r"\.[^./]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class NearName:
    """A name that is there, and why another is not the same."""

    name: str
    why: str


class NearNames:
    """Finds, for names that are not there, the nearest ones among those that are.

    Of several equally near the first in order is given, whatever the order in which they are seen.
    """

    def __init__(self, missing: Iterable[str]) -> None:
        self._stems: set[str] = set()
        self._best: dict[str, str] = {}
        self._wanted: set[str] = set()
        for name, _ in zip(missing, range(MOST), strict=False):
            self._stems.add(_stem(name))
            self._wanted.update(_forms_of_missing(name))

    def see(self, present: str) -> None:
        """Take a name that is there into account."""
        # Names that are near in any way share the loose form of their last part.
        if self._wanted and _stem(present) in self._stems:
            for form in _forms_of_present(present):
                if form in self._wanted:
                    self._best[form] = min(present, self._best.get(form, present))

    def nearest(self, missing: str) -> NearName | None:
        """The nearest name seen, or None where none is near."""
        for form in _forms_of_missing(missing):
            found = self._best.get(form)
            if found is not None and found != missing:
                return NearName(found, difference(missing, found))
        return None


def loose(name: str) -> str:
    """A name or a path in the form that its near spellings share.

    >>> loose("Img\\\\My%20Photo-1.JPG") == loose("img/my_photo1.jpg")
    True
    """
    return _loose(name[:_LONGEST])


def difference(missing: str, present: str) -> str:
    """What tells two near names apart, as the end of a sentence.

    >>> difference("photos/a b.jpg", "a%20b.jpg")
    'it is not in the folder photos, and the URL quoting differs'
    """
    if "://" in missing and "://" in present:
        return _difference_of_addresses(missing, present)
    told: list[str] = []
    left, right = _parts(missing), _parts(present)
    shared = 1
    while shared < min(len(left), len(right)) and _loose(left[-1 - shared]) == _loose(right[-1 - shared]):
        shared += 1
    if len(left) > shared and len(right) > shared:
        told.append(f"it lies in the folder {'/'.join(right[:-shared])}")
    elif len(left) > shared:
        told.append(f"it is not in the folder {'/'.join(left[:-shared])}")
    elif len(right) > shared:
        told.append(f"it lies in the folder {'/'.join(right[:-shared])}")
    one, other = _same_root(missing, len(left) - shared), _same_root(present, len(right) - shared)
    if _loose(one) != _loose(other):
        told.append("the extension differs")
        one, other = _EXTENSION.sub("", one), _EXTENSION.sub("", other)
    told += [f"the {word} differs" for word in _changes(one, other)]
    return ", and ".join(told) or "they differ"


def _forms_of_missing(name: str) -> Iterator[str]:
    """The forms by which a name is looked for, the nearest first."""
    if "://" in name:
        address = urls.loose(name)
        if address is not None:
            yield f"address {address}"
            return
    path = loose(name)
    bare = _EXTENSION.sub("", path)
    yield f"path {path}"
    yield f"bare {bare}"
    parts = path.split("/")[-_DEEPEST:]
    yield from (f"path {'/'.join(parts[start:])}" for start in range(1, len(parts)))
    yield f"end {path}"
    yield f"bare end {bare}"
    yield f"last {parts[-1]}"
    yield f"stem {_EXTENSION.sub('', parts[-1])}"


def _forms_of_present(name: str) -> Iterator[str]:
    if "://" in name:
        yield f"address {urls.loose(name)}"
        return
    path = loose(name)
    bare = _EXTENSION.sub("", path)
    yield f"path {path}"
    yield f"bare {bare}"
    parts = path.split("/")[-_DEEPEST:]
    for start in range(1, len(parts)):
        end = "/".join(parts[start:])
        yield f"end {end}"
        yield f"bare end {_EXTENSION.sub('', end)}"
    yield f"last {parts[-1]}"
    yield f"stem {_EXTENSION.sub('', parts[-1])}"


def _stem(name: str) -> str:
    if "://" in name:
        return urls.loose(name) or ""
    return _EXTENSION.sub("", loose(name).rpartition("/")[2])


@lru_cache(maxsize=1_024)
def _loose(name: str) -> str:
    if not name.isascii() or "%" in name:
        name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", unquote(name)).casefold())
    name = _SPACES.sub("", name.lower().replace("\\", "/").replace("::", "/"))
    return _ZEROS.sub("", name.lstrip("./"))


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[/\\]|::", unquote(name)) if part and part != "."] or [""]


def _same_root(name: str, dropped: int) -> str:
    """A name without its first folders, with its separators as they are."""
    pieces = re.split(r"((?:[/\\]|::|%2F|%5C)+)", name, flags=re.IGNORECASE)
    if pieces[0] in ("", "."):
        pieces = pieces[2:] or pieces
    return "".join(pieces[2 * dropped :])


def _unicode_form(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _no_spaces(name: str) -> str:
    return re.sub(r"[\s\u200b-\u200f\u2060\ufeff]+", "", name)


def _no_dashes(name: str) -> str:
    return re.sub(r"[_+\-]+", "", name)


def _no_leading_zeros(name: str) -> str:
    return _ZEROS.sub("", name)


def _one_separator(name: str) -> str:
    return name.replace("\\", "/").replace("::", "/")


_CHANGES: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("Unicode form (NFC, NFD)", _unicode_form),
    ("letter case", str.casefold),
    ("URL quoting", unquote),
    ("separator of folders", _one_separator),
    ("number of spaces or invisible characters", _no_spaces),
    ("use of dashes", _no_dashes),
    ("number of leading zeros", _no_leading_zeros),
    ("width or style of characters", lambda name: unicodedata.normalize("NFKC", name)),
)


def _changes(one: str, other: str) -> tuple[str, ...]:
    """The fewest changes after which two names are the same."""
    if one == other:
        return ()
    for count in range(1, len(_CHANGES) + 1):
        for chosen in combinations(_CHANGES, count):
            if _after(one, chosen) == _after(other, chosen):
                return tuple(word for word, _ in chosen)
    return ("spelling",)


def _after(name: str, changes: tuple[tuple[str, Callable[[str], str]], ...]) -> str:
    for _ in range(2):  # what one change uncovers another may have to change
        for _word, change in changes:
            name = change(name)
    return name


def _difference_of_addresses(missing: str, present: str) -> str:
    one, other = urls.normalised(missing), urls.normalised(present)
    if one == other or one is None or other is None:
        return "the spelling of the address differs"
    told = []
    left, right = urls.prefixes(missing)[0], urls.prefixes(present)[0]
    if left.partition("://")[0] != right.partition("://")[0]:
        told.append("the scheme differs")
    hosts = [prefix.partition("://")[2] for prefix in (left, right)]
    if hosts[0] != hosts[1]:
        told.append("the host is spelled otherwise (www, port)")
    paths = [whole.removeprefix(prefix).partition("?") for whole, prefix in ((one, left), (other, right))]
    if paths[0][0] != paths[1][0]:
        told.append("the path is spelled otherwise (letter case, slashes)")
    if paths[0][2] != paths[1][2]:
        told.append("the order of the query differs")
    return ", and ".join(told)
