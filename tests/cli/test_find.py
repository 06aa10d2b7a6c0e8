"""`provenance find` from end to end: what it finds, what it does not, its formats and its exit status."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw, ImageOps

from pictures import encoded, photo
from provenance.copies import find as finding
from provenance.copies.find import Meeting
from provenance.fingerprint.alignment import Agreement
from provenance.fingerprint.variants import View


@pytest.fixture
def held(workspace):
    """A ledger of ten photographs."""
    for number in range(10):
        workspace.add(f"img/{number:02}.png", encoded(photo(number)))
    assert workspace.run("scan", workspace.photos, "--ledger", workspace.ledger).status == 0
    return workspace


def find(workspace, *photos, form: str = "jsonl"):
    return workspace.run("find", "--ledger", workspace.ledger, "--format", form, *photos)


def query(workspace, name: str, data: bytes) -> str:
    (workspace.root / name).write_bytes(data)
    return name


def test_the_very_file_is_found_whatever_it_is_called(held):
    data = encoded(photo(3))
    done = find(held, query(held, "shot.png", data))
    assert done.status == 0
    (answer,) = done.verdicts
    assert answer["query"] == "shot.png"
    assert answer["searched"] == 10
    assert answer["exact_within"] == 60
    (match,) = answer["matches"]
    assert match["item"] == "img/03.png"
    assert match["collection"] == "photos"
    assert match["sha256"] == hashlib.sha256(data).hexdigest()
    assert (match["distance"], match["band"], match["same_bytes"]) == (0, "match", True)


EDITS = {
    "jpeg": (lambda p: p, "none"),
    "half": (lambda p: p.resize((120, 90)), "none"),
    "grey": (ImageOps.grayscale, "none"),
    "mirrored": (ImageOps.mirror, "flip-horizontal"),
    "upside down": (lambda p: p.rotate(180), "rotate-180"),
    "quarter turn": (lambda p: p.transpose(Image.Transpose.ROTATE_90), "rotate-270"),
    "framed": (lambda p: ImageOps.expand(p, 20, "white"), "none"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_found(held, edit):
    change, turn = EDITS[edit]
    done = find(held, query(held, "shot.jpg", encoded(change(photo(5)), "JPEG", quality=70)))
    assert done.status == 0
    match = done.verdicts[0]["matches"][0]
    assert (match["item"], match["band"], match["same_bytes"]) == ("img/05.png", "match", False)
    assert match["turn"] == turn
    assert [m["item"] for m in done.verdicts[0]["matches"] if m["band"] == "match"] == ["img/05.png"]


@pytest.mark.parametrize("corner", [(0, 0), (150, 112)])
def test_a_crop_is_found_by_the_stored_windows_alone(workspace, corner):
    """Three quarters of the width and of the height, cut at a corner: too little for the hash of the whole."""
    workspace.add("a.jpg", encoded(photo(21, (600, 450)), "JPEG"))
    workspace.add("b.jpg", encoded(photo(22, (600, 450)), "JPEG"))
    left, top = corner
    crop = photo(21, (600, 450)).crop((left, top, left + 450, top + 338))
    name = query(workspace, "crop.jpg", encoded(crop, "JPEG"))
    workspace.run("scan", workspace.photos, "--ledger", workspace.ledger, "--no-windows")
    assert find(workspace, name).status == 1
    workspace.run("scan", workspace.photos, "--ledger", workspace.ledger)
    (match,) = find(workspace, name).verdicts[0]["matches"]
    assert (match["item"], match["band"], match["turn"]) == ("a.jpg", "match", "none")
    assert match["held_window"] != "full"
    assert match["agreement"]["hashes"] >= 1
    assert match["agreement"]["distance"] <= 50


@pytest.mark.parametrize(
    ("distance", "agreement", "band"),
    [
        (31, None, "match"),
        (32, None, "review"),
        (31, Agreement(20, 20), "match"),
        (60, Agreement(20, 20), "match"),
        (60, Agreement(1, 59), "review"),
        (31, Agreement(1, 59), "match"),
        (31, Agreement(20, 75), "match"),
        (31, Agreement(20, 120), "review"),
        (32, Agreement(20, 120), None),
    ],
)
def test_what_the_other_windows_make_of_a_meeting(distance, agreement, band):
    """Agreement lifts a meeting into the nearest band; what they speak against falls by one, and out beyond it."""
    met = Meeting(distance, View("none", (0.0, 0.0, 0.5, 0.5), 0.0, b""), 3, agreement=agreement)
    assert met.tier == band
    assert met.refuted is (band is None)


def test_images_that_their_other_windows_speak_against_are_counted(held, monkeypatch):
    """Strangers that meet by one window are rare, so one is put in the place of what was met."""
    met = Meeting(32, View("none", (0.0, 0.0, 0.5, 0.5), 0.0, b""), 3, agreement=Agreement(20, 120))
    monkeypatch.setattr(finding, "_checked", lambda *_: {1: met, 2: replace(met, distance=31)})
    answer = find(held, query(held, "other.png", encoded(photo(99)))).verdicts[0]
    assert answer["refuted"] == 1
    assert [one["band"] for one in answer["matches"]] == ["review"]


def test_a_stranger_is_not_found(held):
    done = find(held, query(held, "other.png", encoded(photo(99))))
    assert done.status == 1
    assert done.verdicts[0]["matches"] == []
    assert done.verdicts[0]["exact_within"] == 60


def test_every_copy_is_found_and_the_nearest_comes_first(held):
    held.add("copy/a.jpg", encoded(photo(2), "JPEG", quality=50))
    held.add("copy/b.png", encoded(photo(2)))
    held.run("scan", held.photos, "--ledger", held.ledger)
    done = find(held, query(held, "q.png", encoded(photo(2))))
    matches = done.verdicts[0]["matches"]
    assert {m["item"] for m in matches} == {"img/02.png", "copy/a.jpg", "copy/b.png"}
    assert [m["same_bytes"] for m in matches] == [True, True, False]
    assert [m["distance"] for m in matches] == sorted(m["distance"] for m in matches)
    assert done.verdicts[0]["searched"] == 12


def test_what_was_removed_from_the_collection_is_not_named(held):
    (held.photos / "img/04.png").unlink()
    held.run("scan", held.photos, "--ledger", held.ledger)
    done = find(held, query(held, "q.png", encoded(photo(4))))
    assert done.status == 1
    assert done.verdicts[0]["searched"] == 9


def test_what_is_scanned_later_is_found(held):
    assert find(held, query(held, "q.png", encoded(photo(50)))).status == 1
    held.add("late.png", encoded(photo(50)))
    held.run("scan", held.photos, "--ledger", held.ledger)
    assert find(held, query(held, "q.jpg", encoded(photo(50), "JPEG"))).verdicts[0]["matches"][0]["item"] == "late.png"


def test_a_new_ledger_in_the_old_ones_place_does_not_answer_from_the_old_index(held):
    """The same number of pictures and the same last one: only the first scan's time tells the ledgers apart."""
    assert find(held, query(held, "q.png", encoded(photo(0)))).status == 0
    for file in held.root.glob("ledger.db*"):
        if file.is_file():
            file.unlink()
    held.add("img/00.png", encoded(photo(77)))
    held.run("scan", held.photos, "--ledger", held.ledger)
    assert find(held, query(held, "q.jpg", encoded(photo(0), "JPEG"))).status == 1
    assert find(held, query(held, "n.jpg", encoded(photo(77), "JPEG"))).status == 0


PLAIN = {
    "black": Image.new("RGB", (200, 200)),
    "white": Image.new("RGB", (200, 200), "white"),
    "ramp": Image.linear_gradient("L"),
    "tiny": photo(8, (9, 7)),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_pictures_meet_only_their_very_bytes(held, kind):
    for name, picture in PLAIN.items():
        held.add(f"plain/{name}.png", encoded(picture))
    held.run("scan", held.photos, "--ledger", held.ledger)
    other = find(held, query(held, "q.bmp", encoded(PLAIN[kind], "BMP")))
    assert other.verdicts[0]["matches"] == []
    assert other.verdicts[0]["exact_within"] == 0
    assert other.verdicts[0]["by_bytes_only"] == 4
    assert other.status == 1
    same = find(held, query(held, "q.png", encoded(PLAIN[kind])))
    assert [m["item"] for m in same.verdicts[0]["matches"]] == [f"plain/{kind}.png"]


def test_a_thumbnail_inside_the_file_is_not_the_picture(held):
    """A file whose EXIF thumbnail shows a held photograph while the picture is another one."""
    thumbnail = encoded(photo(6).resize((160, 120)), "JPEG")
    exif = Image.Exif()
    tiff = exif.tobytes()[6:] or b"II*\0\x08\0\0\0\0\0\0\0\0\0"
    ifd0 = b"II*\0\x08\0\0\0" + b"\0\0" + (14).to_bytes(4, "little")
    entries = [(0x103, 3, 6), (0x201, 4, 14 + 2 + 36 + 4), (0x202, 4, len(thumbnail))]
    ifd1 = (3).to_bytes(2, "little") + b"".join(
        tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")
        for tag, kind, value in entries
    )
    tiff = ifd0 + ifd1 + bytes(4) + thumbnail
    data = encoded(photo(60), "JPEG", exif=b"Exif\0\0" + tiff)
    assert thumbnail in data
    assert find(held, query(held, "q.jpg", data)).verdicts[0]["matches"] == []


def test_many_photos_come_out_in_order_with_one_status(held):
    names = [query(held, f"{n}.jpg", encoded(photo(n), "JPEG")) for n in (1, 99, 7)]
    done = find(held, *names)
    assert done.status == 0
    assert [answer["query"] for answer in done.verdicts] == names
    assert [bool(answer["matches"]) for answer in done.verdicts] == [True, False, True]


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_paths_are_read_from_standard_input(held, arguments):
    query(held, "a b.jpg", encoded(photo(1), "JPEG"))
    with held.start("find", "--ledger", "ledger.db", "--format", "jsonl", *arguments, stdin=-1) as process:
        out, _ = process.communicate(b"a b.jpg\r\nimg-missing.jpg\n", timeout=60)
    (answer,) = map(json.loads, out.splitlines())
    assert answer["query"] == "a b.jpg"
    assert answer["matches"][0]["item"] == "img/01.png"
    assert process.returncode == 2  # the second path names no file


def test_no_photo_at_all_is_an_error(held):
    with held.start("find", "--ledger", "ledger.db", stdin=-1) as process:
        _, err = process.communicate(b"", timeout=60)
    assert process.returncode == 2
    assert err.startswith(b"error: no photo was named")


@pytest.mark.parametrize("name", ["missing.png", "photos", "noise.jpg", "empty.png", "bomb.png"])
def test_what_cannot_be_looked_for_is_an_error_and_not_an_absence(held, name):
    query(held, "noise.jpg", b"\xff\xd8\xff" + bytes(range(256)))
    query(held, "empty.png", b"")
    query(held, "bomb.png", encoded(Image.new("1", (20_000, 20_000))))
    done = find(held, name, query(held, "good.jpg", encoded(photo(1), "JPEG")))
    assert done.status == 2
    assert done.err.startswith("error: ")
    assert done.verdicts[-1]["matches"][0]["item"] == "img/01.png"
    for answer in done.verdicts[:-1]:
        assert answer["matches"] == []
        assert answer["exact_within"] == 0
        assert answer["problem"]["kind"]


def test_an_undecodable_file_that_is_held_is_found_by_its_bytes(held):
    held.add("broken.jpg", b"\xff\xd8\xff" + bytes(range(256)))
    held.run("scan", held.photos, "--ledger", held.ledger)
    done = find(held, query(held, "q.jpg", b"\xff\xd8\xff" + bytes(range(256))))
    assert done.status == 0
    assert done.verdicts[0]["matches"][0]["item"] == "broken.jpg"


def test_a_smaller_radius_finds_less(held):
    marked = photo(9)  # in the middle, which every stored window shows
    ImageDraw.Draw(marked).rectangle((110, 87, 130, 93), fill="white")
    name = query(held, "q.jpg", encoded(marked, "JPEG"))
    (match,) = find(held, name).verdicts[0]["matches"]
    distance = match["distance"]
    assert 0 < distance <= 60
    assert match["band"] == ("match" if distance <= 31 or match["agreement"]["distance"] <= 50 else "review")
    at = held.run("find", "--ledger", held.ledger, "--format", "jsonl", "--radius", str(distance), name)
    below = held.run("find", "--ledger", held.ledger, "--format", "jsonl", "--radius", str(distance - 1), name)
    assert (at.status, at.verdicts[0]["exact_within"]) == (0, distance)
    assert (below.status, below.verdicts[0]["exact_within"]) == (1, distance - 1)


def test_the_photo_is_not_kept_and_the_ledger_not_changed(held):
    find(held, query(held, "first.jpg", encoded(photo(1), "JPEG")))
    before = {file: file.read_bytes() for file in held.root.rglob("*") if file.is_file()}
    find(held, "first.jpg")
    after = {file: file.read_bytes() for file in held.root.rglob("*") if file.is_file()}
    assert {f.name for f in set(after) ^ set(before)} <= {"ledger.db-wal", "ledger.db-shm"}
    assert all(after[file] == data for file, data in before.items() if file in after and "db-" not in file.name)


def test_a_damaged_index_is_named_and_built_anew(held):
    name = query(held, "q.jpg", encoded(photo(1), "JPEG"))
    assert find(held, name).err == ""
    (segment,) = (held.root / "ledger.db.index").glob("segment-*")
    data = bytearray(segment.read_bytes())
    data[700] ^= 1
    segment.write_bytes(data)
    done = find(held, name)
    assert done.status == 0
    assert done.err.count("a block of it was changed") == 1
    assert find(held, name).err == ""


def test_without_a_ledger(workspace):
    done = workspace.run("find", "x.png")
    assert done.status == 2
    assert "there is no ledger" in done.err


def test_an_empty_ledger(workspace):
    from provenance.api import Ledger

    Ledger.open(workspace.ledger).close()
    done = find(workspace, query(workspace, "q.png", encoded(photo(1))))
    assert done.status == 1
    assert done.verdicts[0]["searched"] == 0


def test_table_says_how_a_copy_was_met_and_steers_no_terminal(held):
    held.add(b"img/\x1b[2J.png", encoded(photo(30)))
    held.run("scan", held.photos, "--ledger", held.ledger)
    done = find(held, query(held, "q\x1b.jpg", encoded(ImageOps.mirror(photo(30)), "JPEG")), form="table")
    assert done.status == 0
    assert "flip-horizontal" in done.out
    assert "\x1b" not in done.out


def test_a_name_that_the_locale_cannot_write(held):
    """The degree sign and the name are written in UTF-8 all the same."""
    held.add("img/été.png", encoded(photo(40, (300, 225))))
    held.run("scan", held.photos, "--ledger", held.ledger)
    tilted = photo(40, (300, 225)).rotate(4, Image.Resampling.BICUBIC)
    query(held, "tilted.png", encoded(tilted))
    held.env.update({"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"})
    done = held.process("find", "--ledger", "ledger.db", "tilted.png")
    assert done.status == 0, done.err
    assert "img/été.png" in done.out
    assert "straightened by" in done.out
    assert "°" in done.out


def test_library_call(held):
    from provenance.api import Ledger

    data = encoded(photo(1), "JPEG")
    name = query(held, "q.jpg", data)
    with Ledger.open(held.ledger) as ledger:
        by_bytes, by_path = ledger.find(data), ledger.find(name)
        assert by_bytes == by_path
        assert by_bytes.sha256 == hashlib.sha256(data).digest()
        assert [match.item for match in by_bytes.matches] == ["img/01.png"]
        with pytest.raises(ValueError, match="radius"):
            ledger.find(data, radius=61)


ASKED = (
    "--account", "lab", "--recipient", "Lab", "--purpose", "MODEL_TRAINING", "--jurisdiction", "CA", "--by", "A. Lee",
)  # fmt: skip


def test_a_search_on_behalf_of_somebody_is_limited_and_recorded(held):
    named = query(held, "shot.png", encoded(photo(3)))
    ledger = ("--ledger", held.ledger)
    refused = find(held, *ASKED, named)
    assert (refused.status, refused.verdicts) == (2, [])
    assert "there is no account lab" in refused.err
    opened = ("accounts", "add", "lab", "--kind", "organisation", "--by", "A. Lee", *ledger)
    assert held.run(*opened).status == 0
    done = find(held, *ASKED, named)
    assert [match["item"] for match in done.verdicts[0]["matches"]] == ["img/03.png"]
    traced = held.run("trace", "--item", "img/03.png", "--format", "json", *ledger)
    assert '"kind": "search"' in traced.out
    assert "Lab" in traced.out


def test_a_note_without_an_account_is_refused(held):
    done = find(held, "--note", "for Ann", query(held, "shot.png", encoded(photo(3))))
    assert (done.status, done.verdicts) == (2, [])
    assert "name their --account" in done.err


@pytest.mark.parametrize("left_out", range(0, len(ASKED), 2))
def test_a_search_on_behalf_of_somebody_lacks_nothing(held, left_out):
    given = ASKED[:left_out] + ASKED[left_out + 2 :]
    done = find(held, *given, query(held, "shot.png", encoded(photo(3))))
    assert (done.status, done.verdicts) == (2, [])
    assert f"lacks {ASKED[left_out]}" in done.err
