"""The regulator's report: its figures against what was done, in each form."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

from provenance.report import regulator
from provenance.rights.about import About

from .conftest import People
from .test_orders import order
from .test_releases import release
from .test_requests import ask


def test_the_figures_are_those_of_what_was_done(people: People) -> None:
    rights = people.ledger.rights
    (people.photos / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    rows = people.rows()
    rows[4] = people.shows("b0.png", "p3")
    rows[4]["persons"][0].update(age=9, age_status="MINOR_VERIFIED")
    people.scan([*rows, people.shows("bad.png")])
    release(people)
    rights.open_account("lab", "person", by="AB")
    rights.disclose("faces-1", account="lab", recipient="Lab", purpose="MODEL_TRAINING", jurisdiction="CA", by="AB")
    received = datetime.now(UTC) - timedelta(days=20)
    late = rights.file("restrict", About(items=("n0.png",)), requester="T", by="AB", received_at=received)
    rights.answer(late.request.ref, by="AB", note="letter")
    rights.file("restrict", About(items=("n1.png",)), requester="T", by="AB", received_at=received)
    order(people, items=("n1.png",))
    filed = ask(people, "erase", items=("a3.png",))
    rights.erase(filed.request.ref, by="AB")

    context = people.ledger.context(purpose="MODEL_TRAINING")
    found = rights.regulator_report(context)
    out = io.StringIO()
    regulator.write_json(found, out)
    figures = json.loads(out.getvalue())["figures"]
    assert figures["images"] == {"held": 10, "collections": 1}
    assert figures["images by age of the youngest person"] == {
        "adult": 6,
        "nobody shown": 3,
        "minor": 1,
    }
    assert figures["images by basis"]["EXPLICIT_CONSENT"] == 6
    assert figures["images by source"] == {"photos.example": 10}
    assert sum(figures["not read or not looked into"].values()) == 1
    assert figures["requests: restrict"] == {
        "received": 2,
        "answered": 1,
        "open": 1,
        "overdue": 1,
        "days to an answer, median": 20.0,
        "days to an answer, most": 20,
    }
    assert figures["erasures"] == {"carried out": 1, "rows of images": 1}
    assert figures["orders"] == {"in force": 1, "over or not yet in force": 0}
    assert figures["releases"] == {"faces-1": 9}
    assert figures["images given to"] == {"Lab (lab), MODEL_TRAINING": 9}
    assert sum(figures["images by decision and reason"].values()) == 10

    out = io.StringIO()
    regulator.write_csv(found, out)
    told = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(told) == len(found.figures)
    out = io.StringIO()
    regulator.write_markdown(found, out)
    assert "| Lab (lab), MODEL_TRAINING | 9 |" in out.getvalue()
