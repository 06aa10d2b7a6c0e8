"""Index files: what is written comes back, what is changed is refused when used, no reader meets half an update."""

from __future__ import annotations

import json
import os
import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from provenance.lookup import files, shards
from provenance.lookup.build import Update, bring_up
from provenance.lookup.column import BLOCK, MAC_BYTES
from provenance.lookup.files import Damaged, Key, read, write
from provenance.lookup.segment import build
from provenance.lookup.shards import Shards, load, to_merge

KEY = Key(bytes(range(32)), "test@1")
OTHER = Key(bytes(32), "test@1")


def made(rng, rows: int = 300, *, with_bands: bool = False, with_parts: bool = True):
    hashes = rng.integers(0, 256, (rows, 32), dtype=np.uint8)
    parts = rng.integers(0, 28, rows) if with_parts else None
    return hashes, build(hashes, np.arange(rows) + 9, parts, with_bands=with_bands)


def rows_of(hashes, first: int = 0):
    return [(first + i, 0, value.tobytes()) for i, value in enumerate(hashes)]


def made_anew(folder, rows, source=None, key=KEY) -> Shards:
    return bring_up(folder, key, lambda _: Update(source or {}, rows, anew=True)).index


def extended(folder, rows, source=None, key=KEY) -> Shards:
    return bring_up(folder, key, lambda _: Update(source or {}, rows)).index


def table_of(path, seal) -> list[tuple[int, int]]:
    """Where the sections of a segment lie, and how long they are."""
    with path.open("rb") as file:
        return files._header(path, file, KEY, seal).table


def all_of(segment) -> list[np.ndarray]:
    """Every value of a segment, each of its blocks checked."""
    columns = [*segment.columns, segment.ids]
    columns += [segment.parts] if segment.parts is not None else []
    columns += [segment.bands.offsets, *segment.bands.orders] if segment.bands is not None else []
    return [column.all() for column in columns]


@pytest.mark.parametrize("rows", [0, 1, 300])
@pytest.mark.parametrize("with_bands", [False, True])
@pytest.mark.parametrize("with_parts", [False, True])
def test_what_is_written_comes_back(tmp_path, rng, rows, with_bands, with_parts):
    hashes, segment = made(rng, rows, with_bands=with_bands, with_parts=with_parts)
    back = read(tmp_path / "a", KEY, write(tmp_path / "a", segment, KEY))
    assert (back.count, back.base, back.bands is None) == (rows, segment.base, not with_bands)
    for radius in (0, 31, 120):
        one, other = segment.search(hashes[:5], radius), back.search(hashes[:5], radius)
        assert [getattr(one, n).tolist() for n in ("query", "id", "distance", "part")] == [
            getattr(other, n).tolist() for n in ("query", "id", "distance", "part")
        ]
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("most", [255, 256, 65_535, 65_536, 5_000_000, 2**32 - 1])
def test_parts_of_any_size_come_back(tmp_path, rng, most):
    hashes = rng.integers(0, 256, (3, 32), dtype=np.uint8)
    segment = build(hashes, np.array([1, 1, 2]), np.array([0, most, 27]), with_bands=False)
    back = read(tmp_path / "a", KEY, write(tmp_path / "a", segment, KEY))
    assert back.search(hashes, 0).part.tolist() == [0, most, 27]


def test_a_part_beyond_32_bits_is_refused(rng):
    with pytest.raises(ValueError, match="part"):
        build(rng.integers(0, 256, (1, 32), dtype=np.uint8), np.array([1]), np.array([2**32]), with_bands=False)


def test_any_flipped_byte_is_refused_at_once_or_when_it_is_used(tmp_path, rng):
    _, segment = made(rng, 5)
    seal = write(tmp_path / "a", segment, KEY)
    whole = (tmp_path / "a").read_bytes()
    table = table_of(tmp_path / "a", seal)
    covered = set(range(512)).union(*(range(place, place + length) for place, length in table))
    assert len(covered) == 512 + 5 * (32 + 4 + 1) + 6 * 16
    for at in sorted(covered):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        (tmp_path / "b").write_bytes(damaged)
        with pytest.raises(Damaged):
            all_of(read(tmp_path / "b", KEY, seal))


def test_a_changed_block_is_noticed_when_it_is_used_and_no_other_is_read(tmp_path, rng):
    rows = BLOCK // 4 * 3
    _, segment = made(rng, rows, with_parts=False)
    seal = write(tmp_path / "a", segment, KEY)
    whole = bytearray((tmp_path / "a").read_bytes())
    ids_start = table_of(tmp_path / "a", seal)[4][0]
    whole[ids_start + BLOCK + 5] ^= 1  # the second of three blocks
    (tmp_path / "a").write_bytes(whole)
    ids = read(tmp_path / "a", KEY, seal).ids
    for _ in range(2):
        assert len(ids.part(0, BLOCK // 4)) == len(ids.part(2 * BLOCK // 4, rows)) == BLOCK // 4
        assert len(ids.take(np.array([0, rows - 1]))) == 2
        for used in (lambda: ids.part(BLOCK // 4 - 1, BLOCK // 4 + 1), lambda: ids.take(np.array([BLOCK // 4 + 7]))):
            with pytest.raises(Damaged, match="a block of it was changed"):
                used()


def test_blocks_that_change_places_with_their_macs_after_opening_are_noticed(tmp_path, rng):
    _, segment = made(rng, BLOCK // 2, with_parts=False)
    seal = write(tmp_path / "a", segment, KEY)
    table = table_of(tmp_path / "a", seal)
    ids, macs = table[4][0], table[-1][0] + 4 * 4 * MAC_BYTES  # after four columns of words, of four blocks each
    ids_column = read(tmp_path / "a", KEY, seal).ids
    whole = bytearray((tmp_path / "a").read_bytes())
    for place, size in ((ids, BLOCK), (macs, MAC_BYTES)):
        first, second = whole[place : place + size], whole[place + size : place + 2 * size]
        whole[place : place + 2 * size] = second + first
    with (tmp_path / "a").open("r+b") as file:
        file.write(whole)
    with pytest.raises(Damaged, match="a block of it was changed"):
        ids_column.part(0, 1)


def test_a_search_meets_every_change_of_what_it_uses(tmp_path, rng):
    hashes, segment = made(rng, 20_000, with_bands=True)
    seal = write(tmp_path / "a", segment, KEY)
    whole = (tmp_path / "a").read_bytes()
    table = table_of(tmp_path / "a", seal)
    for place, length in (table[0], table[1], table[4], table[6], table[7], table[-2]):
        damaged = bytearray(whole)
        for at in range(place, place + length, BLOCK):
            damaged[at] ^= 8
        (tmp_path / "b").write_bytes(damaged)
        with pytest.raises(Damaged):
            read(tmp_path / "b", KEY, seal).search(hashes[:50], 31)


def test_threads_that_use_one_column_leave_nothing_unchecked(tmp_path, rng):
    rows = BLOCK // 4 * 200
    segment = build(rng.integers(0, 256, (rows, 32), dtype=np.uint8), np.arange(rows), with_bands=False)
    seal = write(tmp_path / "a", segment, KEY)
    whole = bytearray((tmp_path / "a").read_bytes())
    start = table_of(tmp_path / "a", seal)[4][0]
    whole[start + 150 * BLOCK] ^= 1
    (tmp_path / "a").write_bytes(whole)
    ids = read(tmp_path / "a", KEY, seal).ids
    threads = [threading.Thread(target=ids.part, args=(0, 150 * BLOCK // 4)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(Damaged):
        ids.all()


def test_any_length_but_the_right_one_is_refused(tmp_path, rng):
    _, segment = made(rng, 5)
    seal = write(tmp_path / "a", segment, KEY)
    whole = (tmp_path / "a").read_bytes()
    for length in [*range(0, len(whole), 7), len(whole) - 1]:
        (tmp_path / "b").write_bytes(whole[:length])
        with pytest.raises(Damaged):
            read(tmp_path / "b", KEY, seal)
    (tmp_path / "b").write_bytes(whole + b"\0")
    with pytest.raises(Damaged, match="length"):
        read(tmp_path / "b", KEY, seal)


def test_the_error_says_what_to_do(tmp_path):
    (tmp_path / "a").write_bytes(b"GIF89a" * 200)
    with pytest.raises(Damaged, match=r"the index file .*a: it is no index file.*; it is built anew"):
        read(tmp_path / "a", KEY, bytes(32))


def test_another_algorithm_version_or_ledger_is_refused(tmp_path, rng, monkeypatch):
    _, segment = made(rng)
    seal = write(tmp_path / "a", segment, KEY)
    with pytest.raises(Damaged, match="another version"):
        read(tmp_path / "a", Key(KEY.secret, "test@2"), seal)
    with pytest.raises(Damaged, match="this ledger did not write it"):
        read(tmp_path / "a", OTHER, seal)
    monkeypatch.setattr(files, "VERSION", 3)
    with pytest.raises(Damaged, match="another version"):
        read(tmp_path / "a", KEY, seal)


def test_a_segment_that_this_ledger_wrote_for_another_index_is_refused(tmp_path, rng):
    """An old file under a new name is not what the index named."""
    _, old = made(rng, 5)
    write(tmp_path / "old", old, KEY)
    seal = write(tmp_path / "new", made(rng, 5)[1], KEY)
    (tmp_path / "old").replace(tmp_path / "new")
    with pytest.raises(Damaged, match="this ledger did not write it, or it was changed"):
        read(tmp_path / "new", KEY, seal)


def test_a_failed_write_leaves_what_was_there(tmp_path, rng, monkeypatch):
    _, segment = made(rng)
    write(tmp_path / "a", segment, KEY)
    before = (tmp_path / "a").read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a", made(rng, 10)[1], KEY)
    assert (tmp_path / "a").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_an_index_grows_and_stays_exact(tmp_path, rng, brute, triples):
    hashes = rng.integers(0, 256, (2_000, 32), dtype=np.uint8)
    hashes[1::2] = hashes[::2]
    hashes[1::2, 3] ^= 5
    edges = [0, 1, 3, 700, 701, 1_500, 2_000]
    for start, end in pairwise(edges):
        index = extended(tmp_path, rows_of(hashes[start:end], start), {"to": end})
        contents, again = load(tmp_path, KEY)
        assert contents.source == {"to": end}
        expected = brute(hashes[:end], hashes[:20], 20)
        assert triples(index.search(hashes[:20], 20)) == triples(again.search(hashes[:20], 20)) == expected
    assert sorted(name for name, _ in contents.segments) == sorted(file.name for file in tmp_path.glob("segment-*"))
    assert len(contents.segments) < 6


def test_what_is_up_to_date_is_left_alone(tmp_path, rng):
    made_anew(tmp_path, rows_of(rng.integers(0, 256, (5, 32), dtype=np.uint8)), {"to": 5})
    before = {path: path.stat() for path in tmp_path.iterdir()}
    seen = []
    brought = bring_up(tmp_path, KEY, seen.append)
    assert (seen, brought.index.count, brought.note) == ([{"to": 5}], 5, None)
    assert {path: path.stat() for path in tmp_path.iterdir()} == before


def test_what_cannot_be_believed_is_built_anew_and_named(tmp_path, rng):
    hashes = rng.integers(0, 256, (5, 32), dtype=np.uint8)
    made_anew(tmp_path, rows_of(hashes), {"of": "another"}, OTHER)
    seen = []

    def plan(source):
        seen.append(source)
        return Update({}, rows_of(hashes[:2]), anew=source is None)

    brought = bring_up(tmp_path, KEY, plan)
    assert seen == [None]
    assert brought.index.count == load(tmp_path, KEY)[1].count == 2
    assert "this ledger did not write it" in brought.note


def test_a_changed_block_that_an_extension_merges_has_all_built_anew(tmp_path, rng):
    hashes = rng.integers(0, 256, (8, 32), dtype=np.uint8)
    made_anew(tmp_path, rows_of(hashes[:5]))
    (segment,) = tmp_path.glob("segment-*")
    changed = bytearray(segment.read_bytes())
    changed[520] ^= 1
    segment.write_bytes(changed)
    brought = bring_up(
        tmp_path,
        KEY,
        lambda source: Update({}, rows_of(hashes if source is None else hashes[5:], 5 * (source is not None))),
    )
    assert "a block of it was changed" in brought.note
    assert sorted(brought.index.search(hashes, 0).id.tolist()) == list(range(8))


def test_whoever_reads_keeps_what_was_opened(tmp_path, rng):
    hashes = rng.integers(0, 256, (50, 32), dtype=np.uint8)
    made_anew(tmp_path, rows_of(hashes))
    _, index = load(tmp_path, KEY)
    made_anew(tmp_path, rows_of(hashes[:1]))
    assert index.search(hashes, 0).id.tolist() == list(range(50))
    assert load(tmp_path, KEY)[1].count == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: next(folder.glob("segment-*")).unlink(),
        lambda folder: (folder / "index.json").write_text("{"),
        lambda folder: (folder / "index.json").write_text("[]"),
        lambda folder: (folder / "index.json").write_text(""),
        lambda folder: (folder / "index.json").write_bytes(b"\xff\xfe"),
        lambda folder: (folder / "index.json").write_text(
            (folder / "index.json").read_text().replace("segment-", "segmemt-")
        ),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path, rng, damage):
    made_anew(tmp_path, rows_of(rng.integers(0, 256, (5, 32), dtype=np.uint8)))
    damage(tmp_path)
    with pytest.raises(Damaged):
        load(tmp_path, KEY)


def test_an_index_json_that_somebody_wrote_is_refused(tmp_path, rng):
    """All of its segments are sound; that it names them is not believed."""
    made_anew(tmp_path, rows_of(rng.integers(0, 256, (5, 32), dtype=np.uint8)), {"last": 1})
    outer = json.loads((tmp_path / "index.json").read_text())
    outer["body"] = outer["body"].replace('"last": 1', '"last": 2')
    (tmp_path / "index.json").write_text(json.dumps(outer))
    with pytest.raises(Damaged, match="this ledger did not write it"):
        load(tmp_path, KEY)


def test_segment_names_cannot_lead_out_of_the_folder(tmp_path, rng):
    folder = tmp_path / "index"
    made_anew(folder, rows_of(rng.integers(0, 256, (5, 32), dtype=np.uint8)))
    (segment,) = folder.glob("segment-*")
    segment.rename(tmp_path / segment.name)
    body = json.dumps({"segments": [[f"../{segment.name}", "00"]], "source": {}})
    (folder / "index.json").write_text(json.dumps({"body": body, "seal": shards._seal(body, KEY)}))
    with pytest.raises(Damaged, match="names"):
        load(folder, KEY)


def test_no_index_is_not_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path, KEY)


def test_what_a_killed_update_left_is_removed(tmp_path):
    """Half-written files a day later, since somebody may still write one; whole ones that nothing names at once."""
    old, new = tmp_path / "segment-old.hashes.1.partial", tmp_path / "segment-new.hashes.1.partial"
    unnamed = tmp_path / "segment-0123456789abcdef.hashes"
    for left in (old, new, unnamed):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    made_anew(tmp_path, [])
    assert (old.exists(), new.exists(), unnamed.exists()) == (False, True, False)


def test_a_hash_of_another_length_is_refused(tmp_path):
    with pytest.raises(ValueError, match="32 bytes"):
        made_anew(tmp_path, [(1, 0, bytes(31))])


def test_merging_keeps_segments_few_and_rewrites_seldom():
    counts: list[int] = []
    rewritten = 0
    for _ in range(1_000):
        counts.append(1)
        taken = to_merge(counts, 10**9)
        if taken > 1:
            rewritten += sum(counts[-taken:])
            counts[-taken:] = [sum(counts[-taken:])]
    assert len(counts) <= 11
    assert rewritten <= 1_000 * 20
    assert to_merge([60, 60], 100) == 1
