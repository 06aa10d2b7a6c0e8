"""`provenance duplicates` from end to end."""

from __future__ import annotations

import json

import pytest
from PIL import Image, ImageOps

from pictures import encoded, photo


@pytest.fixture
def held(workspace):
    """Four pictures: one held twice by bytes, one also as a small JPEG, one alone, and a black one held twice."""
    workspace.add("a.png", encoded(photo(1)))
    workspace.add("b.png", encoded(photo(1)))
    workspace.add("c.png", encoded(photo(2)))
    workspace.add("d.jpg", encoded(photo(2).resize((100, 75)), "JPEG", quality=60))
    workspace.add("e.png", encoded(photo(3)))
    workspace.add("e mirrored.png", encoded(ImageOps.mirror(photo(3))))
    for name in ("black.png", "black 2.png"):
        workspace.add(name, encoded(Image.new("RGB", (99, 99))))
    workspace.add("black.bmp", encoded(Image.new("RGB", (99, 99)), "BMP"))
    return workspace


def run(workspace, *more: str, form: str = "jsonl"):
    return workspace.run("duplicates", "--ledger", workspace.ledger, "--format", form, *more)


def names(done) -> list[set[str]]:
    return [{copy["item"] for copy in group["items"]} for group in done.verdicts]


def test_groups(held):
    held.run(*held.scan_arguments())
    done = run(held)
    assert done.status == 0
    assert sorted(map(sorted, names(done))) == [["a.png", "b.png"], ["black 2.png", "black.png"], ["c.png", "d.jpg"]]
    near = next(group for group in done.verdicts if {"c.png", "d.jpg"} == {c["item"] for c in group["items"]})
    assert [copy["decision"] for copy in near["items"]] == [None, None]
    assert near["items"][0]["distance"] == 0
    assert 0 < near["items"][1]["distance"] <= 31
    assert sorted(map(sorted, names(run(held, "--radius", "0")))) == [["a.png", "b.png"], ["black 2.png", "black.png"]]


def test_one_picture_under_two_claims(held, row):
    held.declare(
        [row("c.png"), row("d.jpg", licence="CC-BY-4.0"), row("a.png"), row("b.png", page_url="https://x.example")]
    )
    held.run(*held.scan_arguments())
    conflicts = {tuple(sorted(c["item"] for c in g["items"])): g["conflicting_claims"] for g in run(held).verdicts}
    assert conflicts == {("a.png", "b.png"): [], ("black 2.png", "black.png"): [], ("c.png", "d.jpg"): ["licence"]}
    assert names(run(held, "--conflicts")) == [{"c.png", "d.jpg"}]


def test_a_copy_of_a_blocked_picture(held, row):
    held.declare([row("c.png"), row("d.jpg", persons_status="PRESENT", persons=[{"ref": "p1"}]), row("e.png")])
    gated = held.gate()
    assert gated.status == 1, gated.err
    judged = gated.by_item
    assert judged["d.jpg"]["decision"] != judged["c.png"]["decision"]
    (group,) = [g for g in run(held).verdicts if any(c["item"] == "c.png" for c in g["items"])]
    assert {c["item"]: c["decision"] for c in group["items"]} == {
        name: judged[name]["decision"] for name in ("c.png", "d.jpg")
    }
    decisions = {judged[name]["decision"] for name in ("c.png", "d.jpg")}
    assert group["near_blocked"] == ("BLOCK" in decisions)
    assert "BLOCK" in decisions


def test_what_is_no_longer_held_is_in_no_group(held):
    held.run(*held.scan_arguments())
    for name in ("b.png", "d.jpg"):
        (held.photos / name).unlink()
    held.run(*held.scan_arguments())
    assert names(run(held)) == [{"black.png", "black 2.png"}]


def test_table(held):
    held.add(b"\x1b[2J.png", encoded(photo(1)))
    held.run(*held.scan_arguments())
    done = run(held, form="table")
    assert done.status == 0
    assert "\x1b" not in done.out
    assert done.out.endswith("3 groups\n")


def test_an_empty_ledger(workspace):
    from provenance.api import Ledger

    Ledger.open(workspace.ledger).close()
    done = run(workspace)
    assert (done.status, done.out) == (0, "")


def kept(workspace) -> dict[str, str]:
    """The primary reasons of a gate after the groups were kept."""
    assert workspace.run("duplicates", "--ledger", workspace.ledger, "--keep").status == 0
    return {item: verdict["reason"] for item, verdict in workspace.gate().by_item.items()}


def test_a_copy_of_a_blocked_picture_is_held(workspace, row):
    workspace.add("a.png", encoded(photo(1)))
    workspace.add("small.jpg", encoded(photo(1).resize((100, 75)), "JPEG", quality=60))
    workspace.add("other.png", encoded(photo(2)))
    workspace.declare([row("a.png"), row("other.png")])  # nobody says anything of small.jpg
    found = {item: verdict["reason"] for item, verdict in workspace.gate().by_item.items()}
    assert found == {
        "a.png": "NEAR_DUPLICATE_OF_BLOCKED",
        "small.jpg": "SOURCE_MISSING",
        "other.png": "NO_PERSON_DEPICTED",
    }
    assert kept(workspace) == found


def test_a_copy_that_comes_later_is_held_and_holds(workspace, row):
    workspace.add("a.png", encoded(photo(1)))
    workspace.declare([row("a.png"), row("other.png"), row("c.png")])
    workspace.add("other.png", encoded(photo(2)))
    workspace.add("c.png", encoded(photo(3)))
    assert {verdict["decision"] for verdict in workspace.gate().verdicts} == {"ALLOW"}
    workspace.add("small.jpg", encoded(photo(1).resize((100, 75)), "JPEG", quality=60))
    found = {item: verdict["reason"] for item, verdict in workspace.gate().by_item.items()}
    assert found == {
        "a.png": "NEAR_DUPLICATE_OF_BLOCKED",
        "small.jpg": "SOURCE_MISSING",
        "other.png": "NO_PERSON_DEPICTED",
        "c.png": "NO_PERSON_DEPICTED",
    }
    workspace.declare([row("a.png"), row("other.png"), row("c.png"), row("small.jpg")])
    assert {verdict["decision"] for verdict in workspace.gate().verdicts} == {"ALLOW"}


def test_the_same_bytes_under_two_claims_hold_each_other(workspace, row):
    for name in ("a.png", "b.png"):
        workspace.add(name, encoded(photo(1)))
    workspace.declare([row("a.png"), row("b.png", licence="CC-BY-4.0")])
    assert {v["decision"] for v in workspace.gate().verdicts} == {"REVIEW"}
    assert kept(workspace) == {"a.png": "NEAR_DUPLICATE_OF_BLOCKED", "b.png": "NEAR_DUPLICATE_OF_BLOCKED"}


def test_equal_claims_and_no_blocked_copy_hold_nothing(workspace, row):
    for name in ("a.png", "b.png"):
        workspace.add(name, encoded(photo(1)))
    workspace.declare([row("a.png"), row("b.png")])
    workspace.gate()
    assert set(kept(workspace).values()) == {"NO_PERSON_DEPICTED"}


def explained(workspace, name: str, *more: str) -> dict:
    done = workspace.run("explain", name, "--ledger", workspace.ledger, "--format", "json", *more)
    assert done.status in (0, 1), done.err
    return json.loads(done.out)


def told(verdict) -> tuple:
    return (
        verdict["decision"],
        verdict["reason"],
        [(reason["code"], reason["decision"]) for reason in verdict["reasons"]],
    )


def test_a_verdict_that_comes_from_a_copy_is_explained_as_it_is_judged(workspace, row):
    workspace.add("a.png", encoded(photo(1)))
    workspace.add("small.jpg", encoded(photo(1).resize((100, 75)), "JPEG", quality=60))
    for name in ("one.png", "two.png"):
        workspace.add(name, encoded(photo(2)))
    workspace.declare([row("a.png"), row("one.png"), row("two.png", licence="CC-BY-4.0")])
    workspace.run(*workspace.scan_arguments())
    reasons = kept(workspace)
    assert reasons["a.png"] == reasons["one.png"] == "NEAR_DUPLICATE_OF_BLOCKED"
    judged = workspace.gate().by_item
    assert {name: told(explained(workspace, name)) for name in judged} == {n: told(v) for n, v in judged.items()}
    assert explained(workspace, "a.png")["facts"]["item"]["near_duplicate_of_blocked"] is True
    assert explained(workspace, "one.png")["facts"]["item"]["conflicting_claims"] is True


def test_a_copy_is_explained_under_a_purpose_that_was_never_gated(workspace, row):
    workspace.add("a.png", encoded(photo(1)))
    workspace.add("small.jpg", encoded(photo(1).resize((100, 75)), "JPEG", quality=60))
    workspace.declare([row("a.png")])
    workspace.run(*workspace.scan_arguments())
    kept(workspace)
    found = explained(workspace, "a.png", "--purpose", "MODEL_EVALUATION")
    assert told(found) == told(workspace.gate(purpose="MODEL_EVALUATION").by_item["a.png"])
    assert found["reason"] == "NEAR_DUPLICATE_OF_BLOCKED"


def test_a_copy_in_another_collection_is_explained_as_it_is_judged(workspace, row):
    workspace.add("a.png", encoded(photo(1)))
    workspace.declare([row("a.png")])
    other = workspace.root / "other"
    other.mkdir()
    (other / "stray.png").write_bytes(encoded(photo(1)))
    workspace.run(*workspace.scan_arguments(), str(other))
    assert workspace.run("duplicates", "--ledger", workspace.ledger, "--keep").status == 0
    judged = workspace.gate(other).by_item
    assert judged["stray.png"]["decision"] == "BLOCK"
    assert told(explained(workspace, "a.png")) == told(judged["a.png"])
    assert judged["a.png"]["reason"] == "NEAR_DUPLICATE_OF_BLOCKED"
