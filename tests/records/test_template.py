"""A manifest to begin with: it can be read as it is, knows nothing, and names every image as the collection does."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.keys import display, key_of
from provenance.model import ManifestRow
from provenance.records import read_manifest
from provenance.records.template import DEFAULTS, template
from provenance.vocabulary import AcquisitionMethod, PersonsStatus

NAMES = st.lists(
    st.binary(min_size=1, max_size=12).map(lambda raw: b"a" + re.sub(rb"[\0/.]", b"", raw)),
    min_size=1,
    max_size=5,
    unique=True,
)


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(keys=NAMES, name=st.text(max_size=20))
def test_every_image_is_named_and_nothing_is_known_of_it(tmp_path: Path, keys: list[bytes], name: str) -> None:
    told = "".join(template(name.encode("utf-8", "replace").decode(), map(display, keys)))
    rows = list(read_manifest(written(tmp_path / "m.toml", told)).iterate())
    assert [key_of(row.file_name or "") for row in rows] == keys
    for row in rows:
        assert row == ManifestRow(file_name=row.file_name, line=row.line)


def test_lines_that_were_opened_and_not_filled_in_say_nothing(tmp_path: Path) -> None:
    told = re.sub(r"^#(?=\w)", "", "".join(template("photos", ["a.jpg"])), flags=re.MULTILINE)
    assert all(f"\n{field} = " in told for field in DEFAULTS)
    (row,) = read_manifest(written(tmp_path / "m.toml", told)).iterate()
    assert (row.acquired_at, row.acquisition_method, row.licence, row.jurisdictions) == (None, None, None, ())
    assert row.persons_status is PersonsStatus.UNKNOWN
    assert row.persons_determined_by is None or row.persons_determined_by.reviewer is None


def test_a_default_holds_for_every_image_that_does_not_say_otherwise(tmp_path: Path) -> None:
    told = "".join(template("photos", ["a.jpg", "b.jpg"]))
    told = told.replace('#acquisition_method = ""', 'acquisition_method = "LICENSED"') + 'acquisition_method = ""\n'
    first, second = read_manifest(written(tmp_path / "m.toml", told)).iterate()
    assert (first.acquisition_method, second.acquisition_method) == (AcquisitionMethod.LICENSED, None)


def test_the_example_in_it_is_sound(tmp_path: Path) -> None:
    example = re.findall(r"^#     (.*)$", "".join(template("photos", [])), re.MULTILINE)
    (row,) = read_manifest(written(tmp_path / "m.toml", "\n".join(example))).iterate()
    assert [person.ref for person in row.persons] == ["p1", "p2"]
