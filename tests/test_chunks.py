"""Things taken some at a time, by their number and by the length of their texts."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from provenance import chunks

LENGTHS = st.lists(st.integers(0, chunks.TEXT_AT_ONCE + 5), max_size=30)


@given(LENGTHS, st.integers(1, 8))
def test_nothing_is_lost_and_the_order_stays(lengths, size):
    assert [one for batch in chunks.bounded(lengths, size, int) for one in batch] == lengths


@given(LENGTHS, st.integers(1, 8))
def test_no_batch_is_larger_than_asked_for_unless_a_single_thing_is(lengths, size):
    for batch in chunks.bounded(lengths, size, int):
        assert 1 <= len(batch) <= size
        assert len(batch) == 1 or sum(batch) <= chunks.TEXT_AT_ONCE


@given(LENGTHS, st.integers(1, 8))
def test_a_batch_is_as_large_as_it_may_be(lengths, size):
    batches = list(chunks.bounded(lengths, size, int))
    for batch, following in pairwise(batches):
        assert len(batch) == size or sum(batch) + following[0] > chunks.TEXT_AT_ONCE
