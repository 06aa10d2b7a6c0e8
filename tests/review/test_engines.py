"""The queue, looks and taking them back on each engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import provenance as pv
from provenance.ledger import looked_over
from provenance.ledger.database import Database
from provenance.model import Look
from provenance.vocabulary import PersonsStatus

CODE = "PERSON_STATUS_UNKNOWN"


def test_pictures_are_listed_looked_at_and_taken_back(workspace: Any, row: Any, ledger_url: str) -> None:
    names = [f"{number}.png" for number in range(4)]
    for name in names:
        workspace.add(name)
    hosts = ["https://b.example/1", "https://a.example/2", None, "https://a.example"]
    workspace.declare(
        row(name, persons_status="UNKNOWN", persons_determined_by=None, source_url=host, page_url=host)
        for name, host in zip(names, hosts, strict=True)
    )
    with pv.open(ledger_url) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest)
        context = ledger.context(None, purpose="MODEL_TRAINING")
        queue = ledger.review_queue([workspace.photos], context)
        assert {group.code: (group.images, group.open) for group in queue.groups()}[CODE] == (4, 4)
        listed = []
        after = None
        while (page := queue.page(CODE, size=3, after=after)).pictures:
            listed += page.pictures
            after = page.last
        assert [(one.place.host, one.verdict.item) for one in listed] == [
            ("", "2.png"), ("a.example", "1.png"), ("a.example", "3.png"), ("b.example", "0.png"),
        ]  # fmt: skip
        at = datetime.now(UTC)
        items = [one.place.item for one in listed]
        taken = queue.look(items, Look(b"", "J. Morin", at, PersonsStatus.NONE, reason="looked at"))
        assert len(taken.looks) == 4
        assert queue.page(CODE, size=3).pictures == ()
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING")["1.png"].decision.value == "ALLOW"
        other = ledger.review_queue([workspace.photos], context)
        assert len(other.second_looks("A. Lee", size=10).pictures) == 4
        assert other.second_looks("J. Morin", size=10).pictures == ()
        assert len(queue.take_back(taken, by="J. Morin", reason="undone", at=at)) == 4
        assert len(queue.take_back(taken, by="J. Morin", reason="undone", at=at)) == 0
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING")["1.png"].decision.value == "REVIEW"
        assert len(queue.page(CODE, size=10).pictures) == 4
    database = Database.open(ledger_url, create=False)
    with database.reading() as connection:
        assert sorted((one.item, one.ended_by) for one in looked_over.listed(connection)) == [
            (name, "J. Morin") for name in names
        ]
    database.close()
