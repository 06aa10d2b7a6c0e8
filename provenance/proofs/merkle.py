"""Merkle trees with proofs of inclusion and of consistency (RFC 6962 section 2.1, RFC 9162 section 2.1). Pure.

A tree is kept as the hashes of its leaves. Its root commits to every leaf and to their order; a proof of inclusion
shows that a leaf is in a tree, a proof of consistency that a later tree begins with an earlier one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

EMPTY: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf.

    >>> leaf_hash(b"").hex()[:8]
    '6e340b9c'
    """
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node with two children."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of a tree, in one pass and in memory that grows with the tree's height alone.

    >>> root_of([]) == EMPTY
    True
    """
    peaks: _Peaks = []
    for leaf in leaves:
        _grow(peaks, leaf)
    return _root(peaks)


def roots_of(leaves: Iterable[bytes], sizes: Container[int]) -> dict[int, bytes]:
    """The roots that a growing tree had at each of these sizes that it reached, in one pass.

    >>> roots_of([EMPTY], {0, 1, 2}) == {0: EMPTY, 1: EMPTY}
    True
    """
    peaks: _Peaks = []
    found = {0: EMPTY} if 0 in sizes else {}
    for size, leaf in enumerate(leaves, start=1):
        _grow(peaks, leaf)
        if size in sizes:
            found[size] = _root(peaks)
    return found


_Peaks: TypeAlias = list[tuple[int, bytes]]
"""The full trees of which a tree consists, each with its size and root, the largest first."""


def _grow(peaks: _Peaks, leaf: bytes) -> None:
    size, found = 1, leaf
    while peaks and peaks[-1][0] == size:
        found = node_hash(peaks.pop()[1], found)
        size *= 2
    peaks.append((size, found))


def _root(peaks: _Peaks) -> bytes:
    found = peaks[-1][1] if peaks else EMPTY
    for _, before in reversed(peaks[:-1]):
        found = node_hash(before, found)
    return found


def inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The proof that the leaf at an index is in the tree of these leaves, the lowest hash first.

    Raises IndexError for an index outside the tree.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has no leaf {index}")
    if len(leaves) == 1:
        return ()
    middle = _split(len(leaves))
    if index < middle:
        return (*inclusion(leaves[:middle], index), root_of(leaves[middle:]))
    return (*inclusion(leaves[middle:], index - middle), root_of(leaves[:middle]))


def consistency(leaves: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """The proof that the tree of the first `size` leaves is how the tree of all of them began.

    Raises IndexError for a size of no such tree.
    """
    if not 0 < size <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves does not begin with {size}")
    return _subproof(leaves, size, whole=True)


def _subproof(leaves: Sequence[bytes], size: int, *, whole: bool) -> tuple[bytes, ...]:
    if size == len(leaves):
        return () if whole else (root_of(leaves),)
    middle = _split(len(leaves))
    if size <= middle:
        return (*_subproof(leaves[:middle], size, whole=whole), root_of(leaves[middle:]))
    return (*_subproof(leaves[middle:], size - middle, whole=False), root_of(leaves[:middle]))


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows a leaf at that index of the tree with that size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(step, found)
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            found = node_hash(found, step)
        place, last = place // 2, last // 2
    return last == 0 and found == root


def is_consistent(sizes: tuple[int, int], proof: Sequence[bytes], roots: tuple[bytes, bytes]) -> bool:
    """Whether a proof shows that the tree of the second size and root begins with the first (RFC 9162, 2.1.4.2)."""
    first, second = sizes
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and roots[0] == roots[1]
    steps = list(proof)
    if first & (first - 1) == 0:
        steps.insert(0, roots[0])
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place // 2, last // 2
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            after = node_hash(after, step)
        place, last = place // 2, last // 2
    return last == 0 and (before, after) == roots


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return int(1 << (size - 1).bit_length() - 1)
