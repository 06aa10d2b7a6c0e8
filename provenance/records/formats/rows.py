"""The rows of a file in any of its formats, streamed with their line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from provenance.errors import InputError
from provenance.files import open_regular
from provenance.records.formats.raw import Hash, Item
from provenance.records.formats.text_rows import csv_rows, json_rows
from provenance.records.formats.toml_rows import toml_rows


class Format(StrEnum):
    """The formats of manifests and basis records; TOML is for manifests alone."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TOML = "toml"


def format_of(path: Path, *, toml: bool = False) -> Format:
    """The format that a file's extension names. Raises InputError for another one.

    >>> format_of(Path("metadata.jsonl")).value
    'jsonl'
    """
    extension = path.suffix.lower().removeprefix(".")
    extension = {"ndjson": "jsonl", "tsv": "csv"}.get(extension, extension)
    known = set(Format) if toml else set(Format) - {Format.TOML}
    if extension not in known:
        raise InputError(
            f"{path} is neither CSV, JSON Lines{', TOML' if toml else ''} nor Parquet",
            remedy=f"end its name in {'.toml, ' if toml else ''}.csv, .jsonl or .parquet",
        )
    return Format(extension)


def read_rows(path: Path, digest: Hash, *, toml: bool = False, delimiter: str | None = None) -> Iterator[Item]:
    """Every row of a file in order; `digest` is fed the file's bytes, whole once the last row was taken.

    Raises InputError where the file cannot be read at all and MissingExtra for Parquet without pyarrow.
    """
    kind = format_of(path, toml=toml)
    try:
        with open_regular(path, buffering=1 << 20) as file:
            if kind is Format.CSV:
                yield from csv_rows(file, digest, delimiter)
            elif kind is Format.JSONL:
                yield from json_rows(file, digest)
            elif kind is Format.TOML:
                yield from toml_rows(file, digest)
            else:
                from provenance.records.formats.parquet import parquet_rows

                yield from parquet_rows(path, file, digest)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", remedy="check the path") from error
