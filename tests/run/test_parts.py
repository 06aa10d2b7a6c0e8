"""What a file holds beside its first picture is compared, held up until it was, and found by its place."""

from __future__ import annotations

import io
import json
import sqlite3

import imagehash
import pytest
from PIL import Image

import provenance as pv
from pictures import encoded, photo
from provenance.copies.find import Finder
from provenance.fingerprint.places import named
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.ledger import fingerprints, schema
from provenance.ledger.database import Database


def film(*seeds: int, kind: str = "TIFF") -> bytes:
    """Pictures as the pages of a file."""
    pages = [photo(seed, (96, 72)) for seed in seeds]
    return encoded(pages[0], kind, save_all=True, append_images=pages[1:])


def scan(workspace, *flags):
    ran = workspace.run(*workspace.scan_arguments(*flags))
    assert ran.status == 0, ran.err
    return ran.err


def held_up(workspace) -> list[bool]:
    """Whether each current image's facts say that a part of it was not compared."""
    with sqlite3.connect(workspace.ledger) as ledger:
        rows = ledger.execute(
            "SELECT facts FROM item JOIN profile ON profile.id = profile_id WHERE current ORDER BY key"
        ).fetchall()
    return [json.loads(facts).get("part_not_compared", False) for (facts,) in rows]


def left_out(workspace) -> list[str]:
    """Every row that says what of a content has no fingerprint."""
    with sqlite3.connect(workspace.ledger) as ledger:
        return [parts for (parts,) in ledger.execute("SELECT parts FROM not_compared ORDER BY id")]


def items(workspace) -> list[tuple]:
    with sqlite3.connect(workspace.ledger) as ledger:
        return ledger.execute("SELECT * FROM item ORDER BY id").fetchall()


def places(workspace) -> list[str]:
    with sqlite3.connect(workspace.ledger) as ledger:
        return [place for (place,) in ledger.execute("SELECT DISTINCT place FROM fingerprint ORDER BY place")]


def test_an_image_is_held_up_until_every_frame_was_compared(workspace):
    workspace.add("long.tif", film(*range(20)))
    workspace.add("short.tif", film(50, 51))
    workspace.clear("long.tif", "short.tif")
    scan(workspace)
    assert (held_up(workspace), left_out(workspace)) == ([True, False], ["4 of 20 pages"])
    assert "0 read" in scan(workspace)
    assert held_up(workspace) == [True, False]
    assert "1 read" in scan(workspace, "--all-frames")
    assert (held_up(workspace), left_out(workspace)) == ([False, False], ["4 of 20 pages", ""])
    assert len([place for place in places(workspace) if place.startswith("page:")]) == 19
    before = items(workspace)
    assert "0 read" in scan(workspace, "--all-frames")
    assert "0 read" in scan(workspace)
    assert items(workspace) == before


def test_what_is_held_up_stays_so_when_only_the_row_changes(workspace, row):
    workspace.add("long.tif", film(*range(20)))
    workspace.clear("long.tif")
    scan(workspace)
    workspace.declare([row("long.tif", licence="CC-BY-4.0")])
    assert "0 read" in scan(workspace)
    assert held_up(workspace) == [True]


def test_the_same_file_in_another_place_is_freed_where_it_is_scanned_whole(workspace):
    for name in ("a/long.tif", "b/long.tif"):
        workspace.add(name, film(*range(20)))
    workspace.clear("a/long.tif", "b/long.tif")
    scan(workspace)
    assert held_up(workspace) == [True, True]
    scan(workspace, "--all-frames")
    assert held_up(workspace) == [False, False]


def test_a_film_behind_a_photograph_stays_held_up(workspace):
    """No flag helps: somebody has to look."""
    behind = b"\0\0\0\x14ftypmp42\0\0\0\0isom" + b"\0\0\x0f\xa8mdat" + bytes(4_000)
    workspace.add("moving.jpg", encoded(photo(1), "JPEG") + behind)
    workspace.clear("moving.jpg")
    scan(workspace)
    assert held_up(workspace) == [True]
    before = items(workspace)
    scan(workspace, "--all-frames")
    assert held_up(workspace) == [True]
    assert items(workspace) == before


def test_contents_of_an_older_ledger_are_looked_at_whole_at_the_next_scan(workspace):
    """A migration notes that nothing but the first picture of them was looked at."""
    workspace.add("film.tif", film(1, 2, 3))
    workspace.clear("film.tif")
    scan(workspace)
    with sqlite3.connect(workspace.ledger) as ledger:
        ledger.execute("DELETE FROM fingerprint WHERE place != ''")
    database = Database.open(workspace.ledger)
    with database.writing() as connection:
        fingerprints.store_not_compared(connection, [(1, (fingerprints.UNSEEN,))])
    database.close()
    assert "1 read" in scan(workspace)
    assert places(workspace) == ["", "page:2", "page:3"]
    assert left_out(workspace) == [fingerprints.UNSEEN, ""]
    assert "0 read" in scan(workspace)


@pytest.mark.parametrize("first", ["the list", "the image"])
def test_a_list_meets_any_page_and_says_which(workspace, first):
    listed = workspace.root / "listed.txt"
    listed.write_text(str(imagehash.phash(photo(3, (96, 72)), hash_size=16)) + "\n")

    def add_list():
        ran = workspace.run(
            "lists", "add", listed, "--kind", "phash256", "--for", "suppression", "--ledger", workspace.ledger
        )
        assert ran.status == 0, ran.err

    workspace.add("film.tif", film(1, 2, 3))
    workspace.add("other.tif", film(4, 5))
    workspace.clear("film.tif", "other.tif")
    if first == "the list":
        scan(workspace)
        add_list()
    else:
        add_list()
        scan(workspace)
    with pv.open(workspace.ledger) as ledger:
        ledger.finder()
    with sqlite3.connect(workspace.ledger) as ledger:
        matches = ledger.execute("SELECT content_id, line, distance, place FROM list_match").fetchall()
    assert [(content, line, named(place)) for content, line, _, place in matches] == [(1, 1, "page:3")]
    assert matches[0][2] <= 12


def test_find_meets_any_page_and_says_which(workspace):
    workspace.add("film.tif", film(1, 2, 3))
    workspace.add("still.png", encoded(photo(9, (96, 72))))
    workspace.clear("film.tif", "still.png")
    scan(workspace)
    shot = workspace.root / "shot.jpg"
    photo(2, (96, 72)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(shot, quality=80)
    ran = workspace.run("find", shot, "--ledger", workspace.ledger, "--format", "jsonl")
    (match,) = json.loads(ran.out)["matches"]
    assert (match["item"], match["place"], match["turn"]) == ("film.tif", "page:2", "flip-horizontal")
    assert match["band"] == "match"
    shown = workspace.run("find", shot, "--ledger", workspace.ledger)
    assert "its page:2" in shown.out


def test_find_takes_a_hash_that_somebody_has(workspace):
    workspace.add("film.tif", film(1, 2))
    workspace.clear("film.tif")
    scan(workspace)
    theirs = imagehash.phash(photo(2, (96, 72)), hash_size=16)
    database = Database.open(workspace.ledger)
    finder = Finder(database)
    for given in (theirs, str(theirs), str(theirs).upper()):
        found = finder.find_hash(given)
        assert [(match.item, match.place, match.distance <= 12) for match in found.matches] == [
            ("film.tif", "page:2", True)
        ]
        assert (found.exact_within, found.sha256, found.searched) == (60, b"", 1)
    assert finder.find_hash("0f" * 32, radius=0).matches == ()
    database.close()
    with pv.open(workspace.ledger) as ledger:
        assert [match.item for match in ledger.find_hash(theirs).matches] == ["film.tif"]


def test_duplicates_join_files_by_any_of_their_pictures_and_say_which(workspace):
    workspace.add("film.tif", film(1, 2, 3))
    workspace.add("page.png", encoded(photo(3, (96, 72))))
    workspace.add("stranger.png", encoded(photo(9, (96, 72))))
    workspace.clear("film.tif", "page.png", "stranger.png")
    scan(workspace)
    with pv.open(workspace.ledger) as ledger, ledger.duplicates() as found:
        (group,) = found.groups
        assert [(copy.item, copy.place) for copy in group.copies] == [("film.tif", ""), ("page.png", "")]
        assert group.copies[1].distance <= 12
        assert found.complete


def test_a_transparency_that_changes_the_picture_is_met_by_a_list(workspace):
    drawn = Image.new("RGBA", (96, 72))
    drawn.putalpha(photo(7, (96, 72)).convert("L").point([255 - level for level in range(256)]))
    workspace.add("drawn.png", encoded(drawn))
    workspace.clear("drawn.png")
    scan(workspace)
    shown = io.BytesIO()
    photo(7, (96, 72)).convert("L").save(shown, "PNG")
    value = read_image(shown.getvalue(), Wanted(exact=True, windows=False)).fingerprints[0].value
    database = Database.open(workspace.ledger)
    assert [match.place for match in Finder(database).find_hash(value.hex()).matches] == ["on-white"]
    with database.reading() as connection:
        assert fingerprints.kinds(connection, [1]) == {1: {"phash256-draft@1", "phash256-windows@2"}}
        assert connection.execute(schema.not_compared.select()).all() == []
    database.close()
