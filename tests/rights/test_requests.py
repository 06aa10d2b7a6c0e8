"""A person's no: whom and what it reaches, at once, and what ends it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from provenance.errors import UsageError
from provenance.ledger import schema_rights
from provenance.policy.packs import load_packs
from provenance.rights.about import About
from provenance.rights.deadlines import deadline
from provenance.rights.requests import Filed

from .conftest import People, again, photo

ALLOWED = ("ALLOW", "BASIS_ON_RECORD")


def ask(people: People, kind: str = "withdraw", *, purposes: tuple[str, ...] = (), **about: object) -> Filed:
    return people.ledger.rights.file(kind, About(**about), requester="T-1", by="AB", purposes=purposes)  # type: ignore[arg-type]


def blocked(people: People, purpose: str = "MODEL_TRAINING") -> set[str]:
    return {name for name, (decision, _) in people.decisions(purpose).items() if decision != "ALLOW"}


A = {f"a{n}.png" for n in range(4)}


def test_everything_is_allowed_before_anybody_asks(people: People) -> None:
    assert blocked(people) == set()


def test_a_person_is_refused_for_in_every_image_and_nobody_else(people: People) -> None:
    filed = ask(people, persons=("p1",))
    assert filed.request.ref == "Q-1"
    assert len(filed.images) == 4
    assert blocked(people) == A
    assert {people.decisions()[name][1] for name in A} == {"CONSENT_WITHDRAWN"}


def test_a_withdrawal_reaches_a_copy_that_names_nobody(people: People) -> None:
    (people.photos / "copy.jpg").write_bytes(again(photo(0), scale=0.7))
    people.scan([*people.rows(), people.shows("copy.jpg")])
    assert people.decisions()["copy.jpg"][0] != "BLOCK"  # somebody has to look at two claims about one picture
    ask(people, persons=("p1",))
    assert blocked(people) == {*A, "copy.jpg"}
    assert people.decisions()["copy.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")


def test_a_copy_that_is_scanned_later_is_reached_too(people: People) -> None:
    ask(people, persons=("p1",))
    (people.photos / "later.jpg").write_bytes(again(photo(1), scale=0.6))
    people.scan([*people.rows(), people.shows("later.jpg")])
    assert blocked(people) == {*A, "later.jpg"}


def test_a_later_consent_of_the_person_ends_a_withdrawal(people: People) -> None:
    ask(people, persons=("p1",))
    earlier, consent = datetime.now(UTC) - timedelta(days=1), people.consent("p1", "r1")
    given = consent["events"]
    consent["events"] = [*given, {"state": "RENEWED", "at": earlier.isoformat()}]
    people.scan(people.rows(), [consent, people.consent("p2", "r2")])
    assert blocked(people) == A
    consent["events"] = [*given, {"state": "RENEWED", "at": datetime.now(UTC).isoformat()}]
    people.scan(people.rows(), [consent, people.consent("p2", "r2")])
    assert blocked(people) == set()


def test_an_objection_is_about_its_purposes_alone(people: People) -> None:
    ask(people, "object", urls=("https://photos.example/n0.png",), purposes=("FACE_RECOGNITION_TRAINING",))
    assert blocked(people) == set()
    ask(people, "object", urls=("https://photos.example/n0.png",), purposes=("MODEL_TRAINING",))
    assert blocked(people) == {"n0.png"}


@pytest.mark.parametrize("by", ["item", "url", "prefix", "hash", "photo", "record"])
def test_each_way_of_naming_reaches_what_it_names(people: People, by: str) -> None:
    data = (people.photos / "n0.png").read_bytes()
    shot = people.root / "shot.jpg"
    shot.write_bytes(again(data, scale=0.8))
    ways = {
        "item": ({"items": ("n0.png",)}, {"n0.png"}),
        "url": ({"urls": ("https://photos.example/n0.png",)}, {"n0.png"}),
        "prefix": ({"urls": ("https://photos.example",)}, {*people.decisions()}),
        "hash": ({"hashes": (hashlib.sha256(data).hexdigest(),)}, {"n0.png"}),
        "photo": ({"photos": (shot,)}, {"n0.png"}),
        "record": ({"records": ("r2",)}, {f"b{n}.png" for n in range(4)}),
    }
    about, expected = ways[by]
    ask(people, "withdraw" if by == "record" else "restrict", **about)
    assert blocked(people) == expected


@pytest.mark.parametrize(
    ("named", "reaches"),
    [
        ("http://photos.example/n0.png", {"n0.png"}),
        ("HTTP://Photos.Example.:80/%6e0.png", {"n0.png"}),
        ("http://photos.example", {*A, *(f"b{n}.png" for n in range(4)), "n0.png", "n1.png"}),
        ("http://photos.example:8080/n0.png", set()),
        ("ftp://photos.example/n0.png", set()),
        ("http://photos.example/n", set()),
    ],
)
def test_an_address_means_the_same_with_and_without_encryption(people: People, named: str, reaches: set[str]) -> None:
    """The images came from https: whoever writes http means them, and nobody else's."""
    held = people.ledger.rights.held_about(About(urls=(named,)))
    assert {image["item"] for image in held["images"]} == reaches
    ask(people, "restrict", urls=(named,))
    assert blocked(people) == reaches


def test_what_is_held_of_a_page_is_told_like_what_is_held_of_a_file_there(people: People) -> None:
    shown = people.shows("n0.png", caption="x")
    people.scan([*people.rows()[:8], shown | {"page_url": "https://me.example/album/7"}, people.rows()[9]])
    held = people.ledger.rights.held_about(About(urls=("https://me.example/album",)))
    assert {image["item"] for image in held["images"]} == {"n0.png"}


def test_a_file_that_is_not_held_is_kept_out_when_it_comes(people: People) -> None:
    data = photo(77)
    ask(people, "restrict", hashes=(hashlib.sha256(data).hexdigest(),))
    assert blocked(people) == set()
    (people.photos / "new.png").write_bytes(data)
    people.scan([*people.rows(), people.shows("new.png")])
    assert blocked(people) == {"new.png"}


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_file_that_comes_after_a_request_for_its_digest_is_known_by_its_looks_too(
    people: People, copy_first: bool
) -> None:
    """A digest says nothing of the picture until the file is here; from then on its copies are kept out as well."""
    data, rows = photo(77), [*people.rows()]
    ask(people, "restrict", hashes=(hashlib.sha256(data).hexdigest(),))
    files = {"copy.jpg": again(data, scale=0.7), "new.png": data}
    for name in files if copy_first else reversed(files):
        (people.photos / name).write_bytes(files[name])
        rows.append(people.shows(name))
        people.scan(rows)
        people.decisions()
    assert blocked(people) == {"new.png", "copy.jpg"}
    assert people.decisions()["copy.jpg"] == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")


def test_a_lifted_request_keeps_nothing_out(people: People) -> None:
    filed = [ask(people, persons=("p1",)), ask(people, "restrict", items=("n0.png",))]
    assert blocked(people) == {*A, "n0.png"}
    for one in filed:
        people.ledger.rights.lift(one.request.ref, by="AB", note="asked for")
    assert blocked(people) == set()


def test_an_answered_request_still_keeps_out(people: People) -> None:
    filed = ask(people, "restrict", items=("n0.png",))
    people.ledger.rights.answer(filed.request.ref, by="AB", note="letter")
    assert blocked(people) == {"n0.png"}
    assert people.ledger.rights.due() == []
    people.ledger.rights.lift(filed.request.ref, by="AB", note="settled")
    assert blocked(people) == set()


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({}, "nothing was named"),
        ({"persons": ("p9",)}, "no image or record of the ledger names p9"),
        ({"persons": ("Jane Doe",)}, "is no pseudonym"),
        ({"records": ("r9",)}, "no source holds r9"),
        ({"items": ("zz.png",)}, "no image zz.png"),
        ({"urls": ("photos.example",)}, "is no absolute address"),
        ({"hashes": ("12ab",)}, "is no SHA-256"),
    ],
)
def test_what_names_nothing_is_an_error_and_records_nothing(
    people: People, about: dict[str, object], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        ask(people, **about)
    assert people.ledger.rights.requests() == []


def test_deadlines_are_those_of_the_packs_and_the_shortest_where_nobody_knows() -> None:
    packs, then = load_packs(), datetime(2026, 11, 1, tzinfo=UTC)
    days = {code: (deadline(packs, code, then).at or then) - then for code in ("CA", "CA-ON", "DE", "US-CA", "", "NZ")}
    assert {code: one.days for code, one in days.items()} == {
        "CA": 30, "CA-ON": 30, "DE": 28, "US-CA": 45, "": 10, "NZ": 10
    }  # fmt: skip
    with pytest.raises(UsageError, match="no jurisdiction"):
        deadline(packs, "ATLANTIS", then)


def test_a_term_is_put_off_once_where_the_law_allows_it(people: People) -> None:
    rights = people.ledger.rights
    about = About(items=("n0.png",))
    received = datetime.now(UTC) - timedelta(days=40)
    filed = rights.file("restrict", about, requester="T", by="AB", jurisdiction="CA", received_at=received)
    assert filed.request.due_at == received + timedelta(days=30)
    extended = rights.extend(filed.request.ref, by="AB", note="many collections")
    assert extended.due_at == received + timedelta(days=60)
    with pytest.raises(UsageError, match="put off before"):
        rights.extend(filed.request.ref, by="AB", note="again")
    quebec = rights.file("restrict", about, requester="T", by="AB", jurisdiction="CA-QC")
    with pytest.raises(UsageError, match="may not be put off"):
        rights.extend(quebec.request.ref, by="AB", note="no such rule")


def test_a_ledger_with_requests_verifies(people: People) -> None:
    from provenance.ledger.verify import verify

    ask(people, persons=("p1",))
    ask(people, "restrict", items=("n0.png",))
    blocked(people)
    with people.ledger._database.reading() as connection:
        assert list(verify(connection)) == []


def test_what_is_derived_anew_is_what_was_derived_at_once(people: People) -> None:
    from provenance.copies.suppress import settle
    from provenance.ledger.rebuild import rebuild
    from provenance.run.progress import Silent

    (people.photos / "copy.jpg").write_bytes(again(photo(8), scale=0.7))
    people.scan([*people.rows(), people.shows("copy.jpg")])
    ask(people, persons=("p1",))
    ask(people, "restrict", items=("n0.png",), urls=("https://photos.example/b1.png",))
    ask(people, "erase", persons=("p2",))
    at_once = derived(people)
    assert {name: len(rows) > 0 for name, rows in at_once.items()} == dict.fromkeys(at_once, True)
    database = people.ledger._database
    with database.writing() as connection:
        rebuild(connection)
    assert derived(people) == {name: [] for name in at_once}
    settle(database, Silent())
    assert derived(people) == at_once


def derived(people: People) -> dict[str, list[tuple[object, ...]]]:
    with people.ledger._database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(*table.primary_key))))
            for table in (schema_rights.hold_reach, schema_rights.suppression_match)
        }
