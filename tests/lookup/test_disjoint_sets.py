"""Groups in one array, held against a plain search through the links."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provenance.lookup.disjoint_sets import flatten, link, singletons

ROWS = 30
links = st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)), max_size=40)


def least_reached(pairs: list[tuple[int, int]]) -> list[int]:
    """The least row that can be reached from each."""
    beside: dict[int, set[int]] = {row: {row} for row in range(ROWS)}
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    found = []
    for row in range(ROWS):
        seen, ahead = {row}, [row]
        while ahead:
            new = beside[ahead.pop()] - seen
            seen |= new
            ahead += new
        found.append(min(seen))
    return found


@given(batches=st.lists(links, max_size=5))
def test_each_row_names_the_least_of_its_group(batches):
    sets = singletons(ROWS)
    for batch in batches:
        one, other = np.array(batch, np.int64).reshape(-1, 2).T
        link(sets, one, other)
        assert (sets <= np.arange(ROWS)).all()
    flatten(sets)
    assert sets.tolist() == least_reached([pair for batch in batches for pair in batch])


def test_a_long_chain_in_either_direction():
    rows = 600_000  # longer than what is flattened at a time
    for one in (np.arange(1, rows), np.arange(rows - 1, 0, -1)):
        sets = singletons(rows)
        link(sets, one, one - 1)
        flatten(sets)
        assert not sets.any()


def test_links_one_at_a_time_from_the_end():
    sets = singletons(500)
    for row in range(499, 0, -1):
        link(sets, np.array([row]), np.array([row - 1]))
    flatten(sets)
    assert not sets.any()


def test_four_bytes_a_row():
    assert singletons(10).itemsize == 4
