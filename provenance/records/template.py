"""A manifest in TOML for people to fill in: what holds for the whole collection once, then one entry for each image."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any, Final

from provenance.printable import printable
from provenance.records.schemas import schema_of

DEFAULTS: Final = (
    "acquired_at", "acquisition_method", "access_state", "source_url", "licence", "jurisdictions", "upstream_dataset",
    "upstream_method", "retain_until", "persons_status", "persons_determined_by",
)  # fmt: skip
"""Fields that may hold for a whole collection."""

COLUMNS: Final = (
    "source_url", "acquired_at", "acquisition_method", "licence", "jurisdictions", "caption", "persons_status",
    "reviewer", "person_ref", "person_age", "person_age_status", "basis", "purposes", "form", "notice_version",
    "given_by", "given_at", "expires_at", "withdrawn_at", "evidence_kind", "evidence",
)  # fmt: skip
"""Columns of a manifest that is filled in as a spreadsheet, beside `file_name`."""

_WIDTH: Final = 118
_HEAD: Final = """\
# Where the images of {name} come from, and who is shown.
#
# Remove the # before a line and fill in what you know. What is left out is unknown, and what is unknown does not pass
# by itself. `provenance values` explains the words in capitals, `provenance schema manifest` every field. An image
# with people in it may look like this:
#
#     [[image]]
#     file_name = "party/0001.jpg"
#     persons_status = "PRESENT"
#     persons = [{{ ref = "p1", age = 35, jurisdictions = ["CA-QC"] }}, {{ ref = "p2", age = 41 }}]

[defaults]
# What holds for every image below that does not say otherwise.
"""


def template(name: str, images: Iterable[str]) -> Iterator[str]:
    """The text of a manifest of these images, named as they are in the collection, in parts.

    As it is, it says of every image that nothing is known.

    >>> "".join(template("photos", ["a.jpg"])).splitlines()[-2:]
    ['[[image]]', 'file_name = "a.jpg"']
    """
    fields = schema_of("manifest")["properties"]
    yield _HEAD.format(name=printable(name))
    for field in DEFAULTS:
        yield _empty(field, fields[field])
    for image in images:
        yield f"\n[[image]]\nfile_name = {_quoted(image)}\n"


def csv_template(images: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The rows of a manifest of these images for a spreadsheet: one person an image, with the basis in the same row.

    >>> next(csv_template([]))[:2]
    ('file_name', 'source_url')
    """
    yield ("file_name", *COLUMNS)
    for image in images:
        yield (image, *("" for _ in COLUMNS))


def _empty(field: str, schema: dict[str, Any]) -> str:
    """A line to be filled in, below what the field means."""
    kind = schema["anyOf"][0]
    words = f" One of {', '.join(kind['enum'])}." if "enum" in kind else ""
    value = {"array": "[]", "string": '""'}.get(kind.get("type", ""), '{ reviewer = "", at = "" }')
    about = "".join(f"# {line}\n" for line in wrap(f"{schema['description']}{words}", _WIDTH))
    return f"\n{about}#{field} = {value}\n"


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for DEL, which has to be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
