"""Index files: what is written comes back, what is damaged is refused, and a reader never meets half an update."""

from __future__ import annotations

import json
import os
import time
from itertools import pairwise

import numpy as np
import pytest

from provenance.lookup import files, shards
from provenance.lookup.build import update
from provenance.lookup.files import Damaged, read, write
from provenance.lookup.segment import build
from provenance.lookup.shards import load, to_merge

ALGORITHM = "test@1"


def made(rng, rows: int = 300, *, with_bands: bool = False, with_parts: bool = True):
    hashes = rng.integers(0, 256, (rows, 32), dtype=np.uint8)
    parts = rng.integers(0, 28, rows) if with_parts else None
    return hashes, build(hashes, np.arange(rows) + 9, parts, with_bands=with_bands)


def rows_of(hashes, first: int):
    return [(first + i, 0, value.tobytes()) for i, value in enumerate(hashes)]


@pytest.mark.parametrize("rows", [0, 1, 300])
@pytest.mark.parametrize("with_bands", [False, True])
@pytest.mark.parametrize("with_parts", [False, True])
def test_what_is_written_comes_back(tmp_path, rng, rows, with_bands, with_parts):
    hashes, segment = made(rng, rows, with_bands=with_bands, with_parts=with_parts)
    write(tmp_path / "a", segment, ALGORITHM)
    back = read(tmp_path / "a", ALGORITHM)
    assert (back.count, back.base, back.bands is None) == (rows, segment.base, not with_bands)
    for radius in (0, 31, 120):
        one, other = segment.search(hashes[:5], radius), back.search(hashes[:5], radius)
        assert [getattr(one, n).tolist() for n in ("query", "id", "distance", "part")] == [
            getattr(other, n).tolist() for n in ("query", "id", "distance", "part")
        ]
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_any_flipped_byte_is_refused(tmp_path, rng):
    _, segment = made(rng, 5)
    write(tmp_path / "a", segment, ALGORITHM)
    whole = (tmp_path / "a").read_bytes()
    sections = files._header(tmp_path / "a", np.frombuffer(whole, np.uint8), ALGORITHM)[3]
    covered = set(range(512)).union(*(range(place, place + length) for place, length, _ in sections))
    assert len(covered) == 512 + 5 * (32 + 4 + 1)
    for at in sorted(covered):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        (tmp_path / "b").write_bytes(damaged)
        with pytest.raises(Damaged):
            read(tmp_path / "b", ALGORITHM)


def test_a_flipped_byte_in_the_bands_is_refused(tmp_path, rng):
    _, segment = made(rng, with_bands=True)
    write(tmp_path / "a", segment, ALGORITHM)
    whole = bytearray((tmp_path / "a").read_bytes())
    for at in rng.integers(512 + 300 * 37 + 64, len(whole), 30).tolist():
        whole[at] ^= 16
        (tmp_path / "b").write_bytes(whole)
        with pytest.raises(Damaged, match="checksum"):
            read(tmp_path / "b", ALGORITHM)
        whole[at] ^= 16


def test_any_length_but_the_right_one_is_refused(tmp_path, rng):
    _, segment = made(rng, 5)
    write(tmp_path / "a", segment, ALGORITHM)
    whole = (tmp_path / "a").read_bytes()
    for length in [*range(0, len(whole), 7), len(whole) - 1]:
        (tmp_path / "b").write_bytes(whole[:length])
        with pytest.raises(Damaged):
            read(tmp_path / "b", ALGORITHM)
    (tmp_path / "b").write_bytes(whole + b"\0")
    with pytest.raises(Damaged, match="length"):
        read(tmp_path / "b", ALGORITHM)


def test_the_error_says_what_to_do(tmp_path):
    (tmp_path / "a").write_bytes(b"GIF89a" * 200)
    with pytest.raises(Damaged, match=r"the index file .*a: it is no index file.*; it is built anew"):
        read(tmp_path / "a", ALGORITHM)


def test_another_algorithm_or_version_is_refused(tmp_path, rng, monkeypatch):
    _, segment = made(rng)
    write(tmp_path / "a", segment, ALGORITHM)
    with pytest.raises(Damaged, match="another version"):
        read(tmp_path / "a", "test@2")
    monkeypatch.setattr(files, "VERSION", 2)
    with pytest.raises(Damaged, match="another version"):
        read(tmp_path / "a", ALGORITHM)


def test_a_failed_write_leaves_what_was_there(tmp_path, rng, monkeypatch):
    _, segment = made(rng)
    write(tmp_path / "a", segment, ALGORITHM)
    before = (tmp_path / "a").read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a", made(rng, 10)[1], ALGORITHM)
    assert (tmp_path / "a").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_an_index_grows_and_stays_exact(tmp_path, rng, brute, triples):
    hashes = rng.integers(0, 256, (2_000, 32), dtype=np.uint8)
    hashes[1::2] = hashes[::2]
    hashes[1::2, 3] ^= 5
    edges = [0, 1, 3, 700, 701, 1_500, 2_000]
    for number, (start, end) in enumerate(pairwise(edges)):
        index = update(tmp_path, ALGORITHM, {"to": end}, rows_of(hashes[start:end], start), extend=number > 0)
        contents, again = load(tmp_path, ALGORITHM)
        assert contents.source == {"to": end}
        expected = brute(hashes[:end], hashes[:20], 20)
        assert triples(index.search(hashes[:20], 20)) == triples(again.search(hashes[:20], 20)) == expected
    assert sorted(contents.segments) == sorted(file.name for file in tmp_path.glob("segment-*"))
    assert len(contents.segments) < 6


def test_whoever_reads_keeps_what_was_opened(tmp_path, rng):
    hashes = rng.integers(0, 256, (50, 32), dtype=np.uint8)
    update(tmp_path, ALGORITHM, {}, rows_of(hashes, 0), extend=False)
    _, index = load(tmp_path, ALGORITHM)
    update(tmp_path, ALGORITHM, {}, rows_of(hashes[:1], 0), extend=False)
    assert index.search(hashes, 0).id.tolist() == list(range(50))
    assert load(tmp_path, ALGORITHM)[1].count == 1


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
    update(tmp_path, ALGORITHM, {}, rows_of(rng.integers(0, 256, (5, 32), dtype=np.uint8), 0), extend=False)
    damage(tmp_path)
    with pytest.raises(Damaged):
        load(tmp_path, ALGORITHM)


def test_segment_names_cannot_lead_out_of_the_folder(tmp_path, rng):
    folder = tmp_path / "index"
    update(folder, ALGORITHM, {}, rows_of(rng.integers(0, 256, (5, 32), dtype=np.uint8), 0), extend=False)
    (segment,) = folder.glob("segment-*")
    segment.rename(tmp_path / segment.name)
    body = json.dumps({"segments": [f"../{segment.name}"], "source": {}})
    (folder / "index.json").write_text(json.dumps({"body": body, "sha256": shards._digest(body)}))
    with pytest.raises(Damaged, match="names"):
        load(folder, ALGORITHM)


def test_no_index_is_not_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path, ALGORITHM)


def test_what_a_killed_update_left_is_removed_a_day_later(tmp_path, rng):
    old, new = tmp_path / "segment-old.hashes", tmp_path / "segment-new.hashes.1.partial"
    for left in (old, new):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    update(tmp_path, ALGORITHM, {}, [], extend=False)
    assert not old.exists()
    assert new.exists()


def test_a_hash_of_another_length_is_refused(tmp_path):
    with pytest.raises(ValueError, match="32 bytes"):
        update(tmp_path, ALGORITHM, {}, [(1, 0, bytes(31))], extend=False)


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
