"""Groups of near hashes are those that comparing every pair would give."""

from __future__ import annotations

import numpy as np
import pytest

from provenance.lookup.join import near_groups


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
