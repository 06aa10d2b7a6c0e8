"""What is hashed is JSON in one spelling: as the library for RFC 8785 writes it."""

from __future__ import annotations

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from provenance.proofs.canonical import canonical, canonical_rows

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_it_is_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_bytes_are_hexadecimal() -> None:
    assert canonical({"digest": b"\x00\xff"}) == b'{"digest":"00ff"}'


CELLS = st.sampled_from(
    (
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.binary(max_size=4),
        st.booleans(),
        st.lists(st.integers(0, 9) | st.none(), max_size=2),
        VALUES.filter(lambda value: value is not None),
    )
)


@given(st.data(), st.lists(NAMES, max_size=5, unique=True), st.integers(0, 4))
def test_many_objects_are_spelt_as_each_by_itself(data: st.DataObject, names: list[str], count: int) -> None:
    """What lacks a value lacks the member, whichever column has none."""
    columns = []
    for _ in names:
        cells = data.draw(CELLS)
        filled = data.draw(st.sampled_from((cells, cells | st.none(), st.none())))
        columns.append(data.draw(st.lists(filled, min_size=count, max_size=count)))
    rows = list(zip(*columns, strict=True)) if names else []
    objects = [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in rows]
    assert list(canonical_rows(names, columns)) == [canonical(one) for one in objects]


def test_a_text_that_no_encoding_holds_is_spelt_the_same() -> None:
    assert list(canonical_rows(("a", "b%"), (("\ud800",), (1,)))) == [canonical({"a": "\ud800", "b%": 1})]
