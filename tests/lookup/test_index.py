"""The index of a ledger: extended by what is new, and built anew when it cannot be trusted."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

import bare_ledger
from pictures import encoded, photo
from provenance.copies.find import Finder
from provenance.copies.index import folder_of, keep_up, open_index, place_and_window, rebuild
from provenance.errors import LedgerError
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.read import read_image
from provenance.fingerprint.windows import ABSENT, WINDOWS, WINDOWS_BEFORE
from provenance.ledger import erasures, schema
from provenance.ledger.database import Database
from provenance.ledger.secret import secret_of
from provenance.lookup.build import Update, bring_up
from provenance.lookup.files import Key
from provenance.lookup.shards import Contents, load, save

STARTED = 1_700_000_000_000_000


@pytest.fixture
def database(ledger_url, tmp_path, monkeypatch):
    """A ledger of one scan, on each engine in turn, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened = Database.open(ledger_url)
    with opened.writing() as connection:
        bare_ledger.one_scan(connection, started_at=STARTED)
    yield opened
    opened.close()


def add(database, number: int, value: bytes, *, algorithm: str = EXACT, quality: int = 80, sha: bytes | None = None):
    with database.writing() as connection:
        bare_ledger.contents(connection, [(number, sha or number.to_bytes(32, "big"))])
    add_again(database, number, value, algorithm=algorithm, quality=quality)


def add_again(database, number: int, value: bytes, *, algorithm: str, quality: int = 80, place: str = ""):
    with database.writing() as connection:
        bare_ledger.fingerprints(connection, [(number, algorithm, place, value, quality)])


def key_of(database) -> Key:
    with database.reading() as connection:
        return Key(secret_of(connection), "phash256@1")


def value(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(32)


def ids(database) -> list[int]:
    """Every content that the index holds, by searching for everything."""
    return open_index(database).index.search(np.zeros((1, 32), np.uint8), 256).id.tolist()


def test_it_lies_beside_the_ledger(tmp_path):
    opened = Database.open(tmp_path / "ledger.db")
    open_index(opened)
    opened.close()
    assert (tmp_path / "ledger.db.index" / "index.json").is_file()


def test_it_is_extended_by_what_is_new(database):
    add(database, 1, value(1))
    assert ids(database) == [1]
    (first,) = folder_of(database).glob("segment-*")
    stamp = first.stat()
    assert ids(database) == [1]
    assert first.stat() == stamp
    add(database, 2, value(2))
    assert sorted(ids(database)) == [1, 2]


def test_only_comparable_hashes_above_the_gate_are_held(database):
    add(database, 1, value(1), quality=50)
    add(database, 2, value(2), quality=49)
    add(database, 3, value(3), algorithm=DRAFT)
    add(database, 4, value(4), algorithm="something-else@1")
    assert sorted(ids(database)) == [1, 3]


def test_windows_are_held_with_their_number(database):
    add(database, 5, ABSENT + value(1) + ABSENT + value(2), algorithm=WINDOWS)
    hits = open_index(database).index.search(np.frombuffer(value(1) + value(2), np.uint8).reshape(2, 32), 0)
    assert (hits.id.tolist(), hits.part.tolist()) == ([5, 5], [2, 4])


def test_every_place_of_a_content_is_held_and_found_by_its_name(database):
    add(database, 1, value(1))
    add_again(database, 1, value(2), algorithm=EXACT, place="frame:7")
    add_again(database, 1, ABSENT + value(3), algorithm=WINDOWS, place="frame:7")
    add_again(database, 1, value(4), algorithm=EXACT, place="page:9999/on-white")
    index = open_index(database).index
    found = {}
    for number in (1, 2, 3, 4):
        hits = index.search(np.frombuffer(value(number), np.uint8).reshape(1, 32), 0)
        assert hits.id.tolist() == [1]
        found[number] = place_and_window(int(hits.part[0]))
    assert found == {1: ("", 0), 2: ("frame:7", 0), 3: ("frame:7", 2), 4: ("page:9999/on-white", 0)}


def test_a_place_that_is_none_is_an_error_and_not_left_out(database):
    add(database, 1, value(1))
    add_again(database, 1, value(2), algorithm=EXACT, place="somewhere")
    with pytest.raises(LedgerError, match="content 1 is damaged"):
        open_index(database)


def test_windows_of_an_older_ledger_are_searched_and_newer_ones_stand_for_them(database):
    add(database, 1, value(1), algorithm=WINDOWS_BEFORE)
    add(database, 2, value(2), algorithm=WINDOWS_BEFORE)
    add_again(database, 2, value(3), algorithm=WINDOWS)
    hits = open_index(database).index.search(np.frombuffer(value(1) + value(3), np.uint8).reshape(2, 32), 0)
    assert (hits.id.tolist(), hits.part.tolist()) == ([1, 2], [1, 1])
    assert open_index(database).index.count == 2


def planted(database, tmp_path, number: int) -> None:
    """An index of this ledger's shape that somebody else wrote, in place of its own."""
    bring_up(
        folder_of(database),
        Key(bytes(32), "phash256@1"),
        lambda _: Update({}, [(number, 0, value(number))], anew=True),
    )


def test_an_index_that_somebody_planted_is_not_believed(database, tmp_path):
    add(database, 1, value(1))
    open_index(database)
    planted(database, tmp_path, 7)
    opened = open_index(database)
    assert "this ledger did not write it" in (opened.note or "")
    assert opened.index.search(np.zeros((1, 32), np.uint8), 256).id.tolist() == [1]


def test_an_index_of_a_copy_of_the_ledger_is_not_believed(tmp_path):
    """The copy has the secret too, and somebody may have changed its fingerprints before they built the index."""
    with contextlib.closing(Database.open(tmp_path / "own.db")) as own:
        with own.writing() as connection:
            bare_ledger.one_scan(connection, started_at=STARTED)
        add(own, 1, value(1))
        open_index(own)
    shutil.copy(tmp_path / "own.db", tmp_path / "copy.db")
    with contextlib.closing(Database.open(tmp_path / "copy.db")) as copy:
        with copy.writing() as connection:
            connection.execute(sa.update(schema.fingerprint).values(value=value(9)))
        open_index(copy)
        shutil.rmtree(tmp_path / "own.db.index")
        shutil.copytree(folder_of(copy), tmp_path / "own.db.index")
    with contextlib.closing(Database.open(tmp_path / "own.db")) as own:
        brought = open_index(own)
        assert "this ledger did not write it" in (brought.note or "")
        hits = brought.index.search(np.frombuffer(value(1), np.uint8).reshape(1, 32), 0)
        assert hits.id.tolist() == [1]


def test_an_index_of_another_ledger_is_not_believed(tmp_path):
    """Though everything that it says of itself is the same."""
    opened = []
    for name in ("one", "other"):
        database = Database.open(tmp_path / f"{name}.db")
        with database.writing() as connection:
            bare_ledger.one_scan(connection, started_at=STARTED)
        add(database, 1, value(1) if name == "one" else value(2), sha=bytes(32))
        open_index(database)
        opened.append(database)
    one, other = opened
    for path in folder_of(other).iterdir():
        path.unlink()
    for path in folder_of(one).iterdir():
        path.rename(folder_of(other) / path.name)
    brought = open_index(other)
    assert brought.note is not None
    assert brought.index.search(np.frombuffer(value(2), np.uint8).reshape(1, 32), 0).id.tolist() == [1]
    for database in opened:
        database.close()


def test_a_changed_block_is_built_anew_in_the_middle_of_a_search(database):
    """The finder opened the index before it was changed, and has used nothing of it yet."""
    data = encoded(photo(1))
    (reading, *_) = read_image(data).fingerprints
    add(database, 1, reading.value, algorithm=reading.algorithm)
    with database.writing() as connection:
        bare_ledger.items(connection, [(1, True)])
    open_index(database)
    (segment,) = folder_of(database).glob("segment-*")
    changed = bytearray(segment.read_bytes())
    changed[513] ^= 1
    segment.write_bytes(changed)
    finder = Finder(database)
    assert finder.note is None
    assert [match.distance <= 12 for match in finder.find(data).matches] == [True]
    assert "a block of it was changed" in (finder.note or "")
    assert open_index(database).note is None


@pytest.mark.parametrize("qualities", [(80, 80), (80, 0), (0, 80), (0, 0)])
def test_a_content_with_two_hashes_is_held_once_by_the_exact_one_if_it_can_be(database, qualities):
    exact, draft = qualities
    add(database, 1, value(1), algorithm=DRAFT, quality=draft)
    add_again(database, 1, value(2), algorithm=EXACT, quality=exact)
    hits = open_index(database).index.search(np.frombuffer(value(2), np.uint8).reshape(1, 32), 256)
    assert hits.id.tolist() == ([1] if any(qualities) else [])
    if any(qualities):
        assert (hits.distance[0] == 0) == (exact == 80)


def test_a_fingerprint_that_is_added_later_is_found(database):
    add(database, 1, value(1), algorithm=DRAFT)
    add(database, 2, value(2))
    assert sorted(ids(database)) == [1, 2]
    add_again(database, 1, value(3) + ABSENT, algorithm=WINDOWS)
    assert sorted(ids(database)) == [1, 1, 2]


def test_what_was_erased_leaves_the_index_though_as_much_was_added(database):
    for number in (1, 2, 3):
        add(database, number, value(number))
    assert sorted(ids(database)) == [1, 2, 3]
    with database.writing() as connection:
        connection.execute(sa.delete(schema.fingerprint).where(schema.fingerprint.c.content_id == 2))
        connection.execute(sa.delete(schema.content).where(schema.content.c.id == 2))
    add_again(database, 1, value(4), algorithm=WINDOWS)
    assert sorted(ids(database)) == [1, 1, 3]


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_what_the_ledger_erased_leaves_the_index(database, gone):
    for number in (1, 2, 3):
        add(database, number, value(number))
    assert len(ids(database)) == 3
    with database.writing() as connection:
        doomed = ((schema.fingerprint, [gone]), (schema.content, [gone]))
        erasures.discard(connection, doomed, cause="a test", by="AB", at=datetime.now(UTC))
    assert sorted(ids(database)) == sorted({1, 2, 3} - {gone})
    (segment,) = folder_of(database).glob("segment-*")
    for number in (1, 2, 3):
        words = [value(number)[at : at + 8] in segment.read_bytes() for at in range(0, 32, 8)]
        assert words == [number != gone] * 4


def asked(database) -> list[str]:
    """The statements by which the index is opened."""
    told: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        told.append(" ".join(statement.lower().split()))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    open_index(database)
    sa.event.remove(database.engine, "before_cursor_execute", note)
    return told


def test_where_nothing_was_added_since_nothing_that_grows_is_read(database):
    """However many pictures there are: a withdrawal opens the index, and takes effect within a second."""
    add(database, 1, value(1))
    assert ids(database) == [1]
    assert not [one for one in asked(database) if "from content" in one or "from fingerprint" in one]
    add(database, 2, value(2))
    assert [one for one in asked(database) if "count(" in one and "from content" in one]
    assert sorted(ids(database)) == [1, 2]


def test_an_index_from_before_the_ends_of_tables_were_kept_in_it_goes_on_being_used(database):
    add(database, 1, value(1))
    open_index(database)
    folder = folder_of(database)
    with database.reading() as connection:
        path = database.engine.url.database
        inode = str(Path(path).stat().st_ino) if database.is_sqlite else ""
        key = Key(hmac.digest(secret_of(connection), inode.encode(), "sha256"), "phash256@1")
    contents, _ = load(folder, key)
    older = {name: told for name, told in contents.source.items() if name != "heads"}
    save(folder, Contents(contents.segments, older), key)
    (first,) = folder.glob("segment-*")
    assert ids(database) == [1]
    assert [first] == list(folder.glob("segment-*"))
    add(database, 2, value(2))
    assert sorted(ids(database)) == [1, 2]


def test_another_content_under_the_last_ones_number(database):
    add(database, 1, value(1))
    assert ids(database) == [1]
    with database.writing() as connection:
        connection.execute(sa.delete(schema.fingerprint))
        connection.execute(sa.delete(schema.content))
    add(database, 1, value(9), sha=b"other".ljust(32))
    hits = open_index(database).index.search(np.frombuffer(value(9), np.uint8).reshape(1, 32), 0)
    assert hits.id.tolist() == [1]


def test_a_damaged_index_is_named_and_built_anew(database):
    add(database, 1, value(1))
    open_index(database)
    (segment,) = folder_of(database).glob("segment-*")
    segment.write_bytes(segment.read_bytes()[:-1])
    opened = open_index(database)
    assert "it is built anew" in (opened.note or "")
    assert opened.index.count == 1
    assert open_index(database).note is None


def test_where_the_folder_cannot_be_written_it_is_held_in_memory(database):
    folder_of(database).parent.mkdir(parents=True, exist_ok=True)
    folder_of(database).write_text("a file is in the way")
    add(database, 1, value(1))
    assert ids(database) == [1]
    add(database, 2, value(2))
    assert sorted(ids(database)) == [1, 2]


@pytest.mark.parametrize("algorithm", [EXACT, WINDOWS])
def test_a_fingerprint_of_another_length_is_an_error_and_not_left_out(database, algorithm):
    add(database, 1, bytes(31), algorithm=algorithm)
    with pytest.raises(LedgerError, match="content 1 is damaged"):
        open_index(database)


def test_a_server_ledger_keeps_its_index_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    class Server:
        is_sqlite = False

        class engine:  # noqa: N801
            url = sa.make_url("postgresql+psycopg://me:secret@db.example/ledger")

    folder = folder_of(Server())
    assert folder.parent == tmp_path / "provenance"
    assert "secret" not in str(folder)


def test_a_hundred_and_twenty_thousand_contents(database):
    """Enough for bands."""
    rows = 120_000
    values = np.random.default_rng(3).bytes(32 * rows)
    with database.writing() as connection:
        bare_ledger.contents(connection, ((i, i.to_bytes(32, "big")) for i in range(1, rows + 1)))
        bare_ledger.fingerprints(
            connection, ((i, EXACT, "", values[32 * i - 32 : 32 * i], 80) for i in range(1, rows + 1))
        )
    index = open_index(database).index
    assert [segment.bands is not None for segment in index.segments] == [True]
    for wanted in (1, 777, rows):
        query = np.frombuffer(values[32 * wanted - 32 : 32 * wanted], np.uint8).reshape(1, 32).copy()
        query[0, ::2] ^= 1
        hits = index.search(query, 31)
        assert (hits.id.tolist(), hits.distance.tolist()) == ([wanted], [16])
    assert Finder(database).find(b"").matches == ()


def test_whoever_reads_while_it_grows_meets_the_state_before_or_after(tmp_path):
    """Readers in this thread, updates in another; every update merges segments and removes the files before."""
    folder, key = tmp_path / "index", Key(bytes(32), "test@1")
    rows = [(number, 0, value(number)) for number in range(40)]
    bring_up(folder, key, lambda _: Update({}, rows[:1], anew=True))
    writer = threading.Thread(
        target=lambda: [bring_up(folder, key, lambda _, row=row: Update({}, [row])) for row in rows[1:]], daemon=True
    )
    writer.start()
    counts = []
    while writer.is_alive() or not counts:
        counts.append(load(folder, key)[1].count)
    assert counts == sorted(counts)
    assert load(folder, key)[1].count == 40


def test_a_scan_leaves_an_index_that_is_up_to_date(workspace):
    for number in (1, 2):
        workspace.add(f"{number}.png", encoded(photo(number)))
        assert workspace.run(*workspace.scan_arguments()).status == 0
        opened = Database.open(workspace.root / "ledger.db")
        folder = folder_of(opened)
        body = json.loads(json.loads((folder / "index.json").read_text())["body"])
        assert (body["source"]["last"], body["source"]["fingerprints"] >= number) == (number, True)
        before = (folder / "index.json").stat()
        assert open_index(opened).note is None
        assert (folder / "index.json").stat() == before
        opened.close()


def test_a_scan_does_not_fail_with_its_index(workspace):
    (workspace.root / "ledger.db.index").write_text("a file is in the way")
    workspace.add("1.png", encoded(photo(1)))
    assert workspace.run(*workspace.scan_arguments()).status == 0


def test_keeping_up_says_what_went_wrong_and_raises_nothing(database):
    add(database, 1, bytes(31))
    assert "content 1 is damaged" in (keep_up(database) or "")
    with database.writing() as connection:
        connection.execute(sa.update(schema.fingerprint).values(value=value(1)))
    assert keep_up(database) is None
    assert ids(database) == [1]


def test_an_index_that_is_built_anew_holds_what_the_ledger_holds(database):
    """Also where the one on disk says that it is up to date."""
    add(database, 1, value(1))
    bring_up(folder_of(database), key_of(database), lambda _: Update({}, [(7, 0, value(7))], anew=True))
    rebuild(database)
    assert ids(database) == [1]
    assert open_index(database).note is None


GROW = """
import sys
from pathlib import Path
from provenance.lookup.build import Update, bring_up
from provenance.lookup.files import Key

folder, first = Path(sys.argv[1]), int(sys.argv[2])
for number in range(first, first + 20):
    note = bring_up(folder, Key(bytes(32), "test@1"), lambda _: Update({}, [(number, 0, bytes([number]) * 32)])).note
    assert note is None, note
"""


def test_two_processes_that_extend_at_once_lose_nothing_and_refuse_nothing(tmp_path):
    folder, key = tmp_path / "index", Key(bytes(32), "test@1")
    bring_up(folder, key, lambda _: Update({}, [(0, 0, value(0))], anew=True))
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = ([sys.executable, "-c", GROW, folder, str(first)] for first in (100, 200))
    writers = [subprocess.Popen(one, env=env, stderr=subprocess.PIPE) for one in arguments]
    assert [(writer.communicate(timeout=120)[1], writer.returncode) for writer in writers] == [(b"", 0)] * 2
    found = load(folder, key)[1].search(np.zeros((1, 32), np.uint8), 256).id.tolist()
    assert sorted(found) == [0, *range(100, 120), *range(200, 220)]


def test_two_scans_that_keep_up_at_once_lose_nothing(database):
    """Whatever the race leaves, the next search has every content."""
    for number in range(1, 21):
        add(database, number, value(number))
        both = [threading.Thread(target=keep_up, args=(database,)) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert sorted(ids(database)) == list(range(1, number + 1))


def test_an_index_that_cannot_be_built_anew_is_an_error(database):
    folder_of(database).parent.mkdir(parents=True, exist_ok=True)
    folder_of(database).write_text("a file is in the way")
    with pytest.raises(LedgerError, match="cannot be written"):
        rebuild(database)
