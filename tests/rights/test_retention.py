"""What is due, and the destruction of what was kept long enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provenance.errors import NothingToCheck

from .conftest import People
from .test_erasure import problems
from .test_orders import order
from .test_requests import ask, blocked

NOW = datetime.now(UTC)


def test_what_is_due_comes_in_the_order_of_time(people: People) -> None:
    rows = people.rows()
    rows[0]["retain_until"] = (NOW + timedelta(days=20)).isoformat()
    rows[1]["retain_until"] = (NOW + timedelta(days=200)).isoformat()
    people.scan(rows)
    ask(people, "restrict", items=("n0.png",))  # the shortest term of all packs: 10 days
    order(people, "P1", items=("n1.png",), until_at=NOW + timedelta(days=5))
    people.ledger.rights.open_account("lab", "person", by="AB", until_at=NOW + timedelta(days=15))
    found = people.ledger.rights.due_until(NOW + timedelta(days=30))
    assert [(one.what, one.name) for one in found] == [
        ("end", "the order P1"),
        ("answer", "Q-1 (restrict)"),
        ("end", "the account lab"),
        ("destruction", "photos/a0.png"),
    ]


def test_what_was_kept_long_enough_is_destroyed_with_proof_and_may_come_back(people: People) -> None:
    rows = people.rows()
    rows[0]["retain_until"] = (NOW - timedelta(days=1)).isoformat()
    people.scan(rows)
    assert blocked(people) == {"a0.png"}
    destroyed = people.ledger.rights.destroy(by="AB")
    assert destroyed.files == (f"{people.photos.as_uri()}/a0.png",)
    assert (destroyed.proof["cause"], destroyed.proof["images"]) == ("retention", 1)
    assert problems(people.ledger) == []
    people.scan(people.rows())
    assert blocked(people) == set()
    with pytest.raises(NothingToCheck):
        people.ledger.rights.destroy(by="AB")
