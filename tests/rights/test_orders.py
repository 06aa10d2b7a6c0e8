"""Orders: they bind whatever anybody filed, in the term that they have, and until they are lifted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provenance.errors import InputError, UsageError
from provenance.rights.about import About

from .conftest import People, again
from .test_requests import blocked


def order(people: People, ref: str = "P21-08", **given: Any) -> None:
    shown = people.root / "order.pdf"
    shown.write_bytes(b"%PDF an order")
    term = {name: given.pop(name) for name in ("from_at", "until_at") if name in given}
    people.ledger.rights.order(ref, About(**given), authority="OIPC", evidence=shown, by="AB", **term)


EVERY = {*(f"a{n}.png" for n in range(4)), *(f"b{n}.png" for n in range(4)), "n0.png", "n1.png"}


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"persons": ("p2",)}, {f"b{n}.png" for n in range(4)}),
        ({"items": ("n0.png",)}, {"n0.png"}),
        ({"urls": ("https://photos.example/n1.png",)}, {"n1.png"}),
        ({"collections": ("photos",)}, EVERY),
        ({"jurisdictions": ("CA-BC",)}, EVERY),
        ({"jurisdictions": ("JP",)}, set()),
    ],
)
def test_an_order_blocks_what_it_names_until_it_is_lifted(
    people: People, about: dict[str, Any], expected: set[str]
) -> None:
    order(people, **about)
    decisions = people.decisions()
    assert {name for name, one in decisions.items() if one == ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")} == expected
    assert blocked(people) == expected
    people.ledger.rights.lift_order("P21-08", by="AB", reason="set aside")
    assert blocked(people) == set()


def test_nothing_overrides_an_order(people: People) -> None:
    order(people, persons=("p2",))
    consent = people.consent("p2", "r2")
    consent["events"].append({"state": "RENEWED", "at": datetime.now(UTC).isoformat()})
    people.scan(people.rows(), [people.consent("p1", "r1"), consent])
    review, waivers = people.root / "review.csv", people.root / "waivers.toml"
    verdicts = {one.item: one for one in people.ledger.gate(people.photos, purpose="MODEL_TRAINING")}
    assert verdicts["b0.png"].decision == "BLOCK"
    from provenance.policy.reasons import load_reasons

    assert not load_reasons()["SUPPRESSED_ERASURE_REQUEST"].overridable
    assert "the order P21-08 of OIPC" in json.dumps([reason.detail for reason in verdicts["b0.png"].reasons])
    assert not review.exists()
    assert not waivers.exists()


def test_an_order_reaches_copies_and_what_is_scanned_later(people: People) -> None:
    order(people, items=("n0.png",))
    (people.photos / "copy.jpg").write_bytes(again((people.photos / "n0.png").read_bytes(), scale=0.7))
    people.scan([*people.rows(), people.shows("copy.jpg")])
    assert blocked(people) == {"n0.png", "copy.jpg"}


def test_an_order_binds_in_its_term_alone(people: People) -> None:
    now = datetime.now(UTC)
    order(people, "past", items=("n0.png",), from_at=now - timedelta(days=9), until_at=now - timedelta(days=2))
    order(people, "to come", items=("n1.png",), from_at=now + timedelta(days=9))
    assert blocked(people) == set()
    assert [one.in_force(now) for one in people.ledger.rights.orders()] == [False, False]


def test_whoever_turns_the_clock_back_escapes_no_order(people: People) -> None:
    order(people, items=("n0.png",))
    then = datetime.now(UTC) - timedelta(days=60)
    verdicts = {one.item: one.reason for one in people.ledger.gate(people.photos, purpose="MODEL_TRAINING", as_of=then)}
    assert verdicts["n0.png"] == "SUPPRESSED_ERASURE_REQUEST"


def test_an_empty_file_shows_no_order(people: People) -> None:
    shown = people.root / "empty.pdf"
    shown.write_bytes(b"")
    with pytest.raises(InputError, match="shows nothing"):
        people.ledger.rights.order("P1", About(items=("n0.png",)), authority="OIPC", evidence=shown, by="AB")
    assert people.ledger.rights.orders() == []


def test_orders_need_evidence_a_name_and_a_term(people: People) -> None:
    rights, about = people.ledger.rights, About(items=("n0.png",))
    with pytest.raises(InputError):
        rights.order("x", about, authority="A", evidence=people.root / "none.pdf", by="AB")
    order(people, items=("n0.png",))
    with pytest.raises(UsageError, match="held already"):
        order(people, items=("n1.png",))
    now = datetime.now(UTC)
    with pytest.raises(UsageError, match="end before it begins"):
        order(people, "other", items=("n1.png",), from_at=now, until_at=now - timedelta(days=1))
    people.ledger.rights.lift_order("P21-08", by="AB", reason="set aside")
    with pytest.raises(UsageError, match="was lifted"):
        people.ledger.rights.lift_order("P21-08", by="AB", reason="again")
