"""What a checked manifest gives is what its rows said, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.model import ManifestRow, Person
from provenance.records.kept import KeptRows
from provenance.records.row_text import row_of

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_ROWS = st.builds(
    ManifestRow,
    file_name=st.none() | _TEXTS,
    url=st.none() | _TEXTS,
    caption=st.none() | _TEXTS,
    sha256=st.none() | st.binary(min_size=32, max_size=32),
    persons=st.lists(st.builds(Person, ref=_TEXTS, age=st.none() | st.integers(0, 150)), max_size=2).map(tuple),
    extra=st.dictionaries(_TEXTS, _TEXTS | st.integers() | st.booleans(), max_size=3),
    line=st.integers(1, 1 << 40),
)


@given(st.lists(_ROWS))
def test_rows_come_back_as_they_were_taken_and_in_order(rows: list[ManifestRow]) -> None:
    kept = KeptRows()
    for row in rows:
        kept.add(row)
    found = list(kept.rows())
    assert [row_of(one.text, one.line) for one in found] == rows
    assert [(one.file_name, one.url) for one in found] == [(row.file_name, row.url) for row in rows]


def test_a_full_disk_is_told(tmp_path, monkeypatch) -> None:
    kept = KeptRows()
    kept._file.rollover()
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123 - a device
        monkeypatch.setattr(kept._file, "_file", full)
        with pytest.raises(InputError, match="no space"):
            kept.add(ManifestRow(file_name="a.jpg", line=1))
