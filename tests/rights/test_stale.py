"""Whatever makes a release stale names it, with those who were given it; what does not, names none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provenance.rights.about import About
from provenance.rights.orders import Bound
from provenance.rights.terms import Kept

from .conftest import People, again, photo
from .test_accounts import give
from .test_assessments import assess
from .test_erasure import problems
from .test_releases import release
from .test_requests import ask

NOW = datetime.now(UTC)
PAST, COMING = NOW - timedelta(days=1), NOW + timedelta(days=20)


@pytest.fixture
def released(people: People) -> People:
    """All ten images in `faces-1`, which was given to Lab; those of p2 and the two of nobody were never given."""
    release(people)
    people.ledger.rights.open_account("lab", "organisation", by="AB")
    give(people)
    return people


def named(told: Any) -> list[tuple[str, int, tuple[str, ...]]]:
    assert told.untold == ""
    return [(one.name, one.images, one.recipients) for one in told.releases]


def order(people: People, **given: Any) -> Bound:
    shown = people.root / "order.pdf"
    shown.write_bytes(b"%PDF an order")
    term = {name: given.pop(name) for name in ("from_at", "until_at") if name in given}
    return people.ledger.rights.order("P-1", About(**given), authority="OIPC", evidence=shown, by="AB", **term)


@pytest.mark.parametrize(
    ("about", "images"),
    [
        ({"persons": ("p2",)}, 4),
        ({"items": ("n0.png",)}, 1),
        ({"urls": ("https://photos.example/a",)}, 0),  # a part of a name is no place
        ({"urls": ("https://photos.example/",)}, 10),
        ({"collections": ("photos",)}, 10),
        ({"jurisdictions": ("CA-BC",)}, 10),
        ({"jurisdictions": ("JP",)}, 0),
        ({"persons": ("p2",), "from_at": COMING}, 0),
        ({"jurisdictions": ("CA",), "from_at": COMING}, 0),
        ({"persons": ("p2",), "from_at": NOW - timedelta(days=9), "until_at": PAST}, 0),
    ],
)
def test_an_order_names_the_releases_that_it_makes_stale(released: People, about: dict[str, Any], images: int) -> None:
    bound = order(released, **about)
    assert bound.order.ref == "P-1"
    assert named(bound) == ([("faces-1", images, ("Lab, Toronto",))] if images else [])
    assert len(released.ledger.rights.release_status("faces-1")) == images
    assert problems(released.ledger) == []


def listed(people: People, *data: bytes) -> None:
    path = people.root / "takedown.txt"
    path.write_text("\n".join(hashlib.sha256(one).hexdigest() for one in data))
    people.ledger.add_list(path, kind="sha256", purpose="suppression")


def lost(people: People, url: str, status: str) -> None:
    path = people.root / "checks.csv"
    path.write_text(f"url,status,checked_at\n{url},{status},{PAST.isoformat()}\n")
    people.ledger.duties.take_source_checks(path, by="A. Lee")


def keep(people: People, until_at: datetime, **about: Any) -> None:
    people.ledger.duties.keep_until(Kept(until_at, "contract 12", "A. Lee", **about))


def retire(people: People) -> None:
    people.ledger.retire_statements(str(people.root / "records.jsonl"), by="A. Lee", reason="another was sent")


@pytest.mark.parametrize(
    ("act", "images"),
    [
        (lambda people: keep(people, PAST, item="a0.png"), 1),
        (lambda people: keep(people, PAST, record="r1"), 4),
        (lambda people: keep(people, PAST, collection="photos"), 10),
        (lambda people: keep(people, PAST, purpose="MODEL_TRAINING"), 10),
        (lambda people: keep(people, COMING, collection="photos"), 0),
        (lambda people: keep(people, PAST, purpose="MODEL_EVALUATION"), 0),
        (retire, 8),
        (lambda people: listed(people, photo(0), photo(8)), 2),
        (lambda people: listed(people, photo(99)), 0),
        (lambda people: lost(people, "https://photos.example/a0.png", "410"), 1),
        (lambda people: lost(people, "https://photos.example/a0.png", "200"), 0),
        (lambda people: people.ledger.rights.revoke_account("lab", by="AB", reason="the contract ended"), 0),
        (lambda people: people.ledger.rights.open_account("other", "person", by="AB"), 0),
    ],
)
def test_what_else_makes_a_release_stale_names_it(released: People, act: Callable[[People], None], images: int) -> None:
    with released.ledger.rights.telling_stale() as told:
        act(released)
    assert named(told) == ([("faces-1", images, ("Lab, Toronto",))] if images else [])
    assert len(released.ledger.rights.release_status("faces-1")) == images


@pytest.mark.parametrize(("purposes", "named_"), [(("WEBSITE_DISPLAY",), []), (("MODEL_TRAINING",), ["faces-1"])])
def test_a_request_for_another_use_makes_no_release_stale(
    released: People, purposes: tuple[str, ...], named_: list[str]
) -> None:
    about = About(persons=("p1",))
    filed = released.ledger.rights.file("withdraw", about, requester="T-1", by="AB", purposes=purposes)
    assert len(filed.images) == 4
    assert [one.name for one in filed.releases] == named_
    assert bool(released.ledger.rights.release_status("faces-1")) == bool(named_)


def test_only_what_was_touched_counts_and_each_release_by_the_use_that_it_was_made_for(released: People) -> None:
    ask(released, persons=("p2",))
    release(released, "faces-2")
    bound = order(released, items=("a0.png", "b0.png"))
    # b0 could not be used any more, but it is in the first release, and its recipients have to hear of the order.
    assert named(bound) == [("faces-1", 2, ("Lab, Toronto",)), ("faces-2", 1, ())]


def test_an_image_that_was_declared_anew_since_is_that_of_the_release(released: People) -> None:
    rows = released.rows()
    rows[0]["caption"] = "another caption"
    released.scan(rows)
    assert named(order(released, items=("a0.png",))) == [("faces-1", 1, ("Lab, Toronto",))]


def test_a_retired_assessment_names_what_rested_on_it(people: People) -> None:
    """Pictures of somebody's religion need one (code 73); those of p2 do not."""
    rows = people.rows()
    for row in rows[:4]:
        row["categories"] = ["RELIGION"]
    people.scan(rows)
    assess(people)
    release(people)
    with people.ledger.rights.telling_stale() as told:
        people.ledger.duties.retire_assessment("DPIA-7", by="AB", reason="made anew")
    assert named(told) == [("faces-1", 4, ())]
    assert {one.reason for one in people.ledger.rights.release_status("faces-1")} == {"PURPOSE_ASSESSMENT_MISSING"}


def test_where_nothing_can_be_judged_the_order_stands_and_says_so(released: People) -> None:
    """A register that changed since it was taken lets no gate judge."""
    register = released.root / "records.jsonl"
    register.write_text(register.read_text() + json.dumps(released.consent("p3", "r3")) + "\n")
    bound = order(released, items=("a0.png",))
    assert bound.releases == ()
    assert "has changed since it was taken" in bound.untold
    assert [one.ref for one in released.ledger.rights.orders()] == ["P-1"]


def test_a_copy_of_what_is_ordered_away_counts_as_well(people: People) -> None:
    (people.photos / "copy.jpg").write_bytes(again(photo(8), scale=0.8))
    people.scan([*people.rows(), people.shows("copy.jpg")])
    release(people)
    assert named(order(people, items=("n0.png",))) == [("faces-1", 2, ())]
