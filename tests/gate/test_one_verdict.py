"""Whoever asks for an image's verdict gets the same one: decision, codes and sentences, at every door."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance.gate.decide import PolicyVersion
from provenance.gate.run import judging
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.model import Context
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import read_waivers
from provenance.run.progress import Silent
from provenance.vocabulary import Decision, Purpose


def essence(verdict):
    return (
        verdict.decision.value,
        verdict.reason,
        sorted((one.code, one.decision.value, one.detail, one.person or "") for one in verdict.reasons),
    )


def essence_of_json(verdict):
    return (
        verdict["decision"],
        verdict["reason"],
        sorted((one["code"], one["decision"], one["detail"], one.get("person") or "") for one in verdict["reasons"]),
    )


DECIDED = {
    "allowed.png": "ALLOW",
    "sourceless.png": "BLOCK",
    "copy of sourceless.jpg": "REVIEW",
    "on a list.png": "BLOCK",
    "blocked by a reviewer.png": "BLOCK",
    "copy of blocked.jpg": "REVIEW",
    "waived.png": "ALLOW_BY_REVIEW",
    "let through by a reviewer.png": "ALLOW_BY_REVIEW",
    "to be decided.png": "REVIEW",
    "gone.png": "BLOCK",
    "other bytes.png": "BLOCK",
    "portrait.png": "ALLOW",
}


def test_every_door_of_the_library_gives_one_verdict(workspace, told, image):
    (workspace.photos / "gone.png").unlink()
    (workspace.photos / "other bytes.png").write_bytes(image(99))
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told)
        gated = {one.item: essence(one) for one in verdicts}
        # A gate that did not scan counts what lies there: what is gone is none of its images, and explained as gone.
        there = {item: decision for item, decision in DECIDED.items() if item != "gone.png"}
        assert {item: decision for item, (decision, *_) in gated.items()} == there
        assert ledger.explain("gone.png", verdicts.context).verdict.decision is Decision.BLOCK

        # The same snapshot in its other forms.
        passing = {item for item, decision in there.items() if decision.startswith("ALLOW")}
        assert set(verdicts.allowed()) == {str(workspace.photos / item) for item in passing}
        assert {one.value: count for one, count in verdicts.counts.items()} == Counter(there.values())
        assert not verdicts.passed()

        # One image, taken apart.
        explained = {item: ledger.explain(item, verdicts.context, waivers=told).verdict for item in gated}
        assert {item: essence(one) for item, one in explained.items()} == gated

        # Beside its copies: what the disk says is no copy's affair.
        with ledger.duplicates(context=verdicts.context, waivers=told) as found:
            beside = {copy.item: copy.decision.value for group in found.groups for copy in group.copies}
        known = {"sourceless.png", "copy of sourceless.jpg", "blocked by a reviewer.png", "copy of blocked.jpg"}
        assert beside == {item: DECIDED[item] for item in known}


@pytest.mark.parametrize("waiving", [True, False])
def test_a_decision_that_is_asked_for_alone_is_that_of_the_verdict(workspace, told, waiving):
    """With lists, reviews of some images, waivers and neither."""
    database = Database.open(workspace.ledger)
    waivers = read_waivers(told) if waiving else None
    context = Context(as_of=datetime.now(UTC), purpose=Purpose.MODEL_TRAINING)
    policy = PolicyVersion.now(database, context, load_packs())
    with judging(database, policy, waivers, [1], Silent()) as (connection, judge):
        images = connection.execute(sa.select(schema.item.c.id).where(schema.item.c.current)).scalars().all()
        verdicts = judge.verdicts_of(connection, images)
        decided = {number: one.decision for number, one in verdicts.items()}
        assert judge.decisions_of(connection, images) == decided
        # One by one few have any review.
        assert {n: judge.decisions_of(connection, [n])[n] for n in images} == decided
    assert len(set(decided.values())) == 3 + waiving
    database.close()


def test_every_door_of_the_command_gives_one_verdict(workspace, told):
    asked = ["--purpose", "MODEL_TRAINING", "--ledger", "ledger.db"]
    shown = workspace.gate("--waivers", str(told))
    assert shown.status == 1
    gated = {one["item"]: essence_of_json(one) for one in shown.verdicts}
    decided = {**DECIDED, "gone.png": "ALLOW", "other bytes.png": "ALLOW"}
    assert {item: decision for item, (decision, *_) in gated.items()} == decided
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told)
        assert {one.item: essence(one) for one in verdicts} == gated
    for item, said in gated.items():
        apart = workspace.run("explain", item, *asked, "--waivers", str(told), "--format", "json")
        assert essence_of_json(json.loads(apart.out)) == said
    # The export knows no waivers, so what they cover is open to it.
    exported = csv.DictReader(io.StringIO(workspace.run("review", "export", "photos", *asked).out))
    assert {(one["item"], one["code"], one["decision_now"]) for one in exported} == {
        (item, code, decision)
        for item, (_, _, reasons) in gated.items()
        for code, decision, *_ in [*reasons, *([("LICENCE_MISSING", "REVIEW")] if item == "waived.png" else [])]
        if decision in ("REVIEW", "BLOCK") and load_reasons()[code].overridable
    }
