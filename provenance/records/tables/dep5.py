"""Debian's machine-readable copyright files (DEP-5): which licence and holder each file of a package has.

Source: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/, sections 4 and 6.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from provenance.errors import InputError

_FORMAT: Final = re.compile(
    r"^Format:\s*https?://www\.debian\.org/doc/packaging-manuals/copyright-format/1\.0/?\s*$", re.MULTILINE
)
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")

Paragraph = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One glob of a `Files` field, and the number of its paragraph: the last that matches counts."""

    text: str
    expression: re.Pattern[str]
    paragraph: int


def dep5_rows(text: str, path: str, images: Iterable[str]) -> Iterator[dict[str, str]]:
    """One row for each image that a paragraph speaks of: its name, licence, holder and the package's source.

    Patterns are of the source package, in which images lie elsewhere than where they are installed; so an image is
    also met by the end of its path, and a pattern that leads deeper by its own end. An image whose very name some
    pattern has, in a folder that is not the image's, has no row: `*` must not speak for it. Raises InputError for a
    file that is not in this format.
    """
    if _FORMAT.search(text.lstrip().partition("\n\n")[0]) is None:
        raise InputError(f"{path} is not in the machine-readable format of Debian", remedy="write its rows by hand")
    header, *paragraphs = _paragraphs(text, path)
    files = [one for one in paragraphs if "Files" in one]
    patterns = [
        _Pattern(glob, _expression(glob), number) for number, one in enumerate(files) for glob in one["Files"].split()
    ]
    for image in images:
        found = _paragraph_of(image, patterns)
        if found is not None:
            one = files[found]
            yield {
                "file_name": image,
                "License": one.get("License", "").partition("\n")[0].strip(),
                "Copyright": one.get("Copyright", "").strip(),
                "Source": header.get("Source", "").partition("\n")[0].strip(),
            }


def _paragraphs(text: str, path: str) -> Iterator[Paragraph]:
    paragraph: Paragraph = {}
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            if paragraph:
                yield paragraph
            paragraph, last = {}, ""
        elif line[0] in " \t":
            if not last:
                raise InputError(f"{path}:{number}: a line that goes on from nothing", remedy="correct the file")
            paragraph[last] += f"\n{line.strip()}"
        elif found := _FIELD.fullmatch(line):
            last = found[1]
            paragraph[last] = found[2].strip()
        elif not line.startswith("#"):
            raise InputError(f"{path}:{number}: neither a field nor the rest of one", remedy="correct the file")
    if paragraph:
        yield paragraph


def _expression(glob: str) -> re.Pattern[str]:
    """A pattern of section 6.11: `*` and `?` match any characters, `/` too; a backslash takes the next as it is."""
    # `fnmatch` knows `[` too, and its expressions do not run away on many stars.
    parts = re.findall(r"\\.|.", glob.removeprefix("./"), re.DOTALL)
    return re.compile(fnmatch.translate("".join(part if part in "*?" else f"[{part[-1]}]" for part in parts)))


def _paragraph_of(image: str, patterns: Iterable[_Pattern]) -> int | None:
    ends = _ends(image)
    found = None
    # A bare name is met by that name alone: `A*.jpg` at the root says nothing of `other/Abc.jpg`.
    tried = (image, *ends[1:-1])
    for pattern in patterns:
        named = pattern.text in ends or image in _ends(pattern.text)
        if named or any(map(pattern.expression.fullmatch, tried)):
            found = pattern.paragraph
        elif _last(pattern.text) == ends[-1]:  # the same name in another folder
            return None
    return found


def _ends(path: str) -> list[str]:
    """A path and what is left of it without its first folder, without its first two, and so on."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
