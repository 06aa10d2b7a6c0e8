"""A known table as a manifest: its rows in our fields, written as JSON Lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import unquote, unquote_plus

from provenance.errors import InputError
from provenance.records.columns.file_columns import PRESENT
from provenance.records.formats.raw import storable
from provenance.records.tables.description import Table
from provenance.records.tables.raw_rows import Row, raw_rows

_SLOT: Final = re.compile(r"\{([^{}|]+)((?:\|\w+)*)\}")
_STATED: Final = ("source_url", "acquired_at", "acquisition_method", "licence", "persons_status")
"""Fields without which a gate does not let an image pass; it is told how many rows lack each."""

_TABLE: Final = "(table)"
"""The column of every row that names its file without the extension: that of a downloader's shard."""


def _last_part(text: str) -> str:
    """The file that a path or an address ends in; of an address without what is asked of it."""
    path = re.split("[?#]", text, maxsplit=1)[0] if "://" in text else text
    return unquote(path.rpartition("/")[2])


_CHANGES: Final[Mapping[str, Callable[[str], str]]] = {"name": _last_part, "unquote": unquote_plus}


@dataclass(frozen=True, slots=True)
class Converted:
    """How many rows were written, and how many of them lack each of the fields that a gate asks for.

    `left_out` counts rows of images that are not there, such as those that were refused to a downloader.
    """

    rows: int
    lacking: Mapping[str, int]
    left_out: int = 0


def convert(
    table: Table, path: Path, out: TextIO, *, images: Iterable[str] = (), constant: Mapping[str, Any] | None = None
) -> Converted:
    """Write a table's rows as the rows of a manifest. What it lacks is left out, and so stays unknown.

    `images` are the names in the collection, for tables that speak of patterns; `constant` fills fields of every row
    that you know yourself, such as when and how the images were acquired.

    Raises InputError for a file that is not such a table or has no row, RowErrors, MissingExtra.
    """
    lacking: Counter[str] = Counter()
    rows = left_out = 0
    for raw in raw_rows(table, path, images):
        if any(raw.get(column) != text for column, text in table.only.items()):
            left_out += 1
            continue
        row = {**manifest_row(table, {**raw, _TABLE: path.stem}), **(constant or {})}
        lacking.update(field for field in _STATED if field not in row)
        out.write(json.dumps(row) + "\n")
        rows += 1
    if not rows:
        raise InputError(f"{path} speaks of no image", remedy="is it this kind of table, and are the images there?")
    return Converted(rows, {field: lacking[field] for field in _STATED if lacking[field]}, left_out)


def manifest_row(table: Table, raw: Row) -> dict[str, Any]:
    """One row in our fields, with the columns that are kept.

    >>> from provenance.records.tables.description import table_of
    >>> row = {"ImageID": "0001", "License": "https://creativecommons.org/licenses/by/2.0/", "Title": ""}
    >>> manifest_row(table_of("open-images"), row)["licence"]
    'https://creativecommons.org/licenses/by/2.0/'
    """
    row: dict[str, Any] = dict(table.constant)
    for field, templates in table.fields.items():
        for template in templates:
            text = _filled(template, raw)
            if text:
                between = table.parted_by.get(field)
                row[field] = text.split(between) if between else table.values.get(field, {}).get(text, text)
                break
    if any(_at(raw, column) for column in table.creator):
        row["creator"] = PRESENT
    for column in table.keep:
        value = _at(raw, column)
        if value not in (None, ""):
            row[column.removesuffix(".value").rpartition(".")[2]] = storable(value)
    return row


def _filled(template: str, raw: Row) -> str | None:
    """The template with the row's values in it; None where one of them is not there."""
    parts: list[str] = []
    end = 0
    for slot in _SLOT.finditer(template):
        value = _at(raw, slot[1])
        if value is None or isinstance(value, dict | list) or not str(value).strip():
            return None
        text = str(value).strip()
        for change in slot[2].split("|")[1:]:
            text = _CHANGES[change](text)
        parts += [template[end : slot.start()], text]
        end = slot.end()
    return "".join([*parts, template[end:]])


def _at(raw: Any, place: str) -> Any:
    """What stands at a place in a row: a column of that very name, or column within column."""
    if isinstance(raw, Mapping) and place in raw:
        return raw[place]
    for part in place.split("."):
        if isinstance(raw, Mapping):
            raw = raw.get(part)
        elif isinstance(raw, list) and part.isdigit() and int(part) < len(raw):
            raw = raw[int(part)]
        else:
            return None
    return raw
