"""Raw rows of a manifest in TOML: `[defaults]` for the whole collection, and one `[[image]]` for each picture.

It is for collections that people describe by hand: what holds for all images is said once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from provenance.records.formats.raw import MAX_FIELDS, ROW, Fault, Hash, Item, RawRow, text_problem, too_deep

MAX_BYTES: Final = 8 << 20
"""8 MiB, which is some fifty thousand images: TOML is read whole. More belong in CSV, JSON Lines or Parquet."""

_TABLES: Final = ("defaults", "image")
_IMAGE: Final = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?image[\"']?[ \t]*\]\]", re.MULTILINE)
_DEFAULTS: Final = re.compile(r"^[ \t]*\[[ \t]*[\"']?defaults[\"']?[ \t]*\]", re.MULTILINE)


def toml_rows(file: BinaryIO, digest: Hash) -> Iterator[Item]:
    """Every image with the defaults filled in; its line is that of its `[[image]]`."""
    data = file.read(MAX_BYTES + 1)
    digest.update(data)
    if len(data) > MAX_BYTES:
        yield Fault(1, ROW, "", f"longer than {MAX_BYTES} bytes; write CSV, JSON Lines or Parquet")
        return
    try:
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        yield Fault(_line_in(str(error)), ROW, "", f"not TOML: {str(error)[:200]}")
        return
    defaults, images = values.get("defaults", {}), values.get("image", [])
    for name in sorted(values.keys() - set(_TABLES)):
        yield Fault(1, name, name, "only [defaults] and [[image]] may stand here")
    if not isinstance(defaults, dict) or not isinstance(images, list) or not all(isinstance(i, dict) for i in images):
        yield Fault(1, ROW, "", "the defaults are a table [defaults], each image is one [[image]]")
        return
    named = _DEFAULTS.search(text)
    first = _line_of(text, named.start()) if named else 1
    if (problem := _problem(defaults)) is not None:
        yield Fault(first, "defaults", "", problem)
        return
    places = _places(text, len(images))
    for image, line in zip(images, places, strict=True):
        problem = _problem(image)
        yield RawRow(line, {**defaults, **image}) if problem is None else Fault(line, ROW, "", problem)


def _places(text: str, images: int) -> list[int]:
    """The line of each `[[image]]`. Where such a line stands in a text too, the order of the images stands in."""
    lines, line, seen = [], 1, 0
    for match in _IMAGE.finditer(text):
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        lines.append(line)
    return lines if len(lines) == images else list(range(1, images + 1))


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _line_in(error: str) -> int:
    found = re.search(r"at line (\d+)", error)
    return int(found[1]) if found else 1


def _problem(values: dict[str, Any]) -> str | None:
    if len(values) > MAX_FIELDS:
        return f"more than {MAX_FIELDS} fields"
    return "nested too deeply" if too_deep(values) else text_problem(values)
