"""Exact recall: every hash within the radius is found, by the scan and by the bands, wherever its bits differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.lookup import bands
from provenance.lookup.interface import words_of
from provenance.lookup.segment import build, merged
from provenance.lookup.shards import Shards

ROWS = 3_000


def random_hashes(rng, rows: int = ROWS) -> np.ndarray:
    return rng.integers(0, 256, (rows, 32), dtype=np.uint8)


def segment(hashes: np.ndarray, *, with_bands: bool, base: int = 0):
    return build(hashes, np.arange(len(hashes)) + base, with_bands=with_bands)


def with_planted(rng, flip) -> tuple[np.ndarray, np.ndarray]:
    """Random hashes among which, for one query, there is one at every distance from 0 to 60."""
    hashes = random_hashes(rng)
    query = hashes[0].copy()
    for distance in range(61):
        hashes[distance] = flip(query, rng.choice(256, distance, replace=False))
    return hashes, query[None]


@pytest.mark.parametrize("with_bands", [False, True])
@pytest.mark.parametrize("radius", range(61))
def test_planted_at_every_distance(rng, flip, brute, triples, radius, with_bands):
    hashes, query = with_planted(rng, flip)
    found = triples(segment(hashes, with_bands=with_bands).search(query, radius))
    assert found == brute(hashes, query, radius)
    assert {(0, d, d) for d in range(radius + 1)} <= found


@pytest.mark.parametrize("radius", [0, 1, 15, 16, 30, 31])
def test_bits_that_straddle_the_bands(rng, flip, brute, triples, radius):
    """The worst placings: bits spread evenly, in one band, at the edges of bands, of words, and around the ring."""
    query = random_hashes(rng, 1)[0]
    placings = [
        [band * 16 + step for step in (0, 15) for band in range(16)],
        [band * 16 + step for step in (15, 0) for band in reversed(range(16))],
        list(range(256)),
        list(range(255, -1, -1)),
        [(bit * 8) % 256 + bit // 32 for bit in range(64)],
        [word * 64 + step for step in (0, 63, 15, 16, 31, 32, 47, 48) for word in range(4)],
        [(band * 16 + 8 + step) % 256 for band in range(16) for step in range(2)],
    ]
    near = [flip(query, placing[:count]) for placing in placings for count in range(33) if count <= len(placing)]
    hashes = np.concatenate([near, random_hashes(rng, 4_000)])
    expected = brute(hashes, query[None], radius)
    assert triples(segment(hashes, with_bands=True).search(query[None], radius)) == expected
    assert len(expected) >= radius


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bits=st.sets(st.integers(0, 255), max_size=31), seed=st.integers(0, 2**32 - 1))
def test_any_31_bits_are_bridged_by_the_bands(flip, bits, seed):
    """Among so many strangers that no search by bands falls back on a scan."""
    hashes = STRANGERS.copy()
    query = np.random.default_rng(seed).integers(0, 256, 32, dtype=np.uint8)
    hashes[17] = flip(query, bits)
    made = segment(hashes, with_bands=True)
    hits = made.search(query[None], 31 if len(bits) > 15 else 15)
    assert (17, len(bits)) in set(zip(hits.id.tolist(), hits.distance.tolist(), strict=True))


STRANGERS = np.random.default_rng(5).integers(0, 256, (2_000, 32), dtype=np.uint8)


def test_the_bands_are_used_and_look_at_little(rng, monkeypatch):
    """The test above proves nothing if every search is a scan."""
    hashes = random_hashes(rng, 2_000)
    made = segment(hashes, with_bands=True)
    monkeypatch.setattr(bands, "scan", lambda *_: pytest.fail("a scan"))
    assert made.search(hashes[:50], 31).distance.tolist() == [0] * 50


@pytest.mark.parametrize("with_bands", [False, True])
def test_a_hundred_thousand_copies_of_one_hash(rng, with_bands):
    copies = np.repeat(random_hashes(rng, 1), 100_000, axis=0)
    made = segment(np.concatenate([copies, random_hashes(rng, 10)]), with_bands=with_bands)
    hits = made.search(copies[:1], 31)
    assert np.array_equal(hits.id, np.arange(100_000))
    assert not hits.distance.any()


def test_a_hash_and_its_complement_are_256_bits_apart(rng):
    hashes = random_hashes(rng, 1)
    for with_bands in (False, True):
        made = segment(~hashes, with_bands=with_bands)
        assert len(made.search(hashes, 60)) == 0
        assert made.search(hashes, 256).distance.tolist() == [256]


@pytest.mark.parametrize("rows", [0, 1, 2, 32_767, 32_768, 32_769])
def test_sizes_around_the_block(rng, brute, triples, rows):
    hashes = random_hashes(rng, rows)
    queries = np.concatenate([hashes[-2:], random_hashes(rng, 1)])
    for with_bands in (False, True):
        assert triples(segment(hashes, with_bands=with_bands).search(queries, 40)) == brute(hashes, queries, 40)


@pytest.mark.parametrize("base", [0, 2**32 - 5, 2**32, 2**40])
def test_ids_at_the_edge_of_32_bits(rng, base):
    hashes = random_hashes(rng, 2)
    ids = np.array([base, base + 2**32 - 1])
    made = build(hashes, ids, with_bands=True)
    assert made.search(hashes, 0).id.tolist() == ids.tolist()
    with pytest.raises(ValueError, match="2\\^32"):
        build(hashes, ids + np.array([0, 1]), with_bands=False)
    with pytest.raises(ValueError, match="non-negative"):
        build(hashes, np.array([-1, 0]), with_bands=False)


def test_several_segments_answer_as_one(rng, flip, brute, triples):
    hashes, query = with_planted(rng, flip)
    parts = [segment(hashes[a:b], with_bands=a > 0, base=a) for a, b in ((0, 20), (20, 900), (900, ROWS))]
    shards = Shards(tuple(parts))
    assert shards.count == ROWS
    assert triples(shards.search(query, 31)) == brute(hashes, query, 31)
    assert triples(merged(parts).search(query, 31)) == brute(hashes, query, 31)


def test_no_segment_at_all():
    empty = Shards(())
    assert (empty.count, len(empty.search(np.zeros((1, 32), np.uint8), 31))) == (0, 0)


def test_parts_come_back_with_their_hash(rng):
    hashes = random_hashes(rng, 3)
    made = build(hashes, np.array([7, 7, 8]), np.array([0, 27, 255]), with_bands=True)
    assert merged([made, segment(random_hashes(rng, 1), with_bands=False)]).search(hashes, 0).part.tolist() == [
        0,
        27,
        255,
    ]


@pytest.mark.parametrize("queries", [np.zeros((1, 31), np.uint8), np.zeros(32, np.uint8), np.zeros((1, 32), np.int8)])
def test_queries_of_another_shape_are_refused(queries):
    with pytest.raises(ValueError, match="hashes must be"):
        segment(np.zeros((1, 32), np.uint8), with_bands=True).search(queries, 0)


@pytest.mark.parametrize("radius", [-1, 257])
def test_a_radius_that_is_none_is_refused(radius):
    with pytest.raises(ValueError, match="radius"):
        segment(np.zeros((1, 32), np.uint8), with_bands=True).search(np.zeros((1, 32), np.uint8), radius)


def test_bands_need_rows_in_order(rng):
    with pytest.raises(ValueError, match="sorted"):
        bands.build(words_of(random_hashes(rng, 50)))


def test_agrees_with_faiss(rng, flip):
    faiss = pytest.importorskip("faiss")
    hashes = random_hashes(rng, 20_000)
    queries = np.array([flip(hashes[i], rng.choice(256, int(rng.integers(0, 61)), replace=False)) for i in range(60)])
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    made = segment(hashes, with_bands=True)
    for radius in (15, 31, 60):
        limits, distances, ids = flat.range_search(queries, radius + 1)  # faiss leaves the radius itself out
        expected = {
            (query, int(ids[at]), int(distances[at]))
            for query in range(len(queries))
            for at in range(limits[query], limits[query + 1])
        }
        hits = made.search(queries, radius)
        assert set(zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True)) == expected
        assert len(expected) >= 60 * radius // 80


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1), queries=st.integers(1, 40), radius=st.integers(0, 31), room=st.integers(1, 5_000)
)
def test_many_queries_at_once_find_what_a_plain_look_finds(flip, brute, triples, seed, queries, radius, room):
    """In blocks of any size, with the near hashes of one query among the strangers of another."""
    rng = np.random.default_rng(seed)
    hashes = STRANGERS.copy()
    asked = np.concatenate([random_hashes(rng, queries), hashes[-1:]])
    for row in range(400):
        hashes[row] = flip(asked[row % len(asked)], rng.choice(256, int(rng.integers(0, radius + 2)), replace=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bands, "_CANDIDATES", room)
        patch.setattr(bands, "_QUERIES", 1 + room % 17)
        patch.setattr(bands, "_SCAN_SHARE", 1)
        found = triples(segment(hashes, with_bands=True).search(asked, radius))
    assert found == brute(hashes, asked, radius)
    assert len(found) >= len(asked)


@pytest.mark.parametrize("radius", [0, 15, 31])
def test_one_by_one_and_together_give_the_same(rng, flip, triples, monkeypatch, radius):
    hashes = random_hashes(rng, 2_000)
    asked = np.array([flip(row, rng.choice(256, radius, replace=False)) for row in hashes[:30]])
    made = segment(hashes, with_bands=True)
    together = triples(made.search(asked, radius))
    monkeypatch.setattr(bands, "_search_several", lambda *_: pytest.fail("together"))
    monkeypatch.setattr(bands, "_TOGETHER_FROM", 31)
    assert triples(made.search(asked, radius)) == together
    assert {(number, number, radius) for number in range(30)} <= together


def test_a_million_copies_among_other_queries(rng):
    """One query of the batch is scanned, since its buckets hold nearly all rows; the others are not."""
    copies = np.repeat(random_hashes(rng, 1), 1_000_000, axis=0)
    others = random_hashes(rng, 40)
    made = segment(np.concatenate([copies, others]), with_bands=True)
    hits = made.search(np.concatenate([others[:20], copies[:1], others[20:]]), 31)
    assert (hits.query == 20).sum() == 1_000_000
    assert hits.id[hits.query == 20].tolist() == list(range(1_000_000))
    assert hits.id[hits.query != 20].tolist() == list(range(1_000_000, 1_000_040))
    assert not hits.distance.any()


@pytest.mark.parametrize("with_bands", [False, True])
@pytest.mark.parametrize("radius", [20, 60])
def test_a_search_that_threads_share_answers_as_one(rng, flip, brute, triples, monkeypatch, with_bands, radius):
    """Seven queries over three threads: each numbers its own from 0."""
    hashes = random_hashes(rng)
    queries = np.array([flip(hashes[at], rng.choice(256, 9, replace=False)) for at in (5, 5, 17, 900, 2_999, 8, 1)])
    monkeypatch.setattr("provenance.lookup.segment._WORTH_THREADS", 1)
    monkeypatch.setattr("provenance.lookup.segment.cores", lambda: 3)
    found = triples(segment(hashes, with_bands=with_bands).search(queries, radius))
    assert found == brute(hashes, queries, radius)
    assert {(number, row, 9) for number, row in enumerate((5, 5, 17, 900, 2_999, 8, 1))} <= found


@pytest.mark.parametrize("radius", [0, 31, 60, 256])
def test_faiss_and_threads_answer_alike(rng, flip, brute, triples, monkeypatch, radius):
    """More queries and more rows than a block has, with hits on both sides of the seam."""
    hashes = random_hashes(rng, 33_000 if radius < 256 else 50)
    near = [0, 32_767, 32_768, 32_999] if radius < 256 else [0, 49]
    queries = np.concatenate(
        [[flip(hashes[at], rng.choice(256, min(radius, 60), replace=False)) for at in near], random_hashes(rng, 36)]
    )
    made = segment(hashes, with_bands=False)
    monkeypatch.setattr("provenance.lookup.segment._WORTH_THREADS", 1)
    by_faiss = triples(made.search(queries, radius))
    monkeypatch.setattr("provenance.lookup.accelerated.faiss", lambda: None)
    assert by_faiss == triples(made.search(queries, radius))
    assert {(number, row, min(radius, 60)) for number, row in enumerate(near)} <= by_faiss
