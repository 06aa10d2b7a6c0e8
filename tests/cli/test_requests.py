"""The commands for people's requests."""

from __future__ import annotations

import json


def gated(workspace):
    workspace.add("a.png")
    workspace.add("b.png")
    workspace.clear("a.png", "b.png")
    assert workspace.gate().status == 0


def test_a_request_is_taken_in_listed_and_closed(workspace):
    gated(workspace)
    ledger = ("--ledger", workspace.ledger)
    who = ("--requester", "T-1", "--by", "AB", "--jurisdiction", "CA")
    ran = workspace.run("restrict", "--item", "a.png", *who, *ledger)
    assert ran.status == 0
    assert ran.out.startswith("Q-1: restrict reaches 1 image; an answer is due by ")
    ran = workspace.gate()
    assert (ran.status, ran.by_item["a.png"]["reason"], ran.by_item["b.png"]["decision"]) == (
        1,
        "SUPPRESSED_ERASURE_REQUEST",
        "ALLOW",
    )
    assert "the request Q-1 (restrict)" in json.dumps(ran.by_item["a.png"])
    (listed,) = workspace.run("requests", "list", *ledger, "--format", "jsonl").verdicts
    assert (listed["ref"], listed["state"], listed["about"]) == ("Q-1", "OPEN", ["item a.png"])
    assert workspace.run("requests", "lift", "Q-1", "--by", "AB", "--note", "settled", *ledger).status == 0
    assert workspace.gate().status == 0
    assert workspace.run("requests", "list", *ledger, "--format", "jsonl").out == ""
    (closed,) = workspace.run("requests", "list", "--all", *ledger, "--format", "jsonl").verdicts
    assert closed["state"] == "LIFTED"


def test_an_overdue_request_is_told_by_the_exit_status(workspace):
    gated(workspace)
    who = ("--requester", "T-1", "--by", "AB", "--received", "2026-01-01T00:00:00+00:00", "--ledger", workspace.ledger)
    assert workspace.run("withdraw", "--item", "a.png", *who).status == 0
    ran = workspace.run("requests", "list", "--ledger", workspace.ledger)
    assert (ran.status, "Q-1" in ran.out) == (1, True)


def test_what_is_wrong_is_said_in_one_line(workspace):
    gated(workspace)
    who = ("--requester", "T-1", "--by", "AB", "--ledger", workspace.ledger)
    ran = workspace.run("object", "--item", "zz.png", *who)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: no image zz.png is in the ledger")
    ran = workspace.run("object", "--item", "a.png", "--purpose", "ART", *who)
    assert (ran.status, ran.err.startswith("error: ART is no purpose")) == (2, True)
    ran = workspace.run("object", "--item", "a.png", "--received", "yesterday", *who)
    assert (ran.status, ran.err.startswith("error: --received yesterday: ")) == (2, True)
