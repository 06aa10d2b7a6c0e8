"""What the caller of a conversion knows himself of every row: fields of a manifest, as a cell of CSV has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from provenance.errors import UsageError
from provenance.records.faults import nearest
from provenance.records.flat import cells_of, manifest_values
from provenance.records.form_problems import problems_of
from provenance.records.forms import ManifestForm
from provenance.records.values.checks import Checking

_OWN: Final = frozenset(("file_name", "url", "sha256", "original_sha256", "persons", "synthetic", "training_licence"))
"""Fields that no two images share, and objects, which no cell holds."""

FIELDS: Final = (*(name for name in ManifestForm.model_fields if name not in _OWN), "reviewer")
"""What can be given of every row."""


def constants(given: Mapping[str, str]) -> dict[str, Any]:
    """The fields in the form of JSON Lines. Raises UsageError that names the field, its fault and the nearest word.

    >>> constants({"jurisdictions": "CA;FR", "persons_status": "NONE", "reviewer": "J. Morin"})
    {'jurisdictions': ['CA', 'FR'], 'persons_status': 'NONE', 'persons_determined_by': {'reviewer': 'J. Morin'}}
    """
    cells = cells_of(given)
    for field, text in given.items():
        if field not in FIELDS:
            raise UsageError(f"--set {field}: {_no_field(field)}", remedy="docs/manifest.md has every field")
        if field not in cells:
            raise UsageError(f"--set {field}={text} says nothing", remedy="leave it out, and it stays unknown")
    values = manifest_values(cells)
    try:
        ManifestForm.model_validate({"file_name": "any", **values}, context=Checking())
    except ValidationError as error:
        wrong = problems_of(error, ManifestForm)[0]
        near = nearest(wrong.value, wrong.among, wrong.wide)
        words = f"give one of {', '.join(wrong.among)}" if wrong.among else "docs/manifest.md says what it takes"
        raise UsageError(
            f"--set {wrong.field}: {wrong.problem}: {wrong.value}",
            remedy=f"did you mean {near}?" if near else words,
        ) from error
    return values


def _no_field(name: str) -> str:
    if name in _OWN or name in ManifestForm.model_fields:
        return "it cannot be the same for every image"
    near = nearest(name, FIELDS)
    return "it is no field of a manifest" + (f"; did you mean {near}?" if near else "")
