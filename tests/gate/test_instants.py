"""What the clock makes of an image's own dates: just before an instant, at it, and just after it.

One ledger is asked in any order of clocks, so that what it derived under one of them is not taken for another.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

INSTANT = datetime(2031, 3, 1, 9, tzinfo=UTC)
BEFORE, AFTER = INSTANT - timedelta(seconds=1), INSTANT + timedelta(seconds=1)
THEN = INSTANT.isoformat()


def licensed(**dates: str) -> dict[str, Any]:
    """The page of a picture reserves training, and whoever holds the rights permits it."""
    permission = {"grantor": "publisher-17", "purposes": ["MODEL_TRAINING"], "evidence": "contract 2025-17"}
    term = {"given_at": "2025-03-01T09:00:00+00:00", "expires_at": "2040-03-01T09:00:00+00:00"}
    page = {"headers": {"tdm-reservation": "1"}, "captured_at": "2026-06-01T10:00:00+00:00"}
    return {"web_evidence": page, "training_licence": permission | term | dates}


# What a row says; a reason, and what it decides (None where it is not given) before, at and after the instant. While
# a permission is in force, a reservation is looked at instead of obeyed (decision table, row 18 as amended).
CASES: dict[str, tuple[dict[str, Any], str, tuple[str | None, str | None, str | None]]] = {
    "a permission begins": (licensed(given_at=THEN), "TRAINING_OPT_OUT", ("BLOCK", "REVIEW", "REVIEW")),
    "a permission ends": (licensed(expires_at=THEN), "TRAINING_OPT_OUT", ("REVIEW", "REVIEW", "BLOCK")),
    "it is acquired": ({"acquired_at": THEN}, "SOURCE_MISSING", ("BLOCK", None, None)),
    "it may be kept until then": ({"retain_until": THEN}, "RETENTION_ENDED", (None, None, "BLOCK")),
    "somebody looks": (
        {"persons_determined_by": {"method": "reviewer", "reviewer": "AB", "at": THEN}},
        "PERSON_STATUS_UNKNOWN",
        ("REVIEW", None, None),
    ),
}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("name", CASES)
def test_a_date_counts_from_its_own_instant_on(name, order, workspace, image, row):
    said, code, expected = CASES[name]
    workspace.add("a.png", image(1))
    workspace.declare([row("a.png") | said])
    for place in order:
        (verdict,) = workspace.gate("--as-of", (BEFORE, INSTANT, AFTER)[place].isoformat()).verdicts
        given = {reason["code"]: reason["decision"] for reason in verdict["reasons"]}
        assert given.get(code) == expected[place], place
