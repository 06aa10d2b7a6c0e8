"""Erasure: nothing of what was erased is left in any file, it stays out, and the ledger still proves itself."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from provenance.api import Ledger
from provenance.copies.index import folder_of
from provenance.ledger import looked_over, looks, reviews
from provenance.ledger.rebuild import rebuild
from provenance.ledger.schema import metadata
from provenance.ledger.verify import verify
from provenance.model import Look, Review
from provenance.rights.about import About
from provenance.rights.terms import Kept
from provenance.vocabulary import Decision, PersonsStatus

from .conftest import People, again, framed, photo
from .test_requests import A, ask, blocked


def traces(people: People) -> list[bytes]:
    """What the ledger knows of `a0.png` before the erasure, as bytes that can be found in a file."""
    digest = hashlib.sha256((people.photos / "a0.png").read_bytes())
    with people.ledger._database.reading() as connection:
        content = connection.execute(
            sa.text("SELECT id FROM content WHERE sha256 = :d"), {"d": digest.digest()}
        ).scalar_one()
        prints = connection.execute(sa.text("SELECT value FROM fingerprint WHERE content_id = :c"), {"c": content})
        values = [bytes(value)[:32] for value in prints.scalars()]
    return [b"a0.png", b"the caption of a0", b"https://photos.example/a0.png", digest.digest(), *values]


def held_bytes(people: People) -> bytes:
    """Everything in the ledger and its index: SQLite's files as they lie, of PostgreSQL every value of every table."""
    database = people.ledger._database
    index = b"".join(path.read_bytes() for path in sorted(folder_of(database).rglob("*")) if path.is_file())
    if database.is_sqlite:
        return index + b"".join(path.read_bytes() for path in people.root.glob("a ledger*.db*") if path.is_file())
    found = [index]
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\0".join(found)


def problems(ledger: Ledger) -> list[object]:
    with ledger._database.reading() as connection:
        return list(verify(connection))


def test_what_was_erased_is_nowhere_in_the_files(people: People) -> None:
    people.decisions()
    people.ledger.find(people.photos / "a0.png")
    known = traces(people)
    before = held_bytes(people)
    assert [trace for trace in known if trace not in before] == []
    filed = ask(people, "erase", items=("a0.png",))
    erased = people.ledger.rights.erase(filed.request.ref, by="AB")
    assert erased.erasure.images == 1
    assert erased.files == (f"{people.photos.as_uri()}/a0.png",)
    after = held_bytes(people)
    wanted = known[:3]  # digest and hashes stay among what is kept out
    assert [trace for trace in wanted if trace in after] == []
    assert problems(people.ledger) == []


def test_what_was_said_about_an_image_before_it_was_erased_is_nowhere_either(people: People) -> None:
    """Orders, terms, requests, verdicts with reasons of their own, and a near-duplicate's that names it."""
    name, person = "the-gala-of-1999.png", "p1-7781"
    (people.photos / name).write_bytes(photo(300))
    (people.photos / "crop.jpg").write_bytes(again(photo(300), keep=0.8))
    people.scan(
        [*people.rows(), people.shows(name, person), people.shows("crop.jpg")],
        [people.consent(ref, f"record-of-{ref}") for ref in ("p1", "p2", person)],
    )
    shown = people.root / "order.pdf"
    shown.write_bytes(b"%PDF an order")
    rights = people.ledger.rights
    rights.order("P-1", About(items=(name,)), authority="OIPC", evidence=shown, by="AB")
    people.decisions()
    rights.lift_order("P-1", by="AB", reason="set aside")
    until = datetime(2040, 1, 1, tzinfo=UTC)
    for about in ({"item": name}, {"record": f"record-of-{person}"}):
        people.ledger.duties.keep_until(Kept(until, "as the bride asked", "AB", **about))
    ask(people, "withdraw", persons=(person,))
    ask(people, "restrict", items=(name,))
    people.decisions()
    said = [b"the-gala-of-1999", b"p1-7781", b"as the bride asked"]
    before = held_bytes(people)
    assert [text for text in said if text not in before] == []
    rights.erase(ask(people, "erase", persons=(person,), items=(name,)).request.ref, by="AB")
    after = held_bytes(people)
    assert [text for text in said if text in after] == []
    assert problems(people.ledger) == []
    assert [order.targets for order in rights.orders()] == [()]
    (people.photos / name).unlink()
    people.scan([*people.rows(), people.shows("crop.jpg")], [people.consent(ref, f"r-{ref}") for ref in ("p1", "p2")])
    assert people.decisions()["crop.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")
    assert people.decisions()["b0.png"][0] == "ALLOW"
    assert problems(people.ledger) == []


@pytest.mark.parametrize("name", ["a b.png", "(1).png", 'a"b.png', "a,b.png", "a;b.png"])
def test_a_short_name_of_any_letters_is_nowhere_either(people: People, name: str) -> None:
    """What an order was about is told in words: also a name of several, or with a letter that JSON spells otherwise."""
    for seed, one in enumerate((name, "c d.png"), start=300):
        (people.photos / one).write_bytes(photo(seed))
    people.scan([*people.rows(), people.shows(name), people.shows("c d.png")])
    shown = people.root / "order.pdf"
    shown.write_bytes(b"%PDF an order")
    rights = people.ledger.rights
    for ref, about in (("P-1", name), ("P-2", "c d.png")):
        rights.order(ref, About(items=(about,)), authority="OIPC", evidence=shown, by="AB")
    rights.erase(ask(people, "erase", items=(name,)).request.ref, by="AB")
    assert [order.targets for order in rights.orders()] == [(), ("item c d.png",)]
    assert problems(people.ledger) == []


def test_a_person_s_erasure_takes_their_records_and_leaves_everybody_else_s(people: People) -> None:
    people.decisions()
    filed = ask(people, "erase", persons=("p1",))
    assert filed.request.targets == ("1 person",)
    erased = people.ledger.rights.erase(filed.request.ref, by="AB")
    assert erased.erasure.images == 4
    assert {"item": 4, "content": 4, "person": 1, "record": 1}.items() <= dict(erased.erasure.rows).items()
    with people.ledger._database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM person WHERE ref = 'p1'")).scalar_one() == 0
        assert connection.execute(sa.text("SELECT count(*) FROM record WHERE record_id = 'r1'")).scalar_one() == 0
        texts = connection.execute(sa.text("SELECT row FROM declaration")).scalars().all()
    assert not [text for text in texts if "caption of a" in text]
    assert problems(people.ledger) == []
    for name in A:
        (people.photos / name).unlink()
    people.scan([row for row in people.rows() if row["file_name"] not in A], [people.consent("p2", "r2")])
    assert blocked(people) == set()
    assert problems(people.ledger) == []


@pytest.mark.parametrize("earlier", ["withdraw", "object", "restrict"])
def test_a_person_who_said_no_before_is_erased_too(people: People, earlier: str) -> None:
    """The refusal that was recorded for them is a record without evidence, beside one that has some."""
    ask(people, earlier, persons=("p1",))
    erased = people.ledger.rights.erase(ask(people, "erase", persons=("p1",)).request.ref, by="AB")
    assert {"item": 4, "person": 1, "record": 2}.items() <= dict(erased.erasure.rows).items()
    assert b"p1" not in b" ".join(row.encode() for row in texts(people, "SELECT ref FROM person"))
    assert problems(people.ledger) == []
    assert blocked(people) >= A


def texts(people: People, query: str) -> list[str]:
    with people.ledger._database.reading() as connection:
        return [str(value) for value in connection.execute(sa.text(query)).scalars()]


def test_a_photo_erased_last_month_that_comes_back_with_a_fresh_record_is_blocked(people: People) -> None:
    """Re-encoded, resized and lightly cropped, under another pseudonym, with a valid consent."""
    original = people.photos / "a0.png"
    data = original.read_bytes()
    filed = ask(people, "erase", items=("a0.png",))
    people.ledger.rights.erase(filed.request.ref, by="AB")
    original.unlink()
    (people.photos / "fresh.jpg").write_bytes(again(data, keep=0.93, scale=0.6, quality=70))
    rows = [row for row in people.rows() if row["file_name"] != "a0.png"]
    fresh = people.shows("fresh.jpg", "p7")
    people.scan([*rows, fresh], [people.consent(ref, f"r{ref}") for ref in ("p1", "p2", "p7")])
    decisions = people.decisions()
    assert decisions["fresh.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")
    assert {name for name, (decision, _) in decisions.items() if decision != "ALLOW"} == {"fresh.jpg"}
    again_erased = people.ledger.rights.erase(filed.request.ref, by="AB")
    assert again_erased.erasure.images == 1
    assert problems(people.ledger) == []


@pytest.mark.parametrize(
    ("keep", "corner", "mirrored"),
    [(0.97, "top", False), (0.93, "bottom", True), (0.86, "top", True), (1.0, "top", True)],
)
def test_whatever_comes_back_of_an_erased_image_is_met(
    people: People, keep: float, corner: str, mirrored: bool
) -> None:
    data = (people.photos / "a0.png").read_bytes()
    filed = ask(people, "erase", items=("a0.png",))
    people.ledger.rights.erase(filed.request.ref, by="AB")
    (people.photos / "a0.png").unlink()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = round(picture.width * keep), round(picture.height * keep)
    left, top = (0, 0) if corner == "top" else (picture.width - width, picture.height - height)
    cut = picture.crop((left, top, left + width, top + height)).resize((width // 2, height // 2))
    turned = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else cut
    turned.save(people.photos / "back.jpg", quality=75)
    people.scan([*people.rows()[1:], people.shows("back.jpg")])
    assert people.decisions()["back.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")


@pytest.mark.parametrize(("side", "colour"), [(6, "black"), (12, "white"), (20, "black"), (26, "grey")])
def test_a_frame_around_an_erased_picture_does_not_hide_it(people: People, side: int, colour: str) -> None:
    """Nor does it hide others: the same frame around another picture is no reason against that one."""
    data = (people.photos / "a0.png").read_bytes()
    filed = ask(people, "erase", items=("a0.png",))
    people.ledger.rights.erase(filed.request.ref, by="AB")
    (people.photos / "a0.png").unlink()
    (people.photos / "back.jpg").write_bytes(framed(data, side=side, colour=colour))
    (people.photos / "other.jpg").write_bytes(framed(photo(77), side=side, colour=colour))
    people.scan([*people.rows()[1:], people.shows("back.jpg"), people.shows("other.jpg")])
    assert people.decisions()["back.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")
    assert people.decisions()["other.jpg"][0] == "ALLOW"


def test_an_erasure_by_photo_alone_reaches_what_is_held_and_what_comes(people: People) -> None:
    shot = people.root / "shot.jpg"
    shot.write_bytes(again(photo(8), scale=0.9))  # n0.png
    filed = ask(people, "erase", photos=(shot,))
    assert people.ledger.rights.erase(filed.request.ref, by="AB").erasure.images == 1
    (people.photos / "n0.png").unlink()
    (people.photos / "cut.jpg").write_bytes(again(photo(8), keep=0.9, scale=1.3))
    rows = [row for row in people.rows() if row["file_name"] != "n0.png"]
    people.scan([*rows, people.shows("cut.jpg")])
    assert people.decisions()["cut.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")


def test_numbers_of_erased_rows_do_not_come_again(people: People) -> None:
    last = people.ledger.rights.file("erase", About(items=("n1.png",)), requester="T", by="AB")
    people.ledger.rights.erase(last.request.ref, by="AB")
    (people.photos / "new.png").write_bytes(photo(500))
    people.scan([*people.rows(), people.shows("new.png")])
    assert problems(people.ledger) == []


def test_a_ledger_with_erasures_can_be_derived_anew(people: People) -> None:
    filed = ask(people, "erase", persons=("p1",))
    people.ledger.rights.erase(filed.request.ref, by="AB")
    for name in A:
        (people.photos / name).unlink()
    with people.ledger._database.writing() as connection:
        rebuild(connection)
    people.scan([row for row in people.rows() if row["file_name"] not in A], [people.consent("p2", "r2")])
    assert blocked(people) == set()
    assert problems(people.ledger) == []


def test_the_proof_names_what_went_and_the_log_that_holds_it(people: People, tmp_path: Path) -> None:
    filed = ask(people, "erase", items=("a0.png",))
    erased = people.ledger.rights.erase(filed.request.ref, by="AB")
    proof = json.loads(json.dumps(erased.proof))
    assert (proof["cause"], proof["images"], proof["by"]) == ("request Q-1", 1, "AB")
    assert "a0.png" not in json.dumps(proof)
    with people.ledger._database.reading() as connection:
        from provenance.ledger import log

        assert log.root(connection, proof["log"]["size"]).hex() == proof["log"]["root"]


def test_what_reviewers_said_of_an_image_goes_with_it(people: People) -> None:
    from provenance.ledger import schema
    from provenance.ledger.append import append

    digest = hashlib.sha256((people.photos / "a0.png").read_bytes()).digest()
    with people.ledger._database.writing() as connection:
        content = connection.execute(sa.text("SELECT id FROM content WHERE sha256 = :d"), {"d": digest}).scalar_one()
        columns = ("content_id", "reviewer", "at", "persons_status", "synthetic", "sensitive", "reason", "file", "line")
        append(connection, schema.look, columns, [(content, "CD", 1, "PRESENT", False, False, "a woman", "", 0)])
        append(connection, schema.look_end, ("look_id", "at", "by", "reason"), [(1, 2, "CD", "a mistake")])
        columns = (
            "finding", "sha256", "code", "decision", "reviewer", "at", "expires_on", "reason", "ticket", "file", "line",
        )  # fmt: skip
        row = ("f", digest, "BASIS_MISSING", "ALLOW", "CD", 1, 20270101, "she is Jane", "", "", 0)
        append(connection, schema.review, columns, [row])
    filed = ask(people, "erase", items=("a0.png",))
    erased = people.ledger.rights.erase(filed.request.ref, by="AB")
    assert {"look": 1, "look_end": 1, "review": 1}.items() <= dict(erased.erasure.rows).items()
    assert b"she is Jane" not in held_bytes(people)
    assert problems(people.ledger) == []


def test_what_people_said_of_an_erased_picture_goes_with_it_also_where_they_took_it_back(people: People) -> None:
    people.decisions()
    digest, at = hashlib.sha256((people.photos / "a0.png").read_bytes()).digest(), datetime.now(UTC)
    seen = Look(digest, "J. Morin", at, PersonsStatus.PRESENT, reason="the bride at the door")
    decided = Review("ab" * 16, Decision.BLOCK, "J. Morin", at, at.date(), "the groom objects", sha256=digest, code="X")
    with people.ledger._database.writing() as connection:
        looks.take(connection, [seen])
        reviews.append_reviews(connection, [decided])
        names = [one.name for one in looked_over.listed(connection)]
        looked_over.take_back(connection, names, by="A. Lee", reason="the mother of the bride", at=at)
    said = [b"the bride at the door", b"the groom objects", b"the mother of the bride"]
    before = held_bytes(people)
    assert [text for text in said if text not in before] == []
    people.ledger.rights.erase(ask(people, "erase", items=("a0.png",)).request.ref, by="AB")
    after = held_bytes(people)
    assert [text for text in said if text in after] == []
    assert problems(people.ledger) == []
