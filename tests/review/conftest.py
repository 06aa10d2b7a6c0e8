"""A collection in which somebody has to look at pictures, and the review page over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

import provenance as pv
from provenance.review.app import ReviewPage, application

TOKEN = "only-for-this-test"
PORT = 8123
BASE = f"http://127.0.0.1:{PORT}"

HOSTILE_NAME = "<img src=x onerror=alert(1)>.png"
HOSTILE_CAPTION = "</script><script>alert(2)</script>\u202e ceramic"


@pytest.fixture
def unsure(workspace: Any, row: Any) -> Any:
    """Six pictures of which nobody has said whether a person is shown, one of them without a licence."""
    names = [f"{number}.png" for number in range(5)] + [HOSTILE_NAME]
    for name in names:
        workspace.add(name)
    rows = [row(name, persons_status="UNKNOWN", persons_determined_by=None) for name in names]
    rows[0]["licence"] = None
    rows[5]["caption"] = HOSTILE_CAPTION
    workspace.declare(rows)
    workspace.run(*workspace.scan_arguments())
    return workspace


@pytest.fixture
def ledger(unsure: Any) -> Iterator[Any]:
    """The ledger of those pictures, open."""
    with pv.open(unsure.ledger) as opened:
        yield opened


@pytest.fixture
def queue(ledger: Any, unsure: Any) -> Any:
    """What is to be looked at there."""
    return ledger.review_queue([unsure.photos], ledger.context(None, purpose="MODEL_TRAINING"))


@pytest.fixture
def client(queue: Any) -> Iterator[TestClient]:
    """A browser's requests to the page, with the token in its base address."""
    page = ReviewPage(queue, "J. Morin")
    with TestClient(application(page, token=TOKEN, port=PORT), base_url=f"{BASE}/{TOKEN}/") as opened:
        yield opened


@pytest.fixture
def post(client: TestClient) -> Any:
    """`post(**decision)`: a decision as the page sends it."""
    session = client.get("start").json()["session"]

    def send(*, headers: dict[str, str] | None = None, number: int = 1, **decision: Any) -> Any:
        body = json.dumps({"session": session, "number": number, **decision})
        sent = {"origin": BASE, "content-type": "application/json", **(headers or {})}
        return client.post("decide", content=body, headers={k: v for k, v in sent.items() if v})

    return send


@pytest.fixture
def listed(client: TestClient) -> Any:
    """The pictures of a finding, as the page lists them."""

    def ask(code: str = "PERSON_STATUS_UNKNOWN", second: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(f"queue?code={code}&second={second}").json()["pictures"]
        return found

    return ask
