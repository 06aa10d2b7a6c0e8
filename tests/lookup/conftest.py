"""Planted hashes, and a brute force that shares no code with the search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


def flipped(value: np.ndarray, bits) -> np.ndarray:
    """A hash of 32 bytes with these bits (0 to 255) flipped."""
    unpacked = np.unpackbits(value, bitorder="little")
    unpacked[list(bits)] ^= 1
    return np.packbits(unpacked, bitorder="little")


@pytest.fixture(scope="session")
def flip() -> Callable[..., np.ndarray]:
    return flipped


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)


@pytest.fixture(scope="session")
def brute() -> Callable[..., set[tuple[int, int, int]]]:
    """`brute(hashes, queries, radius)`: every (query, row, distance), bit by bit."""

    def search(hashes: np.ndarray, queries: np.ndarray, radius: int) -> set[tuple[int, int, int]]:
        bits = np.unpackbits(hashes, axis=1)
        found = set()
        for number, query in enumerate(queries):
            away = (bits != np.unpackbits(query)).sum(axis=1)
            found |= {(number, int(row), int(away[row])) for row in np.flatnonzero(away <= radius)}
        return found

    return search


@pytest.fixture(scope="session")
def triples() -> Callable[..., set[tuple[int, int, int]]]:
    """Hits as a set of (query, id, distance); fails where a hit comes twice."""

    def of(hits) -> set[tuple[int, int, int]]:
        rows = list(zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True))
        assert len(set(rows)) == len(rows)
        assert rows == sorted(rows, key=lambda row: (row[0], row[2], row[1]))
        return set(rows)

    return of
