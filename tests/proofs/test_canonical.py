"""What is hashed is JSON in one spelling: as the library for RFC 8785 writes it."""

from __future__ import annotations

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from provenance.proofs.canonical import canonical

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
