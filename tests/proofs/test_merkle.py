"""Merkle trees: the public vectors of RFC 6962's implementations, and every proof of every small tree."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.proofs import merkle

# Inputs and roots of certificate-transparency's merkle tree tests.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [merkle.leaf_hash(data) for data in INPUTS]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return sha256(b"\1" + plain_root(leaves[:middle]) + plain_root(leaves[middle:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_public_roots(size: int) -> None:
    assert merkle.root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_roots_that_a_tree_had_are_those_of_its_first_leaves() -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(20)]
    sizes = {0, 1, 7, 8, 13, 20, 21}
    assert merkle.roots_of(iter(leaves), sizes) == {size: merkle.root_of(leaves[:size]) for size in sizes - {21}}


def test_the_root_of_nothing() -> None:
    assert merkle.root_of([]) == merkle.EMPTY == sha256(b"").digest()


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, ()),
        (
            0,
            8,
            (
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ),
        ),
        (
            5,
            8,
            (
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
        ),
    ],
)
def test_the_public_proofs_of_inclusion(index: int, size: int, proof: tuple[str, ...]) -> None:
    assert [step.hex() for step in merkle.inclusion(LEAVES[:size], index)] == list(proof)


@pytest.mark.parametrize(
    ("first", "second", "proof"),
    [
        (1, 1, ()),
        (
            6,
            8,
            (
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
        ),
        (
            2,
            5,
            (
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ),
        ),
    ],
)
def test_the_public_proofs_of_consistency(first: int, second: int, proof: tuple[str, ...]) -> None:
    assert [step.hex() for step in merkle.consistency(LEAVES[:second], first)] == list(proof)


@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33])
def test_every_leaf_of_small_trees_is_proved_and_no_other(size: int) -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    root = plain_root(leaves)
    assert merkle.root_of(leaves) == root
    for index, leaf in enumerate(leaves):
        proof = merkle.inclusion(leaves, index)
        assert merkle.is_included(leaf, index, size, proof, root)
        assert not merkle.is_included(leaf, (index + 1) % size, size, proof, root) or size == 1
        assert not merkle.is_included(merkle.leaf_hash(b"other"), index, size, proof, root)
        assert not merkle.is_included(leaf, index, size, (*proof, root), root)


@pytest.mark.parametrize("second", [*range(1, 18), 32, 33])
def test_every_earlier_tree_is_proved_and_no_other(second: int) -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(second)]
    root = plain_root(leaves)
    for first in range(1, second + 1):
        before, proof = plain_root(leaves[:first]), merkle.consistency(leaves, first)
        assert merkle.is_consistent((first, second), proof, (before, root))
        assert not merkle.is_consistent((first, second), proof, (merkle.EMPTY, root))
        assert not merkle.is_consistent((first, second), proof, (before, merkle.EMPTY))


@given(st.lists(st.binary(max_size=8), max_size=60), st.data())
def test_a_changed_leaf_changes_the_root(entries: list[bytes], data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    root = merkle.root_of(leaves)
    assert root == plain_root(leaves)
    if leaves:
        place = data.draw(st.integers(0, len(leaves) - 1))
        leaves[place] = merkle.leaf_hash(entries[place] + b"x")
        assert merkle.root_of(leaves) != root


@pytest.mark.parametrize(("size", "index"), [(0, 0), (3, 3), (3, -1)])
def test_there_is_no_proof_of_what_is_not_in_the_tree(size: int, index: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion(LEAVES[:size], index)
