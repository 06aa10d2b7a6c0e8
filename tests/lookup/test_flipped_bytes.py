"""Whatever becomes of the files of an index, a search answers as the ledger says, or says that it cannot."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bare_ledger
from provenance.copies.index import PHASH, folder_of, open_index, searching
from provenance.fingerprint.perceptual import EXACT
from provenance.ledger.database import Database
from provenance.lookup.files import Damaged, Key, read, write
from provenance.lookup.segment import build

KEY = Key(bytes(range(32)), "test@1")
VALUES = np.random.default_rng(7).integers(0, 256, (60, 32), dtype=np.uint8)

damages = st.builds(lambda *drawn: drawn, st.floats(0, 1, exclude_max=True), st.integers(0, 7))
"""A place in a file, as a share of its length, and which bit of the byte there is flipped."""


def flip(path: Path, damage: tuple[float, int]) -> None:
    place, bit = damage
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)


def answers(database: Database, radius: int) -> list[tuple[int, int, int]]:
    """Every query with the content and the distance that it meets."""
    hits = searching(database, PHASH, lambda index: index.search(VALUES, radius))
    return sorted(zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True))


def grow(database: Database, contents: range) -> None:
    with database.writing() as connection:
        bare_ledger.contents(connection, ((n, n.to_bytes(32, "big")) for n in contents))
        bare_ledger.fingerprints(connection, ((n, EXACT, "", VALUES[n - 1].tobytes(), 80) for n in contents))
    open_index(database)


@pytest.fixture(scope="module")
def grown(tmp_path_factory) -> Path:
    """A ledger of 50 contents whose index has two segments, and beside it the index as it was at 40."""
    folder: Path = tmp_path_factory.mktemp("grown")
    database = Database.open(folder / "ledger.db")
    with database.writing() as connection:
        bare_ledger.one_scan(connection)
    grow(database, range(1, 41))
    shutil.copytree(folder_of(database), folder / "before")
    grow(database, range(41, 51))
    assert len(list(folder_of(database).glob("segment-*"))) == 2
    database.close()
    return folder


@contextmanager
def in_turn(grown: Path) -> Iterator[Database]:
    """The ledger with its index as it was left, restored for each try: it stays the same file."""
    with TemporaryDirectory() as kept:
        index = grown / "ledger.db.index"
        shutil.copytree(index, Path(kept, "index"))
        database = Database.open(grown / "ledger.db")
        try:
            yield database
        finally:
            database.close()
            shutil.rmtree(index)
            shutil.copytree(Path(kept, "index"), index)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2), damages, st.sampled_from([0, 31, 256]))
def test_a_flipped_byte_anywhere_in_an_index_changes_no_answer(grown, which, damage, radius):
    with in_turn(grown) as database:
        before = answers(database, radius)
        flip(sorted(path for path in folder_of(database).iterdir() if path.stat().st_size)[which], damage)
        assert answers(database, radius) == before
        assert {content for _, content, _ in before} == set(range(1, 51))


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, 2), min_size=1), st.sampled_from([0, 256]))
def test_an_old_index_in_place_of_the_new_one_changes_no_answer(grown, which, radius):
    """All of it, or some of its files among the new ones: the ledger wrote each of them."""
    with in_turn(grown) as database:
        before = answers(database, radius)
        old = sorted((grown / "before").iterdir())
        for number in which & set(range(len(old))):
            shutil.copy(old[number], folder_of(database))
        assert answers(database, radius) == before


@settings(max_examples=150, deadline=None)
@given(damage=damages, with_bands=st.booleans(), radius=st.sampled_from([0, 15, 31, 60]))
def test_a_flipped_byte_in_a_segment_is_an_error_or_no_change(segments, damage, with_bands, radius):
    """With bands too, which an index of a few contents has none of."""
    path, seal = segments[with_bands]
    with TemporaryDirectory() as folder:
        copy = Path(folder, "segment")
        shutil.copy(path, copy)
        flip(copy, damage)
        try:
            found = read(copy, KEY, seal).search(VALUES, radius)
        except Damaged:
            return
    whole = read(path, KEY, seal).search(VALUES, radius)
    assert [column.tolist() for column in (found.query, found.id, found.distance, found.part)] == [
        column.tolist() for column in (whole.query, whole.id, whole.distance, whole.part)
    ]


@pytest.fixture(scope="module")
def segments(tmp_path_factory) -> dict[bool, tuple[Path, bytes]]:
    """A segment with bands and one without, each with the queries among random hashes: its path and its seal."""
    rng = np.random.default_rng(3)
    hashes = np.concatenate((VALUES, rng.integers(0, 256, (9_000, 32), dtype=np.uint8)))
    parts = rng.integers(0, 28, len(hashes))
    made = {}
    for with_bands in (False, True):
        path = tmp_path_factory.mktemp("segments") / "segment"
        made[with_bands] = path, write(path, build(hashes, np.arange(len(hashes)), parts, with_bands=with_bands), KEY)
    return made
