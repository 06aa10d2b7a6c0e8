"""What `--set` takes: fields of a manifest in the words of a cell, checked before a row is written."""

from __future__ import annotations

import pytest

import provenance as pv
from provenance.records.tables.constants import FIELDS, constants


def test_cells_become_what_a_manifest_holds():
    given = {
        "acquired_at": "2026-06-01T10:00:00Z",
        "jurisdictions": "CA; FR",
        "keywords": "sea",
        "reviewer": "J. Morin",
    }
    assert constants(given) == {
        "acquired_at": "2026-06-01T10:00:00Z",
        "jurisdictions": ["CA", "FR"],
        "keywords": ["sea"],
        "persons_determined_by": {"reviewer": "J. Morin"},
    }


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("acquired_at", "2026-06-01", "a time needs an offset"),
        ("acquisition_method", "ARCHIVE", "give one of DIRECT_FROM_PERSON"),
        ("licence", "n/a", "says nothing"),
        ("jurisdictions", "CA-QB", "give one of CA-AB"),
        ("licnce", "MIT", "did you mean licence"),
        ("basis", "CONSENT", "no field of a manifest"),
        ("file_name", "a.jpg", "cannot be the same for every image"),
        ("persons", "1", "cannot be the same for every image"),
    ],
)
def test_a_wrong_one_is_told_with_its_remedy(field: str, text: str, told: str):
    with pytest.raises(pv.UsageError) as raised:
        constants({field: text})
    assert told in str(raised.value)
    assert field in str(raised.value)


def test_nothing_that_tells_images_apart_can_be_given_for_all():
    assert not {"file_name", "url", "sha256", "persons"} & set(FIELDS)
    assert {"licence", "acquired_at", "acquisition_method", "jurisdictions", "persons_status"} <= set(FIELDS)
