"""The review page over HTTP: who is let in, what it tells, and what a decision puts on record."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest
from starlette.testclient import TestClient

from provenance.printable import printable

from .conftest import BASE, HOSTILE_CAPTION, HOSTILE_NAME, PORT, TOKEN

NOBODY = {"kind": "look", "persons_status": "NONE", "reason": "looked at"}


def by_name(pictures: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {picture["name"]: picture for picture in pictures}


def gated(workspace: Any) -> dict[str, tuple[str, str]]:
    found = workspace.gate().by_item
    return {item: (verdict["decision"], verdict["reason"]) for item, verdict in found.items()}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/start", {}),
        ("/", {}),
        (f"/{TOKEN}x/start", {}),
        (f"/{TOKEN}/start", {"host": f"evil.example:{PORT}"}),
        (f"/{TOKEN}/start", {"origin": "https://evil.example"}),
        (f"/{TOKEN}/start", {"sec-fetch-site": "cross-site"}),
        (f"/{TOKEN}/picture/1/small", {"sec-fetch-site": "same-site"}),
    ],
)
def test_without_the_token_under_another_name_and_from_another_page_nothing_is_told(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(f"{BASE}{path}", headers=headers)
    assert answer.status_code == 403
    assert "session" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},  # none at all
        {"content-type": "text/plain"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_decision_of_another_page_is_refused_and_puts_nothing_on_record(
    post: Any, listed: Any, headers: dict[str, str]
) -> None:
    first = listed()[0]["id"]
    assert post(pictures=[first], headers=headers, **NOBODY).status_code == 403
    assert first in {picture["id"] for picture in listed()}


def test_a_decision_counts_once(post: Any, listed: Any) -> None:
    one, two = (picture["id"] for picture in listed()[:2])
    assert post(pictures=[one], **NOBODY).status_code == 200
    replayed = post(pictures=[two], **NOBODY)
    assert (replayed.status_code, replayed.json()["repeated"]) == (409, True)
    assert two in {picture["id"] for picture in listed()}
    assert post(pictures=[two], number=2, **NOBODY).status_code == 200


def test_a_page_that_the_server_does_not_know_decides_nothing(post: Any, listed: Any) -> None:
    assert post(pictures=[listed()[0]["id"]], session="another", **NOBODY).status_code == 403


@pytest.mark.parametrize(
    "decision",
    [
        {"kind": "look", "persons_status": "NONE", "reason": " "},
        {"kind": "look", "persons_status": "nobody", "reason": "x"},
        {"kind": "look", "persons": 0, "reason": "x"},
        {"kind": "look", "reviewer": "A. Lee", "reason": "x"},
        {"kind": "waive", "reason": "x"},
    ],
)
def test_what_is_no_decision_is_refused(post: Any, listed: Any, decision: dict[str, Any]) -> None:
    assert post(pictures=[listed()[0]["id"]], **decision).status_code == 400


def test_a_picture_that_was_not_listed_cannot_be_decided_or_seen(post: Any, client: TestClient) -> None:
    assert post(pictures=[1], **NOBODY).status_code == 409
    assert client.get("picture/1/small").status_code == 404


def test_a_body_without_end_is_cut_off(client: TestClient) -> None:
    headers = {"origin": BASE, "content-type": "application/json"}
    assert client.post("decide", content=b"[" * 100_000, headers=headers).status_code == 413


def test_every_answer_forbids_what_a_page_could_be_made_to_do(client: TestClient) -> None:
    for path in ("", "start", "review.js", f"{BASE}/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_hostile_names_and_captions_are_told_as_text(listed: Any, client: TestClient) -> None:
    found = by_name(listed())[HOSTILE_NAME]
    assert dict(found["row"])["caption"] == printable(HOSTILE_CAPTION)
    assert client.get("queue?code=PERSON_STATUS_UNKNOWN").headers["content-type"] == "application/json"
    assert HOSTILE_NAME not in client.get("").text


def test_nobody_seen_settles_that_question_and_leaves_the_licence(post: Any, listed: Any, unsure: Any) -> None:
    everything = [picture["id"] for picture in listed()]
    assert post(pictures=everything, **NOBODY).json()["looks"] != []
    assert listed() == []
    found = gated(unsure)
    assert found["1.png"] == ("ALLOW", "NO_PERSON_DEPICTED")
    assert found["0.png"] == ("REVIEW", "LICENCE_MISSING")


def test_what_is_undone_comes_back(post: Any, listed: Any, unsure: Any) -> None:
    before = gated(unsure)
    everything = {picture["id"] for picture in listed()}
    post(pictures=sorted(everything), **NOBODY)
    assert post(kind="undo", number=2).status_code == 200
    assert {picture["id"] for picture in listed()} == everything
    assert gated(unsure) == before


def test_a_rejected_picture_is_blocked_until_that_is_taken_back(post: Any, listed: Any, unsure: Any) -> None:
    one = by_name(listed())["1.png"]["id"]
    post(kind="reject", pictures=[one], reason="my neighbour")
    assert gated(unsure)["1.png"][0] == "BLOCK"
    assert "1.png" not in by_name(listed())
    post(kind="undo", number=2)
    assert gated(unsure)["1.png"][0] == "REVIEW"


def test_two_people_look_and_how_far_they_agree_is_told(
    post: Any, listed: Any, client: TestClient, ledger: Any, unsure: Any
) -> None:
    from datetime import UTC, datetime

    from provenance.model import Look
    from provenance.vocabulary import PersonsStatus

    pictures = by_name(listed())
    post(pictures=[pictures["1.png"]["id"], pictures["2.png"]["id"]], **NOBODY)
    other = ledger.review_queue([unsure.photos], ledger.context(None, purpose="MODEL_TRAINING"))
    offered = other.second_looks("A. Lee", size=50).pictures
    assert [queued.looks for queued in offered] == [(), ()]  # a second look is blind
    second = {queued.verdict.item: queued.place.item for queued in offered}
    now = datetime.now(UTC)
    other.look([second["1.png"]], Look(b"", "A. Lee", now, PersonsStatus.NONE, reason="second look"))
    other.look([second["2.png"]], Look(b"", "A. Lee", now, PersonsStatus.PRESENT, reason="second look"))
    # Two pictures, one seen alike. Krippendorff: of 4 values 3 are "nobody"; observed 2, expected (16 - 10) / 3 = 2.
    assert client.get("agreement").json()["sentence"] == (
        "2 pictures looked at by several, 1 seen alike (50 %), Krippendorff's alpha 0.00"
    )
    found = gated(unsure)
    assert found["1.png"][0] == "ALLOW"
    assert found["2.png"][0] == "BLOCK"


def test_a_reviewer_goes_on_where_they_stopped(post: Any, listed: Any, queue: Any, ledger: Any, unsure: Any) -> None:
    first, *rest = (picture["id"] for picture in listed())
    post(pictures=[first], **NOBODY)
    again = ledger.review_queue([unsure.photos], ledger.context(None, purpose="MODEL_TRAINING"))
    page = again.page("PERSON_STATUS_UNKNOWN", size=50)
    assert [queued.place.item for queued in page.pictures] == rest


def test_a_page_ends_where_it_is_told_and_the_next_begins_there(queue: Any) -> None:
    whole = [q.place.item for q in queue.page("PERSON_STATUS_UNKNOWN", size=50).pictures]
    found: list[int] = []
    after = None
    while (page := queue.page("PERSON_STATUS_UNKNOWN", size=2, after=after)).pictures:
        found += [queued.place.item for queued in page.pictures]
        after = page.last
    assert found == whole
    assert len(whole) == 6


def test_a_thumbnail_is_a_small_webp(listed: Any, client: TestClient) -> None:
    answer = client.get(f"picture/{listed()[0]['id']}/small")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"
    assert client.get(f"picture/{listed()[0]['id']}/huge").status_code == 404


def test_a_picture_on_a_list_of_illegal_content_is_neither_listed_nor_drawn(
    listed: Any, client: TestClient, unsure: Any
) -> None:
    from hashlib import sha256

    shown = by_name(listed())["3.png"]["id"]
    assert client.get(f"picture/{shown}/small").status_code == 200
    entry = sha256((unsure.photos / "3.png").read_bytes()).hexdigest()
    (unsure.root / "bad.txt").write_text(f"{entry}\n")
    ran = unsure.run(
        "lists", "add", unsure.root / "bad.txt", "--ledger", unsure.ledger, "--for", "illegal", "--kind", "sha256"
    )
    assert ran.status == 0, ran.err
    assert client.get(f"picture/{shown}/small").status_code == 404
    assert "3.png" not in by_name(listed())
    assert "3.png" not in by_name(listed("ILLEGAL_CONTENT_SUSPECTED"))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--reviewer", "unknown"), "names nobody"),
        (("--reviewer", "J. Morin", "--port", "{taken}"), "cannot be served on port"),
    ],
)
def test_a_server_that_could_not_do_its_work_does_not_start(unsure: Any, more: tuple[str, ...], told: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        words = [word.replace("{taken}", taken) for word in more]
        ran = unsure.run(
            "review", "serve", unsure.photos, "--ledger", unsure.ledger, "--purpose", "MODEL_TRAINING", *words
        )
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err


def test_what_was_never_scanned_is_not_served(unsure: Any) -> None:
    (unsure.root / "other").mkdir()
    ran = unsure.run("review", "serve", unsure.root / "other", "--ledger", unsure.ledger, "--reviewer", "J. Morin")
    assert ran.status == 2
    assert "never scanned" in ran.err


def test_without_the_extra_it_is_named(unsure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ran = unsure.run("review", "serve", unsure.photos, "--ledger", unsure.ledger, "--reviewer", "J. Morin")
    assert ran.status == 2
    assert "[serve]" in ran.err
