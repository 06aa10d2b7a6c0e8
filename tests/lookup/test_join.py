"""Groups of near hashes are those that comparing every pair would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.lookup import compare, join


def near_groups(hashes: np.ndarray, radius: int, *, block: int = 70_000, **how) -> join.Groups:
    """The groups of hashes that are handed over some at a time."""
    numbers = np.arange(len(hashes))
    blocks = [(numbers[a : a + block], hashes[a : a + block]) for a in range(0, len(hashes), block)]
    return join.near_groups(blocks, len(hashes), radius, **how)


def groups_by_every_pair(hashes: np.ndarray, radius: int) -> list[int]:
    bits = np.unpackbits(hashes, axis=1).astype(np.int32)
    near = (bits[:, None] != bits[None]).sum(axis=2) <= radius
    label = list(range(len(hashes)))
    for _ in label:
        nearest = [min(label[j] for j in np.flatnonzero(near[i])) for i in range(len(hashes))]
        if nearest == label:
            break
        label = nearest
    return label


@pytest.mark.parametrize("radius", [0, 1, 15, 16, 31])
def test_agrees_with_every_pair(rng, flip, radius):
    hashes = rng.integers(0, 256, (150, 32), dtype=np.uint8)
    for row in range(0, 120, 3):  # chains of up to two steps, some within the radius and some just beyond
        hashes[row + 1] = flip(hashes[row], rng.choice(256, int(rng.integers(0, radius + 3)), replace=False))
        hashes[row + 2] = flip(hashes[row + 1], rng.choice(256, int(rng.integers(0, radius + 3)), replace=False))
    hashes = hashes[rng.permutation(150)]
    expected = groups_by_every_pair(hashes, radius)
    found = near_groups(hashes, radius)
    assert found.complete
    assert found.label.tolist() == expected
    assert len(set(expected)) < 140


@pytest.mark.parametrize("spread", [lambda n: [b * 16 % 256 + b // 16 for b in range(n)], lambda n: list(range(n))])
def test_31_bits_however_they_lie(rng, flip, spread):
    hashes = rng.integers(0, 256, (3, 32), dtype=np.uint8)
    hashes[1] = flip(hashes[0], spread(31))
    hashes[2] = flip(hashes[1], [255 - bit for bit in range(32)])
    assert near_groups(hashes, 31).label.tolist() == [0, 0, 2]


def test_copies_are_a_group_at_any_radius(rng):
    hashes = np.repeat(rng.integers(0, 256, (2, 32), dtype=np.uint8), 60_000, axis=0)
    for radius in (0, 31):
        found = near_groups(hashes, radius)
        assert found.complete
        assert set(found.label[:60_000]) == {0}
        assert set(found.label[60_000:]) == {60_000}


def test_a_crowded_bucket_is_said_to_be_left_out(rng):
    hashes = rng.integers(0, 256, (100, 32), dtype=np.uint8)
    hashes[:, :2] = 7  # one value of the first band
    assert near_groups(hashes, 31).complete
    assert not near_groups(hashes, 31, most_in_a_bucket=99).complete
    hashes[1] = hashes[0]
    hashes[1, 31] ^= 1
    assert near_groups(hashes, 31, most_in_a_bucket=50).label[1] == 0  # another band still meets it


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_join(rng, rows):
    assert near_groups(np.zeros((rows, 32), np.uint8), 31).label.tolist() == [0] * rows


def test_a_chain_of_a_thousand_links(rng, flip):
    chain = [rng.integers(0, 256, 32, dtype=np.uint8)]
    for _ in range(1_000):
        chain.append(flip(chain[-1], rng.choice(256, 10, replace=False)))
    order = rng.permutation(len(chain))
    assert set(near_groups(np.array(chain)[order], 15).label) == {0}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    radius=st.integers(0, 31),
    rows=st.integers(1, 40),
    pairs=st.integers(1, 40),
    crossed=st.sampled_from([0, 1, 3, 20, 10_000]),
    block=st.integers(1, 90),
)
def test_agrees_with_every_pair_however_little_fits(monkeypatch, flip, seed, radius, rows, pairs, crossed, block):
    """Ranges of one value, of many, and borders between near hashes: with so few rows at a time each is crossed."""
    monkeypatch.setattr(compare, "PAIRS", pairs)
    monkeypatch.setattr(compare, "CROSSED_FROM", crossed)
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 256, (80, 32), dtype=np.uint8)
    for row in range(0, 80, 4):  # some at the radius, some one bit beyond it, one a copy
        hashes[row + 1] = flip(hashes[row], rng.choice(256, radius + int(rng.integers(0, 2)), replace=False))
        hashes[row + 2] = hashes[rng.integers(0, row + 1)]
    hashes[40:60, : 2 * int(rng.integers(0, 3))] = 9  # crowds in some bands
    hashes = hashes[rng.permutation(80)]
    found = near_groups(hashes, radius, rows=rows, block=block)
    assert found.complete
    assert found.label.tolist() == groups_by_every_pair(hashes, radius)


def test_what_is_left_out_does_not_depend_on_what_fits(rng, flip):
    hashes = rng.integers(0, 256, (400, 32), dtype=np.uint8)
    hashes[:200, :2] = 7
    for row in range(0, 400, 2):
        hashes[row + 1] = flip(hashes[row], rng.choice(256, 31, replace=False))
    whole = near_groups(hashes, 31, most_in_a_bucket=60)
    assert not whole.complete
    for rows in (1, 7, 100):
        found = near_groups(hashes, 31, most_in_a_bucket=60, rows=rows)
        assert not found.complete
        assert found.label.tolist() == whole.label.tolist()


def test_rows_that_have_no_hash_are_alone(rng):
    hashes = rng.integers(0, 256, (2, 32), dtype=np.uint8)
    found = join.near_groups([(np.array([5, 1]), hashes[[0, 0]]), (np.array([3]), hashes[1:])], 7, 31)
    assert found.label.tolist() == [0, 1, 2, 3, 4, 1, 6]


def test_many_copies_of_one_hash_among_few_rows_at_a_time(rng):
    hashes = rng.integers(0, 256, (3_000, 32), dtype=np.uint8)
    hashes[::2] = hashes[0]
    found = near_groups(hashes, 31, rows=50, block=77)
    assert found.label.tolist() == [0 if row % 2 == 0 else row for row in range(3_000)]


def test_nothing_is_left_in_the_folder_even_where_it_fails(tmp_path, rng):
    hashes = rng.integers(0, 256, (100, 32), dtype=np.uint8)
    seen = []

    class Failing:
        def __iter__(self):
            yield np.arange(50), hashes[:50]
            seen.append(list(tmp_path.iterdir()))
            if len(seen) > 1:
                raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        join.near_groups(Failing(), 100, 31, folder=tmp_path)
    assert len(seen) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("radius", [-1, 32])
def test_a_radius_that_would_not_be_exact_is_refused(radius):
    with pytest.raises(ValueError, match="radius"):
        join.near_groups([], 0, radius)
