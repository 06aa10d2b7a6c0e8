"""Groups of a ledger that was written straight into its tables, held against every pair of its pictures."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

import bare_ledger
from provenance.copies import duplicates as module
from provenance.copies import inventory as holding
from provenance.copies.duplicates import Copy, Group, duplicates
from provenance.copies.index import open_index
from provenance.copies.inventory import WholePictures, held_now
from provenance.errors import LedgerError
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.windows import WINDOWS
from provenance.ledger.database import Database
from provenance.vocabulary import Decision

ROOT = Path(__file__).resolve().parents[2]


def write(database: Database, fingerprints: list[tuple[int, str, bytes, int]], items: list[tuple[int, bool]]) -> None:
    """A ledger with these fingerprints (content, algorithm, value, quality) and an item for each (content, current)."""
    contents = sorted({content for content, *_ in fingerprints} | {content for content, _ in items})
    with database.writing() as connection:
        bare_ledger.one_scan(connection)
        bare_ledger.contents(connection, [(content, content.to_bytes(32, "big")) for content in contents])
        rows = [(content, algorithm, "", value, quality) for content, algorithm, value, quality in fingerprints]
        bare_ledger.fingerprints(connection, rows)
        bare_ledger.items(connection, items)


def a_collection(rng: np.random.Generator, contents: list[int]) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Hashes of those contents, of which every third is near another's; windows of them, which must not count."""
    hashes: dict[int, bytes] = {}
    for place, content in enumerate(contents):
        value = np.frombuffer(rng.bytes(32), np.uint8)
        if place % 3 == 2:
            value = np.frombuffer(hashes[contents[int(rng.integers(0, place))]], np.uint8)
            flips = rng.permutation(256) < rng.integers(0, 33)
            value = value ^ np.packbits(flips)
        hashes[content] = value.tobytes()
    windows = {content: hashes[contents[0]] + rng.bytes(32) for content in contents}
    return hashes, windows


def expected(hashes: dict[int, bytes], items: list[tuple[int, bool]], radius: int) -> list[list[tuple[int, int]]]:
    """(item, distance to the first) of each group, by comparing every pair."""
    images: dict[int, list[int]] = {}
    for number, (content, current) in enumerate(items, start=1):
        if current:
            images.setdefault(content, []).append(number)
    away = {
        (one, other): (int.from_bytes(hashes[one]) ^ int.from_bytes(hashes[other])).bit_count()
        for one in images
        for other in images
        if one in hashes and other in hashes
    }
    groups, left = [], set(images)
    for first in sorted(images):
        if first not in left:
            continue
        group, ahead = {first}, [first]
        while ahead:
            one = ahead.pop()
            new = {other for other in left - group if away.get((one, other), 257) <= radius}
            group |= new
            ahead += new
        left -= group
        rows = [(item, away.get((first, content), 0)) for content in sorted(group) for item in images[content]]
        if len(rows) > 1:
            groups.append(rows)
    return groups


def found(database: Database, radius: int) -> list[list[tuple[int, int]]]:
    with database.reading() as connection:
        result = duplicates(connection, database, radius=radius)
        assert result.complete
        return [[(copy.item_id, copy.distance) for copy in group.copies] for group in result.groups]


@pytest.mark.parametrize("step", [1, 7, 1 << 17])
def test_groups_are_those_of_every_pair(database, monkeypatch, tmp_path, rng, step):
    """With gaps between contents, and pictures that are held often or no longer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(holding, "_STEP", step)
    monkeypatch.setattr(module, "_STEP", step)
    monkeypatch.setattr(module, "IN_LIST", 2)
    contents = sorted({int(n) for n in rng.integers(5, 400, 90)})
    hashes, windows = a_collection(rng, contents)
    items = [(content, bool(rng.integers(0, 8))) for content in rng.choice(contents, 130).tolist()]
    plain = contents[3]  # a picture with too little in it
    poor = [(plain, EXACT, hashes.pop(plain), 10)]
    kept = [(content, EXACT, value, 80) for content, value in hashes.items()]
    parts = [(content, WINDOWS, value, 80) for content, value in windows.items()]
    write(database, poor + kept + parts, items)
    for radius in (0, 15, 31):
        groups = expected(hashes, items, radius)
        assert found(database, radius) == groups
        assert len({item for group in groups for item, _ in group}) > 50


def test_of_two_hashes_of_a_picture_the_exact_one_counts(database, monkeypatch, tmp_path, rng):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, other = rng.bytes(32), rng.bytes(32)
    near = bytes([other[0] ^ 1]) + other[1:]
    rows = [(1, EXACT, other, 80), (1, DRAFT, one, 80), (2, EXACT, one, 10), (2, DRAFT, near, 80)]
    write(database, rows, [(1, True), (2, True)])
    assert found(database, 31) == [[(1, 0), (2, 1)]]


def test_an_empty_ledger_and_one_without_a_picture(database, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert found(database, 31) == []
    write(database, [], [(4, True), (2**33, True), (2**33, True)])  # too far apart for 4 bytes
    assert found(database, 31) == [[(2, 0), (3, 0)]]


def test_where_there_is_no_room_it_says_so(tmp_path, rng):
    hashes, _ = a_collection(rng, list(range(1, 300)))
    database = Database.open(tmp_path / "ledger.db")
    write(database, [(content, EXACT, value, 80) for content, value in hashes.items()], [(n, True) for n in hashes])
    assert found(database, 31)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    try:
        with pytest.raises(LedgerError, match="make room"):
            found(database, 31)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        database.close()
    assert {path.suffix for path in (tmp_path / "ledger.db.index").iterdir()} == {".hashes", ".json", ".lock"}


def test_whole_pictures_come_with_their_numbers(tmp_path, rng):
    contents = [3, 8, 9, 20]
    hashes, windows = a_collection(rng, contents)
    database = Database.open(tmp_path / "ledger.db")
    rows = [(c, EXACT, hashes[c], 80) for c in contents] + [(c, WINDOWS, windows[c], 80) for c in contents]
    write(database, rows, [(8, True), (20, True), (20, True), (3, False)])
    with database.reading() as connection:
        held = held_now(connection)
        pictures = [
            (number, value.tobytes())
            for numbers, values in WholePictures(open_index(database).index, held)
            for number, value in zip(numbers.tolist(), values, strict=True)
        ]
    database.close()
    assert (held.contents(np.arange(2)), held.several.tolist()) == ([8, 20], [False, True])
    assert sorted(pictures) == [(0, hashes[8]), (1, hashes[20])]


@pytest.mark.parametrize(
    ("decisions", "marked"),
    [("BLOCK BLOCK", False), ("BLOCK ALLOW", True), ("ALLOW REVIEW", False), ("REVIEW BLOCK BLOCK", True)],
)
def test_a_group_is_marked_where_one_is_blocked_and_another_is_not(decisions: str, marked: bool) -> None:
    made = [
        Copy(number, f"{number}.png", "photos", "file:///photos", bytes(32), 0, Decision(word), quarantined=False)
        for number, word in enumerate(decisions.split())
    ]
    assert Group(tuple(made), conflicts=()).near_blocked is marked
