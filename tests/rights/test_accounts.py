"""Who is given what: limits of accounts, nothing stale, and a trace from the source to every recipient."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from provenance.errors import UsageError, VerdictsStale
from provenance.ledger import schema_rights
from provenance.ledger.accounts import Disclosure
from provenance.report.access_page import access_page
from provenance.rights import disclosing
from provenance.rights.about import About
from provenance.rights.access import as_record, lines_of_graph

from .conftest import People, photo
from .test_erasure import problems
from .test_orders import order
from .test_releases import release
from .test_requests import A, ask


def give(people: People, **more: Any) -> Disclosure:
    given: dict[str, Any] = {
        "account": "lab",
        "recipient": "Lab, Toronto",
        "purpose": "MODEL_TRAINING",
        "jurisdiction": "CA",
        "by": "AB",
        **more,
    }
    return people.ledger.rights.disclose(given.pop("release", "faces-1"), **given)


@pytest.fixture
def released(people: People) -> People:
    """The collection with a release `faces-1` and an account `lab` without limits."""
    release(people)
    people.ledger.rights.open_account("lab", "organisation", by="AB")
    return people


def test_a_request_names_the_recipients_of_what_it_makes_stale(released: People) -> None:
    given = give(released)
    assert (given.kind, given.images, given.release) == ("release", 10, "faces-1")
    filed = ask(released, persons=("p1",))
    (stale,) = filed.releases
    assert (stale.name, stale.images, stale.recipients) == ("faces-1", 4, ("Lab, Toronto",))
    assert problems(released.ledger) == []


def test_nothing_stale_is_given(released: People) -> None:
    ask(released, persons=("p1",))
    with pytest.raises(UsageError, match="faces-1 is stale: 4 images may be used no more"):
        give(released)
    assert released.ledger.rights.disclosures() == []


@pytest.mark.parametrize("meanwhile", ["withdraw", "order"])
def test_who_says_no_while_a_release_is_judged_is_given_to_nobody(
    released: People, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    judged = disclosing.status

    def then_no(*given: Any) -> Any:
        found = judged(*given)
        if meanwhile == "withdraw":
            ask(released, persons=("p1",))
        else:
            order(released, items=("n0.png",))
        return found

    monkeypatch.setattr(disclosing, "status", then_no)
    with pytest.raises(VerdictsStale, match="while the ledger changed"):
        give(released)
    assert released.ledger.rights.disclosures() == []


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201, "a\x1b[31m"])
def test_a_name_is_one_line(released: People, name: str) -> None:
    rights = released.ledger.rights
    for recorded in (
        lambda: rights.open_account(name, "person", by="AB"),
        lambda: give(released, recipient=name),
        lambda: release(released, name),
        lambda: order(released, ref=name, items=("n0.png",)),
        lambda: rights.file("restrict", About(items=("n0.png",)), requester=name, by="AB"),
    ):
        with pytest.raises(UsageError, match="is no name"):
            recorded()


def test_a_release_is_given_for_its_purpose_alone(released: People) -> None:
    with pytest.raises(UsageError, match="was released for MODEL_TRAINING, not for FACE_RECOGNITION_TRAINING"):
        give(released, purpose="FACE_RECOGNITION_TRAINING")


def test_a_sample_is_a_disclosure_of_the_images_that_are_in_it(released: People) -> None:
    given = give(released, items=("a0.png", "n0.png"))
    assert (given.kind, given.images) == ("sample", 2)
    recipients = {
        one.item: [gave.recipient for gave in one.disclosures]
        for one in released.ledger.rights.trace(About(items=("a0.png", "b0.png")))
    }
    assert recipients == {"a0.png": ["Lab, Toronto"], "b0.png": []}


@pytest.mark.parametrize(
    ("limits", "given", "why"),
    [
        ({"purposes": ("MODEL_EVALUATION",)}, {}, "limited to MODEL_EVALUATION"),
        ({"jurisdictions": ("US",)}, {}, "limited to US"),
        ({"jurisdictions": ("CA-QC", "CA-ON")}, {"jurisdiction": "CA-BC"}, "limited to CA-QC, CA-ON"),
        ({"jurisdictions": ("CA-QC",)}, {"jurisdiction": "CA"}, "limited to CA-QC"),  # also elsewhere in Canada
        ({"until_at": datetime.now(UTC) - timedelta(days=1)}, {}, "its term ended on"),
    ],
)
def test_an_account_is_given_what_its_limits_allow(
    released: People, limits: dict[str, Any], given: dict[str, Any], why: str
) -> None:
    released.ledger.rights.open_account("other", "person", by="AB", **limits)
    with pytest.raises(UsageError, match=why):
        give(released, account="other", **given)


def test_an_account_is_given_what_lies_within_its_limits(released: People) -> None:
    released.ledger.rights.open_account("other", "person", by="AB", jurisdictions=("US", "CA"))
    assert give(released, account="other", jurisdiction="CA-QC").images == 10
    assert give(released, account="other", jurisdiction="CA").images == 10


def test_a_revoked_account_is_given_nothing(released: People) -> None:
    released.ledger.rights.revoke_account("lab", by="AB", reason="contract ended")
    with pytest.raises(UsageError, match=r"was revoked on .*: contract ended"):
        give(released)
    with pytest.raises(UsageError, match="was revoked before"):
        released.ledger.rights.revoke_account("lab", by="AB", reason="again")


def test_nothing_is_given_where_an_order_forbids_every_use(released: People) -> None:
    order(released, jurisdictions=("US",))
    with pytest.raises(UsageError, match=r"the order P21-08 of OIPC forbids every use in US"):
        give(released, jurisdiction="US-IL")
    assert give(released).images == 10


def test_a_trace_leads_from_the_source_to_the_recipient(released: People) -> None:
    give(released)
    (image,) = released.ledger.rights.trace(About(items=("a0.png",)))
    record = json.loads(json.dumps(as_record(image)))
    assert record["source_url"] == "https://photos.example/a0.png"
    assert record["declared"][0]["caption"] == "the caption of a0"
    assert [one["record_id"] for one in record["records"]] == ["r1"]
    assert record["releases"] == ["faces-1"]
    assert [one["recipient"] for one in record["disclosures"]] == ["Lab, Toronto"]
    edges = edges_of(lines_of_graph([image]))
    assert ("https://photos.example/a0.png", "photos/a0.png") in edges
    assert ("photos/a0.png", "faces-1") in edges
    assert ("faces-1", "Lab, Toronto (lab)") in edges


def edges_of(lines: list[str]) -> list[tuple[str, str]]:
    """A graph's edges, by the labels of their nodes."""
    labels = {
        name: json.loads(label)
        for name, label in re.findall(r"^  (n\d+) \[label=(.*)\];$", "\n".join(lines), re.MULTILINE)
    }
    return [(labels[a], labels[b]) for a, b in re.findall(r"^  (n\d+) -> (n\d+);$", "\n".join(lines), re.MULTILINE)]


def test_what_only_has_the_same_name_is_another_node_of_the_graph(people: People) -> None:
    """A folder of the same name elsewhere, a source called like a release, and a name that ends a label early."""
    other = people.root / "elsewhere" / "photos"
    other.mkdir(parents=True)
    name = 'a"];n1->n2;["'
    for one, seed in (("a0.png", 70), (name, 71)):
        (other / one).write_bytes(photo(seed))
    manifest = people.root / "other.jsonl"
    manifest.write_text("".join(json.dumps(people.shows(one)) + "\n" for one in ("a0.png", name)))
    people.ledger.scan(other, manifest=manifest)
    release(people, "https://photos.example/a0.png", at=people.root / "r.jsonl")
    given = About(items=(str(people.photos / "a0.png"), str(other / "a0.png"), name))
    edges = edges_of(lines_of_graph(people.ledger.rights.trace(given)))
    source = "https://photos.example/a0.png"
    assert edges.count((source, "photos/a0.png")) == 2
    assert edges.count(("photos/a0.png", source)) == 1  # the release, of one of the two
    assert ("https://photos.example/" + name, f"photos/{name}") in edges
    assert len(edges) == 5  # and r1, the record of the one who is shown
    with pytest.raises(UsageError, match=rf"names several images: .*{re.escape(str(other))}/a0.png"):
        people.ledger.rights.trace(About(items=("a0.png",)))


def test_access_tells_what_is_held_about_one_person_and_nothing_of_others(people: People) -> None:
    rows = people.rows()
    people.decisions("WEBSITE_DISPLAY")
    both = people.shows("a0.png", "p1", "p2", caption="two people")
    people.scan([both, *rows[1:]])
    release(people)
    people.ledger.rights.open_account("lab", "organisation", by="AB")
    give(people)
    held = people.ledger.rights.held_about(About(persons=("p1",)))
    text = json.dumps(held)
    assert len(held["images"]) == 5  # the earlier row of a0.png is held too
    assert "p2" not in text
    assert "r2" not in text
    assert [one["recipient"] for one in held["recipients"]] == ["Lab, Toronto"]
    told = {one["item"]: [(v["purpose"], v["decision"]) for v in one["verdicts"]] for one in held["images"]}
    trained, displayed = ("MODEL_TRAINING", "ALLOW"), ("WEBSITE_DISPLAY", "BLOCK")
    assert told == {name: [trained, displayed] for name in A}  # the newest first
    page = access_page(held)
    assert "for MODEL_TRAINING: ALLOW (LAWFUL_BASIS_VERIFIED)" in page
    assert "the caption of a1" in page
    assert "Lab, Toronto" in page
    assert "p2" not in page


def test_a_page_shows_text_from_outside_as_text(people: People) -> None:
    rows = people.rows()
    rows[0]["caption"] = "<script>alert(1)</script> [x](javascript:y) \x1b[31m"
    people.scan(rows)
    page = access_page(people.ledger.rights.held_about(About(persons=("p1",))))
    assert "<script>" not in page.replace("\\<script\\>", "")
    assert "\x1b" not in page


LAB = {
    "account": "lab",
    "recipient": "Lab, Toronto",
    "purpose": "MODEL_TRAINING",
    "jurisdiction": "CA",
    "by": "AB",
}


def test_what_a_search_told_an_account_is_a_disclosure(released: People) -> None:
    shown = (released.photos / "a0.png").read_bytes()
    found = released.ledger.rights.search(shown, **LAB)
    assert [match.item for match in found.matches] == ["a0.png"]
    (told,) = released.ledger.rights.disclosures()
    assert (told.kind, told.account, told.recipient, told.release, told.images) == (
        "search", "lab", "Lab, Toronto", "", 1,
    )  # fmt: skip
    assert problems(released.ledger) == []
    traced = released.ledger.rights.trace(About(items=("a0.png",)))
    assert [one.kind for image in traced for one in image.disclosures] == ["search"]
    assert ("photos/a0.png", "Lab, Toronto (lab)") in edges_of(lines_of_graph(traced))
    others = released.ledger.rights.trace(About(items=("a1.png",)))
    assert [one for image in others for one in image.disclosures] == []


def test_a_search_that_finds_nothing_is_recorded_too(released: People) -> None:
    assert released.ledger.rights.search(photo(977), **LAB).matches == ()
    (told,) = released.ledger.rights.disclosures()
    assert (told.kind, told.images) == ("search", 0)
    assert problems(released.ledger) == []


def test_an_account_that_may_not_be_told_is_told_nothing(released: People) -> None:
    shown = (released.photos / "a0.png").read_bytes()
    released.ledger.rights.open_account("narrow", "person", by="AB", jurisdictions=["DE"])
    with pytest.raises(UsageError, match="limited to DE"):
        released.ledger.rights.search(shown, **{**LAB, "account": "narrow"})
    released.ledger.rights.revoke_account("lab", by="AB", reason="the project ended")
    with pytest.raises(UsageError, match="it was revoked"):
        released.ledger.rights.search(shown, **LAB)
    assert released.ledger.rights.disclosures() == []
    assert [match.item for match in released.ledger.find(shown).matches] == ["a0.png"], "one's own search needs none"


def test_verify_names_a_search_whose_images_were_changed_by_hand(released: People) -> None:
    released.ledger.rights.search((released.photos / "a0.png").read_bytes(), **LAB)
    with released.ledger._database.writing() as connection:
        connection.execute(sa.delete(schema_rights.search_chunk))
    assert {one.table for one in problems(released.ledger)} == {"search"}
