"""Lists held against a ledger: the same contents are found whichever side asks, however often it is interrupted."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import provenance as pv
from pictures import encoded, photo
from provenance.copies import screen as screens
from provenance.copies.index import PHASH, rows_of
from provenance.copies.screen import Load, list_asks, screen, take
from provenance.errors import LedgerError, RowErrors, UsageError
from provenance.ledger import lists, schema, screening
from provenance.ledger.database import Database
from provenance.lookup.hashlists import HashType, ListPurpose, parse_list
from provenance.run.progress import Silent

STRANGERS = [hashlib.sha256(f"stranger {n}".encode()).hexdigest() for n in range(400)]


def flipped(value: bytes, bits: int) -> str:
    """The hash with its first bits, one of each two, flipped."""
    unpacked = np.unpackbits(np.frombuffer(value, np.uint8))
    unpacked[: 2 * bits : 2] ^= 1
    return np.packbits(unpacked).tobytes().hex()


@pytest.fixture
def held(ledger_url, tmp_path):
    """A ledger of eight photographs and a file that is none, on each engine."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed in range(8):
        (photos / f"{seed}.png").write_bytes(encoded(photo(seed)))
    (photos / "broken.png").write_bytes(b"no picture")
    with pv.open(ledger_url) as ledger:
        ledger.scan(photos)
    database = Database.open(ledger_url)
    yield database
    database.close()


def whole(database: Database) -> dict[int, bytes]:
    """The hash of the whole picture of each content."""
    with database.reading() as connection:
        return {content: value for content, part, value in rows_of(connection, PHASH, 0, 99) if part == 0}


def listed(database: Database) -> list[tuple[int, int, int, int]]:
    table = schema.list_match.c
    with database.reading() as connection:
        rows = connection.execute(sa.select(table.list_id, table.content_id, table.line, table.distance))
        return sorted(tuple(row) for row in rows)


def add(database: Database, path, kind: HashType, purpose: ListPurpose = ListPurpose.SUPPRESSION, **more):
    how = {"name": None, "radius": 31, "replace": True, "progress": Silent(), **more}
    return take(database, path, kind, purpose, **how)


def digest_of(database: Database, content: int) -> str:
    with database.reading() as connection:
        query = sa.select(schema.content.c.sha256).where(schema.content.c.id == content)
        return bytes(connection.execute(query).scalar_one()).hex()


def test_one_line_against_many_images_and_many_lines_against_few(held, listing):
    """The same bytes are found, with the first line that names them, whichever side is smaller."""
    digest = digest_of(held, 3)
    one = add(held, listing("one", [digest]), HashType.SHA256)
    many = add(held, listing("many", [*STRANGERS, digest, digest]), HashType.SHA256)
    assert listed(held) == [(one.id, 3, 1, 0), (many.id, 3, 401, 0)]


def test_a_picture_is_on_a_list_up_to_the_radius_and_not_beyond(held, listing):
    prints = whole(held)
    near = add(held, listing("near", [flipped(prints[2], 31)]), HashType.PHASH256)
    add(held, listing("beyond", [flipped(prints[2], 32)]), HashType.PHASH256)
    assert listed(held) == [(near.id, 2, 1, 31)]
    wide = add(held, listing("beyond", [flipped(prints[2], 32)]), HashType.PHASH256, radius=32)
    assert listed(held) == [(near.id, 2, 1, 31), (wide.id, 2, 1, 32)]


def test_of_several_lines_the_nearest_counts_and_of_equals_the_first(held, listing):
    value = whole(held)[1]
    lines = [flipped(value, 9), flipped(value, 4), flipped(value, 4), flipped(value, 20)]
    short = add(held, listing("short", lines), HashType.PHASH256)
    long = add(held, listing("long", [*STRANGERS, *lines]), HashType.PHASH256)
    assert listed(held) == [(short.id, 1, 2, 4), (long.id, 1, 402, 4)]


def test_a_stored_window_meets_a_list_as_the_whole_picture_does(held, listing):
    with held.reading() as connection:
        content, _, window = next(row for row in rows_of(connection, PHASH, 0, 99) if row[1] > 0)
    stored = add(held, listing("crop", [window.hex()]), HashType.PHASH256)
    assert (stored.id, content, 1, 0) in listed(held)


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("kind", [HashType.SHA256, HashType.PHASH256])
def test_both_sides_find_the_same_a_batch_at_a_time(held, listing, monkeypatch, asks, kind):
    monkeypatch.setattr(screens, "list_asks", lambda *_: asks)
    monkeypatch.setattr(screens, "BATCH", 2)
    monkeypatch.setattr(screens, "_DIGESTS", 2)
    monkeypatch.setattr(screens, "_SEGMENT_CHUNKS", 2)
    monkeypatch.setattr(lists, "CHUNK", 3)
    prints = whole(held)
    named = sorted(prints)[::2]
    hashes = [digest_of(held, n) if kind is HashType.SHA256 else flipped(prints[n], 5) for n in named]
    lines = [line for pair in zip(STRANGERS, hashes, strict=False) for line in (*pair, pair[1])]
    stored = add(held, listing("list", lines), kind)
    distance = 0 if kind is HashType.SHA256 else 5
    assert listed(held) == [(stored.id, content, 3 * place + 2, distance) for place, content in enumerate(named)]


class Stop(Silent):
    """Interrupts when the first batch is done."""

    def advance(self, count: int = 1) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("asks", [True, False])
def test_an_interrupted_screening_goes_on_where_it_stopped(held, listing, monkeypatch, asks):
    monkeypatch.setattr(screens, "list_asks", lambda *_: asks)
    monkeypatch.setattr(screens, "BATCH", 2)
    monkeypatch.setattr(lists, "CHUNK", 2)
    prints = whole(held)
    path = listing("list", [flipped(prints[n], 3) for n in sorted(prints)])
    with pytest.raises(KeyboardInterrupt):
        add(held, path, HashType.PHASH256, progress=Stop())
    with held.reading() as connection:
        (stored,) = lists.current(connection)
        state = screening.screening(connection, stored.id)
        assert (state.chunk, state.upto) == ((1, 0) if asks else (0, 2))
        with pytest.raises(LedgerError, match="while it is judged"):
            screening.require_screened(connection, "ledger", [1])
    assert len(listed(held)) == 2
    steps = 0
    while screens.step(held, stored, Silent()):
        steps += 1
    assert len(listed(held)) == len(prints)
    assert steps == (3 if asks else 4)  # 8 lines, or 9 contents, of which two each are done
    with held.reading() as connection:
        screening.require_screened(connection, "ledger", [1])


def test_with_nothing_new_nothing_is_written(held, listing):
    stored = add(held, listing("list", [digest_of(held, 1)]), HashType.SHA256)
    assert not screens.step(held, stored, Silent())
    with held.reading() as connection:
        before = screening.screening(connection, stored.id)
    screen(held, Stop())  # would be interrupted if it did anything
    with held.reading() as connection:
        assert screening.screening(connection, stored.id) == before


def test_what_was_forgotten_meanwhile_is_not_taken_for_done(held, listing):
    """Fingerprints that come while a batch is compared were not in it."""
    stored = add(held, listing("list", [digest_of(held, 1)]), HashType.SHA256)
    with held.writing() as connection:
        before = screening.screening(connection, stored.id)
        screening.forget_screening(connection)
    with held.writing() as connection:
        after = replace(before, upto=before.upto + 1)
        assert not screening.record(connection, stored, {2: screening.ListMatch(0, 1)}, before=before, after=after)
        assert screening.screening(connection, stored.id).upto == 0
    assert [row[1] for row in listed(held)] == [1, 2]  # what was found stays
    screen(held, Silent())
    with held.reading() as connection:
        assert screening.screening(connection, stored.id).upto == screening.newest_content(connection)


def test_a_list_succeeds_the_one_of_its_name_and_the_same_one_changes_nothing(held, listing):
    first = add(held, listing("list", [digest_of(held, 1)]), HashType.SHA256)
    assert add(held, listing("list", [digest_of(held, 1)]), HashType.SHA256) == first
    second = add(held, listing("list", [digest_of(held, 2), STRANGERS[0]]), HashType.SHA256)
    with held.reading() as connection:
        assert lists.current(connection) == (second,)
        assert lists.wanted_kinds(connection) == {HashType.SHA256}
        assert screening.on_list_now(connection) == {second.id: 1}
        ends = connection.execute(sa.select(schema.list_end.c.list_id, schema.list_end.c.successor_id)).all()
        assert [tuple(end) for end in ends] == [(first.id, second.id)]
    retired = lists.retire_list(held, "list")
    assert retired == second
    with held.reading() as connection:
        assert lists.current(connection) == ()
        assert screening.on_list_now(connection) == {}
        kept = connection.execute(sa.select(sa.func.count()).select_from(schema.hash_list)).scalar_one()
        assert kept == 2
    with pytest.raises(UsageError, match="no current list is called list"):
        lists.retire_list(held, "list")


@pytest.mark.parametrize("kind", [HashType.SHA256, HashType.PHASH256])
def test_a_list_comes_out_as_it_went_in(held, listing, monkeypatch, kind):
    monkeypatch.setattr(lists, "CHUNK", 7)
    lines = (
        STRANGERS[:40]
        if kind is HashType.SHA256
        else [f"{h},{50 + n}" if n % 2 else h for n, h in enumerate(STRANGERS[:40])]
    )
    stored = add(held, listing("list", lines), kind)
    with held.reading() as connection:
        out = [value.hex() + ("" if q is None else f",{q}") for value, q in lists.entries(connection, stored)]
    assert out == lines


def test_flat_entries_are_counted_and_met_by_nothing(held, listing):
    value = whole(held)[1].hex()
    stored = add(held, listing("list", [f"{value},49", f"{STRANGERS[0]},50"]), HashType.PHASH256)
    assert (stored.entries, stored.low_quality, listed(held)) == (1, 1, [])


def test_a_faulty_list_is_refused_whole(held, listing):
    with pytest.raises(RowErrors, match="list:2"):
        add(held, listing("list", [STRANGERS[0], "x" * 64]), HashType.SHA256)
    with pytest.raises(pv.ProvenanceError, match="no hash that can be compared"):
        add(held, listing("flat", [f"{STRANGERS[0]},10"]), HashType.PDQ)
    with pytest.raises(UsageError, match="radius"):
        add(held, listing("list", STRANGERS), HashType.PHASH256, radius=61)
    with pytest.raises(UsageError, match="cannot be called"):
        add(held, listing("list", STRANGERS), HashType.PHASH256, name="")
    with held.reading() as connection:
        assert lists.current(connection) == ()
        assert lists.wanted_kinds(connection) == frozenset()


def test_who_asks():
    """Equally large sides cost the same; a large index makes asking it dearer, so that fewer lines may ask."""
    assert list_asks(10, Load(pending=10, held=10))
    assert not list_asks(11, Load(pending=10, held=10))
    assert not list_asks(1_000, Load(pending=1_000, held=10**9))
    assert list_asks(1, Load(pending=1_000, held=10**9))


@given(
    st.lists(st.lists(st.sampled_from((0, 1, 255)), min_size=32, max_size=32).map(bytes), min_size=1, max_size=30),
    st.integers(1, 5),
    st.data(),
)
@settings(max_examples=25, deadline=None)
def test_digests_are_looked_up_as_in_a_dictionary(hashes, size, data):
    """Whatever zeros they hold, however often they are named, and wherever a chunk ends."""
    hashes += data.draw(st.lists(st.sampled_from(hashes), max_size=5))
    database = Database.open("sqlite://")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "CHUNK", size)
        text = "".join(f"{value.hex()}\n" for value in hashes).encode()
        given_list = parse_list(io.BytesIO(text), HashType.SHA256, name="list")
        stored = lists.take_list(database, given_list, name="list", purpose=ListPurpose.ILLEGAL)
    first: dict[bytes, int] = {}
    for line, value in enumerate(hashes, start=1):
        first.setdefault(value, line)
    with database.reading() as connection:
        found = lists.Digests(connection, stored.id).lines(connection, [*first, bytes([7]) * 32])
    database.close()
    assert found == first
