"""The commands for people's requests."""

from __future__ import annotations

import json
from hashlib import sha256


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


def test_whatever_makes_a_release_stale_names_it_in_text_and_json(workspace, image):
    """Two orders, a term, a list and the end of a manifest; none of them names what was never given as given."""
    for seed, name in enumerate(("a.png", "b.png", "c.png", "d.png")):
        workspace.add(name, image(seed, (320, 240)))
    workspace.clear("a.png", "b.png", "c.png", "d.png")
    assert workspace.gate().status == 0
    ledger, somebody = ("--ledger", workspace.ledger), ("--by", "A. Lee")
    purpose = ("--purpose", "MODEL_TRAINING")
    made = ("release", "create", "r1", workspace.photos, *purpose, *somebody, "-o", workspace.root / "r1.jsonl")
    assert workspace.run(*made, *ledger).status == 0
    assert workspace.run("accounts", "add", "lab", "--kind", "person", *somebody, *ledger).status == 0
    given = ("--account", "lab", "--recipient", "Lab", *purpose, "--jurisdiction", "CA", *somebody)
    assert workspace.run("disclose", "r1", *given, *ledger).status == 0
    (workspace.root / "order.txt").write_text("Order 1")
    (workspace.root / "list.txt").write_text(sha256((workspace.photos / "c.png").read_bytes()).hexdigest())
    ordered = ("--authority", "OIPC", "--evidence", workspace.root / "order.txt", *somebody)
    past = ("--until", "2026-11-01T00:00:00Z", "--reason", "contract 12", *somebody)
    acts = (
        ("orders", "add", "O-1", "--item", "a.png", *ordered),
        ("retention", "add", "--item", "b.png", *past),
        ("lists", "add", workspace.root / "list.txt", "--kind", "sha256", "--for", "suppression"),
    )
    for act in acts:
        ran = workspace.run(*act, *ledger)
        assert (ran.status, ran.out) == (
            0,
            "stale: the release r1 holds 1 image that may be used no more, given to Lab\n",
        ), ran.err
    ran = workspace.run("orders", "add", "O-2", "--jurisdiction", "CA", *ordered, *ledger, "--format", "jsonl")
    (told,) = ran.verdicts
    assert told == {
        "recorded": "O-2 of OIPC: jurisdiction CA",
        "releases": [{"release": "r1", "images": 4, "recipients": ["Lab"]}],
    }
    ran = workspace.run("accounts", "revoke", "lab", "--reason", "its contract ended", *somebody, *ledger)
    assert (ran.status, ran.out) == (0, "")


def test_the_whole_way_on_the_command_line(workspace):
    """Collect, release, disclose, object, trace, erase and verify the release."""
    gated(workspace)
    ledger = ("--ledger", workspace.ledger)
    made = workspace.root / "r1.jsonl"
    purpose = ("--purpose", "MODEL_TRAINING")
    ran = workspace.run("release", "create", "r1", workspace.photos, *purpose, "--by", "AB", "-o", made, *ledger)
    assert (ran.status, ran.err.startswith("r1: 2 images, 0 left out; root ")) == (0, True)
    assert workspace.run("release", "verify", made).status == 0
    assert workspace.run("release", "status", "r1", *ledger).status == 0
    assert workspace.run("accounts", "add", "lab", "--kind", "person", "--by", "AB", *ledger).status == 0
    given = ("--account", "lab", "--recipient", "Lab", *purpose, "--jurisdiction", "CA", "--by", "AB")
    assert workspace.run("disclose", "r1", *given, *ledger).status == 0
    who = ("--requester", "T-1", "--by", "AB")
    ran = workspace.run("object", "--item", "a.png", *who, *ledger)
    assert "stale: the release r1 holds 1 of them, given to Lab" in ran.out
    ran = workspace.run("release", "status", "r1", *ledger)
    assert ran.status == 1
    assert "r1 is stale: 1 image may be used no more, given to Lab" in ran.err
    assert workspace.run("disclose", "r1", *given, *ledger).status == 2
    ran = workspace.run("trace", "--item", "a.png", *ledger)
    assert "given to Lab (account lab)" in ran.out
    assert workspace.run("trace", "--item", "a.png", "--format", "dot", *ledger).out.startswith("digraph provenance {")
    proof, held = workspace.root / "proof.json", workspace.root / "held.json"
    ran = workspace.run("access", "--item", "a.png", *who, "-o", held, "--page", workspace.root / "held.md", *ledger)
    assert (ran.status, "stale" in ran.out) == (0, False)
    assert "the release r1 holds 1 of them, given to Lab" in ran.out
    assert json.loads(held.read_text())["recipients"][0]["recipient"] == "Lab"
    ran = workspace.run("erase", "--item", "a.png", *who, "-o", proof, *ledger)
    assert (ran.status, f"delete the file itself: {workspace.photos.as_uri()}/a.png" in ran.err) == (0, True)
    assert json.loads(proof.read_text())["images"] == 1
    hashes = workspace.root / "hashes.txt"
    ran = workspace.run("requests", "export", "Q-3", "--kind", "phash256", "-o", hashes, *ledger)
    assert ran.status == 0
    taken = ("--kind", "phash256", "--for", "suppression", "--ledger", workspace.root / "theirs.db")
    assert workspace.run("scan", workspace.photos, "--ledger", workspace.root / "theirs.db").status == 0
    assert workspace.run("lists", "add", hashes, *taken).status == 0
    (listed,) = workspace.run("lists", "show", "--ledger", workspace.root / "theirs.db", "--format", "jsonl").verdicts
    assert listed["images"] == 1


def test_a_log_is_signed_checked_and_proved_on_the_command_line(workspace):
    gated(workspace)
    ledger, key, note = ("--ledger", workspace.ledger), workspace.root / "log.key", workspace.root / "log.note"
    public = workspace.run("log", "key", key, "--name", "example.org").out.strip()
    assert (
        workspace.run("log", "checkpoint", "--private", key, "--name", "example.org", "-o", note, *ledger).status == 0
    )
    ran = workspace.run("log", "check", note, "--key", public, *ledger)
    assert (ran.status, "0 more since; example.org" in ran.err) == (0, True)
    assert json.loads(workspace.run("log", "prove", "--entry", "1", *ledger).out)["index"] == 0
    assert json.loads(workspace.run("log", "prove", "--since", "1", *ledger).out)["first"] == 1
    ran = workspace.run("log", "check", note, "--key", public, "--ledger", workspace.root / "other.db")
    assert ran.status == 2
    made = workspace.root / "r1.jsonl"
    arguments = (workspace.photos, "--purpose", "MODEL_TRAINING", "--by", "AB", "-o", made, *ledger)
    assert workspace.run("release", "create", "r1", *arguments).status == 0
    signed = workspace.root / "r1.note"
    ran = workspace.run("release", "sign", made, "--private", key, "--name", "example.org", "-o", signed)
    assert (ran.status, ran.out.strip()) == (0, public)
    ran = workspace.run("release", "verify", made, "--note", signed, "--key", public)
    assert (ran.status, "signed by example.org" in ran.err) == (0, True)
    assert workspace.run("release", "diff", made, made).status == 0
